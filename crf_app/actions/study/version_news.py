"""Whether the study's version changed since a person worked here last: said once, at sign-in."""

from __future__ import annotations

from datetime import date, datetime

from crf_app.actions.session import Session
from crf_app.actions.study.editions import Activation, in_force
from crf_app.store import reads


def version_in_force(session: Session) -> Activation | None:
    """The activation that stands today."""
    return in_force(session.store.conn, session.editions.found, session.clock.now().date())


def news_since_last(session: Session) -> Activation | None:
    """The activation in force, where this person's last record is older than it; else None.

    A person without any record here is not told: there is nothing that she knew otherwise.
    """
    now = version_in_force(session)
    if now is None or not session.editions.several:
        return None
    last = reads.last_record_at(session.store.conn, session.user)
    if not last:
        return None
    return now if last < now.at or _day(last, session) < _first_day(now) else None


def _day(at: str, session: Session) -> date:
    """The day of a time (UTC) at this site."""
    return datetime.fromisoformat(at).astimezone(session.clock.now().tzinfo).date()


def _first_day(one: Activation) -> date:
    return date.fromisoformat(one.valid_from) if one.valid_from else date.min
