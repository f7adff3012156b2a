"""The values of one question over a subject's visits, and over everybody: what plots and sparklines show.

Read from the stored answers alone, no form is evaluated: a whole table of trends costs a few milliseconds.
Values are in the standard unit, each with the range that was valid on the day of its sample.  Extra visits
are in it, those made by mistake are not.  Doses are marked on the days that the definition's dose form holds.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData, as_date
from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.number_text import is_number, number_text, rounded
from crf_app.model.schedule import NO
from crf_app.model.trend import Trend, TrendGap, TrendPoint
from crf_app.model.workflow import Step
from crf_app.rules.ranges import Sample, reference_for, sample_of
from crf_app.rules.readings import Reading, broken_checks, flag_of, read, times_limit
from crf_app.rules.subject_facts import read_facts
from crf_app.rules.unit_state import MISTAKE
from crf_app.store import reads
from crf_app.store.answers import added_events, answers_at
from crf_app.store.marks import mistaken_visits

_NONE: Final = Answer()
_AT_ONCE: Final = 24
_DECIMALS: Final = 4


def trend(session: Session, key: ItemKey) -> Trend:
    """The item's values at every visit; `key` names the visit that is open.  Raises NotAllowed."""
    session.require(Step.READ, str(key))
    found = _Subject.loaded(session, key.subject).trend(key.form_key.form, key.local)
    return replace(found, here=key.form_key.event)


def trends_of_form(
    session: Session, key: FormKey, only: Container[str] | None = None
) -> Iterator[tuple[str, Trend]]:
    """(local, trend) of each number in the laboratory tables of a form, one a step; `only` those places."""
    session.require(Step.READ, str(key))
    data = session.subject(key.subject)
    subject, form = _Subject.loaded(session, key.subject), data.form_def(key)
    for group in form.item_group:
        if group.layout == "lab" and not group.repeating:
            for item in filter(is_number, group.item):
                local = f"{group.oid}/{item.oid}"
                if only is None or local in only:
                    yield local, replace(subject.trend(key.form, local), here=key.event)


def visit_day(session: Session, uid: str, event: str) -> int | None:
    """The study day of a visit; None while its date or day 1 is not known."""
    session.require(Step.READ, uid)
    return session.subject(uid).window(event).day


def trends_of_subject(session: Session, uid: str) -> Iterator[Trend]:
    """Every laboratory result of the subject that has a value, in the order of the definition."""
    session.require(Step.READ, uid)
    record = reads.subject_of_uid(session.store.conn, uid)
    subject = _Subject.loaded(session, uid, record.label if record is not None else "")
    for item in plotted_items(session.study):
        if item.lab:
            found = subject.trend(*_place(session.study, item.oid))
            if found.points or found.left_out:
                yield found


def trends_of_all(session: Session, item_oid: str) -> Iterator[Trend]:
    """The trend of each subject by number, also of those without a value; some are read at a time."""
    session.require(Step.READ)
    names = [one for one in reads.subject_names(session.store.conn) if one.status != MISTAKE]
    form, local = _place(session.study, item_oid)
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        for subject in _Subject.some(session, [(one.uid, one.label) for one in some], form, local):
            yield subject.trend(form, local)


def plotted_items(study: Study) -> tuple[ItemDef, ...]:
    """Every number with one place in a visit, laboratory results first."""
    found = [
        item
        for form in study.form
        for group in form.item_group
        if not group.repeating and group.rows is None
        for item in group.item
        if is_number(item) and item.companion_of is None
    ]
    return tuple(sorted(found, key=lambda one: not one.lab))


def dose_name(study: Study) -> Text | None:
    """What a dose is called: the short name of the form that holds it."""
    item = dose_item(study)
    form = study.form_of_item[item] if item is not None else None
    return None if form is None else form.short_name or form.name


def dose_item(study: Study) -> str | None:
    """The item that holds the day of a dose: the start of an administration, else the one that gives day 1.

    The one place that knows what a dose is; every visit that has its form may hold one.
    """
    starts = (form.administration.start for form in study.form if form.administration is not None)
    first = next((start[0] for start in starts if start), None)
    return first or next((fact.item for fact in study.subject_facts if fact.name == "DAY1"), None)


def dose_days(session: Session, uid: str) -> tuple[date | None, tuple[date, ...]]:
    """Day 1 of a subject and the days of its doses, as plots mark them.  Raises NotAllowed."""
    session.require(Step.READ, uid)
    subject = _Subject.loaded(session, uid)
    return subject.day1, subject.doses


def _place(study: Study, item_oid: str) -> tuple[str, str]:
    """Form and address in it of an item."""
    form = study.form_of_item[item_oid]
    return form.oid, f"{form.group_of[item_oid].oid}/{item_oid}"


@dataclass(frozen=True, slots=True)
class _Visit:
    """A visit of a subject: its key, its name and short name."""

    key: str
    name: Text
    mark: str


class _Subject:
    """The stored answers of one subject as trends read them."""

    def __init__(
        self,
        session: Session,
        uid: str,
        label: str,
        added: Sequence[str],
        answer_at: Callable[[str], Answer],
        form_def: Callable[[FormKey], FormDef],
    ) -> None:
        self.study, self.ranges, self.uid, self.label = session.study, session.ranges, uid, label
        self._answer_at, self._form_def = answer_at, form_def
        self._facts = read_facts(session.rules.fact_readers, lambda place: answer_at(place.path).value)
        self._samples: dict[FormKey, Sample] = {}
        self._visits = [*_planned(self.study), *(_visit(self.study, key) for key in added)]
        self.day1 = as_date(self._facts.get("DAY1"))
        self.doses = tuple(self._dose_days())

    @classmethod
    def loaded(cls, session: Session, uid: str, label: str = "") -> _Subject:
        """Of the subject that the session holds already; nothing is asked of the store."""
        data = session.subject(uid)
        added = [event for event, _ in data.added if event not in data.mistaken]
        return cls(session, uid, label, added, _stored(data), data.form_def)

    @classmethod
    def some(
        cls, session: Session, named: Sequence[tuple[str, str]], form: str, local: str
    ) -> Iterator[_Subject]:
        """Of subjects that are not loaded: only what the trend of one item needs is read."""
        conn, uids = session.store.conn, [uid for uid, _ in named]
        added = {
            uid: [one for one in events if one not in mistaken_visits(conn, uid)]
            for uid, events in added_events(conn, uids).items()
        }
        events = {one.key for one in _planned(session.study)} | {
            one for some in added.values() for one in some
        }
        paths = _paths(session, form, local, sorted(events))
        answers = answers_at(conn, uids, paths)
        for uid, label in named:
            yield cls(
                session, uid, label, added.get(uid, ()), _held(answers.get(uid, {})),
                lambda key: session.study.forms[key.form],
            )  # fmt: skip

    def trend(self, form_oid: str, local: str) -> Trend:
        """The values at `local` of a form in every visit that has the form."""
        group_oid, _, item_oid = local.partition("/")
        item = self.study.forms[form_oid].items[item_oid]
        points: list[TrendPoint] = []
        out: list[TrendPoint] = []
        gaps: list[TrendGap] = []
        undated = 0
        for visit in self._visits:
            key = FormKey(self.uid, visit.key, form_oid)
            answer = self._answer_at(f"{key.path}/{group_oid}/{item_oid}")
            if answer.empty:
                continue
            at = as_date(self._sample(key).day)
            if at is None:
                undated += answer.value is not None
            elif answer.missing is not None:
                gaps.append(TrendGap(at, answer.missing, visit.key, visit.name))
            elif (made := self._point(key, item, answer, at, visit)) is not None:
                point, impossible = made
                (out if impossible else points).append(point)
        points.sort(key=lambda one: one.at)
        return Trend(
            title=item.question,
            item=item.oid,
            unit=item.unit or "",
            uid=self.uid,
            label=self.label,
            arm=next((one.name for one in self.study.arms if one.code == self._facts.get("ARM")), None),
            day1=self.day1,
            points=tuple(points),
            gaps=tuple(sorted(gaps, key=lambda one: one.at)),
            doses=self.doses,
            dose_name=dose_name(self.study),
            left_out=tuple(out),
            undated=undated,
            base=self._base(points),
        )

    def _point(
        self, key: FormKey, item: ItemDef, answer: Answer, at: date, visit: _Visit
    ) -> tuple[TrendPoint, bool] | None:
        """The value, and whether it is impossible; None for what is no number."""
        asked = self._form_def(key).items.get(item.oid, item)
        reading = read(asked, answer)
        if reading.number is None:
            return None
        reference = reference_for(asked, self._sample(key), self.ranges, answer.unit)
        flag = flag_of(reading, reference)
        times = times_limit(reading, reference, flag)
        point = TrendPoint(
            at, reading.number, reading.operator,
            _limit(reference.low if reference else None), _limit(reference.high if reference else None),
            visit.key, visit.name, visit.mark, _short(asked, answer, reading),
            flag, "" if times is None else str(times),
        )  # fmt: skip
        return point, any(check.soft_hard == "Hard" for check in broken_checks(asked, reading))

    def _sample(self, key: FormKey) -> Sample:
        if key not in self._samples:
            form = self._form_def(key)
            wanted = [oid for oid in (form.laboratory, form.sample_date) if oid is not None]
            answers = {oid: self._answer_at(f"{key.path}/{form.group_of[oid].oid}/{oid}") for oid in wanted}
            self._samples[key] = sample_of(form, answers, self._facts, self._visit_day(key.event))
        return self._samples[key]

    def _visit_day(self, event: str) -> str:
        """The visit's date; "" for a visit that was missed."""
        if self._of_visit(event, self.study.visit_occurred) == NO:
            return ""
        return self._of_visit(event, self.study.visit_date)[:10]

    def _of_visit(self, event: str, item: str | None) -> str:
        if item is None:
            return ""
        form, local = _place(self.study, item)
        return self._answer_at(f"{event}/{form}/{local}").value or ""

    def _dose_days(self) -> Iterator[date]:
        item = dose_item(self.study)
        if item is None:
            return
        form, local = _place(self.study, item)
        found = (as_date(self._answer_at(f"{one.key}/{form}/{local}").value) for one in self._visits)
        yield from sorted({day for day in found if day is not None})

    def _base(self, points: Sequence[TrendPoint]) -> str:
        """The last visit with a number up to that of day 1; an extra one counts by its day."""
        event = next((fact.event for fact in self.study.subject_facts if fact.name == "DAY1"), None)
        planned = [one.key for one in _planned(self.study)]
        before = planned[: planned.index(event) + 1] if event in planned else []
        found = [
            one.event
            for one in points
            if one.event in before or ("~" in one.event and self.day1 is not None and one.at < self.day1)
        ]
        return found[-1] if found else ""


def _planned(study: Study) -> list[_Visit]:
    return [_visit(study, event.oid) for event in study.event if not event.repeating]


def _visit(study: Study, key: str) -> _Visit:
    event = study.events[key.partition("~")[0]]
    return _Visit(key, event.name, event.short_name)


def _stored(data: SubjectData) -> Callable[[str], Answer]:
    def answer_at(path: str) -> Answer:
        row = data.items.get(path)
        return _NONE if row is None or row.state == "conflict" else row.answer

    return answer_at


def _held(answers: Mapping[str, Answer]) -> Callable[[str], Answer]:
    return lambda path: answers.get(path, _NONE)


def _paths(session: Session, form: str, local: str, events: Sequence[str]) -> list[str]:
    """Every place that the trend of one item looks at."""
    study, held = session.study, session.study.forms[form]
    of_form = [
        local,
        *(f"{held.group_of[oid].oid}/{oid}" for oid in (held.laboratory, held.sample_date) if oid),
    ]
    found = {f"{event}/{form}/{one}" for event in events for one in of_form}
    for item in (study.visit_date, study.visit_occurred, dose_item(study)):
        if item is not None:
            at, place = _place(study, item)
            found |= {f"{event}/{at}/{place}" for event in events}
    found |= {place.path for one in session.rules.fact_readers.values() for place in one.places}
    return sorted(found)


def _limit(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _short(item: ItemDef, answer: Answer, reading: Reading) -> str:
    """As typed; of another unit the standard number at a size that can be read."""
    assert reading.number is not None
    if answer.unit in (None, item.unit):
        return (answer.value or "").lstrip("<>=")
    return number_text(rounded(reading.number, _DECIMALS))
