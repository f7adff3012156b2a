"""What the store holds of one subject, loaded once and evaluated form by form.

Answers come from the folded tables; visits, facts and findings are computed.  A form is evaluated once: its
evaluation carries on with the answers that change and with what its rules know from outside it, and is made
anew when its rows are not the same any more.  After a commit only what it touched is read again.  Nothing
here writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import Any

from crf_app.actions.study.editions import Edition, Editions
from crf_app.actions.subject_forms import SubjectForms
from crf_app.actions.wide_facts import Lists, next_visit, not_begun, wide_facts
from crf_app.model import schedule
from crf_app.model.definition import FormRef, Study, StudyEventDef
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.load_expand import changed
from crf_app.model.record import AuditRecord
from crf_app.rules.binding import Bound, bind_outside
from crf_app.rules.evaluation import Evaluation
from crf_app.rules.expression import Rules
from crf_app.rules.facts import Facts, FormState
from crf_app.rules.form_rules import FormRules
from crf_app.rules.form_state import collected_values
from crf_app.rules.ranges import NO_RANGES, RangeTable, Reference, reference_for, sample_of
from crf_app.rules.subject_facts import FactPlace, read_facts
from crf_app.rules.subject_status import Gate, gate_of, needed
from crf_app.rules.unit_state import ANSWER_KINDS, QUERY_STEP
from crf_app.store import marks, reads
from crf_app.store.marks import Mark
from crf_app.store.reads import ItemRow, SubjectRecord

_FAR = "9999-12-31"
_NONE = Answer()
MOVED = "form.migrate"
_FEW = 8  # cells that are read again one by one; more are read with their form


@dataclass
class SubjectData:
    """One subject's answers by path (`SE.V1/F.VS/IG.VS/I.VS.SYSBP`), rows and added visits."""

    study: Study
    rules: Rules
    uid: str
    items: dict[str, ItemRow]
    rows: dict[FormKey, list[tuple[str, str, str]]]
    added: list[tuple[str, str]]
    today: date
    conn: Any = None  # for what other subjects hold, see `wide_facts.py`
    ranges: RangeTable = NO_RANGES
    editions: Editions | None = None
    versions: dict[FormKey, str] = field(default_factory=dict)  # of forms begun, where there are several
    mistaken: dict[str, Mark] = field(default_factory=dict)  # visits made by mistake: of no account anywhere
    mistake: Mark | None = None  # the whole subject
    not_done: dict[FormKey, Mark] = field(default_factory=dict)
    _values: dict[FormKey, dict[str, Answer]] = field(default_factory=dict)
    _order: list[str] = field(default_factory=list)
    _evaluated: dict[FormKey, Evaluation] = field(default_factory=dict)
    _changed: dict[FormKey, dict[str, Answer]] = field(default_factory=dict)
    _same_facts: set[FormKey] = field(default_factory=set)
    _collected: dict[FormKey, tuple[Bound, dict[str, Answer]]] = field(default_factory=dict)
    _alone: dict[tuple[str, str], Facts] = field(default_factory=dict)  # by visit and version
    _otherwise: dict[str, dict[str, ItemDef]] = field(default_factory=dict)  # by version
    _asking: dict[tuple[str, str], Facts] = field(default_factory=dict)
    _required: dict[str, bool] = field(default_factory=dict)
    lists: Lists = field(default_factory=dict)
    _facts_now: dict[str, str] | None = None
    _gate_now: Gate | None = None

    @cached_property
    def forms(self) -> SubjectForms:
        """Status, queries and signatures of the forms."""
        return SubjectForms(self.conn, self.uid)

    @cached_property
    def record(self) -> SubjectRecord:
        """Number and status of the subject."""
        found = reads.subject_of_uid(self.conn, self.uid)
        assert found is not None
        return found

    def values(self, key: FormKey) -> dict[str, Answer]:
        """local → answer of one form."""
        if not self._values:
            forms: dict[tuple[str, str], dict[str, Answer]] = {}
            for path, row in self.items.items():
                event, form, local = path.split("/", 2)
                forms.setdefault((event, form), {})[local] = row.answer
            self._values = {FormKey(self.uid, *place): values for place, values in forms.items()}
        return self._values.setdefault(key, {})

    def put(self, key: ItemKey, answer: Answer) -> None:
        """See an answer that is about to be committed."""
        self.values(key.form_key)[key.local] = answer
        self._see(key.form_key, {key.local: answer})

    def put_all(self, key: FormKey, answers: Mapping[str, Answer]) -> None:
        """As `put`, for several answers of one form: local → answer."""
        self.values(key).update(answers)
        self._see(key, answers)

    def _see(self, key: FormKey, answers: Mapping[str, Answer]) -> None:
        """Carry answers into the form's evaluation before it is asked again.

        Where an answer is one that is read outside its form, every form's facts are looked at again.
        """
        if key in self._evaluated:
            self._changed.setdefault(key, {}).update(answers)
        self._collected.pop(key, None)
        outside = self._read_outside
        if at_most(len(answers), self.values(key)) or any(
            local.partition("/")[2] in outside for local in answers
        ):
            self._look_again()
        self._forget_lists(key)

    @property
    def rules_in_use(self) -> tuple[Rules, ...]:
        """The compiled rules of every version by which a form of this subject is read."""
        return tuple(one.rules for one in self._in_use)

    @cached_property
    def _read_outside(self) -> frozenset[str]:
        """OIDs of items that something outside their form may depend on, in any version in use."""
        return frozenset().union(*(one.rules.read_outside for one in self._in_use))

    def _look_again(self) -> None:
        """Whatever forms know from outside may be another now."""
        self._same_facts.clear()
        self._alone.clear()
        self._asking.clear()
        self._required.clear()
        self._order = []
        self._facts_now = self._gate_now = None

    def _forget_lists(self, key: FormKey) -> None:
        """Lists of rows and visits that hold answers of this form, or its visit's date."""
        for name in [one for one in self.lists if one[1] == key.form_oid or key.form_oid in self._placing]:
            del self.lists[name]

    @cached_property
    def _placing(self) -> frozenset[str]:
        """OIDs of the forms that say when a visit was, and whether it was."""
        said = (self.study.visit_date, self.study.visit_occurred)
        return frozenset(self.study.form_of_item[oid].oid for oid in said if oid is not None)

    def put_row(self, key: FormKey, part: str, n: str) -> None:
        """See a row that is about to be committed."""
        self.rows.setdefault(key, []).append((part, "live", n))
        self._evaluate_anew(key)

    def take_row(self, key: FormKey, part: str) -> None:
        """See that a row is about to be struck out."""
        rows = self.rows.get(key, [])
        self.rows[key] = [(one, "deleted" if one == part else state, n) for one, state, n in rows]
        self._evaluate_anew(key)

    def bring_row(self, key: FormKey, part: str) -> None:
        """See that a struck row is about to come back."""
        rows = self.rows.get(key, [])
        self.rows[key] = [(one, "live" if one == part else state, n) for one, state, n in rows]
        self._evaluate_anew(key)

    def _evaluate_anew(self, key: FormKey) -> None:
        self._evaluated.pop(key, None)
        self._changed.pop(key, None)
        self._collected.pop(key, None)
        self._same_facts.clear()
        self._forget_lists(key)

    def live_rows(self, key: FormKey) -> dict[str, list[str]]:
        """group OID → row uids that are neither deleted nor late behind a lock, in order."""
        out: dict[str, list[str]] = {}
        for group, state, _ in self.rows.get(key, []):
            if state not in ("deleted", "late"):
                oid, _, uid = group.partition("~")
                out.setdefault(oid, []).append(uid)
        return out

    def edition(self, key: FormKey) -> Edition:
        """The definition by which a form is read: the one it was begun under, or was moved to.

        Raises TooNew for a version that is not on this computer.
        """
        version = self.versions.get(key, self.study.version)
        if self.editions is None or version == self.study.version:
            return Edition(self.study, self.rules)
        return self.editions.of(version)

    def form_def(self, key: FormKey) -> FormDef:
        return self.edition(key).study.forms[key.form_oid]

    def _own_rules(self, key: FormKey) -> FormRules:
        return self.edition(key).rules.forms[key.form_oid]

    @cached_property
    def _in_use(self) -> tuple[Edition, ...]:
        """Every version by which a form of this subject is read."""
        others = {one for one in self.versions.values() if one != self.study.version}
        earlier = [self.editions.of(one) for one in sorted(others)] if self.editions else []
        return (Edition(self.study, self.rules), *earlier)

    def event_def(self, event: str) -> StudyEventDef:
        return self.study.events[event.partition("~")[0]]

    def events(self) -> list[str]:
        """Every visit in the order of time: planned ones in their order, extra ones by their date.

        One that was made by mistake is none.
        """
        if not self._order:
            self._order = self._sorted_events()
        return self._order

    def _sorted_events(self) -> list[str]:
        keyed, reached = [], ""
        for index, event in enumerate(self.study.event):
            if event.repeating:
                continue
            actual = self.actual(event.oid)
            reached = actual.isoformat() if actual else reached
            keyed.append(((_FAR if event.type == "Common" else reached, index), event.oid))
        last = len(self.study.event)
        for number, (event_key, _) in enumerate(self.added):
            if event_key in self.mistaken:
                continue
            actual = self.actual(event_key)
            keyed.append(((actual.isoformat() if actual else _FAR, last + number), event_key))
        return [event for _, event in sorted(keyed)]

    def actual(self, event: str) -> date | None:
        """The date on which a visit took place, from the study's visit-date item; none for a missed one."""
        if self.missed(event):
            return None
        item = self.study.visit_date
        return None if item is None else as_date(self._answer_at(event, item).value)

    def missed(self, event: str) -> bool:
        """Whether somebody said that the visit did not take place."""
        item = self.study.visit_occurred
        return item is not None and self._answer_at(event, item).value == schedule.NO

    def _answer_at(self, event: str, item: str) -> Answer:
        form = self.study.form_of_item[item]
        key = FormKey(self.uid, event, form.oid)
        return self.values(key).get(f"{form.group_of[item].oid}/{item}", Answer())

    def subject_facts(self) -> dict[str, str]:
        """The study's subject facts that are known, canonical text."""
        if self._facts_now is None:
            self._facts_now = read_facts(self.rules.fact_readers, self._value_at)
        return self._facts_now

    def _value_at(self, place: FactPlace) -> str | None:
        return self.values(FormKey(self.uid, place.event, place.form)).get(place.local, _NONE).value

    @cached_property
    def consent(self) -> dict[str, str]:
        """Version and first day of the consent form in force; empty where the study names none."""
        day = self.today.isoformat()
        in_force = [one for one in self.study.consent_version if one.valid_from <= day]
        newest = max(in_force, key=lambda one: one.valid_from, default=None)
        return {"VERSION": newest.version, "FROM": newest.valid_from} if newest else {}

    def gate(self) -> Gate:
        """The subject's state by the study's statuses, and what it closes."""
        if self._gate_now is None:
            self._gate_now = gate_of(self.rules, self.subject_facts(), self.today.isoformat())
        return self._gate_now

    def day1(self) -> date | None:
        return as_date(self.subject_facts().get("DAY1"))

    def window(self, event: str) -> schedule.Window:
        return schedule.deviation(
            self.event_def(event),
            self.actual(event),
            self.day1(),
            today=self.today,
            missed=self.missed(event),
        )

    def facts(self, key: FormKey) -> Facts:
        """What the rules of one form may know from outside it."""
        alone = self._told_alone(key)
        own = self._own_rules(key)
        baseline = self._last_of(own.baseline_read, self._baseline_events(key.event))
        return replace(
            alone,
            visit=self._visit_values(key),
            previous=_answers(self._last_of(own.previous_read, self._earlier(key.event))),
            baseline=_answers(baseline),
            baseline_reference=self._references(baseline),
            **wide_facts(self, key, own),
        )

    def _facts_alone(self, event: str, edition: Edition) -> Facts:
        """What is the same for every form of a visit under one version."""
        place = event, edition.study.version
        if place not in self._alone:
            subject = self._facts_under(edition)
            self._alone[place] = Facts(
                subject=subject,
                event=self._event_facts(event, as_date(self.subject_facts().get("DAY1"))),
                consent=self.consent,
                dose=_dose(edition.study, subject),
                today=self.today.isoformat(),
                visit_day=self._visit_day(event),
                ranges=self.ranges,
                items=self._read_otherwise(edition),
            )
        return self._alone[place]

    def _read_otherwise(self, edition: Edition) -> dict[str, ItemDef]:
        """Items of an earlier version that take more numbers or units by the one in force."""
        if edition.study is self.study:
            return {}
        version = edition.study.version
        if version not in self._otherwise:
            now = self.rules.items
            self._otherwise[version] = {
                name: changed(item, data_type=now[name].data_type, units=now[name].units)
                for name, item in edition.rules.items.items()
                if name in now and (item.data_type, item.units) != (now[name].data_type, now[name].units)
            }
        return self._otherwise[version]

    def _facts_under(self, edition: Edition) -> dict[str, str]:
        """The subject facts as one version names and finds them."""
        if edition.study is self.study:
            return self.subject_facts()
        return read_facts(edition.rules.fact_readers, self._value_at)

    def _told_alone(self, key: FormKey) -> Facts:
        """As `_facts_alone`, with what is missing for a form that asks for it."""
        edition = self.edition(key)
        alone, place = self._facts_alone(key.event, edition), (key.event, edition.study.version)
        if key.form_oid not in edition.rules.asking_what_is_missing:
            return alone
        if place not in self._asking:
            words = {"MISSING": not_begun(self, key.event), "NEXT": next_visit(self, key.event)}
            told = {name: text for name, text in words.items() if text}
            self._asking[place] = replace(alone, event={**alone.event, **told})
        return self._asking[place]

    def _event_facts(self, event: str, day1: date | None) -> dict[str, str | Decimal]:
        definition, actual = self.event_def(event), self.actual(event)
        out: dict[str, str | Decimal] = {"OID": definition.oid, "NUMBER": definition.number}
        window = schedule.deviation(definition, actual, day1, today=self.today)
        if window.day is not None:
            out["DAY"] = Decimal(window.day)
        if actual is not None and window.latest is not None:
            out["OUTSIDE"] = Decimal(window.outside_days)
        return out

    def required_form(self, ref: FormRef) -> bool:
        """Whether the visit needs the form of this subject."""
        if ref.mandatory_when is None:
            return ref.mandatory
        if ref.mandatory_when not in self._required:
            program = self.rules.subject.required[ref.mandatory_when]
            found = needed(program, self.subject_facts(), self.today.isoformat())
            self._required[ref.mandatory_when] = found
        return self._required[ref.mandatory_when]

    def required_at(self, event: str, ref: FormRef) -> bool:
        """As `required_form`; a visit that was missed needs only the form that says so.

        What an amendment retired is required of nobody.
        """
        if ref.until is not None or self.event_def(event).until is not None:
            return False
        says_so = (self.study.visit_occurred or "") in self.study.forms[ref.form].items
        return (says_so or not self.missed(event)) and self.required_form(ref)

    def _visit_values(self, key: FormKey) -> dict[str, Answer]:
        out: dict[str, Answer] = {}
        for form_oid in self._own_rules(key).forms_read:
            other = FormKey(self.uid, key.event, form_oid)
            if self.values(other):
                out |= self._collected_of(other)
        return out

    def _collected_of(self, key: FormKey) -> dict[str, Answer]:
        """What a form gives to the others of its visit: the same until it or what its gates read changes."""
        alone, form, rules = self._told_alone(key), self.form_def(key), self.edition(key).rules
        told = bind_outside(rules.forms[form.oid].gate_names, form.oid, alone, rules.study.forms)
        before, found = self._collected.get(key, (None, {}))
        if told != before:
            found = collected_values(rules, form, self.values(key), alone, self.live_rows(key))
            self._collected[key] = told, found
        return found

    def _earlier(self, event: str) -> list[str]:
        events = self.events()
        return events[: events.index(event)] if event in events else []

    def _baseline_events(self, event: str) -> list[str]:
        """The visits up to and including that of day 1: what is drawn there is drawn before the infusion.

        None for these visits themselves: a value is not compared with itself, nor with a later one.
        """
        day1 = next((fact.event for fact in self.study.subject_facts if fact.name == "DAY1"), None)
        events = [*self._earlier(day1), day1] if day1 is not None else []
        return [] if event in events else events

    def _last_of(self, wanted: Iterable[str], events: Sequence[str]) -> dict[str, tuple[str, Answer]]:
        """variable → (visit, answer) of the last of these visits that holds a value."""
        out: dict[str, tuple[str, Answer]] = {}
        for variable in wanted:
            found = ((event, self._answer_at(event, f"I.{variable}")) for event in reversed(events))
            last = next((one for one in found if one[1].value is not None), None)
            if last is not None:
                out[variable] = last
        return out

    def _references(self, found: Mapping[str, tuple[str, Answer]]) -> dict[str, Reference]:
        """variable → the range that stood for a result of another visit."""
        out: dict[str, Reference] = {}
        for variable, (event, answer) in found.items():
            reference = self.reference_at(event, self.rules.items[variable], answer)
            if reference is not None:
                out[variable] = reference
        return out

    def reference_at(self, event: str, item: ItemDef, answer: Answer) -> Reference | None:
        """The range that stands for an answer of one visit, on the day of its sample, under its version."""
        key = FormKey(self.uid, event, self.study.form_of_item[item.oid].oid)
        form = self.form_def(key)
        by_item = {local.partition("/")[2]: value for local, value in self.values(key).items()}
        sample = sample_of(form, by_item, self.subject_facts(), self._visit_day(event))
        return reference_for(form.items.get(item.oid, item), sample, self.ranges, answer.unit)

    def _visit_day(self, event: str) -> str:
        actual = self.actual(event)
        return actual.isoformat() if actual else ""

    def state(self, key: FormKey) -> FormState:
        """The form as it stands now."""
        one = self._evaluated.get(key)
        changed = self._changed.pop(key, None)
        facts = one.facts if one is not None and key in self._same_facts else self.facts(key)
        if one is None:
            rows = self.live_rows(key)
            one = Evaluation(self.edition(key).rules, self.form_def(key), self.values(key), facts, rows)
            self._evaluated[key] = one
        else:
            if one.facts != facts:
                one.tell(facts)
            if changed:
                one.update(changed)
        self._same_facts.add(key)
        return one.state

    def at_hand(self, key: FormKey) -> bool:
        """Whether `state` answers without working anything out."""
        return key in self._same_facts and key not in self._changed

    def started_forms(self) -> list[FormKey]:
        self.values(FormKey(self.uid, "", ""))
        return [key for key, values in self._values.items() if values and key.event not in self.mistaken]

    def last_values(self, key: FormKey, locals_: Iterable[str]) -> dict[str, tuple[str, Answer]]:
        """local → (event, answer) of the last earlier visit that holds a value for the same item."""
        events = self.events()
        earlier = events[: events.index(key.event)] if key.event in events else []
        out: dict[str, tuple[str, Answer]] = {}
        for local in locals_:
            for event in reversed(earlier):
                answer = self.values(FormKey(self.uid, event, key.form)).get(local, Answer())
                if answer.value is not None:
                    out[local] = (event, answer)
                    break
        return out

    def reread(self, conn: Any, records: Sequence[AuditRecord]) -> None:
        """Read again what a commit of `records` touched.

        An answer changes its own cell and perhaps its row's state, a query no answer; whatever else a record
        says (a lock, a removed row) may change every cell of its form.
        """
        cells: dict[FormKey, set[str]] = {}
        whole: set[FormKey] = set()
        for record in records:
            event, _, rest = (record.key or "").partition("/")
            if not rest:
                self.forms.look_again()
                self.__dict__.pop("record", None)
                self.added = reads.events_of_subject(conn, self.uid)
                self.mistaken = marks.mistaken_visits(conn, self.uid)
                self.mistake = marks.mistaken_subject(conn, self.uid)
                self._look_again()
                self.lists.clear()
                continue
            form, _, local = rest.partition("/")
            key = FormKey(self.uid, event, form)
            self.forms.look_again(key, record.kind)
            if record.kind == MOVED:
                self.move(key, record.value or "")
            if record.kind == "form.status":
                self._restate(key, marks.not_done_form(conn, key))
            if record.kind in ANSWER_KINDS:
                cells.setdefault(key, set()).add(local)
            elif record.kind not in QUERY_STEP:
                whole.add(key)
        for key in whole | cells.keys():
            self._reread_form(conn, key, None if key in whole else cells[key])

    def move(self, key: FormKey, version: str) -> None:
        """See that a form is read by another version from now on."""
        self.versions[key] = version
        for name in ("_in_use", "_read_outside"):
            self.__dict__.pop(name, None)
        self._evaluate_anew(key)
        self._look_again()
        self.lists.clear()

    def _restate(self, key: FormKey, mark: Mark | None) -> None:
        """A form is said not to be done, or no longer."""
        before = self.not_done.pop(key, None)
        if mark is not None:
            self.not_done[key] = mark
        if mark != before:
            self._look_again()

    def see_not_done(self, keys: Iterable[FormKey]) -> None:
        """See that forms are about to be marked not done."""
        self.not_done |= {key: Mark(marks.NOT_DONE, "", "", "", "", "", "", ()) for key in keys}
        self._look_again()

    def set_aside(self, event: str, mark: Mark | None) -> None:
        """See that a visit is about to be marked as a mistake, or to count again."""
        self.mistaken.pop(event, None)
        if mark is not None:
            self.mistaken[event] = mark
        self._look_again()
        self._collected.clear()
        self.lists.clear()

    def _reread_form(self, conn: Any, key: FormKey, locals_: set[str] | None) -> None:
        """One form's rows and cells; `locals_` None: all of them."""
        before = self.values(key)
        if locals_ is None or self.rows.get(key):
            rows = [(group, state, n) for group, state, n, _ in reads.rows_of_form(conn, key)]
            if rows != self.rows.get(key, []):
                self._evaluate_anew(key)
            self.rows[key] = rows
        few = locals_ is not None and len(locals_) <= _FEW
        found = reads.items_at(conn, key, locals_ or ()) if few else reads.items_of_form(conn, key)
        start = len(key.path) + 1
        stored = {row.key[start:]: row.answer for row in found}
        self.items.update({row.key: row for row in found})
        other = {local: answer for local, answer in stored.items() if before.get(local, _NONE) != answer}
        for local in () if few else before.keys() - stored.keys():
            if not before.pop(local).empty:
                other[local] = _NONE
            self.items.pop(f"{key.path}/{local}", None)
        before.update(stored)
        if other:
            self._see(key, other)


def load_subject(
    conn: Any,
    study: Study,
    rules: Rules,
    uid: str,
    today: date,
    ranges: RangeTable = NO_RANGES,
    editions: Editions | None = None,
) -> SubjectData:
    """`editions`: where earlier versions of the definition are; without it every form is of `study`."""
    several = editions is not None and editions.several
    items = {row.key: row for row in reads.items_of_subject(conn, uid)}
    return SubjectData(
        study,
        rules,
        uid,
        items,
        reads.rows_of_subject(conn, uid),
        reads.events_of_subject(conn, uid),
        today,
        conn,
        ranges,
        editions,
        reads.form_versions(conn, uid) if several else {},
        marks.mistaken_visits(conn, uid),
        marks.mistaken_subject(conn, uid),
        marks.not_done_forms(conn, uid),
    )


def _dose(study: Study, subject: Mapping[str, str]) -> Decimal | None:
    arms = {arm.code: Decimal(arm.dose) for arm in study.arms}
    return arms.get(subject.get("ARM", ""))


def at_most(count: int, values: Mapping[str, Answer]) -> bool:
    """Whether no more than `count` of the answers hold something: then the form has just been begun."""
    return not any(islice((one for one in values.values() if not one.empty), count, None))


def _answers(found: Mapping[str, tuple[str, Answer]]) -> dict[str, Answer]:
    return {variable: answer for variable, (_, answer) in found.items()}


def as_date(text: str | None) -> date | None:
    """A full ISO date (or the date of a datetime); None for a partial one."""
    if not text or len(text) < 10:
        return None
    return date.fromisoformat(text[:10])
