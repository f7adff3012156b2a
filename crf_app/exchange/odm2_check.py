"""Elements of ODM 2.0 that this program reads must be right: what they need, may say and name.

A file is refused with the line of the first element that is not; whatever else it holds is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from crf_app.exchange.odm2_xml import NS
from crf_app.exchange.xml_in import broken

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "Study": ("OID", "StudyName", "ProtocolName"),
    "MetaDataVersion": ("OID", "Name"),
    "StudyEventDef": ("OID", "Name", "Repeating", "Type"),
    "ItemGroupDef": ("OID", "Name", "Repeating", "Type"),
    "ItemGroupRef": ("ItemGroupOID", "Mandatory"),
    "ItemRef": ("ItemOID", "Mandatory"),
    "ItemDef": ("OID", "Name", "DataType"),
    "CodeListRef": ("CodeListOID",),
    "CodeList": ("OID", "Name", "DataType"),
    "CodeListItem": ("CodedValue",),
    "ConditionDef": ("OID", "Name"),
    "MethodDef": ("OID", "Name"),
    "Alias": ("Context", "Name"),
}
_YES: Final = frozenset(("Yes", "No"))
_TYPES: Final = frozenset(
    (
        *(
            "integer",
            "decimal",
            "float",
            "double",
            "date",
            "datetime",
            "time",
            "text",
            "string",
            "URI",
            "boolean",
        ),
        *("hexBinary", "base64Binary", "hexFloat", "base64Float", "partialDate", "partialTime"),
        *("partialDatetime", "durationDatetime", "intervalDatetime", "incompleteDatetime", "incompleteDate"),
        "incompleteTime",
    )
)
_ALLOWED: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "StudyEventDef": {"Repeating": _YES, "Type": frozenset(("Scheduled", "Unscheduled", "Common"))},
    "ItemGroupDef": {"Repeating": frozenset(("No", "Simple", "Dynamic", "Static"))},
    "ItemGroupRef": {"Mandatory": _YES},
    "ItemRef": {"Mandatory": _YES},
    "ItemDef": {"DataType": _TYPES},
    "CodeList": {"DataType": frozenset(("integer", "decimal", "text", "string"))},
    "RangeCheck": {
        "Comparator": frozenset(("LT", "LE", "GT", "GE", "EQ", "NE", "IN", "NOTIN")),
        "SoftHard": frozenset(("Soft", "Hard")),
    },
}
_POSITIVE: Final = {"ItemDef": "Length", "ItemGroupDef": "RepeatingLimit"}
#: element → attribute → the kind of element that it names
_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "ItemGroupRef": {"ItemGroupOID": "ItemGroupDef", "CollectionExceptionConditionOID": "ConditionDef"},
    "ItemRef": {
        "ItemOID": "ItemDef",
        "MethodOID": "MethodDef",
        "CollectionExceptionConditionOID": "ConditionDef",
        "UnitsItemOID": "ItemDef",
    },
    "CodeListRef": {"CodeListOID": "CodeList"},
}
_READ: Final = ("StudyEventDef", "ItemGroupDef", "ItemDef", "CodeList", "ConditionDef", "MethodDef")


@dataclass(frozen=True, slots=True)
class _Rule:
    """What an element needs, what its attributes may say, what they name."""

    needed: tuple[tuple[str, bool], ...]  # attribute, whether it must say something
    allowed: tuple[tuple[str, frozenset[str]], ...]
    positive: str | None
    names: tuple[tuple[str, str], ...]


_RULES: Final = {
    NS + kind: _Rule(
        tuple((name, name.endswith("OID")) for name in _NEEDED.get(kind, ())),
        tuple(_ALLOWED.get(kind, {}).items()),
        _POSITIVE.get(kind),
        tuple(_NAMES.get(kind, {}).items()),
    )
    for kind in {*_NEEDED, *_ALLOWED, *_POSITIVE, *_NAMES}
}
_READ_TAGS: Final = {NS + kind: kind for kind in _READ}


def check_metadata(path: Path, metadata: Any) -> None:
    """Raises ExchangeRefused for the first element that is wrong."""
    found = _definitions(path, metadata)
    for element in metadata:
        if element.tag in _READ_TAGS:
            check_element(path, element)
            for child in element:
                rule = _RULES.get(child.tag)
                if rule is not None:
                    _check_against(path, child, rule)
                    _check_names(path, child, rule, found)


def check_element(path: Path, element: Any) -> None:
    """Raises ExchangeRefused for an attribute that is missing or says what it cannot say."""
    rule = _RULES.get(element.tag)
    if rule is not None:
        _check_against(path, element, rule)


def _check_against(path: Path, element: Any, rule: _Rule) -> None:
    get = element.get
    for name, says in rule.needed:
        value = get(name)
        if value is None or (says and not value):
            raise broken(path, element, f"{name} is missing.", f"缺少 {name}。")
    for name, allowed in rule.allowed:
        value = get(name)
        if value is not None and value not in allowed:
            one, others = value[:60], ", ".join(sorted(allowed))
            raise broken(path, element, f"{name} is {one!r}; it can be {others}.",
                         f"{name} 为 {one!r}；可为 {others}。")  # fmt: skip
    if rule.positive is not None and get(rule.positive) is not None:
        _check_positive(path, element, rule.positive)


def _check_positive(path: Path, element: Any, name: str) -> None:
    number = element.get(name)
    if not (number.isascii() and number.isdecimal() and len(number) < 10 and int(number) > 0):
        raise broken(path, element, f"{name} is {number[:60]!r}; it is a number from 1 on.",
                     f"{name} 为 {number[:60]!r}；应为正整数。")  # fmt: skip


def _definitions(path: Path, metadata: Any) -> dict[str, set[str]]:
    """Kind → OIDs.  Raises ExchangeRefused for one that is missing or stands twice, in whatever kind."""
    found: dict[str, set[str]] = {kind: set() for kind in _READ}
    seen: set[str] = set()  # the schema of ODM 2.0, other than that of 1.3, lets no two kinds share a name
    for element in metadata:
        kind = _READ_TAGS.get(element.tag)
        if kind is None:
            continue
        oid = element.get("OID")
        if not oid:
            raise broken(path, element, "OID is missing.", "缺少 OID。")
        if oid in seen:
            raise broken(path, element, "This OID stands twice.", "此 OID 重复。")
        seen.add(oid)
        found[kind].add(oid)
    return found


def _check_names(path: Path, element: Any, rule: _Rule, found: Mapping[str, set[str]]) -> None:
    for name, kind in rule.names:
        said = element.get(name)
        if said is not None and said not in found[kind]:
            raise broken(path, element, f"{name} names {said[:60]!r}, and there is no such {kind}.",
                         f"{name} 指向 {said[:60]!r}，但没有此 {kind}。")  # fmt: skip
