"""Rows with answers in them: the row above copied, a proposed row kept, a struck row brought back.

A copy holds what people would type again: dates and times, what is calculated or confirmed with an own
password, reasons of missing values and what the definition leaves out (`log.not_copied`) are never copied.
An answer that is refused today (a retired code, a row that is gone) stays out and is said in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from crf_app.actions.changes import Changes
from crf_app.actions.consequences import follow
from crf_app.actions.enter_data import check_form, check_open, parsed, refuse_typed, reopened
from crf_app.actions.links import lists_for
from crf_app.actions.rows import new_row, repeating
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.errors import CrfError, NotFound, ReasonRequired, ValueRejected, WrongState
from crf_app.model.def_base import Text
from crf_app.model.form_def import ItemGroupDef
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.store import reads

_DATED: Final = frozenset({"date", "partialDate", "datetime", "time"})


@dataclass(frozen=True, slots=True)
class Filled:
    """The commit that made the row, and each answer that was refused: the question, and why."""

    changes: Changes
    left_out: tuple[tuple[Text, CrfError], ...] = ()


def is_copied(group: ItemGroupDef, item: ItemDef) -> bool:
    """Whether an answer to `item` goes into a copy of its row."""
    log = group.log
    kept_back = (*log.not_copied, log.ongoing, log.start, log.end) if log is not None else ()
    return (
        item.data_type not in _DATED
        and not item.derived
        and not item.own_password
        and item.until is None
        and item.oid not in kept_back
    )


def copy_row(session: Session, key: FormKey, part: str) -> Filled:
    """A new row at the end with the answers of the row `part`, in one transaction; `changes.row` names it.

    Raises NotFound, NotAllowed, WrongState (a locked form, as many rows as planned), StorageFull.
    """
    session.require(Step.ENTER, str(key))
    data = session.subject(key.subject)
    check_form(session, data, key)
    if (part, "live") not in [(one, state) for one, state, _ in data.rows.get(key, [])]:
        raise NotFound("There is no such row.", "没有该行。", where=f"{key}/{part}")
    group = repeating(data, key, part.partition("~")[0])
    stored = data.values(key)
    above = {
        item.oid: stored.get(f"{part}/{item.oid}", Answer()) for item in group.item if is_copied(group, item)
    }
    return fill_row(
        session, key, group.oid, {oid: one for oid, one in above.items() if one.value is not None}
    )


def fill_row(
    session: Session, key: FormKey, group_oid: str, answers: Mapping[str, Answer], reason: str | None = None
) -> Filled:
    """A new row with these answers (item OID → value and unit), in one transaction; `reason`: why it came.

    Raises what `copy_row` raises.
    """
    session.require(Step.ENTER, str(key))
    data = session.subject(key.subject)
    check_form(session, data, key)
    form = check_open(session, key)
    try:
        first = replace(new_row(session, data, key, group_oid), reason=reason)
        part = (first.key or "").rpartition("/")[2]
        wanted, left_out = _answers(session, data, key, part, answers)
        sets = [_set(cell, answer) for cell, answer in wanted.items()]
        more, findings = follow(session.store.conn, data, wanted or _cells(data, key, part))
        if not wanted:
            more = [one for one in more if not (one.key or "").startswith(f"{key.path}/{part}/")]
        again = reopened(session, data, form)
    except CrfError:
        session.forget()
        raise
    changes = session.commit([first, *sets, *more, *again])
    return Filled(replace(changes, row=part, findings=findings), left_out)


def _answers(
    session: Session, data: SubjectData, key: FormKey, part: str, answers: Mapping[str, Answer]
) -> tuple[dict[ItemKey, Answer], tuple[tuple[Text, CrfError], ...]]:
    """The answers that are good and asked, put into `data`, and those that are refused."""
    items = {item.oid: item for item in repeating(data, key, part.partition("~")[0]).item}
    wanted, refused = {}, []
    for oid, answer in answers.items():
        cell, item = ItemKey(key, part, oid), items[oid]
        try:
            refuse_typed(item, answer.value or "", cell)
            wanted[cell] = parsed(session, item, answer.value or "", answer.unit, lists_for(data, key, item))
        except ValueRejected as refusal:
            refused.append((item.question, refusal))
    data.put_all(key, {cell.local: answer for cell, answer in wanted.items()})
    state = data.state(key).items
    for cell in [one for one in wanted if not state[one.local].collected]:
        del wanted[cell]
        data.put(cell, Answer())
    return wanted, tuple(refused)


def _set(cell: ItemKey, answer: Answer) -> Draft:
    return Draft(
        "item.set", subject=cell.subject, key=cell.path, parents=(), value=answer.value, unit=answer.unit
    )


def _cells(data: SubjectData, key: FormKey, part: str) -> dict[ItemKey, Answer]:
    """Every cell of the row with what stands in it."""
    stored, items = data.values(key), repeating(data, key, part.partition("~")[0]).item
    return {ItemKey(key, part, one.oid): stored.get(f"{part}/{one.oid}", Answer()) for one in items}


def restore_row(session: Session, key: FormKey, part: str, reason: str) -> Changes:
    """Bring a struck row back with its answers; what the checks ask about it is open again.

    Raises ReasonRequired, NotFound, NotAllowed, WrongState (a locked form, as many rows as planned).
    """
    session.require(Step.ENTER, str(key))
    data = session.subject(key.subject)
    check_form(session, data, key)
    form = check_open(session, key)
    rows = reads.rows_of_form(session.store.conn, key)
    row = next((one for one in rows if one[0] == part and one[1] == "deleted"), None)
    if row is None:
        raise NotFound("There is no removed row here.", "此处没有已移除的行。", where=f"{key}/{part}")
    if not reason.strip():
        raise ReasonRequired("Why does this row come back?", "请说明恢复该行的原因。", where=f"{key}/{part}")
    _check_room(data, key, part, (one[0] for one in rows if one[1] != "deleted"))
    draft = Draft(
        "row.restore",
        subject=key.subject,
        key=f"{key.path}/{part}",
        parents=row[3],
        reason=reason.strip(),
    )
    data.bring_row(key, part)
    more, findings = follow(session.store.conn, data, _cells(data, key, part))
    changes = session.commit([draft, *more, *reopened(session, data, form)])
    return replace(changes, row=part, findings=findings)


def _check_room(data: SubjectData, key: FormKey, part: str, live: Iterable[str]) -> None:
    group = repeating(data, key, part.partition("~")[0])
    mine = [one for one in live if one.partition("~")[0] == group.oid]
    if len(mine) >= group.max_rows:
        raise WrongState(
            f"There are {len(mine)} rows already; more are not planned.",
            f"已有 {len(mine)} 行，不可再增加。",
            where=str(key),
        )
