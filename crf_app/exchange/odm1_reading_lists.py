"""Code lists of an ODM 1.3 file as the plain data of a study; one that cannot be ours is kept as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crf_app.exchange.odm1_element import At, ordered
from crf_app.exchange.odm1_reading_names import Definitions
from crf_app.exchange.odm1_xml import NS, place_of
from crf_app.exchange.rest import joined
from crf_app.exchange.xml_in import broken, local
from crf_app.model.definition import JsonObject


class ListReading:
    """`ours`: OID of a CodeList in the file → our OID of it, None if it is kept."""

    def __init__(self, file: Definitions, found: Mapping[str, Any]) -> None:
        self._file, self._found = file, found
        self.ours: dict[str, str | None] = {}

    def all(self) -> list[JsonObject]:
        """The lists in the order of the file."""
        made = []
        for written, element in self._found.items():
            fields = self._code_list(written, element)
            self.ours[written] = None if fields is None else fields["oid"]
            if fields is not None:
                made.append(fields)
        return made

    def _code_list(self, written: str, element: Any) -> JsonObject | None:
        """The list; None for one whose codes lie elsewhere or cannot be ours: it is kept as it is."""
        at = ("CodeList", written)
        coded = [one for one in element if one.tag in (f"{NS}CodeListItem", f"{NS}EnumeratedItem")]
        codes = [self._file.need(one, "CodedValue") for one in coded]
        if len(set(codes)) < len(codes):
            raise broken(self._file.path, element, "A code stands twice.", "代码重复。")
        unfit = not self._file.ours and any(";" in code or not code.strip() for code in codes)
        if not codes or unfit:
            self._file.keep_element(element, ("MetaDataVersion", ""))
            return None
        rest, aliases = self._file.aliases(element)
        rest = rest or {}
        fields = self._file.named(element, at, "list", rest)
        if element.get("DataType") not in ("text", "integer", "float", "string"):
            raise broken(
                self._file.path,
                element,
                "DataType is none of ODM's for lists.",
                "DataType 不是代码表的类型。",
            )
        if element.get("DataType") != "text":
            self._file.keep_attribute("CodeList", at, "DataType", element.get("DataType"), element)
        in_order = coded if self._file.ours else ordered(self._file, coded)
        fields["items"] = [self._coded(one, at) for one in in_order]
        self._file.others(element, at, ("CodeListItem", "EnumeratedItem"), ("OID", "Name", "DataType"))
        return joined(fields | ({"alias": aliases} if aliases else {}), rest)

    def _coded(self, element: Any, at: At) -> JsonObject:
        code = element.get("CodedValue")
        if local(element) == "EnumeratedItem":
            self._file.keep_element(element, at, quiet=True)
            return {"coded_value": code, "decode": {"en": code, "zh": code}}
        here = place_of(*at, "CodeListItem", code)
        decode = element.find(f"{NS}Decode")
        if decode is None:
            raise broken(self._file.path, element, "The code has no Decode.", "代码没有 Decode。")
        rest, others = self._file.aliases(element)
        for child in element:
            name = local(child)
            another = name == "Alias" and others and not self._file.is_ours(child)
            if another or name not in ("Decode", "Alias"):
                self._file.keep_element(child, here)
        self._file.other_attributes(element, here, ("CodedValue",))
        words = self._file.words(decode, place_of(*here, "Decode", 0)) or {"en": code, "zh": code}
        return joined({"coded_value": code, "decode": words}, rest or {})
