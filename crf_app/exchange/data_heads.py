"""Audit records, signatures and annotations as both versions of ODM have them.

What is not read is counted by its name; a known element that is broken refuses the file with its line.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from crf_app.errors import ExchangeRefused
from crf_app.exchange.clinical import (
    TRANSACTIONS,
    Audit,
    Flag,
    Note,
    Signature,
)
from crf_app.exchange.xml_in import NAMESPACES, broken

_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-](\d\d:\d\d))?\Z", re.ASCII
).match
_FARTHEST: Final = "14:00"  # from UTC, as XML Schema has it
_EDIT_POINTS: Final = (None, "Monitoring", "DataManagement", "DBAudit")
_TIMES_KEPT: Final = 10_000
Head = tuple[Audit | None, Signature | None, tuple[Note, ...]]


class Heads:
    """Reads what stands at the head of an element: audit record, signature, annotations."""

    def __init__(self, path: Path, namespace: str, losses: Counter[str]) -> None:
        self.path, self.losses = path, losses
        self.namespace = f"{{{namespace}}}"
        self.one = namespace == NAMESPACES["1.3.2"]
        self._by_id: dict[str, Any] = {}
        self._times: set[str] = set()  # the last ones that were right: many records are of one moment
        self._item, self._audit = self.tag("ItemData"), self.tag("AuditRecord")
        self._unit_ref, self._note, self._sign = map(
            self.tag, ("MeasurementUnitRef", "Annotation", "Signature")
        )
        self._user_ref, self._place_ref = self.tag("UserRef"), self.tag("LocationRef")
        self._time, self._source, self._reason = map(
            self.tag, ("DateTimeStamp", "SourceID", "ReasonForChange")
        )
        self._value, self._query_tag = self.tag("Value"), self.tag("Query")
        self._head_tags = frozenset(map(self.tag, ("AuditRecord", "Signature", "Annotation")))
        self._known = lru_cache(maxsize=64)(lambda names: self._head_tags | frozenset(map(self.tag, names)))

    def tag(self, name: str) -> str:
        return self.namespace + name

    def broken(self, element: Any, en: str, zh: str) -> ExchangeRefused:
        return broken(self.path, element, en, zh)

    def transaction(self, element: Any) -> str | None:
        found: str | None = element.get("TransactionType")
        if found is not None and found not in TRANSACTIONS:
            raise self.broken(
                element, "TransactionType is none of the standard.", "TransactionType 不是标准中的值。"
            )
        return found

    def lose(self, element: Any) -> None:
        """Count an element that is not read."""
        self.losses[str(element.tag).removeprefix(self.namespace)] += 1

    def lose_children(self, element: Any, *known: str) -> None:
        tags = self._known(known)
        for child in element:
            if child.tag not in tags:
                self.lose(child)

    def child_text(self, element: Any, name: str) -> str | None:
        child = element.find(self.tag(name))
        return None if child is None else (child.text or "")

    # ---- audit record, signature, annotations of anything

    def head(self, element: Any, *known: str) -> Head:
        """Audit record, signature and annotations of an element whose children were read before."""
        audit = signature = None
        notes: list[Note] = []
        items = not known
        for child in element:
            tag = child.tag
            if tag == self._audit:
                audit = self.audit(child)
            elif tag == self.tag("Signature"):
                signature = self.signature(child)
            elif tag == self.tag("Annotation"):
                notes.append(self.note(child))
            elif tag not in self._known(known) and not (items and tag.startswith(self._item)):
                self.lose(child)
        return audit, signature, tuple(notes)

    def audit(self, element: Any) -> Audit:
        user = location = at = reason = source = None
        for child in element:
            tag = child.tag
            if tag == self._user_ref:
                user = child.get("UserOID")
            elif tag == self._place_ref:
                location = child.get("LocationOID")
            elif tag == self._time:
                at = child.text
                if at not in self._times:
                    at = self.time(child, at)
            elif tag == self._source:
                source = child.text or ""
            elif tag == self._reason:
                reason = child.text or ""
            else:
                self.lose(child)
        if not user or not location or at is None:
            raise self.broken(
                element,
                "An AuditRecord says who, where and when; here one of them is missing.",
                "AuditRecord 应包含操作人、地点和时间；此处缺少其中一项。",
            )
        point = element.get("EditPoint")
        if point not in _EDIT_POINTS:
            raise self.broken(element, "EditPoint is none of the standard.", "EditPoint 不是标准中的值。")
        return Audit(user, location, at, reason, source, point)

    def time(self, element: Any, text: str | None) -> str:
        found = (text or "").strip()
        if not is_time(found):
            raise self.broken(element, "This is not a date and time.", "此处不是日期时间。")
        if len(self._times) >= _TIMES_KEPT:
            self._times.clear()
        self._times.add(found)
        return found

    def signature(self, element: Any) -> Signature:
        def oid(name: str, attribute: str) -> str:
            child = element.find(self.tag(name))
            if child is None:
                raise self.broken(element, f"{name} is missing.", f"缺少 {name}。")
            return required(self, child, attribute)

        at = element.find(self.tag("DateTimeStamp"))
        if at is None:
            raise self.broken(element, "DateTimeStamp is missing.", "缺少 DateTimeStamp。")
        return Signature(
            oid("UserRef", "UserOID"),
            oid("LocationRef", "LocationOID"),
            oid("SignatureRef", "SignatureOID"),
            self.time(at, at.text),
        )

    def note(self, element: Any) -> Note:
        seq = element.get("SeqNum", "")
        if not seq.isascii() or not seq.lstrip("-").isdigit() or len(seq) > 18:
            raise self.broken(element, "SeqNum is not a whole number.", "SeqNum 不是整数。")
        text, flags = None, []
        for child in element:
            if child.tag == self.tag("Comment"):
                text = self._comment(child)
            elif child.tag == self.tag("Flag"):
                flag = self._flag(child)
                if flag.value and flag.type != "":
                    flags.append(flag)
                else:  # it says nothing, and 2.0 does not have such
                    self.lose(child)
            elif child.tag != self.tag("Coding"):
                self.lose(child)
        return Note(int(seq), text, tuple(flags))

    def _comment(self, element: Any) -> str:
        if self.one:
            return element.text or ""
        return "\n".join(one.text or "" for one in element.iterchildren(self.tag("TranslatedText")))

    def _flag(self, element: Any) -> Flag:
        value, kind = element.find(self.tag("FlagValue")), element.find(self.tag("FlagType"))
        if value is None:
            raise self.broken(element, "FlagValue is missing.", "缺少 FlagValue。")
        said = (None, None) if kind is None else (kind.text or "", required(self, kind, "CodeListOID"))
        return Flag(value.text or "", required(self, value, "CodeListOID"), *said)


def is_time(text: str) -> bool:
    """Whether this is a moment that exists, written as XML Schema has it."""
    found = _TIME(text)
    if found is None or (found[2] or "") > _FARTHEST or (found[2] or "")[-2:] > "59":
        return False
    try:
        datetime.fromisoformat(found[1])
    except ValueError:
        return False
    return True


def required(parts: Heads, element: Any, attribute: str) -> str:
    """An attribute that must be there.  Raises ExchangeRefused with line and element."""
    found: str | None = element.get(attribute)
    if not found:
        raise parts.broken(element, f"{attribute} is missing.", f"缺少 {attribute}。")
    return found
