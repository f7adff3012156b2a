"""Draws one cell of a list or of the matrix: tint, ground, icon, word, ring of the focus.

Loud states are filled, all others are plain; H and L, numbers and words are ink.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from crf_app.ui import icons, style
from crf_app.ui.widgets.table_models import LOOK, Index, Look

ICON, GAP, PAD = 16, 6, 12


class LookDelegate(QStyledItemDelegate):
    """`pad` is the space at the left in pixels at 100 %, `size` the type's token."""

    def __init__(self, parent: QObject, pad: int = PAD, size: str = "body") -> None:
        super().__init__(parent)
        self._pad, self._size = pad, size

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look: Look | None = index.data(LOOK)
        if look is None:
            return
        box, state = QRectF(option.rect), option.state
        now = style.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if look.tint:
            painter.fillRect(box, now.qcolor(look.tint))
        if state & QStyle.StateFlag.State_Selected and not look.ground:
            painter.fillRect(box, now.qcolor("accent_soft"))
        painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 1), now.qcolor("line"))
        self._write(painter, box, look)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(now.qcolor("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(2, 2, -2, -2), 5, 5)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        look: Look | None = index.data(LOOK)
        now = style.current()
        height = now.px(now.row) + (now.px(18) if look is not None and look.sub else 0)
        return QSize(self.width(look) if look is not None else 0, height)

    def width(self, look: Look) -> int:
        """What the look needs."""
        now = style.current()
        words = max(_measure(look.text, look.bold, self._size), _measure(look.sub, False, "label"))
        icon = now.px(ICON) + (now.px(GAP) if words else 0) if look.icon else 0
        return round(words + icon + 2 * now.px(self._pad))

    def _write(self, painter: QPainter, box: QRectF, look: Look) -> None:
        now = style.current()
        pad, icon = now.px(self._pad), now.px(ICON) if look.icon else 0
        inner = box.adjusted(pad, 0, -pad, 0)
        if not look.text and look.icon:
            _icon(painter, QRectF(box.center().x() - icon / 2, box.center().y() - icon / 2, icon, icon), look)
            return
        if look.ground:
            _fill(painter, box, inner, look, self._size)
        line = inner if not look.sub else inner.adjusted(0, 0, 0, -now.px(18))
        if icon:
            _icon(painter, QRectF(line.left(), line.center().y() - icon / 2, icon, icon), look)
        after = inner.left() + (icon + now.px(GAP) if icon else 0)
        _words(painter, QRectF(after, line.top(), inner.right() - after, line.height()), look, self._size)
        if look.sub:
            below = QRectF(after, line.bottom() - now.px(8), inner.right() - after, now.px(20))
            _words(painter, below, Look(look.sub, colour="text3", right=look.right), "label")


def _fill(painter: QPainter, box: QRectF, inner: QRectF, look: Look, size: str) -> None:
    now = style.current()
    width = now.px(ICON + GAP) + _measure(look.text, look.bold, size) + now.px(10)
    ground = QRectF(inner.left() - now.px(5), box.top() + now.px(3), width, box.height() - now.px(6))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(now.qcolor(look.ground))
    painter.drawRoundedRect(ground, 5, 5)


def _icon(painter: QPainter, box: QRectF, look: Look) -> None:
    icons.paint(painter, box, look.icon, look.colour if look.colour != "text" else "text2")


def _words(painter: QPainter, box: QRectF, look: Look, size: str) -> None:
    painter.setFont(_font(look.bold, size))
    painter.setPen(style.current().qcolor(look.ink or look.colour))
    side = Qt.AlignmentFlag.AlignRight if look.right else Qt.AlignmentFlag.AlignLeft
    text = _metrics(look.bold, size).elidedText(look.text, Qt.TextElideMode.ElideRight, box.width() + 1)
    painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, text)
    if look.struck:
        wide = _metrics(look.bold, size).horizontalAdvance(text)
        left = box.right() - wide if look.right else box.left()
        painter.drawLine(QPointF(left, box.center().y() + 1), QPointF(left + wide, box.center().y() + 1))


def _font(bold: bool, size: str) -> QFont:
    return _face(bold, style.current().px(getattr(style.current(), size)))[0]


@cache
def _face(bold: bool, pixels: int) -> tuple[QFont, QFontMetricsF]:
    font = style.font(style.current())
    font.setPixelSize(pixels)
    font.setBold(bold)
    return font, QFontMetricsF(font)


def _metrics(bold: bool, size: str) -> QFontMetricsF:
    return _face(bold, style.current().px(getattr(style.current(), size)))[1]


def _measure(text: str, bold: bool, size: str) -> float:
    return _metrics(bold, size).horizontalAdvance(text) if text else 0.0
