"""Answers that two devices gave apart from each other: both are kept, none stands until somebody chooses.

Who may choose and how is in `enter_data.resolve`; here they are only found and put into words (ADR-0006).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crf_app.actions.enter_data import shown
from crf_app.actions.queries import place_words
from crf_app.actions.session import Session
from crf_app.model.clock import local_text
from crf_app.model.def_base import Text
from crf_app.model.keys import Answer, ItemKey, item_key_of
from crf_app.model.workflow import Step
from crf_app.store import reads


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of the values: the record that holds it, who typed it, on which device, when (local)."""

    record: str
    value: str
    unit: str
    name: str
    role: str
    device: str
    when: str


@dataclass(frozen=True, slots=True)
class ConflictView:
    """`opened` is the local time of the latest of the values."""

    label: str
    key: ItemKey
    visit: Text
    form: Text
    item: Text
    values: tuple[Alternative, ...]
    opened: str


def conflicts(session: Session) -> list[ConflictView]:
    """Every open conflict on this device.  Raises NotAllowed."""
    session.require(Step.READ)
    conn = session.store.conn
    found = reads.conflicts(conn)
    if not found:
        return []
    labels = {one.uid: one.label for one in reads.subject_names(conn)}
    names = {user: said.get("name", user) for user, (said, _) in reads.people(conn).items()}
    return [_view(session, subject, row, labels, names) for subject, row in found]


def _view(
    session: Session, subject: str, row: reads.ItemRow, labels: Mapping[str, str], names: Mapping[str, str]
) -> ConflictView:
    key = item_key_of(subject, row.key)
    visit, form, item = place_words(session, key)
    values = tuple(one for id_ in row.heads if (one := _value(session, subject, row, id_, names)) is not None)
    opened = max((one.when for one in values), default="")
    return ConflictView(labels.get(subject, subject), key, visit, form, item, values, opened)


def _value(
    session: Session, subject: str, row: reads.ItemRow, id_: str, names: Mapping[str, str]
) -> Alternative | None:
    record = reads.record(session.store.conn, subject, row.key, id_)
    if record is None:
        return None
    return Alternative(
        id_,
        shown(Answer(record.value, record.missing)),
        record.unit or "",
        names.get(record.user, record.user),
        record.role,
        record.device,
        local_text(record.at, record.offset),
    )
