"""A report that is due: since when its clock runs, until when, how much is left; Enter opens its row.

Used at the head of a log and on "my day".  Nothing runs here but the words: they are said anew from the
stored moment, twice a minute while they can be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QPushButton, QWidget

from crf_app.actions.clocks import RunningClock
from crf_app.model.clock import Clock
from crf_app.ui import icons, style, words
from crf_app.ui.dose_timer import span_words
from crf_app.ui.page import Speaking
from crf_app.ui.parts import button, clear, column, label, picture, row, rule
from crf_app.ui.visit_words import short_date

#: the words say minutes; twice as often is exact enough
TICK_MS = 30_000


class ReportClock(QWidget):
    """One clock in a line: icon, words, button.  `subject`: its number, where many are shown."""

    def __init__(self, one: RunningClock, go: Callable[[], object], subject: str = "") -> None:
        super().__init__()
        self.clock, self._subject = one, subject
        self.mark = picture("clock", "soft", 20)
        self.title, self.said = label("", "value", wrap=True), label("", "small", "soft", wrap=True)
        self.button: QPushButton = button("", clicked=go)
        self.button.setObjectName(f"report_{one.part}")
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
        one, left = self.clock, self.clock.left(now)
        late = left <= timedelta(0)
        name = words.say("report.name", name=words.pick(one.name), n=one.n)
        self.title.setText(" ".join(filter(None, (self._subject, name))))
        said = words.say(
            "report.late" if late else "report.left",
            left=span_words(abs(left)),
            due=_moment(one.due, now),
            since=_moment(one.since, now),
            hours=one.hours,
        )
        self.said.setText(said)
        style.set_state(self.said, "hard" if late else "soft")
        self.mark.setPixmap(icons.pixmap("late" if late else "clock", "hard" if late else "soft", 20))
        self.button.setText(words.say("report.open"))
        self.button.setAccessibleName(words.say("report.open_name", name=self.title.text(), said=said))


class ReportClocks(Speaking):
    """The clocks that run, the one that is due first on top; hidden where none does."""

    def __init__(self, clock: Clock, go: Callable[[RunningClock], object]) -> None:
        super().__init__()
        self._clock, self._go = clock, go
        self._shown: list[tuple[str, RunningClock]] | None = None
        self.lines: list[ReportClock] = []
        self._box = column(0)
        self.setLayout(self._box)
        self.timer = QTimer(self)
        self.timer.setInterval(TICK_MS)
        self.timer.timeout.connect(self.tick)
        self.hide()

    def show_clocks(self, some: Sequence[tuple[str, RunningClock]]) -> None:
        """These, each with the number of its subject, "" where it is known; the same ones keep the cursor."""
        if list(some) != self._shown:
            self._shown = list(some)
            clear(self._box)
            self.lines = [ReportClock(one, lambda one=one: self._go(one), of) for of, one in some]  # type: ignore[misc]
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


def _moment(at: datetime, now: datetime) -> str:
    """The time by the clock on the wall, "13:05"; with its date where that is not today."""
    if at.date() == now.date():
        return f"{at:%H:%M}"
    return words.say("my_day.date_at", date=short_date(at.date(), now.date()), time=f"{at:%H:%M}")
