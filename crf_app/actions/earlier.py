"""The values of one item at earlier visits, newest first: what the nurse compares with while she types."""

from __future__ import annotations

from dataclasses import dataclass

from crf_app.actions.session import Session
from crf_app.model.definition import StudyEventDef
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.workflow import Step


@dataclass(frozen=True, slots=True)
class Earlier:
    """`day` is the study day of the visit, None while day 1 or the visit's date is not known.

    `key` is the visit's key: an extra visit has one of its own.
    """

    event: StudyEventDef
    day: int | None
    answer: Answer
    key: str = ""


def earlier_values(session: Session, key: ItemKey) -> list[Earlier]:
    """Every earlier visit that holds a value or a missing code.  Rows of repeating groups have none."""
    session.require(Step.READ, str(key))
    data = session.subject(key.subject)
    events = data.events()
    before = events[: events.index(key.form_key.event)] if key.form_key.event in events else []
    out = []
    for event in reversed(before):
        answer = data.values(FormKey(key.subject, event, key.form_key.form)).get(key.local, Answer())
        if not answer.empty:
            out.append(Earlier(data.event_def(event), data.window(event).day, answer, event))
    return out
