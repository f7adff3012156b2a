"""What must not be forgotten while the screen is locked: observations and reports of the open subject.

The subject's number and what is due, nothing of the data.  Read from stored answers when the screen locks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crf_app.actions.clocks import running_clocks
from crf_app.actions.dose.administration import prompts_due
from crf_app.actions.subjects import label_of
from crf_app.ui import words
from crf_app.ui.dose.dose_timer import span_words

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


def cover_lines(window: MainWindow) -> list[str]:
    """One line for each, what is late first; none while no subject is open."""
    uid = window.shell.header.subject if window.shell is not None else ""
    if not uid:
        return []
    session, now = window.session, window.clock.now()
    label = label_of(session, uid)
    lines = [
        words.say("cover.prompt", label=label, name=words.pick(one.name), time=f"{one.due:%H:%M}")
        for _, one in prompts_due(session, uid)
    ]
    for clock in running_clocks(session, uid):
        left, until = clock.left(now), f"{clock.due:%Y-%m-%d %H:%M}"
        key = "cover.report" if left > timedelta(0) else "cover.report_late"
        lines.append(
            words.say(key, label=label, name=words.pick(clock.name), left=span_words(abs(left)), time=until)
        )
    return lines
