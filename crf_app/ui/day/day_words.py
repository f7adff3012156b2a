"""Days, times and counts as "my day" says them."""

from __future__ import annotations

from datetime import date, datetime

from crf_app.actions.visits_due import DueVisit
from crf_app.model.clock import Clock
from crf_app.model.definition import StudyEventDef
from crf_app.ui import words
from crf_app.ui.casebook.visit_words import short_date


def title_of(day: date) -> str:
    """ "Tuesday 6 October", "10月6日 星期二"."""
    month = words.say("my_day.months").split()[day.month - 1]
    weekday = words.say("my_day.weekdays").split()[day.weekday()]
    return words.say("my_day.date", weekday=weekday, day=day.day, month=month)


def moment(clock: Clock, at: str) -> str:
    """A stored time (UTC) by the site's clock: "today 11:40", "yesterday 17:20", "5 Oct 17:20"."""
    now = clock.now()
    then = datetime.fromisoformat(at).astimezone(now.tzinfo)
    days = (now.date() - then.date()).days
    if days in (0, 1):
        return words.say("my_day.yesterday_at" if days else "my_day.today_at", time=f"{then:%H:%M}")
    return words.say("my_day.date_at", date=short_date(then.date(), now.date()), time=f"{then:%H:%M}")


def age(clock: Clock, at: str) -> str:
    """How long ago: "5 min", "2 h", "3 d"."""
    minutes = max(int((clock.now() - datetime.fromisoformat(at)).total_seconds()) // 60, 0)
    if minutes < 60:
        return words.say("my_day.minutes", n=minutes)
    if minutes < 24 * 60:
        return words.say("my_day.hours", n=minutes // 60)
    return words.say("my_day.days", n=minutes // (24 * 60))


def spaced(n: int) -> str:
    """1846 as "1 846", with a space that does not break."""
    return f"{n:,}".replace(",", "\u00a0")


def visit_name(one: DueVisit) -> str:
    """ "V5, Day 29 (week 4)"; a visit without a planned day by its name alone."""
    name = words.pick(one.event.name)
    if one.event.day is None and one.event.month is None:
        return name
    return words.say("my_day.visit", visit=one.event.short_name, name=name)


def open_visit(event: StudyEventDef) -> str:
    """The same for the header: "V5·Day 29 (week 4)"."""
    name = words.pick(event.name)
    return name if event.day is None and event.month is None else f"{event.short_name}·{name}"


def what_is_left(one: DueVisit) -> str:
    """What there is to do, in one line."""
    window, today = one.window, one.today
    if one.group == "overdue" and window.latest is not None:
        return words.say("my_day.closed", date=short_date(window.latest, today))
    if one.group == "ahead" and window.earliest is not None and window.latest is not None:
        limits = {"first": short_date(window.earliest, today), "last": short_date(window.latest, today)}
        if window.planned is None:
            return words.say("my_day.window", **limits)
        weekday = words.say("my_day.short_days").split()[window.planned.weekday()]
        return words.say("my_day.planned", weekday=weekday, date=short_date(window.planned, today), **limits)
    if not one.begun:
        return words.say("my_day.to_do", n=one.total)
    if one.form is not None and one.last is not None:
        form, item = words.pick(one.form.short_name or one.form.name), words.pick(one.last)
        return words.say("my_day.begun_at", done=one.done, total=one.total, form=form, item=item)
    return words.say("my_day.begun", done=one.done, total=one.total)


def window_words(one: DueVisit) -> str:
    """Under the bar: until when the window is open."""
    latest = one.window.latest
    if latest is None:
        return words.say("my_day.no_day1" if one.event.from_day is not None else "my_day.no_plan")
    if one.left == 0:
        return words.say("my_day.last_day")
    return words.say("my_day.window_to", date=short_date(latest, one.today))


def act_of(one: DueVisit) -> str:
    """The word on the button."""
    if one.group == "ahead":
        return words.say("my_day.prepare")
    return words.say("my_day.continue" if one.begun and one.group == "today" else "my_day.open")


def moment_of_today(clock: Clock, at: str) -> str:
    """The time of a moment of today, "14:02"; empty for another day."""
    if not at:
        return ""
    now = clock.now()
    then = datetime.fromisoformat(at).astimezone(now.tzinfo)
    return f"{then:%H:%M}" if then.date() == now.date() else ""
