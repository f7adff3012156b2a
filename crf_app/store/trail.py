"""What exports read of one subject at a time: every record in its order, or what stands now.

Rows are plain tuples, since there are millions of them; the names of their places are below.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class TrailRow(NamedTuple):
    """One record of a subject, as far as exports tell it."""

    id: str
    kind: str
    user: str
    at: str
    offset: str
    key: str
    value: str | None
    missing: str | None
    unit: str | None
    reason: str | None
    thread: str | None
    meaning: str | None
    origin: str | None
    def_: str | None


#: the fields of a TrailRow, not yet named
Plain = tuple[Any, ...]
_COLUMNS: Final = (
    'id, kind, "user", at, "offset", "key", value, missing, unit, reason, thread, meaning, origin, def'
)
_OF_SUBJECT: Final = "(cell_unit = ? OR (cell_unit >= ? AND cell_unit < ?))"


def records_of_subject(conn: Any, uid: str) -> list[Plain]:
    """All records of a subject in the order that holds everywhere: (tick, id)."""
    sql = f"SELECT {_COLUMNS} FROM audit_record WHERE {_OF_SUBJECT} ORDER BY tick, id"
    rows: list[Plain] = conn.execute(sql, _units(uid)).fetchall()
    return rows


def answers_of_subject(conn: Any, uid: str) -> list[Plain]:
    """What stands now in each cell that has an answer, with the record that said it; no order."""
    content = "a.id, a.kind, a.user, a.at, a.offset, i.key, i.value, i.missing, i.unit, a.reason"
    sql = (
        f"SELECT {content}, NULL, NULL, a.origin, a.def FROM item_data i JOIN audit_record a "
        "ON a.cell_unit = i.cell_unit AND a.key = i.key AND a.id = i.head "
        "WHERE i.subject = ? AND (i.value IS NOT NULL OR i.missing IS NOT NULL)"
    )
    rows: list[Plain] = conn.execute(sql, (uid,)).fetchall()
    return rows


def records_of_kinds(conn: Any, uid: str, *kinds: str) -> list[TrailRow]:
    """The records of some kinds of a subject, in order."""
    marks = ", ".join("?" * len(kinds))
    sql = f"SELECT {_COLUMNS} FROM audit_record WHERE {_OF_SUBJECT} AND kind IN ({marks}) ORDER BY tick, id"
    return list(map(TrailRow._make, conn.execute(sql, (*_units(uid), *kinds))))


def struck_rows(conn: Any, uid: str) -> frozenset[str]:
    """Keys of the rows that were struck out."""
    sql = "SELECT \"key\" FROM row_data WHERE subject = ? AND state = 'deleted'"
    return frozenset(row[0] for row in conn.execute(sql, (uid,)))


def valid_signatures(conn: Any, uid: str) -> frozenset[str]:
    """Ids of the signatures that stand."""
    low, high = _units(uid)[1:]
    sql = "SELECT id FROM signature WHERE valid AND cell_unit >= ? AND cell_unit < ?"
    return frozenset(row[0] for row in conn.execute(sql, (low, high)))


def _units(uid: str) -> tuple[str, str, str]:
    """The subject's own unit, and the bounds of its forms' units."""
    return (f"S|{uid}", f"F|{uid}|", f"F|{uid}}}")
