"""ItemDef of ODM 1.3.2 from the plain data of an item, and its ItemRef: each definition is written once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from crf_app.exchange.odm1_units import UnitWriting
from crf_app.exchange.odm1_writing_pieces import Pieces, yes
from crf_app.exchange.odm1_writing_rules import RuleWriting
from crf_app.exchange.odm1_xml import add, element
from crf_app.exchange.odm_parts import DATA_TYPES, NUMBERS, WRITTEN_TYPES, write_text
from crf_app.exchange.oids import ITEM_REF_FIELDS
from crf_app.model.definition import JsonObject

_RANGE_FIELDS: Final = {"comparator", "value", "soft_hard"}


class ItemWriting:
    """`made`: OID → ItemDef, in the order of writing."""

    def __init__(self, pieces: Pieces, rules: RuleWriting, units: UnitWriting) -> None:
        self._pieces, self._rules, self._units = pieces, rules, units
        self.made: dict[str, Any] = {}

    def ref(self, left: JsonObject, known: set[str]) -> tuple[dict[str, str], JsonObject]:
        """The attributes of the ItemRef, and what is left over of this use; the ItemDef is made once."""
        written = self._pieces.oids.written[left["oid"]]
        here = {key: left.pop(key) for key in list(left) if key in ITEM_REF_FIELDS}
        ref = {"ItemOID": written, "Mandatory": yes(here.get("mandatory") is True)}
        ref |= self._rules.exception(here, here.get("not_run", ()))
        method = here.get("method")
        if method in known:
            ref["MethodOID"] = here.pop("method")
        else:
            ref |= self._rules.not_run_ref("MethodOID", "method", "MethodDef", here.get("not_run", ()))
        if here.get("mandatory") is True:
            del here["mandatory"]
        if written not in self.made:
            self.made[written] = self._item_def(written, here["oid"], left, here.get("not_run", ()))
        if here.get("oid") == written:
            del here["oid"]
        return ref, here

    def _item_def(self, written: str, oid: str, left: JsonObject, not_run: Sequence[JsonObject]) -> Any:
        made = element("ItemDef", {"OID": written, "Name": written.removeprefix("I.") or written})
        self._pieces.odm_oid(left, written, oid)
        number = left["data_type"] in NUMBERS and left.get("code_list") is None
        self._data_type(made, left)
        if left.get("help") is not None:
            self._pieces.texts(made, "Description", left, "help")
        self._pieces.texts(made, "Question", left, "question", written)
        if number:
            self._item_units(made, left)
            self._ranges(made, left)
        for rule in not_run:
            if rule["use"] == "check" and rule.get("odm_oid") is None:
                self._not_run_check(made, rule)
        if left.get("code_list"):
            add(
                made,
                "CodeListRef",
                {"CodeListOID": self._pieces.oids.written.get(left["code_list"], left["code_list"])},
            )
            if left["code_list"] in self._pieces.oids.written:
                del left["code_list"]
        self._pieces.aliases(made, left)
        return made

    def _data_type(self, made: Any, left: JsonObject) -> None:
        written = WRITTEN_TYPES[left["data_type"]]
        made.set("DataType", written)
        listed = left.get("code_list") is not None  # an item with a code list is read as text
        if DATA_TYPES.get(written) == left["data_type"] and not (listed and written != "text"):
            del left["data_type"]
        for key, name, least in (("length", "Length", 1), ("significant_digits", "SignificantDigits", 0)):
            number = left.get(key)
            if isinstance(number, int) and number >= least:
                made.set(name, str(number))
                del left[key]

    def _item_units(self, made: Any, left: JsonObject) -> None:
        """The standard unit first, then the others; how they are converted is left over."""
        unit = left.get("unit")
        if unit is None:
            return
        for name in (unit, *(other["unit"] for other in left.get("units", ()))):
            add(made, "MeasurementUnitRef", {"MeasurementUnitOID": self._units.oid(name)})
        del left["unit"]

    def _ranges(self, made: Any, left: JsonObject) -> None:
        for check in left.get("range_check", ()):
            values = {"Comparator": check["comparator"], "SoftHard": check["soft_hard"]}
            add(add(made, "RangeCheck", values), "CheckValue", {}, check["value"])
        if all(check.keys() == _RANGE_FIELDS for check in left.get("range_check", ())):
            left.pop("range_check", None)

    def _not_run_check(self, made: Any, rule: JsonObject) -> None:
        check = add(made, "RangeCheck", {"SoftHard": "Soft"})
        add(check, "FormalExpression", {"Context": rule["context"]}, rule["expression"])
        if rule.get("message"):
            self._pieces.pairs(
                add(check, "ErrorMessage", {}), write_text(rule["message"], self._pieces.languages)[0]
            )
