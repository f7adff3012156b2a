"""One visit of "my day" as a row: whose, which, what is left, how the window lies, one button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from crf_app.actions.visits_due import DueVisit
from crf_app.model.clock import Clock
from crf_app.ui import style, words
from crf_app.ui.casebook.window_bar import paint_bar
from crf_app.ui.day.day_words import act_of, moment_of_today, visit_name, what_is_left, window_words
from crf_app.ui.widgets.parts import button, column, label, picture, row

_BAR = QSize(104, 16)


class DayBar(QWidget):
    """The window of a visit with the day that it is."""

    def __init__(self, one: DueVisit) -> None:
        super().__init__()
        late = max(one.late, 0)
        day = one.window.actual or one.today
        self._window = replace(one.window, actual=day, outside_days=one.window.outside_days or late)
        self.setFixedSize(style.current().px(_BAR.width()), style.current().px(_BAR.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = style.current().px(6)  # the dot of a day outside the window stays whole
        paint_bar(painter, QRectF(self.rect()).adjusted(edge, 0, -edge, 0), self._window)
        painter.end()


class VisitRow(QWidget):
    """`tall`: a row of today, with the time of the last answer and the window in words."""

    def __init__(
        self, one: DueVisit, clock: Clock, act: Callable[[DueVisit], object], *, tall: bool, primary: bool
    ) -> None:
        super().__init__()
        self.visit = one
        now, name, left = style.current(), visit_name(one), what_is_left(one)
        said = act_of(one)
        self.button = button(said, "primary" if primary else "", clicked=lambda: act(one))
        self.button.setObjectName(f"open_{one.label}_{one.event.oid}")
        self.button.setAccessibleName(
            words.say("my_day.row_name", act=said, label=one.label, visit=name, left=left)
        )
        self.button.setAccessibleDescription(window_words(one))
        self.button.setMinimumWidth(now.px(96 if tall else 88))
        self.button.setMinimumHeight(now.px(now.button if tall else 40))
        box: QBoxLayout = row(12 if now.compact else 16)
        box.setContentsMargins(0, now.px(12 if tall else 8), 0, now.px(12 if tall else 8))
        self.setLayout(box)
        if tall and not now.compact:
            box.addWidget(_fixed(label(moment_of_today(clock, one.last_at), "when"), 48))
        elif not now.compact:
            late = one.group == "overdue"
            box.addWidget(picture("late" if late else "clock", "soft" if late else "text2", 20))
        box.addWidget(self._who(one, tall=tall))
        box.addLayout(self._what(name, left, overdue=one.group == "overdue"), 1)
        if not now.compact:
            box.addWidget(self._window(one, tall=tall))
        box.addWidget(self.button)

    def _who(self, one: DueVisit, *, tall: bool) -> QWidget:
        lines, number = column(2), label(one.label, "name" if tall else "card")
        lines.addWidget(number)
        if tall and (who := words.pick(one.who)):
            lines.addWidget(label(who, "small"))
        lines.addStretch(0)
        made = QWidget()
        made.setLayout(lines)
        return _fixed(made, max(120 if tall else 80, 0)) if not style.current().compact else made

    def _what(self, name: str, left: str, *, overdue: bool) -> QVBoxLayout:
        lines, title = column(2), label(name, "value", wrap=True)
        said = label(left, "small", "soft" if overdue else "", wrap=True)
        said.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        lines.addStretch(1)
        lines.addWidget(title)
        lines.addWidget(said)
        lines.addStretch(1)
        return lines

    def _window(self, one: DueVisit, *, tall: bool) -> QWidget:
        made, lines = QWidget(), column(4)
        made.setLayout(lines)
        lines.addStretch(1)
        if one.window.earliest is not None:
            lines.addWidget(DayBar(one), 0, Qt.AlignmentFlag.AlignLeft)
        if tall:
            lines.addWidget(label(window_words(one), "small"))
        lines.addStretch(1)
        return _fixed(made, 120 if tall else 104)


def _fixed(widget: QWidget, width: int) -> QWidget:
    """As wide as agreed, so that the columns of all rows stand under each other; wider for longer words."""
    widget.setMinimumWidth(style.current().px(width))
    widget.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
    return widget
