"""The window of a visit as a bar: span allowed, planned tick, real day.

One paint function, used by the casebook's head; colour never stands alone: the day is written above.
"""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from crf_app.model.schedule import Window
from crf_app.ui import style

_EDGE = 0.22  # part of the bar before and after the window


def paint_bar(painter: QPainter, box: QRectF, window: Window) -> None:
    """Draw the bar into `box`; nothing when the visit has no plan."""
    if window.earliest is None or window.latest is None:
        return
    now = style.current()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(now.qcolor("line"))
    thick = now.px(4)
    painter.drawRoundedRect(QRectF(box.left(), box.center().y() - thick / 2, box.width(), thick), 2, 2)
    left, right = _at(box, window, window.earliest), _at(box, window, window.latest)
    thick = now.px(6)
    painter.setBrush(_span_colour(window))
    width = max(right - left, now.px(4))
    painter.drawRoundedRect(QRectF(left, box.center().y() - thick / 2, width, thick), 3, 3)
    if window.planned is not None:
        x = _at(box, window, window.planned)
        painter.setPen(QPen(now.qcolor("text2"), 2))
        painter.drawLine(QPointF(x, box.center().y() - now.px(5)), QPointF(x, box.center().y() + now.px(5)))
    if window.actual is not None:
        painter.setPen(QPen(now.qcolor("surface"), 1))
        painter.setBrush(now.qcolor("ok" if window.outside_days == 0 else "soft"))
        painter.drawEllipse(QPointF(_at(box, window, window.actual), box.center().y()), now.px(5), now.px(5))


def _span_colour(window: Window) -> QColor:
    names = {"in": "ok", "due": "accent", "late": "soft", "early": "soft", "overdue": "soft"}
    colour = style.current().qcolor(names.get(window.state, "quiet"))
    colour.setAlpha(110)
    return colour


def _at(box: QRectF, window: Window, day: date) -> float:
    """Where a date lies: the window takes the middle of the bar, days outside it are cut at the ends."""
    assert window.earliest is not None and window.latest is not None
    days = max((window.latest - window.earliest).days, 1)
    part = _EDGE + (1 - 2 * _EDGE) * (day - window.earliest).days / days
    if window.earliest == window.latest:
        part = 0.5 + 0.1 * (day - window.earliest).days
    return box.left() + box.width() * min(max(part, 0.03), 0.97)
