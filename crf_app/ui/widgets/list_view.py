"""A list of rows: arrow keys move, Enter opens, Tab leaves."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from crf_app.ui import style
from crf_app.ui.widgets.look_delegate import LookDelegate
from crf_app.ui.widgets.table_models import Index, Look, LookModel

_WIDE_AT_LEAST = 200  # the wide column shares the rest, but is not squeezed below this
_FINGER = 44  # a row is pressed: no lower than that for a finger (WCAG 2.5.5)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class LookTable(QTableView):
    """A table over a LookModel.  `opened` carries row and column."""

    opened = Signal(int, int)
    moved = Signal(int, int)

    def __init__(self, delegate_pad: int = 12, size: str = "body") -> None:
        super().__init__()
        self.looks = LookModel(self)
        self.setModel(self.looks)
        self.delegate = LookDelegate(self, delegate_pad, size)
        self.setItemDelegate(self.delegate)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().setDefaultSectionSize(style.current().px(style.current().row))
        self.horizontalHeader().setHighlightSections(False)
        self.verticalHeader().setHighlightSections(False)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens; with Ctrl it is the page's."""
        if event.key() in _ENTER and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
        elif event.key() in _ENTER and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex().row(), self.currentIndex().column())
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """One click on a cell opens it: there is nothing to edit in place."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and index == self.currentIndex():
            self.opened.emit(index.row(), index.column())

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if current.isValid():
            self.moved.emit(current.row(), current.column())


class LookList(LookTable):
    """Whole rows are chosen; the column `wide` takes what is left."""

    def __init__(self, wide: int, row_height: int = 44, least: int = _WIDE_AT_LEAST) -> None:
        super().__init__()
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.verticalHeader().hide()
        now = style.current()
        self.verticalHeader().setDefaultSectionSize(
            now.px(max(row_height, _FINGER) if now.touch else row_height)
        )
        self._wide, self._least = wide, least
        self.widest: Sequence[Sequence[Look]] = ()  # a column's widest looks, where rows are not read for it

    def take_wide(self, column: int) -> None:
        """From the next `fit` on this column takes what is left."""
        self._wide = column

    def fit(self) -> None:
        """Columns as wide as their words, the wide one takes the rest."""
        header, mode = self.horizontalHeader(), QHeaderView.ResizeMode
        needed = [self._needs(n) for n in range(self.looks.columnCount())]
        header.setSectionResizeMode(mode.Fixed)
        for column, width in enumerate(needed):
            self.setColumnWidth(column, width)
        if not needed:
            return
        others = sum(needed) - needed[self._wide]
        if self.viewport().width() - others >= style.current().px(self._least):
            header.setSectionResizeMode(self._wide, mode.Stretch)

    def _needs(self, column: int) -> int:
        head = self.horizontalHeader().sectionSizeHint(column)
        if self.widest:
            return max(head, *(self.delegate.width(look) for look in self.widest[column]))
        return max(head, self.sizeHintForColumn(column))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()
