"""Items of clinical data as both versions of ODM have them, and the pieces that a file keeps apart from them.

Flags that this program writes (`clinical.FLAG_LIST`) become missing codes and steps of queries again; every
other annotation stays a note.  What is not read is counted by its name.
"""

from __future__ import annotations

from typing import Any, Final

from crf_app.exchange.clinical import (
    FLAG_LIST,
    UCUM,
    Audit,
    Item,
    Note,
    QueryStep,
    Signature,
)
from crf_app.exchange.data_heads import Heads, is_time, required
from crf_app.exchange.xml_in import too_much

#: audit records and annotations that a file keeps apart and names by ID
MOST_APART: Final = 300_000
_STATUSES: Final = ("Open", "Answered", "Closed", "Cancelled")
#: states of 2.0 that stand for one of ours
_STATE: Final = {"Candidate": "Open", "Resolved": "Closed"}


class Parts(Heads):
    """Reads the pieces of one file."""

    # ---- what stands apart

    def remember(self, element: Any) -> None:
        """An audit record, signature or annotation that items name by ID."""
        id_ = element.get("ID")
        if id_ is None:
            return self.lose(element)
        read = {"AuditRecord": self.audit, "Signature": self.signature, "Annotation": self.note}
        self._by_id[id_] = read[element.tag.removeprefix(self.namespace)](element)
        if len(self._by_id) > MOST_APART:
            raise too_much(self.path.name)
        return None

    def _named(self, element: Any, attribute: str, kind: type[Any]) -> Any:
        id_ = element.get(attribute)
        if id_ is None:
            return None
        found = self._by_id.get(id_)
        if not isinstance(found, kind):
            raise self.broken(
                element,
                f"{attribute} names nothing that stands in the file.",
                f"{attribute} 所指内容不在文件中。",
            )
        return found

    # ---- items

    def items(self, element: Any, two: bool) -> tuple[Item, ...]:
        """The items directly below a group."""
        read = self._item2 if two else self._item1
        out = []
        for child in element:
            tag = child.tag
            if tag == self._item:
                out.append(read(child))
            elif tag.startswith(self._item) and not two:
                out.append(self._typed(child))
        return tuple(out)

    def _item1(self, element: Any) -> Item:
        audit = signature = unit = None
        notes: list[Note] = []
        for child in element:
            tag = child.tag
            if tag == self._audit:
                audit = self.audit(child)
            elif tag == self._unit_ref:
                unit = required(self, child, "MeasurementUnitOID")
            elif tag == self._note:
                notes.append(self.note(child))
            elif tag == self._sign:
                signature = self.signature(child)
            else:
                self.lose(child)
        get = element.get
        missing, queries, notes = self._sorted(notes) if notes else (None, [], notes)
        if missing is None and get("IsNull") == "Yes":
            missing = ""
        return Item(
            required(self, element, "ItemOID"),
            get("Value") if missing is None else None,
            missing,
            unit,
            self.transaction(element),
            audit,
            signature,
            tuple(queries),
            tuple(notes),
            element.sourceline,
        )

    def _sorted(self, notes: list[Note]) -> tuple[str | None, list[QueryStep], list[Note]]:
        """Annotations by what their flags say: missing code, steps of queries, and all others."""
        missing, steps, rest = None, [], []
        for note in notes:
            said = {flag.type: flag.value for flag in note.flags if flag.types == FLAG_LIST}
            if "MISSING" in said:
                missing = said["MISSING"]
            elif _is_step(said):
                steps.append(_step(note.text or "", said))
            else:
                rest.append(note)
        return missing, steps, rest

    def _typed(self, element: Any) -> Item:
        """ItemDataInteger, ItemDataString …: the value is the text of the element."""
        get = element.get
        note = self._named(element, "AnnotationID", Note)
        missing, queries, notes = self._sorted([note] if note is not None else [])
        return Item(
            required(self, element, "ItemOID"),
            (element.text or "") if get("IsNull") != "Yes" else None,
            (missing or "") if get("IsNull") == "Yes" else None,
            get("MeasurementUnitOID"),
            self.transaction(element),
            self._named(element, "AuditRecordID", Audit),
            self._named(element, "SignatureID", Signature),
            tuple(queries),
            tuple(notes),
            element.sourceline,
        )

    def _item2(self, element: Any) -> Item:
        audit = signature = unit = None
        values: list[str] = []
        notes: list[Note] = []
        queries: list[QueryStep] = []
        for child in element:
            tag = child.tag
            if tag == self._value:
                values.append(child.text or "")
            elif tag == self._audit:
                audit = self.audit(child)
            elif tag == self._note:
                coding = child.find(self.tag("Coding"))
                if coding is not None and coding.get("System") == UCUM and unit is None and len(child) == 1:
                    unit = coding.get("Code", "")
                else:
                    notes.append(self.note(child))
            elif tag == self._query_tag:
                queries.append(self._query(child))
            elif tag == self._sign:
                signature = self.signature(child)
            else:
                self.lose(child)
        missing, _, rest = self._sorted(notes) if notes else (None, [], notes)
        if rest and queries:
            rest = _say(queries, rest)
        if missing is None and element.get("IsNull") == "Yes":
            missing = ""
        return Item(
            required(self, element, "ItemOID"),
            ";".join(values) if values else None,
            missing,
            unit,
            self.transaction(element),
            audit,
            signature,
            tuple(queries),
            tuple(rest),
            element.sourceline,
        )

    def _query(self, element: Any) -> QueryStep:
        state = element.get("State", "")
        state = _STATE.get(state, state)
        if state not in _STATUSES:
            raise self.broken(element, "State is none of the standard.", "State 不是标准中的值。")
        for child in element:
            if child.tag != self.tag("Value"):
                self.lose(child)
        at = self.time(element, element.get("LastUpdateDatetime"))
        system = element.get("Type", "System" if element.get("Source") == "System" else "") == "System"
        text = self.child_text(element, "Value") or ""
        return QueryStep(required(self, element, "OID"), state, text, at, system)


def _is_step(said: dict[str | None, str]) -> bool:
    """Whether flags say all of a query's step; what says less stays a note."""
    whole = bool(said.get("QUERY.THREAD")) and said.get("QUERY.STATUS") in _STATUSES
    return whole and is_time(said.get("QUERY.AT", ""))


def _step(text: str, said: dict[str | None, str]) -> QueryStep:
    system = said.get("QUERY.TYPE") == "System"
    at = said.get("QUERY.AT", "")
    return QueryStep(said["QUERY.THREAD"], said["QUERY.STATUS"], text, at, system, said.get("QUERY.SAID"))


def _say(queries: list[QueryStep], notes: list[Note]) -> list[Note]:
    """Give the steps what their checks asked, which 2.0 has no place for; the other notes."""
    rest = []
    for note in notes:
        said = {flag.type: flag.value for flag in note.flags if flag.types == FLAG_LIST}
        number = said.get("QUERY.STEP", "")
        if "QUERY.SAID" in said and number.isascii() and number.isdigit() and int(number) < len(queries):
            one = queries[int(number)]
            queries[int(number)] = QueryStep(
                one.thread, one.status, one.text, one.at, one.system, said["QUERY.SAID"]
            )
        else:
            rest.append(note)
    return rest
