"""What is folded from the ledger: `form_data` and `item_data`, kept in the transaction that appends.

Fast path: a form that holds only clean answers and its own completion, and each new record names exactly the
head that stands there (or starts an empty cell) → the new record is the value; nothing else can change.
Every other unit is folded again from the ledger by `rules.fold`, the same code as on a device.  The study's
own cells (users, devices, definitions: unit G) are folded when they are read, so that a bundle costs what the
bundle holds.
Units are locked through their row in `form_data`, in sorted order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from crf_app.central.columns import (
    QUOTED_FIELDS,
    Decoded,
    batches,
    cell_unit,
    copy_text,
    home_site,
    record_of_columns,
)
from crf_app.rules.fold import fold
from crf_app.rules.unit_state import ANSWER_KINDS, Entry, FormUnit, HeaderUnit

if TYPE_CHECKING:
    from psycopg import Cursor

STUDY_UNIT: Final = "G"
CLEAN: Final = "clean"
STATUS: Final = "status"  # the row of a form itself, under the form's key: complete or opened again
_ITEM_COLUMNS: Final = 'site, cell_unit, "key", subject, head, value, missing, unit, state, late'
_COPY_ITEMS: Final = f"COPY item_data ({_ITEM_COLUMNS}) FROM STDIN"
_UPSERT_ITEMS: Final = f"""
INSERT INTO item_data ({_ITEM_COLUMNS})
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[], %s::text[], %s::text[],
                     %s::text[], %s::text[], %s::int[])
ON CONFLICT (site, cell_unit, "key") DO UPDATE SET head = excluded.head, value = excluded.value,
  missing = excluded.missing, unit = excluded.unit, state = excluded.state, late = excluded.late"""
_LOCK_UNITS: Final = """
INSERT INTO form_data (site, cell_unit, subject, count, special)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::boolean[]) ORDER BY 1, 2
ON CONFLICT (site, cell_unit) DO UPDATE SET count = form_data.count + excluded.count
RETURNING site, cell_unit, xmax = 0, special"""
_HEADS: Final = """
SELECT site, cell_unit, "key", encode(head, 'hex') FROM item_data
WHERE site = ANY(%s::text[]) AND cell_unit = ANY(%s::text[])"""  # by the key; a join with the lists may scan
_RECORDS: Final = f"SELECT id, {QUOTED_FIELDS} FROM audit_record WHERE site = %s AND cell_unit = %s"

#: kept like an answer, under the key of the form; frozen and locked are not
_STEPS: Final = {("form.status", value, None, None) for value in ("open", "complete")}

Unit = tuple[str, str]  # (site, cell unit)


class Item(NamedTuple):
    """One row of `item_data`, without its unit."""

    key: str
    subject: str
    head: bytes
    value: str | None
    missing: str | None
    unit: str | None
    state: str = CLEAN
    late: int = 0


Brought = tuple[bytes, str | None, str | None, str | None]  # id, value, missing, unit


@dataclass(slots=True)
class Draft:
    """What one bundle brings for one unit.  `base` holds what the first new record of a cell names.

    `place` is site and unit in COPY's text; `prefix` is what the keys of a form begin with.
    """

    unit: Unit
    subject: str
    place: str
    prefix: str
    simple: bool
    count: int = 0
    base: dict[str, str | None] = field(default_factory=dict)
    items: dict[str, Brought] = field(default_factory=dict)

    def state_of(self, key: str) -> str:
        """As `item_data` has it: the form's own row, or an answer."""
        return CLEAN if key.startswith(self.prefix) else STATUS


class Touched:
    """The units that the new records of a bundle touch."""

    def __init__(self) -> None:
        self.drafts: dict[Unit, Draft] = {}
        self._last = Draft(("", ""), "", "", "", simple=False)

    def add(self, decoded: Decoded, id_: bytes, device_site: str) -> str:
        """Note one new record; its site and unit in COPY's text."""
        _, _, kind, subject, key, parents, value, missing, unit, _ = decoded
        if subject is None:
            return f"{copy_text(device_site)}\t{STUDY_UNIT}"
        draft = self._last
        if subject != draft.subject or key is None or not draft.prefix or not key.startswith(draft.prefix):
            draft = self._last = self._draft(subject, key, device_site)
        draft.count += 1
        if not draft.simple:
            return draft.place
        answer = key is not None and key.startswith(draft.prefix) and kind in ANSWER_KINDS
        if key is None or not (answer or (kind, value, missing, unit) in _STEPS):
            draft.simple = False
            return draft.place
        before = draft.items.get(key)
        if before is None:
            draft.base[key] = parents
        elif parents != f'"{before[0].hex()}"':
            draft.simple = False
        draft.items[key] = (id_, value, missing, unit)
        return draft.place

    def _draft(self, subject: str, key: str | None, device_site: str) -> Draft:
        unit = (home_site(subject, device_site), cell_unit(subject, key))
        draft = self.drafts.get(unit)
        if draft is None:
            form = unit[1].startswith("F|")
            prefix = f"{unit[1].rpartition('|')[2]}/" if form else ""
            draft = Draft(unit, subject, "\t".join(map(copy_text, unit)), prefix, form)
            self.drafts[unit] = draft
        return draft


def store(cur: Cursor[Any], touched: Touched) -> None:
    """Lock the touched units, then bring their folded rows up to date."""
    if not touched.drafts:
        return
    locked = _lock(cur, touched.drafts)
    heads = _heads(cur, [unit for unit, (new, special) in locked.items() if not new and not special])
    fresh: list[Draft] = []
    changed: list[tuple[Unit, Item]] = []
    again: list[Unit] = []
    for unit, draft in touched.drafts.items():
        special, known = locked[unit][1], heads.get(unit, {})
        if special or not draft.simple or not _continues(draft, known):
            again.append(unit)
            continue
        fresh.append(draft)
        for key in draft.items.keys() & known.keys():
            changed.append((unit, Item(key, draft.subject, *draft.items.pop(key), draft.state_of(key))))
    _copy(cur, fresh)
    _upsert(cur, changed)
    for unit in sorted(again):
        fold_again(cur, unit)


def fold_again(cur: Cursor[Any], unit: Unit) -> None:
    """Fold one locked unit from the ledger and store its state."""
    state = fold(unit[1], entries(cur, unit))
    cur.execute(
        "UPDATE form_data SET special = true, state = %s WHERE site = %s AND cell_unit = %s",
        (json.dumps(state.as_json(), ensure_ascii=False), *unit),
    )
    if isinstance(state, FormUnit):
        _upsert(cur, [(unit, item) for item in items_of(unit[1], state)])


def fold_special_again(cur: Cursor[Any]) -> None:
    """After a new schema step: what was folded from the ledger by an older program, in today's rows."""
    units = cur.execute("SELECT site, cell_unit FROM form_data WHERE special FOR UPDATE").fetchall()
    for unit in sorted(units):
        fold_again(cur, unit)


def entries(cur: Cursor[Any], unit: Unit) -> list[Entry]:
    """The records of one unit with their ids."""
    rows = cur.execute(_RECORDS, unit, binary=True).fetchall()
    return [Entry(row[0].hex(), record_of_columns(row[1:])) for row in rows]


def items_of(name: str, state: FormUnit) -> Iterator[Item]:
    """The rows of `item_data` that the folded form of unit `name` stands for."""
    path = name.rpartition("|")[2]
    if state.status_heads and path not in state.answers:
        last = state.status_heads[-1]
        yield Item(path, last.record.subject or "", bytes.fromhex(last.id), state.status, None, None, STATUS)
    for key, cell in state.answers.items():
        record = cell.shown.record
        head = bytes.fromhex(cell.shown.id)
        answer = (record.value, record.missing, record.unit)
        yield Item(key, record.subject or "", head, *answer, cell.state, len(cell.late))


def simple_state(items: Iterable[Item]) -> dict[str, Any]:
    """The folded state of a unit that is not special, as `FormUnit.as_json` spells it."""
    answers: dict[str, Any] = {}
    status: dict[str, Any] = {}
    for item in items:
        if item.state == STATUS:
            status = {"status": item.value, "status_heads": [item.head.hex()]}
            continue
        present = {"value": item.value, "missing": item.missing, "unit": item.unit}
        given = {name: value for name, value in present.items() if value is not None}
        answers[item.key] = {"state": item.state, "heads": [item.head.hex()], **given}
    return FormUnit().as_json() | {"answers": answers} | status


def study_state(cur: Cursor[Any]) -> HeaderUnit | FormUnit | None:
    """The study's own cells, folded from the records of all sites; None when there are none."""
    sites = [row[0] for row in cur.execute("SELECT DISTINCT site FROM device ORDER BY site").fetchall()]
    found = [one for site in sites for one in entries(cur, (site, STUDY_UNIT))]
    return fold(STUDY_UNIT, found) if found else None


def _lock(cur: Cursor[Any], drafts: Mapping[Unit, Draft]) -> dict[Unit, tuple[bool, bool]]:
    """(is new, was special) of each unit; the rows are locked until the transaction ends."""
    columns = list(
        zip(*((*unit, one.subject, one.count, not one.simple) for unit, one in drafts.items()), strict=True)
    )
    rows = cur.execute(_LOCK_UNITS, [list(column) for column in columns]).fetchall()
    return {(site, unit): (new, special) for site, unit, new, special in rows}


def _heads(cur: Cursor[Any], units: list[Unit]) -> dict[Unit, dict[str, str]]:
    if not units:
        return {}
    sites, names = {site for site, _ in units}, [name for _, name in units]
    out: dict[Unit, dict[str, str]] = {}
    for site, unit, key, head in cur.execute(_HEADS, (list(sites), names)).fetchall():
        out.setdefault((site, unit), {})[key] = f'"{head}"'
    return out


def _continues(draft: Draft, heads: Mapping[str, str]) -> bool:
    return all(named == heads.get(key) for key, named in draft.base.items())


def _copy(cur: Cursor[Any], fresh: list[Draft]) -> None:
    """The cells that were not there: nobody else can make them, the units are locked."""
    if any(draft.items for draft in fresh):
        with cur.copy(_COPY_ITEMS) as copy:
            for piece in batches(_item_rows(fresh)):
                copy.write(piece)


def _item_rows(fresh: list[Draft]) -> Iterator[str]:
    for draft in fresh:
        place, subject = draft.place, copy_text(draft.subject)
        for key, (id_, value, missing, unit) in draft.items.items():
            rest = "\\N\t\\N" if missing is unit is None else f"{copy_text(missing)}\t{copy_text(unit)}"
            state = draft.state_of(key)
            yield f"{place}\t{key}\t{subject}\t\\\\x{id_.hex()}\t{copy_text(value)}\t{rest}\t{state}\t0\n"


def _upsert(cur: Cursor[Any], items: list[tuple[Unit, Item]]) -> None:
    if items:
        columns = zip(*((*unit, *item) for unit, item in items), strict=True)
        cur.execute(_UPSERT_ITEMS, [list(column) for column in columns])
