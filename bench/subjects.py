"""P16: 5,000 subjects with 40 visits each: first picture of the list, and a key in its filter to the picture.

The made-up data go through the ledger, many subjects a transaction: number, status and the dates of the
visits so far (none to forty), from which the list reads group, first dosing, next visit and its last day.
The floor is a `QTableView` over the plainest model of texts that lie in memory already, 5,000 x 42; its
filter is one comprehension and a reset.  The program reads its store, which the floor need not.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QTableView, QVBoxLayout, QWidget

from bench.homes import made_home, session_of
from bench.measure import BLOCKS, Row, compare, give, say, time_row, timed
from crf_app.actions.demo.demo_site import PASSWORD
from crf_app.actions.session import Session, sign_in
from crf_app.model.clock import SystemClock
from crf_app.model.record import Draft
from crf_app.ui import app as program
from crf_app.ui.main_window import MainWindow
from crf_app.ui.pages.subjects import SubjectsPage

SUBJECTS, VISITS, GOAL = 5000, 40, 2.0
A_TRANSACTION = 250
KEYS = "0012"
DATE = "F.F1/IG.F1.1/I.F1.Q003"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    many, blocks = (200, 3) if quick else (SUBJECTS, BLOCKS)
    with made_home("W1") as home:
        with session_of(home) as session:
            say(f"{many} subjects: {timed(lambda: fill_list(session, many)):.0f} s")
        app = program.application()
        window = program.build(app, home)
        window.show()
        window.signed_in(sign_in(home, "nurse", PASSWORD, SystemClock()))
        bare = Floor(many)
        give(_first(window, bare, blocks))
        give(_key(window, bare, blocks))
        window.close()


def fill_list(session: Session, many: int) -> None:
    """Made-up subjects whose visits so far have their dates."""
    drafts: list[Draft] = []
    for n in range(1, many + 1):
        drafts += _subject(session.site, n)
        if n % A_TRANSACTION == 0 or n == many:
            session.commit(drafts)
            drafts = []


def _subject(site: str, n: int) -> Iterator[Draft]:
    uid = f"{site}-made{n:06d}"
    yield Draft("subject.add", subject=uid, key=uid, value=f"S{n:04d}")
    yield Draft("subject.status", subject=uid, key=uid, value="screening")
    visits = n % (VISITS + 1)
    first = date.today() - timedelta(days=14 * visits)
    for visit in range(visits):
        day = (first + timedelta(days=14 * visit)).isoformat()
        yield Draft("item.set", subject=uid, key=f"SE.V{visit + 1}/{DATE}", value=day)


class Painted(QObject):
    """Counts the pictures of a widget."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__(watched)
        self.times = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.times += event.type() == QEvent.Type.Paint
        return False


class Texts(QAbstractTableModel):
    """Rows of texts."""

    def __init__(self, rows: list[tuple[str, ...]]) -> None:
        super().__init__()
        self.rows = rows

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return VISITS + 2

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        return self.rows[index.row()][index.column()] if role == Qt.ItemDataRole.DisplayRole else None


class Floor:
    """The plain table in a window of its own."""

    def __init__(self, many: int) -> None:
        self.window = QMainWindow()
        self.window.resize(1280, 800)
        self.window.show()
        self.all = [
            (f"S{n:04d}", "Enrolled", *("Done" if v < n % (VISITS + 1) else "" for v in range(VISITS)))
            for n in range(1, many + 1)
        ]

    def open(self) -> QWidget:
        """A new table, as the program makes its page anew."""
        self.field, self.model, self.table = QLineEdit(), Texts(self.all), QTableView()
        self.table.setModel(self.model)
        page, box = QWidget(), QVBoxLayout()
        page.setLayout(box)
        box.addWidget(self.field)
        box.addWidget(self.table)
        self.field.textChanged.connect(self._narrow)
        self.window.setCentralWidget(page)
        return self.table.viewport()

    def _narrow(self, text: str) -> None:
        wanted = text.lower()
        self.model.beginResetModel()
        self.model.rows = [row for row in self.all if wanted in row[0].lower()]
        self.model.endResetModel()


def _first(window: MainWindow, bare: Floor, blocks: int) -> Row:
    pair = compare(lambda: _to_picture(lambda: _list(window)), lambda: _to_picture(bare.open), blocks)
    return time_row(
        "P16",
        f"list of {len(bare.all):,} subjects of {VISITS} visits, read and painted",
        "QTableView over texts in memory, 42 columns",
        GOAL,
        pair,
        "nine columns read from the store: the visits stand in the casebook",
    )


def _list(window: MainWindow) -> QWidget:
    window.show_subjects()
    assert isinstance(window.page, SubjectsPage)
    return window.page.table.viewport()


def _to_picture(make: Callable[[], QWidget]) -> float:
    def work() -> None:
        painted = Painted(make())
        for _ in range(3):  # a new page is laid out in one round of events and painted in the next
            QApplication.processEvents()
            if painted.times:
                return
        raise RuntimeError("not painted")

    return timed(work)


def _key(window: MainWindow, bare: Floor, blocks: int) -> Row:
    viewport, plain = _list(window), bare.open()
    page = window.page
    assert isinstance(page, SubjectsPage)
    pair = compare(
        lambda: _typed(page.search, viewport), lambda: _typed(bare.field, plain), max(blocks, BLOCKS)
    )
    return time_row(
        "P16",
        f"a key in the filter of {len(bare.all):,} subjects to the picture",
        "the same table, filtered by a comprehension",
        GOAL,
        pair,
    )


def _typed(field: QLineEdit, viewport: QWidget) -> float:
    """The median of four keys; the field is emptied before, which is not counted."""
    field.clear()
    QApplication.processEvents()
    painted, times = Painted(viewport), []
    for key in KEYS:
        times.append(timed(lambda key=key: (QTest.keyClick(field, key), QApplication.processEvents())))
    if painted.times < len(KEYS):
        raise RuntimeError(f"{painted.times} pictures for {len(KEYS)} keys")
    return statistics.median(times)


if __name__ == "__main__":
    sys.exit(main())
