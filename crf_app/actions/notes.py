"""Sentences being typed that are no answer of a field, kept for the person who types them (`drafts.py`).

Nothing here is a record, and nobody else is told what they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from crf_app.actions.queries import place_words
from crf_app.actions.session import Session
from crf_app.model.clock import local_text, offset_text, utc_text
from crf_app.model.def_base import Text
from crf_app.model.keys import form_key_of, item_key_of
from crf_app.store import notes, reads
from crf_app.store.notes import Note, NotePlace

__all__ = ["Note", "NotePlace", "WaitingNote", "mine", "waiting", "write"]
_NOTHING: Final = Text(en="", zh="")


@dataclass(frozen=True, slots=True)
class WaitingNote:
    """A kept sentence with the words of its place; `since`, `stopped` as in `drafts.Waiting`.

    `names`: visit, form and question, as far as the place goes.
    """

    note: Note
    subject: str
    names: tuple[Text, ...]
    since: str
    stopped: bool


def write(session: Session, put: Mapping[NotePlace, str], drop: Iterable[NotePlace]) -> list[Note]:
    """On disk when it returns.  Raises StorageFull, StorageError, Busy, and then nothing changed."""
    now = session.clock.now()
    at, offset = utc_text(now), offset_text(now)
    rows = [Note(session.user, place, text, at, offset, session.device) for place, text in put.items()]
    notes.write(session.store, rows, [(session.user, place) for place in drop])
    return rows


def mine(session: Session) -> list[Note]:
    """What waits for this person, the latest first."""
    return notes.of_user(session.store.conn, session.user)


def waiting(session: Session, note: Note) -> WaitingNote:
    """Where it was typed, in words."""
    row = reads.subject_of_uid(session.store.conn, note.place.subject)
    return WaitingNote(
        note,
        row.label if row is not None else note.place.subject,
        tuple(one for one in _names(session, note.place) if one != _NOTHING),
        local_text(note.at, note.offset),
        not note.ended,
    )


def _names(session: Session, place: NotePlace) -> tuple[Text, ...]:
    parts = place.path.split("/")
    if len(parts) == 4:
        return place_words(session, item_key_of(place.subject, place.path))
    event = session.study.events.get(parts[0].partition("~")[0])
    visit = event.name if event is not None else _NOTHING
    if len(parts) == 1:
        return (visit,)
    form = session.study.forms.get(form_key_of(place.subject, place.path).form_oid)
    return visit, form.name if form is not None else _NOTHING
