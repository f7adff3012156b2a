"""One record of the store as pieces of an ODM statement: its place, who did it, what was asked and signed.

What came with an ODM file says again what it said there (`origin`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from crf_app.actions.consequences import SYSTEM
from crf_app.actions.odm.odm_names import local_iso, location_oid, meaning_oid, origin_of, user_oid
from crf_app.exchange.clinical import (
    FLAG_LIST,
    MISSING_LIST,
    STATUS_LIST,
    VERSION_LIST,
    Audit,
    Flag,
    Note,
    QueryStep,
    Signature,
)
from crf_app.rules.unit_state import QUERY_STEP
from crf_app.store.trail import Plain, TrailRow

_MOST_PLACES: Final = 50_000
FORM_STATUS: Final = "FORM.STATUS"
FORM_VERSION: Final = "FORM.VERSION"
NOT_DONE: Final = "FORM.NOT_DONE"
_LISTS: Final = {FORM_STATUS: STATUS_LIST, FORM_VERSION: VERSION_LIST}
#: (event, its repeat key, form, group, row), as the file names them
Place = tuple[str, str | None, str, str, str | None]


@dataclass
class Names:
    """What a study's things are called in the file."""

    study: str
    version: str
    site: str
    home: str  # whose people these are (`odm_names.home_name`)
    written: Mapping[str, str]  # our OID → the file's
    units: Mapping[str, str]  # unit → its OID, where it has one
    own: frozenset[str] = frozenset()  # our groups of items that stand in a form of ODM 2.0 itself
    several: bool = False  # whether forms may stand under other versions of the definition than `version`
    _places: dict[str, Place] = field(default_factory=dict)

    def place(self, path: str) -> Place:
        """The place of `SE.V1/F.VS/IG.VS~row`; missing pieces are empty.

        The group of items that stand in the form itself is an empty piece, too.
        """
        found = self._places.get(path)
        if found is None:
            event, _, rest = path.partition("/")
            form, _, group = rest.partition("/")
            event_oid, _, visit = event.partition("~")
            group_oid, _, row = group.partition("~")
            get = self.written.get
            found = (
                get(event_oid, event_oid),
                visit or None,
                get(form, form),
                "" if group_oid in self.own else get(group_oid, group_oid),
                row or None,
            )
            if len(self._places) >= _MOST_PLACES:
                self._places.clear()
            self._places[path] = found
        return found


class Teller:
    """Makes the statements of subjects."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._location = location_oid(names.site)
        self._users: dict[str, str] = {}

    def user(self, user: str) -> str:
        found = self._users.get(user)
        if found is None:
            found = self._users[user] = user_oid(self.names.home, user)
        return found

    def audit(self, row: TrailRow, *, reason: bool = True) -> Audit:
        """Who, where, when, why: of the source where the record came with a file."""
        said = {} if row.origin is None else origin_of(row.origin)
        if "user" in said:
            return Audit(
                said["user"],
                said["location"],
                said["at"],
                said.get("reason"),
                said.get("source"),
                said.get("edit_point"),
            )
        at = local_iso(row.at, row.offset)
        return Audit(self.user(row.user), self._location, at, row.reason if reason else None, row.id)

    def plain_audit(self, row: Plain) -> Audit:
        """As `audit`, of a row whose fields have no names yet."""
        if row[12] is not None:
            return self.audit(TrailRow._make(row))
        user = row[2]
        found = self._users.get(user) or self.user(user)
        return Audit(found, self._location, local_iso(row[3], row[4]), row[9], row[0])

    def unit(self, unit: str | None) -> str | None:
        return None if unit is None else self.names.units.get(unit, unit)

    def signature(self, row: TrailRow) -> Signature:
        """A signature made here, or one that a file stated."""
        if row.kind == "import.make":
            said = json.loads(row.value or "{}")["signature"]
            return Signature(said["user"], said["location"], said["meaning"], said["at"])
        at = local_iso(row.at, row.offset)
        return Signature(self.user(row.user), self._location, meaning_oid(row.meaning or ""), at)

    def query(self, row: TrailRow, threads: dict[str, str]) -> QueryStep:
        """One step of a thread, with the words a person reads; `threads`: their names in the file so far."""
        system = row.user == SYSTEM
        text, said = (row.reason or "", None) if row.kind in ("query.answer", "query.close") else ("", None)
        if not text and row.value is not None:
            asked = _asked(row.value) if (row.thread or "").startswith("Q-") else None
            text, said = (row.value, None) if asked is None else (asked, row.value)
        origin = {} if row.origin is None else origin_of(row.origin)
        at = origin.get("at") or local_iso(row.at, row.offset)
        of_system = system or (row.thread or "").startswith("Q-")
        name = threads.setdefault(row.thread or "", origin.get("thread", row.thread or ""))
        return QueryStep(name, QUERY_STEP[row.kind], text or row.reason or "", at, of_system, said)


def _asked(value: str) -> str | None:
    """The sentences of a check's question; None for what is no such question."""
    try:
        said = json.loads(value)
        words = [said["en"], said["zh"]]
    except (ValueError, KeyError, TypeError):
        return None
    return " / ".join(dict.fromkeys(words))


@dataclass(frozen=True, slots=True)
class Stated:
    """What an import keeps of its source beside answers: a signature, notes, who made them."""

    signature: Signature | None
    notes: tuple[Note, ...]
    audit: Audit | None

    @property
    def version(self) -> bool:
        """Whether it says under which version the form was entered."""
        return any(is_flag(note, FORM_VERSION) for note in self.notes)


def stated(teller: Teller, row: TrailRow) -> Stated | None:
    """None for a record that states nothing."""
    said = json.loads(row.value or "{}")
    signature = teller.signature(row) if "signature" in said else None
    notes = tuple(
        Note(max(one["seq"], 1), one["text"], tuple(Flag(*flag) for flag in one["flags"]))
        for one in said.get("notes", ())
    )
    if signature is None and not notes:
        return None
    known = signature is not None or (row.origin is not None and "user" in origin_of(row.origin))
    return Stated(signature, notes, teller.audit(row) if known else None)


def form_note(kind: str, value: str) -> Note:
    """A form's status, or the version of the definition by which it stands: the standard has no place."""
    return Note(1, None, (Flag(value, _LISTS[kind], kind, FLAG_LIST),))


def not_done_note(code: str | None, words: str | None) -> tuple[Note, ...]:
    """Why a form was not done: the code of the missing value as a flag, a person's words as text."""
    if not code and not words:
        return ()
    flags = (Flag(code, MISSING_LIST, NOT_DONE, FLAG_LIST),) if code else ()
    return (Note(2, words or None, flags),)


def is_flag(note: Note, *kinds: str) -> bool:
    """Whether a note is such a flag and nothing else."""
    flags = [flag.type for flag in note.flags if flag.types == FLAG_LIST and flag.type in kinds]
    return note.text is None and len(flags) == len(note.flags) > 0
