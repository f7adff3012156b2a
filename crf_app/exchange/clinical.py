"""What an ODM file says of data, whichever version of the standard it is written in.

A file is a head, the people and places it speaks of, and subject after subject.  A subject is a tree of
statements in the order in which they were made: in a file with the whole audit trail ("Transactional") one
item may stand there several times, and a form is begun anew whenever something else was touched in between.
OIDs and keys are the file's own; what they mean in a study is decided by whoever reads or writes the store.
Items and audit records are tuples, since there are millions; the line of the file is no part of a statement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

FileType = Literal["Transactional", "Snapshot"]
#: what a statement does; none in a snapshot
TRANSACTIONS: Final = ("Insert", "Update", "Remove", "Upsert", "Context")
#: the code lists of the flags by which an annotation says what the standard has no place for
FLAG_LIST: Final = "CRF.FLAG"
MISSING_LIST: Final = "CRF.MISSING"
QUERY_LIST: Final = "CRF.QUERY"
STATUS_LIST: Final = "CRF.STATUS"
VERSION_LIST: Final = "CRF.VERSION"
#: the system of the codes of units, where a unit is said by a coding
UCUM: Final = "http://unitsofmeasure.org"


class Audit(NamedTuple):
    """Who did it, where, when (ISO 8601 with offset), why, and the name of the record in its own system."""

    user: str
    location: str
    at: str
    reason: str | None = None
    source: str | None = None
    edit_point: str | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as its system states it; `meaning` is the OID of its SignatureDef."""

    user: str
    location: str
    meaning: str
    at: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A coded mark of an annotation; the lists are OIDs of code lists."""

    value: str
    values: str
    type: str | None = None
    types: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """An annotation that is no query: words, flags, or both."""

    seq: int
    text: str | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryStep:
    """One step of a query's thread: its status from then on, and what was said.

    `status`: Open, Answered, Closed or Cancelled.  `said`: what a check asked, as the system keeps it.
    """

    thread: str
    status: str
    text: str
    at: str
    system: bool = False
    said: str | None = None


class Item(NamedTuple):
    """One statement about one answer: a value, or a missing code, or neither where it was taken back.

    `missing` is "" where the file says only that there is no value.  `unit`: the OID that the file uses.
    """

    oid: str
    value: str | None = None
    missing: str | None = None
    unit: str | None = None
    transaction: str | None = None
    audit: Audit | None = None
    signature: Signature | None = None
    queries: tuple[QueryStep, ...] = ()
    notes: tuple[Note, ...] = ()
    line: int = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Item) and self[:-1] == other[:-1]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[:-1])


@dataclass(frozen=True, slots=True)
class Group:
    oid: str
    repeat_key: str | None = None
    items: tuple[Item, ...] = ()
    transaction: str | None = None
    audit: Audit | None = None
    signature: Signature | None = None
    notes: tuple[Note, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Form:
    """`items`: those that stand in the form itself, before its groups (ODM 2.0 only)."""

    oid: str
    repeat_key: str | None = None
    groups: tuple[Group, ...] = ()
    transaction: str | None = None
    audit: Audit | None = None
    signature: Signature | None = None
    notes: tuple[Note, ...] = ()
    items: tuple[Item, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Event:
    oid: str
    repeat_key: str | None = None
    forms: tuple[Form, ...] = ()
    transaction: str | None = None
    audit: Audit | None = None
    signature: Signature | None = None
    notes: tuple[Note, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Subject:
    """`study` and `version`: OIDs of the study and of the MetaDataVersion its data are said in."""

    key: str
    study: str
    version: str
    events: tuple[Event, ...] = ()
    site: str | None = None
    transaction: str | None = None
    audit: Audit | None = None
    signature: Signature | None = None
    notes: tuple[Note, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class User:
    oid: str
    login: str | None = None
    name: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """A place with the MetaDataVersion it works by, and the day from which it does."""

    oid: str
    name: str
    study: str
    version: str
    since: str


@dataclass(frozen=True, slots=True)
class SignatureDef:
    oid: str
    meaning: str
    legal_reason: str
    method: str | None = None


@dataclass(frozen=True, slots=True)
class Admin:
    """The people, places and meanings of signatures that the data refer to."""

    users: tuple[User, ...] = ()
    locations: tuple[Location, ...] = ()
    signatures: tuple[SignatureDef, ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """What the file says of itself."""

    file_oid: str
    file_type: FileType
    created: str
    originator: str | None = None
    system: str | None = None
    system_version: str | None = None
