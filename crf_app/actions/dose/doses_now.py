"""Doses that somebody has to think of now: one runs, a limit of time runs, or an observation comes.

Read from stored answers, so the same after a restart and on another computer.  Forms of some subjects are
found first by one stored answer; only those are then read whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from crf_app.actions.dose.administration import ClockView, Dose, PromptView, dose
from crf_app.actions.session import Session
from crf_app.model.clock import utc_text
from crf_app.model.def_base import Text
from crf_app.model.form_def import Administration, FormDef
from crf_app.model.keys import FormKey
from crf_app.model.workflow import Step
from crf_app.store import day_reads

#: answers that are older are no matter of the day any more, nor are observations that lie further ahead
_DAYS: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class DoseNow:
    """`next`: the observation that comes next; `limit`: the limit of time that runs."""

    label: str
    key: FormKey
    name: Text
    dose: Dose
    next: PromptView | None
    limit: ClockView | None

    @property
    def due(self) -> datetime:
        """What comes first; the start of the dose where nothing comes."""
        moments = [self.next.due if self.next else None, self.limit.until if self.limit else None]
        known = [one for one in moments if one is not None]
        return min(known) if known else self.dose.started or datetime.max.astimezone()


def doses_now(session: Session, subjects: Sequence[tuple[str, str]]) -> list[DoseNow]:
    """Doses of these subjects (uid, number) that need somebody, by what comes first.  Raises NotAllowed."""
    session.require(Step.READ)
    labels = dict(subjects)
    found: list[DoseNow] = []
    for form in session.study.form:
        if form.administration is not None:
            found += _of_form(session, form, form.administration, labels)
    return sorted(found, key=lambda one: (one.due, one.label))


def _of_form(session: Session, form: FormDef, said: Administration, labels: dict[str, str]) -> list[DoseNow]:
    begins = [said.start[-1], *(one.since for one in said.clock)]
    locals_ = [f"{form.group_of[oid].oid}/{oid}" for oid in dict.fromkeys(begins)]
    since = utc_text(session.clock.now() - _DAYS)
    found = []
    for key in day_reads.forms_answered_since(session.store.conn, list(labels), form.oid, locals_, since):
        data = session.subject(key.subject)
        if data.mistake is None and key.event not in data.mistaken:
            one = _now(session, labels[key.subject], key, form.short_name or form.name)
            found += [one] if one is not None else []
    return found


def _now(session: Session, label: str, key: FormKey, name: Text) -> DoseNow | None:
    now = session.clock.now()
    at = dose(session, key)
    coming = at.next_prompt()
    if coming is not None and coming.due is not None and not now - _DAYS < coming.due < now + _DAYS:
        coming = None
    limit = min(at.clocks, key=lambda one: one.until, default=None) if at.ended is None else None
    if limit is not None and limit.until < now - _DAYS:
        limit = None
    if not at.running and coming is None and limit is None:
        return None
    return DoseNow(label, key, name, at, coming, limit)
