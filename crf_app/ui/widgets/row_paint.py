"""Painted parts of a row: words in a column, H and L, the status icon.

Rows of a form are many; what takes no key and no click is painted, not built of labels.  Reference flags are
ink, not colour; colour belongs to states that ask for somebody.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter

from crf_app.ui import icons, style
from crf_app.ui.words import say

LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

#: status of a line → icon, colour; the word is `state.<status>`
MARKS: Final[dict[str, tuple[str, str]]] = {
    "saved": ("check", "ok"),
    "soft": ("soft", "soft"),
    "hard": ("hard", "hard"),
    "query": ("query", "query"),
    "answered": ("answered", "query"),
    "locked": ("locked", "quiet"),
    "hidden": ("kept", "quiet"),
    "derived": ("derived", "text3"),
    "not_done": ("not_done", "quiet"),
    "conflict": ("conflict", "soft"),
    "typing": ("history", "text3"),
    "unsaved": ("undo", "hard"),
}


def font_at(pixels: int, *, bold: bool = False) -> QFont:
    """The window's face at `pixels` (at 100 %).  Not to be changed by who gets it."""
    return _font(style.current().px(pixels), bold)


def metrics_at(pixels: int, *, bold: bool = False) -> QFontMetrics:
    return _metrics(style.current().px(pixels), bold)


@cache
def _font(pixels: int, bold: bool) -> QFont:
    font = style.font(style.current())
    font.setPixelSize(pixels)
    font.setBold(bold)
    return font


@cache
def _metrics(pixels: int, bold: bool) -> QFontMetrics:
    return QFontMetrics(_font(pixels, bold))


def draw(painter: QPainter, rect: QRect, words: str, *, pixels: int = 13, colour: str = "text2",
         bold: bool = False, align: Qt.AlignmentFlag = LEFT) -> None:  # fmt: skip
    """One line of words; where it is too wide, two lines of the label's size, then the end is elided."""
    if not words:
        return
    font = font_at(pixels, bold=bold)
    if metrics_at(pixels, bold=bold).horizontalAdvance(words) > rect.width():
        font = font_at(min(pixels, 12), bold=bold)
        if metrics_at(min(pixels, 12), bold=bold).horizontalAdvance(words) > rect.width():
            painter.setFont(font)
            painter.setPen(style.current().qcolor(colour))
            painter.drawText(rect, align | Qt.TextFlag.TextWordWrap, words)
            return
    painter.setFont(font)
    painter.setPen(style.current().qcolor(colour))
    painter.drawText(rect, align, words)


def draw_mark(painter: QPainter, rect: QRect, status: str, size: int = 18) -> None:
    """The icon of a status, centred in `rect`."""
    if status not in MARKS:
        return
    name, colour = MARKS[status]
    side = style.current().px(size)
    box = QRectF(rect.center().x() - side / 2 + 0.5, rect.center().y() - side / 2 + 0.5, side, side)
    icons.paint(painter, box, name, colour)


def mark_words(status: str) -> str:
    """The word beside the icon; "" for what needs none."""
    return say(f"form.status_{status}") if status in MARKS else ""


def draw_flag(painter: QPainter, rect: QRect, flag: str, times: str) -> None:
    """Arrow, letter, multiple of the limit: `↑ H 6.7 × ULN`."""
    if flag not in ("L", "H"):
        return
    now = style.current()
    side = now.px(16)
    box = QRectF(rect.left(), rect.center().y() - side / 2 + 0.5, side, side)
    icons.paint(painter, box, "high" if flag == "H" else "low", "text")
    letter = rect.adjusted(side + now.px(2), 0, 0, 0)
    draw(painter, letter, flag, pixels=14, colour="text", bold=True)
    if times:
        draw(painter, letter.adjusted(now.px(15), 0, 0, 0), times, pixels=12)
