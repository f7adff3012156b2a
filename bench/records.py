"""Many records in one home, quickly: answers of made-up subjects straight through the ledger.

A visit's answers are one transaction of `store/ledger.append` (the same door as the window's, without the
rules in front of it: a hundred thousand records take seconds, not a minute), its corrections another.  A
tenth of the records are corrections that name what they replace; `completed` adds the record that completes
each form.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from bench.homes import SEED
from crf_app.actions import subjects
from crf_app.actions.demo.made_up import WORDS, Maker, maker
from crf_app.actions.session import Session
from crf_app.model.definition import StudyEventDef
from crf_app.model.form_def import FormDef
from crf_app.model.keys import FormKey
from crf_app.model.record import Draft
from crf_app.rules.unit_state import Entry
from crf_app.store import ledger

CORRECTED_EVERY = 9  # of the answers, so that every tenth record is a correction


def append_records(session: Session, wanted: int, completed: bool = False, corrected: bool = True) -> int:
    """Append until at least `wanted` records stand in the ledger; how many do."""
    made = maker(session.study, None, SEED)
    today = session.clock.now().date()
    for uid, event in _visits(session):
        day = today + timedelta(days=14 * (int(event.number) - 30))
        answers = {
            FormKey(uid, event.oid, form): _answers(made, session.study.forms[form], day)
            for form in event.form_oids
        }
        _append_visit(session, answers, completed, corrected)
        if session.store.end.seq >= wanted:
            break
    session.forget()
    return session.store.end.seq


def _visits(session: Session) -> Iterator[tuple[str, StudyEventDef]]:
    """Subject after subject, each with the visits whose forms hold 60 items."""
    while True:
        uid = subjects.add_subject(session, subjects.next_number(session)).subject
        yield from ((uid, event) for event in session.study.event[:-1])


def _answers(made: Maker, form: FormDef, day: date) -> dict[str, str]:
    """Every item of the form, also the derived one."""
    texts = made.form(form, day, {"n": "1"})
    places = [f"{group.oid}/{item.oid}" for group in form.item_group for item in group.item]
    return {local: texts.get(local, WORDS) for local in places}


def _append_visit(
    session: Session, answers: dict[FormKey, dict[str, str]], completed: bool, corrected: bool
) -> None:
    drafts = [
        Draft("item.set", subject=key.subject, key=f"{key.path}/{local}", value=value)
        for key, of_form in answers.items()
        for local, value in of_form.items()
    ]
    first = ledger.append(session.store, drafts, session.stamp(), sealers=session.sealers())
    again = [_correction(one) for one in first[::CORRECTED_EVERY]] if corrected else []
    if completed:
        done = partial(Draft, "form.status", value="complete")
        again += [done(subject=key.subject, key=key.path) for key in answers]
    ledger.append(session.store, again, session.stamp(), sealers=session.sealers())


def _correction(one: Entry) -> Draft:
    record = one.record
    return Draft(
        "item.set",
        subject=record.subject,
        key=record.key,
        value=record.value,
        parents=(one.id,),
        reason="Typing error (made up)",
    )
