"""The steps of one value from the newest on: time, what happened, old struck and new, person, reason.

One row a step, drawn by a delegate; a screen reader gets the same words as one sentence.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from crf_app.ui import icons, style
from crf_app.ui.widgets.card_list import CardList
from crf_app.ui.widgets.line_paint import line_words
from crf_app.ui.widgets.row_paint import font_at
from crf_app.ui.widgets.table_models import Look


@dataclass(frozen=True, slots=True)
class StepLook(Look):
    """`text` is what happened; `values` is whether an old and a new value are shown, `fresh` whether there
    was none before; `damaged`: the record is not as it was written.
    """

    day: str = ""
    time: str = ""
    old: str = ""
    new: str = ""
    unit: str = ""
    values: bool = False
    fresh: bool = False
    person: str = ""
    line: str = ""
    foot: str = ""
    damaged: bool = False


class HistoryList(CardList):
    """The steps, one a row."""

    row_height = 92

    def draw_card(self, painter: QPainter, box: QRectF, look: Look) -> None:
        if isinstance(look, StepLook):
            _draw(painter, box, look)


def _draw(painter: QPainter, box: QRectF, step: StepLook) -> None:
    now = style.current()
    top, second, third = (box.top() + now.px(one) for one in (12, 38, 60))
    line_words(painter, box.left(), top, now.px(90), step.time, "text", 14, bold=True)
    line_words(painter, box.left(), top + now.px(22), now.px(90), step.day, "text2", 12)
    ring = QRectF(box.left() + now.px(104), top - now.px(4), now.px(28), now.px(28))
    painter.setPen(now.qcolor("line"))
    painter.drawLine(
        round(ring.center().x()), round(ring.bottom()), round(ring.center().x()), round(box.bottom())
    )
    painter.setPen(QPen(now.qcolor(step.colour), 2))
    painter.drawEllipse(ring)
    inner = now.px(7)
    icons.paint(painter, ring.adjusted(inner, inner, -inner, -inner), step.icon, step.colour)
    left = box.left() + now.px(152)
    painter.fillRect(QRectF(left, box.bottom() - 1, box.right() - left, 1), now.qcolor("line"))
    # where there is little room the person stands below, beside the device
    wide = line_words(
        painter, left, third if now.compact else top, box.right() - left, step.person, "text", 13, right=True
    )
    person, below = (0.0, wide) if now.compact else (wide + now.px(16), 0.0)
    said = line_words(painter, left, top, box.right() - left - person, step.text, "text", 14, bold=True)
    if step.values:
        _values(painter, left + said + now.px(24), top, box.right() - person, step)
    line_words(painter, left, second, box.right() - left, step.line, "text", 13)
    foot = "hard" if step.damaged else "text2"
    line_words(painter, left, third, box.right() - left - below, step.foot, foot, 12, bold=step.damaged)


def _values(painter: QPainter, left: float, top: float, right: float, step: StepLook) -> None:
    """Old value struck, an arrow, the new value, its unit."""
    now, height = style.current(), style.current().px(24)
    half = max((right - left - now.px(90)) / 2, now.px(40))
    old = _pill(
        painter, QRectF(left, top - now.px(2), half, height), step.old, "quiet_bg", struck=not step.fresh
    )
    icons.paint(painter, QRectF(old + now.px(6), top + now.px(4), now.px(12), now.px(12)), "next", "text2")
    ground = "ok_bg" if step.fresh else "soft_bg"
    new = _pill(
        painter, QRectF(old + now.px(24), top - now.px(2), half, height), step.new, ground, struck=False
    )
    line_words(painter, new + now.px(8), top, max(right - new - now.px(8), 0.0), step.unit, "text2", 13)


def _pill(painter: QPainter, box: QRectF, text: str, ground: str, *, struck: bool) -> float:
    """Words on a ground as wide as they are.  Returns its right end."""
    now = style.current()
    font = font_at(14, bold=True)
    metrics = QFontMetricsF(font)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width() - now.px(16))
    place = QRectF(box.left(), box.top(), metrics.horizontalAdvance(shown) + now.px(20), box.height())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(now.qcolor(ground))
    painter.drawRoundedRect(place, 5, 5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setFont(font)
    painter.setPen(now.qcolor("text2" if struck else "text"))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shown)
    if struck:
        line = place.adjusted(now.px(8), 0, -now.px(8), 0)
        painter.drawLine(
            round(line.left()), round(line.center().y()), round(line.right()), round(line.center().y())
        )
    return place.right()
