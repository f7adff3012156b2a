"""Time as the program sees it.  Order never depends on it; a fake clock is the only fake in the tests."""

from __future__ import annotations

import sys
import time
from datetime import UTC, date, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Local time with its offset."""

    def monotonic(self) -> float:
        """Seconds that never run backwards while the machine is up."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now().astimezone()

    def monotonic(self) -> float:
        """Where the system has such a clock, time goes on while the computer sleeps."""
        if sys.platform == "linux":
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        return time.monotonic()


def utc_text(moment: datetime) -> str:
    """`YYYY-MM-DDThh:mm:ss.mmmZ`, the spelling of every `at`."""
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


def offset_text(moment: datetime) -> str:
    """`+08:00`, the local offset of `moment`."""
    seconds = int((moment.utcoffset() or UTC.utcoffset(None)).total_seconds())
    sign = "-" if seconds < 0 else "+"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{sign}{hours:02d}:{minutes:02d}"


def local_text(at: str, offset: str) -> str:
    """A record's time as the person saw it: `2026-10-06 14:02:31 +08:00`."""
    moment = datetime.fromisoformat(at.replace("Z", "+00:00"))
    local = moment.astimezone(datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo)
    return f"{local:%Y-%m-%d %H:%M:%S} {offset}"


def today(clock: Clock) -> date:
    return clock.now().date()
