"""Queries and conflicts as cards of the list: which filter shows them, in which order, with which words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from crf_app.actions.queries import QueryView
from crf_app.actions.sync.conflicts import ConflictView
from crf_app.model.keys import ItemKey
from crf_app.ui import words
from crf_app.ui.queries.query_due import age_of, due_of
from crf_app.ui.queries.query_list import Card
from crf_app.ui.queries.query_thread import check_words, status_words

FILTERS: Final = ("open", "mine", "conflict", "answered", "week", "closed")
_WEEK: Final = timedelta(days=7)
_ICONS: Final = {"Open": "query", "Answered": "answered", "Closed": "done", "Cancelled": "done"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A thread or a conflict; `mine`: it waits for something that the person at work may do."""

    id: str
    view: QueryView | None
    conflict: ConflictView | None
    mine: bool

    @property
    def key(self) -> ItemKey:
        found = self.view or self.conflict
        assert found is not None
        return found.key

    @property
    def opened(self) -> str:
        found = self.view or self.conflict
        return found.opened if found is not None else ""

    @property
    def status(self) -> str:
        return self.view.status if self.view is not None else "conflict"


def in_filter(one: Asked, name: str, now: datetime) -> bool:
    """Whether a filter shows it."""
    is_open = one.status in ("Open", "Answered", "conflict")
    if name == "open":
        return is_open
    if name == "mine":
        return is_open and one.mine
    if name == "conflict":
        return one.status == "conflict"
    if name == "answered":
        return one.status == "Answered"
    ended = not is_open and one.view is not None
    recent = ended and age_of(_last(one), now) < _WEEK
    return recent if name == "week" else ended and not recent


def in_order(asked: Iterable[Asked]) -> list[Asked]:
    """What can be done now by this person first; among each the oldest first, what has ended newest first."""
    every = sorted(asked, key=lambda one: one.opened)
    ended = [one for one in every if one.status in ("Closed", "Cancelled")]
    waiting = [one for one in every if one not in ended]
    return [*sorted(waiting, key=lambda one: (not one.mine, one.status == "Answered")), *reversed(ended)]


def card_of(one: Asked, now: datetime, days: int | None = None) -> Card:
    """The words of one row.  `days`: in which the study wants a query dealt with, None for no time."""
    age = age_of(one.opened, now)
    if one.conflict is not None:
        return _conflict_card(one.conflict, age)
    assert one.view is not None
    view = one.view
    item, visit = words.pick(view.item), words.pick(view.visit)
    place = words.say("queries.place", item=item, visit=visit)
    said, status = words.pick(view.texts), status_words(view.status, mine=one.mine)
    colour = "query" if view.status in ("Open", "Answered") else "text2"
    due = due_of(one.opened, now, days) if view.status in ("Open", "Answered") else None
    old = _words(age)
    if due is not None and due.late:
        old = words.say("queries.age_late", age=old)
    return Card(
        view.label,
        _ICONS[view.status],
        colour,
        said=f"{view.label}, {place}: {said} {status}, {old}",
        place=place,
        question=said,
        foot=_foot(view),
        status=status,
        age=old,
        late=due is not None and due.soon,
    )


def _conflict_card(view: ConflictView, age: timedelta) -> Card:
    place = words.say("queries.place", item=words.pick(view.item), visit=words.pick(view.visit))
    values = " / ".join(one.value for one in view.values)
    said = words.say("queries.conflict", n=len(view.values), values=values)
    return Card(
        view.label,
        "conflict",
        "soft",
        said=f"{view.label}, {place}: {said}",
        place=place,
        question=said,
        foot=words.say("queries.two_devices"),
        status=words.say("queries.status_conflict"),
        age=_words(age),
    )


def _foot(view: QueryView) -> str:
    """Who asked: the check, or the person."""
    if view.check:
        return check_words(view)
    first = view.steps[0] if view.steps else None
    return words.say("queries.by", name=first.name, role=words.say(f"role.{first.role}")) if first else ""


def _last(one: Asked) -> str:
    return one.view.steps[-1].when if one.view is not None and one.view.steps else ""


def _words(age: timedelta) -> str:
    if age.days:
        return words.say("queries.age_days", n=age.days)
    hours, minutes = divmod(age.seconds // 60, 60)
    return words.say("queries.age_hours", n=hours) if hours else words.say("queries.age_minutes", n=minutes)
