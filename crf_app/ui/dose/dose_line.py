"""A dose on "my day": since when it runs, what limits it, which observation comes; Enter goes there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from crf_app.actions.dose.administration import ClockView, PromptView
from crf_app.actions.dose.doses_now import DoseNow
from crf_app.ui import words
from crf_app.ui.dose.dose_timer import span_words
from crf_app.ui.widgets.running_lines import RunningLine, moment_words


class DoseLine(RunningLine):
    """One dose of one subject."""

    def __init__(self, one: DoseNow, go: Callable[[], object]) -> None:
        super().__init__(f"dose_{one.label}_{one.key.event_oid}", go)
        self.dose = one

    def tick(self, now: datetime) -> None:
        one, dose = self.dose, self.dose.dose
        key = "dose.title" if dose.number else "dose.title_plain"
        name = words.say(key, form=words.pick(one.name), number=dose.number, planned=dose.planned)
        parts = [self._since(now)]
        if one.limit is not None:
            parts.append(_limit(one.limit, now))
        if one.next is not None and one.next.due is not None:
            parts.append(_coming(one.next, one.next.due, now))
        self.say(
            f"{one.label} {name}", words.say("my_day.and").join(filter(None, parts)), late=one.due <= now
        )

    def _since(self, now: datetime) -> str:
        dose = self.dose.dose
        if dose.ended is not None:
            return words.say("my_day.dose_ended", time=moment_words(dose.ended, now))
        if dose.paused_since is not None:
            return words.say("my_day.dose_paused", time=moment_words(dose.paused_since, now))
        if dose.started is not None:
            return words.say("my_day.dose_runs", time=moment_words(dose.started, now))
        return words.say("my_day.dose_waits")


def _limit(limit: ClockView, now: datetime) -> str:
    key = "my_day.limit_over" if limit.until <= now else "my_day.limit"
    return words.say(
        key, name=words.pick(limit.name), left=span_words(abs(limit.until - now)),
        time=moment_words(limit.until, now),
    )  # fmt: skip


def _coming(prompt: PromptView, due: datetime, now: datetime) -> str:
    key = "my_day.prompt_late" if due <= now else "my_day.prompt"
    return words.say(
        key, name=words.pick(prompt.name), left=span_words(abs(due - now)), time=moment_words(due, now)
    )
