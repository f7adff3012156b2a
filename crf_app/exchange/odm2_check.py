"""Elements of ODM 2.0 that this program reads must be right: what they need, may say and name.

A file is refused with the line of the first element that is not; whatever else it holds is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from crf_app.exchange.odm2_xml import NS
from crf_app.exchange.xml_in import broken, local

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


def check_metadata(path: Path, metadata: Any) -> None:
    """Raises ExchangeRefused for the first element that is wrong."""
    for element in _read_ones(metadata):
        check_element(path, element)
    found = _definitions(path, metadata)
    for element in _read_ones(metadata):
        _check_names(path, element, found)


def _read_ones(metadata: Any) -> Iterator[Any]:
    """The definitions that are read, and their children."""
    for _, element in _with_oid(metadata):
        yield element
        yield from (child for child in element if str(child.tag).startswith(NS))


def check_element(path: Path, element: Any) -> None:
    """Raises ExchangeRefused for an attribute that is missing or says what it cannot say."""
    kind = local(element)
    for name in _NEEDED.get(kind, ()):
        if element.get(name) is None or (name.endswith("OID") and not element.get(name)):
            raise broken(path, element, f"{name} is missing.", f"缺少 {name}。")
    for name, allowed in _ALLOWED.get(kind, {}).items():
        said = element.get(name)
        if said is not None and said not in allowed:
            raise broken(path, element, f"{name} is {said[:60]!r}; it can be {', '.join(sorted(allowed))}.",
                         f"{name} 为 {said[:60]!r}；可为 {', '.join(sorted(allowed))}。")  # fmt: skip
    number = element.get(_POSITIVE[kind]) if kind in _POSITIVE else None
    if number is not None and not (number.isascii() and number.isdecimal() and 0 < int(number[:10]) < 10**9):
        name = _POSITIVE[kind]
        raise broken(path, element, f"{name} is {number[:60]!r}; it is a number from 1 on.",
                     f"{name} 为 {number[:60]!r}；应为正整数。")  # fmt: skip


def _definitions(path: Path, metadata: Any) -> dict[str, set[str]]:
    """Kind → OIDs.  Raises ExchangeRefused for one that stands twice."""
    found: dict[str, set[str]] = {kind: set() for kind in _READ}
    for kind, element in _with_oid(metadata):
        oid = element.get("OID")
        if oid in found[kind]:
            raise broken(path, element, "This OID stands twice.", "此 OID 重复。")
        found[kind].add(oid)
    return found


def _with_oid(metadata: Any) -> Iterator[tuple[str, Any]]:
    for kind in _READ:
        for element in metadata.iterchildren(NS + kind):
            yield kind, element


def _check_names(path: Path, element: Any, found: Mapping[str, set[str]]) -> None:
    for name, kind in _NAMES.get(local(element), {}).items():
        said = element.get(name)
        if said is not None and said not in found[kind]:
            raise broken(path, element, f"{name} names {said[:60]!r}, and there is no such {kind}.",
                         f"{name} 指向 {said[:60]!r}，但没有此 {kind}。")  # fmt: skip
