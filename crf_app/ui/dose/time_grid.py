"""Observations of a dose: every time point a column, only one of them open, every item a line.

The same cells as a grid of the paper (`grid_rows.py`), turned.  A column that is closed shows its answers in
words, and its head's description has them for a reader of the screen; head or any place in it opens it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from crf_app.model.item_def import ItemDef
from crf_app.model.retired import code_words
from crf_app.ui import style
from crf_app.ui.form import line_words
from crf_app.ui.form.choice_list import ChoiceList
from crf_app.ui.form.grid_rows import FixedGrid, GridCell
from crf_app.ui.form.item_row import ItemRow
from crf_app.ui.form.item_widgets import ItemWidget, TextEdit
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.widgets.line_paint import focus_ring
from crf_app.ui.widgets.parts import label
from crf_app.ui.widgets.row_paint import draw, draw_mark, metrics_at
from crf_app.ui.widgets.wrapping import wrapped
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import Line
    from crf_app.ui.form.under_row import UnderRow

_NAMES, _CLOSED, _OPEN, _HEAD, _LINE = 228, 84, 136, 54, 30
_MIDDLE = Qt.AlignmentFlag.AlignCenter
#: state of a time point → status whose mark stands in its head, ink of its moment
_LOOKS = {"done": ("saved", "text2"), "overdue": ("soft", "soft"), "due": ("", "accent")}


@dataclass(frozen=True, slots=True)
class Moment:
    """When a time point is due, in words ("14:46"; empty while not known), and how it stands."""

    words: str
    state: str


class TimeHead(QAbstractButton):
    """Name and moment of a column; pressed, the column opens."""

    def __init__(self, code: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.code, self.here, self.moment = code, False, Moment("", "waiting")
        self.setObjectName(f"time_head_{code}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """As wide as its name on two lines needs."""
        now, width = style.current(), style.current().px(_CLOSED)
        while wrapped(self.text(), metrics_at(12, bold=True), width - now.px(6)).count("\n") > 1:
            width += now.px(4)
        return QSize(width, now.px(_HEAD))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        now, painter = style.current(), QPainter(self)
        mark, ink = _LOOKS.get(self.moment.state, ("", "text2"))
        moment = now.px(18)
        colour = "accent" if self.here else "text"
        name = QRect(now.px(2), now.px(2), self.width() - now.px(4), self.height() - moment - now.px(4))
        draw(painter, name, self.text(), pixels=12, colour=colour, bold=True, align=_MIDDLE)
        below = QRect(0, self.height() - moment - now.px(2), self.width(), moment)
        if mark:
            side = now.px(14)
            wide = metrics_at(12).horizontalAdvance(self.moment.words)
            left = max(now.px(2), (self.width() - side - (now.px(4) + wide if wide else 0)) // 2)
            draw_mark(painter, QRect(left, below.top(), side, moment), mark, 14)
            below = QRect(left + side + now.px(4), below.top(), wide, moment)
        draw(painter, below, self.moment.words, pixels=12, colour=ink, align=_MIDDLE)
        if self.hasFocus():
            focus_ring(painter, QRectF(self.rect()))
        painter.end()


class TimeCell(GridCell):
    """A field while its column is open, else its answer in words."""

    opened = False
    wanted = Signal()

    def set_open(self, *, opened: bool) -> None:
        if opened != self.opened:
            self.opened = opened
            self.refresh()

    def _make_input(self, item: ItemDef) -> ItemWidget:
        made = super()._make_input(item)
        if isinstance(made, (TextEdit, ChoiceList)):
            made.setFixedWidth(style.current().px(_OPEN))
        return made

    def _arrange(self) -> None:
        super()._arrange()
        line = self.layout()
        if line is not None:
            line.setContentsMargins(style.current().px(6), 1, 0, 1)
        self.setMinimumHeight(style.current().px(_LINE))

    def refresh(self) -> None:
        super().refresh()
        if not self.opened and self.pending is None and not self.input.dirty:
            self.input.hide()

    def said(self) -> str:
        """The answer in words."""
        line = self.line
        return line_words.spoken(self.host.study, line.state.item, line.state.answer, line.lists)

    def _paint(self, painter: QPainter) -> None:
        super()._paint(painter)
        if self.input.isHidden():
            words = self.said()
            asked = self.line.state.collected
            room = self.rect().adjusted(2, 0, -style.current().px(2), 0)
            ink = "text" if words else "text3"
            draw(
                painter, room, words or ("—" if asked else ""), pixels=14, colour=ink, bold=bool(words),
                align=_MIDDLE,
            )  # fmt: skip

    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        if self.input.isHidden():
            self.wanted.emit()
        else:
            super().mousePressEvent(event)


class TimeGrid(FixedGrid):
    """Columns of time points; `open_column` opens one, `show_moments` says when each is due."""

    titled = False  # its corner holds the name of the group
    shown_code = ""

    def _build(self, lines: list[Line]) -> None:
        now = style.current()
        parts = list(dict.fromkeys(line.key.group for line in lines))
        self._heads_of_times = [TimeHead(part.partition("~")[2], self) for part in parts]
        self._corner = label("", "row_name", wrap=True)
        self._grid.addWidget(self._corner, 0, 0)
        for column, head in enumerate(self._heads_of_times, 1):
            head.clicked.connect(partial(self._enter_column, head.code))
            self._grid.addWidget(head, 0, column)
            self._grid.setColumnMinimumWidth(column, now.px(_CLOSED))
            self._grid.setColumnStretch(column, 1)
        rows = {item.oid: 2 * n + 1 for n, item in enumerate(self.group.item)}
        for item in self.group.item:
            name = label(wrap=True)
            name.setFixedWidth(now.px(_NAMES))
            self._grid.addWidget(name, rows[item.oid], 0)
            self._heads.append((name, item))
        for line in lines:
            at = rows[line.key.item]
            cell = TimeCell(self.host, line, partial(self._put_under, at), self)
            cell.wanted.connect(partial(self._enter_column, line.key.row))
            self._grid.addWidget(cell, at, parts.index(line.key.group) + 1)
            self.cells.append(cell)

    def _put_under(self, row: int, under: UnderRow) -> None:
        """Over the whole width, under the line."""
        if row not in self._below:
            holder = QWidget(self)
            self._below[row] = QVBoxLayout(holder)
            self._below[row].setContentsMargins(0, 0, 0, 0)
            self._grid.addWidget(holder, row + 1, 0, 1, len(self._heads_of_times) + 1)
        self._below[row].addWidget(under)

    def beside(self, row: ItemRow) -> list[ItemRow]:
        """What Up and Down go through: the fields of the column."""
        return [one for one in self.cells if one.key.group == row.key.group]

    def reach(self, local: str) -> None:
        """A field that somebody goes to: its column opens."""
        code = local.partition("/")[0].partition("~")[2]
        if code and any(one.key.local.startswith(local) for one in self.cells):
            self.open_column(code)

    def open_column(self, code: str) -> None:
        """Only this time point takes answers; what is typed elsewhere and not saved stays in sight."""
        self.shown_code = code
        for cell in self.cells:
            if isinstance(cell, TimeCell):
                cell.set_open(opened=cell.key.row == code)
        self._name_heads()
        self.fit()
        self.update()

    def _enter_column(self, code: str, *_: object) -> None:
        """Opened by hand: the cursor goes to its first field without an answer."""
        self.open_column(code)
        cells = [
            one for one in self.cells if one.key.row == code and one.is_stop and not one.input.isHidden()
        ]
        empty = [one for one in cells if one.line.state.answer.empty]
        for cell in (empty or cells)[:1]:
            cell.input.select()

    def show_moments(self, moments: Mapping[str, Moment]) -> None:
        """When each time point is due and how it stands."""
        for head in self._heads_of_times:
            head.moment = moments.get(head.code, Moment("", "waiting"))
        self._name_heads()

    def relabel(self) -> None:
        self._corner.setText(pick(self.group.name))
        for name, item in self._heads:
            unit = shown_unit(item.unit)
            name.setText(f"{pick(item.question)}  {unit}" if unit else pick(item.question))
        codes = self.host.study.code_lists[self.group.rows or ""].by_code
        for head in self._heads_of_times:
            head.setText(pick(code_words(codes[head.code])))
            head.updateGeometry()
        for cell in self.cells:
            row = pick(code_words(codes[cell.key.row]))
            cell.input.setAccessibleName(f"{line_words.name_of(cell.line)}, {row}")
        self._name_heads()

    def _name_heads(self) -> None:
        """What a reader of the screen says of each column: moment, state, answers."""
        for head in self._heads_of_times:
            head.here = head.code == self.shown_code
            state = say(f"dose.column_{'open' if head.here else head.moment.state}")
            answers = [
                f"{pick(cell.line.state.item.question)} {cell.said()}"
                for cell in self.cells
                if isinstance(cell, TimeCell) and cell.key.row == head.code and cell.said()
            ]
            head.setAccessibleName(f"{head.text()} {head.moment.words}".strip())
            head.setAccessibleDescription(", ".join([state, *answers]))
            head.setToolTip(f"{head.text()} {head.moment.words}".strip())
            head.update()

    def show_cell(self, cell: ItemRow) -> None:
        self._scroll.ensureWidgetVisible(cell, style.current().px(16), 0)

    def paint_ground(self, painter: QPainter) -> None:
        """The open column on its ground, a line under each item."""
        now = style.current()
        open_ = next((one for one in self._heads_of_times if one.here), None)
        if open_ is not None:
            box = open_.geometry()
            painter.fillRect(
                QRect(box.left(), box.top(), box.width(), self._inner.height()), now.qcolor("accent_soft")
            )
        painter.setPen(now.qcolor("line"))
        for name, _ in self._heads:
            painter.drawLine(name.x(), name.y() - 1, self._inner.width() - now.px(8), name.y() - 1)
