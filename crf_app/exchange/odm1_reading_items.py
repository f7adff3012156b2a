"""ItemDef of ODM 1.3 as the plain data of an item: type, words, unit, ranges, code list.

A definition is read once, however many groups use it.  What a number of ours cannot have (a unit on a text, a
range of dates, a list of allowed values) is kept, and a rule among it is said to be not run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from crf_app.exchange.odm1_element import At, Elements
from crf_app.exchange.odm1_reading_rules import unrun_check
from crf_app.exchange.odm1_xml import NS, place_of
from crf_app.exchange.odm_parts import DATA_TYPES, NUMBERS, WRITTEN_TYPES
from crf_app.exchange.rest import joined
from crf_app.exchange.xml_in import broken, local
from crf_app.model.definition import JsonObject

_TYPES: Final = frozenset(
    ("integer", "float", "date", "datetime", "time", "text", "string", "double", "URI", "boolean",
     "hexBinary", "base64Binary", "hexFloat", "base64Float", "partialDate", "partialTime", "partialDatetime",
     "durationDatetime", "intervalDatetime", "incompleteDatetime", "incompleteDate", "incompleteTime")
)  # fmt: skip
_COMPARATORS: Final = frozenset(("LT", "LE", "GT", "GE", "EQ", "NE"))
_OTHER_COMPARATORS: Final = frozenset(("IN", "NOTIN"))
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")


class ItemReading:
    """`units`: OID of a MeasurementUnit → the unit.  `lists`: OID of a CodeList → ours, None if kept."""

    def __init__(self, reading: Elements, found: Mapping[str, Any], lists: Mapping[str, str | None]) -> None:
        self._at_hand, self._found, self._lists = reading, found, lists
        self.units: Mapping[str, str] = {}
        self.read: dict[str, JsonObject] = {}

    def of(self, written: str) -> JsonObject:
        """The fields of a definition, without its OID and what its references say."""
        if written not in self.read:
            self.read[written] = self._item(self._found[written], written)
        return self.read[written]

    def _item(self, element: Any, written: str) -> JsonObject:
        reading, at = self._at_hand, ("ItemDef", written)
        rest, aliases = reading.aliases(element)
        rest = rest or {}
        if rest.get("not_run") is True:
            raise broken(reading.path, element, "`not_run` is no list of rules.", "`not_run` 不是规则列表。")
        parts: dict[str, list[Any]] = {}
        for child in element:
            tag = str(child.tag)
            parts.setdefault(tag[len(NS):] if tag.startswith(NS) else tag, []).append(child)  # fmt: skip
        fields: JsonObject = {"alias": aliases} if aliases else {}
        self._words(element, parts, at, fields)
        self._type(element, parts, at, fields, rest)
        self._code_list(parts, at, fields, rest)
        number = rest.get("data_type", fields["data_type"]) in NUMBERS and "code_list" not in fields | rest
        self._unit(parts, at, fields, rest, number)
        self._ranges(parts, at, fields, number)
        for name, children in parts.items():
            if name not in _READ:
                for child in children:
                    reading.keep_element(child, at)
        return joined(fields, rest)

    def _words(self, element: Any, parts: Mapping[str, list[Any]], at: At, fields: JsonObject) -> None:
        reading = self._at_hand
        for tag, key in (("Question", "question"), ("Description", "help")):
            for holder in parts.get(tag, ())[:1]:
                text = reading.words(holder, place_of(*at, tag, 0))
                if text is not None:
                    fields[key] = text
        name = element.get("Name")
        if name is None:
            raise broken(reading.path, element, "Name is missing.", "缺少 Name。")
        if "question" not in fields:
            words = name.strip() or at[1]
            fields["question"] = {"en": words, "zh": words}

    def _type(
        self, element: Any, parts: Mapping[str, list[Any]], at: At, fields: JsonObject, rest: JsonObject
    ) -> None:
        """The type; another name of the file for it, and its own name of the item, are kept."""
        reading = self._at_hand
        theirs = reading.one_of(element, "DataType", _TYPES)
        ours = DATA_TYPES.get(theirs, "text")
        refs = parts.get("CodeListRef", ())
        if refs and self._lists.get(refs[0].get("CodeListOID", "")) is not None:
            ours = "text"
        fields["data_type"] = ours
        final = rest.get("data_type", ours)
        known = ["OID", "Length", "SignificantDigits"]
        if WRITTEN_TYPES.get(final) == theirs:
            known.append("DataType")
        elif theirs not in DATA_TYPES and not reading.ours:
            reading.report.say("changed", f"Items of type {theirs} are text here.",
                               f"{theirs} 类型的条目在此处为文本。", reading.where(element))  # fmt: skip
        if element.get("Name") == (at[1].removeprefix("I.") or at[1]):
            known.append("Name")
        for name, key, least in (("Length", "length", 1), ("SignificantDigits", "significant_digits", 0)):
            text = element.get(name)
            if text is not None:
                fields[key] = self._whole(element, name, text, least)
        reading.other_attributes(element, at, known)

    def _whole(self, element: Any, name: str, text: str, least: int) -> int:
        number = text.strip()
        if not number.isascii() or not number.isdigit() or len(number) > 9 or int(number) < least:
            raise broken(self._at_hand.path, element, f"{name} is no whole number from {least} on.",
                         f"{name} 不是不小于 {least} 的整数。")  # fmt: skip
        return int(number)

    def _code_list(
        self, parts: Mapping[str, list[Any]], at: At, fields: JsonObject, rest: JsonObject
    ) -> None:
        for ref in parts.get("CodeListRef", ())[:1]:
            if "code_list" in rest:
                continue
            oid = self._at_hand.need(ref, "CodeListOID")
            ours = self._lists.get(oid)
            if ours is None:
                self._at_hand.keep_element(ref, at)
                self._at_hand.report.say(
                    "changed",
                    f"The code list {oid} is not in the file or cannot be used: its items are text.",
                    f"代码表 {oid} 不在文件中或不能使用：其条目改为文本。",
                    self._at_hand.where(ref),
                )
            else:
                fields["code_list"] = ours

    def _unit(
        self, parts: Mapping[str, list[Any]], at: At, fields: JsonObject, rest: JsonObject, number: bool
    ) -> None:
        """The first unit is the standard one; others are kept unless we know how they are converted."""
        reading = self._at_hand
        others = {one["unit"] for one in rest.get("units", ())}
        for ref in parts.get("MeasurementUnitRef", ()):
            oid = reading.need(ref, "MeasurementUnitOID")
            unit = self.units.get(oid, oid)
            if number and "unit" not in fields and oid in self.units:
                fields["unit"] = unit
            elif unit not in others:
                reading.keep_element(ref, at)
                reading.report.say(
                    "changed",
                    f"The unit {unit} is not offered: not defined, on a text, or without a conversion.",
                    f"不提供单位 {unit}：未定义、用于文本，或换算方法未知。",
                    reading.where(ref),
                )

    def _ranges(self, parts: Mapping[str, list[Any]], at: At, fields: JsonObject, number: bool) -> None:
        reading = self._at_hand
        made: list[JsonObject] = []
        plain: list[Any] = []
        for check in parts.get("RangeCheck", ()):
            one = self._range(check, fields) if number else None
            if one is None:
                self._unrun(check, at, fields)
            else:
                made.append(one)
                plain.append(check)
        if not reading.ours and _contradict(made):
            for check in plain:
                self._unrun(check, at, fields)
            return
        for place, check in enumerate(plain):
            self._around(check, place_of(*at, "RangeCheck", place))
        if made:
            fields["range_check"] = made

    def _range(self, check: Any, fields: JsonObject) -> JsonObject | None:
        """The range check if it is one of ours, that compares with one number in the item's unit."""
        reading = self._at_hand
        soft_hard = reading.one_of(check, "SoftHard", ("Soft", "Hard"))
        values = check.findall(f"{NS}CheckValue")
        if check.find(f"{NS}FormalExpression") is not None:
            return None
        if not values:
            raise broken(reading.path, check, "The check has no CheckValue.", "范围检查没有 CheckValue。")
        if check.get("Comparator") is None:
            return None
        comparator = reading.one_of(check, "Comparator", _COMPARATORS | _OTHER_COMPARATORS)
        value = (values[0].text or "").strip()
        units = [
            self.units.get(one.get("MeasurementUnitOID", ""))
            for one in check.findall(f"{NS}MeasurementUnitRef")
        ]
        if comparator in _OTHER_COMPARATORS or len(values) > 1 or not _NUMBER.match(value):
            return None
        if any(unit != fields.get("unit") for unit in units):
            return None
        return {"comparator": comparator, "value": value, "soft_hard": soft_hard}

    def _around(self, check: Any, at: At) -> None:
        """What else a range check of ours says: its unit, its words."""
        for child in check:
            if local(child) != "CheckValue":
                self._at_hand.keep_element(child, at)
        self._at_hand.other_attributes(check, at, ("Comparator", "SoftHard"))

    def _unrun(self, check: Any, at: At, fields: JsonObject) -> None:
        reading = self._at_hand
        reading.one_of(check, "SoftHard", ("Soft", "Hard"))
        rule = unrun_check(check, reading.languages, at[1])
        fields.setdefault("not_run", []).append(rule)
        reading.keep_element(check, at, quiet=True)
        reading.say_not_run(rule, check)


_READ: Final = frozenset(
    ("Question", "Description", "MeasurementUnitRef", "RangeCheck", "CodeListRef", "Alias")
)


def _contradict(checks: Sequence[JsonObject]) -> bool:
    """Whether no value can meet the limits."""
    for kind in ("Soft", "Hard"):
        mine = [(one["comparator"], Decimal(one["value"])) for one in checks if one["soft_hard"] == kind]
        low = [value for sign, value in mine if sign in ("GE", "GT")]
        high = [value for sign, value in mine if sign in ("LE", "LT")]
        if low and high and max(low) > min(high):
            return True
    return False
