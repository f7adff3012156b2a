"""One value from the command line to its durable record, and what is said about it afterwards.

Shared by `put` and `put --stdin`.  Which text is a value, who may enter it and whether a reason is needed is
decided by the action.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from crf_app.actions.changes import Changes
from crf_app.actions.enter_data import enter_value, mark_missing
from crf_app.actions.rows import add_row
from crf_app.actions.session import Session
from crf_app.actions.subjects import find_subject
from crf_app.cli import names
from crf_app.errors import CrfError
from crf_app.model.keys import FormKey, ItemKey
from crf_app.rules.facts import Finding


@dataclass(frozen=True, slots=True)
class Entry:
    """One value as it was given; `missing` is a code in its place.  Empty `value` clears the cell."""

    item: str
    value: str = ""
    missing: str | None = None
    unit: str | None = None
    reason: str | None = None


@dataclass
class Place:
    """A form to enter into, found once and used for many values."""

    session: Session
    key: FormKey
    row: str = ""
    added: bool = False

    def enter(self, entry: Entry) -> tuple[ItemKey, Changes]:
        """Store one value; returns after the commit is on disk.  Raises what the actions raise; a row
        that was added for the value stays and is named in `details["row_added"]`."""
        try:
            return self._enter(entry)
        except CrfError as refusal:
            if self.added:
                refusal.details = {**refusal.details, "row_added": self.row}
            raise

    def _enter(self, entry: Entry) -> tuple[ItemKey, Changes]:
        form = self.session.study.forms[self.key.form_oid]
        cell = names.item_key(self.key, form, names.item_oid(form, entry.item), self.row)
        if entry.missing is not None:
            return cell, mark_missing(self.session, cell, entry.missing, entry.reason)
        return cell, enter_value(self.session, cell, entry.value, entry.unit, entry.reason)

    def choose_row(self, text: str) -> None:
        """Work in the row that `text` names; `[new]` adds one, which is a commit of its own."""
        row = names.row_of(self.session.study.forms[self.key.form_oid], text)
        if row.place == names.NEW and row.group.rows is None:
            self.row, self.added = add_row(self.session, self.key, row.group.oid).row, True
        else:
            self.row = names.row_part(self.session, self.key, row)


@dataclass
class Finder:
    """Subject numbers looked up once in a run; a uid stays for ever."""

    session: Session
    _uids: dict[str, str] = field(default_factory=dict)

    def place(self, subject: str, event: str, form: str) -> Place:
        if subject not in self._uids:
            self._uids[subject] = find_subject(self.session, subject)
        return Place(self.session, names.form_key(self.session, self._uids[subject], event, form))


def stored(session: Session, cell: ItemKey, changes: Changes) -> dict[str, Any]:
    """What is there now: the record that holds the value, and the findings that concern it."""
    row = session.subject(cell.subject).items.get(cell.path)
    found = [finding_json(one, session.language) for one in changes.findings if concerns(one, cell)]
    out: dict[str, Any] = {"ok": True, "record": row.head if row else None, "findings": found}
    if row is not None:
        out |= {
            "where": str(cell),
            "value": row.answer.value,
            "missing": row.answer.missing,
            "unit": row.answer.unit,
        }
    return out | ({} if changes.records else {"unchanged": True})


def concerns(finding: Finding, cell: ItemKey) -> bool:
    """Whether a finding opens at this cell or reads it; another row reads its own cells, or `at.CODE`."""
    variable = cell.item.removeprefix("I.")
    if finding.local == cell.local:
        return True
    group = finding.local.partition("/")[0]
    if cell.row and group != cell.group and group.partition("~")[0] == cell.group_oid:
        return f"at.{cell.row}.{variable}" in finding.operands
    return any(name == variable or name.endswith(f".{variable}") for name in finding.operands)


def finding_json(finding: Finding, language: str) -> dict[str, Any]:
    return {
        "check": finding.check,
        "ec": finding.ec,
        "severity": finding.severity,
        "item": finding.local,
        "message": finding.texts[language],
    }
