"""Groups with rows: fixed rows as a grid (time points), rows that people add as a list with fields below.

In the grid each line is a row of the paper and each column an item; what opens under a cell opens under its
line, over the whole width.  In the list only the chosen row has fields.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from crf_app.model.definition import ItemDef, ItemGroupDef, Study
from crf_app.model.retired import code_words
from crf_app.ui import line_words, style
from crf_app.ui.choice_list import ChoiceList
from crf_app.ui.field_row import FieldRow
from crf_app.ui.item_row import ItemRow, RowHost
from crf_app.ui.item_widgets import ItemWidget, TextEdit
from crf_app.ui.key_button import KeyButton
from crf_app.ui.row_paint import draw_mark
from crf_app.ui.under_row import UnderRow
from crf_app.ui.unit_words import shown_unit
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import FormPage, Line

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


class FixedGrid(QWidget):
    """Rows of a code list: every time point a line, every item a column."""

    def __init__(self, host: RowHost, group: ItemGroupDef, lines: list[Line], parent: QWidget) -> None:
        super().__init__(parent)
        self.host, self.group = host, group
        self.cells: list[ItemRow] = []
        self._heads: list[tuple[QLabel, ItemDef]] = []
        self._names: list[tuple[QLabel, str]] = []
        self._below: dict[int, QVBoxLayout] = {}
        now = style.current()
        inner = QWidget(self)
        inner.setProperty("kind", "canvas")
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
        self._inner = inner
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._scroll)
        self.relabel()

    def _build(self, lines: list[Line]) -> None:
        for column, item in enumerate(self.group.item, 1):
            head = QLabel(self)
            head.setProperty("role", "head")
            head.setWordWrap(True)
            head.setAlignment(Qt.AlignmentFlag.AlignBottom)
            width = _cell_width(item, self.host.study, self)
            head.setFixedWidth(width + style.current().px(_MARK - 2))
            self._grid.addWidget(head, 0, column)
            self._heads.append((head, item))
        parts = list(dict.fromkeys(line.key.group for line in lines))
        columns = {item.oid: number for number, item in enumerate(self.group.item, 1)}
        for number, part in enumerate(parts):
            name = QLabel(self)
            name.setProperty("role", "row_name")
            name.setWordWrap(True)
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
        for label, code in self._names:
            label.setText(pick(code_words(codes[code])))
        for cell in self.cells:
            row = pick(code_words(codes[cell.key.row]))
            cell.input.setAccessibleName(f"{line_words.name_of(cell.line)}, {row}")

    def show_cell(self, cell: ItemRow) -> None:
        """Sideways into view."""
        self._scroll.ensureWidgetVisible(cell.input, style.current().px(16), 0)

    def fit(self) -> None:
        """As high as the lines; sideways it may scroll."""
        bar = self._scroll.horizontalScrollBar()
        extra = bar.sizeHint().height() if self._inner.minimumSizeHint().width() > self.width() else 0
        self._scroll.setFixedHeight(self._inner.sizeHint().height() + extra)


class RowList(QWidget):
    """Rows that people add (adverse events): the list, and the fields of the chosen row."""

    def __init__(
        self,
        host: RowHost,
        group: ItemGroupDef,
        parent: QWidget,
        add: Callable[[str], None],
        remove: Callable[[str], None],
        *,
        inline: bool,
    ) -> None:
        super().__init__(parent)
        self._inline = inline
        self.host, self.group = host, group
        self.part = ""
        self.fields: list[ItemRow] = []
        self._page: FormPage | None = None
        now = style.current()
        self.table = QTableWidget(0, 0, self)
        self.table.setObjectName(f"rows:{group.oid}")
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        head = self.table.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.table.itemSelectionChanged.connect(self._on_selected)
        self.add_button = KeyButton("", "Ctrl N", self)
        self.add_button.setObjectName(f"add:{group.oid}")
        self.add_button.clicked.connect(lambda: add(group.oid))
        self.remove_button = KeyButton("", "", self)
        self.remove_button.setObjectName(f"remove:{group.oid}")
        self.remove_button.clicked.connect(lambda: remove(self.part))
        buttons = QHBoxLayout()
        buttons.addWidget(self.add_button)
        buttons.addWidget(self.remove_button)
        buttons.addStretch(1)
        self._detail = QVBoxLayout()
        self._detail.setSpacing(0)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, now.px(4), 0, now.px(8))
        box.setSpacing(now.px(8))
        top = QVBoxLayout()
        top.setContentsMargins(now.px(16), 0, now.px(16), 0)
        top.addWidget(self.table)
        top.addLayout(buttons)
        box.addLayout(top)
        box.addLayout(self._detail)

    def item_rows(self) -> list[ItemRow]:
        return self.fields

    def show_page(self, page: FormPage) -> None:
        """The list anew, the chosen row's fields in place."""
        self._page = page
        rows = [row for row in page.rows.get(self.group.oid, ()) if row.state != "deleted"]
        parts = [row.part for row in rows]
        chosen = self.part if self.part in parts else (parts[-1] if parts else "")
        self.table.blockSignals(True)
        self._fill(page)
        if chosen:
            self.table.selectRow(parts.index(chosen))
        self.table.blockSignals(False)
        if chosen != self.part:
            self._choose(chosen)
        else:
            lines = {line.key: line for line in page.lines}
            for field in self.fields:
                if field.key in lines:
                    field.show_line(lines[field.key])
        may = "enter" in self.host.may
        self.add_button.setVisible(may)
        self.remove_button.setVisible(may and bool(self.part))

    def empty(self) -> None:
        """The record was left, and what was typed in the fields was kept: nothing of it stays."""
        self.hide()
        self._drop()
        self.part, self._page = "", None
        self.table.blockSignals(True)
        self.table.setRowCount(0)
        self.table.blockSignals(False)

    def bind(self, page: FormPage) -> None:
        """The rows of another record."""
        self.empty()
        self.show_page(page)
        self.show()

    def _columns(self) -> list[ItemDef]:
        return [one for one in self.group.item if one.collect_when is None and not one.multiple][:_LISTED]

    def _fill(self, page: FormPage) -> None:
        columns = self._columns()
        self.table.setColumnCount(len(columns) + 1)
        self.table.setHorizontalHeaderLabels(
            [say("form.row_number"), *(pick(item.question) for item in columns)]
        )
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        rows = sorted(page.rows.get(self.group.oid, ()), key=lambda row: row.state == "deleted")
        cells = {(line.key.group, line.key.item): line for line in page.lines}
        self.table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            self._put(number, 0, row.n if row.state != "deleted" else f"{row.n}  {say('form.row_removed')}")
            for column, item in enumerate(columns, 1):
                line = cells.get((row.part, item.oid))
                words = (
                    line_words.spoken(self.host.study, item, line.state.answer, line.lists) if line else ""
                )
                self._put(number, column, words)
        height = sum(self.table.rowHeight(number) for number in range(min(len(rows), 5)))
        self.table.setFixedHeight(self.table.horizontalHeader().sizeHint().height() + height + 6)
        self.table.setVisible(bool(rows))

    def _put(self, row: int, column: int, words: str) -> None:
        cell = QTableWidgetItem(words)
        cell.setToolTip(words)
        self.table.setItem(row, column, cell)

    def _on_selected(self) -> None:
        rows = [row for row in (self._page.rows.get(self.group.oid, ()) if self._page else ())
                if row.state != "deleted"]  # fmt: skip
        at = self.table.currentRow()
        if 0 <= at < len(rows) and rows[at].part != self.part:
            self._choose(rows[at].part)

    def reach(self, part: str) -> None:
        """Show the fields of this row."""
        if part != self.part:
            self._choose(part)

    def _choose(self, part: str) -> None:
        self.part = part
        for field in self.fields:
            self.host.keep(field)
        self._drop()
        for line in self._page.lines if self._page else ():
            if part and line.key.group == part:
                field = FieldRow(self.host, line, self, inline=self._inline, width=self.width())
                self._detail.addWidget(field)
                self.fields.append(field)
                self.host.give_back(field)
        self.remove_button.setVisible(bool(part) and "enter" in self.host.may)

    def _drop(self) -> None:
        for field in self.fields:
            self._detail.removeWidget(field)
            field.hide()
            field.deleteLater()
        self.fields = []

    def relabel(self) -> None:
        self.add_button.set_words(say("form.add_row"))
        self.remove_button.set_words(say("form.remove_row"))
        if self._page is not None:
            self.table.blockSignals(True)
            self._fill(self._page)
            self.table.blockSignals(False)
