"""What was typed and is not saved, by person and field: it comes back when its form is opened again.

One for a window.  What is typed is on disk (`actions/drafts.py`) at most `WITHIN_MS` after the first key that
is not, and at once when the screen locks or the person leaves; it survives the program.  Nobody sees another
person's typing, and a text goes back only to the record in which it was typed.
A disk that refuses does not stop the typing: the text stays in memory, that is said, and it is tried again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from crf_app.actions import drafts
from crf_app.actions.drafts import Kept, Others, Typing
from crf_app.actions.session import Session
from crf_app.errors import CrfError
from crf_app.model.clock import local_text, offset_text, utc_text
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui.form.under_content import Pending
from crf_app.ui.typed.notes import Notes

WITHIN_MS = 900  # and the write itself: within a second
AGAIN_MS = 5_000


@dataclass(frozen=True, slots=True)
class Typed:
    """Text in a field, its unit, and why it is not saved (None: the field was never left).

    `base`: what the field showed as saved.  `away`: its form was left, so it comes back with words.
    `kept`: as it was found on disk at sign-in; `since`: local time of the last key.
    """

    text: str
    unit: str | None
    pending: Pending | None
    base: str = ""
    away: bool = False
    since: str = ""
    kept: Kept | None = None

    def says_as(self, other: Typed) -> bool:
        """Whether both say the same, whenever it was."""
        return (self.text, self.unit, self.pending) == (other.text, other.unit, other.pending)


class Drafts(QObject):
    """The typed texts of the person at work."""

    trouble = Signal(object)  # the refusal of the disk, or None once it writes again
    changed = Signal()  # a text came or went

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._typed: dict[tuple[str, ItemKey], Typed] = {}
        self._stored: set[tuple[str, ItemKey]] = set()
        self._unwritten: set[tuple[str, ItemKey]] = set()
        self._session: Session | None = None
        self._collect: Callable[[], object] | None = None
        self._refused = False
        self.notes = Notes(self, WITHIN_MS, AGAIN_MS)
        self.notes.trouble.connect(self.trouble)
        self.notes.changed.connect(self.changed)
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.write)

    # who works

    def open(self, session: Session) -> None:
        """A person begins: what waits for her is here.  Raises StoreDamaged, StorageError."""
        self._session = session
        for one in drafts.mine(session):
            at = (one.user, one.key)
            self._stored.add(at)
            if at not in self._unwritten:  # what a disk refused before is newer
                self._typed[at] = _typed(one)
        if self._unwritten:
            self._soon(0)
        self.notes.open(session)

    def close(self) -> None:
        """The person leaves in order; what could not be written stays in memory while the window is open."""
        self.write()
        noted = self.notes.close()
        if self._session is not None and (self._stored or noted):
            try:
                drafts.end(self._session)
            except CrfError as refusal:
                self.trouble.emit(refusal)
        self.timer.stop()
        self._session = self._collect = None
        self._stored.clear()
        self._typed = {at: one for at, one in self._typed.items() if at in self._unwritten}

    def waiting(self) -> list[Kept]:
        """What this person left unsaved before she signed in this time, the latest first."""
        found = [one.kept for one in self._typed.values() if one.kept is not None]
        return sorted(found, key=lambda one: one.at, reverse=True)

    def others(self, form: FormKey) -> dict[ItemKey, Others]:
        """The fields of a form in which somebody else's text waits."""
        return drafts.others(self._session, form) if self._session is not None else {}

    # typing

    def typing(self, collect: Callable[[], object]) -> None:
        """A key changed a text: `collect` keeps what is typed, soon, unless it is saved before."""
        self._collect = collect
        self._soon(WITHIN_MS)

    def keep(self, user: str, key: ItemKey, typed: Typed | None) -> None:
        """Remember, or forget with None."""
        at, before = (user, key), self._typed.get((user, key))
        if typed is not None and typed.pending is not None and typed.pending.kind == "draft":
            typed = replace(typed, pending=None)  # words of the coming back, said anew each time
        if typed is None:
            if before is None and at not in self._stored:
                return
            self._typed.pop(at, None)
        elif before is not None and before.says_as(typed):
            self._typed[at] = replace(before, away=typed.away)
            return
        else:
            since = typed.since or self._now()
            self._typed[at] = replace(typed, since=since, base=before.base if before else typed.base)
        self._unwritten.add(at)
        self._soon(WITHIN_MS)
        self.changed.emit()

    def on_disk(self, user: str, key: ItemKey) -> bool:
        """Whether the disk holds a typed text of this field."""
        return (user, key) in self._stored

    def saved(self, user: str, key: ItemKey) -> None:
        """The value is stored, and its typed text went in the same transaction."""
        self._stored.discard((user, key))
        self._unwritten.discard((user, key))
        if self._typed.pop((user, key), None) is not None:
            self.changed.emit()

    def drop(self, kept: Kept) -> None:
        """One that waited is not wanted any more."""
        self.keep(kept.user, kept.key, None)

    def bring_back(self, kept: Kept) -> None:
        """Dropped a moment ago, and wanted after all."""
        self.keep(kept.user, kept.key, _typed(kept))

    def of_form(self, user: str, key: FormKey) -> dict[ItemKey, Typed]:
        return {
            item: typed for (who, item), typed in self._typed.items() if who == user and item.form_key == key
        }

    def write(self) -> None:
        """On disk now, in one transaction, whatever changed since the last time."""
        self.timer.stop()
        self.notes.write()
        if self._collect is not None:
            self._collect()
        session = self._session
        now = [at for at in self._unwritten if session is not None and at[0] == session.user]
        if session is None or not now:
            return
        put = [_typing(key, self._typed[who, key]) for who, key in now if (who, key) in self._typed]
        drop = [key for who, key in now if (who, key) not in self._typed]
        try:
            drafts.write(session, put, drop)
        except CrfError as refusal:
            self._refuse(refusal)
            return
        self._unwritten.difference_update(now)
        self._stored.difference_update((session.user, key) for key in drop)
        self._stored.update((session.user, one.key) for one in put)
        self.timer.stop()
        if self._refused:
            self._refused = False
            self.trouble.emit(None)

    def _refuse(self, refusal: CrfError) -> None:
        if not self._refused:
            self._refused = True
            self.trouble.emit(refusal)
        self.timer.start(AGAIN_MS)

    def _soon(self, ms: int) -> None:
        """At the latest so long after the first key: more keys do not put it off."""
        if not self.timer.isActive() and self._session is not None:
            self.timer.start(ms)

    def _now(self) -> str:
        if self._session is None:
            return ""
        now = self._session.clock.now()
        return local_text(utc_text(now), offset_text(now))


def drafts_of(window: QObject) -> Drafts:
    """The window's drafts."""
    found = window.findChild(Drafts)
    return found if isinstance(found, Drafts) else Drafts(window)


def _typing(key: ItemKey, one: Typed) -> Typing:
    pending = json.dumps(asdict(one.pending), ensure_ascii=False) if one.pending is not None else ""
    return Typing(key, one.text, one.unit, pending, one.base)


def _typed(one: Kept) -> Typed:
    pending = Pending(**json.loads(one.pending)) if one.pending else None
    since = local_text(one.at, one.offset)
    return Typed(one.text, one.unit, pending, one.base, away=True, since=since, kept=one)
