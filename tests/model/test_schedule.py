"""Study days, planned dates and visit windows."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crf_app.errors import DefinitionError
from crf_app.model.definition import StudyEventDef
from crf_app.model.schedule import (
    WORDS,
    Window,
    WindowState,
    add_months,
    date_of_day,
    deviation,
    planned_date,
    study_day,
    window,
)

DAY1 = date(2026, 3, 2)
TODAY = date(2026, 3, 30)


def visit(**plan: object) -> StudyEventDef:
    base = {
        "oid": "SE.V",
        "name": {"en": "v", "zh": "v"},
        "short_name": "V",
        "type": "Scheduled",
        "number": "1",
    }
    return StudyEventDef.model_validate(base | {"forms": []} | plan)


@pytest.mark.parametrize(
    ("actual", "day"),
    [
        ("2026-02-20", -10), ("2026-03-01", -1), ("2026-03-02", 1), ("2026-03-09", 8), ("2026-03-30", 29),
        ("2026-04-27", 57), ("2026-05-25", 85), ("2026-08-17", 169), ("2027-03-02", 366), ("2027-09-02", 550),
        ("2028-03-02", 732),
    ],
)  # fmt: skip
def test_study_day_has_no_day_0(actual: str, day: int) -> None:
    assert study_day(date.fromisoformat(actual), DAY1) == day


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.dates(date(1950, 1, 1), date(2100, 1, 1)))
def test_study_day_and_its_date_belong_together(actual: date, day1: date) -> None:
    day = study_day(actual, day1)
    assert day != 0
    assert date_of_day(day, day1) == actual


def test_day_0_cannot_be_planned() -> None:
    with pytest.raises(DefinitionError, match="no study day 0"):
        date_of_day(0, DAY1)


@pytest.mark.parametrize(
    ("day1", "months", "planned"),
    [
        ("2026-03-02", 12, "2027-03-02"), ("2026-03-02", 18, "2027-09-02"), ("2026-03-02", 24, "2028-03-02"),
        ("2024-02-29", 12, "2025-02-28"), ("2024-02-29", 48, "2028-02-29"), ("2026-08-31", 18, "2028-02-29"),
        ("2026-08-31", 6, "2027-02-28"), ("2026-12-31", 12, "2027-12-31"), ("2026-10-31", 1, "2026-11-30"),
    ],
)  # fmt: skip
def test_survival_visit_is_planned_in_calendar_months(day1: str, months: int, planned: str) -> None:
    assert add_months(date.fromisoformat(day1), months) == date.fromisoformat(planned)
    assert planned_date(visit(month=months), date.fromisoformat(day1)) == date.fromisoformat(planned)


def test_window_stands_around_the_planned_day() -> None:
    v5 = visit(day=29, before=3, after=3)
    assert window(v5, DAY1) == (date(2026, 3, 27), date(2026, 4, 2))
    assert window(visit(from_day=-28, to_day=-1), DAY1) == (date(2026, 2, 2), date(2026, 3, 1))
    assert window(visit(), DAY1) is None


@pytest.mark.parametrize(
    ("actual", "day", "from_planned", "outside", "state"),
    [
        ("2026-03-26", 25, -4, 1, "early"), ("2026-03-27", 26, -3, 0, "in"), ("2026-03-30", 29, 0, 0, "in"),
        ("2026-04-02", 32, 3, 0, "in"), ("2026-04-03", 33, 4, 1, "late"),
    ],
)  # fmt: skip
def test_visit_that_took_place(actual: str, day: int, from_planned: int, outside: int, state: str) -> None:
    found = deviation(visit(day=29, before=3, after=3), date.fromisoformat(actual), DAY1, today=TODAY)
    assert (found.day, found.from_planned, found.outside_days, found.state) == (
        day,
        from_planned,
        outside,
        state,
    )


@pytest.mark.parametrize(
    ("today", "state"),
    [("2026-03-26", "upcoming"), ("2026-03-27", "due"), ("2026-04-02", "due"), ("2026-04-03", "overdue")],
)
def test_visit_that_did_not_take_place_yet(today: str, state: str) -> None:
    found = deviation(visit(day=29, before=3, after=3), None, DAY1, today=date.fromisoformat(today))
    assert found == Window(date(2026, 3, 30), date(2026, 3, 27), date(2026, 4, 2), None, None, None, 0, state)  # type: ignore[arg-type]


def test_nothing_is_planned_before_day_1_is_known() -> None:
    assert deviation(visit(day=29), date(2026, 3, 30), None, today=TODAY).state == "unplanned"
    extra = deviation(visit(), date(2026, 3, 30), DAY1, today=TODAY)
    assert (extra.state, extra.day, extra.outside_days) == ("unplanned", 29, 0)


@pytest.mark.requirement("demand 5")
@pytest.mark.parametrize("typed", [None, "2026-03-30"])
def test_a_missed_visit_has_no_date_and_is_never_overdue(typed: str | None) -> None:
    actual = date.fromisoformat(typed) if typed else None
    planned = visit(day=29, before=3, after=3)
    found = deviation(planned, actual, DAY1, today=date(2027, 1, 1), missed=True)
    assert (found.state, found.actual, found.day, found.outside_days) == ("missed", None, None, 0)
    assert found.planned == date(2026, 3, 30)
    assert deviation(visit(), actual, None, today=TODAY, missed=True).state == "missed"


def test_every_state_has_its_words() -> None:
    assert set(WORDS) == set(get_args(WindowState))
    assert all(bool(one.en) == bool(one.zh) for one in WORDS.values())


@pytest.mark.parametrize(
    ("day1", "months", "planned"),
    [("2028-02-29", 12, "2029-02-28"), ("2028-02-29", 18, "2029-08-29"), ("2028-02-29", 24, "2030-02-28"),
     ("2027-02-28", 12, "2028-02-28"), ("2026-03-31", 18, "2027-09-30"), ("2026-08-31", 18, "2028-02-29"),
     ("2026-12-31", 24, "2028-12-31")],
)  # fmt: skip
def test_month_visits_after_29_february_and_after_a_31st(day1: str, months: int, planned: str) -> None:
    found = window(visit(month=months, before=30, after=30), date.fromisoformat(day1))
    middle = date.fromisoformat(planned)
    assert found == (middle - timedelta(days=30), middle + timedelta(days=30))


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 36))
def test_a_month_visit_lies_in_its_month_and_never_after_the_day(day1: date, months: int) -> None:
    found = add_months(day1, months)
    assert (found.year * 12 + found.month) - (day1.year * 12 + day1.month) == months
    assert found.day <= day1.day and (found.day == day1.day or (found + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    "day1", ["2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01", "2028-02-28", "2028-02-29"]
)
@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Apia", "UTC"]
)
def test_no_time_zone_and_no_summer_time_moves_a_date(
    monkeypatch: pytest.MonkeyPatch, zone: str, day1: str
) -> None:
    start = date.fromisoformat(day1)
    plans = [visit(day=8, before=1, after=1), visit(day=169, before=7, after=7), visit(month=12, before=30)]
    here = [deviation(one, start + timedelta(days=9), start, today=start) for one in plans]
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        there = [deviation(one, start + timedelta(days=9), start, today=start) for one in plans]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert there == here
    assert here[0].planned == start + timedelta(days=7) and here[0].day == 10
