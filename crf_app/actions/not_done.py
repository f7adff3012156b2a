"""A whole form, or a whole visit, was not done: one reason, one action, one transaction.

A record `form.status` with the value `not_done`, the study's code of the reason in `missing`, a person's
words in `reason`, and the visit in `target` where all of it is meant.  Answers are never hidden behind it: a
form that holds some is refused.  Undone by opening it again, with a reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from crf_app.actions.changes import Changes
from crf_app.actions.consequences import ask_again, follow
from crf_app.actions.enter_data import check_counts, check_form, check_open
from crf_app.actions.gate import closed_by
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.errors import ConflictPending, CrfError, ReasonRequired, ValueRejected, WrongState
from crf_app.model.def_base import Text
from crf_app.model.definition import StudyEventDef
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.record import Draft
from crf_app.model.schedule import NO
from crf_app.model.workflow import Step, may_follow
from crf_app.store import reads
from crf_app.store.marks import NOT_DONE

_NOTHING = Answer()


def form_not_done(session: Session, key: FormKey, code: str = "", words: str = "") -> Changes:
    """Say that a form was not done.  `code`: one of the study's reasons, `words`: in a person's own words.

    Raises ReasonRequired, ValueRejected (no such code), WrongState (it holds answers, is complete or locked),
    NotAllowed, NotFound.
    """
    session.require(Step.ENTER, str(key))
    data = session.subject(key.subject)
    check_form(session, data, key)
    said = _reason(session, data, code, words, str(key))
    row = check_open(session, key)
    if not may_follow(row.status if row else "open", NOT_DONE):
        raise WrongState(
            "The form is complete. Open it again first.", "表单已完成，请先重新打开。", where=str(key)
        )
    if count := typed(data, key):
        raise WrongState(
            f"The form holds {_counted(count)}: they would be hidden. Clear them first, or say of single "
            "questions that they were not done.",
            f"表单已有 {count} 个答案，不可整表标为未做。请先清除，或逐项标注未做。",
            where=str(key),
        )
    draft = _mark(session, key, said)
    return session.commit([draft, *_asked_again(session, data, {key})])


def visit_not_done(session: Session, uid: str, event: str, code: str = "", words: str = "") -> Changes:
    """Say that a visit was not done: its required forms that nobody began, and the study's question for it.

    `code`: one of `visit_reasons`, which then answers the study's question why, or a code of a missing value.
    Raises as `form_not_done`; WrongState where something of the visit was done.
    """
    session.require(Step.ENTER, f"{uid}/{event}")
    data = session.subject(uid)
    check_counts(data, event)
    definition = _visit(session, data, event)
    why = _asked_why(data, definition, event)
    answers = why is not None and code in _codes(session, why[1])
    if why is not None and answers:
        said = _as_mark(session, why[1], code, words)
    else:
        said = _reason(session, data, code, words, f"{uid}/{event}")
    asking = _own_forms(data)
    _check_nothing_done(data, definition, event, asking)
    keys = [
        FormKey(uid, event, ref.form)
        for ref in definition.forms
        if ref.form not in asking and data.required_at(event, ref)
    ]
    keys = [key for key in keys if key not in data.not_done and closed_by(data, key) is None]
    for key in keys:
        check_open(session, key)
    drafts = [_mark(session, key, said, event) for key in keys]
    try:
        data.see_not_done(keys)
        first = _occurred(session, data, definition, event, said)
        if why is not None and answers:
            first.append(_answered(session, data, why[0], Answer(code), said[1] or said[0]))
        more = _followed(session, data, first) if first else _asked_again(session, data, set(keys))
        if not drafts and not first:
            raise WrongState(
                "Nothing of this visit waits to be done.", "此访视没有待做的表单。", where=f"{uid}/{event}"
            )
        return session.commit([*first, *drafts, *more])
    except CrfError:
        session.forget()
        raise


def visit_done_after_all(session: Session, uid: str, event: str, reason: str) -> Changes:
    """Take back that a visit was not done: its forms are open again, the study's question is empty again.

    Raises ReasonRequired, WrongState (nobody said it), NotAllowed.
    """
    session.require(Step.REOPEN, f"{uid}/{event}")
    data = session.subject(uid)
    check_counts(data, event)
    keys = [key for key, mark in data.not_done.items() if key.event == event and mark.event == event]
    missed = data.missed(event)
    if not keys and not missed:
        raise WrongState(
            "Nobody said that this visit was not done.", "此访视未标为未进行。", where=f"{uid}/{event}"
        )
    if not reason.strip():
        raise ReasonRequired("Why is the visit open again?", "请说明重新打开访视的原因。", where=event)
    opened = [
        Draft("form.status", uid, key.path, data.not_done[key].heads, value="open", reason=reason.strip())
        for key in keys
    ]
    try:
        first = [_taken_back(session, data, event, reason.strip())] if missed else []
        more = _followed(session, data, first)
        return session.commit([*first, *opened, *more])
    except CrfError:
        session.forget()
        raise


def typed(data: SubjectData, key: FormKey) -> int:
    """Answers that a person gave on a form, and rows that somebody added."""
    items = data.form_def(key).items
    given = (
        local
        for local, answer in data.values(key).items()
        if not answer.empty and not items[local.partition("/")[2]].derived
    )
    return sum(1 for _ in given) or sum(len(rows) for rows in data.live_rows(key).values())


def reasons(session: Session) -> list[tuple[str, Text]]:
    """(code, words) that may be given."""
    return [(one.code, one.text) for one in session.study.missing_reasons]


def visit_reasons(session: Session, uid: str, event: str) -> list[tuple[str, Text]]:
    """(code, words) that may be given for a visit: those of the study's own question, else of any form."""
    data = session.subject(uid)
    why = _asked_why(data, data.event_def(event), event)
    if why is None or why[1].code_list is None:
        return reasons(session)
    codes = session.study.offered_lists[why[1].code_list].items
    return [(one.coded_value, one.decode) for one in codes]


def _codes(session: Session, item: ItemDef) -> set[str]:
    return set(session.study.offered_lists[item.code_list].by_code) if item.code_list is not None else set()


def _as_mark(session: Session, item: ItemDef, code: str, words: str) -> tuple[str, str]:
    """The code of the study's question as the reason of a form: the same code, where both lists have it."""
    if code in {one.code for one in session.study.missing_reasons}:
        return code, words.strip()
    decode = session.study.offered_lists[item.code_list or ""].by_code[code].decode.en
    return "", words.strip() or decode


def _asked_why(data: SubjectData, definition: StudyEventDef, event: str) -> tuple[ItemKey, ItemDef] | None:
    """The one coded question that the visit's own form must ask once the visit did not take place."""
    cell = _occurred_cell(data, definition, event)
    if cell is None or data.missed(event) or data.values(cell.form_key).get(cell.local, _NOTHING) != _NOTHING:
        return None
    data.put(cell, Answer(NO))
    state = data.state(cell.form_key)
    waiting = [ItemKey(cell.form_key, *local.split("/")) for local in state.empty_mandatory]
    data.put(cell, _NOTHING)
    coded = [(one, state.items[one.local].item) for one in waiting]
    return coded[0] if len(coded) == 1 and coded[0][1].code_list is not None else None


def _reason(session: Session, data: SubjectData, code: str, words: str, where: str) -> tuple[str, str]:
    codes = [one.code for one in session.study.missing_reasons]
    if code and code not in codes:
        raise ValueRejected(
            f'"{code}" is not one of the reasons {", ".join(codes)}.',
            f"“{code}”不在缺失原因 {'、'.join(codes)} 之中。",
            where=where,
        )
    if not code and not words.strip():
        raise ReasonRequired(
            "Why was it not done? Choose a reason or write one.", "请选择或填写未做的原因。", where=where
        )
    return code, words.strip()


def _mark(session: Session, key: FormKey, said: tuple[str, str], event: str = "") -> Draft:
    row = reads.form_row(session.store.conn, key)
    code, words = said
    return Draft(
        "form.status",
        subject=key.subject,
        key=key.path,
        parents=row.heads if row else (),
        value=NOT_DONE,
        missing=code or None,
        reason=words or None,
        target=event or None,
    )


def _visit(session: Session, data: SubjectData, event: str) -> StudyEventDef:
    definition = session.study.events.get(event.partition("~")[0])
    added = {name for name, _ in data.added}
    known = definition is not None and (event in added if definition.repeating else event == definition.oid)
    if definition is None or not known or definition.type == "Common":
        raise WrongState(
            "This is no visit of this subject.", "该受试者没有此访视。", where=f"{data.uid}/{event}"
        )
    return definition


def _own_forms(data: SubjectData) -> set[str]:
    """The forms that say when a visit was and whether it was."""
    said = (data.study.visit_date, data.study.visit_occurred)
    return {data.study.form_of_item[oid].oid for oid in said if oid is not None}


def _check_nothing_done(data: SubjectData, definition: StudyEventDef, event: str, own: set[str]) -> None:
    """Raises WrongState where the visit has a date or a form of it holds answers."""
    done = [
        data.study.forms[oid].name
        for oid in definition.form_oids
        if oid not in own and typed(data, FormKey(data.uid, event, oid))
    ]
    if done or data.actual(event) is not None:
        en = done[0].en if done else "its date"
        zh = done[0].zh if done else "访视日期"
        raise WrongState(
            f"Something of this visit was done: {en}. Say of single forms that they were not done.",
            f"此访视已有内容：{zh}。请逐个表单标注未做。",
            where=f"{data.uid}/{event}",
        )


def _occurred(
    session: Session, data: SubjectData, definition: StudyEventDef, event: str, said: tuple[str, str]
) -> list[Draft]:
    """The answer "no" to the study's question whether the visit took place, where it asks that there."""
    cell = _occurred_cell(data, definition, event)
    if cell is None or data.missed(event):
        return []
    return [_answered(session, data, cell, Answer(NO), said[1] or said[0])]


def _taken_back(session: Session, data: SubjectData, event: str, reason: str) -> Draft:
    cell = _occurred_cell(data, data.event_def(event), event)
    assert cell is not None  # a missed visit has the question
    return _answered(session, data, cell, _NOTHING, reason)


def _occurred_cell(data: SubjectData, definition: StudyEventDef, event: str) -> ItemKey | None:
    oid = data.study.visit_occurred
    form: FormDef | None = data.study.form_of_item[oid] if oid is not None else None
    if oid is None or form is None or form.oid not in definition.form_oids:
        return None
    return ItemKey(FormKey(data.uid, event, form.oid), form.group_of[oid].oid, oid)


def _answered(session: Session, data: SubjectData, cell: ItemKey, answer: Answer, reason: str) -> Draft:
    """The record of an answer, put into `data`.  Raises WrongState (locked), ConflictPending."""
    check_open(session, cell.form_key)
    row = data.items.get(cell.path)
    if row is not None and row.state == "conflict":
        raise ConflictPending(
            "Two devices, two values. Choose one of them first.",
            "两台设备数值不同，请先选定。",
            where=str(cell),
        )
    data.put(cell, answer)
    heads = row.heads if row else ()
    return Draft("item.set", cell.subject, cell.path, heads, value=answer.value, reason=reason)


def _followed(session: Session, data: SubjectData, first: Sequence[Draft]) -> list[Draft]:
    """What follows from the answers of `first`, which are in `data`."""
    changed = {}
    for draft in first:
        event, form, group, item = (draft.key or "").split("/")
        cell = ItemKey(FormKey(data.uid, event, form), group, item)
        changed[cell] = Answer(draft.value)
    return follow(session.store.conn, data, changed)[0]


def _asked_again(session: Session, data: SubjectData, keys: set[FormKey]) -> list[Draft]:
    """The checks of those forms of the visit that ask what is missing there, as if `keys` were marked."""
    events = {key.event for key in keys}
    asking = [
        key
        for key in data.started_forms()
        if key.event in events and key.form_oid in data.edition(key).rules.asking_what_is_missing
    ]
    if not asking:
        return []
    data.see_not_done(keys)
    return [draft for key in asking for draft in ask_again(session.store.conn, data, key)]


def _counted(count: int) -> str:
    return "1 answer" if count == 1 else f"{count} answers"
