"""A jump of the computer's clock in words, in both languages: for the notice of the window."""

from __future__ import annotations

from datetime import datetime

from crf_app.actions.safekeeping.clock_watch import Jump
from crf_app.model.clock import Clock
from crf_app.ui import words


def jump_words(jump: Jump, clock: Clock) -> dict[str, str]:
    """What the clock shows and what was expected, by the clock on the wall."""
    return words.both(
        f"clock.jump_{jump.source}", found=_local(jump.found, clock), expected=_local(jump.expected, clock)
    )


def _local(at: str, clock: Clock) -> str:
    moment = datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(clock.now().tzinfo)
    return f"{moment:%Y-%m-%d %H:%M:%S}"
