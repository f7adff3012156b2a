"""What is written once into an ODM 2.0 MetaDataVersion, however many refer to it.

An OID names one element in a MetaDataVersion, whatever its kind.  Visits, forms, groups, items and code lists
are named by `OidMap`; what this file adds to them (rules, items that hold units) takes a name that is free.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from crf_app.exchange.odm2_known import Known, one_a_context
from crf_app.exchange.odm2_xml import sub, write_text
from crf_app.exchange.odm_parts import Languages
from crf_app.exchange.rest import CONTEXT, alias_of
from crf_app.model.definition import JsonObject

#: the kinds of which a MetaDataVersion holds one element an OID
KINDS: Final = ("StudyEventDef", "ItemGroupDef", "ItemDef", "CodeList", "ConditionDef", "MethodDef")


@dataclass(slots=True)
class Writing:
    """A MetaDataVersion in the making.

    `written`: our OID → OID in the file (`OidMap`).  `made`: kind → OID → element, in the order of writing.
    `given`: (kind, OID, name) of pieces that stood in the file of the study and are put back afterwards.
    `units`: OID of an item in the file → that of the item that holds its unit.
    `lists`: our OID of a code list → OID in the file.
    `units_given`: OIDs of items whose unit stands in an item that is given back.
    `known`: what a reader will know of what was written so far.
    """

    written: Mapping[str, str]
    languages: Languages
    given: Collection[tuple[str, str, str]] = frozenset()
    made: dict[str, dict[str, Any]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    units: dict[str, str] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    known: Known = field(init=False)
    units_given: set[str] = field(init=False)
    _texts: dict[str, bytes] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        made = self.made
        self._taken.update(self.written.values())
        self.units_given = {
            keys.rpartition("\t")[2] for _, keys, name in self.given if name == "UnitsItemOID"
        }
        rules = ChainMap(made["ConditionDef"], made["MethodDef"])
        self.known = Known(True, self.languages, rules, made["ItemDef"], made["CodeList"])

    def once(self, kind: str, wanted: str, own: str, make: Callable[[str], Any]) -> str:
        """The OID under which `make(oid)` is written: `wanted`, or one like `own` if that is taken."""
        from lxml import etree

        for oid in chain((wanted, own), (f"{own}.{number}" for number in range(2, 1 << 20))):
            if oid in self._taken:
                continue
            element = make(oid)
            text = etree.tostring(element)
            if self._texts.setdefault(oid, text) == text:
                self.made[kind].setdefault(oid, element)
                return oid
        raise AssertionError("there are names without end")

    def into(self, metadata: Any) -> None:
        """Append what was made, in the order of the schema."""
        for kind in KINDS:
            metadata.extend(self.made[kind].values())


def difference(native: Mapping[str, Any], true: Mapping[str, Any]) -> JsonObject:
    """The fields that reading what was written natively does not give; None takes a field back (`joined`)."""
    keys = [*true, *(key for key in native if key not in true)]
    return {key: true.get(key) for key in keys if native.get(key) != true.get(key)}


def without(definition: Mapping[str, Any], *keys: str) -> JsonObject:
    return {key: value for key, value in definition.items() if key not in keys}


def write_name(element: Any, name: Mapping[str, Any], languages: Languages) -> None:
    """The words of `named`: as attribute, and as Description where there are translations."""
    element.set("Name", element.get("Name") or name["en"] or "-")
    if has_translation(name):
        write_text(element, "Description", name, languages)


def has_translation(words: Mapping[str, Any]) -> bool:
    return words["zh"] != words["en"] or bool(words.get("other"))


def write_aliases(element: Any, definition: Mapping[str, Any], rest: Mapping[str, Any]) -> None:
    """The aliases of a definition, one for each context as the schema has it, and ours with the rest."""
    for one in one_a_context(definition.get("alias", ())):
        sub(element, "Alias", Context=one["context"], Name=one["name"])
    if rest:
        sub(element, "Alias", Context=CONTEXT, Name=alias_of(dict(rest)))


def write_mark(element: Any) -> None:
    """Say that the element is made by this program from another one, and need not be read."""
    sub(element, "Alias", Context=CONTEXT, Name=alias_of({}))
