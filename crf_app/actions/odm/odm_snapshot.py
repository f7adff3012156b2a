"""What stands now of one subject as the statements of an ODM file, each place once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crf_app.actions.odm.odm_teller import (
    FORM_STATUS,
    FORM_VERSION,
    Stated,
    Teller,
    form_note,
    is_flag,
    not_done_note,
    stated,
)
from crf_app.actions.odm.odm_tree import Tree
from crf_app.exchange.clinical import Audit, Item, Note, QueryStep, Subject
from crf_app.rules.unit_state import QUERY_STEP
from crf_app.store.trail import Plain, TrailRow


@dataclass(frozen=True, slots=True)
class Standing:
    """What is to be known beside the records: rows struck out, valid signatures, and of forms by their path
    (`SE.V1/F.VS`) status and version of the definition."""

    struck: frozenset[str] = frozenset()
    valid: frozenset[str] = frozenset()
    status: Mapping[str, str] = field(default_factory=dict)
    version: Mapping[str, str] = field(default_factory=dict)
    not_done: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # code and words


@dataclass
class _Found:
    """What the records say, by path."""

    cells: dict[str, Plain]
    threads: dict[str, dict[str, QueryStep]] = field(default_factory=dict)
    added: dict[str, TrailRow] = field(default_factory=dict)
    said: dict[str, list[Stated]] = field(default_factory=dict)
    subject: Audit | None = None


class Snapshot(Tree):
    """What stands now, each place once, in the order in which the places were first spoken of."""

    def __init__(self, teller: Teller, label: str, standing: Standing) -> None:
        super().__init__(teller, label)
        self.transactions = False
        self.standing = standing
        self.event_says: dict[str, Any] = {}
        self.form_says: dict[str, Any] = {}

    def told(self, answers: Iterable[Plain], others: Iterable[TrailRow]) -> Subject:
        """`others`: the records that are no answers, in order."""
        struck = self.standing.struck
        cells = {row[5]: row for row in answers}
        if struck:
            cells = {key: row for key, row in cells.items() if key.rpartition("/")[0] not in struck}
        found = _Found(cells)
        for row in others:
            self._other(found, row)
        states = self.standing
        keys = [*cells, *(key for key in found.threads if key not in cells)]
        for path in _ordered([*keys, *found.added, *found.said, *states.status, *states.version]):
            self._tell(path, found)
        return self.subject(found.subject)

    def _other(self, found: _Found, row: TrailRow) -> None:
        struck = self.standing.struck
        if row.kind == "subject.add":
            found.subject = self.teller.audit(row)
        elif row.kind in QUERY_STEP and row.key.rpartition("/")[0] not in struck:
            steps = found.threads.setdefault(row.key, {})
            steps[row.thread or ""] = self._standing(steps.get(row.thread or ""), row)
        elif row.kind in ("row.add", "event.add") and row.key not in struck:
            found.added[row.key] = row
            self.remember(row)
        elif row.kind == "sign.make" and row.id in self.standing.valid:
            signed = Stated(self.teller.signature(row), (), self.teller.audit(row))
            found.said.setdefault(row.key, []).append(signed)
        elif row.kind == "import.make" and not struck.intersection((row.key, row.key.rpartition("/")[0])):
            one = stated(self.teller, row)
            if one is not None and row.key.partition("/")[0].partition("~")[0] in self.names.written:
                found.said.setdefault(row.key, []).append(one)
            elif one is not None:  # the subject itself
                before = self.subject_says.get("notes", ())
                self.subject_says = {"signature": one.signature, "notes": (*before, *one.notes)}

    def _standing(self, before: QueryStep | None, row: TrailRow) -> QueryStep:
        """A thread as it stands: its question, its last status and time."""
        step = self.teller.query(row, self.threads)
        if before is None or step.status == "Open":
            return step
        return QueryStep(step.thread, step.status, before.text, step.at, before.system, before.said)

    def _tell(self, path: str, found: _Found) -> None:
        depth = path.count("/")
        if depth < 3:
            return self._container(path, depth, found)
        group, _, oid = path.rpartition("/")
        if group != self.path:
            self.open(group)
        row = found.cells.get(path)
        steps = tuple(found.threads.get(path, {}).values())
        name = self.names.written.get(oid, oid)
        item = Item(name, queries=steps)
        if row is not None:
            value, missing, unit = row[6:9]
            audit, unit = self.teller.plain_audit(row), self.teller.unit(unit)
            item = Item(name, value, missing, unit, None, audit, None, steps)
        if path in found.said:
            says = _together(found.said[path])
            item = item._replace(signature=says["signature"], notes=says["notes"])
        self.items.append(item)
        return None

    def _container(self, path: str, depth: int, found: _Found) -> None:
        """A row, a visit that was added, or a form with its signature and status: said with what is in it."""
        says = _together(found.said.get(path, ()))
        if path in found.added:
            says["audit"] = self.teller.audit(found.added[path])
        if depth == 1:
            says["notes"] = self._of_form(path, says["notes"])
        self.open(path)
        if depth == 2:
            self.group_says = says
        elif depth == 1:
            self.form_says = says
        else:
            self.event_says = says

    def _of_form(self, path: str, notes: tuple[Note, ...]) -> tuple[Note, ...]:
        """With the form's status and version: those here, or the source's where none are said here."""
        here = (
            (FORM_STATUS, self.standing.status.get(path)),
            (FORM_VERSION, self.standing.version.get(path)),
        )
        for kind, value in here:
            if value is not None and not (kind == FORM_VERSION and any(is_flag(one, kind) for one in notes)):
                notes = (*notes, form_note(kind, value))
        notes += not_done_note(*self.standing.not_done.get(path, ("", "")))
        return _numbered(notes)

    def close_form(self, **says: Any) -> None:
        said, self.form_says = self.form_says, {}
        super().close_form(**said, **says)

    def close_event(self, **says: Any) -> None:
        self.close_form()
        said, self.event_says = self.event_says, {}
        super().close_event(**said, **says)


def _together(said: Sequence[Stated]) -> dict[str, Any]:
    """Several statements about one place as one: the last signature, all notes, flags as they were last."""
    out: dict[str, Any] = {"audit": None, "signature": None, "notes": ()}
    for one in said:
        for kind in (FORM_STATUS, FORM_VERSION):
            if any(is_flag(note, kind) for note in one.notes):
                out["notes"] = tuple(note for note in out["notes"] if not is_flag(note, kind))
        out["notes"] += one.notes
        if one.signature is not None or out["signature"] is None:
            out["signature"], out["audit"] = one.signature, one.audit
    return out


def _numbered(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """Each with a number of its own."""
    if len({one.seq for one in notes}) == len(notes):
        return notes
    return tuple(replace(one, seq=number) for number, one in enumerate(notes, 1))


def _ordered(paths: Iterable[str]) -> list[str]:
    """Places by event, form, group and item, each level as first spoken of."""
    every = list(dict.fromkeys(paths))
    first: dict[str, int] = {}
    rank = {path: [first.setdefault(one, len(first)) for one in _upward(path)] for path in every}
    return sorted(every, key=rank.__getitem__)


def _upward(path: str) -> list[str]:
    """`SE.V1`, `SE.V1/F.VS`, … down to the path itself."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
