"""The list of queries: one card a row with subject, field, question, who asks, state and age.

Three lines drawn by one delegate; a screen reader gets the same words as one sentence (`said`).
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from crf_app.ui import icons, style
from crf_app.ui.line_paint import focus_ring, line_words
from crf_app.ui.list_view import LookTable
from crf_app.ui.table_models import LOOK, Index, Look

_HEIGHT, _PAD, _ICON = 88, 16, 16
_LINES = (12, 38, 62)  # tops of the three lines at 100 %


@dataclass(frozen=True, slots=True)
class Card(Look):
    """`text` is the subject's number; `place` its field and visit, `question` the sentence, `foot` who asks,
    `status` the state in words, `age` how long it stands, `late` whether that is long."""

    place: str = ""
    question: str = ""
    foot: str = ""
    status: str = ""
    age: str = ""
    late: bool = False


class QueryList(LookTable):
    """Rows of cards; arrow keys move, Enter goes to the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(CardDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(style.current().px(_HEIGHT))
        self.horizontalHeader().hide()

    def show_cards(self, cards: list[Card]) -> None:
        self.looks.show([""], [[card] for card in cards])
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)


class CardDelegate(QStyledItemDelegate):
    """Draws one card."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(style.current().px(240), style.current().px(_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        card = index.data(LOOK)
        if not isinstance(card, Card):
            return
        box, now = QRectF(option.rect), style.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, now.qcolor("accent_soft"))
            painter.fillRect(QRectF(box.left(), box.top(), now.px(3), box.height()), now.qcolor("accent"))
        painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 1), now.qcolor("line"))
        _draw(painter, box.adjusted(now.px(_PAD), 0, -now.px(_PAD), 0), card)
        if option.state & QStyle.StateFlag.State_HasFocus:
            focus_ring(painter, box)
        painter.restore()


def _draw(painter: QPainter, box: QRectF, card: Card) -> None:
    now = style.current()
    side = now.px(_ICON)
    top = [box.top() + now.px(line) for line in _LINES]
    icons.paint(painter, QRectF(box.left(), top[0] + now.px(2), side, side), card.icon, card.colour)
    left = box.left() + now.px(_ICON * 2)
    width = box.right() - left
    age = line_words(painter, left, top[0], width, card.age, "text" if not card.late else "soft",
                 13, bold=card.late, right=True)  # fmt: skip
    label = line_words(painter, left, top[0], width - age, card.text, "text", 15, bold=True)
    gap = now.px(20)
    line_words(painter, left + label + gap, top[0], width - age - label - 2 * gap, card.place, "text2", 13)
    line_words(painter, left, top[1], width, card.question, "text", 14)
    status = line_words(painter, left, top[2], width, card.status, card.colour, 13, bold=True, right=True)
    line_words(painter, left, top[2], width - status - gap, card.foot, "text2", 12)
