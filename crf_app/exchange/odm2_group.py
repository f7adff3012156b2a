"""ItemGroupDef of ODM 2.0, of which a form is the one with Type="Form": its groups are those it refers to.

A form of another system may hold items itself: here they are a group that bears the OID of its form.
Rows that are fixed by a code list are `Repeating="Static"`, with an item that holds the code of the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crf_app.exchange.odm2_item import write_item, write_item_ref
from crf_app.exchange.odm2_known import Known, odm_oid, read_aliases
from crf_app.exchange.odm2_rest import OWN_ITEMS, REFS
from crf_app.exchange.odm2_rule import read_asked, write_asked, write_condition, write_method
from crf_app.exchange.odm2_writing import (
    Writing,
    difference,
    without,
    write_aliases,
    write_mark,
    write_name,
)
from crf_app.exchange.odm2_xml import NS, new, same_words, sub, write_text
from crf_app.exchange.oids import GROUP_REF_FIELDS
from crf_app.model.definition import JsonObject


def write_form(out: Writing, form: Mapping[str, Any]) -> None:
    """The form, its groups, items and rules."""
    oid = out.written[form["oid"]]
    element = new("ItemGroupDef", **form_attributes(form, oid))
    write_name(element, form["name"], out.languages)
    out.made["ItemGroupDef"][oid] = element
    for method in form.get("method", ()):
        write_method(out, method, form["oid"])
    refs: JsonObject = {}
    own_items: list[JsonObject] = []
    for group in form["item_group"]:
        if group.get("odm_oid") == oid:
            own_items.append(without(group, *GROUP_REF_FIELDS))
            _items(out, element, group, refs)
        else:
            _group(out, element, group, refs)
    for condition in form.get("condition", ()):
        write_condition(out, condition, form["oid"])
    native = read_form(out.known, element, form["oid"])
    left = difference(native, without(form, "oid", "item_group", "condition", "method"))
    left |= {REFS: refs} if refs else {}
    write_aliases(element, form, left | ({OWN_ITEMS: own_items} if own_items else {}))


def form_attributes(form: Mapping[str, Any], oid: str) -> dict[str, str | None]:
    return {"OID": oid, "Name": form["name"]["en"] or "-", "Repeating": "No", "Type": "Form"}


def read_form(known: Known, element: Any, oid: str) -> JsonObject:
    """What the element of a form says natively, but for groups and rules; `oid`: ours."""
    return {"name": known.named(element)} | odm_oid(element, oid) | read_aliases(element)


def _group(out: Writing, form: Any, group: Mapping[str, Any], refs: JsonObject) -> None:
    """The group and the reference to it; `refs` takes what the reference cannot say."""
    oid = out.written[group["oid"]]
    reference = sub(form, "ItemGroupRef", ItemGroupOID=oid)
    write_asked(out, reference, group, oid, mandatory=True)
    true = {key: group[key] for key in ("collect_when", "not_run") if key in group}
    left = difference(read_group_ref(out.known, reference), true)
    if left:
        refs[oid] = left
    if oid in out.made["ItemGroupDef"]:
        return
    element = new("ItemGroupDef", **group_attributes(group, oid))
    write_name(element, group["name"], out.languages)
    out.made["ItemGroupDef"][oid] = element
    inside: JsonObject = {}
    if ("ItemGroupDef", oid, "ItemRef") not in out.given:
        _rows(out, element, group)
    _items(out, element, group, inside)
    native = read_group(out.known, element, group["oid"])
    left = difference(native, without(group, *GROUP_REF_FIELDS))
    write_aliases(element, group, left | ({REFS: inside} if inside else {}))


def _items(out: Writing, holder: Any, group: Mapping[str, Any], refs: JsonObject) -> None:
    """The items of a group and the references to them in `holder`."""
    for item in group["item"]:
        write_item(out, item)
        left = write_item_ref(out, holder, item)
        if left:
            refs[out.written[item["oid"]]] = left


def group_attributes(group: Mapping[str, Any], oid: str) -> dict[str, str | None]:
    repeating = "Simple" if group.get("repeating") else "Static" if group.get("rows") else "No"
    limit = group.get("max_rows") if group.get("repeating") else None
    return {
        "OID": oid,
        "Name": group["name"]["en"] or "-",
        "Repeating": repeating,
        "RepeatingLimit": str(limit) if limit is not None and limit > 0 else None,
        "Type": "Section",
    }


def read_group(known: Known, element: Any, oid: str) -> JsonObject:
    """What the element of a group says natively, but for its items; `oid`: ours."""
    found: JsonObject = {"name": known.named(element)} | odm_oid(element, oid) | read_aliases(element)
    rows = rows_of(known, element)
    if rows is not None:
        return found | {"rows": rows[0]}
    if element.get("Repeating", "No") == "No":
        return found
    limit = element.get("RepeatingLimit", "")
    return found | {"repeating": True} | ({"max_rows": int(limit)} if limit.isdecimal() else {})


def rows_of(known: Known, element: Any) -> tuple[str, str] | None:
    """(our OID of the code list whose codes are the rows, OID of the item that holds the code)."""
    if element.get("Repeating") != "Static":
        return None
    found = [one for one in element.iterchildren(NS + "ItemRef") if one.get("Repeat") == "Yes"]
    item = known.items.get(found[0].get("ItemOID")) if len(found) == 1 else None
    reference = None if item is None else item.find(NS + "CodeListRef")
    rows = None if reference is None else known.lists.get(reference.get("CodeListOID"))
    return None if rows is None else (rows, found[0].get("ItemOID"))


def read_group_ref(known: Known, reference: Any) -> JsonObject:
    """`collect_when` and `not_run` of a group in a form."""
    return without(read_asked(known, reference), "mandatory")


def _rows(out: Writing, element: Any, group: Mapping[str, Any]) -> None:
    """The item that holds the code of a fixed row."""
    if group.get("rows") not in out.lists:
        return
    list_oid = out.lists[group["rows"]]

    def item_of(oid: str) -> Any:
        item = new("ItemDef", OID=oid, Name=f"{element.get('Name')}: row", DataType="text")
        write_text(item, "Question", same_words(element.get("Name")), out.languages)
        sub(item, "CodeListRef", CodeListOID=list_oid)
        write_mark(item)
        return item

    own = f"{element.get('OID')}.ROW"
    oid = out.once("ItemDef", own, own, item_of)
    sub(element, "ItemRef", ItemOID=oid, Mandatory="Yes", Repeat="Yes")
