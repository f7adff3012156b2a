"""Who has to act on a query, and until when: by the study's `query_days`, where it sets a time.

The time counts from the question, in local days; from half of it on it is said loudly, beyond it as late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crf_app.actions.queries import QueryView
from crf_app.model.workflow import ROLES, Facts, Step, may
from crf_app.ui import words


@dataclass(frozen=True, slots=True)
class Due:
    """`until`: the last day; `soon`: half of the time is gone; `late`: all of it."""

    until: date
    soon: bool
    late: bool


def age_of(when: str, now: datetime) -> timedelta:
    """How long ago a local time `2026-10-06 14:02:31 +08:00` was; never below zero."""
    return max(now - _moment(when), timedelta(0)) if when else timedelta(0)


def due_of(opened: str, now: datetime, days: int | None) -> Due | None:
    """When what was opened then is due; None where the study sets no time.  `days`: of the study."""
    if days is None or not opened:
        return None
    until = (_moment(opened) + timedelta(days=days)).astimezone(now.tzinfo)
    return Due(until.date(), age_of(opened, now) * 2 >= timedelta(days=days), now.date() > until.date())


def step_of(view: QueryView) -> Step:
    """What has to be done next: an answer, that of a hard check by the investigator; then the closing."""
    if view.status == "Answered" and not view.check:
        return Step.CLOSE_QUERY
    return Step.EXPLAIN_HARD if view.severity == "hard" else Step.ANSWER_QUERY


def due_words(view: QueryView, due: Due | None) -> str:
    """Who, and until when; empty for what has ended or waits for its check."""
    if view.status == "Answered" and view.check:
        return words.say("queries.waits_check")
    if view.status not in ("Open", "Answered"):
        return ""
    step = step_of(view)
    roles = [words.say(f"role.{one}") for one in ROLES if may(one, step, Facts()).allowed]
    said = words.say("queries.to_close" if step is Step.CLOSE_QUERY else "queries.to_answer", who=_any(roles))
    if due is None:
        return said
    key = "queries.was_due" if due.late else "queries.until"
    return words.say(key, said=said, day=due.until.isoformat())


def _any(names: list[str]) -> str:
    """One of several, in words."""
    *first, last = names
    comma, or_ = words.say("queries.comma"), words.say("queries.or")
    return f"{comma.join(first)}{or_}{last}" if first else last


def _moment(when: str) -> datetime:
    return datetime.strptime(when.replace(" +", "+").replace(" -", "-"), "%Y-%m-%d %H:%M:%S%z")
