"""A row that a laboratory result proposes: its name, its start and where it comes from; people decide each.

The definition names the log (`log.proposed`).  Nothing is stored before a person starts the row.  The result
it comes from is kept in the record that adds the row (its reason), so that the grade which the result
suggests can be shown at the row as long as the result stands.  A suggested grade is never an answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from crf_app.actions.enter_data import enter_value
from crf_app.actions.row_copies import Filled, fill_row
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData, as_date
from crf_app.errors import WrongState
from crf_app.model.def_base import Text
from crf_app.model.definition import Study, StudyEventDef
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.program_reasons import PROPOSED_FROM
from crf_app.model.workflow import Step
from crf_app.rules.facts import ItemState
from crf_app.store import reads

_DATES: Final = ("date", "partialDate")


@dataclass(frozen=True, slots=True)
class Offered:
    """An answer that is offered: `value` is canonical text, of a name in each language.  `first`: a question
    outside the row, on which the rows depend; without its answer there is no row."""

    item: ItemDef
    value: Text
    first: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """The row that `source` proposes in the log `key`; `grade` is suggested, 0 where none is."""

    source: ItemKey
    state: ItemState
    visit: StudyEventDef
    key: FormKey
    form: FormDef
    group: ItemGroupDef
    offered: tuple[Offered, ...]
    grade: int


@dataclass(frozen=True, slots=True)
class Suggested:
    """The code that the result behind a row suggests for one of its items; `visit`: where it stands."""

    code: str
    source: ItemKey
    state: ItemState
    visit: StudyEventDef


def may_propose(session: Session, state: ItemState) -> bool:
    """Whether a result as it stands can propose a row: a check asks about it, or it suggests a grade."""
    asks = any(one.severity != "info" for one in state.findings)
    grade = state.grade is not None and state.grade.grade > 0
    there = state.item.lab and state.collected and state.answer.value is not None
    return there and (asks or grade) and _log(session.study) is not None and _enters(session)


def log_name(study: Study) -> Text:
    """What the log is called in which results propose rows, in short."""
    log = _log(study)
    if log is None:
        return Text(en="", zh="")
    return log[0].short_name or log[0].name


def proposal(session: Session, source: ItemKey) -> Proposal:
    """What `source` proposes.  Raises NotAllowed, WrongState where it proposes nothing."""
    session.require(Step.ENTER, str(source))
    data = session.subject(source.subject)
    form_state = data.state(source.form_key)
    state, log = form_state.items[source.local], _log(session.study)
    if log is None or not may_propose(session, state):
        raise WrongState("This result proposes no row.", "该结果不建议新增行。", where=str(source))
    form, group = log
    event = next(one for one in session.study.event if one.type == "Common" and form.oid in one.form_oids)
    key = FormKey(source.subject, event.oid, form.oid)
    day = as_date(form_state.sample.day)
    offered = (*_before(data, key, group), *_of_row(group, state, day.isoformat() if day else ""))
    visit = data.event_def(source.form_key.event)
    grade = state.grade.grade if state.grade is not None else 0
    return Proposal(source, state, visit, key, form, group, offered, grade)


def start(session: Session, one: Proposal, kept: Collection[str], language: str) -> Filled:
    """Add the row with the offered answers whose item OIDs are `kept`, its name in that language.

    Raises what `fill_row` raises.
    """
    changes = None
    for offer in one.offered:
        if offer.first:
            group = one.form.group_of[offer.item.oid].oid
            changes = enter_value(session, ItemKey(one.key, group, offer.item.oid), offer.value.en)
    answers = {
        offer.item.oid: Answer(offer.value.in_language(language))
        for offer in one.offered
        if not offer.first and offer.item.oid in kept
    }
    filled = fill_row(session, one.key, one.group.oid, answers, f"{PROPOSED_FROM}{one.source.path}")
    if changes is None:
        return filled
    return replace(filled, changes=replace(filled.changes, keys=filled.changes.keys | changes.keys))


def sources_of(session: Session, key: FormKey) -> dict[str, ItemKey]:
    """Group part of each row of a form that was proposed → the result that proposed it."""
    found = {}
    for entry in reads.records_of_form(session.store.conn, key):
        record = entry.record
        if record.kind == "row.add":
            source = cell_of_reason(session.study, key.subject, record.reason or "")
            if source is not None:
                found[(record.key or "").rpartition("/")[2]] = source
    return found


def suggestions(session: Session, key: FormKey) -> dict[str, Suggested]:
    """local → what is suggested there by the result behind its row, as that result stands now."""
    form = session.study.forms.get(key.form_oid)
    graded = {
        group.oid: group.log.grade
        for group in (form.item_group if form is not None else ())
        if group.log is not None and group.log.grade is not None
    }
    if not graded:
        return {}
    data, out = session.subject(key.subject), {}
    for part, source in sources_of(session, key).items():
        oid = graded.get(part.partition("~")[0])
        state = data.state(source.form_key).items.get(source.local)
        if oid is not None and state is not None and state.grade is not None and state.grade.grade > 0:
            visit = data.event_def(source.form_key.event)
            out[f"{part}/{oid}"] = Suggested(str(state.grade.grade), source, state, visit)
    return out


def _log(study: Study) -> tuple[FormDef, ItemGroupDef] | None:
    """The log in which results propose rows: the first one that says so, beside the visits."""
    logs = {oid for event in study.event if event.type == "Common" for oid in event.form_oids}
    for form in study.form:
        for group in form.item_group:
            if form.oid in logs and group.log is not None and group.log.proposed:
                return form, group
    return None


def _enters(session: Session) -> bool:
    return session.verdict(Step.ENTER).allowed


def _of_row(group: ItemGroupDef, state: ItemState, day: str) -> Iterator[Offered]:
    assert group.log is not None
    items = {item.oid: item for item in group.item}
    name, begin = items[group.log.name[0]], items[group.log.start or ""]
    if name.data_type == "text" and name.choices is None:
        yield Offered(name, _term(state))
    if day and begin.data_type in _DATES:
        yield Offered(begin, Text(en=day, zh=day))


def _term(state: ItemState) -> Text:
    """The term of the grade's rule; else the question, with the direction in which the result is out."""
    question = state.item.question
    if state.grade is not None and state.grade.grade > 0:
        return state.grade.rule.term
    if state.flag == "H":
        return Text(en=f"{question.en} increased", zh=f"{question.zh}升高")
    if state.flag == "L":
        return Text(en=f"{question.en} decreased", zh=f"{question.zh}降低")
    return question


def _before(data: SubjectData, key: FormKey, group: ItemGroupDef) -> Iterator[Offered]:
    """The one empty coded question of the log whose answer opens its rows, where they are closed.

    Found by trying: each code is put before the rules and taken back; nothing is stored.
    """
    if group.oid not in data.state(key).closed:
        return
    found = []
    for one in data.form_def(key).item_group:
        for item in () if one.repeating or one.rows is not None else one.item:
            cell = ItemKey(key, one.oid, item.oid)
            if item.code_list is None or item.derived or not data.state(key).items[cell.local].answer.empty:
                continue
            for code in data.study.offered_lists[item.code_list].items:
                data.put(cell, Answer(code.coded_value))
                if group.oid not in data.state(key).closed:
                    found.append(Offered(item, Text(en=code.coded_value, zh=code.coded_value), first=True))
            data.put(cell, Answer())
    if len(found) == 1:
        yield found[0]


def cell_of_reason(study: Study, subject: str, reason: str) -> ItemKey | None:
    """The result that the reason of a row names; None for another reason, or an item that is not defined."""
    parts = reason.removeprefix(PROPOSED_FROM).split("/")
    if not reason.startswith(PROPOSED_FROM) or len(parts) != 4 or parts[3] not in study.form_of_item:
        return None
    form = FormKey(subject, parts[0], parts[1])
    if form.event_oid not in study.events or form.form_oid not in study.forms:
        return None
    return ItemKey(form, parts[2], parts[3])
