"""One plot of the window.  The arrow keys move a marker from value to value and say day and number.

What a plot shows is also its description in words, so that nobody needs to see it; Enter opens what stands
behind it.  The picture is laid out anew for each size, never stretched.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from crf_app.model.plot import Axes, lay_out
from crf_app.model.plot_parts import Picture
from crf_app.model.trend import Trend
from crf_app.ui import style
from crf_app.ui.plots import plot_words
from crf_app.ui.plots.plot_paint import paint_picture
from crf_app.ui.widgets.row_paint import font_at, metrics_at

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class PlotWidget(QWidget):
    """Shows one trend; `opened` by Enter or a click, `left` by Esc, `marked` with the words of the marker."""

    opened = Signal()
    left = Signal()
    marked = Signal(str)

    def __init__(self, height: int = 156, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.trend: Trend | None = None
        self._axes: Axes | None = None
        self._picture: tuple[tuple[int, int, float], Picture] | None = None
        self._height, self.at = height, -1
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_trend(self, trend: Trend | None, axes: Axes | None = None) -> None:
        """Another trend; `axes` of several plots that are compared."""
        self.trend, self._axes, self._picture, self.at = trend, axes, None, -1
        self.say()
        self.update()

    def say(self) -> None:
        """Name and description in the language on screen."""
        if self.trend is None:
            return
        self.setAccessibleName(plot_words.name_of(self.trend))
        self.setAccessibleDescription(plot_words.description_of(self.trend))

    @property
    def picture(self) -> Picture | None:
        """The trend laid out for the size of now."""
        if self.trend is None:
            return None
        scale = style.current().scale
        size = (self.width(), self.height(), scale)
        if self._picture is None or self._picture[0] != size:
            made = lay_out(self.trend, self.width() / scale, self.height() / scale, axes=self._axes)
            self._picture = (size, made)
        return self._picture[1]

    def sizeHint(self) -> QSize:
        now = style.current()
        return QSize(now.px(200), now.px(self._height))

    def minimumSizeHint(self) -> QSize:
        now = style.current()
        return QSize(now.px(120), now.px(self._height))

    def words(self) -> str:
        """What the marker stands on; "" without one."""
        if self.trend is None or not 0 <= self.at < len(self.trend.points):
            return ""
        return plot_words.point_words(self.trend, self.trend.points[self.at])

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        key, last = Qt.Key(event.key()), len(self.trend.points) - 1 if self.trend is not None else -1
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif key in _STEPS and last >= 0:
            self._mark(last if self.at < 0 else min(max(self.at + _STEPS[key], 0), last))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and last >= 0:
            self._mark(0 if key == Qt.Key.Key_Home else last)
        elif key in _ENTER:
            self.opened.emit()
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _mark(self, place: int) -> None:
        self.at = place
        self.setAccessibleDescription(self.words())
        self.marked.emit(self.words())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent, /) -> None:
        """A click marks the value that is nearest."""
        picture = self.picture
        if picture is not None and picture.spots:
            x = event.position().x() / style.current().scale
            self._mark(min(picture.spots, key=lambda spot: abs(spot.x - x)).index)
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent, /) -> None:
        self.opened.emit()

    def focusInEvent(self, event: QFocusEvent, /) -> None:
        super().focusInEvent(event)
        if self.at < 0 and self.trend is not None and self.trend.points:
            self._mark(self.trend.loud)
        self.update()

    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        super().focusOutEvent(event)
        self.at = -1
        self.say()
        self.marked.emit("")
        self.update()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        picture = self.picture
        if picture is None:
            return
        painter = QPainter(self)
        paint_picture(painter, picture)
        self._paint_marker(painter, picture)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(style.current().qcolor("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
        painter.end()

    def _paint_marker(self, painter: QPainter, picture: Picture) -> None:
        """A ring round the value, and day and number where they do not cover it."""
        if not 0 <= self.at < len(picture.spots):
            return
        now, spot, words = style.current(), picture.spots[self.at], self._marker_words()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(now.qcolor("accent"), 2))
        painter.drawEllipse(QPointF(spot.x * now.scale, spot.y * now.scale), now.px(7), now.px(7))
        width = metrics_at(12, bold=True).horizontalAdvance(words) + now.px(10)
        x = min(max(spot.x * now.scale - width / 2, 2), self.width() - width - 2)
        above = spot.y * now.scale > self.height() / 2
        y = spot.y * now.scale + (-now.px(30) if above else now.px(11))
        box = QRectF(x, y, width, now.px(19))
        painter.setPen(QPen(now.qcolor("control"), 1))
        painter.setBrush(now.qcolor("surface"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(now.qcolor("text"))
        painter.setFont(font_at(12, bold=True))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _marker_words(self) -> str:
        assert self.trend is not None
        one = self.trend.points[self.at]
        return f"{plot_words.when(self.trend, one)}  {one.words}"
