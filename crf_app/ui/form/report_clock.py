"""A report that is due: since when its clock runs, until when, how much is left; Enter opens its row.

Used at the head of a log and on "my day".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from crf_app.actions.clocks import RunningClock
from crf_app.ui import words
from crf_app.ui.dose.dose_timer import span_words
from crf_app.ui.widgets.running_lines import RunningLine, moment_words


class ReportClock(RunningLine):
    """One clock in a line.  `subject`: its number, where many are shown."""

    def __init__(self, one: RunningClock, go: Callable[[], object], subject: str = "") -> None:
        super().__init__(f"report_{one.part}", go)
        self.clock, self._subject = one, subject

    def tick(self, now: datetime) -> None:
        one, left = self.clock, self.clock.left(now)
        late = left <= timedelta(0)
        name = words.say("report.name", name=words.pick(one.name), n=one.n)
        said = words.say(
            "report.late" if late else "report.left",
            left=span_words(abs(left)),
            due=moment_words(one.due, now),
            since=moment_words(one.since, now),
            hours=one.hours,
        )
        self.say(" ".join(filter(None, (self._subject, name))), said, late=late)
