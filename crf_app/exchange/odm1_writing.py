"""Each kind of definition as an element of ODM 1.3.2.

Every method takes out of the plain data what it says in elements and attributes; what is left over goes into
our Alias of that element.  What ODM says at a reference (mandatory, method, condition) and what belongs to
one use of a shared definition is left over at the form ("uses").
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import chain, count
from typing import Any, Final

from crf_app.exchange.odm1_units import kept_names
from crf_app.exchange.odm1_xml import NS, add, element
from crf_app.exchange.odm_parts import (
    CEL,
    DATA_TYPES,
    NUMBERS,
    WRITTEN_TYPES,
    Languages,
    Pairs,
    collect_when_of,
    element_of,
    exception_of,
    write_text,
)
from crf_app.exchange.oids import GROUP_REF_FIELDS, ITEM_REF_FIELDS, OidMap
from crf_app.exchange.rest import CONTEXT, alias_of
from crf_app.exchange.xml_in import XML_LANG
from crf_app.model.definition import JsonObject, Study

_RANGE_FIELDS: Final = {"comparator", "value", "soft_hard"}


class Writing:
    """The elements of one study."""

    def __init__(self, study: Study) -> None:
        self.oids = OidMap.of(study)
        self.languages = Languages.of(study.languages)
        self._units = kept_names(study.foreign)
        self._kept_units = frozenset(self._units)
        self._kept = {
            (one.name.removeprefix(NS), _oid_in(one.xml)): one
            for one in study.foreign
            if one.odm == "1.3.2" and one.at[0] == "MetaDataVersion" and one.kind == "element"
        }
        self._enumerated = {
            (one.at[1], _coded_in(one.xml))
            for one in study.foreign
            if one.odm == "1.3.2" and one.name == f"{NS}EnumeratedItem"
        }
        self._described = {
            one.at for one in study.foreign if one.odm == "1.3.2" and one.name == f"{NS}Description"
        }
        self._groups: dict[str, Any] = {}
        self._items: dict[str, Any] = {}
        self._conditions: dict[str, Any] = {}
        self._methods: dict[str, Any] = {}

    # --- study -------------------------------------------------------------------------------------------

    def study_oid(self, left: JsonObject) -> str:
        """The study's OID in the file."""
        return self._own_oid(left, left.get("odm_oid") or left["oid"])

    def global_variables(self, parent: Any, left: JsonObject) -> None:
        holder = add(parent, "GlobalVariables", {})
        for tag, key in (("StudyName", "name"), ("StudyDescription", "title")):
            text = left[key]
            add(holder, tag, {}, text["en"] or left.get("oid", "-"))
            if text == {"en": text["en"], "zh": text["en"]} and text["en"]:
                del left[key]
        add(holder, "ProtocolName", {}, left["protocol"] or "-")
        if left["protocol"]:
            del left["protocol"]

    def basic_definitions(self, parent: Any) -> None:
        """The units that were met; those that an imported file defines are given back as they were."""
        if not self._units:
            return
        holder = add(parent, "BasicDefinitions", {})
        for name, oid in self._units.items():
            if name not in self._kept_units:
                symbol = add(add(holder, "MeasurementUnit", {"OID": oid, "Name": name}), "Symbol", {})
                add(symbol, "TranslatedText", {XML_LANG: "en"}, name)

    def version(self, made: Any, left: JsonObject) -> None:
        """Attributes of MetaDataVersion: its OID is the version."""
        version = left["version"]
        made.set("OID", version or "-")
        made.set("Name", version or "-")
        if version:
            del left["version"]

    def protocol(
        self, parent: Any, left: JsonObject, events: Sequence[JsonObject], extra: JsonObject
    ) -> None:
        made = add(parent, "Protocol", {})
        for number, event in enumerate(events, 1):
            oid = self.oids.written[event["oid"]]
            add(made, "StudyEventRef",
                {"StudyEventOID": oid, "OrderNumber": str(number), "Mandatory": "Yes"})  # fmt: skip
        left.pop("foreign", None)  # given back where it stood
        self._aliases(made, left, extra, always=True)

    # --- visits ------------------------------------------------------------------------------------------

    def event(self, parent: Any, left: JsonObject) -> None:
        written = self.oids.written[left["oid"]]
        made = add(parent, "StudyEventDef", {"OID": self._own_oid(left, written)})
        self._named(made, left, written)
        made.set("Repeating", _yes(left.get("repeating") is True))
        made.set("Type", left.pop("type"))
        if left.get("repeating") is True:
            del left["repeating"]
        self._form_refs(made, left)
        self._aliases(made, left)

    def _form_refs(self, made: Any, left: JsonObject) -> None:
        refs = left.pop("forms")
        seen: dict[str, JsonObject] = {}
        for ref in refs:
            written = self.oids.written.get(ref["form"], ref["form"])
            if written in seen:
                left["forms"] = refs  # a form asked twice is more than ODM says: all of them stay left
                continue
            mandatory = ref.get("mandatory", True)
            values = {
                "FormOID": written,
                "OrderNumber": str(len(seen) + 1),
                "Mandatory": _yes(mandatory),
            }
            values |= self._exception(None, ref.get("not_run", ()))
            add(made, "FormRef", values)
            said = {"form"} | ({"mandatory"} if mandatory is False else set())
            seen[written] = {key: value for key, value in ref.items() if key not in said}
        rest = {key: value for key, value in seen.items() if value}
        if "forms" not in left and rest:
            left["forms"] = rest

    # --- forms -------------------------------------------------------------------------------------------

    def parts(self, forms: Sequence[JsonObject], lists: Sequence[JsonObject]) -> tuple[list[Any], ...]:
        """FormDef, ItemGroupDef, ItemDef, CodeList, ConditionDef and MethodDef elements, in this order."""
        made = [self._form(form) for form in forms]
        code_lists = [self._code_list(one) for one in lists]
        groups, items = list(self._groups.values()), list(self._items.values())
        rules = list(self._conditions.values()), list(self._methods.values())
        return (made, groups, items, code_lists, *rules)

    def _form(self, left: JsonObject) -> Any:
        written = self.oids.written[left["oid"]]
        for condition in left.pop("condition", ()):
            self._condition(condition, written)
        methods = left.pop("method", ())
        known = {method["oid"] for method in methods}
        for method in methods:
            self._method(method, written)
        made = element("FormDef", {"OID": self._own_oid(left, written)})
        self._named(made, left, written)
        made.set("Repeating", "No")
        uses: JsonObject = {}
        for number, group in enumerate(left.pop("item_group"), 1):
            self._group_ref(made, group, number, known, uses)
        if uses:
            left["uses"] = uses
        self._aliases(made, left)
        return made

    def _group_ref(self, form: Any, left: JsonObject, number: int, known: set[str], uses: JsonObject) -> None:
        written = self.oids.written[left["oid"]]
        here = {key: left.pop(key) for key in list(left) if key in GROUP_REF_FIELDS}
        values = {"ItemGroupOID": written, "OrderNumber": str(number), "Mandatory": "Yes"}
        values |= self._exception(here, here.get("not_run", ()))
        add(form, "ItemGroupRef", values)
        items = here.pop("item")
        refs, rest = [], {}
        for item in items:
            ref, use = self._item(item, known)
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
        if written in self._groups:
            return
        made = self._groups[written] = element("ItemGroupDef", {"OID": written})
        self._odm_oid(left, written, here["oid"])
        self._named(made, left, written)
        repeats = left.get("repeating") is True
        made.set("Repeating", _yes(repeats or left.get("rows") is not None))
        if repeats and left.get("rows") is None:
            del left["repeating"]
        for number, ref in enumerate(refs, 1):
            add(made, "ItemRef", ref | {"OrderNumber": str(number)})
        self._aliases(made, left)

    # --- items -------------------------------------------------------------------------------------------

    def _item(self, left: JsonObject, known: set[str]) -> tuple[dict[str, str], JsonObject]:
        """The attributes of the ItemRef, and what is left over of this use; the ItemDef is made once."""
        written = self.oids.written[left["oid"]]
        here = {key: left.pop(key) for key in list(left) if key in ITEM_REF_FIELDS}
        ref = {"ItemOID": written, "Mandatory": _yes(here.get("mandatory") is True)}
        ref |= self._exception(here, here.get("not_run", ()))
        method = here.get("method")
        if method in known:
            ref["MethodOID"] = here.pop("method")
        else:
            ref |= self._not_run_ref("MethodOID", "method", "MethodDef", here.get("not_run", ()))
        if here.get("mandatory") is True:
            del here["mandatory"]
        if written not in self._items:
            self._items[written] = self._item_def(written, here["oid"], left, here.get("not_run", ()))
        if here.get("oid") == written:
            del here["oid"]
        return ref, here

    def _item_def(self, written: str, oid: str, left: JsonObject, not_run: Sequence[JsonObject]) -> Any:
        made = element("ItemDef", {"OID": written, "Name": written.removeprefix("I.") or written})
        self._odm_oid(left, written, oid)
        number = left["data_type"] in NUMBERS and left.get("code_list") is None
        self._data_type(made, left)
        if left.get("help") is not None:
            self._texts(made, "Description", left, "help")
        self._texts(made, "Question", left, "question", written)
        if number:
            self._item_units(made, left)
            self._ranges(made, left)
        for rule in not_run:
            if rule["use"] == "check" and rule.get("odm_oid") is None:
                self._not_run_check(made, rule)
        if left.get("code_list"):
            add(made, "CodeListRef", {"CodeListOID": self._list_oid(left["code_list"])})
            if left["code_list"] in self.oids.written:
                del left["code_list"]
        self._aliases(made, left)
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
            add(made, "MeasurementUnitRef", {"MeasurementUnitOID": self._unit_oid(name)})
        del left["unit"]

    def _unit_oid(self, name: str) -> str:
        if name not in self._units:
            taken = set(self._units.values())
            wished = chain((f"MU.{name}",), (f"MU.{name}.{number}" for number in count(2)))
            self._units[name] = next(oid for oid in wished if oid not in taken)
        return self._units[name]

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
            self._pairs(add(check, "ErrorMessage", {}), write_text(rule["message"], self.languages)[0])

    # --- code lists --------------------------------------------------------------------------------------

    def _list_oid(self, oid: str) -> str:
        return self.oids.written.get(oid, oid)

    def _code_list(self, left: JsonObject) -> Any:
        written = self._list_oid(left["oid"])
        made = element("CodeList", {"OID": self._own_oid(left, written)})
        self._named(made, left, written)
        made.set("DataType", "text")
        for item in left.pop("items"):
            if (written, item["coded_value"]) not in self._enumerated:
                self._coded(made, item)
        self._aliases(made, left)
        return made

    def _coded(self, parent: Any, left: JsonObject) -> None:
        made = add(parent, "CodeListItem", {"CodedValue": left.pop("coded_value")})
        self._texts(made, "Decode", left, "decode", made.get("CodedValue"))
        self._aliases(made, left)

    # --- rules -------------------------------------------------------------------------------------------

    def _condition(self, left: JsonObject, form: str) -> None:
        oid = left.pop("oid")
        made = self._conditions[oid] = element("ConditionDef", {"OID": oid, "Name": left.get("check") or oid})
        self._texts(made, "Description", left, "message", oid)
        add(made, "FormalExpression", {"Context": CEL}, left.pop("expression"))
        self._aliases(made, left, {"form": form}, always=True)

    def _method(self, left: JsonObject, form: str) -> None:
        oid = left.pop("oid")
        made = self._methods[oid] = element("MethodDef", {"OID": oid, "Name": oid, "Type": "Computation"})
        if left.get("description") is None:
            self._pairs(add(made, "Description", {}), [(self.languages.main, oid)])
            left["description"] = None
        else:
            self._texts(made, "Description", left, "description", oid)
        add(made, "FormalExpression", {"Context": CEL}, left.pop("expression"))
        self._aliases(made, left, {"form": form}, always=True)

    def _exception(self, here: JsonObject | None, not_run: Sequence[JsonObject]) -> dict[str, str]:
        """CollectionExceptionConditionOID for `collect_when`, or for a condition of another language."""
        rule = (here or {}).get("collect_when")
        if here is None or rule is None:
            return self._not_run_ref(
                "CollectionExceptionConditionOID", "collect_when", "ConditionDef", not_run
            )
        exception = exception_of(rule)
        oid = f"SKIP.{sha256(rule.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
        if oid not in self._conditions:
            made = self._conditions[oid] = element("ConditionDef", {"OID": oid, "Name": oid})
            words = [("en", f"Not asked unless: {rule}"), ("zh", f"仅在满足以下条件时填写：{rule}")]
            tags = {"en": self.languages.en, "zh": self.languages.zh}
            said = [(tags[language] or "", text) for language, text in words if tags[language]]
            self._pairs(add(made, "Description", {}), said or words[:1])
            add(made, "FormalExpression", {"Context": CEL}, exception)
            self._aliases(made, {}, {}, always=True)
        if collect_when_of(exception) == rule:
            del here["collect_when"]
        return {"CollectionExceptionConditionOID": oid}

    def _not_run_ref(self, name: str, use: str, kind: str, not_run: Sequence[JsonObject]) -> dict[str, str]:
        """The reference to a rule that is not run: kept from its file, or made from the text we have."""
        rule = next((one for one in not_run if one["use"] == use), None)
        if rule is None:
            return {}
        oid = rule.get("odm_oid")
        if oid is not None:
            return {name: oid} if (kind, oid) in self._kept else {}
        text = f"{rule['context']}\n{rule['expression']}".encode("utf-8", "surrogatepass")
        oid = f"{use.split('_')[0].upper()}.{sha256(text).hexdigest()[:16]}"
        table = self._conditions if kind == "ConditionDef" else self._methods
        if oid not in table:
            made = table[oid] = element(kind, {"OID": oid, "Name": oid})
            said, _ = write_text(rule.get("message"), self.languages)
            words = (
                f"Collected when ({rule['context']}): {rule['expression']}" if use == "collect_when" else oid
            )
            self._pairs(add(made, "Description", {}), said or [(self.languages.main, words)])
            if (
                use != "collect_when"
            ):  # what is collected cannot be said as an exception in another's language
                add(made, "FormalExpression", {"Context": rule["context"]}, rule["expression"])
            add(made, "Alias", {"Context": CONTEXT, "Name": alias_of({"not_run": True})})
        return {name: oid}

    # --- pieces ------------------------------------------------------------------------------------------

    def _own_oid(self, left: JsonObject, written: str) -> str:
        """Takes out what the element's OID says."""
        self._odm_oid(left, written, left["oid"])
        if left["oid"] == written:
            del left["oid"]
        return written

    def _odm_oid(self, left: JsonObject, written: str, oid: str) -> None:
        if left.get("odm_oid") == written != oid:
            del left["odm_oid"]

    def _named(self, made: Any, left: JsonObject, written: str) -> None:
        """`Name`, and the name in every language as Description."""
        text = left["name"]
        name = text.get("en") or written
        made.set("Name", name)
        pairs, sound = write_text(text, self.languages)
        described = (made.tag.removeprefix(NS), written) in self._described
        if not described and (len(pairs) > 1 or pairs[0][1] != name):
            self._pairs(add(made, "Description", {}), pairs)
            sound = sound and text["en"] == name
        else:
            sound = text == {"en": name, "zh": name}
        if sound:
            del left["name"]

    def _texts(self, made: Any, tag: str, left: JsonObject, key: str, instead: str = "-") -> None:
        """A Text as TranslatedText elements; `instead` stands in for words that there are none of."""
        pairs, sound = write_text(left[key], self.languages)
        self._pairs(add(made, tag, {}), pairs or [(self.languages.main, instead)])
        if sound:
            del left[key]

    def _pairs(self, holder: Any, pairs: Pairs) -> None:
        for tag, words in pairs:
            add(holder, "TranslatedText", {XML_LANG: tag} if tag else {}, words)

    def _aliases(
        self, made: Any, left: JsonObject, extra: JsonObject | None = None, *, always: bool = False
    ) -> None:
        """The Alias elements: those of the definition, of each context one, and ours for what is left."""
        own = left.get("alias", [])
        contexts = [one["context"] for one in own]
        for number, one in enumerate(own):
            if one["context"] not in (*contexts[:number], CONTEXT):
                add(made, "Alias", {"Context": one["context"], "Name": one["name"]})
        if len(set(contexts)) == len(contexts) and CONTEXT not in contexts:
            left.pop("alias", None)
        rest = left | (extra or {})
        if rest or always:
            add(made, "Alias", {"Context": CONTEXT, "Name": alias_of(rest)})


def _yes(so: bool) -> str:
    return "Yes" if so else "No"


def _oid_in(xml: str) -> str:
    return str(element_of(xml).get("OID", ""))


def _coded_in(xml: str) -> str:
    return str(element_of(xml).get("CodedValue", ""))
