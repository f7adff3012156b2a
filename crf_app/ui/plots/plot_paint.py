"""A laid-out picture on the screen: QPainter draws what `model/plot.py` placed, and decides nothing."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen, QPolygonF

from crf_app.model.plot_parts import Area, Dot, Part, Picture, Polyline, Words
from crf_app.ui import style

_ALIGN = {
    "left": Qt.AlignmentFlag.AlignLeft,
    "centre": Qt.AlignmentFlag.AlignHCenter,
    "right": Qt.AlignmentFlag.AlignRight,
}
_DASHES = [3.0, 2.5]
_ROOM = 400.0  # a line of words is never cut off by its own box


def paint_picture(painter: QPainter, picture: Picture, x: float = 0, y: float = 0) -> None:
    """Draw the picture with its upper left corner at x, y (pixels of the screen), at the user's scale."""
    painter.save()
    painter.translate(x, y)
    painter.scale(style.current().scale, style.current().scale)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for part in picture.parts:
        _paint(painter, part)
    painter.restore()


def _paint(painter: QPainter, part: Part) -> None:
    now = style.current()
    colour = now.qcolor(part.colour)
    if isinstance(part, Area):
        painter.fillRect(QRectF(part.x, part.y, part.width, part.height), colour)
    elif isinstance(part, Words):
        _write(painter, part)
    elif isinstance(part, Dot):
        painter.setPen(QPen(colour, 1.4) if part.hollow else Qt.PenStyle.NoPen)
        painter.setBrush(now.qcolor("surface") if part.hollow else colour)
        painter.drawEllipse(QPointF(part.x, part.y), part.radius, part.radius)
    else:
        _draw_line(painter, part)


def _draw_line(painter: QPainter, part: Polyline) -> None:
    pen = QPen(style.current().qcolor(part.colour), part.width)
    if part.dashed:
        pen.setDashPattern(_DASHES)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    places = QPolygonF([QPointF(x, y) for x, y in part.places])
    if part.closed:
        painter.drawPolygon(places)
    else:
        painter.drawPolyline(places)


def _write(painter: QPainter, part: Words) -> None:
    now = style.current()
    font = QFont(style.font(now))
    font.setPixelSize(round(part.size))
    font.setBold(part.bold)
    painter.setFont(font)
    painter.setPen(now.qcolor(part.colour))
    left = part.x - {"left": 0.0, "centre": _ROOM / 2, "right": _ROOM}[part.anchor]
    box = QRectF(left, part.y - part.size, _ROOM, 2 * part.size)
    painter.drawText(box, int(_ALIGN[part.anchor] | Qt.AlignmentFlag.AlignVCenter), part.text)
