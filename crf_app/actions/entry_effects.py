"""One entry of a value's history, in full: its place in the chain, and what its transaction did besides.

A reading: nothing is stored for it.  The records of one transaction stand side by side in their chain and
carry the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crf_app.actions.enter_data import shown
from crf_app.actions.history import HistoryStep
from crf_app.actions.queries import place_words
from crf_app.actions.session import Session
from crf_app.model.def_base import Text
from crf_app.model.keys import Answer, ItemKey, item_key_of
from crf_app.model.record import AuditRecord
from crf_app.model.workflow import Step
from crf_app.rules.unit_state import Entry
from crf_app.store import reads

#: records of one transaction at most on each side: a form of 200 items with what follows from each
_MOST: Final = 600


@dataclass(frozen=True, slots=True)
class Effect:
    """A value that was calculated anew: which, where, from what to what."""

    key: ItemKey
    item: Text
    visit: Text
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class EntryEffects:
    """`before`: id of the record one place before; `broken`: (visit, form) whose signature it broke.

    `signed`: whether the form of the value carries a signature at all, whole or broken.
    """

    before: str
    effects: tuple[Effect, ...]
    broken: tuple[tuple[Text, Text], ...]
    signed: bool


def entry_effects(session: Session, key: ItemKey, step: HistoryStep) -> EntryEffects:
    """What happened together with one step of the value's history.  Raises NotAllowed."""
    session.require(Step.READ, str(key))
    conn = session.store.conn
    place = reads.places(conn, key.form_key, key.path)[step.id]
    near = reads.around(conn, place, _MOST)
    before = next((one.id for at, one in near if at[2] == place[2] - 1), "")
    together = [
        one for _, one in near if one.record.at == step.at and one.record.user in (step.user, "system")
    ]
    effects = tuple(_effect(session, one, key) for one in together if _calculated(one.record, key))
    signed = bool(reads.signatures_of_form(conn, key.form_key))
    broken = reads.broken_by(conn, [one.id for one in together])
    return EntryEffects(before, effects, tuple(_form_words(session, one) for one in broken), signed)


def _calculated(record: AuditRecord, key: ItemKey) -> bool:
    return record.kind == "item.derive" and record.subject == key.subject and record.key != key.path


def _effect(session: Session, entry: Entry, key: ItemKey) -> Effect:
    record = entry.record
    where = item_key_of(key.subject, record.key or "")
    visit, _, item = place_words(session, where)
    old = None
    if record.parents:
        old = reads.record(session.store.conn, key.subject, where.path, record.parents[-1])
    before = shown(Answer(old.value, old.missing)) if old is not None else ""
    return Effect(where, item, visit, before, shown(Answer(record.value, record.missing)))


def _form_words(session: Session, unit: str) -> tuple[Text, Text]:
    event, _, form = unit.partition("|")[2].partition("/")
    study = session.study
    known, asked = study.events.get(event.partition("~")[0]), study.forms.get(form)
    none = Text(en=event, zh=event)
    return known.name if known else none, asked.name if asked else Text(en=form, zh=form)
