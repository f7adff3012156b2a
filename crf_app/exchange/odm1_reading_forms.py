"""Forms of an ODM 1.3 file as the plain data of a study: FormDef, ItemGroupDef, and the items they refer to.

A definition is read once; each use of it is a group or an item of its own, with an OID of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from crf_app.exchange.odm1_element import YES, At, ordered
from crf_app.exchange.odm1_reading_items import ItemReading
from crf_app.exchange.odm1_reading_names import Definitions
from crf_app.exchange.odm1_reading_rules import RuleReading, attributes_read
from crf_app.exchange.odm1_xml import NS, place_of
from crf_app.exchange.rest import joined
from crf_app.exchange.xml_in import broken, too_much
from crf_app.model.definition import JsonObject
from crf_app.model.load import MAX_ITEMS


class FormReading:
    """`found`: kind → OID → element.  `used`: OIDs in the file of the groups that a form refers to."""

    def __init__(
        self,
        file: Definitions,
        rules: RuleReading,
        items: ItemReading,
        found: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._file, self._rules, self._items, self._found = file, rules, items, found
        self.used: dict[str, tuple[JsonObject, list[Any]]] = {}
        self._uses = 0

    def of(self, element: Any) -> JsonObject:
        """The form of a FormDef."""
        written = element.get("OID")
        at = ("FormDef", written)
        rest, aliases = self._file.aliases(element)
        rest = rest or {}
        uses = rest.pop("uses", {})
        fields = self._file.named(element, at, "form", rest)
        if self._file.one_of(element, "Repeating", YES) == "Yes":
            self._file.keep_attribute("FormDef", at, "Repeating", "Yes", element)
            self._file.report.say(
                "changed",
                f"The form {fields['oid']} repeats in a visit; here it is asked once.",
                f"表单 {fields['oid']} 在访视内可重复；此处只填写一次。",
                self._file.where(element),
            )
        fields["item_group"] = self._group_refs(element, at, fields["oid"], uses)
        for key, table in (("condition", self._rules.conditions), ("method", self._rules.methods)):
            if written in table:
                fields[key] = table[written]
        self._file.others(element, at, ("ItemGroupRef",), ("OID", "Name", "Repeating"))
        return joined(fields | ({"alias": aliases} if aliases else {}), rest)

    def _group_refs(self, element: Any, at: At, form: str, uses: Mapping[str, Any]) -> list[JsonObject]:
        found: dict[str, JsonObject] = {}
        for ref in ordered(self._file, element.findall(f"{NS}ItemGroupRef")):
            written = self._file.refers(ref, "ItemGroupOID", self._found["ItemGroupDef"])
            if written in found:
                raise broken(
                    self._file.path, ref, "This group stands twice in the form.", "此组在表单中重复。"
                )
            self._file.mandatory(ref, at, "ItemGroupRef", written)
            fields, not_run, unknown = self._rules.of_ref(ref)
            if not_run:
                fields["not_run"] = not_run
            self._file.say_all_not_run(not_run, ref)
            here = place_of(*at, "ItemGroupRef", written)
            self._file.other_attributes(ref, here, (*attributes_read(unknown), "ItemGroupOID", "Mandatory"))
            found[written] = self._group(written, fields, form, uses.get(written, {}))
        return list(found.values())

    def _group(self, written: str, fields: JsonObject, form: str, use: Mapping[str, Any]) -> JsonObject:
        """One use of a group: its own OIDs, and what was left over for this use."""
        element = self._found["ItemGroupDef"][written]
        if written not in self.used:
            self.used[written] = self._group_def(element, written)
        definition, refs = self.used[written]
        own = dict(use)
        items = own.pop("items", {})
        made = definition | fields
        self._file.identify(made, element, written, "group", own.get("oid"), form)
        made["item"] = [
            self._item(item, ref, checks, made["oid"], form, items.get(item, {}))
            for item, ref, checks in self._item_refs(written, refs)
        ]
        return joined(made, own)

    def _group_def(self, element: Any, written: str) -> tuple[JsonObject, list[Any]]:
        at = ("ItemGroupDef", written)
        rest, aliases = self._file.aliases(element)
        rest = rest or {}
        fields: JsonObject = {"name": self._file.name(element, at, rest)}
        if self._file.one_of(element, "Repeating", YES) == "Yes" and rest.get("rows") is None:
            fields["repeating"] = True
        self._file.others(element, at, ("ItemRef",), ("OID", "Name", "Repeating"))
        if aliases:
            fields["alias"] = aliases
        return joined(fields, rest), ordered(self._file, element.findall(f"{NS}ItemRef"))

    def _item_refs(self, group: str, refs: Iterable[Any]) -> Iterable[tuple[str, Any, JsonObject]]:
        seen = set()
        for ref in refs:
            written = self._file.refers(ref, "ItemOID", self._found["ItemDef"])
            if written in seen:
                raise broken(
                    self._file.path, ref, "This item stands twice in the group.", "此条目在组中重复。"
                )
            seen.add(written)
            yield written, ref, self._item_ref(group, written, ref)

    def _item_ref(self, group: str, written: str, ref: Any) -> JsonObject:
        """What the reference says; its other attributes are kept once, though the group may be used often."""
        fields, not_run, unknown = self._rules.of_ref(ref)
        if self._file.one_of(ref, "Mandatory", YES) == "Yes":
            fields["mandatory"] = True
        if not_run:
            fields["not_run"] = not_run
        here = place_of("ItemGroupDef", group, "ItemRef", written)
        if here not in self._file.seen_refs:
            self._file.seen_refs.add(here)
            self._file.say_all_not_run(not_run, ref)
            self._file.other_attributes(ref, here, (*attributes_read(unknown), "ItemOID"))
        return fields

    def _item(
        self, written: str, ref: Any, said: JsonObject, group: str, form: str, use: Mapping[str, Any]
    ) -> JsonObject:
        definition = self._items.of(written)
        self._uses += 1
        if self._uses > MAX_ITEMS:
            raise too_much(self._file.path.name)
        made = definition | said
        not_run = [*said.get("not_run", ()), *definition.get("not_run", ())]
        if not_run:
            made["not_run"] = not_run
        element = self._found["ItemDef"][written]
        self._file.identify(made, element, written, "item", use.get("oid"), form)
        return joined(made, dict(use))
