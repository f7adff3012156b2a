"""A log over the study days in the window: bars, doses, other logs; the same said in words.

`show` takes what `actions/time_line.py` read.  Up and Down go from row to row and say it, Enter or a click
opens it (a row of another log is only said).  The picture is laid out anew for each width, never stretched.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from crf_app.model.time_line import LaidOut, Span, TimeLine, height_of, lay_out
from crf_app.ui import style
from crf_app.ui.page import Speaking
from crf_app.ui.plots.plot_paint import paint_picture
from crf_app.ui.widgets.parts import column, label
from crf_app.ui.words import say

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_WIDTH = 240


class TimeLinePlot(QWidget):
    """The picture; `opened` with the group part of a row, `marked` with the words of the marked one."""

    opened = Signal(str)
    marked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line: TimeLine | None = None
        self.at = -1
        self._laid: tuple[tuple[int, float], LaidOut] | None = None
        self.setObjectName("time_line")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_line(self, line: TimeLine) -> None:
        """Another log, or the same one after a commit."""
        self.line, self._laid = line, None
        self.at = min(self.at, len(line.lines) - 1)
        self.updateGeometry()
        self.update()

    @property
    def laid_out(self) -> LaidOut | None:
        """The time line for the width of now, at 100 %."""
        if self.line is None:
            return None
        size = (self.width(), style.current().scale)
        if self._laid is None or self._laid[0] != size:
            self._laid = (size, lay_out(self.line, self.width() / size[1]))
        return self._laid[1]

    def words(self) -> str:
        """The marked row in words; "" without one."""
        if self.line is None or not 0 <= self.at < len(self.line.lines):
            return ""
        return span_words(self.line, self.line.lines[self.at])

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        now = style.current()
        high = height_of(self.line) if self.line is not None else 0.0
        return QSize(now.px(_WIDTH), round(high * now.scale))

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        key, rows = Qt.Key(event.key()), self.line.lines if self.line is not None else ()
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier or not rows:
            super().keyPressEvent(event)
        elif key in _STEPS:
            self._mark(min(max(self.at + _STEPS[key], 0), len(rows) - 1))
        elif key in _ENTER and self.at >= 0:
            self.opened.emit(rows[self.at].part)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent, /) -> None:
        laid, y = self.laid_out, event.position().y() / style.current().scale
        for at, place in enumerate(laid.places if laid is not None else ()):
            if place.top <= y < place.bottom:
                self._mark(at)
                self.opened.emit(place.part)
                return
        super().mouseReleaseEvent(event)

    def _mark(self, at: int) -> None:
        self.at = at
        self.setAccessibleDescription(self.words())
        self.marked.emit(self.words())
        self.update()

    def focusInEvent(self, event: QFocusEvent, /) -> None:
        super().focusInEvent(event)
        if self.at < 0 and self.line is not None and self.line.lines:
            self._mark(0)
        self.update()

    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        super().focusOutEvent(event)
        self.at = -1
        self.marked.emit("")
        self.update()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        laid = self.laid_out
        if laid is None:
            return
        now, painter = style.current(), QPainter(self)
        if 0 <= self.at < len(laid.places):
            place = laid.places[self.at]
            high = place.bottom - place.top
            box = QRectF(0, place.top * now.scale, self.width(), high * now.scale)
            painter.fillRect(box, now.qcolor("accent_soft"))
        paint_picture(painter, laid.picture)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(now.qcolor("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
        painter.end()


class TimeLineCard(Speaking):
    """Title, picture, and what it shows in words; rows of another log are said, not opened."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = ""
        self._open: Callable[[str], object] | None = None
        self.title, self.plot = label("", "card"), TimeLinePlot()
        self.said = label("", "hint", wrap=True)
        self.plot.opened.connect(self._opened)
        self.plot.marked.connect(self._say)
        now, box = style.current(), column(4)
        box.setContentsMargins(now.px(16), now.px(8), now.px(16), now.px(8))
        for part in (self.title, self.plot, self.said):
            box.addWidget(part)
        self.setLayout(box)
        self.hide()

    def show_line(self, line: TimeLine | None, form: str, opened: Callable[[str], object]) -> None:
        """The time line of the log called `form`, hidden where there is none; `opened(part)` of its rows."""
        self._form, self._open = form, opened
        self.setVisible(line is not None)
        if line is None:
            return
        self.plot.show_line(line)
        self.plot.setVisible(bool(line.lines or line.doses))
        self._say("")

    def empty(self) -> None:
        """The record was left: nothing of it stays."""
        self.plot.line, self._open = None, None
        self.hide()

    def _opened(self, part: str) -> None:
        own = {one.part for one in self.plot.line.own} if self.plot.line is not None else set()
        if self._open is not None and part in own:
            self._open(part)

    def _say(self, marked: str) -> None:
        line = self.plot.line
        if line is None:
            return
        self.title.setText(say("time_line.title"))
        self.plot.setAccessibleName(say("time_line.name", form=self._form))
        self.said.setText(f"{marked}\n{say('time_line.keys')}" if marked else in_short(line))
        if not marked:
            self.plot.setAccessibleDescription(in_words(line))


def in_short(line: TimeLine) -> str:
    """How many rows, how many go on, what is left out: one line under the picture."""
    own = line.own
    parts = [say("time_line.rows", n=len(own)) if own else say("time_line.none")]
    going = sum(one.ongoing and one.last is None for one in own)
    counts = (
        ("ongoing", going),
        ("undated", line.undated),
        ("beside", len(line.beside)),
        ("more", line.more),
    )
    parts += [say(f"time_line.{key}", n=n) for key, n in counts if n]
    return "·".join(parts)


def in_words(line: TimeLine) -> str:
    """Everything that the picture shows, in words."""
    parts = [in_short(line)]
    if line.doses:
        days = ", ".join(_day(line, day) for day in line.doses)
        parts.append(say("time_line.doses", name=line.dose_name, days=days))
    return "; ".join([*parts, *(span_words(line, one) for one in line.lines)])


def span_words(line: TimeLine, span: Span) -> str:
    """One row: its name, from when to when."""
    first = _day(line, span.first)
    if span.vague:
        first = say("time_line.about", day=first)
    if span.last is None:
        said = say("time_line.until_now" if span.ongoing else "time_line.no_end", name=span.name, first=first)
    elif span.last == span.first:
        said = say("time_line.one_day", name=span.name, first=first)
    else:
        said = say("time_line.span", name=span.name, first=first, last=_day(line, span.last))
    return say("time_line.waits", span=said) if span.waits else said


def _day(line: TimeLine, day: date) -> str:
    """ "day 29"; a date while day 1 is not known, and of a day before those that are shown."""
    number = line.number(day) if day >= line.range[0] else None
    return day.isoformat() if number is None else say("time_line.day", n=number)
