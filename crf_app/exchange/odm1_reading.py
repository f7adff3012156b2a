"""The definition of an ODM 1.3 file as the plain data of a study: visits, forms, groups, lists.

Items are read in `odm1_items.py`, rules in `odm1_rules.py`, what they share stands in `odm1_element.py`.
A definition that no visit leads to is kept, a form without a visit gets one of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from crf_app.exchange import odm1_units
from crf_app.exchange.odm1_element import REF, YES, Elements, ordered
from crf_app.exchange.odm1_items import ItemReading
from crf_app.exchange.odm1_rules import RuleReading
from crf_app.exchange.odm1_xml import NS, place_of
from crf_app.exchange.odm_parts import Languages
from crf_app.exchange.oids import Kind, NewOids
from crf_app.exchange.report import Report
from crf_app.exchange.rest import joined
from crf_app.exchange.xml_in import XML_LANG, broken, local, too_much
from crf_app.model.definition import JsonObject
from crf_app.model.load import MAX_ITEMS

_DEFS: Final = (
    "StudyEventDef",
    "FormDef",
    "ItemGroupDef",
    "ItemDef",
    "CodeList",
    "ConditionDef",
    "MethodDef",
)
_EVENT_TYPES: Final = frozenset(("Scheduled", "Unscheduled", "Common"))
#: a few definitions that refer to each other could stand for millions
_MOST_FORMS: Final = 2_000
_UNPLACED: Final = "SE.UNPLACED"


class Reading(Elements):
    """One study and one version of a file.  `ours`: written by this program, so that nothing is trimmed.

    `lines`: our OID → line of the file.
    """

    def __init__(self, path: Path, report: Report, study: Any, version: Any) -> None:
        super().__init__(path, report)
        self.lines: dict[str, int] = {}
        self._study, self._version = study, version
        self._found: dict[str, dict[str, Any]] = {kind: {} for kind in _DEFS}
        self._index()
        protocol = version.find(f"{NS}Protocol")
        self._protocol = protocol
        rest, self._alias = self.aliases(protocol) if protocol is not None else (None, [])
        self.ours = rest is not None
        self._rest: JsonObject = rest or {}
        self._tags = self._rest.get("languages", ("en", "zh")) if self.ours else _languages(study)
        self.languages = Languages.of(self._tags)
        self._new = NewOids()
        self._lists: dict[str, str | None] = {}
        self._items = ItemReading(self, self._found["ItemDef"], self._lists)
        self._rules = RuleReading()
        self._groups: dict[str, tuple[JsonObject, list[Any]]] = {}
        self._uses = 0
        if len(self._found["FormDef"]) > _MOST_FORMS:
            raise too_much(path.name)

    def study(self) -> tuple[JsonObject, JsonObject]:
        """The fields of the study that elements say, and those left over in our Alias."""
        fields = self._global_variables()
        self._items.units = self._units()
        self._read_rules()
        fields["code_list"] = self._code_lists()
        forms = {written: self._form(element) for written, element in self._found["FormDef"].items()}
        fields["event"] = self._events(forms)
        fields["form"] = list(forms.values()) if self.ours else _by_visits(fields["event"], forms.values())
        self._leftover()
        if self._alias:
            fields["alias"] = self._alias
        if not self.ours:
            fields["languages"] = list(self._tags)
            self._say_languages()
        if self.kept:
            fields["foreign"] = sorted(self.kept, key=lambda one: (one["at"], one["kind"], one["name"]))
        return fields, self._rest

    # --- study -------------------------------------------------------------------------------------------

    def _index(self) -> None:
        tables = {f"{NS}{kind}": table for kind, table in self._found.items()}
        for child in self._version:
            table = tables.get(child.tag)
            if table is not None:
                oid = self.need(child, "OID")
                if oid in table:
                    raise broken(self.path, child, "This OID stands twice.", "此 OID 重复。")
                table[oid] = child
            elif child.tag != f"{NS}Protocol":
                self.keep_element(child, ("MetaDataVersion", ""))
        for child in self._study:
            if local(child) not in ("GlobalVariables", "BasicDefinitions", "MetaDataVersion"):
                self.keep_element(child, ("Study", ""))
        self.other_attributes(self._study, ("Study", ""), ("OID",))

    def _global_variables(self) -> JsonObject:
        oid, version = self.need(self._study, "OID"), self.need(self._version, "OID")
        holder = self._study.find(f"{NS}GlobalVariables")
        words = {local(child): child.text or "" for child in holder} if holder is not None else {}
        for child in holder if holder is not None else ():
            if local(child) not in ("StudyName", "StudyDescription", "ProtocolName"):
                self.keep_element(child, ("GlobalVariables", ""))
        if not self.ours:
            words = {key: text.strip() for key, text in words.items()}
        name = words.get("StudyName") or oid
        title = words.get("StudyDescription", "") if self.ours else words.get("StudyDescription") or name
        fields: JsonObject = {
            "oid": oid,
            "name": {"en": name, "zh": name},
            "title": {"en": title, "zh": title},
            "version": version,
        }
        if words.get("ProtocolName"):
            fields["protocol"] = words["ProtocolName"]
        own = self._rest.get("oid") or (oid if self.ours else _study_oid(oid))
        fields["oid"] = own
        if own != oid:
            fields["odm_oid"] = oid
            if not self.ours:
                self._renamed("Study", oid, own)
        self._version_attributes(version)
        return fields

    def _version_attributes(self, version: str) -> None:
        at = ("MetaDataVersion", "")
        known = ("OID", "Name") if self._version.get("Name") == version else ("OID",)
        self.other_attributes(self._version, at, known)
        for child in self._protocol if self._protocol is not None else ():
            if local(child) not in ("StudyEventRef", "Alias"):
                self.keep_element(child, ("Protocol", ""))

    def _units(self) -> dict[str, str]:
        holder = self._study.find(f"{NS}BasicDefinitions")
        elements = [] if holder is None else holder.findall(f"{NS}{odm1_units.KIND}")
        names = odm1_units.names_of(elements)
        for one in elements:
            oid = self.need(one, "OID")
            if not odm1_units.is_plain(one, names[oid]):
                self.keep_element(one, odm1_units.AT, quiet=True)
        for child in holder if holder is not None else ():
            if local(child) != odm1_units.KIND:
                self.keep_element(child, odm1_units.AT)
        return names

    def _read_rules(self) -> None:
        for kind, words in (("ConditionDef", "message"), ("MethodDef", "description")):
            for oid, element in self._found[kind].items():
                rest, others = self.aliases(element)
                if self._rules.read(element, rest, self.languages, words):
                    for one in element.findall(f"{NS}Alias") if others else ():
                        if {"context": one.get("Context"), "name": one.get("Name")} in others:
                            self.keep_element(one, (kind, oid))
                else:
                    self.keep_element(element, ("MetaDataVersion", ""))

    # --- visits ------------------------------------------------------------------------------------------

    def _events(self, forms: Mapping[str, JsonObject]) -> list[JsonObject]:
        found = self._found["StudyEventDef"]
        refs = (
            ordered(self, self._protocol.findall(f"{NS}StudyEventRef")) if self._protocol is not None else []
        )
        order = []
        for ref in refs:
            oid = self.refers(ref, "StudyEventOID", found)
            self.mandatory(ref, ("Protocol", ""), "StudyEventRef", oid)
            self.other_attributes(ref, place_of("Protocol", "", "StudyEventRef", oid),
                                  ("StudyEventOID", "OrderNumber", "Mandatory"))  # fmt: skip
            order.append(oid)
        order += (oid for oid in found if oid not in set(order))
        events = [
            self._event(found[oid], number, forms) for number, oid in enumerate(dict.fromkeys(order), 1)
        ]
        asked = {ref.get("form") for event in events for ref in event["forms"]}
        unplaced = [form["oid"] for form in forms.values() if form["oid"] not in asked]
        if unplaced and not self.ours:
            events.append(self._for_unplaced(unplaced, len(events) + 1))
        return events

    def _for_unplaced(self, forms: list[str], number: int) -> JsonObject:
        en, zh = "Forms without a visit", "未指定访视的表单"
        names = ", ".join(forms)
        self.report.say("added", f"A visit “{en}” for {names}, which no visit of the file asks for.",
                        f"访视“{zh}”，用于文件中没有访视的表单 {names}。")  # fmt: skip
        oid = _UNPLACED if self._new.claim(_UNPLACED) else self._new.made(_UNPLACED, "event")
        return {
            "oid": oid,
            "name": {"en": en, "zh": zh},
            "short_name": "–",
            "type": "Common",
            "number": str(number),
            "forms": [{"form": form} for form in forms],
        }

    def _event(self, element: Any, number: int, forms: Mapping[str, JsonObject]) -> JsonObject:
        written = element.get("OID")
        at = ("StudyEventDef", written)
        rest, aliases = self.aliases(element)
        rest = rest or {}
        fields = self._named(element, at, "event", rest)
        fields["type"] = self.one_of(element, "Type", _EVENT_TYPES)
        if self.one_of(element, "Repeating", YES) == "Yes":
            fields["repeating"] = True
        listed = rest.pop("forms", None)
        if isinstance(listed, list):
            fields["forms"] = listed
        else:
            fields["forms"] = self._form_refs(element, at, forms, listed or {})
        if not self.ours:
            fields |= {"number": str(number), "short_name": str(fields["name"]["en"])[:12].strip()}
        self._others(element, at, ("FormRef",), ("OID", "Name", "Type", "Repeating"))
        return joined(fields | ({"alias": aliases} if aliases else {}), rest)

    def _form_refs(
        self, element: Any, at: tuple[str, str], forms: Mapping[str, JsonObject], rests: Mapping[str, Any]
    ) -> list[JsonObject]:
        found: dict[str, JsonObject] = {}
        for ref in ordered(self, element.findall(f"{NS}FormRef")):
            written = self.refers(ref, "FormOID", forms)
            if written in found:
                raise broken(self.path, ref, "This form stands twice in the visit.", "此表单在访视中重复。")
            fields: JsonObject = {"form": forms[written]["oid"]}
            if self.one_of(ref, "Mandatory", YES) == "No":
                fields["mandatory"] = False
            _, not_run, unknown = self._rules.of_ref(ref)
            if not_run:
                fields["not_run"] = not_run
            self._say_not_run(not_run, ref)
            here = place_of(*at, "FormRef", written)
            self.other_attributes(ref, here, (*_known(unknown), "FormOID"))
            found[written] = joined(fields, rests.get(written, {}))
        return list(found.values())

    # --- forms and groups --------------------------------------------------------------------------------

    def _form(self, element: Any) -> JsonObject:
        written = element.get("OID")
        at = ("FormDef", written)
        rest, aliases = self.aliases(element)
        rest = rest or {}
        uses = rest.pop("uses", {})
        fields = self._named(element, at, "form", rest)
        if self.one_of(element, "Repeating", YES) == "Yes":
            self.keep_attribute("FormDef", at, "Repeating", "Yes", element)
            self.report.say("changed", f"The form {fields['oid']} repeats in a visit; here it is asked once.",
                            f"表单 {fields['oid']} 在访视内可重复；此处只填写一次。",
                            self.where(element))  # fmt: skip
        fields["item_group"] = self._group_refs(element, at, fields["oid"], uses)
        for key, table in (("condition", self._rules.conditions), ("method", self._rules.methods)):
            if written in table:
                fields[key] = table[written]
        self._others(element, at, ("ItemGroupRef",), ("OID", "Name", "Repeating"))
        return joined(fields | ({"alias": aliases} if aliases else {}), rest)

    def _group_refs(
        self, element: Any, at: tuple[str, str], form: str, uses: Mapping[str, Any]
    ) -> list[JsonObject]:
        found: dict[str, JsonObject] = {}
        for ref in ordered(self, element.findall(f"{NS}ItemGroupRef")):
            written = self.refers(ref, "ItemGroupOID", self._found["ItemGroupDef"])
            if written in found:
                raise broken(self.path, ref, "This group stands twice in the form.", "此组在表单中重复。")
            self.mandatory(ref, at, "ItemGroupRef", written)
            fields, not_run, unknown = self._rules.of_ref(ref)
            if not_run:
                fields["not_run"] = not_run
            self._say_not_run(not_run, ref)
            here = place_of(*at, "ItemGroupRef", written)
            self.other_attributes(ref, here, (*_known(unknown), "ItemGroupOID", "Mandatory"))
            found[written] = self._group(written, fields, form, uses.get(written, {}))
        return list(found.values())

    def _group(self, written: str, fields: JsonObject, form: str, use: Mapping[str, Any]) -> JsonObject:
        """One use of a group: its own OIDs, and what was left over for this use."""
        element = self._found["ItemGroupDef"][written]
        if written not in self._groups:
            self._groups[written] = self._group_def(element, written)
        definition, refs = self._groups[written]
        own = dict(use)
        items = own.pop("items", {})
        made = definition | fields
        self._identify(made, element, written, "group", own.get("oid"), form)
        made["item"] = [
            self._item(item, ref, checks, made["oid"], form, items.get(item, {}))
            for item, ref, checks in self._item_refs(written, refs)
        ]
        return joined(made, own)

    def _group_def(self, element: Any, written: str) -> tuple[JsonObject, list[Any]]:
        at = ("ItemGroupDef", written)
        rest, aliases = self.aliases(element)
        rest = rest or {}
        fields: JsonObject = {"name": self.name(element, at, rest)}
        if self.one_of(element, "Repeating", YES) == "Yes" and rest.get("rows") is None:
            fields["repeating"] = True
        self._others(element, at, ("ItemRef",), ("OID", "Name", "Repeating"))
        if aliases:
            fields["alias"] = aliases
        return joined(fields, rest), ordered(self, element.findall(f"{NS}ItemRef"))

    def _item_refs(self, group: str, refs: Iterable[Any]) -> Iterable[tuple[str, Any, JsonObject]]:
        seen = set()
        for ref in refs:
            written = self.refers(ref, "ItemOID", self._found["ItemDef"])
            if written in seen:
                raise broken(self.path, ref, "This item stands twice in the group.", "此条目在组中重复。")
            seen.add(written)
            yield written, ref, self._item_ref(group, written, ref)

    def _item_ref(self, group: str, written: str, ref: Any) -> JsonObject:
        """What the reference says; its other attributes are kept once, though the group may be used often."""
        fields, not_run, unknown = self._rules.of_ref(ref)
        if self.one_of(ref, "Mandatory", YES) == "Yes":
            fields["mandatory"] = True
        if not_run:
            fields["not_run"] = not_run
        here = place_of("ItemGroupDef", group, "ItemRef", written)
        if here not in self.seen_refs:
            self.seen_refs.add(here)
            self._say_not_run(not_run, ref)
            self.other_attributes(ref, here, (*_known(unknown), "ItemOID"))
        return fields

    def _item(
        self, written: str, ref: Any, said: JsonObject, group: str, form: str, use: Mapping[str, Any]
    ) -> JsonObject:
        definition = self._items.of(written)
        self._uses += 1
        if self._uses > MAX_ITEMS:
            raise too_much(self.path.name)
        made = definition | said
        not_run = [*said.get("not_run", ()), *definition.get("not_run", ())]
        if not_run:
            made["not_run"] = not_run
        element = self._found["ItemDef"][written]
        self._identify(made, element, written, "item", use.get("oid"), form)
        return joined(made, dict(use))

    # --- code lists --------------------------------------------------------------------------------------

    def _code_lists(self) -> list[JsonObject]:
        made = []
        for written, element in self._found["CodeList"].items():
            fields = self._code_list(written, element)
            self._lists[written] = None if fields is None else fields["oid"]
            if fields is not None:
                made.append(fields)
        return made

    def _code_list(self, written: str, element: Any) -> JsonObject | None:
        """The list; None for one whose codes lie elsewhere or cannot be ours: it is kept as it is."""
        at = ("CodeList", written)
        coded = [one for one in element if one.tag in (f"{NS}CodeListItem", f"{NS}EnumeratedItem")]
        codes = [self.need(one, "CodedValue") for one in coded]
        if len(set(codes)) < len(codes):
            raise broken(self.path, element, "A code stands twice.", "代码重复。")
        unfit = not self.ours and any(";" in code or not code.strip() for code in codes)
        if not codes or unfit:
            self.keep_element(element, ("MetaDataVersion", ""))
            return None
        rest, aliases = self.aliases(element)
        rest = rest or {}
        fields = self._named(element, at, "list", rest)
        if element.get("DataType") not in ("text", "integer", "float", "string"):
            raise broken(
                self.path, element, "DataType is none of ODM's for lists.", "DataType 不是代码表的类型。"
            )
        if element.get("DataType") != "text":
            self.keep_attribute("CodeList", at, "DataType", element.get("DataType"), element)
        in_order = coded if self.ours else ordered(self, coded)
        fields["items"] = [self._coded(one, at) for one in in_order]
        self._others(element, at, ("CodeListItem", "EnumeratedItem"), ("OID", "Name", "DataType"))
        return joined(fields | ({"alias": aliases} if aliases else {}), rest)

    def _coded(self, element: Any, at: tuple[str, str]) -> JsonObject:
        code = element.get("CodedValue")
        if local(element) == "EnumeratedItem":
            self.keep_element(element, at, quiet=True)
            return {"coded_value": code, "decode": {"en": code, "zh": code}}
        here = place_of(*at, "CodeListItem", code)
        decode = element.find(f"{NS}Decode")
        if decode is None:
            raise broken(self.path, element, "The code has no Decode.", "代码没有 Decode。")
        rest, others = self.aliases(element)
        for child in element:
            name = local(child)
            if (name == "Alias" and others and not self.is_ours(child)) or name not in ("Decode", "Alias"):
                self.keep_element(child, here)
        self.other_attributes(element, here, ("CodedValue",))
        words = self.words(decode, place_of(*here, "Decode", 0)) or {"en": code, "zh": code}
        return joined({"coded_value": code, "decode": words}, rest or {})

    # --- pieces ------------------------------------------------------------------------------------------

    def _named(self, element: Any, at: tuple[str, str], kind: Kind, rest: JsonObject) -> JsonObject:
        fields: JsonObject = {"name": self.name(element, at, rest)}
        self._identify(fields, element, element.get("OID"), kind, rest.get("oid"))
        return fields

    def _identify(
        self, fields: JsonObject, element: Any, written: str, kind: Kind, own: object, form: str = ""
    ) -> None:
        """Our OID, and the file's where it is another."""
        if isinstance(own, str) and self._new.claim(own):
            oid = own
        elif (self.ours and self._new.claim(written)) or self._new.keep(written, kind):
            oid = written
        else:
            oid = self._new.made(written, kind, form)
        fields["oid"] = oid
        self.lines.setdefault(oid, element.sourceline)
        if oid != written and "odm_oid" not in fields:
            fields["odm_oid"] = written
            if not self.ours:
                self._renamed(local(element), written, oid)

    def _renamed(self, kind: str, written: str, oid: str) -> None:
        self.report.say("changed", f"{kind} {written} is called {oid} here.",
                        f"{kind} {written} 在此处名为 {oid}。")  # fmt: skip

    def _others(
        self, element: Any, at: tuple[str, str], read: tuple[str, ...], known: tuple[str, ...]
    ) -> None:
        """Keeps what an element holds beside its name, its aliases and what has been read."""
        tags = {f"{NS}{name}" for name in (*read, "Description", "Alias")}
        for child in element:
            if child.tag not in tags:
                self.keep_element(child, at)
        self.other_attributes(element, at, known)

    def _say_not_run(self, rules: Iterable[JsonObject], element: Any) -> None:
        for rule in rules:
            self.say_not_run(rule, element)

    def _leftover(self) -> None:
        """Groups and items that no form uses: kept as they are."""
        for kind, used in (("ItemGroupDef", self._groups), ("ItemDef", self._items.read)):
            for oid, element in self._found[kind].items():
                if oid not in used:
                    self.keep_element(element, ("MetaDataVersion", ""))

    def _say_languages(self) -> None:
        if self.languages.zh is None:
            self.report.say("added", "The file has no Chinese words: its own stand in both languages.",
                            "文件没有中文文本：两种语言均显示原文。")  # fmt: skip
        if self.languages.en is None:
            self.report.say("added", "The file has no English words: its own stand in both languages.",
                            "文件没有英文文本：两种语言均显示原文。")  # fmt: skip


def _known(unknown: Iterable[str]) -> tuple[str, ...]:
    return tuple(REF - set(unknown))


def _study_oid(written: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", written).strip("-")[:40] or "STUDY"


def _languages(study: Any) -> tuple[str, ...]:
    """The language tags of a file's texts, and those of texts that have none by the look of their words."""
    found: dict[str, None] = {}
    guessed: dict[str, None] = {}
    for text in study.iter(f"{NS}TranslatedText"):
        tag = text.get(XML_LANG)
        if tag:
            found[tag] = None
        else:
            guessed[Languages.guessed("".join(text.itertext()))] = None
    known = Languages.of(found)
    missing = (tag for tag in guessed if (known.en if tag == "en" else known.zh) is None)
    return (*found, *missing) or ("en",)


def _by_visits(events: Iterable[JsonObject], forms: Iterable[JsonObject]) -> list[JsonObject]:
    """The forms in the order of the casebook, as `load` puts them."""
    by_oid = {form["oid"]: form for form in forms}
    order: list[str] = []
    placed: set[str] = set()
    for event in events:
        oids = [ref["form"] for ref in event["forms"]]
        for number, oid in enumerate(oids):
            if oid not in placed:
                known = (order.index(later) for later in oids[number:] if later in placed)
                order.insert(next(known, len(order)), oid)
                placed.add(oid)
    return [by_oid[oid] for oid in order if oid in by_oid]
