"""Visits of all subjects that somebody has to think of: today, overdue, and in the days ahead.

A reading of visit dates against the windows of `model/schedule.py`, by the site's local day.  Some subjects
are read at a time; a state of the subject that closes visits is worked out only where a visit would be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from crf_app.actions.banner import sex_of
from crf_app.actions.session import Session
from crf_app.actions.subject_list import paths_of
from crf_app.model import schedule
from crf_app.model.age import age_on
from crf_app.model.def_base import Text
from crf_app.model.definition import StudyEventDef
from crf_app.model.form_def import FormDef
from crf_app.model.keys import FormKey
from crf_app.model.schedule import Window
from crf_app.rules.subject_facts import read_facts
from crf_app.rules.subject_status import Gate, gate_of
from crf_app.store import day_reads, reads
from crf_app.store.day_reads import FINISHED, FormLine
from crf_app.store.reads import SubjectName

#: how far ahead visits are shown, in days from today to the first day of their window
AHEAD: Final = 14
#: subjects that are read in one step
AT_ONCE: Final = 6
Group = Literal["today", "overdue", "ahead"]
_WANTED: Final = frozenset({"DAY1", "SEX", "BIRTH"})


@dataclass(frozen=True, slots=True)
class DueVisit:
    """One visit of one subject.

    `begun`: something was entered; `done` of `total` forms are finished.  `place`: the form where work goes
    on, or begins; `last`: the question that was answered last, `last_at` its time (UTC).
    """

    uid: str
    label: str
    event: StudyEventDef
    window: Window
    group: Group
    who: Text
    begun: bool
    done: int
    total: int
    place: FormKey | None
    last: Text | None
    last_at: str
    today: date
    form: FormDef | None  # that of `place`

    @property
    def late(self) -> int:
        """Days since the window closed; 0 for a visit that is not overdue."""
        latest = self.window.latest
        return (self.today - latest).days if self.group == "overdue" and latest else 0

    @property
    def left(self) -> int | None:
        """Days until the window closes, 0 on its last day; None without a window that is open or comes."""
        latest = self.window.latest
        return (latest - self.today).days if latest and latest >= self.today else None


class VisitsDue:
    """Reads the visits of everybody in this study on this device."""

    def __init__(self, session: Session) -> None:
        self._session, self._study = session, session.study
        self._today = session.clock.now().date()
        planned = [one for one in self._study.event if one.type == "Scheduled" and not one.until]
        self._dates = [(one, self._paths(self._study.visit_date, one)) for one in planned]
        self._missed = {one.oid: self._paths(self._study.visit_occurred, one) for one in planned}
        wanted = _WANTED | session.rules.subject.status_facts
        self._facts = {name: one for name, one in session.rules.fact_readers.items() if name in wanted}
        asked = {path for _, paths in self._dates for path in paths}
        asked |= {path for paths in self._missed.values() for path in paths}
        asked |= {place.path for one in self._facts.values() for place in one.places}
        self._asked = sorted(asked)

    def read(self, some: Sequence[SubjectName]) -> list[DueVisit]:
        """The visits of these subjects, in the order of the plan."""
        conn, uids = self._session.store.conn, [one.uid for one in some]
        values, begun = reads.values_at(conn, uids, self._asked), day_reads.forms_begun(conn, uids)
        found: list[DueVisit] = []
        for one in some:
            found += self._of_subject(one, values.get(one.uid, {}), begun.get(one.uid, []))
        return found

    def _of_subject(
        self, one: SubjectName, values: Mapping[str, str], begun: Sequence[FormLine]
    ) -> Iterator[DueVisit]:
        facts = read_facts(self._facts, lambda place: values.get(place.path))
        first = facts.get("DAY1", "")
        day1 = date.fromisoformat(first[:10]) if len(first) >= 10 else None
        gate: Gate | None = None
        unplanned = False  # without day 1 only the first visit that is open has a place here
        for event, paths in self._dates:
            window = self._window(event, values, paths, day1)
            forms = [line for line in begun if line.event == event.oid]
            group = self._group(window, forms, first_unplanned=not unplanned)
            unplanned = unplanned or (window.state == "unplanned" and not self._finished(event, forms))
            if group is None:
                continue
            gate = gate or gate_of(self._session.rules, facts, self._today.isoformat())
            if forms or not gate.closes_visit(event, window.earliest):
                yield self._visit(one, event, window, group, facts, forms)

    def _window(
        self, event: StudyEventDef, values: Mapping[str, str], paths: Sequence[str], day1: date | None
    ) -> Window:
        dated = next((values[path] for path in paths if path in values), "")
        actual = date.fromisoformat(dated[:10]) if len(dated) >= 10 else None
        missed = any(values.get(path) == schedule.NO for path in self._missed[event.oid])
        return schedule.deviation(event, actual, day1, today=self._today, missed=missed)

    def _group(self, window: Window, forms: Sequence[FormLine], *, first_unplanned: bool) -> Group | None:
        """Where the visit stands in the day; None where it needs nobody now."""
        today, open_ = self._today, any(line.status not in FINISHED for line in forms)
        if window.state == "missed":
            return None
        if window.actual is not None:
            return "today" if window.actual == today or (open_ and self._recent(window)) else None
        if window.state == "overdue":
            return "overdue"
        if window.state == "unplanned":
            return "today" if first_unplanned and forms else None
        if window.state == "due":
            waits = window.planned is not None and window.planned > today and not forms
            return "ahead" if waits and window.latest != today else "today"
        assert window.earliest is not None
        return "ahead" if window.earliest - today <= timedelta(days=AHEAD) else None

    def _recent(self, window: Window) -> bool:
        """A visit that was begun stays a matter of the day while its window is open."""
        return window.latest is not None and window.latest >= self._today

    def _finished(self, event: StudyEventDef, forms: Sequence[FormLine]) -> bool:
        return bool(forms) and all(line.status in FINISHED for line in forms)

    def _visit(
        self,
        one: SubjectName,
        event: StudyEventDef,
        window: Window,
        group: Group,
        facts: Mapping[str, str],
        forms: Sequence[FormLine],
    ) -> DueVisit:
        known = {line.form: line.status for line in forms}
        required = [ref.form for ref in event.forms if ref.mandatory and not ref.until]
        total = len({*required, *known})
        done = sum(status in FINISHED for status in known.values())
        place, last, at = self._place(one.uid, event, known)
        who = self._who(facts)
        return DueVisit(
            one.uid, one.label, event, window, group, who, bool(forms), done, total, place, last, at,
            self._today, self._study.forms[place.form_oid] if place else None,
        )  # fmt: skip

    def _place(
        self, uid: str, event: StudyEventDef, known: Mapping[str, str]
    ) -> tuple[FormKey | None, Text | None, str]:
        """Where work goes on: the form that was answered last if it is open, else the first open one."""
        last = day_reads.last_answer(self._session.store.conn, uid, event.oid) if known else None
        if last is not None:
            _, form, _, item = (*last.path.split("/"), "", "")[:4]
            if known.get(form) not in FINISHED and item in self._study.form_of_item:
                question = self._study.form_of_item[item].items[item].question
                return FormKey(uid, event.oid, form), question, last.at
        rest = (ref.form for ref in event.forms if ref.mandatory and known.get(ref.form) not in FINISHED)
        form = next(rest, "")
        return (FormKey(uid, event.oid, form) if form else None), None, last.at if last else ""

    def _who(self, facts: Mapping[str, str]) -> Text:
        """Sex and age, as far as the study has them: "F 52", "女 52"."""
        age = age_on(facts.get("BIRTH", ""), self._today)
        sex = sex_of(self._study, facts.get("SEX", ""))
        parts = [(one, str(age) if age is not None else "") for one in (sex.en, sex.zh)]
        en, zh = (" ".join(filter(None, part)) for part in parts)
        return Text(en=en, zh=zh)

    def _paths(self, item: str | None, event: StudyEventDef) -> tuple[str, ...]:
        return tuple(paths_of(self._study, item, event)) if item else ()
