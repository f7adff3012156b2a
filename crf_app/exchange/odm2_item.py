"""ItemDef of ODM 2.0: question, type, limits, list; what is said at its ItemRef; its unit.

In 2.0 a unit is an item of its own, with a list of the units that may be typed; `UnitsItemOID` leads to it.
Attributes are made in one place (`item_attributes`), so that the reader knows which ones need not be kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from crf_app.exchange.odm2_known import Known, odm_oid, read_aliases
from crf_app.exchange.odm2_rule import expression_of, read_asked, read_not_run, write_asked, write_not_run
from crf_app.exchange.odm2_writing import Writing, difference, without, write_aliases, write_mark
from crf_app.exchange.odm2_xml import NS, child, new, place_of, same_words, sub, write_text, xml_text
from crf_app.exchange.odm_parts import CEL, DATA_TYPES, WRITTEN_TYPES
from crf_app.exchange.oids import ITEM_REF_FIELDS
from crf_app.model.definition import JsonObject

#: a number can be said in full here, 1.3.2 knows only `float` for it
_WRITTEN: Final = {**WRITTEN_TYPES, "decimal": "decimal"}
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_COMPARATORS: Final = ("LT", "LE", "GT", "GE", "EQ", "NE")
_NUMBERS: Final = ("integer", "decimal")
_LIST_REF: Final = NS + "CodeListRef"
_CHECK: Final = NS + "RangeCheck"
_VALUE: Final = NS + "CheckValue"
_UNIT: Final = {"en": "Unit", "zh": "单位"}
#: the language of a limit that is kept as text: comparator and values, as ODM has them
LIMIT: Final = "ODM RangeCheck"
UCUM: Final = "http://unitsofmeasure.org"


def write_item(out: Writing, item: Mapping[str, Any]) -> None:
    """The ItemDef, unless an equal copy is already there."""
    oid = out.written[item["oid"]]
    if oid in out.made["ItemDef"]:
        return
    element = new("ItemDef", **item_attributes(item, oid))
    write_text(element, "Question", item["question"], out.languages)
    write_text(element, "CRFCompletionInstructions", item.get("help"), out.languages)
    for check in item.get("range_check", ()):
        limit = sub(element, "RangeCheck", Comparator=check["comparator"], SoftHard=check["soft_hard"])
        sub(limit, "CheckValue").text = check["value"]
    for rule in item.get("not_run", ()):
        if rule["use"] == "check" and ("ItemDef", oid, "RangeCheck") not in out.given:
            _check_not_run(out, element, rule)
    if item.get("code_list") in out.lists:
        sub(element, "CodeListRef", CodeListOID=out.lists[item["code_list"]])
    native = read_item(out.known, element, item["oid"]) | read_unit(out.known, _unit_item(out, item, oid))
    write_aliases(element, item, difference(native, without(item, *ITEM_REF_FIELDS)))
    out.made["ItemDef"][oid] = element


def write_item_ref(out: Writing, group: Any, item: Mapping[str, Any]) -> JsonObject:
    """The ItemRef in its group; what it cannot say of the fields of `ITEM_REF_FIELDS`."""
    oid = out.written[item["oid"]]
    reference = sub(group, "ItemRef", ItemOID=oid)
    write_asked(out, reference, item, oid, bool(item.get("mandatory")))
    foreign = next((one for one in item.get("not_run", ()) if one["use"] == "method"), None)
    if item.get("method") is not None:
        reference.set("MethodOID", item["method"])
    elif foreign is not None:
        reference.set("MethodOID", write_not_run(out, "MethodDef", foreign, f"METHOD.{oid}"))
    unit = out.units.get(oid)
    at = place_of("ItemGroupDef", group.get("OID"), "ItemRef", oid)
    if unit is not None and (*at, "UnitsItemOID") not in out.given:
        reference.set("UnitsItemOID", unit)
        sub(group, "ItemRef", ItemOID=unit, Mandatory="No")
    true = {key: item[key] for key in ITEM_REF_FIELDS - {"oid"} if key in item}
    return difference(read_item_ref(out.known, reference, out.made["ItemDef"][oid]), true)


def item_attributes(item: Mapping[str, Any], oid: str) -> dict[str, str | None]:
    """Attributes of the ItemDef of an item (a dump of ItemDef)."""
    length = item.get("length")
    return {
        "OID": oid,
        "Name": item["oid"].removeprefix("I."),
        "DataType": _WRITTEN[item["data_type"]],
        "Length": str(length) if length is not None and length > 0 else None,
    }


def read_item(known: Known, element: Any, oid: str) -> JsonObject:
    """The fields that the ItemDef itself says, but for unit and those of `ITEM_REF_FIELDS`; `oid`: ours."""
    list_oid = _list(known, element)
    found: JsonObject = {"question": _question(known, element), **odm_oid(element, oid)}
    found["data_type"] = "text" if list_oid else DATA_TYPES.get(element.get("DataType"), "text")
    if list_oid is not None:
        found["code_list"] = list_oid
    length = element.get("Length", "")
    if found["data_type"] == "text" and length.isdecimal():
        found["length"] = int(length)
    if found["data_type"] in _NUMBERS:
        limits = (limit_of(known, one) for one in element.iterchildren(_CHECK))
        checks = [dict(limit) for limit in limits if limit]
        if checks:
            found["range_check"] = checks
    words = known.words(element, "CRFCompletionInstructions")
    return found | ({"help": words} if words else {}) | read_aliases(element)


def data_type(known: Known, element: Any) -> str:
    """Our type: chosen from a list is text, as is what this program has no type for."""
    return "text" if _list(known, element) else DATA_TYPES.get(element.get("DataType"), "text")


def _list(known: Known, element: Any) -> str | None:
    reference = child(element, _LIST_REF)
    return None if reference is None else known.lists.get(reference.get("CodeListOID"))


def limit_of(known: Known, element: Any) -> JsonObject | None:
    """A RangeCheck that is one of ours: a number and what it is compared with.  Read once."""
    if element not in known.limits:
        known.limits[element] = _read_limit(element)
    return known.limits[element]


def _read_limit(element: Any) -> JsonObject | None:
    comparator = element.get("Comparator")
    if comparator not in _COMPARATORS or element.get("ItemOID"):
        return None
    values = list(element.iterchildren(_VALUE))
    value = (values[0].text or "").strip() if len(values) == 1 else ""
    if not _NUMBER.fullmatch(value):
        return None
    return {"comparator": comparator, "value": value, "soft_hard": element.get("SoftHard", "Soft")}


def read_item_ref(known: Known, reference: Any, element: Any) -> JsonObject:
    """`mandatory`, `method`, `collect_when` and `not_run` of an item in a group."""
    found = read_asked(known, reference)
    rules = list(found.get("not_run", ()))
    method = known.rules.get(reference.get("MethodOID"))
    if method is not None and known.ours and expression_of(method)[0] == CEL:
        found["method"] = reference.get("MethodOID")
    elif method is not None:
        rules.append(read_not_run(known, method, "method"))
    rules += _checks_not_run(known, element)
    return found | ({"not_run": rules} if rules else {})


def _checks_not_run(known: Known, element: Any) -> list[JsonObject]:
    """The limits that are not ours: expressions, lists of values, limits of something that is no number."""
    checks = list(element.iterchildren(_CHECK))
    numbers = bool(checks) and data_type(known, element) in _NUMBERS
    return [_not_run_limit(known, one) for one in checks if not numbers or limit_of(known, one) is None]


def _not_run_limit(known: Known, element: Any) -> JsonObject:
    context, code = expression_of(element)
    if not code and not context:
        values = (one.text or "" for one in element.iterchildren(NS + "CheckValue"))
        context, code = LIMIT, " ".join((element.get("Comparator", ""), ", ".join(values))).strip()
    found: JsonObject = {"use": "check", "context": context, "expression": code}
    message = known.words(element, "ErrorMessage")
    return found | ({"message": message} if message else {})


def _check_not_run(out: Writing, element: Any, rule: Mapping[str, Any]) -> None:
    """A check of another language, as a RangeCheck with its expression."""
    check = sub(element, "RangeCheck", SoftHard="Soft")
    formal = sub(check, "FormalExpression", Context=rule["context"])
    sub(formal, "Code").text = xml_text(rule["expression"])
    write_text(check, "ErrorMessage", rule.get("message"), out.languages)


def _question(known: Known, element: Any) -> JsonObject:
    """What is asked: where there is no Question, the shortest other words for the item."""
    for name in ("Question", "Prompt", "Description"):
        words = known.words(element, name)
        if words is not None:
            return words
    return same_words(element.get("Name") or element.get("OID"))


def _unit_item(out: Writing, item: Mapping[str, Any], oid: str) -> Any:
    """The item that holds the unit, and the list of units that may be typed.

    None without a unit, and where the item that held it in the file of the study is given back.
    """
    if not item.get("unit") or oid in out.units_given:
        return None
    units = [item["unit"], *(one["unit"] for one in item.get("units", ()))]

    def list_of(list_oid: str) -> Any:
        element = new("CodeList", OID=list_oid, Name=f"Units: {', '.join(units)}", DataType="text")
        for unit in dict.fromkeys(units):
            code = sub(element, "CodeListItem", CodedValue=unit)
            write_text(code, "Decode", same_words(unit), out.languages)
            sub(code, "Coding", Code=unit, System=UCUM, SystemName="UCUM")
        write_mark(element)
        return element

    def item_of(unit_oid: str) -> Any:
        element = new(
            "ItemDef", OID=unit_oid, Name=f"{item_attributes(item, oid)['Name']} unit", DataType="text"
        )
        write_text(element, "Question", _UNIT, out.languages)
        sub(element, "CodeListRef", CodeListOID=list_oid)
        write_mark(element)
        return element

    name = ".".join(re.sub(r"[^A-Za-z0-9]+", "_", unit) for unit in units)
    list_oid = out.once("CodeList", f"UNITS.{name}", f"UNITS.{name}", list_of)
    out.units[oid] = out.once("ItemDef", f"{oid}.UNIT", f"{oid}.UNIT", item_of)
    return out.made["ItemDef"][out.units[oid]]


def read_unit(known: Known, element: Any) -> JsonObject:
    """`unit` and `units` from the item that holds the unit: the first of its list is the standard one."""
    codes = unit_codes(known, element)
    if not codes:
        return {}
    return {"unit": codes[0]} | ({"units": [{"unit": code} for code in codes[1:]]} if codes[1:] else {})


def unit_codes(known: Known, element: Any) -> list[str]:
    """The units that may be typed, as codes of the list of the item that holds the unit."""
    reference = None if element is None else child(element, _LIST_REF)
    codes = None if reference is None else known.codes.get(reference.get("CodeListOID"))
    if codes is None:
        return []
    return [one.get("CodedValue", "") for one in codes.iterchildren(NS + "CodeListItem")]
