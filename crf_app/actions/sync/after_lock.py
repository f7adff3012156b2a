"""Answers that wait because their form was locked elsewhere before they were known: kept, not in force."""

from __future__ import annotations

from dataclasses import dataclass

from crf_app.actions.queries import place_words
from crf_app.actions.session import Session
from crf_app.model.def_base import Text
from crf_app.model.keys import ItemKey, item_key_of
from crf_app.model.workflow import Step
from crf_app.store import bundle_reads, reads


@dataclass(frozen=True, slots=True)
class AfterLock:
    """One of them, with the words of its place."""

    label: str
    key: ItemKey
    visit: Text
    item: Text


def answers_after_lock(session: Session) -> list[AfterLock]:
    """Every such answer on this device.  Raises NotAllowed."""
    session.require(Step.READ)
    found = bundle_reads.answers_after_lock(session.store.conn)
    labels = {one.uid: one.label for one in reads.subject_names(session.store.conn)} if found else {}
    return [_view(session, subject, key, labels.get(subject, subject)) for subject, key in found]


def _view(session: Session, subject: str, path: str, label: str) -> AfterLock:
    key = item_key_of(subject, path)
    visit, _, item = place_words(session, key)
    return AfterLock(label, key, visit, item)
