"""Names as people type them: `V1`, `VS`, `SYSBP`, `VSI[M15]` become keys of the study.

The short form of an OID leaves out its prefix (`SE.`, `F.`, `IG.`, `I.`) and, for an item, its form.  A name
that names nothing is refused with the nearest one that does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from crf_app.actions.session import Session
from crf_app.errors import NotFound, ValueRejected
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.keys import FormKey, ItemKey

_ROW: Final = re.compile(r"(?P<group>[^\[\]~]+)(\[(?P<place>[^\[\]]+)\]|~(?P<uid>[A-Za-z0-9._-]+))\Z")
NEW: Final = "new"


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was named: its group, and a code, a live row's place from 1, `new`, or a uid."""

    group: ItemGroupDef
    place: str
    uid: str


def form_key(session: Session, uid: str, event: str, form: str) -> FormKey:
    """The form that these names mean.  Raises NotFound; WrongState is left to the action."""
    return FormKey(uid, event_key(session, uid, event), form_oid(session, form))


def event_key(session: Session, uid: str, name: str) -> str:
    """`V1` or `SE.V1`; an unscheduled visit is `UNS~uid`, `UNS[2]`, or `UNS` while there is one."""
    head, place = _split_place(name)
    stem, _, own = head.partition("~")
    oid = _match(stem, session.study.events, "SE.", ("visit", "访视"))
    if not session.study.events[oid].repeating:
        return oid
    there = [event for event in session.subject(uid).events() if event.partition("~")[0] == oid]
    if own:
        return f"{oid}~{own}"
    number = _number(place)
    if not place and len(there) == 1:
        return there[0]
    if 1 <= number <= len(there):
        return there[number - 1]
    raise NotFound(
        f"{name} is none of the {len(there)} visits of this kind. There are: {', '.join(there) or 'none'}.",
        f"{name} 不在此类 {len(there)} 次访视之中，可用：{'、'.join(there) or '尚无'}。",
        where=name,
    )


def event_oid(session: Session, name: str) -> str:
    return _match(name, session.study.events, "SE.", ("visit", "访视"))


def form_oid(session: Session, name: str) -> str:
    return _match(name, session.study.forms, "F.", ("form", "表单"))


def item_oid(form: FormDef, name: str) -> str:
    """The item of this form: `SYSBP`, `VS.SYSBP` or `I.VS.SYSBP`."""
    own = f"I.{form.oid.removeprefix('F.')}."
    return _match(name, form.items, "I.", ("item of this form", "表单项目"), (own,))


def row_of(form: FormDef, text: str) -> Row:
    """`AE[1]`, `AE[new]`, `VSI[M15]`, `IG.AE~k3j9x0q2mz`.  Raises ValueRejected, NotFound."""
    found = _ROW.match(text.strip())
    if found is None:
        raise ValueRejected(
            f'"{text}" does not name a row. Write GROUP[1], GROUP[CODE] or GROUP[new].',
            f"“{text}”不是行的写法，请写 GROUP[1]、GROUP[代码] 或 GROUP[new]。",
            where=text,
        )
    groups = {group.oid: group for group in form.item_group}
    oid = _match(found["group"], groups, "IG.", ("group of this form", "表单项目组"))
    return Row(groups[oid], found["place"] or "", found["uid"] or "")


def row_part(session: Session, key: FormKey, row: Row) -> str:
    """The group with its row, as a key holds it.  `new` is not decided here.  Raises NotFound."""
    group = row.group
    if row.uid:
        return f"{group.oid}~{row.uid}"
    if group.rows is not None:
        codes = session.study.code_lists[group.rows].by_code
        return f"{group.oid}~{_match(row.place, codes, '', ('row of this group', '行'))}"
    live = session.subject(key.subject).live_rows(key).get(group.oid, [])
    if 1 <= (number := _number(row.place)) <= len(live):
        return f"{group.oid}~{live[number - 1]}"
    raise NotFound(
        f"There are {len(live)} rows in this group; {row.place} is none of them. Add one with [new].",
        f"该组共有 {len(live)} 行，没有第 {row.place} 行；用 [new] 新增。",
        where=f"{key}/{group.oid}",
    )


def item_key(key: FormKey, form: FormDef, oid: str, row: str) -> ItemKey:
    """The cell of `oid`; `row` is the group with its row, or empty.  Raises ValueRejected."""
    group = form.group_of[oid]
    if not (group.repeating or group.rows):
        return ItemKey(key, group.oid, oid)
    if row.partition("~")[0] != group.oid:
        short = group.oid.removeprefix("IG.")
        raise ValueRejected(
            f"{oid} lies in rows. Name the row, like {short}[1].",
            f"{oid} 位于多行组中，请指明行，如 {short}[1]。",
            where=f"{key}/{oid}",
        )
    return ItemKey(key, row, oid)


def _number(place: str) -> int:
    """A place that counts from 1; 0 for every other text (`²` is a digit and no number)."""
    return int(place) if re.fullmatch("[0-9]{1,9}", place) else 0


def _split_place(name: str) -> tuple[str, str]:
    found = re.match(r"([^\[\]]+)\[([^\[\]]+)\]\Z", name)
    return (found[1], found[2]) if found else (name, "")


def _match(
    name: str, known: Iterable[str], prefix: str, what: tuple[str, str], own: Sequence[str] = ()
) -> str:
    """The one of `known` that `name` means, with or without its prefix."""
    names = list(known)
    for full in (name, prefix + name, *(stem + name for stem in own)):
        if full in names:
            return full
    short = {one: one.removeprefix(prefix) for one in names}
    for stem in own:
        short = {one: said if said in names else one.removeprefix(stem) for one, said in short.items()}
    near = get_close_matches(name.upper(), [*short.values(), *names], 1, 0.5)
    hint = (f" Do you mean {near[0]}?", f"是否指 {near[0]}？") if near else ("", "")
    raise NotFound(
        f'There is no {what[0]} "{name}".{hint[0]}', f"没有{what[1]}“{name}”。{hint[1]}", where=name
    )
