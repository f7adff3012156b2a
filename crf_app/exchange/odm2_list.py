"""CodeList of ODM 2.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crf_app.exchange.odm2_known import Known, odm_oid, read_aliases
from crf_app.exchange.odm2_writing import Writing, difference, without, write_aliases, write_name
from crf_app.exchange.odm2_xml import NS, new, same_words, sub, write_text
from crf_app.model.definition import JsonObject
from crf_app.model.item_def import CodeListItem


def write_list(out: Writing, code_list: Mapping[str, Any]) -> None:
    oid = out.written[code_list["oid"]]
    element = new("CodeList", **list_attributes(code_list, oid))
    write_name(element, code_list["name"], out.languages)
    for one in code_list["items"]:
        code = sub(element, "CodeListItem", CodedValue=one["coded_value"])
        write_text(code, "Decode", one["decode"], out.languages)
        write_aliases(code, {}, difference(read_code(out.known, code), one))
    native = read_list(out.known, element, code_list["oid"])
    write_aliases(element, code_list, difference(native, without(code_list, "oid", "items")))
    out.made["CodeList"][oid] = element
    out.lists[code_list["oid"]] = oid
    out.known.lists[oid] = code_list["oid"]


def list_attributes(code_list: Mapping[str, Any], oid: str) -> dict[str, str | None]:
    return {"OID": oid, "Name": code_list["name"]["en"] or "-", "DataType": "text"}


def read_list(known: Known, element: Any, oid: str) -> JsonObject:
    """What the element says natively, but for its codes; `oid`: ours."""
    return {"name": known.named(element)} | odm_oid(element, oid) | read_aliases(element)


def read_code(known: Known, element: Any) -> JsonObject:
    """A code; one without words decodes as itself."""
    code = element.get("CodedValue", "")
    return {"coded_value": code, "decode": known.words(element, "Decode") or same_words(code)}


def read_codes(known: Known, element: Any) -> list[JsonObject]:
    """The codes of a list, with the rest of each."""
    codes = element.iterchildren(NS + "CodeListItem")
    return [known.whole(one, read_code(known, one), CodeListItem)[0] for one in codes]
