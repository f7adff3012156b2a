"""ODM 1.3.2 as XML: names, the schema's order of children, how pieces of a file are found again.

A piece that the program does not read (`Foreign`) is found again by the kinds and keys on the way to it: the
OID of its definition, then what each reference refers to, else its number among its like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from crf_app.errors import ExchangeRefused
from crf_app.exchange.odm_parts import bad_character, element_of
from crf_app.exchange.xml_in import NAMESPACES, XML_LANG, local
from crf_app.model.def_base import Foreign

NS: Final = f"{{{NAMESPACES['1.3.2']}}}"
#: the children of each element that a piece of a file can be given back to, in the order of the schema
ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    "ODM": ("Study", "AdminData", "ReferenceData", "ClinicalData", "Association"),
    "Study": ("GlobalVariables", "BasicDefinitions", "MetaDataVersion"),
    "GlobalVariables": ("StudyName", "StudyDescription", "ProtocolName"),
    "BasicDefinitions": ("MeasurementUnit",),
    "MetaDataVersion": (
        *("Include", "Protocol", "StudyEventDef", "FormDef", "ItemGroupDef", "ItemDef", "CodeList"),
        *("ImputationMethod", "Presentation", "ConditionDef", "MethodDef"),
    ),
    "Protocol": ("Description", "StudyEventRef", "Alias"),
    "StudyEventDef": ("Description", "FormRef", "Alias"),
    "FormDef": ("Description", "ItemGroupRef", "ArchiveLayout", "Alias"),
    "ItemGroupDef": ("Description", "ItemRef", "Alias"),
    "ItemDef": (
        *("Description", "Question", "ExternalQuestion", "MeasurementUnitRef", "RangeCheck", "CodeListRef"),
        *("Role", "Alias"),
    ),
    "RangeCheck": ("CheckValue", "FormalExpression", "MeasurementUnitRef", "ErrorMessage"),
    "CodeList": ("Description", "CodeListItem", "ExternalCodeList", "EnumeratedItem", "Alias"),
    "CodeListItem": ("Decode", "Alias"),
    "ConditionDef": ("Description", "FormalExpression", "Alias"),
    "MethodDef": ("Description", "FormalExpression", "Alias"),
}
#: what names a child among its like
KEYS: Final[Mapping[str, str]] = {
    "StudyEventRef": "StudyEventOID",
    "FormRef": "FormOID",
    "ItemGroupRef": "ItemGroupOID",
    "ItemRef": "ItemOID",
    "CodeListItem": "CodedValue",
    "EnumeratedItem": "CodedValue",
}
#: of these a file has one, so that they need no key
_SINGLE: Final = ("ODM", "Study", "GlobalVariables", "BasicDefinitions", "MetaDataVersion", "Protocol")
_DEEPER: Final = "\t"


def element(name: str, attributes: Mapping[str, str], text: str | None = None) -> Any:
    """An ODM element alone.  Raises ExchangeRefused for a character that XML cannot hold."""
    from lxml import etree

    try:
        made = etree.Element(f"{NS}{name}", dict(attributes))
        made.text = text
    except ValueError as error:
        raise _cannot_hold(name, attributes, text) from error
    return made


def add(parent: Any, name: str, attributes: Mapping[str, str], text: str | None = None) -> Any:
    """A new last child of `parent`.  Raises as `element`."""
    from lxml import etree

    try:
        made = etree.SubElement(parent, f"{NS}{name}", dict(attributes))
        made.text = text
    except ValueError as error:
        raise _cannot_hold(name, {"OID": _owner(parent)} | dict(attributes), text) from error
    return made


def _owner(node: Any) -> str:
    """The OID of the element or of the nearest one around it."""
    while node is not None:
        if node.get("OID") is not None:
            return str(node.get("OID"))
        node = node.getparent()
    return ""


def _cannot_hold(name: str, attributes: Mapping[str, str], text: str | None) -> ExchangeRefused:
    found = next((one for one in map(bad_character, (*attributes.values(), text or "")) if one), "?")
    oid = attributes.get("OID", "")
    where = f"{name} {oid}".rstrip() if bad_character(oid) is None else name
    return ExchangeRefused(
        f"{where} holds the character {found}, which XML cannot hold. Remove it from the definition.",
        f"{where} 含有 XML 不能容纳的字符 {found}。请从定义中删除。",
        where=where,
    )


def place_of(kinds: str, keys: str, kind: str, key: object) -> tuple[str, str]:
    """The place (`Foreign.at`) of a child: its parent's place, its kind and its key or number."""
    return f"{kinds}/{kind}", f"{keys}{_DEEPER}{key}"


def give_back(root: Any, pieces: Iterable[Foreign]) -> None:
    """Puts the kept pieces of an ODM 1.3 file where they stood; one whose place is gone stays out."""
    ours = [piece for piece in pieces if piece.odm == "1.3.2"]
    if not ours:
        return
    places = dict(_places(root))
    grown: dict[int, Any] = {}
    for piece in sorted(ours, key=lambda one: -one.at[0].count("/")):
        parent = _found(places, piece.at)
        if parent is None:
            continue
        if piece.kind == "attribute":
            parent.set(piece.name, piece.xml)
        else:
            child = element_of(piece.xml)
            child.tail = "\n"
            if piece.name == f"{NS}TranslatedText":
                _with_markup(parent, child)
            else:
                parent.append(child)
                grown[id(parent)] = parent
    for parent in grown.values():
        _reorder(parent)


def prefixes(pieces: Iterable[Foreign]) -> Mapping[Any, str]:
    """Prefix → namespace for a root element, so that kept pieces are spelled as they came."""
    found: dict[str | None, str] = {None: NAMESPACES["1.3.2"]}
    for piece in pieces:
        if piece.odm == "1.3.2" and piece.kind == "element":
            for one in element_of(piece.xml).iter("{*}*"):
                for prefix, uri in one.nsmap.items():
                    if prefix not in found and uri not in found.values():
                        found[prefix] = uri
    return found


def _places(root: Any) -> Iterator[tuple[tuple[str, str], Any]]:
    yield ("ODM", ""), root
    study = root.find(f"{NS}Study")
    for one in (study, *study):
        yield (local(one), ""), one
    version = study.find(f"{NS}MetaDataVersion")
    for one in version:
        kind = local(one)
        yield (kind, "" if kind in _SINGLE else one.get("OID")), one


def _found(places: Mapping[tuple[str, str], Any], at: tuple[str, str]) -> Any:
    kinds, keys = at[0].split("/"), at[1].split(_DEEPER)
    if len(keys) < len(kinds):
        return None
    # a key may hold a tab itself: the first one takes what is too many
    surplus = len(keys) - len(kinds)
    keys = [_DEEPER.join(keys[: surplus + 1]), *keys[surplus + 1 :]]
    node = places.get((kinds[0], keys[0]))
    for kind, key in zip(kinds[1:], keys[1:], strict=True):
        if node is None:
            return None
        node = _child(node, kind, key)
    return node


def _child(node: Any, kind: str, key: str) -> Any:
    like = node.findall(f"{NS}{kind}")
    attribute = KEYS.get(kind)
    if attribute is not None:
        return next((one for one in like if one.get(attribute) == key), None)
    return like[int(key)] if key.isdigit() and int(key) < len(like) else None


def _with_markup(parent: Any, child: Any) -> None:
    """Puts words with their markup in place of the same words without it; changed words stay as they are."""
    words = "".join(child.itertext()).strip()
    for one in parent.findall(f"{NS}TranslatedText"):
        if one.get(XML_LANG) == child.get(XML_LANG) and one.text == words:
            parent.replace(one, child)


def _reorder(parent: Any) -> None:
    """The children in the order of the schema; what the schema does not know stands last, as it came."""
    order = {f"{NS}{name}": number for number, name in enumerate(ORDER.get(local(parent), ()))}
    parent[:] = sorted(parent, key=lambda child: order.get(child.tag, len(order)))
