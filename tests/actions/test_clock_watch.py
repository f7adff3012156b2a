"""The computer's clock: what order does not depend on, what jumps are recorded, what is no jump."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crf_app.actions.enter_data import enter_value
from crf_app.actions.safekeeping.clock_watch import behind_central, jumps
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.model.clock import SystemClock, local_text
from crf_app.store import ledger

CHINA = timezone(timedelta(hours=8))


class Shifted(SystemClock):
    """A computer's clock that a test sets: wall clock and monotonic clock each by itself."""

    def __init__(self, at: datetime) -> None:
        self.at, self.seconds = at, 1000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def computer() -> Shifted:
    return Shifted(datetime(2026, 11, 22, 17, 0, tzinfo=CHINA))


@pytest.fixture
def desk(home: Path, password: str, computer: Shifted) -> Iterator[Any]:
    """desk() signs the nurse in, and the one before out."""
    open_: list[Session] = []

    def signed_in() -> Session:
        while open_:
            sign_out(open_.pop())
        open_.append(sign_in(home, "nurse", password, computer))
        return open_[0]

    yield signed_in
    while open_:
        sign_out(open_.pop())


def put(session: Session, new_subject: Any) -> str:
    return str(new_subject(session))


def found(session: Session) -> list[tuple[str, float]]:
    return [(one.source, one.span.total_seconds()) for one in jumps(session.store.conn, session.identity)]


def test_time_that_passes_is_no_jump(desk: Any, computer: Shifted, new_subject: Any) -> None:
    session = desk()
    for seconds in (1, 3600, 86_400, 0.5):
        computer.passes(seconds)
        put(session, new_subject)
    assert found(session) == []


@pytest.mark.parametrize("span", [-3600, 7200, -3 * 365 * 86_400, 3 * 365 * 86_400, 2.5])
def test_a_clock_that_is_set_while_somebody_works_is_recorded_before_the_next_record(
    desk: Any, computer: Shifted, new_subject: Any, span: float
) -> None:
    session = desk()
    put(session, new_subject)
    end = session.store.end.seq
    computer.at += timedelta(seconds=span)
    put(session, new_subject)
    assert found(session) == [("monotonic", span)]
    kinds = [one.record.kind for one in ledger.entries(session.store.conn, "seq > ?", (end,))]
    assert kinds[0] == "clock.jump" and "subject.add" in kinds
    assert [one.source for one in session.jumps] == ["monotonic"]


def test_a_clock_behind_the_last_record_is_recorded_with_the_first_one(
    desk: Any, computer: Shifted, new_subject: Any
) -> None:
    put(desk(), new_subject)
    computer.at -= timedelta(hours=2)
    computer.seconds = 5  # the computer was started again
    session = desk()
    assert [one.source for one in session.look_at_clock()] == [
        "ledger"
    ]  # can be said before anything is stored
    put(session, new_subject)
    put(session, new_subject)
    assert found(session) == [("ledger", -7200)]


def test_order_is_that_of_the_chain_whatever_the_clock_says(
    desk: Any, computer: Shifted, new_subject: Any
) -> None:
    from crf_app.model.keys import FormKey, ItemKey

    session = desk()
    key = ItemKey(FormKey(put(session, new_subject), "SE.SCR", "F.IC"), "IG.IC", "I.IC.DSSTDAT_IC")
    for n, hours in enumerate((-30, 60, -90, 12, 0), 6):
        computer.at += timedelta(hours=hours)
        enter_value(session, key, f"2026-01-{n:02d}", reason="made up")
    assert session.subject(key.subject).items[key.path].answer.value == "2026-01-10"
    sign_out_and_in = desk()
    assert sign_out_and_in.subject(key.subject).items[key.path].answer.value == "2026-01-10"
    assert verify(sign_out_and_in).sound


def test_a_zone_that_changes_is_no_jump_and_stays_in_the_record(
    desk: Any, computer: Shifted, new_subject: Any
) -> None:
    session = desk()
    put(session, new_subject)
    computer.at = computer.at.astimezone(timezone(timedelta(hours=-5)))
    computer.passes(60)
    put(session, new_subject)
    offsets = [
        one.record.offset for one in ledger.entries(session.store.conn) if one.record.kind == "subject.add"
    ]
    assert found(session) == [] and offsets == ["+08:00", "-05:00"]


def test_the_hour_that_comes_twice_is_told_apart(desk: Any, computer: Shifted, new_subject: Any) -> None:
    """02:30 in summer time, an hour later 02:30 again: two moments in order, each with its offset."""
    computer.at = datetime(2027, 10, 31, 0, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin"))
    session = desk()
    put(session, new_subject)
    computer.seconds += 3600
    computer.at = datetime(2027, 10, 31, 1, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin"))
    put(session, new_subject)
    added = [one.record for one in ledger.entries(session.store.conn) if one.record.kind == "subject.add"]
    assert [local_text(one.at, one.offset) for one in added] == [
        "2027-10-31 02:30:00 +02:00", "2027-10-31 02:30:00 +01:00",
    ]  # fmt: skip
    assert added[0].at < added[1].at and found(session) == []


@pytest.mark.parametrize("year", [2038, 2039, 2106])
def test_years_after_the_end_of_32_bits(desk: Any, computer: Shifted, new_subject: Any, year: int) -> None:
    computer.at = datetime(year, 2, 8, 3, 14, 8, tzinfo=CHINA)
    session = desk()
    put(session, new_subject)
    added = next(one.record for one in ledger.entries(session.store.conn) if one.record.kind == "subject.add")
    assert added.at.startswith(f"{year}-02-07T19:14:08") and verify(session).sound


def test_central_that_signed_later_than_now_shows_a_clock_that_is_behind(computer: Shifted) -> None:
    assert behind_central(computer, "2026-11-22T09:04:59.000Z") is None
    late = behind_central(computer, "2026-11-22T12:00:00.000Z")
    assert late is not None and late.span == -timedelta(hours=3)


def test_the_time_of_the_computer_goes_on_while_it_sleeps() -> None:
    """Else each sleep would look like a jump."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        assert abs(SystemClock().monotonic() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 1
