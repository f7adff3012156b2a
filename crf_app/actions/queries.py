"""Queries: the system's (a check that fired) and people's, as threads that never disappear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crf_app.actions.changes import Changes
from crf_app.actions.consequences import asked
from crf_app.actions.enter_data import check_form
from crf_app.actions.session import Session
from crf_app.errors import NotFound, ReasonRequired, WrongState
from crf_app.model.clock import local_text
from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.keys import ItemKey, item_key_of, new_uid
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.store import reads

_NONE = Text(en="", zh="")


@dataclass(frozen=True, slots=True)
class QueryStep:
    """`user` is the account, `name` the person; `when` is local."""

    when: str
    user: str
    name: str
    role: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class QueryView:
    """One thread with the words of its place.  `check`: OID of the check that asks, `number` what the study
    calls it; both empty for a person's query, the number for a range check too."""

    thread: str
    subject: str
    label: str
    key: ItemKey
    visit: Text
    form: Text
    item: Text
    status: str
    check: str
    number: str
    severity: str
    texts: Mapping[str, str]
    opened: str
    steps: tuple[QueryStep, ...]


def queries(session: Session, subject: str | None = None, status: str | None = None) -> list[QueryView]:
    """Threads of one subject, or of all who count; `status` Open, Answered, Closed, Cancelled.

    Nobody has to answer for a subject that was made by mistake; asked for by name its threads are read.
    """
    session.require(Step.READ, subject or "")
    conn = session.store.conn
    people = reads.subject_names(conn)
    labels = {one.uid: one.label for one in people}
    names = {user: said.get("name", user) for user, (said, _) in reads.people(conn).items()}
    mistaken = {one.uid for one in people if one.status == "entered_in_error" and one.uid != subject}
    rows = [row for row in reads.queries(conn, subject, status) if row.subject not in mistaken]
    rows.sort(key=lambda row: (row.last_at, labels.get(row.subject, ""), row.key, row.check))
    return [_view(session, row, labels, names) for row in rows]


def place_words(session: Session, key: ItemKey) -> tuple[Text, Text, Text]:
    """Visit, form and question of an item; empty words for what the definition in force does not know."""
    form = session.study.forms.get(key.form_key.form_oid)
    event = session.study.events.get(key.form_key.event_oid)
    item = form.items.get(key.item) if form else None
    return (
        event.name if event else _NONE,
        form.name if form else _NONE,
        _asked_of(session, key) if item else _NONE,
    )


def _view(
    session: Session, row: reads.QueryRow, labels: Mapping[str, str], names: Mapping[str, str]
) -> QueryView:
    key = item_key_of(row.subject, row.key)
    steps, texts, severity = [], {"en": "", "zh": ""}, ""
    for id_ in row.steps:
        record = reads.record(session.store.conn, row.subject, row.key, id_)
        if record is not None:
            words = record.reason or ("" if record.role == "system" else record.value) or ""
            who, when = names.get(record.user, record.user), local_text(record.at, record.offset)
            steps.append(QueryStep(when, record.user, who, record.role, record.kind, words))
            if record.kind == "query.open" and record.role != "system":
                texts = {"en": record.value or "", "zh": record.value or ""}
    if row.check:
        said = asked(session.store.conn, row)
        texts, severity = {"en": said.get("en", ""), "zh": said.get("zh", "")}, said.get("severity", "")
    return QueryView(
        row.thread,
        row.subject,
        labels.get(row.subject, row.subject),
        key,
        *place_words(session, key),
        row.status,
        row.check,
        check_number(session.study, row.check) if row.check else "",
        severity,
        texts,
        steps[0].when if steps else "",
        tuple(steps),
    )


def _asked_of(session: Session, key: ItemKey) -> Text:
    """The item's question; in a table of fixed rows with the row: `Temperature (15 min after start)`."""
    form = session.study.forms[key.form_key.form_oid]
    question, rows = form.items[key.item].question, form.group_of[key.item].rows
    named = session.study.code_lists[rows].by_code.get(key.row) if rows else None
    if named is None:
        return question
    return Text(en=f"{question.en} ({named.decode.en})", zh=f"{question.zh}（{named.decode.zh}）")


def check_number(study: Study, check: str) -> str:
    """What the study calls a check (`EC010`); its OID where it has no number, empty for a range check."""
    if check.startswith("RC."):
        return ""
    known = {one.oid: one.check for form in study.form for one in form.condition}
    known |= {one.oid: one.check for one in study.date_checks}
    return known.get(check) or check


def answer_query(session: Session, thread: str, text: str) -> Changes:
    """Answer a query.  A hard check is answered by the investigator only.  Raises ReasonRequired."""
    session.require(Step.ANSWER_QUERY, thread)
    row = _row(session, thread)
    hard = bool(row.check) and asked(session.store.conn, row).get("severity") == "hard"
    if hard:
        session.require(Step.EXPLAIN_HARD, thread)
    return _step(session, row, "query.answer", text, ("Open", "Answered"))


def close_query(session: Session, thread: str, text: str) -> Changes:
    """Close a query that was answered."""
    session.require(Step.CLOSE_QUERY, thread)
    return _step(session, _row(session, thread), "query.close", text, ("Open", "Answered"))


def open_query(session: Session, key: ItemKey, text: str) -> Changes:
    """Ask about a value.  `Changes.row` is the new thread.  Raises ReasonRequired, NotFound."""
    session.require(Step.OPEN_QUERY, str(key))
    data = session.subject(key.subject)
    check_form(session, data, key.form_key)
    if key.local not in data.state(key.form_key).items:
        raise NotFound(
            "There is no such item or row on this form.", "本表单没有该项目或该行。", where=str(key)
        )
    if not text.strip():
        raise ReasonRequired("What is the question?", "请填写质疑内容。", where=str(key))
    thread = f"U-{new_uid(16)}"
    done = session.commit(
        [Draft("query.open", subject=key.subject, key=key.path, thread=thread, value=text.strip())]
    )
    return Changes(done.keys, done.at, done.ids, row=thread)


def _row(session: Session, thread: str) -> reads.QueryRow:
    row = reads.query_of_thread(session.store.conn, thread)
    if row is None:
        raise NotFound(f'There is no query "{thread}".', f"没有质疑“{thread}”。", where=thread)
    return row


def _step(session: Session, row: reads.QueryRow, kind: str, text: str, allowed: tuple[str, ...]) -> Changes:
    if not text.strip():
        raise ReasonRequired("Write the answer.", "请填写答复。", where=row.thread)
    if row.status not in allowed:
        raise WrongState(f"This query is {row.status.lower()}.", "该质疑已处理完毕。", where=row.thread)
    return session.commit(
        [
            Draft(
                kind,
                subject=row.subject,
                key=row.key,
                thread=row.thread,
                parents=row.heads,
                reason=text.strip(),
            )
        ]
    )
