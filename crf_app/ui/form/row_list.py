"""Rows that people add (adverse events): the list, and beside or below it the fields of the chosen row.

Up and Down choose a row, Enter goes into its fields.  A row that was removed stays in the list, struck
through; when it is chosen its answers are read where the fields were, and it can be brought back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from crf_app.model.form_def import ItemGroupDef
from crf_app.ui import style
from crf_app.ui.form import log_looks
from crf_app.ui.form.field_row import FieldRow
from crf_app.ui.form.item_row import ItemRow, RowHost
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.list_view import LookList
from crf_app.ui.widgets.parts import clear, label
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import FormPage, RowView

#: from this width on (at 100 %) the fields stand beside the list, this wide
_BESIDE_FROM, _DETAIL = 940, 400
_ROW, _SHOWN = 52, 8  # height of a row of the list, and how many are seen before it scrolls
_NAME, _NAME_LEAST = 1, 120  # the column that takes what is left, and its least width


class RowList(QWidget):
    """The rows of one group: list, buttons, and what belongs to the chosen row."""

    def __init__(
        self,
        host: RowHost,
        group: ItemGroupDef,
        parent: QWidget,
        add: Callable[[str], None],
        change: Callable[[str], None],
        *,
        inline: bool,
    ) -> None:
        super().__init__(parent)
        self.host, self.group = host, group
        self.part = ""
        self.fields: list[ItemRow] = []
        self._inline = inline
        self._page: FormPage | None = None
        self._make_list()
        self.nothing = label("", "hint")
        self.add_button, self.remove_button = KeyButton("", "Ctrl N", self), KeyButton("", "", self)
        self.add_button.setObjectName(f"add:{group.oid}")
        self.add_button.clicked.connect(lambda: add(group.oid))
        self.remove_button.setObjectName(f"remove:{group.oid}")
        self.remove_button.clicked.connect(lambda: change(self.part))
        self._arrange()

    def _make_list(self) -> None:
        self.table = LookList(_NAME, _ROW, _NAME_LEAST)
        self.table.setObjectName(f"rows:{self.group.oid}")
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.moved.connect(lambda at, _column: self._on_moved(at))
        self.table.opened.connect(lambda at, _column: self._on_opened(at))

    def _arrange(self) -> None:
        now = style.current()
        buttons = QHBoxLayout()
        buttons.setSpacing(now.px(8))
        buttons.addWidget(self.add_button)
        buttons.addWidget(self.remove_button)
        buttons.addStretch(1)
        self.below = QVBoxLayout()  # for what shows all rows at once
        self._left, self._right = QWidget(self), QWidget(self)
        left = self._left_box = QVBoxLayout(self._left)
        left.setContentsMargins(now.px(16), 0, now.px(16), 0)
        left.setSpacing(now.px(8))
        for part in (self.table, self.nothing):
            left.addWidget(part)
        left.addLayout(buttons)
        left.addLayout(self.below)
        left.addStretch(1)
        self._detail = QVBoxLayout(self._right)
        self._detail.setContentsMargins(0, 0, 0, 0)
        self._detail.setSpacing(0)
        self._struck = QVBoxLayout()
        self._struck.setContentsMargins(now.px(16), now.px(4), now.px(16), now.px(8))
        self._struck.setSpacing(now.px(4))
        self._detail.addLayout(self._struck)
        self._detail.addStretch(1)
        self._sides = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._sides.setContentsMargins(0, now.px(4), 0, now.px(8))
        self._sides.setSpacing(now.px(8))
        self._sides.addWidget(self._left, 1)
        self._sides.addWidget(self._right)

    # width

    @property
    def beside(self) -> bool:
        """Whether the fields stand beside the list."""
        return self._sides.direction() == QBoxLayout.Direction.LeftToRight

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self.fit(event.size().width())

    def fit(self, width: int) -> None:
        """The fields beside the list where both have room."""
        now = style.current()
        beside = width >= now.px(_BESIDE_FROM)
        self._right.setFixedWidth(now.px(_DETAIL)) if beside else self._free_width()
        if beside != self.beside:
            there = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
            self._sides.setDirection(there)
            self._choose(self.part)

    def follow(self, hidden: int) -> None:
        """The top `hidden` pixels are scrolled out of sight: the list stays in sight beside its fields."""
        edges = self._left_box.contentsMargins()
        room = self._left.height() - (self._left_box.sizeHint().height() - edges.top())
        top = max(0, min(hidden, room)) if self.beside else 0
        if top != edges.top():
            self._left_box.setContentsMargins(edges.left(), top, edges.right(), 0)
            self._left_box.activate()

    def _free_width(self) -> None:
        self._right.setMinimumWidth(0)
        self._right.setMaximumWidth(16777215)
        self._right.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    # showing

    def stops(self) -> list[QWidget]:
        """What Tab goes to before the fields."""
        return [self.table, self.add_button, self.remove_button]

    def item_rows(self) -> list[ItemRow]:
        return self.fields

    def _rows(self) -> list[RowView]:
        """As listed: what was removed comes last."""
        rows = self._page.rows.get(self.group.oid, ()) if self._page is not None else ()
        return sorted(rows, key=lambda row: row.removed is not None)

    def show_page(self, page: FormPage) -> None:
        """The list anew, the chosen row's fields in place."""
        self._page = page
        rows = self._rows()
        live = [row.part for row in rows if row.removed is None]
        chosen = self.part if self.part in live else (live[-1] if live else "")
        if not chosen and self.part in [row.part for row in rows]:
            chosen = self.part
        self._fill()
        if chosen != self.part or bool(self.fields) != (chosen in live):
            self._choose(chosen)
        else:
            lines = {line.key: line for line in page.lines}
            for field in self.fields:
                if field.key in lines:
                    field.show_line(lines[field.key])
        self._mark()

    def empty(self) -> None:
        """The record was left, and what was typed in the fields was kept: nothing of it stays."""
        self.hide()
        self._drop()
        self.part, self._page = "", None
        self._fill()

    def bind(self, page: FormPage) -> None:
        """The rows of another record."""
        self.empty()
        self.show_page(page)
        self.show()

    def _fill(self) -> None:
        self.table.blockSignals(True)
        rows = self._rows()
        if self._page is not None:
            heads = log_looks.heads(self.group, self.table.horizontalHeader().fontMetrics())
            cells = [log_looks.looks(self.host.study, self._page, self.group, row) for row in rows]
            self.table.looks.show(heads, cells)
        else:
            self.table.looks.show([], [])
        self._select()
        self.table.blockSignals(False)
        self.table.fit()
        height = min(len(rows), _SHOWN) * style.current().px(_ROW)
        self.table.setFixedHeight(self.table.horizontalHeader().sizeHint().height() + height + 2)
        self.table.setVisible(bool(rows))
        self.nothing.setVisible(not rows)

    def _select(self) -> None:
        parts = [row.part for row in self._rows()]
        if self.part in parts:
            self.table.setCurrentIndex(self.table.looks.index(parts.index(self.part), _NAME))

    # choosing

    def _on_moved(self, at: int) -> None:
        rows = self._rows()
        if 0 <= at < len(rows) and rows[at].part != self.part:
            self._choose(rows[at].part)

    def _on_opened(self, at: int) -> None:
        self._on_moved(at)
        if self.fields:
            self.fields[0].input.select()

    def reach(self, part: str) -> None:
        """Show the fields of this row."""
        if part != self.part:
            self._choose(part)

    def _choose(self, part: str) -> None:
        self.part = part
        for field in self.fields:
            self.host.keep(field)
        self._drop()
        width = style.current().px(_DETAIL) if self.beside else self.width()
        row = self._chosen()
        live = row is not None and row.removed is None
        for line in self._page.lines if self._page and live else ():
            if line.key.group == part:
                inline = self._inline and not self.beside
                field = FieldRow(self.host, line, self._right, inline=inline, width=width)
                self._detail.insertWidget(self._detail.count() - 1, field)
                self.fields.append(field)
                self.host.give_back(field)
        self._read_removed()
        self.table.blockSignals(True)
        self._select()
        self.table.blockSignals(False)
        self._mark()

    def _chosen(self) -> RowView | None:
        return next((row for row in self._rows() if row.part == self.part), None)

    def _mark(self) -> None:
        """What may be done with the chosen row."""
        row, may = self._chosen(), "enter" in self.host.may
        self.add_button.setVisible(may)
        self.remove_button.setVisible(may and row is not None)
        struck = row is not None and row.removed is not None
        self.remove_button.set_words(say("log.bring_back" if struck else "form.remove_row"))

    def _read_removed(self) -> None:
        """The answers of a removed row, to be read only."""
        clear(self._struck)
        row = self._chosen()
        if row is None or row.removed is None:
            return
        self._struck.addWidget(label(log_looks.removed_words(row), "sub", wrap=True))
        for question, answer in log_looks.answers_of(self.host.study, self.group, row):
            self._struck.addWidget(label(question, "small"))
            self._struck.addWidget(label(answer, "value", wrap=True))

    def _drop(self) -> None:
        for field in self.fields:
            self._detail.removeWidget(field)
            field.hide()
            field.deleteLater()
        self.fields = []
        clear(self._struck)

    def relabel(self) -> None:
        self.add_button.set_words(say("form.add_row"))
        self.nothing.setText(say("log.none"))
        self.table.setAccessibleName(pick(self.group.name))
        self._mark()
        if self._page is not None:
            self._fill()
            self._read_removed()
