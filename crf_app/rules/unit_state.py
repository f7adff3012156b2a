"""What stands in one unit: answers, rows, queries and signatures of a form; cells of a subject or the study.

Only data: `fold.py` makes these from records.  `as_json` is the state on which device and central must agree,
byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from crf_app.model.record import AuditRecord

ANSWER_KINDS: Final = frozenset({"item.set", "item.derive", "item.resolve"})
ROW_KINDS: Final = frozenset({"row.add", "row.delete", "row.restore"})
QUERY_STEP: Final = {
    "query.open": "Open",
    "query.reopen": "Open",
    "query.answer": "Answered",
    "query.close": "Closed",
    "query.cancel": "Cancelled",
}
QUERY_NEED: Final = ("Cancelled", "Closed", "Answered", "Open")
STATUS_ORDER: Final = ("open", "not_done", "complete", "frozen", "locked")
SUBJECT_ORDER: Final = ("screening", "enrolled", "completed", "withdrawn", "entered_in_error")
#: a visit that was made by mistake; a subject has the same word as its last status
MISTAKE: Final = "entered_in_error"
EVENT_ORDER: Final = ("open", MISTAKE)
GRANT_ORDER: Final = ("active", "locked", "ended", "revoked")

#: cell of a header, up to its colon → its values, the one that decides among several heads last
RANKS: Final = {"user.grant": GRANT_ORDER, "status": SUBJECT_ORDER, "event.status": EVENT_ORDER}


class Entry(NamedTuple):
    """A record with its id, which is computed once."""

    id: str
    record: AuditRecord

    @property
    def order(self) -> tuple[int, str]:
        return (self.record.tick, self.id)


def entry(record: AuditRecord) -> Entry:
    return Entry(record.id, record)


@dataclass(frozen=True)
class Cell:
    """One answer: `state` is clean, conflict, waiting, recompute or late; `shown` is the head displayed.

    `late`: everything came after the lock, there are no heads, and `shown` holds no value.
    """

    key: str
    state: str
    shown: Entry
    heads: tuple[Entry, ...]
    late: tuple[Entry, ...] = ()

    def as_json(self) -> dict[str, Any]:
        record = self.shown.record
        out: dict[str, Any] = {"state": self.state, "heads": sorted(one.id for one in self.heads)}
        for name in ("value", "missing", "unit"):
            if (value := getattr(record, name)) is not None:
                out[name] = value
        if self.late:
            out["late"] = sorted(one.id for one in self.late)
        return out


@dataclass(frozen=True)
class Row:
    """One row of a repeating group: live, deleted, contested (deleted here, changed there), or late."""

    key: str
    state: str
    n: str
    heads: tuple[Entry, ...]
    late: tuple[Entry, ...] = ()

    def as_json(self) -> dict[str, Any]:
        out = {"state": self.state, "n": self.n, "heads": sorted(one.id for one in self.heads)}
        return out | ({"late": sorted(one.id for one in self.late)} if self.late else {})


@dataclass(frozen=True)
class Thread:
    """One query: its steps in ledger order and the status that most needs a person."""

    thread: str
    key: str
    status: str
    steps: tuple[Entry, ...]

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "status": self.status, "steps": [one.id for one in self.steps]}


@dataclass(frozen=True)
class SignatureState:
    """Valid while the form's heads are exactly what was covered; afterwards broken, visibly and for ever."""

    id: str
    entry: Entry
    valid: bool
    broken_by: str | None

    def as_json(self) -> dict[str, Any]:
        return {"valid": self.valid, "broken_by": self.broken_by}


@dataclass(frozen=True)
class FormUnit:
    """What one form instance looks like now."""

    answers: Mapping[str, Cell] = field(default_factory=dict)
    rows: Mapping[str, Row] = field(default_factory=dict)
    status: str = "open"
    status_heads: tuple[Entry, ...] = ()
    queries: Mapping[str, Thread] = field(default_factory=dict)
    signatures: tuple[SignatureState, ...] = ()
    conflicts: Mapping[str, str] = field(default_factory=dict)  # conflict query id → key
    unknown: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The state that device and central must agree on, byte for byte."""
        return {
            "answers": {key: cell.as_json() for key, cell in self.answers.items()},
            "rows": {key: row.as_json() for key, row in self.rows.items()},
            "status": self.status,
            "status_heads": sorted(one.id for one in self.status_heads),
            "queries": {name: thread.as_json() for name, thread in self.queries.items()},
            "signatures": {one.id: one.as_json() for one in self.signatures},
            "conflicts": dict(self.conflicts),
            "unknown": list(self.unknown),
        }

    def present_ids(self) -> list[str]:
        """Every head of the form, answers and rows: what a signature covers."""
        ids = {one.id for cell in self.answers.values() for one in cell.heads}
        return sorted(ids | {one.id for row in self.rows.values() for one in row.heads})


@dataclass(frozen=True)
class HeaderUnit:
    """A subject's own cells (label, status, extra visits) or the study's (users, devices, definitions)."""

    cells: Mapping[str, tuple[Entry, ...]]
    unknown: tuple[str, ...] = ()

    def shown(self, cell: str) -> AuditRecord | None:
        """The record that decides `cell`: most final status, most restrictive grant, else the last head."""
        heads = self.cells.get(cell)
        if not heads:
            return None
        ranks = RANKS.get(cell.partition(":")[0], ())
        return max(heads, key=lambda one: (_rank(ranks, one.record.value), one.order)).record

    def as_json(self) -> dict[str, Any]:
        cells = {name: sorted(one.id for one in heads) for name, heads in self.cells.items()}
        return {"cells": cells, "unknown": list(self.unknown)}


def _rank(ranks: Sequence[str], value: str | None) -> int:
    return ranks.index(value) if value in ranks else -1
