"""Which ItemGroupDef of ODM 2.0 is a form here, which a group of it, and what everything is called.

ODM 2.0 lets groups stand in groups to any depth.  Here a form has groups and a group has items: a group
inside a group follows it in the same form, and its place is kept for export.  Items that stand in the form
itself are a group that bears the OID of the form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from crf_app.exchange.odm2_known import Known, our_alias
from crf_app.exchange.odm2_xml import NS
from crf_app.exchange.oids import Kind, NewOids
from crf_app.exchange.xml_in import broken, too_much
from crf_app.model.load import MAX_ITEMS

_ITEM: Final = NS + "ItemRef"
_GROUP: Final = NS + "ItemGroupRef"


@dataclass(slots=True)
class Item:
    oid: str
    reference: Any
    element: Any


@dataclass(slots=True)
class Group:
    """`element`: that of the form for items that stand in the form itself; `reference` is None then."""

    oid: str
    reference: Any
    element: Any
    items: list[Item]

    @property
    def own(self) -> bool:
        """Whether these are items that stand in the form itself."""
        return self.reference is None


@dataclass(slots=True)
class Form:
    oid: str
    element: Any
    groups: list[Group]


class Structure:
    """The forms of a MetaDataVersion, in the order of the file, with our OIDs."""

    def __init__(self, known: Known, metadata: Any, names: NewOids, skipped: frozenset[str]) -> None:
        """`skipped`: (OIDs) of items that are said in another way, such as those that hold units."""
        self._known, self._names, self._skipped = known, names, skipped
        self._defs = {one.get("OID"): one for one in metadata.iterchildren(NS + "ItemGroupDef")}
        asked = _named(metadata.iterchildren(NS + "StudyEventDef"))
        inner = _named(self._defs.values())
        alone = {"Form"} if asked else {"Form", "Section"}
        self.used: set[str] = set()
        self._groups_read = self._items_read = 0
        self.forms = [
            self._form(one)
            for oid, one in self._defs.items()
            if oid in asked or (oid not in inner and one.get("Type") in alone)
        ]

    def our(self, written: str, kind: Kind, form: str = "") -> str:
        """Our OID for the file's."""
        return our_oid(self._names, self._known.ours, written, kind, form)

    def _form(self, element: Any) -> Form:
        written = element.get("OID")
        form = Form(self.our(written, "form"), element, [])
        self.used.add(written)
        references = in_order(element)
        own = [one for one in references if one.tag == _ITEM]
        for reference in references:
            if reference.tag == _GROUP:
                form.groups += self._groups(form.oid, reference, (written,))
            elif reference is own[0]:
                oid = self._names.made(written, "group", form.oid)
                form.groups.append(Group(oid, None, element, list(self._items(form.oid, own))))
        return form

    def _groups(self, form: str, reference: Any, path: tuple[str, ...]) -> Iterator[Group]:
        """The group that a reference leads to, and those inside it."""
        written = reference.get("ItemGroupOID")
        element = self._defs[written]
        if written in path:
            raise broken(self._known.path, reference, f"The group {written} stands inside itself.",
                         f"组 {written} 包含自身。")  # fmt: skip
        self.used.add(written)
        self._groups_read += 1
        if self._groups_read > MAX_ITEMS:  # groups that stand twice in each other grow without measure
            raise too_much(self._known.path.name)
        own = [one for one in in_order(element) if one.tag == _ITEM]
        group = Group(self.our(written, "group", form), reference, element, [])
        group.items = list(self._items(form, own))
        yield group
        for one in in_order(element):
            if one.tag == _GROUP:
                yield from self._groups(form, one, (*path, written))

    def _items(self, form: str, references: Iterable[Any]) -> Iterator[Item]:
        for reference in references:
            written = reference.get("ItemOID")
            if written in self._skipped or written in self._known.made:
                continue
            self.used.add(written)
            self._items_read += 1
            if self._items_read > MAX_ITEMS:
                raise too_much(self._known.path.name)
            yield Item(self.our(written, "item", form), reference, self._known.items[written])


def our_oid(names: NewOids, ours: bool, written: str, kind: Kind, form: str = "") -> str:
    """Our OID for the file's; in a file of ours a name stays that another system's could not keep."""
    if names.keep(written, kind) or (ours and names.claim(written)):
        return written
    return names.made(written, kind, form)


def _named(elements: Iterable[Any]) -> set[str]:
    """OIDs of the groups to which the elements refer."""
    return {one.get("ItemGroupOID") for element in elements for one in element.iterchildren(_GROUP)}


def is_made(element: Any) -> bool:
    """Whether this program made the element from another one: its Alias holds nothing."""
    alias = our_alias(element)
    return alias is not None and alias.get("Name") == "{}"


def in_order(references: Iterable[Any]) -> list[Any]:
    """References as their OrderNumber has them; as they stand where not each has its own."""
    found = [one for one in references if one.tag in (_ITEM, _GROUP)]
    numbers = [one.get("OrderNumber", "") for one in found]
    if not all(number.isdecimal() for number in numbers) or len(set(numbers)) < len(numbers):
        return found
    return [one for _, one in sorted(zip(map(int, numbers), found, strict=True), key=lambda pair: pair[0])]
