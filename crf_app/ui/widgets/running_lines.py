"""What runs against time, each in a line: icon, whose and what, how much is left, and the way there.

Used for reports (`report_clock.py`) and doses (`dose_line.py`).  Nothing runs here but the words: they are
said anew from the stored moment, twice a minute while they can be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QPushButton, QWidget

from crf_app.model.clock import Clock
from crf_app.ui import icons, style, words
from crf_app.ui.casebook.visit_words import short_date
from crf_app.ui.page import Speaking
from crf_app.ui.widgets.parts import button, clear, column, label, picture, row, rule

#: the words say minutes; twice as often is exact enough
TICK_MS = 30_000


class RunningLine(QWidget):
    """One thing that runs; subclasses say it in `tick`."""

    def __init__(self, name: str, go: Callable[[], object]) -> None:
        super().__init__()
        self.mark = picture("clock", "soft", 20)
        self.title, self.said = label("", "value", wrap=True), label("", "small", "soft", wrap=True)
        self.button: QPushButton = button("", clicked=go)
        self.button.setObjectName(name)
        lines, line = column(2), row(12)
        lines.addWidget(self.title)
        lines.addWidget(self.said)
        line.setContentsMargins(0, style.current().px(8), 0, style.current().px(8))
        line.addWidget(self.mark)
        line.addLayout(lines, 1)
        line.addWidget(self.button)
        self.setLayout(line)

    def tick(self, now: datetime) -> None:
        """Say what is left now."""
        raise NotImplementedError

    def say(self, title: str, said: str, *, late: bool) -> None:
        """`late`: the moment has passed."""
        self.title.setText(title)
        self.said.setText(said)
        style.set_state(self.said, "hard" if late else "soft")
        self.mark.setPixmap(icons.pixmap("late" if late else "clock", "hard" if late else "soft", 20))
        self.button.setText(words.say("report.open"))
        self.button.setAccessibleName(words.say("report.open_name", name=title, said=said))


class RunningLines(Speaking):
    """What runs, what is due first on top; hidden where nothing does.  `make` makes the line of one."""

    def __init__(self, clock: Clock, make: Callable[[Any], RunningLine]) -> None:
        super().__init__()
        self._clock, self._make = clock, make
        self._shown: list[Any] | None = None
        self.lines: list[RunningLine] = []
        self._box = column(0)
        self.setLayout(self._box)
        self.timer = QTimer(self)
        self.timer.setInterval(TICK_MS)
        self.timer.timeout.connect(self.tick)
        self.hide()

    def show_all(self, some: Sequence[Any]) -> None:
        """These; the same ones keep the cursor."""
        if list(some) != self._shown:
            self._shown = list(some)
            clear(self._box)
            self.lines = [self._make(one) for one in some]
            for number, line in enumerate(self.lines):
                if number:
                    self._box.addWidget(rule())
                self._box.addWidget(line)
        self.tick()
        self.setVisible(bool(some))

    def tick(self) -> None:
        """Say the time that is left."""
        now = self._clock.now()
        for line in self.lines:
            line.tick(now)

    def retranslate(self) -> None:
        super().retranslate()
        self.tick()

    def showEvent(self, event: QShowEvent, /) -> None:
        super().showEvent(event)
        self.tick()
        self.timer.start()

    def hideEvent(self, event: QHideEvent, /) -> None:
        self.timer.stop()
        super().hideEvent(event)


def moment_words(at: datetime, now: datetime) -> str:
    """The time by the clock on the wall, "13:05"; with its date where that is not today."""
    if at.date() == now.date():
        return f"{at:%H:%M}"
    return words.say("my_day.date_at", date=short_date(at.date(), now.date()), time=f"{at:%H:%M}")
