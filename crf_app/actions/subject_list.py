"""The list of subjects: everybody's number at once, all else of a few at a time.

A list of thousands shows some thirty lines; `rows` reads what those need by their keys, so that opening it
does not grow with what was entered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from crf_app.actions.casebook import RECORDED_FIRST
from crf_app.actions.session import Session
from crf_app.actions.sync.unsent import unsent_answers
from crf_app.model import schedule
from crf_app.model.def_base import Text
from crf_app.model.definition import Study, StudyEventDef
from crf_app.model.workflow import Step
from crf_app.rules.subject_facts import read_facts
from crf_app.rules.subject_status import Gate, gate_of
from crf_app.rules.unit_state import MISTAKE
from crf_app.store import reads
from crf_app.store.reads import SubjectName

__all__ = ["SubjectList", "SubjectName", "SubjectRow"]


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """One line of the list.

    `status`: the code of the study's status, else the recorded one; `state`: the study's words for it.
    `next_event`: first planned visit without a date, neither missed nor closed; `next_due`: its latest day.
    """

    uid: str
    label: str
    status: str
    state: Text | None
    arm: Text | None
    day1: str
    next_event: Text | None
    next_due: str
    next_state: str
    open_queries: int
    waiting_signature: int
    only_here: int


class SubjectList:
    """Everybody in this study on this device, by number.  Raises NotAllowed for the administrator."""

    def __init__(self, session: Session) -> None:
        session.require(Step.READ)
        self._session, self._today = session, session.clock.now().date()
        self._planned = [
            event for event in session.study.event if event.type == "Scheduled" and not event.until
        ]
        study = session.study
        self._dates = [
            (event, tuple(paths_of(study, study.visit_date, event)) if study.visit_date else ())
            for event in self._planned
        ]
        occurred = study.visit_occurred
        self._missed = {
            event.oid: tuple(paths_of(study, occurred, event)) if occurred else () for event in self._planned
        }
        wanted = {"DAY1", "ARM"} | session.rules.subject.status_facts
        self._facts = {name: one for name, one in session.rules.fact_readers.items() if name in wanted}
        self.names: list[SubjectName] = reads.subject_names(session.store.conn)

    def rows(self, some: Sequence[SubjectName]) -> list[SubjectRow]:
        """The lines of these subjects."""
        conn, uids = self._session.store.conn, [one.uid for one in some]
        asked = {path for _, paths in self._dates for path in paths}
        asked |= {path for paths in self._missed.values() for path in paths}
        asked |= {place.path for one in self._facts.values() for place in one.places}
        values = reads.values_at(conn, uids, sorted(asked))
        queries, waiting = reads.query_counts(conn, uids), reads.waiting_for_signature(conn, uids)
        here = unsent_answers(self._session)
        return [
            self._row(one, values.get(one.uid, {}), queries.get(one.uid, 0), waiting.get(one.uid, 0),
                      here.get(one.uid, 0))
            for one in some
        ]  # fmt: skip

    def _row(
        self, one: SubjectName, values: Mapping[str, str], queries: int, waiting: int, here: int
    ) -> SubjectRow:
        if one.status == MISTAKE:
            return SubjectRow(one.uid, one.label, MISTAKE, None, None, "", None, "", "", 0, 0, here)
        facts = read_facts(self._facts, lambda place: values.get(place.path))
        day1, code = facts.get("DAY1", ""), facts.get("ARM")
        gate = gate_of(self._session.rules, facts, self._today.isoformat())
        status = gate.status if one.status == RECORDED_FIRST else None
        arm = next((arm.short_name for arm in self._session.study.arms if arm.code == code), None)
        first = date.fromisoformat(day1[:10]) if len(day1) >= 10 else None
        upcoming = self._next(values, gate, first)
        window = schedule.deviation(upcoming, None, first, today=self._today) if upcoming else None
        return SubjectRow(
            one.uid,
            one.label,
            status.code if status else _status(one.status, day1),
            status.name if status else None,
            arm,
            day1[:10],
            upcoming.name if upcoming else None,
            window.latest.isoformat() if window and window.latest else "",
            window.state if window else "",
            queries,
            waiting,
            here,
        )

    def _next(self, values: Mapping[str, str], gate: Gate, day1: date | None) -> StudyEventDef | None:
        """The first planned visit without a date, not missed, that the subject's state leaves open."""
        for event, paths in self._dates:
            missed = any(values.get(path) == schedule.NO for path in self._missed[event.oid])
            if not missed and values.keys().isdisjoint(paths):
                span = schedule.window(event, day1) if day1 else None
                if not gate.closes_visit(event, span[0] if span else None):
                    return event
        return None


def paths_of(study: Study, item: str, event: StudyEventDef) -> Iterator[str]:
    """The item's places under a subject in this visit.  Visits and groups that repeat have no fixed place."""
    for ref in event.forms:
        group = study.forms[ref.form].group_of.get(item)
        if group is not None and not group.repeating and not event.repeating:
            yield f"{event.oid}/{ref.form}/{group.oid}/{item}"


def _status(recorded: str, day1: str) -> str:
    """A reading until a status is recorded: whoever had a first dosing is enrolled."""
    return "enrolled" if recorded == "screening" and day1 else recorded
