"""One subject's records as the statements of an ODM file: the whole trail in its order, or what stands now.

Each record of an answer is one ItemData; a row, an added visit and a signature speak through their own
element.  States of forms (complete, locked) and prints are not data and have no place in ODM: they are left
out.  What came with an ODM file says again what it said there (`origin`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from crf_app.actions.consequences import SYSTEM
from crf_app.actions.odm_names import local_iso, location_oid, meaning_oid, origin_of, user_oid
from crf_app.exchange.clinical import Audit, Event, Form, Group, Item, QueryStep, Signature, Subject
from crf_app.rules.unit_state import QUERY_STEP
from crf_app.store.trail import Plain, TrailRow

_ANSWERS: Final = frozenset({"item.set", "item.derive", "item.resolve"})
_ROWS: Final = {"row.add": "Insert", "row.restore": "Insert", "row.delete": "Remove"}
_MOST_PLACES: Final = 50_000
#: (event, its repeat key, form, group, row), as the file names them
Place = tuple[str, str | None, str, str, str | None]


@dataclass
class Names:
    """What a study's things are called in the file."""

    study: str
    version: str
    site: str
    written: Mapping[str, str]  # our OID → the file's
    units: Mapping[str, str]  # unit → its OID, where it has one
    _places: dict[str, Place] = field(default_factory=dict)

    def place(self, path: str) -> Place:
        """The place of `SE.V1/F.VS/IG.VS~row`; missing pieces are empty."""
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
                get(group_oid, group_oid),
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

    def trail(self, label: str, records: Iterable[Plain]) -> Subject:
        """Everything that happened, in order."""
        return _Trail(self, label).told(records)

    def snapshot(
        self,
        label: str,
        answers: Iterable[Plain],
        others: Iterable[TrailRow],
        struck: frozenset[str],
        valid: frozenset[str],
    ) -> Subject:
        """What stands now; `others`: the records that are no answers, in order."""
        return _Snapshot(self, label, struck, valid).told(answers, others)

    def user(self, user: str) -> str:
        found = self._users.get(user)
        if found is None:
            found = self._users[user] = user_oid(self.names.site, user)
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


def is_statement(row: TrailRow) -> bool:
    """Whether a record that is kept of an import states a signature."""
    return row.kind == "import.make" and '"signature"' in (row.value or "")


def _upward(path: str) -> list[str]:
    """`SE.V1`, `SE.V1/F.VS`, … down to the path itself."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]


class _Tree:
    """Statements being put together: the event, form and group that are open."""

    def __init__(self, teller: Teller, label: str) -> None:
        self.teller, self.label = teller, label
        self.names = teller.names
        self.events: list[Event] = []
        self.forms: list[Form] = []
        self.groups: list[Group] = []
        self.items: list[Item] = []
        self.at: Place | None = None
        self.path = ""
        self.group_says: dict[str, Any] = {}
        self.transactions = True
        self.threads: dict[str, str] = {}  # thread → its name in the file
        self.keys: dict[str, str] = {}  # visit or row → its repeat key in the file it came with
        self._begun: set[tuple[str | None, ...]] = set()

    def open(self, path: str) -> None:
        """Go to a group; what is open stays open as far as it is the same."""
        place, before = self.names.place(path), self.at
        if self.keys:
            place = self._named(path, place)
        if before is not None and place[:2] != before[:2]:
            self.close_event()
        elif before is not None and place[:3] != before[:3]:
            self.close_form()
        else:
            self.close_group()
        self.at, self.path = place, path

    def remember(self, row: TrailRow) -> None:
        """The repeat key by which the source calls a visit or row, where it is not ours."""
        named = None if row.origin is None else origin_of(row.origin).get("repeat_key")
        if named is not None:
            self.keys[row.key] = named

    def _named(self, path: str, place: Place) -> Place:
        event, _, rest = path.partition("/")
        get = self.keys.get
        visit, row = get(event, place[1]), get(path, place[4]) if rest else place[4]
        return (place[0], visit, place[2], place[3], row)

    def close_group(self) -> None:
        if self.at is None or not (self.items or self.group_says):
            return
        group, row = self.at[3:]
        said = {"transaction": self._begin(self.at), **self.group_says}
        self.groups.append(Group(group, row, tuple(self.items), **said))
        self.items, self.group_says = [], {}

    def close_form(self, **says: Any) -> None:
        self.close_group()
        if self.at is None or not (self.groups or says):
            return
        said = {"transaction": self._begin(self.at[:3]), **says}
        self.forms.append(Form(self.at[2], None, tuple(self.groups), **said))
        self.groups = []

    def close_event(self, **says: Any) -> None:
        self.close_form()
        if self.at is None or not (self.forms or says):
            return
        said = {"transaction": self._begin(self.at[:2]), **says}
        self.events.append(Event(self.at[0], self.at[1], tuple(self.forms), **said))
        self.forms = []

    def _begin(self, place: tuple[str | None, ...]) -> str | None:
        """Insert for the first time that a place is spoken of, then Context."""
        if not self.transactions:
            return None
        if place in self._begun:
            return "Context"
        self._begun.add(place)
        return "Insert"

    def subject(self, audit: Audit | None) -> Subject:
        self.close_event()
        site = location_oid(self.names.site)
        said = "Insert" if self.transactions else None
        names = self.names
        return Subject(self.label, names.study, names.version, tuple(self.events), site, said, audit)


class _Trail(_Tree):
    """Every record, one after the other."""

    def told(self, records: Iterable[Plain]) -> Subject:
        audit, stands, teller = None, set[str](), self.teller
        written, units = self.names.written, self.names.units
        for row in records:
            if row[1] not in _ANSWERS:
                audit = self._other(TrailRow._make(row)) or audit
                continue
            key, value, missing, unit = row[5:9]
            path, _, oid = key.rpartition("/")
            if path != self.path:
                self.open(path)
            if value is None and missing is None:
                said = "Remove"
                stands.discard(key)
            elif key in stands:
                said = "Update"
            else:
                said = "Insert"
                stands.add(key)
            self.items.append(
                Item(
                    written.get(oid, oid),
                    value,
                    missing,
                    unit and units.get(unit, unit),
                    said,
                    teller.plain_audit(row),
                )
            )
        return self.subject(audit)

    def _other(self, row: TrailRow) -> Audit | None:
        """What is no answer; the audit record of the subject itself is given back."""
        if row.kind == "subject.add":
            return self.teller.audit(row)
        if row.kind in _ROWS:
            self.remember(row)
            self.open(row.key)
            self.group_says = {"transaction": _ROWS[row.kind], "audit": self.teller.audit(row)}
            if row.kind == "row.delete":
                self.close_group()
            elif self.at is not None:
                self._begun.add(self.at)
        elif row.kind == "event.add":
            self.remember(row)
            self.open(row.key)
            self._begun.add(self.at[:2] if self.at else ())
            self.close_event(transaction="Insert", audit=self.teller.audit(row))
        elif row.kind in QUERY_STEP:
            path, _, oid = row.key.rpartition("/")
            if path != self.path:
                self.open(path)
            audit, steps = self.teller.audit(row, reason=False), (self.teller.query(row, self.threads),)
            oid = self.names.written.get(oid, oid)
            self.items.append(Item(oid, transaction="Context", audit=audit, queries=steps))
        elif row.kind == "sign.make" or is_statement(row):
            self.open(row.key)
            self.close_form()
            self.close_form(audit=self.teller.audit(row), signature=self.teller.signature(row))
            self.path = ""
        return None


class _Snapshot(_Tree):
    """What stands now, each place once, in the order in which the places were first spoken of."""

    def __init__(self, teller: Teller, label: str, struck: frozenset[str], valid: frozenset[str]) -> None:
        super().__init__(teller, label)
        self.transactions = False
        self.struck, self.valid = struck, valid
        self.event_says: dict[str, Any] = {}
        self.form_says: dict[str, Any] = {}

    def told(self, answers: Iterable[Plain], others: Iterable[TrailRow]) -> Subject:
        audit = None
        cells = {row[5]: row for row in answers}
        if self.struck:
            cells = {key: row for key, row in cells.items() if key.rpartition("/")[0] not in self.struck}
        threads: dict[str, dict[str, QueryStep]] = {}
        added: dict[str, TrailRow] = {}
        signed: dict[str, TrailRow] = {}
        for row in others:
            if row.kind == "subject.add":
                audit = self.teller.audit(row)
            elif row.kind in QUERY_STEP and row.key.rpartition("/")[0] not in self.struck:
                steps = threads.setdefault(row.key, {})
                steps[row.thread or ""] = self._standing(steps.get(row.thread or ""), row)
            elif row.kind in ("row.add", "event.add") and row.key not in self.struck:
                added[row.key] = row
                self.remember(row)
            elif is_statement(row) or row.id in self.valid:
                signed[row.key] = row
        keys = [*cells, *(key for key in threads if key not in cells)]
        for path in self._ordered(keys, added, signed):
            self._tell(path, cells, threads, added, signed)
        return self.subject(audit)

    def _standing(self, before: QueryStep | None, row: TrailRow) -> QueryStep:
        """A thread as it stands: its question, its last status and time."""
        step = self.teller.query(row, self.threads)
        if before is None or step.status == "Open":
            return step
        return QueryStep(step.thread, step.status, before.text, step.at, before.system, before.said)

    def _ordered(self, keys: list[str], *more: Mapping[str, TrailRow]) -> list[str]:
        """Places by event, form, group and item, each level as first spoken of."""
        paths = list(dict.fromkeys([*keys, *(key for one in more for key in one)]))
        first: dict[str, int] = {}
        rank = {path: [first.setdefault(one, len(first)) for one in _upward(path)] for path in paths}
        return sorted(paths, key=rank.__getitem__)

    def _tell(
        self,
        path: str,
        cells: Mapping[str, Plain],
        threads: Mapping[str, Mapping[str, QueryStep]],
        added: Mapping[str, TrailRow],
        signed: Mapping[str, TrailRow],
    ) -> None:
        depth = path.count("/")
        if depth < 3:
            return self._container(path, depth, added, signed)
        group, _, oid = path.rpartition("/")
        if group != self.path:
            self.open(group)
        row = cells.get(path)
        steps = tuple(threads.get(path, {}).values())
        name = self.names.written.get(oid, oid)
        if row is None:
            self.items.append(Item(name, queries=steps))
        else:
            value, missing, unit = row[6:9]
            audit, unit = self.teller.plain_audit(row), self.teller.unit(unit)
            self.items.append(Item(name, value, missing, unit, None, audit, None, steps))
        return None

    def _container(
        self, path: str, depth: int, added: Mapping[str, TrailRow], signed: Mapping[str, TrailRow]
    ) -> None:
        """A row, a visit that was added, or a form that is signed: said with what is in it."""
        if depth == 2 and path in added:
            self.open(path)
            self.group_says = {"audit": self.teller.audit(added[path])}
        elif depth == 0 and path in added:
            self.open(path)
            self.event_says = {"audit": self.teller.audit(added[path])}
        elif depth == 1 and path in signed:
            self.open(path)
            row = signed[path]
            self.form_says = {"audit": self.teller.audit(row), "signature": self.teller.signature(row)}

    def close_form(self, **says: Any) -> None:
        said, self.form_says = self.form_says, {}
        super().close_form(**said, **says)

    def close_event(self, **says: Any) -> None:
        self.close_form()
        said, self.event_says = self.event_says, {}
        super().close_event(**said, **says)
