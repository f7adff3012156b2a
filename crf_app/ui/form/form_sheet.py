"""The rows of one form in one scroll area: made piece by piece, put to another record when that is opened.

What is in view is made before the first paint, the rest right after it in short steps; whoever asks for the
rows sooner gets them all at once.  `part` takes every row from its record: hidden, not heard, in no answer of
this sheet.  `bind` is the only way to another one, in the same steps, and empties each row first, so that
nothing typed for one subject can stand in, or be saved for, another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QSpacerItem, QVBoxLayout, QWidget

from crf_app.ui import style
from crf_app.ui.form.form_section import Piece, Section
from crf_app.ui.form.grid_rows import FixedGrid
from crf_app.ui.form.item_row import ItemRow, RowHost
from crf_app.ui.form.lab_row import LabHead
from crf_app.ui.words import language, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import FormPage, Line

#: height that a row has at least (pixels at 100 %), and how many are made after the one with the cursor
_ROW: Final = 36
_AFTER: Final = 3
#: seconds of one step of making the rest: a key that is pressed meanwhile waits no longer
_STEP: Final = 0.008


class Canvas(QWidget):
    """The ground of the rows; says when it was painted for the first time since `arm`."""

    painted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "canvas")
        self._armed = True

    def arm(self) -> None:
        self._armed = True
        self.update()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        if self._armed:
            self._armed = False
            QTimer.singleShot(0, self, self.painted.emit)


class FormSheet(QScrollArea):
    """The rows of one form for one record at a time; keys with Ctrl and Alt belong to the page."""

    def __init__(
        self,
        host: RowHost,
        page: FormPage,
        add: Callable[[str], None],
        remove: Callable[[str], None],
        *,
        wide: bool,
        row_width: int,
        grid: type[FixedGrid] = FixedGrid,
    ) -> None:
        super().__init__()
        self.grid = grid
        self.host, self.page, self.wide, self.row_width = host, page, wide, row_width
        self.add: Callable[[str], None] = add
        self.remove: Callable[[str], None] = remove
        self.lines: dict[str, Line] = {line.key.local: line for line in page.lines}
        self.sections: list[Section] = []
        self._language = language()
        self._last_words = say("form.head_last")
        self._head: LabHead | None = None  # stands for the one that was scrolled away
        self.canvas = Canvas()
        self.canvas.painted.connect(self._after_paint)
        self._box = QVBoxLayout(self.canvas)
        self._box.setContentsMargins(0, 0, 0, style.current().px(16))
        self._box.setSpacing(0)
        self._room = QSpacerItem(0, 0)  # as high as the rows that are still to be made
        self._box.addSpacerItem(self._room)
        self._box.addStretch(1)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(self.canvas)
        self.verticalScrollBar().valueChanged.connect(self._follow)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._step)
        self._making: Iterator[Piece] = self._pieces()
        self._work: Iterator[Piece] | None = self._making
        self._at = 0  # the section that is worked on

    def _follow(self, value: int) -> None:
        """A list of rows stays beside the fields of the chosen one, a table's head above its rows."""
        for one in self.sections:
            if one.list is not None:
                one.list.follow(value - one.list.mapTo(self.canvas, QPoint(0, 0)).y())
        self._keep_head(value)

    def _keep_head(self, value: int) -> None:
        """The head of the table whose rows are at the top, while its own has gone out of sight."""
        head, end = None, 0
        for one in self.sections:
            if one.head is not None and one.y() < value:
                head = one.head
            end = one.geometry().bottom() if head is not None and one.lab else end
            if head is not None and not one.lab and one.y() < value:
                head = None
        if head is not None and value + head.height() < end:
            if self._head is None:
                self._head = LabHead(self._say_last, self.viewport())
            self._head.setGeometry(head.mapTo(self.canvas, QPoint(0, 0)).x(), 0, head.width(), head.height())
            self._head.show()
            self._head.raise_()
        elif self._head is not None:
            self._head.hide()

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self._keep_head(self.verticalScrollBar().value())

    # making

    def _pieces(self) -> Iterator[Piece]:
        """The form from top to bottom."""
        addresses: dict[str, list[str]] = {}
        for local, line in self.lines.items():
            addresses.setdefault(line.key.group_oid, []).append(local)
        headed = False
        for group in self.page.form.item_group:
            section = Section(self, group, self.canvas)
            self._box.insertWidget(len(self.sections), section)
            self.sections.append(section)
            self._at = len(self.sections) - 1
            first = section.lab and not headed
            headed = section.lab
            yield from section.pieces(addresses.get(group.oid, []), self._say_last if first else None)

    def _bindings(self) -> Iterator[Piece]:
        """The rows that were made for another record, from top to bottom."""
        for at, section in enumerate(tuple(self.sections)):
            self._at = at
            yield from section.bindings()

    def _say_last(self) -> str:
        return self._last_words

    def name_last(self, words: str) -> None:
        """The head of the column of last values: the day of the visit they come from."""
        if words != self._last_words:
            self._last_words = words
            self.viewport().update()

    @property
    def making(self) -> bool:
        """Whether rows are still to be made."""
        return self._work is not None

    def make_view(self, through: str, height: int) -> None:
        """Make what the first look shows: `height` pixels of rows, and to the row `through` and a few on."""
        left = height // style.current().px(_ROW) + 1
        if through in self.lines and self.row_of(through) is None:
            left = max(left, _AFTER + 1)
        else:
            through = ""

        def enough(piece: Piece) -> bool:
            nonlocal left, through
            left -= piece.rows
            if through and piece.last == through:
                left, through = _AFTER, ""
            return left <= 0 and not through

        self._make(enough)

    def finish(self) -> None:
        """Make and bind every row that is not there yet."""
        if self._work is not None:
            self._make(lambda _piece: False)

    def _step(self) -> None:
        """A few rows more."""
        until = time.perf_counter() + _STEP
        self._make(lambda _piece: time.perf_counter() > until)

    def _make(self, enough: Callable[[Piece], bool]) -> None:
        if self._work is None:
            return
        before = self._at
        for piece in self._work:
            if enough(piece):
                break
        else:
            self._work = None
            self._timer.stop()
        for section in self.sections[before : self._at + 1]:
            section.settle()
        made = sum(len(section.made()) for section in self.sections)
        rest = 0 if self._work is None else (len(self.lines) - made) * style.current().px(_ROW)
        self._room.changeSize(0, max(rest, 0), QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._box.invalidate()

    def _after_paint(self) -> None:
        if self._work is not None and self.isVisible():
            self._timer.start(0)

    # showing

    def show_page(self, page: FormPage) -> None:
        """The same record as it stands now.  Typed text that is not saved stays, the cursor stays."""
        self.finish()
        self._take(page)
        for section in self.sections:
            section.show_page(page)
            section.settle()

    def part(self) -> None:
        """The record was left and what was typed in it was kept: no row belongs to any record."""
        self._timer.stop()
        self._work, self._at = None, 0
        for section in self.sections:
            section.part()

    def bind(self, page: FormPage) -> None:
        """Another record of the same form, or the same anew, after `part`; `make_view` goes on."""
        self._take(page)
        self._work = chain(self._bindings(), self._making)
        if self._language != language():
            self.relabel()
        self.verticalScrollBar().setValue(0)
        self.canvas.arm()

    def _take(self, page: FormPage) -> None:
        self.page = page
        self.lines.clear()
        self.lines.update((line.key.local, line) for line in page.lines)

    def fit(self) -> None:
        """The width is another."""
        for section in self.sections:
            section.settle()

    def relabel(self) -> None:
        """Every word again in the language on screen."""
        self.finish()
        self._language = language()
        self._last_words = say("form.head_last")
        for section in self.sections:
            for row in section.item_rows():
                row.relabel()
            section.relabel()
        self.viewport().update()

    def rows(self) -> list[ItemRow]:
        """Every row, in the order of the definition."""
        self.finish()
        return self.made()

    def made(self) -> list[ItemRow]:
        """The rows that are there already."""
        return [row for section in self.sections for row in section.item_rows()]

    def row_of(self, local: str) -> ItemRow | None:
        """The row of an address if it is there already."""
        return next((row for row in self.made() if row.key.local == local), None)

    def holds(self, row: ItemRow) -> bool:
        """Whether the row is one of this form's, now."""
        return any(one is row for section in self.sections for one in section.item_rows())

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier):
            event.ignore()
        else:
            super().keyPressEvent(event)
