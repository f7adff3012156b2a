"""The list of queries: one card a row with subject, field, question, who asks, state and age.

Three lines drawn by one delegate; a screen reader gets the same words as one sentence (`said`).
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from crf_app.ui import icons, style
from crf_app.ui.widgets.card_list import CardList
from crf_app.ui.widgets.line_paint import line_words
from crf_app.ui.widgets.table_models import Look

_ICON = 16
_LINES = (12, 38, 62)  # tops of the three lines at 100 %


@dataclass(frozen=True, slots=True)
class Card(Look):
    """`text` is the subject's number; `place` its field and visit, `question` the sentence, `foot` who asks,
    `status` the state in words, `age` how long it stands, `late` whether half of its time is gone."""

    place: str = ""
    question: str = ""
    foot: str = ""
    status: str = ""
    age: str = ""
    late: bool = False


class QueryList(CardList):
    """Rows of cards; Enter goes to the answer."""

    row_height = 88

    def draw_card(self, painter: QPainter, box: QRectF, look: Look) -> None:
        if isinstance(look, Card):
            line = QRectF(box.left(), box.bottom() - 1, box.width(), 1)
            painter.fillRect(line, style.current().qcolor("line"))
            _draw(painter, box, look)


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
