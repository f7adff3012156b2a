"""Everything that happened to one subject as the statements of an ODM file, in its order.

Each record of an answer is one ItemData; a row, an added visit and a signature speak through their own
element, a form's status and version through flags of an annotation.  Prints are no data and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from crf_app.actions.odm.odm_teller import FORM_STATUS, FORM_VERSION, Teller, form_note, not_done_note, stated
from crf_app.actions.odm.odm_tree import Tree
from crf_app.exchange.clinical import Audit, Item, Note, Subject
from crf_app.rules.unit_state import MISTAKE, QUERY_STEP
from crf_app.store.trail import Plain, TrailRow

_ANSWERS: Final = frozenset({"item.set", "item.derive", "item.resolve"})
_ROWS: Final = {"row.add": "Insert", "row.restore": "Insert", "row.delete": "Remove"}


class Trail(Tree):
    """Every record, one after the other."""

    def __init__(self, teller: Teller, label: str) -> None:
        super().__init__(teller, label)
        self.under: set[str] = set()  # forms whose version of the definition is said

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
                self._begin_form(path, row[13])
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

    def _begin_form(self, path: str, version: str | None) -> None:
        """Say under which version of the definition a form is entered, once, where there are several."""
        parts = path.split("/")
        form = "/".join(parts[:2])
        if not self.names.several or len(parts) < 2 or form in self.under:
            return
        self.under.add(form)
        if version is not None:
            self._say_form(form, notes=(form_note(FORM_VERSION, version),))

    def _say_form(self, path: str, **says: Any) -> None:
        """A statement about a form as a whole."""
        self.open(path)
        self.close_form()
        self.close_form(**says)
        self.path = ""

    def _other(self, row: TrailRow) -> Audit | None:
        """What is no answer; the audit record of the subject itself is given back."""
        if row.kind == "subject.add":
            return self.teller.audit(row)
        if row.kind == "import.make":
            self._stated(row)
        elif row.kind in ("form.migrate", "form.status", "sign.make"):
            self._of_form(row)
        elif row.kind in _ROWS:
            self._row(row)
        elif row.kind == "event.add":
            self.remember(row)
            self.open(row.key)
            self._begun.add(self.at[:2] if self.at else ())
            self.close_event(transaction="Insert", audit=self.teller.audit(row))
        elif row.kind == "event.status":
            self.open(row.key)
            said = "Remove" if row.value == MISTAKE else "Insert"
            self.close_event(transaction=said, audit=self.teller.audit(row))
            self.path = ""
        elif row.kind == "subject.status" and row.value == MISTAKE:
            before = self.subject_says.get("notes", ())
            words = f"Made by mistake / 误建: {row.reason or ''}"
            self.subject_says = {**self.subject_says, "notes": (*before, Note(len(before) + 1, words))}
        elif row.kind in QUERY_STEP:
            self._query(row)
        return None

    def _of_form(self, row: TrailRow) -> None:
        audit = self.teller.audit(row)
        if row.kind == "form.migrate":
            self.under.add(row.key)
            self._say_form(row.key, audit=audit, notes=(form_note(FORM_VERSION, row.value or ""),))
            return
        self._begin_form(row.key, row.def_)
        if row.kind == "sign.make":
            self._say_form(row.key, audit=audit, signature=self.teller.signature(row))
        else:
            why = not_done_note(row.missing, row.reason) if row.value == "not_done" else ()
            self._say_form(row.key, audit=audit, notes=(form_note(FORM_STATUS, row.value or ""), *why))

    def _row(self, row: TrailRow) -> None:
        self.remember(row)
        self._begin_form(row.key, row.def_)
        self.open(row.key)
        self.group_says = {"transaction": _ROWS[row.kind], "audit": self.teller.audit(row)}
        if row.kind == "row.delete":
            self.close_group()
        elif self.at is not None:
            self._begun.add(self.at)

    def _query(self, row: TrailRow) -> None:
        path, _, oid = row.key.rpartition("/")
        if path != self.path:
            self._begin_form(path, row.def_)
            self.open(path)
        audit, steps = self.teller.audit(row, reason=False), (self.teller.query(row, self.threads),)
        oid = self.names.written.get(oid, oid)
        self.items.append(Item(oid, transaction="Context", audit=audit, queries=steps))

    def _stated(self, row: TrailRow) -> None:
        """A signature or notes of a source, said again where they stood."""
        one = stated(self.teller, row)
        if one is None:
            return
        says = {"signature": one.signature, "notes": one.notes}
        depth = row.key.count("/")
        if depth == 0 and row.key.partition("~")[0] not in self.names.written:  # the subject itself
            before = self.subject_says.get("notes", ())
            self.subject_says = {"signature": one.signature, "notes": (*before, *one.notes)}
            return
        if depth == 1 and one.version:
            self.under.add(row.key)
        self._begin_form(row.key, row.def_)
        if depth == 0:
            self.open(row.key)
            self.close_event()
            self.close_event(audit=one.audit, **says)
            self.path = ""
        elif depth == 1:
            self._say_form(row.key, audit=one.audit, **says)
        elif depth == 2:
            self.open(row.key)
            self.group_says = {"audit": one.audit, **says}
            self.close_group()
        else:
            path, _, oid = row.key.rpartition("/")
            if path != self.path:
                self.open(path)
            oid = self.names.written.get(oid, oid)
            self.items.append(
                Item(oid, transaction="Context", audit=one.audit, signature=one.signature, notes=one.notes)
            )
