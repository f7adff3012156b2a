"""Move forms that are begun to another version of the definition, or say first what that would mean.

A form keeps the version it was begun under until somebody moves it here; a signed or locked one is not moved,
and one that both versions ask alike need not be.
Nothing entered is dropped: an answer that is no longer asked stays, and a form is not moved to a version that
does not know a question it has an answer to.  Moving back is moving again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from crf_app.actions.changes import Changes
from crf_app.actions.consequences import follow
from crf_app.actions.enter_data import reopened
from crf_app.actions.session import Session
from crf_app.actions.study.editions import Edition, reads_alike
from crf_app.actions.subject_data import MOVED, SubjectData, load_subject
from crf_app.errors import ReasonRequired
from crf_app.model.datatype import split_codes
from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.record import Draft
from crf_app.model.retired import until_of
from crf_app.model.workflow import Step
from crf_app.rules.facts import FormState, ItemState
from crf_app.rules.readings import read
from crf_app.store import reads
from crf_app.store.reads import FormRow


@dataclass(frozen=True, slots=True)
class Move:
    """One form that stands under another version than `to`.

    `stays`: why it is not moved; None for one that is.  `asked_anew`: questions that would be asked and have
    no answer.  `no_longer`: those that have one and would not be asked.  `kept`: answers that go on.
    """

    key: FormKey
    label: str
    visit: Text
    form: Text
    before: str
    to: str
    status: str
    stays: Text | None
    asked_anew: tuple[Text, ...] = ()
    no_longer: tuple[Text, ...] = ()
    kept: int = 0


def plan(session: Session, uids: Sequence[str] = (), to: str = "") -> Iterator[Move]:
    """What `migrate` would do, subject by subject; nothing is stored.

    `uids`: all subjects where empty.  `to`: the version in force where empty.  Raises NotAllowed, TooNew.
    """
    session.require(Step.READ)
    target = _target(session, to)
    for one in reads.subjects(session.store.conn):
        if not uids or one.uid in uids:
            yield from _of_subject(session, one.uid, one.label, target)


def migrate(session: Session, uids: Sequence[str], reason: str, to: str = "") -> list[tuple[Move, Changes]]:
    """Move every form that can be moved, one transaction for each subject; what was moved.

    A complete form that has something open under its new version is open again.  Raises ReasonRequired,
    NotAllowed, TooNew.
    """
    session.require(Step.MIGRATE)
    if not reason.strip():
        raise ReasonRequired("Why are these forms moved to another version?", "请说明迁移表单版本的原因。")
    done = []
    by_subject: dict[str, list[Move]] = {}
    for move in plan(session, uids, to):
        if move.stays is None:
            by_subject.setdefault(move.key.subject, []).append(move)
    for uid, moves in by_subject.items():
        changes = _move(session, session.subject(uid), moves, reason.strip())
        done += [(move, changes) for move in moves]
    return done


def _target(session: Session, to: str) -> Edition:
    if to in ("", session.study.version):
        return Edition(session.study, session.rules)
    return session.editions.of(to)


def _of_subject(session: Session, uid: str, label: str, target: Edition) -> Iterator[Move]:
    data = session.subject(uid)
    forms = reads.forms_of_subject(session.store.conn, uid)
    begun = [key for key in _begun(data) if not reads_alike(data.edition(key), target, key.form_oid)]
    refused = {key: _why_stays(session, data, key, forms.get(key), target) for key in begun}
    moved = _as_moved(session, uid, [key for key, why in refused.items() if why is None], target)
    for key in sorted(begun):
        before = data.edition(key).study
        yield _said(
            Move(
                key,
                label,
                data.event_def(key.event).name,
                before.forms[key.form_oid].name,
                before.version,
                target.study.version,
                forms[key].status if key in forms else "open",
                refused[key],
            ),
            data.state(key),
            moved.state(key) if refused[key] is None else None,
        )


def _begun(data: SubjectData) -> list[FormKey]:
    """Forms that hold answers, or only rows as yet."""
    rows = (key for key, some in data.rows.items() if some)
    return list(dict.fromkeys([*data.started_forms(), *rows]))


def _as_moved(session: Session, uid: str, keys: Sequence[FormKey], target: Edition) -> SubjectData:
    """The subject as it would stand with these forms moved."""
    here = session.subject(uid)
    conn, editions = session.store.conn, session.editions
    data = load_subject(conn, session.study, session.rules, uid, here.today, session.ranges, editions)
    for key in keys:
        data.versions[key] = target.study.version
    return data


def _said(move: Move, now: FormState, then: FormState | None) -> Move:
    """The move with what it would mean for the form's questions."""
    if then is None:
        return move
    anew, gone, kept = [], [], 0
    for local, item in then.items.items():
        asked_now = local in now.items and now.items[local].collected
        if _open(item) and not (asked_now and _open(now.items[local])):
            anew.append(item.item.question)
        elif not item.answer.empty and asked_now and not item.collected:
            gone.append(item.item.question)
        elif not item.answer.empty and item.collected and not item.item.derived:
            kept += 1
    return replace(move, asked_anew=tuple(anew), no_longer=tuple(gone), kept=kept)


def _open(item: ItemState) -> bool:
    return item.collected and item.answer.empty and not item.item.derived and not item.item.companion_of


def _why_stays(
    session: Session, data: SubjectData, key: FormKey, row: FormRow | None, target: Edition
) -> Text | None:
    """Why a form keeps its version; None for one that can be moved."""
    form = target.study.forms.get(key.form_oid)
    if form is None or form.until is not None:
        return Text(
            en=f"Version {target.study.version} does not have this form.",
            zh=f"第 {target.study.version} 版没有此表单。",
        )
    if row is not None and row.status in ("frozen", "locked"):
        return Text(en="The form is locked.", zh="表单已锁定。")
    if any(valid for _, valid, _ in reads.signatures_of_form(session.store.conn, key)):
        return Text(en="The form is signed: it keeps its version.", zh="表单已签名，保持原版本。")
    return _cannot_read(data, key, target.study)


def _cannot_read(data: SubjectData, key: FormKey, study: Study) -> Text | None:
    """What the form holds and this version cannot read, in words; None where it reads all."""
    form, version = study.forms[key.form_oid], study.version
    held = {local: answer for local, answer in data.values(key).items() if not answer.empty}
    unknown = [local for local in held if not _asks(study, form, local)]
    if unknown:
        return Text(
            en=f"It has answers to {len(unknown)} question(s) that version {version} does not know.",
            zh=f"其中 {len(unknown)} 项答案在第 {version} 版中没有对应问题。",
        )
    groups = {group.oid for group in form.item_group}
    if rows := sum(len(some) for oid, some in data.live_rows(key).items() if oid not in groups):
        return Text(
            en=f"It has {rows} row(s) of a group that version {version} does not know.",
            zh=f"其中 {rows} 行在第 {version} 版中没有对应的条目组。",
        )
    other = [local for local, answer in held.items() if not _legible(data, key, study, local, answer)]
    if other:
        return Text(
            en=f"{len(other)} of its answers are not to be read by version {version}: another code, unit or "
            "kind of number.",
            zh=f"其中 {len(other)} 项答案的代码、单位或数值类型第 {version} 版无法读取。",
        )
    return None


def _asks(study: Study, form: FormDef, local: str) -> bool:
    """Whether the version has the question, in a fixed row also the row."""
    place, _, oid = local.partition("/")
    if oid not in form.items:
        return False
    rows = form.group_of[oid].rows
    return rows is None or place.partition("~")[2] in study.code_lists[rows].by_code


def _legible(data: SubjectData, key: FormKey, study: Study, local: str, answer: Answer) -> bool:
    """Whether the version reads the answer as the version of the form does."""
    oid = local.partition("/")[2]
    now = data.edition(key).study
    known = now.forms[key.form_oid].items.get(oid)
    return _reads(study, key, oid, answer) or (known is not None and not _reads(now, key, oid, answer))


def _reads(study: Study, key: FormKey, oid: str, answer: Answer) -> bool:
    item = study.forms[key.form_oid].items[oid]
    if answer.value is None:
        return answer.missing in {one.code for one in study.missing_reasons}
    if item.code_list is None:
        return read(item, answer).legible
    known = study.code_lists[item.code_list].by_code
    return all(code in known for code in split_codes(item, answer.value))


def _move(session: Session, data: SubjectData, moves: Sequence[Move], reason: str) -> Changes:
    """One subject's forms, with what follows: derived values, queries, complete forms that are open again."""
    conn = session.store.conn
    forms = reads.forms_of_subject(conn, data.uid)
    first = [
        Draft(MOVED, subject=data.uid, key=move.key.path, value=move.to, reason=reason) for move in moves
    ]
    try:
        for move in moves:
            data.move(move.key, move.to)
        drafts, _ = follow(conn, data, dict(_answers(data, moves)))
        again = [one for move in moves for one in reopened(session, data, forms.get(move.key))]
    except BaseException:
        session.forget()  # what was put together to be looked at is not there
        raise
    return session.commit([*first, *drafts, *again])


def _answers(data: SubjectData, moves: Sequence[Move]) -> Iterator[tuple[ItemKey, Answer]]:
    """Every answer of the forms: all that reads one is looked at again."""
    for move in moves:
        form = data.form_def(move.key)
        for local, answer in list(data.values(move.key).items()):
            group, item = local.split("/")
            if item in form.items and until_of(form, form.items[item]) is None:
                yield ItemKey(move.key, group, item), answer
