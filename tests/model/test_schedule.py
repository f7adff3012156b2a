"""Study days, planned dates and visit windows."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crf_app.errors import DefinitionError
from crf_app.model.definition import StudyEventDef
from crf_app.model.schedule import Window, add_months, date_of_day, deviation, planned_date, study_day, window

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
