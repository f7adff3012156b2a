"""Is the computer's clock honest?  Order never depends on it; that it jumped is recorded and said.

Three looks, each before a record is stored: does the wall clock go as the monotonic clock does since the look
before; is it behind the last record of this device; is it behind a time that central signed.  A zone that
changes is no jump, for all times are compared as UTC.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from crf_app.crypto.canonical import canonical
from crf_app.model.clock import Clock, utc_text
from crf_app.model.record import ChainIdentity, Draft
from crf_app.store import reads

KIND: Final = "clock.jump"
#: wall clock and monotonic clock may part by this much between two looks
DRIFT: Final = timedelta(seconds=2)
#: central's clock and this one may differ by this much
APART: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Jump:
    """`expected` and `found` are UTC (`YYYY-MM-DDThh:mm:ss.mmmZ`); `source`: monotonic, ledger, receipt."""

    expected: str
    found: str
    source: str
    at_seq: int = 0  # where it stands in the ledger; 0 before it is stored

    @property
    def span(self) -> timedelta:
        """Forward is positive."""
        return _moment(self.found) - _moment(self.expected)

    def draft(self) -> Draft:
        said = {"expected": self.expected, "found": self.found, "source": self.source}
        return Draft(KIND, value=canonical(said).decode())


class ClockWatch:
    """Looks at one session's clock; `last_at` is the time of this device's last record, empty for none."""

    def __init__(self, clock: Clock, last_at: str) -> None:
        self._clock = clock
        self._last_at = last_at
        self._wall, self._mono = _utc(clock), clock.monotonic()

    def look(self) -> list[Jump]:
        """What is new since the look before."""
        wall, mono = _utc(self._clock), self._clock.monotonic()
        should = self._wall + timedelta(seconds=mono - self._mono)
        self._wall, self._mono = wall, mono
        found = []
        if self._last_at and wall < _moment(self._last_at) - DRIFT:
            found.append(Jump(self._last_at, utc_text(wall), "ledger"))
        elif abs(wall - should) > DRIFT:
            found.append(Jump(utc_text(should), utc_text(wall), "monotonic"))
        self._last_at = ""  # asked once: behind its own first record the session's clock goes on
        return found


def behind_central(clock: Clock, issued_at: str) -> Jump | None:
    """Central signed something at a time that is still to come here."""
    now = _utc(clock)
    return Jump(issued_at, utc_text(now), "receipt") if _moment(issued_at) - now > APART else None


def jumps(conn: Any, identity: ChainIdentity) -> list[Jump]:
    """Every jump that this device's chain holds, the last one first."""
    out = []
    for seq, record in reversed(reads.own_of_kind(conn, identity, KIND)):
        said = json.loads(record.value or "{}")
        out.append(Jump(said["expected"], said["found"], said["source"], seq))
    return out


def _utc(clock: Clock) -> datetime:
    """As UTC: times of one zone are subtracted by the hands of the clock, which lose an hour in autumn."""
    return clock.now().astimezone(UTC)


def _moment(at: str) -> datetime:
    return datetime.fromisoformat(at.replace("Z", "+00:00"))
