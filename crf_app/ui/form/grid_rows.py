"""Groups with fixed rows (time points) as a grid; rows that people add are in `row_list.py`.

Each line is a row of the paper and each column an item; what opens under a cell opens under its line, over
the whole width.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from crf_app.model.definition import Study
from crf_app.model.form_def import ItemGroupDef
from crf_app.model.item_def import ItemDef
from crf_app.model.retired import code_words
from crf_app.ui import style
from crf_app.ui.form import line_words
from crf_app.ui.form.choice_list import ChoiceList
from crf_app.ui.form.item_row import ItemRow, RowHost
from crf_app.ui.form.item_widgets import ItemWidget, TextEdit
from crf_app.ui.form.under_row import UnderRow
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.widgets.parts import label
from crf_app.ui.widgets.row_paint import draw_mark
from crf_app.ui.words import pick

if TYPE_CHECKING:
    from crf_app.actions.form_page import Line

_CELL_WIDTHS = {
    "integer": 54,
    "decimal": 60,
    "date": 98,
    "partialDate": 98,
    "time": 60,
    "datetime": 148,
    "text": 300,
}
_CHOICE_WIDTHS = (88, 200)
_CHOICE_FRAME = 26
_MARK = 14
_LISTED = 5
_LOUD = ("soft", "hard", "query", "answered", "conflict", "unsaved", "not_done", "hidden", "locked")


def _cell_width(item: ItemDef, study: Study, widget: QWidget) -> int:
    """Width of a cell's field in pixels: of a choice that of its longest word in any language."""
    now = style.current()
    code_list = study.code_lists.get(item.code_list or "")
    if item.choices is None or item.derived:
        return now.px(_CELL_WIDTHS[item.data_type])
    words = [word for code in code_list.items for _, word in code.decode.pairs] if code_list else []
    longest = max((widget.fontMetrics().horizontalAdvance(word) for word in words), default=0)
    least, most = (now.px(width) for width in _CHOICE_WIDTHS)
    return min(most, max(least, longest + now.px(_CHOICE_FRAME)))


class GridCell(ItemRow):
    """A field in a grid: the input, and the icon of a state that asks for somebody."""

    def __init__(self, host: RowHost, line: Line, place: Callable[[UnderRow], None], parent: QWidget) -> None:
        self._place = place
        super().__init__(host, line, parent)

    def _make_input(self, item: ItemDef) -> ItemWidget:
        code_list, width = self._options(item), _cell_width(item, self.host.study, self)
        if code_list is not None and not item.multiple:
            made: ItemWidget = ChoiceList(code_list, self)
            made.setObjectName(self.key.local)
            made.setFixedWidth(width)
            return made
        made = super()._make_input(item)
        if isinstance(made, TextEdit):
            made.setFixedWidth(width)
        return made

    def _arrange(self) -> None:
        now = style.current()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, now.px(2), 0, now.px(2))
        line.setSpacing(0)
        line.addWidget(self.input, 0, Qt.AlignmentFlag.AlignTop)
        line.addSpacing(now.px(_MARK))
        if self.unit_button is not None:
            self.unit_button.hide()  # a unit is typed behind the number here

    def _place_under(self, under: UnderRow) -> None:
        self._place(under)

    def _paint(self, painter: QPainter) -> None:
        now = style.current()
        if self.status in _LOUD:
            box = QRect(self.width() - now.px(_MARK), now.px(2), now.px(_MARK), now.px(30))
            draw_mark(painter, box, self.status, 14)

    @property
    def tone(self) -> str:
        return ""  # the line under it carries the ground

    def refresh(self) -> None:
        super().refresh()
        self.setVisible(True)  # a column keeps its place
        self.input.setVisible(self.line.state.collected or not self.line.state.answer.empty)


class _Ground(QWidget):
    """Under the cells of a grid; the grid may paint it."""

    def __init__(self, paint: Callable[[QPainter], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._paint_on = paint
        self.setProperty("kind", "canvas")

    def paintEvent(self, event: QPaintEvent, /) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        self._paint_on(painter)
        painter.end()


class FixedGrid(QWidget):
    """Rows of a code list: every time point a line, every item a column."""

    titled = True  # the name of the group stands above it

    def __init__(self, host: RowHost, group: ItemGroupDef, lines: list[Line], parent: QWidget) -> None:
        super().__init__(parent)
        self.host, self.group = host, group
        self.cells: list[ItemRow] = []
        self._heads: list[tuple[QLabel, ItemDef]] = []
        self._names: list[tuple[QLabel, str]] = []
        self._below: dict[int, QVBoxLayout] = {}
        now = style.current()
        self._inner = inner = _Ground(self.paint_ground, self)
        self._grid = QGridLayout(inner)
        self._grid.setContentsMargins(now.px(16), 0, now.px(8), now.px(8))
        self._grid.setHorizontalSpacing(0)
        self._grid.setVerticalSpacing(0)
        self._build(lines)
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(inner)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._scroll)
        self.relabel()

    def _build(self, lines: list[Line]) -> None:
        for column, item in enumerate(self.group.item, 1):
            head = label("", "head", wrap=True)
            head.setAlignment(Qt.AlignmentFlag.AlignBottom)
            width = _cell_width(item, self.host.study, self)
            head.setFixedWidth(width + style.current().px(_MARK - 2))
            self._grid.addWidget(head, 0, column)
            self._heads.append((head, item))
        parts = list(dict.fromkeys(line.key.group for line in lines))
        columns = {item.oid: number for number, item in enumerate(self.group.item, 1)}
        for number, part in enumerate(parts):
            name = label("", "row_name", wrap=True)
            name.setContentsMargins(0, 0, style.current().px(8), 0)
            self._grid.addWidget(name, 2 * number + 1, 0)
            self._names.append((name, part.partition("~")[2]))
        for line in lines:
            at = 2 * parts.index(line.key.group) + 1
            cell = GridCell(self.host, line, partial(self._put_under, at), self)
            self._grid.addWidget(cell, at, columns[line.key.item])
            self.cells.append(cell)
        self._grid.setColumnMinimumWidth(0, style.current().px(96))
        self._grid.setColumnStretch(len(columns) + 1, 1)

    def _put_under(self, row: int, under: UnderRow) -> None:
        if row not in self._below:
            holder = QWidget(self)
            self._below[row] = QVBoxLayout(holder)
            self._below[row].setContentsMargins(0, 0, 0, 0)
            self._grid.addWidget(holder, row + 1, 1, 1, len(self.group.item))
        self._below[row].addWidget(under)

    def item_rows(self) -> list[ItemRow]:
        return self.cells

    def relabel(self) -> None:
        for head, item in self._heads:
            unit = shown_unit(item.unit)
            head.setText(f"{pick(item.question)}\n{unit}" if unit else pick(item.question))
        codes = self.host.study.code_lists[self.group.rows or ""].by_code
        for name, code in self._names:
            name.setText(pick(code_words(codes[code])))
        for cell in self.cells:
            row = pick(code_words(codes[cell.key.row]))
            cell.input.setAccessibleName(f"{line_words.name_of(cell.line)}, {row}")

    def beside(self, row: ItemRow) -> list[ItemRow]:
        """What Up and Down go through: the column."""
        return [one for one in self.cells if one.key.item == row.key.item]

    def reach(self, local: str) -> None:
        """Every cell is always there."""

    def paint_ground(self, painter: QPainter) -> None:
        """Nothing but its colour."""

    def show_cell(self, cell: ItemRow) -> None:
        """Sideways into view."""
        self._scroll.ensureWidgetVisible(cell.input, style.current().px(16), 0)

    def fit(self) -> None:
        """As high as the lines; sideways it may scroll."""
        bar = self._scroll.horizontalScrollBar()
        extra = bar.sizeHint().height() if self._inner.minimumSizeHint().width() > self.width() else 0
        self._scroll.setFixedHeight(self._inner.sizeHint().height() + extra)
