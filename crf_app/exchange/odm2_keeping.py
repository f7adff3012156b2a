"""What is kept of each element of an ODM 2.0 MetaDataVersion: all that writing the study anew would not give.

It mirrors the writers: for each kind, the attributes that they would write and the children that are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crf_app.exchange.odm2_event import event_attributes
from crf_app.exchange.odm2_foreign import Kept, limit_key
from crf_app.exchange.odm2_group import form_attributes, group_attributes
from crf_app.exchange.odm2_item import data_type, item_attributes, limit_of
from crf_app.exchange.odm2_known import ALIAS, Known, our_alias
from crf_app.exchange.odm2_list import list_attributes
from crf_app.exchange.odm2_rest import OTHER_PIECES
from crf_app.exchange.odm2_rule import expression_of
from crf_app.exchange.odm2_structure import Group, Structure, is_made
from crf_app.exchange.odm2_study import EVENTS, TIMING, metadata_attributes, study_attributes
from crf_app.exchange.odm2_writing import has_translation
from crf_app.exchange.odm2_xml import NS, is_plain, place_of
from crf_app.exchange.odm_parts import CEL
from crf_app.exchange.xml_in import local
from crf_app.model.definition import JsonObject, Study

_RULES = ("CollectionExceptionConditionOID", "MethodOID")
_REF = ("Mandatory", "CollectionExceptionConditionOID")
_DESCRIPTION = NS + "Description"
_DECODE = NS + "Decode"
_CHECK = NS + "RangeCheck"
_LIST_REF = NS + "CodeListRef"
_ITEM_REF = NS + "ItemRef"
_GROUP_REF = NS + "ItemGroupRef"
_ITEM_WORDS = frozenset((NS + "Question", NS + "CRFCompletionInstructions"))


class Keeping:
    """One MetaDataVersion that has been read.  `fields`: the study; `skipped`: items said in another way."""

    def __init__(
        self, kept: Kept, known: Known, structure: Structure, fields: JsonObject, skipped: frozenset[str]
    ) -> None:
        self._kept, self._known, self._structure = kept, known, structure
        self._fields, self._skipped = fields, skipped
        self._rules: set[str] = set()

    def study(self, element: Any, metadata: Any) -> None:
        kept, fields = self._kept, self._fields
        kept.of(("Study", ""), element, study_attributes(fields), self._in_study)
        for one, event in zip(metadata.iterchildren(NS + "StudyEventDef"), fields["event"], strict=True):
            self._event(one, event)
        self._forms()
        lists = (one for oid, one in self._known.codes.items() if oid in self._known.lists)
        for one, code_list in zip(lists, fields["code_list"], strict=True):
            self._list(one, code_list)
        kept.of(("MetaDataVersion", ""), metadata, metadata_attributes(fields), self._is_read)
        for rule in self._known.rules.values():
            if rule.get("OID") in self._rules:
                self._rule(rule)
        protocol = metadata.find(NS + "Protocol")
        if protocol is not None:
            kept.of(("Protocol", ""), protocol, {}, self._in_protocol(protocol))

    def _in_study(self, element: Any) -> bool:
        if element.tag == _DESCRIPTION:
            return self._words(("Study", ""), element)
        return bool(element.tag == NS + "MetaDataVersion")

    def _is_read(self, element: Any) -> bool:
        """Whether a child of the MetaDataVersion is written anew."""
        kind, oid = local(element), element.get("OID")
        if kind == "ItemDef":
            return oid in self._structure.used or oid in self._known.made
        if kind == "ItemGroupDef":
            return oid in self._structure.used or self._made(element)
        if kind == "CodeList":
            return oid in self._known.lists or self._made(element)
        if kind in ("ConditionDef", "MethodDef"):
            return oid in self._rules or (self._known.ours and our_alias(element) is not None)
        if kind == "StudyEventGroupDef":
            return self._known.ours and bool(oid == EVENTS)
        return kind in ("Protocol", "StudyEventDef")

    def _made(self, element: Any) -> bool:
        return self._known.ours and is_made(element)

    def _in_protocol(self, protocol: Any) -> Callable[[Any], bool]:
        first = first_aliases()
        rest = self._known.rest(protocol, Study, OTHER_PIECES)
        arms = [f"ARM.{one['code']}" for one in rest.get("arms") or ()]
        facts = [f"PARAMETER.{one['key']}" for one in rest.get("facts") or ()]

        def is_read(element: Any) -> bool:
            if element.tag == ALIAS:
                return first(element)
            kind, oids = local(element), [one.get("OID") for one in element]
            if kind == "StudyEventGroupRef":
                return self._known.ours and bool(element.get("StudyEventGroupOID") == EVENTS)
            made = {"StudyStructure": arms, "StudySummary": facts, "StudyTimings": [TIMING]}.get(kind)
            return self._known.ours and oids == made

        return is_read

    def _event(self, element: Any, event: JsonObject) -> None:
        oid = element.get("OID")
        self._named("StudyEventDef", element, event_attributes(event, oid), _GROUP_REF)
        for reference in element.iterchildren(_GROUP_REF):
            self._reference("StudyEventDef", oid, reference, "ItemGroupOID")

    def _forms(self) -> None:
        seen: set[str] = set()
        for form, fields in zip(self._structure.forms, self._fields["form"], strict=True):
            written = form.element.get("OID")
            self._named("ItemGroupDef", form.element, form_attributes(fields, written), _ITEM_REF, _GROUP_REF)
            for reference in form.element.iterchildren(_GROUP_REF):
                self._reference("ItemGroupDef", written, reference, "ItemGroupOID")
            self._item_refs(form.element)
            self._between(form.element)
            for group, inside in zip(form.groups, fields["item_group"], strict=False):
                self._group(group, inside, seen)
            self._items(form.groups, fields["item_group"], seen)

    def _group(self, group: Group, fields: JsonObject, seen: set[str]) -> None:
        element = group.element
        if group.own or element.get("OID") in seen:
            return
        seen.add(element.get("OID"))
        attributes = group_attributes(fields, element.get("OID"))
        self._named("ItemGroupDef", element, attributes, _ITEM_REF, _GROUP_REF)
        self._item_refs(element)
        self._nested(element)

    def _between(self, form: Any) -> None:
        """References to groups that stand between items of the form itself, each behind its item."""
        refs = [one for one in form if one.tag in (_ITEM_REF, _GROUP_REF)]
        items = [number for number, one in enumerate(refs) if one.tag == _ITEM_REF]
        before = None
        for one in refs[: items[-1] if items else 0]:
            if one.tag == _ITEM_REF:
                before = None if self._is_other(one) else one.get("ItemOID")
            elif before is not None:
                at = place_of("ItemGroupDef", form.get("OID"), "ItemRef", before)
                self._kept.element(at, one)

    def _nested(self, element: Any) -> None:
        """References to groups inside a group, each behind the item that it stands behind."""
        oid = element.get("OID")
        at = ("ItemGroupDef", oid)
        for one in element:
            if one.tag == _ITEM_REF and not self._is_other(one):
                at = place_of("ItemGroupDef", oid, "ItemRef", one.get("ItemOID"))
            elif one.tag == _GROUP_REF:
                self._kept.element(at, one)
                self._rules.update(one.get(name) for name in _RULES[:1] if one.get(name))

    def _is_other(self, reference: Any) -> bool:
        """Whether a reference leads to an item that is said in another way."""
        oid = reference.get("ItemOID")
        return oid in self._skipped or oid in self._known.made

    def _item_refs(self, element: Any) -> None:
        oid = element.get("OID")
        for reference in element.iterchildren(_ITEM_REF):
            item = reference.get("ItemOID")
            if item in self._skipped:
                self._kept.element(("ItemGroupDef", oid), reference)
            elif not self._is_other(reference):
                made = reference.get("UnitsItemOID") in self._known.made
                self._reference(
                    "ItemGroupDef",
                    oid,
                    reference,
                    "ItemOID",
                    "MethodOID",
                    *(["UnitsItemOID"] if made else ()),
                )

    def _reference(self, kind: str, oid: str, reference: Any, name: str, *more: str) -> None:
        """A reference: what it names, whether it is asked, and by which rule."""
        said = {key: reference.get(key) for key in (name, *_REF, *more)}
        if kind == "ItemGroupDef" and name == "ItemGroupOID":
            said["Mandatory"] = "Yes"  # whether a group must be filled in is a question of its items here
        self._rules.update(said[rule] for rule in _RULES if said.get(rule))
        at = place_of(kind, oid, local(reference), reference.get(name))
        self._kept.of(at, reference, said, lambda _: False)

    def _items(self, groups: list[Group], fields: list[JsonObject], seen: set[str]) -> None:
        items = (one for group in groups for one in group.items)
        dumps = (one for group in fields for one in group["item"])
        for item, dump in zip(items, dumps, strict=True):
            oid = item.element.get("OID")
            if oid not in seen:
                seen.add(oid)
                self._item(oid, item.element, dump)

    def _item(self, oid: str, element: Any, item: JsonObject) -> None:
        at = ("ItemDef", oid)
        first = first_aliases()

        def is_read(child: Any) -> bool:
            tag = child.tag
            if tag in _ITEM_WORDS:
                return self._words(at, child)
            if tag == _CHECK:
                numbers = data_type(self._known, element) in ("integer", "decimal")
                return numbers and limit_of(self._known, child) is not None and self._limit(oid, child)
            if tag == _LIST_REF:
                return child.get("CodeListOID") in self._known.lists
            return bool(tag == ALIAS) and first(child)

        self._kept.of(at, element, item_attributes(item, oid), is_read)

    def _limit(self, oid: str, element: Any) -> bool:
        """A limit of ours: what else stands in it is kept inside it."""
        said = {name: element.get(name) for name in ("Comparator", "SoftHard")}
        at = place_of("ItemDef", oid, "RangeCheck", limit_key(element))
        self._kept.of(at, element, said, lambda one: one.tag == NS + "CheckValue")
        return True

    def _list(self, element: Any, code_list: JsonObject) -> None:
        oid = element.get("OID")
        self._named("CodeList", element, list_attributes(code_list, oid), NS + "CodeListItem")
        for one in element.iterchildren(NS + "CodeListItem"):
            at = place_of("CodeList", oid, "CodeListItem", one.get("CodedValue"))
            self._kept.of(at, one, {"CodedValue": one.get("CodedValue")}, self._in_code(at, one))

    def _in_code(self, at: tuple[str, str], element: Any) -> Callable[[Any], bool]:
        ours = our_alias(element) if self._known.ours else None
        return lambda child: child is ours or (child.tag == _DECODE and self._words(at, child))

    def _rule(self, element: Any) -> None:
        """A rule of another language: language, expression and words are read."""
        if self._known.ours and expression_of(element)[0] == CEL:
            return
        kind, oid = local(element), element.get("OID")
        formal = element.find(NS + "FormalExpression")
        plain = formal is not None and [local(one) for one in formal] == ["Code"]

        def is_read(child: Any) -> bool:
            if child.tag == NS + "MethodSignature":
                return not len(child) and not child.attrib
            if child.tag == _DESCRIPTION:
                return self._words((kind, oid), child)
            return child is formal and plain

        self._kept.of((kind, oid), element, {"OID": oid, "Name": oid}, is_read)

    def _named(self, kind: str, element: Any, said: Mapping[str, str | None], *read: str) -> None:
        """A definition with a name, whose Description may say it in other languages."""
        at = (kind, element.get("OID"))
        first = first_aliases()
        words = self._known.words(element, "Description")
        full = words is not None and words["en"] == element.get("Name") and has_translation(words)

        def is_read(child: Any) -> bool:
            if child.tag == ALIAS:
                return first(child)
            return child.tag in read or (full and child.tag == _DESCRIPTION and self._words(at, child))

        self._kept.of(at, element, said, is_read)

    def _words(self, at: tuple[str, str], element: Any) -> bool:
        """Whether the words of an element are read; other media types in it are kept."""
        others = [one for one in element if not is_plain(one)]
        if len(others) == len(element):
            return False
        kinds, keys = at
        for one in others:
            self._kept.element((f"{kinds}/{local(element)}", f"{keys}\t"), one)
        return True


def first_aliases() -> Callable[[Any], bool]:
    """Whether an alias is read: the first of its context, and ours.  Ask it of each alias once, in order."""
    seen: set[str] = set()

    def is_first(alias: Any) -> bool:
        context = alias.get("Context")
        new = context not in seen
        seen.add(context)
        return new

    return is_first
