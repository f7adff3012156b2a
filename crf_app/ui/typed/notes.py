"""Sentences being typed outside the fields: each waits at its own place for the person who types it.

As with the texts of fields (`drafts.py`): on disk within a second of the first key that is not, at the lock
and at leaving; back at the same place with when it was typed, and with the program stopped in between; never
to another person, another record or another question.  What was stored or given up is forgotten at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from crf_app.actions import notes
from crf_app.actions.notes import Note, NotePlace
from crf_app.actions.session import Session
from crf_app.errors import CrfError
from crf_app.model.clock import local_text, offset_text, utc_text
from crf_app.ui import words
from crf_app.ui.typed.typed_words import said_when


@dataclass(frozen=True, slots=True)
class Noted:
    """A text, local time of its last key, and how it was found at sign-in, if it was."""

    text: str
    since: str
    kept: Note | None = None


class Notes(QObject):
    """The sentences of the person at work."""

    trouble = Signal(object)  # the refusal of the disk, or None once it writes again
    changed = Signal()

    def __init__(self, parent: QObject, within_ms: int, again_ms: int) -> None:
        super().__init__(parent)
        self._within, self._again = within_ms, again_ms
        self._session: Session | None = None
        self._noted: dict[tuple[str, NotePlace], Noted] = {}
        self._unwritten: set[tuple[str, NotePlace]] = set()
        self._stored: set[tuple[str, NotePlace]] = set()
        self._refused = False
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.timeout.connect(self.write)

    # who works

    def open(self, session: Session) -> None:
        """A person begins.  Raises StoreDamaged, StorageError."""
        self._session = session
        for one in notes.mine(session):
            at = one.user, one.place
            self._stored.add(at)
            if at not in self._unwritten:
                self._noted[at] = Noted(one.text, local_text(one.at, one.offset), one)
        if self._unwritten:
            self.timer.start(0)

    def close(self) -> bool:
        """The person leaves; whether something of hers lies on disk."""
        self.write()
        any_stored = bool(self._stored)
        self.timer.stop()
        self._session = None
        self._stored.clear()
        self._noted = {at: one for at, one in self._noted.items() if at in self._unwritten}
        return any_stored

    def waiting(self) -> list[Note]:
        """What this person left before she signed in this time, the latest first."""
        found = [one.kept for one in self._noted.values() if one.kept is not None]
        return sorted(found, key=lambda one: one.at, reverse=True)

    # typing

    def typing(self, place: NotePlace, text: str) -> None:
        """A key changed the text at a place; nothing left of it is nothing to keep."""
        if self._session is None:
            return
        at, before = (self._session.user, place), self._noted.get((self._session.user, place))
        if not text.strip():
            self.done(place)
            return
        if before is not None and before.text == text:
            return
        now = self._session.clock.now()
        self._noted[at] = Noted(text, local_text(utc_text(now), offset_text(now)))
        self._unwritten.add(at)
        if not self.timer.isActive():
            self.timer.start(self._within)
        if before is not None and before.kept is not None:
            self.changed.emit()

    def done(self, place: NotePlace) -> None:
        """It was stored as what it is, or is not wanted any more."""
        if self._session is None:
            return
        at = self._session.user, place
        if self._noted.pop(at, None) is None and at not in self._stored:
            return
        self._unwritten.add(at)
        self.write()
        self.changed.emit()

    def at(self, place: NotePlace) -> Noted | None:
        """What this person typed there."""
        return self._noted.get((self._session.user, place)) if self._session is not None else None

    def of(self, subject: str, path: str) -> list[NotePlace]:
        """The places at or below a path in which something of this person waits."""
        if self._session is None:
            return []
        return [
            place
            for user, place in self._noted
            if user == self._session.user and place.subject == subject
            and (place.path == path or place.path.startswith(f"{path}/"))
        ]  # fmt: skip

    def said(self, place: NotePlace, code: str | None = None) -> str:
        """`Typed by you at 14:02, not sent yet.`; empty where nothing waits."""
        noted = self.at(place)
        if noted is None or self._session is None:
            return ""
        stopped = noted.kept is not None and not noted.kept.ended
        when = said_when(noted.since, self._session.clock)
        return words.say("notes.stopped_in" if stopped else "notes.yours", code, when=when)

    def write(self) -> None:
        """On disk now, in one transaction, whatever changed since the last time."""
        self.timer.stop()
        session = self._session
        now = [at for at in self._unwritten if session is not None and at[0] == session.user]
        if session is None or not now:
            return
        put = {place: self._noted[user, place].text for user, place in now if (user, place) in self._noted}
        drop = [place for user, place in now if (user, place) not in self._noted]
        try:
            notes.write(session, put, drop)
        except CrfError as refusal:
            if not self._refused:
                self.trouble.emit(refusal)
            self._refused = True
            self.timer.start(self._again)
            return
        self._unwritten.difference_update(now)
        self._stored.difference_update((session.user, place) for place in drop)
        self._stored.update((session.user, place) for place in put)
        if self._refused:
            self._refused = False
            self.trouble.emit(None)


class NoteField:
    """Between one place to type in and the notes: `begin` there, `typed` at each key, `done` when stored.

    `put(text)` shows a text that came back, `say(words)` when it was typed, "" for nothing.
    """

    def __init__(self, notes_: Notes, put: Callable[[str], object], say: Callable[[str], object]) -> None:
        self._notes, self._put, self._say = notes_, put, say
        self._place: NotePlace | None = None
        self._filling = False

    def begin(self, place: NotePlace | None) -> None:
        """Another place, or none: what was typed there comes back, nothing of the one before stays."""
        self._place = place
        noted = self._notes.at(place) if place is not None else None
        self._filling = True
        self._put(noted.text if noted is not None else "")
        self._filling = False
        self._say(self._notes.said(place) if place is not None else "")

    def typed(self, text: str) -> None:
        if self._place is not None and not self._filling:
            self._notes.typing(self._place, text)

    def done(self) -> None:
        if self._place is not None:
            self._notes.done(self._place)
            self._filling = True
            self._put("")
            self._filling = False
            self._say("")
