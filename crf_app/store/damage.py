"""A damaged data file: which rows cannot be read, and a note beside it that keeps it from being written to.

`verify` finds the damage and writes the note `study.damaged`, an empty file; while it lies there the store
opens for reading only, whoever signs in.  A restore moves it away with the damaged file; a `verify` that
finds the file sound (a bad cable, another disk) takes it away.  What the ledger says is not judged here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from crf_app.errors import StoreDamaged

Connect = Callable[[], Any]
NOTE: Final = "study.damaged"
_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL ORDER BY name"


def is_noted(path: Path) -> bool:
    """Whether the data file `path` was found damaged."""
    return path.with_name(NOTE).exists()


def note(path: Path, *, damaged: bool) -> None:
    """Write the note or take it away; a disk that takes neither cannot take a change of the data either."""
    place = path.with_name(NOTE)
    with contextlib.suppress(OSError):
        if damaged:
            place.touch(mode=0o600)
        else:
            place.unlink(missing_ok=True)


def refuse_writing(path: Path) -> None:
    """Raise StoreDamaged while the note lies beside `path`."""
    if is_noted(path):
        raise read_only(path)


def read_only(path: Path) -> StoreDamaged:
    """The refusal of every change."""
    return StoreDamaged(
        "Not saved: the data file is damaged and open for reading only. Your text stays here. "
        "Restore the last backup.",
        "未能保存：数据文件已损坏，仅可读取，输入仍在。请恢复最近的备份。",
        where=path.name,
    )


def unreadable_rows(connect: Connect) -> Iterator[tuple[str, int, int, str]]:
    """(table, first row, last row, the ledger's record before) of what cannot be read.

    Rows are counted by the table's own numbers; 0 as the last one: to the end.  `connect` gives a connection
    for each look: one that has met a damaged page reads nothing any more.
    """
    from sqlcipher3 import dbapi2

    try:
        with closing(connect()) as conn:
            tables = [name for (name,) in conn.execute(_TABLES).fetchall()]
    except dbapi2.DatabaseError:
        return
    for table in tables:
        before, whole = _read(connect, table, "")
        if not whole:
            after, _ = _read(connect, table, "DESC")
            yield table, before + 1, max(after - 1, 0), _record(connect, table, before)


def _read(connect: Connect, table: str, order: str) -> tuple[int, bool]:
    """The number of the last row that can be read in this order, and whether that was all."""
    from sqlcipher3 import dbapi2

    last = 0
    try:
        with closing(connect()) as conn:
            for row in conn.execute(f'SELECT rowid, * FROM "{table}" NOT INDEXED ORDER BY rowid {order}'):
                last = row[0]
    except dbapi2.DatabaseError:
        return last, False
    return last, True


def _record(connect: Connect, table: str, row: int) -> str:
    if table != "audit_record" or not row:
        return ""
    sql = "SELECT device, epoch, seq FROM audit_record NOT INDEXED WHERE rowid = ?"
    with closing(connect()) as conn:
        device, epoch, seq = conn.execute(sql, (row,)).fetchone()
    return f"{device}.{epoch} #{seq}"
