"""Part of `verify`: do the folded tables follow from the ledger?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from crf_app.errors import CrfError
from crf_app.rules.fold import fold, unit_of
from crf_app.rules.unit_state import Entry, FormUnit
from crf_app.store import ledger, projections
from crf_app.store.check_report import Report, where_of
from crf_app.store.migrations import FOLDED

_BY_UNIT: Final = ("item_data", "row_data", "form_data", "query", "signature")
_EVERY: Final = 1000  # records between two looks at whether the person stopped


class Folds:
    """Every unit folded again, in memory, and compared: one unit at a time, so that memory stays small."""

    def __init__(self, conn: Any, fresh: Any, report: Report) -> None:
        self.conn, self.fresh, self.report = conn, fresh, report
        self.found = dict.fromkeys(_BY_UNIT, 0)
        self.wrong: set[str] = set()
        self.done = 0

    def check(self, progress: Callable[[int], None]) -> None:
        for unit, rows in groupby(ledger.unit_rows(self.conn), itemgetter(0)):
            if entries := list(self._entries(unit, rows, progress)):
                state = fold(unit, entries)
                if isinstance(state, FormUnit):
                    self._compare(unit, projections.form_rows(unit, state, entries))
                else:
                    projections.write_unit(self.fresh, unit, state, entries)
        for table in FOLDED:
            if table in _BY_UNIT:
                same = self.conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == self.found[table]
            else:
                same = _rows(self.conn, table) == _rows(self.fresh, table)
            if not same or table in self.wrong:
                self._say(table)

    def check_forms(self, units: Iterable[str]) -> None:
        """Those forms alone, each with all its records."""
        for unit in units:
            entries = list(self._entries(unit, ledger.rows_of_unit(self.conn, unit), lambda _: None))
            state = fold(unit, entries) if entries else None
            if isinstance(state, FormUnit):
                self._compare(unit, projections.form_rows(unit, state, entries))
        for table in sorted(self.wrong):
            self._say(table)

    def _say(self, table: str) -> None:
        self.report.add(
            table,
            f"The table {table} does not follow from the ledger. Run rebuild.",
            f"表 {table} 与账本不一致，请执行 rebuild。",
        )

    def _entries(
        self, unit: str, rows: Iterable[tuple[Any, ...]], progress: Callable[[int], None]
    ) -> Iterator[Entry]:
        """The unit's records, each there once, each field checked; a wrong unit was said already."""
        ids: set[str] = set()
        for row in rows:
            self.done += 1
            if self.done % _EVERY == 0:
                progress(self.done)
            try:
                record = ledger.record_of_row(row[5:])
            except (CrfError, ValueError) as error:
                where = where_of(row[1:])
                self.report.add(where, f"The record cannot be read: {error}.", f"记录无法读取：{error}。")
                continue
            if row[4] in ids:
                self.report.add(where_of(row[1:]), "The record is there twice.", "记录重复出现。")
            ids.add(row[4])
            if unit_of(record) == unit:
                yield Entry(row[4], record)

    def _compare(self, unit: str, expected: Mapping[str, list[tuple[Any, ...]]]) -> None:
        """The form's rows in every table."""
        for table, rows in expected.items():
            stored = self.conn.execute(f"SELECT * FROM {table} WHERE cell_unit = ?", (unit,)).fetchall()
            self.found[table] += len(stored)
            if set(stored) != set(rows) or len(stored) != len(rows):
                self.wrong.add(table)


def _rows(conn: Any, table: str) -> list[tuple[Any, ...]]:
    return sorted(conn.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
