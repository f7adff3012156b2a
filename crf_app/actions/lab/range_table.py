"""The reference ranges of a site as the ledger holds them, for the rules and for the list of ranges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from crf_app.model.lab_range import LabRange, read_range
from crf_app.rules.ranges import RangeTable
from crf_app.store import reads

KIND: Final = "lab.range"


@dataclass(frozen=True, slots=True)
class StoredRange:
    """One range, its heads, and who wrote it last.  `contested`: two devices changed it unseen."""

    range: LabRange
    heads: tuple[str, ...]
    user: str
    at: str
    reason: str
    contested: bool


def stored_ranges(conn: Any, site: str) -> list[StoredRange]:
    """Every range of the site that this program can read; of two heads the one that came last stands."""
    out = []
    for id_, heads in reads.study_cells(conn, KIND).items():
        last = max(heads, key=lambda one: one.order).record
        one = read_range(id_, last.value)
        if one is not None and one.site == site:
            contents = {head.record.value for head in heads}
            ids = tuple(sorted(head.id for head in heads))
            out.append(StoredRange(one, ids, last.user, last.at, last.reason or "", len(contents) > 1))
    return sorted(out, key=lambda one: _order(one.range))


def _order(one: LabRange) -> tuple[str, ...]:
    age = f"{one.age_from or 0:03d}"
    return (one.laboratory, one.item, one.sex or "", age, one.valid_from or "", one.id)


def range_table(conn: Any, site: str) -> RangeTable:
    """What the rules choose from."""
    return RangeTable.of(one.range for one in stored_ranges(conn, site))
