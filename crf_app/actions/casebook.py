"""One subject at a glance: visits by forms, each cell with its state in icon, word and sentence.

A window shows what costs no evaluation at once (`evaluate=False`) and asks `cell_at` for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from crf_app.actions.banner import Banner, banner_of
from crf_app.actions.gate import closed_by
from crf_app.actions.mark_words import not_done_words
from crf_app.actions.session import Session
from crf_app.actions.standing import OpenPoint, open_points
from crf_app.actions.subject_data import SubjectData
from crf_app.model.clock import local_text, offset_text
from crf_app.model.def_base import Text
from crf_app.model.definition import FormRef, Study, StudyEventDef
from crf_app.model.form_def import FormDef
from crf_app.model.keys import Answer, FormKey
from crf_app.model.schedule import Window
from crf_app.model.workflow import Step
from crf_app.store import reads
from crf_app.store.marks import NOT_DONE, Mark
from crf_app.store.reads import FormRow

#: the status that is recorded when a subject is added; another one was recorded by a person and stands
RECORDED_FIRST: Final = "screening"
#: a form that has to be evaluated before its state is known
READING: Final = "reading"


@dataclass(frozen=True, slots=True)
class Header:
    """The right-patient header: the number, and the study's header items with their values.

    `status`: as recorded; `state`: the study's word for where the subject stands, if it has statuses.
    """

    uid: str
    label: str
    status: str
    fields: tuple[tuple[Text, Text], ...]
    state: Text | None = None
    banner: Banner | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """`state`: todo optional closed started done soft hard not_done query answered conflict signed resign
    locked; reading: the form must be evaluated first, see `cell_at`.  `note`: why it was not done."""

    key: FormKey
    state: str
    answered: int
    asked: int
    count: int
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """`reason`: of an extra visit; `mistake`: it was made by mistake, is readable and does not count."""

    event: str
    definition: StudyEventDef
    window: Window
    reason: str = ""
    mistake: Mark | None = None


@dataclass(frozen=True, slots=True)
class Casebook:
    header: Header
    visits: tuple[Visit, ...]
    forms: tuple[FormDef, ...]
    cells: Mapping[tuple[str, str], Cell]
    conflicts: int

    @property
    def waiting(self) -> tuple[FormKey, ...]:
        """Forms whose state is not worked out yet, visit by visit."""
        return tuple(cell.key for cell in self.cells.values() if cell.state == READING)


def casebook(session: Session, uid: str, *, evaluate: bool = True) -> Casebook:
    """Everything planned and started for one subject.  Raises NotFound, NotAllowed.

    Without `evaluate` a form whose evaluation is not at hand is `reading`.
    """
    session.require(Step.READ, uid)
    data = session.subject(uid)
    reasons = dict(data.added)
    visits = tuple(
        Visit(event, data.event_def(event), data.window(event), reasons.get(event, ""))
        for event in data.events()
    )
    visits += tuple(
        Visit(event, data.event_def(event), data.window(event), reasons.get(event, ""), mark)
        for event, mark in data.mistaken.items()
    )
    cells, gate, begun = {}, data.gate(), reads.forms_of_subject(session.store.conn, uid)
    for visit in visits:
        for ref in visit.definition.forms:
            key = FormKey(uid, visit.event, ref.form)
            if not _shown(visit.definition, ref, key in begun):
                continue
            closed = gate.closes(visit.definition, ref.form, visit.window.earliest or visit.window.actual)
            cells[visit.event, ref.form] = _cell(
                session,
                data,
                key,
                begun.get(key),
                mandatory=data.required_at(visit.event, ref),
                closed=closed,
                evaluate=evaluate,
            )
    visits = tuple(one for one in visits if one.definition.until is None or _holds(cells, one.event))
    shown = {form for _, form in cells}
    forms = tuple(form for form in session.study.form if form.oid in shown)
    return Casebook(
        header(session, data),
        visits,
        forms,
        cells,
        sum(row.state == "conflict" for row in data.items.values()),
    )


@dataclass(frozen=True, slots=True)
class LastEntry:
    """Who gave the last answer of a form, and when: local date and time."""

    name: str
    day: str
    time: str


def last_entry(session: Session, key: FormKey) -> LastEntry | None:
    """None where nobody typed anything yet."""
    rows = [row for row in reads.items_of_form(session.store.conn, key) if row.kind != "item.derive"]
    if not rows:
        return None
    last = max(rows, key=lambda row: row.at)
    said, _ = reads.people(session.store.conn).get(last.user, ({}, ""))
    at = local_text(last.at, offset_text(session.clock.now()))
    return LastEntry(said.get("name", last.user), at[:10], at[11:16])


@dataclass(frozen=True, slots=True)
class Log:
    """A form that holds for the whole subject: `count` of rows that stand, None where it has no rows."""

    key: FormKey
    form: FormDef
    count: int | None


def logs(session: Session, uid: str) -> list[Log]:
    """The forms of no visit, in the study's order.  Raises NotFound, NotAllowed."""
    session.require(Step.READ, uid)
    data = session.subject(uid)
    out = []
    for event in session.study.event:
        if event.type != "Common" or event.until is not None:
            continue
        for ref in event.forms:
            if ref.until is None:
                form, key = session.study.forms[ref.form], FormKey(uid, event.oid, ref.form)
                rows = [group.oid for group in form.item_group if group.repeating]
                live = data.live_rows(key)
                out.append(Log(key, form, sum(len(live.get(oid, ())) for oid in rows) if rows else None))
    return out


def forms_shown(session: Session, uid: str, event: str) -> list[FormKey]:
    """The forms that the casebook shows of one visit, in its order.  Raises NotFound."""
    definition = session.subject(uid).event_def(event)
    keys = [(ref, FormKey(uid, event, ref.form)) for ref in definition.forms]
    begun = reads.forms_of_subject(session.store.conn, uid)
    return [key for ref, key in keys if _shown(definition, ref, key in begun)]


def _shown(event: StudyEventDef, ref: FormRef, begun: bool) -> bool:
    """What an amendment retired stands in the casebook only where it was begun."""
    return begun or (event.until is None and ref.until is None)


def _holds(cells: Mapping[tuple[str, str], Cell], event: str) -> bool:
    return any(where == event for where, _ in cells)


def header(session: Session, data: SubjectData) -> Header:
    """Number, status and the study's header items, each in both languages."""
    one = data.record
    fields = []
    for oid in session.study.header:
        item = session.study.form_of_item[oid].items[oid]
        fields.append((item.question, _value(session, data, oid)))
    if day1 := data.day1():
        fields.append((Text(en="Day 1", zh="第1天"), Text(en=day1.isoformat(), zh=day1.isoformat())))
    state = data.gate().status
    named = state.name if state and one.status == RECORDED_FIRST else None
    return Header(data.uid, one.label, one.status, tuple(fields), named, banner_of(data, fields))


def _value(session: Session, data: SubjectData, oid: str) -> Text:
    """A header item's value in words; not yet known is said in words."""
    form = session.study.form_of_item[oid]
    item = form.items[oid]
    local = f"{form.group_of[oid].oid}/{oid}"
    for event in session.study.event:
        answer = data.values(FormKey(data.uid, event.oid, form.oid)).get(local)
        if answer is not None and answer.value is not None:
            value = answer.value
            arm = next((one for one in session.study.arms if one.code == value), None)
            if arm is not None and oid in _arm_items(session.study):
                return arm.short_name
            known = session.study.code_lists[item.code_list].by_code.get(value) if item.code_list else None
            return known.decode if known else Text(en=value, zh=value)
    return Text(en="not yet", zh="未填")


def _arm_items(study: Study) -> set[str]:
    """The items that hold the group: those of the subject fact ARM."""
    return {oid for fact in study.subject_facts if fact.name == "ARM" for oid in (fact.item, *fact.also)}


def cell_at(session: Session, key: FormKey, *, evaluate: bool = True) -> Cell:
    """The state of one form as it stands now.  Raises NotFound."""
    data = session.subject(key.subject)
    ref = next(one for one in data.event_def(key.event).forms if one.form == key.form)
    row = data.forms.row(key)
    mandatory = data.required_at(key.event, ref)
    closed = row is None and closed_by(data, key) is not None
    return _cell(session, data, key, row, mandatory=mandatory, closed=closed, evaluate=evaluate)


def _cell(
    session: Session,
    data: SubjectData,
    key: FormKey,
    row: FormRow | None,
    *,
    mandatory: bool,
    closed: bool,
    evaluate: bool,
) -> Cell:
    """The state of one form of the casebook; a form nobody started costs no evaluation.

    `closed`: whether the subject's state closes it while nobody began it.
    """
    values = data.values(key)
    holds = any(not answer.empty for answer in values.values())
    if not holds and _untouched(row, values):
        if key in data.not_done:
            return Cell(key, "not_done", 0, 0, 0, not_done_words(data.study, data.not_done[key]))
        if row is None and closed:
            return Cell(key, "closed", 0, 0, 0)
        return Cell(key, "todo" if mandatory else "optional", 0, 0, 0)
    if not evaluate and not data.at_hand(key):
        return Cell(key, READING, 0, 0, 0)
    state = data.state(key)
    points = open_points(session, data, key, state=state)
    signed = data.forms.signatures(key)
    name, count = cell_state(
        row.status if row else "open",
        points,
        [valid for _, valid, _ in signed],
        state.answered == state.asked,
    )
    if row is not None and row.status == NOT_DONE and name == "started":
        name, count = "conflict", 1  # one device said not done, another one answered
    return Cell(key, name, state.answered, state.asked, count)


def _untouched(row: FormRow | None, values: Mapping[str, Answer]) -> bool:
    """Whether nobody ever answered: not begun, not done, or only that taken back."""
    return row is None or not row.heads or row.status == NOT_DONE or (row.status == "open" and not values)


def cell_state(status: str, points: list[OpenPoint], signatures: list[bool], full: bool) -> tuple[str, int]:
    """The one word for a form, the loudest first, with the number of points it stands for."""
    if status == "locked":
        return "locked", 0
    for kind in ("conflict", "hard", "query", "soft"):
        if count := sum(point.kind == kind for point in points):
            return kind, count
    if signatures:
        return ("signed", 0) if any(signatures) else ("resign", 0)
    if status == "complete":
        return "done", 0
    return "started", 0
