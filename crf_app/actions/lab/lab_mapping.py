"""How a laboratory's file is read: which column is what, and which of its names is which test.

A mapping is kept under a name as a record of the study (`lab.mapping`), so that the next file of the same
laboratory is read the same way, on every device.  Names of tests of all mappings help a paste as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crf_app.actions.changes import NOTHING, Changes
from crf_app.actions.lab.lab_names import LabNames, all_lab_items
from crf_app.actions.session import Session
from crf_app.crypto.canonical import canonical
from crf_app.errors import LimitExceeded, NotFound, ValueRejected
from crf_app.model import datatype
from crf_app.model.def_base import Text
from crf_app.model.item_def import ItemDef
from crf_app.model.lab_range import folded
from crf_app.model.record import Draft
from crf_app.model.typed import shown
from crf_app.model.workflow import Step
from crf_app.rules.unit_state import Entry
from crf_app.store import reads

KIND: Final = "lab.mapping"
#: what a column can be; `visit` or `date` says which visit, `unit` and `laboratory` may be left out
COLUMNS: Final = ("subject", "visit", "date", "test", "value", "unit", "laboratory")
NEEDED: Final = ("subject", "test", "value")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_MOST: Final = 2000
_LONGEST: Final = 200
_CELL: Final = ItemDef(
    oid="I.LAB.CELL", question=Text(en="name in the file", zh="文件中的名称"), data_type="text"
)


@dataclass(frozen=True, slots=True)
class LabMapping:
    """`columns`: what → name in the file; `tests`: folded name in the file → variable."""

    name: str
    columns: Mapping[str, str]
    tests: Mapping[str, str]
    heads: tuple[str, ...] = ()


def list_mappings(session: Session) -> list[LabMapping]:
    """Every mapping that is kept, by name."""
    session.require(Step.READ)
    found = (_read(name, heads) for name, heads in reads.study_cells(session.store.conn, KIND).items())
    return sorted((one for one in found if one is not None), key=lambda one: one.name)


def mapping_named(session: Session, name: str) -> LabMapping:
    """Raises NotFound with the names that there are."""
    known = {one.name: one for one in list_mappings(session)}
    if name in known:
        return known[name]
    there = ", ".join(known) or "none"
    raise NotFound(
        f'There is no mapping "{shown(name)}". There are: {there}.',
        f"没有名为“{shown(name)}”的对应表。现有：{'、'.join(known) or '无'}。",
        where="mapping",
    )


def kept_names(session: Session) -> dict[str, str]:
    """Folded name → variable of all mappings; a name that two mappings read differently is left out."""
    out: dict[str, str] = {}
    torn = set()
    for one in list_mappings(session):
        for name, variable in one.tests.items():
            if out.setdefault(name, variable) != variable:
                torn.add(name)
    return {name: variable for name, variable in out.items() if name not in torn}


def save_mapping(
    session: Session, name: str, columns: Mapping[str, str], tests: Mapping[str, str]
) -> Changes:
    """Keep a mapping, or replace it; `tests`: name in the file → test, as `LabNames.one` reads it.

    Raises ValueRejected, LimitExceeded, NotAllowed.
    """
    session.require(Step.ENTER, "mapping")
    one = mapping_of(session, name, columns, tests)
    heads = tuple(head.id for head in reads.study_cells(session.store.conn, KIND).get(name, ()))
    said = canonical({"columns": dict(one.columns), "tests": dict(one.tests)}).decode()
    old = next((each for each in list_mappings(session) if each.name == name), None)
    if old is not None and (old.columns, old.tests) == (one.columns, one.tests) and len(heads) == 1:
        return NOTHING
    return session.commit([Draft(KIND, key=name, parents=heads, value=said)])


def mapping_of(
    session: Session, name: str, columns: Mapping[str, str], tests: Mapping[str, str]
) -> LabMapping:
    """The mapping that these words mean.  Raises ValueRejected, LimitExceeded."""
    if not _NAME.fullmatch(name):
        raise ValueRejected(
            f'"{shown(name)}" is no name for a mapping: letters, digits, point and hyphen, at most 40.',
            f"“{shown(name)}”不能作为对应表名称：仅限字母、数字、点和连字符，至多40个。",
        )
    given = {what: column.strip() for what, column in columns.items() if column.strip()}
    foreign = sorted(given.keys() - set(COLUMNS))
    missing = [what for what in NEEDED if what not in given]
    if not given.keys() & {"visit", "date"}:
        missing.append("visit / date")
    if foreign or missing:
        raise ValueRejected(
            f"A mapping names the columns {', '.join(COLUMNS)}. Missing: {', '.join(missing) or '-'}; "
            f"not known: {', '.join(map(shown, foreign)) or '-'}.",
            f"对应表的列为 {'、'.join(COLUMNS)}。缺少：{'、'.join(missing) or '无'}；"
            f"未知：{'、'.join(map(shown, foreign)) or '无'}。",
        )
    if len(tests) > _MOST or any(len(text) > _LONGEST for text in (*given.values(), *tests)):
        raise LimitExceeded("The mapping is larger than agreed.", "对应表过大。")
    for text in (*given.values(), *tests):
        datatype.parse(_CELL, text.strip() or "-", {})  # signs that cannot be stored
    names = LabNames(item for item in all_lab_items(session.study) if item.lab)
    known = {folded(test): names.one(said).variable for test, said in tests.items() if folded(test)}
    return LabMapping(name, given, known)


def _read(name: str, heads: Sequence[Entry]) -> LabMapping | None:
    """The mapping of its last head; None where another program wrote what this one cannot read."""
    last = max(heads, key=lambda one: one.order).record
    try:
        said = json.loads(last.value or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or said.keys() != {"columns", "tests"}:
        return None
    for part in said.values():
        if not isinstance(part, dict) or not all(isinstance(text, str) for text in part.values()):
            return None
    return LabMapping(name, said["columns"], said["tests"], tuple(one.id for one in heads))
