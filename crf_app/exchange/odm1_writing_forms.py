"""FormDef and ItemGroupDef of ODM 1.3.2 from the plain data of a form.

What ODM says at a reference (mandatory, method, condition) and what belongs to one use of a shared definition
is left over at the form ("uses").
"""

from __future__ import annotations

from typing import Any

from crf_app.exchange.odm1_writing_items import ItemWriting
from crf_app.exchange.odm1_writing_pieces import Pieces, yes
from crf_app.exchange.odm1_writing_rules import RuleWriting
from crf_app.exchange.odm1_xml import add, element
from crf_app.exchange.oids import GROUP_REF_FIELDS
from crf_app.model.definition import JsonObject


class FormWriting:
    """`groups`: OID → ItemGroupDef, in the order of writing."""

    def __init__(self, pieces: Pieces, rules: RuleWriting, items: ItemWriting) -> None:
        self._pieces, self._rules, self._items = pieces, rules, items
        self.groups: dict[str, Any] = {}

    def form(self, left: JsonObject) -> Any:
        """The FormDef; its groups, items and rules are written with it."""
        written = self._pieces.oids.written[left["oid"]]
        for condition in left.pop("condition", ()):
            self._rules.condition(condition, written)
        methods = left.pop("method", ())
        known = {method["oid"] for method in methods}
        for method in methods:
            self._rules.method(method, written)
        made = element("FormDef", {"OID": self._pieces.own_oid(left, written)})
        self._pieces.named(made, left, written)
        made.set("Repeating", "No")
        uses: JsonObject = {}
        for number, group in enumerate(left.pop("item_group"), 1):
            self._group_ref(made, group, number, known, uses)
        if uses:
            left["uses"] = uses
        self._pieces.aliases(made, left)
        return made

    def _group_ref(self, form: Any, left: JsonObject, number: int, known: set[str], uses: JsonObject) -> None:
        written = self._pieces.oids.written[left["oid"]]
        here = {key: left.pop(key) for key in list(left) if key in GROUP_REF_FIELDS}
        values = {"ItemGroupOID": written, "OrderNumber": str(number), "Mandatory": "Yes"}
        values |= self._rules.exception(here, here.get("not_run", ()))
        add(form, "ItemGroupRef", values)
        items = here.pop("item")
        refs, rest = [], {}
        for item in items:
            ref, use = self._items.ref(item, known)
            refs.append(ref)
            if use:
                rest[ref["ItemOID"]] = use
        self._group(written, here, left, refs)
        if here.get("oid") == written:
            del here["oid"]
        if rest:
            here["items"] = rest
        if here:
            uses[written] = here

    def _group(self, written: str, here: JsonObject, left: JsonObject, refs: list[dict[str, str]]) -> None:
        if written in self.groups:
            return
        made = self.groups[written] = element("ItemGroupDef", {"OID": written})
        self._pieces.odm_oid(left, written, here["oid"])
        self._pieces.named(made, left, written)
        repeats = left.get("repeating") is True
        made.set("Repeating", yes(repeats or left.get("rows") is not None))
        if repeats and left.get("rows") is None:
            del left["repeating"]
        for number, ref in enumerate(refs, 1):
            add(made, "ItemRef", ref | {"OrderNumber": str(number)})
        self._pieces.aliases(made, left)
