"""A list of cards: whole rows of several painted lines, one under the other, arrow keys move.

A subclass says how high a row is and draws it from its look; ground, chosen row and focus ring are the same
everywhere.  A screen reader gets the look's sentence (`said`).
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from crf_app.ui import style
from crf_app.ui.widgets.line_paint import focus_ring
from crf_app.ui.widgets.list_view import LookTable
from crf_app.ui.widgets.table_models import LOOK, Index, Look

_PAD, _EDGE = 16, 3


class CardList(LookTable):
    """Rows `row_height` pixels high at 100 %."""

    row_height = 88

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(_CardDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(style.current().px(self.row_height))
        self.horizontalHeader().hide()
        self.setProperty("kind", "inside")

    def show_cards(self, cards: Sequence[Look]) -> None:
        """Replace all rows."""
        self.looks.show([""], [[card] for card in cards])
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def draw_card(self, painter: QPainter, box: QRectF, look: Look) -> None:
        """Draw one row into `box`; its ground is there already."""
        raise NotImplementedError


class _CardDelegate(QStyledItemDelegate):
    """Ground, edge of the chosen row, ring; the list draws the rest."""

    def __init__(self, of: CardList) -> None:
        super().__init__(of)
        self._of = of

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(style.current().px(240), style.current().px(self._of.row_height))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look: Look | None = index.data(LOOK)
        if look is None:
            return
        box, now = QRectF(option.rect), style.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, now.qcolor("accent_soft"))
            painter.fillRect(QRectF(box.left(), box.top(), now.px(_EDGE), box.height()), now.qcolor("accent"))
        self._of.draw_card(painter, box.adjusted(now.px(_PAD), 0, -now.px(_PAD), 0), look)
        if option.state & QStyle.StateFlag.State_HasFocus:
            focus_ring(painter, box)
        painter.restore()
