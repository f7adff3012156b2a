"""Study days and visit windows: readings of dates, never records.

Day 1 is the date of the first infusion and there is no day 0.  A visit is planned by day or by calendar month
after day 1 (the 31st falls back to the last day of a shorter month); windows count from the actual day 1.
All of it is local dates without a time zone: neither summer time nor another zone of the computer moves one.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from crf_app.errors import DefinitionError
from crf_app.model.def_base import Text
from crf_app.model.definition import StudyEventDef

WindowState = Literal["early", "in", "late", "upcoming", "due", "overdue", "missed", "unplanned"]
WORDS: Final[Mapping[WindowState, Text]] = {
    "early": Text(en="early", zh="提前"),
    "in": Text(en="in window", zh="窗口内"),
    "late": Text(en="late", zh="推迟"),
    "upcoming": Text(en="upcoming", zh="未到"),
    "due": Text(en="due", zh="可进行"),
    "overdue": Text(en="overdue", zh="逾期"),
    "missed": Text(en="missed", zh="缺访"),
    "unplanned": Text(en="", zh=""),
}
#: the code by which the study's `visit_occurred` says that a visit did not take place
NO: Final = "N"


@dataclass(frozen=True, slots=True)
class Window:
    """Where a visit stands against its plan.

    `day` is the study day of `actual`; `from_planned` counts days from the planned day (early is negative);
    `outside_days` counts days outside the window, 0 inside.  `missed`: somebody said that the visit did not
    take place.  `unplanned`: no plan, or day 1 is not known yet.
    """

    planned: date | None
    earliest: date | None
    latest: date | None
    actual: date | None
    day: int | None
    from_planned: int | None
    outside_days: int
    state: WindowState


def study_day(actual: date, day1: date) -> int:
    """1 on day 1, -1 on the day before it."""
    days = (actual - day1).days
    return days + 1 if days >= 0 else days


def date_of_day(day: int, day1: date) -> date:
    """The date of a study day.  Raises DefinitionError for day 0."""
    if day == 0:
        raise DefinitionError(
            "There is no study day 0. Plan day 1 or day -1.", "没有研究第0天，请设为第1天或第-1天。"
        )
    return day1 + timedelta(days=day - 1 if day > 0 else day)


def add_months(start: date, months: int) -> date:
    """The same day some calendar months later, or the last day of a shorter month."""
    count = start.year * 12 + start.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def planned_date(event: StudyEventDef, day1: date) -> date | None:
    """The planned date; None for an unscheduled visit and for a span such as screening."""
    if event.day is not None:
        return date_of_day(event.day, day1)
    return add_months(day1, event.month) if event.month is not None else None


def window(event: StudyEventDef, day1: date) -> tuple[date, date] | None:
    """Earliest and latest date that are inside; None if the visit has no plan."""
    planned = planned_date(event, day1)
    if planned is not None:
        return planned - timedelta(days=event.before), planned + timedelta(days=event.after)
    if event.from_day is None or event.to_day is None:
        return None
    return date_of_day(event.from_day, day1), date_of_day(event.to_day, day1)


def deviation(
    event: StudyEventDef, actual: date | None, day1: date | None, *, today: date, missed: bool = False
) -> Window:
    """The visit against its plan on `today`; before day 1 is known nothing is planned.

    A visit that was `missed` has no date, whatever was typed before.
    """
    actual = None if missed else actual
    day = study_day(actual, day1) if actual is not None and day1 is not None else None
    span = window(event, day1) if day1 is not None else None
    if day1 is None or span is None:
        return Window(None, None, None, actual, day, None, 0, "missed" if missed else "unplanned")
    planned, (earliest, latest) = planned_date(event, day1), span
    from_planned = (actual - planned).days if actual is not None and planned is not None else None
    outside = 0 if actual is None else max((earliest - actual).days, (actual - latest).days, 0)
    state = "missed" if missed else _state(earliest, latest, actual, today)
    return Window(planned, earliest, latest, actual, day, from_planned, outside, state)


def _state(earliest: date, latest: date, actual: date | None, today: date) -> WindowState:
    if actual is not None:
        return "early" if actual < earliest else "late" if actual > latest else "in"
    return "upcoming" if today < earliest else "overdue" if today > latest else "due"
