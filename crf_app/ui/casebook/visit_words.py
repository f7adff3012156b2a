"""A visit in words: its day, its date, and how it lies against its window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crf_app.model.schedule import WORDS, Window
from crf_app.ui import words

if TYPE_CHECKING:
    from datetime import date

    from crf_app.actions.casebook import Visit


def day_line(visit: Visit) -> str:
    """ "Day 29", "Month 12", "D-28 to -1"; empty for a visit without a plan."""
    plan = visit.definition
    if plan.day is not None:
        return words.say("casebook.day", day=plan.day)
    if plan.month is not None:
        return words.say("casebook.month", month=plan.month)
    if plan.from_day is not None:
        minus = {name: str(day).replace("-", "−") for name, day in _span(plan.from_day, plan.to_day)}
        return words.say("casebook_rows.days", None, **minus)
    return ""


def _span(from_day: int | None, to_day: int | None) -> tuple[tuple[str, int | None], ...]:
    return (("from_day", from_day), ("to_day", to_day))


def date_line(visit: Visit, today: date) -> str:
    """The real date, else the planned one; in a word that the visit was missed."""
    window = visit.window
    if window.state == "missed":
        return words.pick(WORDS["missed"])
    if window.actual == today:
        return words.say("casebook_rows.today")
    day = window.actual or window.planned or window.earliest
    return short_date(day, today) if day else ""


def short_date(day: date, today: date) -> str:
    """ "6 Oct", "10月6日"; with the year when it is not this one.  Full dates stand in the sentence below."""
    month = words.say("casebook.months").split()[day.month - 1]
    key = "casebook.date" if day.year == today.year else "casebook.date_year"
    return words.say(key, day=day.day, month=month, year=f"{day.year % 100:02d}")


def window_sentence(visit: Visit) -> tuple[str, str]:
    """The sentence about the window, and its state for the sheet ("soft" when it needs somebody)."""
    window, name = visit.window, visit.definition.short_name
    if visit.reason:
        return words.say("casebook.extra_visit", reason=visit.reason), ""
    if window.state == "missed":
        return words.say("casebook.missed", visit=name), ""
    if window.earliest is None or window.latest is None:
        return "", ""
    if window.actual is not None:
        key = "casebook.outside" if window.outside_days else "casebook.inside"
        values = {"visit": name, "date": window.actual, "day": window.day, "n": window.outside_days}
        said = words.say(key, None, **values, **_limits(visit, window))
        return said, "soft" if window.outside_days else ""
    key = {"due": "casebook.due", "overdue": "casebook.overdue"}.get(window.state, "casebook.upcoming")
    said = words.say(key, visit=name, to_date=window.latest, from_date=window.earliest)
    return said, "soft" if window.state == "overdue" else ""


def _limits(visit: Visit, window: Window) -> dict[str, object]:
    """The window in study days, or in dates when it is planned by month."""
    plan = visit.definition
    if plan.day is not None:
        return {"from_day": plan.day - plan.before, "to_day": plan.day + plan.after}
    if plan.from_day is not None:
        return {"from_day": plan.from_day, "to_day": plan.to_day}
    return {"from_day": window.earliest, "to_day": window.latest}
