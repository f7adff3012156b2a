"""Enter, correct and clear answers; rows; "not done".

The only way an answer becomes data.  Nothing here knows widgets or SQL: the window, the command line
and an import call the same functions.  A value that leaves its field is one durable commit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from crf_app.actions.changes import NOTHING, Changes
from crf_app.actions.consequences import SYSTEM, follow
from crf_app.actions.gate import check_begin
from crf_app.actions.lab.lab_names import find_unit
from crf_app.actions.links import lists_for
from crf_app.actions.people.proving import Proven
from crf_app.actions.session import Session
from crf_app.actions.standing import open_points
from crf_app.actions.subject_data import SubjectData
from crf_app.errors import ConflictPending, CrfError, NotFound, ReasonRequired, ValueRejected, WrongState
from crf_app.model import datatype
from crf_app.model.item_def import CodeList, ItemDef
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.program_reasons import CHANGED_AFTER_COMPLETION
from crf_app.model.record import Draft
from crf_app.model.retired import forms_asked
from crf_app.model.workflow import Step
from crf_app.rules.facts import ItemState
from crf_app.store import marks, reads
from crf_app.store.reads import FormRow

OWN_TYPING = "typing, before completion"
_NUMBER_AND_UNIT: Final = re.compile(
    r"(?P<number>[<>]?=?\s*[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)(?P<gap>\s*)(?P<unit>[^\s0-9.].*)"
)


def enter_value(
    session: Session, key: ItemKey, text: str, unit: str | None = None, reason: str | None = None
) -> Changes:
    """Store what was typed at `key`; a correction needs a reason; empty text clears the cell.

    Raises ValueRejected (the typed text has no value, the item is hidden or derived), ReasonRequired,
    WrongState, NotAllowed, ConflictPending, NotFound, StorageFull.
    """
    data, cell, form = _cell(session, key)
    refuse_typed(cell.item, text, key)
    lists = lists_for(data, key.form_key, cell.item, cell.answer.value)
    answer = parsed(session, cell.item, text, unit, lists)
    return commit_answer(session, data, key, answer, reason, form)


def enter_form(session: Session, key: FormKey, answers: Mapping[str, str]) -> Changes:
    """Several entries of one form in one transaction: local → text (`!ND` = missing with its code).

    For imports, paste and made-up data; items that turn out not to be asked are left out, and what stands
    there already is no record.  Raises what `enter_value` raises, and then nothing is stored.
    """
    session.require(Step.ENTER, str(key))
    data = session.subject(key.subject)
    check_form(session, data, key)
    form = check_open(session, key)
    try:
        wanted = _wanted(session, data, key, answers, form)
        first = [_set(data, cell, *content) for cell, content in wanted.items()]
        changed = {cell: answer for cell, (answer, _) in wanted.items()}
        more, findings = follow(session.store.conn, data, changed)
        again = reopened(session, data, form)
    except CrfError:
        session.forget()  # answers that were put together to be looked at are not there
        raise
    if not first:
        return NOTHING
    return replace(session.commit([*first, *more, *again]), findings=findings)


def _wanted(
    session: Session, data: SubjectData, key: FormKey, answers: Mapping[str, str], form: FormRow | None
) -> dict[ItemKey, tuple[Answer, str | None]]:
    """The answers that are asked and new, each with its reason; all are put into `data`."""
    new, items = {}, data.state(key).items
    for local, text in answers.items():
        group, _, oid = local.partition("/")
        cell = ItemKey(key, group, oid)
        item = answerable(data, cell, items.get(local)).item
        missing = text.startswith("!")
        if not missing:
            refuse_typed(item, text, cell)
        lists = lists_for(data, key, item, _before(data, cell).value)
        answer = _missing(data, cell, text[1:]) if missing else parsed(session, item, text, None, lists)
        if answer != _before(data, cell):
            new[cell] = answer
    data.put_all(key, {cell.local: answer for cell, answer in new.items()})
    state = data.state(key).items
    for cell in [one for one in new if not state[one.local].collected]:
        del new[cell]
        data.put(cell, _before(data, cell))
    return {cell: (answer, _reason(session, data, cell, answer, None, form)) for cell, answer in new.items()}


def _before(data: SubjectData, key: ItemKey) -> Answer:
    row = data.items.get(key.path)
    return row.answer if row else Answer()


def _set(data: SubjectData, key: ItemKey, answer: Answer, reason: str | None) -> Draft:
    row = data.items.get(key.path)
    return Draft(
        "item.set",
        subject=key.subject,
        key=key.path,
        parents=row.heads if row else (),
        value=answer.value,
        missing=answer.missing,
        unit=answer.unit,
        reason=reason,
    )


def mark_missing(session: Session, key: ItemKey, code: str, reason: str | None = None) -> Changes:
    """Say that there is no value and why, with a code of the study (`ND` not done …)."""
    data, _, form = _cell(session, key)
    return commit_answer(session, data, key, _missing(data, key, code), reason, form)


def _missing(data: SubjectData, key: ItemKey, code: str) -> Answer:
    codes = [one.code for one in data.edition(key.form_key).study.missing_reasons]
    if code not in codes:
        raise ValueRejected(
            f'"{code}" is not one of the reasons {", ".join(codes)}.',
            f"“{code}”不在缺失原因 {'、'.join(codes)} 之中。",
            where=str(key),
        )
    return Answer(missing=code)


def resolve(session: Session, key: ItemKey, head: str, reason: str) -> Changes:
    """Two devices, two values: choose one of the heads, naming all of them.  Raises ReasonRequired."""
    session.require(Step.RESOLVE, str(key))
    data = session.subject(key.subject)
    row = data.items.get(key.path)
    if row is None or row.state != "conflict" or head not in row.heads:
        raise WrongState("There is no conflict to resolve here.", "此处没有需要选定的冲突。", where=str(key))
    _need(reason, key, "", "")
    record = reads.record(session.store.conn, key.subject, key.path, head)
    assert record is not None
    answer = Answer(record.value, record.missing, record.unit)
    data.put(key, answer)
    more, findings = follow(session.store.conn, data, {key: answer})
    first = Draft(
        "item.resolve",
        subject=key.subject,
        key=key.path,
        parents=row.heads,
        value=answer.value,
        missing=answer.missing,
        unit=answer.unit,
        reason=reason,
    )
    return replace(session.commit([first, *more]), findings=findings)


def parsed(
    session: Session, item: ItemDef, text: str, unit: str | None, lists: Mapping[str, CodeList] | None = None
) -> Answer:
    """The answer that `text` means, `12 mg/dL` and `unit` alike; an empty text is an empty answer.

    `lists`: code lists, those made for the subject among them; the study's alone when not given.
    """
    if not text.strip():
        return Answer()
    number, typed = _split_unit(item, text, unit)
    others = {one.unit for one in item.units}
    if typed is not None and typed != item.unit and typed not in others:
        known = ", ".join([item.unit or "", *sorted(others)])
        raise ValueRejected(
            f'"{typed}" is not a unit of this item. Known: {known}.',
            f"“{typed}”不是本项目的单位，可用：{known}。",
            where=item.oid,
        )
    looked_in = lists if lists is not None else session.study.offered_lists
    value = datatype.parse(datatype.as_typed(item, typed), number, looked_in, today=session.clock.now())
    return Answer(value, None, typed or item.unit)


def _split_unit(item: ItemDef, text: str, unit: str | None) -> tuple[str, str | None]:
    if unit is not None or item.unit is None:
        return text, unit
    found = _NUMBER_AND_UNIT.fullmatch(text.strip())
    known = find_unit(item, found["unit"]) if found else None
    if found is None or (known is None and not found["gap"]):
        return text, None
    return found["number"], known or found["unit"]


def _cell(session: Session, key: ItemKey) -> tuple[SubjectData, ItemState, FormRow | None]:
    """The cell and its form as they stand, if it may be answered now by this person."""
    session.require(Step.ENTER, str(key))
    data = session.subject(key.subject)
    check_form(session, data, key.form_key)
    form = check_open(session, key.form_key)
    state = answerable(data, key, data.state(key.form_key).items.get(key.local))
    if not state.collected:
        raise ValueRejected(
            "This item is not asked here now. Check the answer it depends on.",
            "此项目当前无需填写，请核对其前置项。",
            where=str(key),
        )
    return data, state, form


def refuse_typed(item: ItemDef, text: str, key: ItemKey) -> None:
    """Raises ValueRejected for an answer that only a person's own password gives (`own_password.py`)."""
    if item.own_password and text.strip():
        raise ValueRejected(
            "This is not typed: the person confirms it with an own password.",
            "此项不可录入：须由本人以自己的密码确认。",
            where=str(key),
        )


def answerable(data: SubjectData, key: ItemKey, state: ItemState | None) -> ItemState:
    """The state of a cell that a person may type into, whether it is asked now or not."""
    if state is None:
        raise NotFound(
            "There is no such item or row on this form.", "本表单没有该项目或该行。", where=str(key)
        )
    if state.item.derived:
        raise ValueRejected(
            "This value is calculated; it is not typed.", "此值自动计算，不可录入。", where=str(key)
        )
    row = data.items.get(key.path)
    if row is not None and row.state == "conflict":
        raise ConflictPending(
            "Two devices, two values. Choose one of them first.",
            "两台设备数值不同，请先选定。",
            where=str(key),
        )
    check_unlocked(data, key, state)
    return state


def check_unlocked(data: SubjectData, key: ItemKey, state: ItemState) -> None:
    """Raises WrongState for an answer that is locked, unless a person has an open query on it."""
    item, row = state.item, data.items.get(key.path)
    if not state.locked or row is None or row.answer.empty:
        return
    queries = data.forms.queries(key.form_key)
    if any(one.key == key.path and not one.check and one.status == "Open" for one in queries):
        return
    raise WrongState(
        f"{item.question.en}: the answer is locked now. If it is wrong, ask for a query on it first.",
        f"{item.question.zh}：该答案现已锁定，如有误请先由研究者或监查员提出质疑。",
        where=str(key),
    )


def check_form(session: Session, data: SubjectData, key: FormKey) -> None:
    """Raises NotFound unless the visit exists for this subject and holds this form."""
    event = session.study.events.get(key.event_oid)
    added = {name for name, _ in data.added}
    known = event is not None and (key.event in added if event.repeating else key.event == event.oid)
    if not known or event is None:
        raise NotFound("There is no such visit for this subject.", "该受试者没有此访视。", where=str(key))
    if key.form not in event.form_oids:
        raise NotFound("This form does not belong to this visit.", "此访视不含该表单。", where=str(key))
    if key.form not in forms_asked(event) and data.forms.row(key) is None:
        raise NotFound(
            "This form is not asked at this visit any more.", "该访视已不再使用此表单。", where=str(key)
        )


def check_open(session: Session, key: FormKey, *, planned: bool = False) -> FormRow | None:
    """The form's row, if it was started.

    Raises WrongState for a frozen or locked form, and for one that is about to be begun where the subject's
    state closes it.  `planned`: only looked at, as by an import; such a refusal is no record.
    """
    data = session.subject(key.subject)
    check_counts(data, key.event)
    row = data.forms.row(key)
    if row is None:
        check_begin(session, data, key, planned=planned)
    if row is not None and row.status in ("frozen", "locked"):
        raise WrongState(
            "The form is locked. To change it, ask to unlock.",
            "表单已锁定，如需修改请申请解锁。",
            where=str(key),
        )
    if row is not None and row.status == "not_done":
        raise WrongState(
            "This form was marked not done. Open it again to enter something.",
            "此表单已标为未做，如需录入请重新打开。",
            where=str(key),
        )
    return row


def check_counts(data: SubjectData, event: str) -> None:
    """Raises WrongState for a visit, or a whole subject, that was made by mistake."""
    if data.mistake is not None:
        raise WrongState(
            "This subject was made by mistake. Take that back to enter something.",
            "该受试者已标为误建，如需录入请先撤销。",
            where=data.uid,
        )
    if event in data.mistaken:
        raise WrongState(
            "This visit was made by mistake. Take that back to enter something.",
            "此访视已标为误建，如需录入请先撤销。",
            where=f"{data.uid}/{event}",
        )


def commit_answer(
    session: Session,
    data: SubjectData,
    key: ItemKey,
    answer: Answer,
    reason: str | None,
    form: FormRow | None,
    by: Proven | None = None,
) -> Changes:
    """One answer and what follows from it, in one transaction.

    `by`: whose record it is when that is not the person at work.  Raises ReasonRequired, StorageFull.
    """
    before = _before(data, key)
    if answer == before:
        return NOTHING
    first = _set(data, key, answer, _reason(session, data, key, answer, reason, form))
    if by is not None:
        first = replace(first, user=by.user, role=by.role)
    data.put(key, answer)
    more, findings = follow(session.store.conn, data, {key: answer})
    again = reopened(session, data, form)
    others = None if by is None else {by.user: by.seal}
    return replace(session.commit([first, *more, *again], others=others), findings=findings)


def _reason(
    session: Session, data: SubjectData, key: ItemKey, after: Answer, reason: str | None, form: FormRow | None
) -> str | None:
    """The reason that will stand in the ledger; a form that was ever complete asks for one at each change.

    Raises ReasonRequired.
    """
    if reason is not None and reason.strip():
        return reason.strip()
    completed = form is not None and bool(form.heads) and marks.was_complete(session.store.conn, key.form_key)
    row = data.items.get(key.path)
    if not completed and (row is None or row.answer.empty):
        return None
    if not completed and row is not None and row.user == session.user:
        return OWN_TYPING
    _need(None, key, shown(row.answer if row else Answer()), shown(after))
    return None


def _need(reason: str | None, key: ItemKey, old: str, new: str) -> None:
    if reason is None or not reason.strip():
        raise ReasonRequired(
            f"You change {old or 'an empty field'} to {new or 'empty'}. Why?",
            f"{old or '空'} 改为 {new or '空'}，原因？",
            where=str(key),
            old=old,
            new=new,
        )


def shown(answer: Answer) -> str:
    """An answer in one word: its value or its missing code."""
    return answer.value if answer.value is not None else answer.missing or ""


def reopened(session: Session, data: SubjectData, row: FormRow | None) -> list[Draft]:
    """A complete form that has open points again is open again, in the same transaction."""
    if row is None or row.status != "complete":
        return []
    key = row.key
    points = open_points(session, data, key)
    if not any(point.kind in ("empty", "hard", "soft") for point in points):
        return []
    return [
        Draft(
            "form.status",
            subject=key.subject,
            key=key.path,
            parents=row.heads,
            value="open",
            reason=CHANGED_AFTER_COMPLETION,
            user=SYSTEM,
            role=SYSTEM,
        )
    ]
