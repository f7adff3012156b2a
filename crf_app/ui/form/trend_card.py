"""The upper part of the form page's panel: name and unit of the field, its trend, what the signs mean.

The plot is a place of its own: F6 goes to it, the arrow keys go from value to value, Enter opens all results
of the subject, Esc goes back to the field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from crf_app.actions.trends import trend
from crf_app.model.number_text import is_number
from crf_app.model.plot import drop
from crf_app.model.plot_parts import Picture
from crf_app.model.trend import Tone, Trend
from crf_app.ui import style
from crf_app.ui.plots import plot_words
from crf_app.ui.plots.plot_paint import paint_picture
from crf_app.ui.plots.plot_widget import PlotWidget
from crf_app.ui.widgets.parts import column, label
from crf_app.ui.widgets.row_paint import draw, metrics_at
from crf_app.ui.words import say

if TYPE_CHECKING:
    from crf_app.actions.form_page import Line
    from crf_app.actions.session import Session


class TrendCard(QWidget):
    """Plot and legend of one item; hidden for what is no number or has no value anywhere."""

    def __init__(self, session: Session, back: Callable[[], object], opened: Callable[[], object]) -> None:
        super().__init__()
        self._session = session
        self.trend: Trend | None = None
        self.plot, self.legend = PlotWidget(), Legend()
        self.plot.setObjectName("trend_plot")
        self.hint = label("", "hint", wrap=True)
        self.plot.left.connect(lambda: back())
        self.plot.opened.connect(lambda: opened())
        self.plot.marked.connect(self._say_marked)
        box = column(2)
        for part in (self.plot, self.legend, self.hint):
            box.addWidget(part)
        self.setLayout(box)
        self.hint.hide()

    def show_line(self, line: Line) -> None:
        """Read the trend of the line's item over all visits."""
        self.trend = None
        if is_number(line.state.item):
            tone: Tone = "soft" if line.status == "soft" else "hard" if line.status == "hard" else ""
            self.trend = replace(trend(self._session, line.key), tone=tone)
        there = self.trend is not None and bool(self.trend.points)
        self.setVisible(there)
        self.plot.show_trend(self.trend if there else None)
        self.legend.show_trend(self.trend if there else None)

    def times_of(self, event: str) -> str:
        """`1.2 ×`: how many times the limit the value of a visit is."""
        points = self.trend.points if self.trend is not None else ()
        times = next((one.times for one in points if one.event == event), "")
        return f"{times} ×" if times else ""

    def take_focus(self) -> bool:
        """The cursor to the plot; False where there is none."""
        if self.trend is None or not self.trend.points:
            return False
        self.plot.setFocus()
        return True

    def _say_marked(self, words: str) -> None:
        self.hint.setText(f"{words}\n{say('plots.keys')}" if words else "")
        self.hint.setVisible(bool(words))


class Legend(QWidget):
    """The sign of a dose and the ground of the reference range, each with its word."""

    def __init__(self) -> None:
        super().__init__()
        self._trend: Trend | None = None

    def show_trend(self, trend: Trend | None) -> None:
        self._trend = trend
        self.setAccessibleName("")  # the plot's description says both
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        now = style.current()
        entries = self._entries()
        width = sum(metrics_at(12).horizontalAdvance(words) + now.px(36) for _, words in entries)
        return QSize(width, now.px(20) if entries else 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def _entries(self) -> list[tuple[str, str]]:
        if self._trend is None:
            return []
        out = [("dose", plot_words.dose_words(self._trend))] if self._trend.doses else []
        if any(one.low is not None or one.high is not None for one in self._trend.points):
            out.append(("band", say("plots.reference")))
        return out

    def paintEvent(self, event: QPaintEvent, /) -> None:
        now, painter, x = style.current(), QPainter(self), 0
        middle = self.height() / 2
        for kind, words in self._entries():
            if kind == "dose":
                paint_picture(painter, Picture(12, 12, (drop(6, 0),)), x, middle)
            else:
                painter.fillRect(QRectF(x, middle - now.px(4), now.px(16), now.px(8)), now.qcolor("band"))
            left = x + now.px(14 if kind == "dose" else 21)
            width = metrics_at(12).horizontalAdvance(words)
            place = self.rect().adjusted(left, 0, 0, 0)
            draw(painter, place, words, pixels=12)
            x = left + width + now.px(16)
        painter.end()
