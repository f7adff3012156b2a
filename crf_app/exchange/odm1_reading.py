"""The definition of an ODM 1.3 file as the plain data of a study: the study itself and its parts together.

Visits, forms, items, code lists and rules are read in `odm1_reading_*.py`, one file a kind; what all share
stands in `odm1_element.py`.  A definition that no visit leads to is kept.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from crf_app.exchange import odm1_units
from crf_app.exchange.odm1_reading_forms import FormReading
from crf_app.exchange.odm1_reading_items import ItemReading
from crf_app.exchange.odm1_reading_lists import ListReading
from crf_app.exchange.odm1_reading_names import Definitions
from crf_app.exchange.odm1_reading_rules import RuleReading
from crf_app.exchange.odm1_reading_visits import VisitReading, by_visits
from crf_app.exchange.odm1_xml import NS
from crf_app.exchange.odm_parts import Languages
from crf_app.exchange.report import Report
from crf_app.exchange.xml_in import XML_LANG, broken, local, too_much
from crf_app.model.definition import JsonObject

_DEFS: Final = (
    "StudyEventDef",
    "FormDef",
    "ItemGroupDef",
    "ItemDef",
    "CodeList",
    "ConditionDef",
    "MethodDef",
)
#: a few definitions that refer to each other could stand for millions
_MOST_FORMS: Final = 2_000


class Reading(Definitions):
    """One study and one version of a file.  `ours`: written by this program, so that nothing is trimmed."""

    def __init__(self, path: Path, report: Report, study: Any, version: Any) -> None:
        super().__init__(path, report)
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
        self._lists = ListReading(self, self._found["CodeList"])
        self._items = ItemReading(self, self._found["ItemDef"], self._lists.ours)
        self._rules = RuleReading()
        self._forms = FormReading(self, self._rules, self._items, self._found)
        self._visits = VisitReading(self, self._rules, self._found["StudyEventDef"], protocol)
        if len(self._found["FormDef"]) > _MOST_FORMS:
            raise too_much(path.name)

    def study(self) -> tuple[JsonObject, JsonObject]:
        """The fields of the study that elements say, and those left over in our Alias."""
        fields = self._global_variables()
        self._items.units = self._units()
        self._read_rules()
        fields["code_list"] = self._lists.all()
        forms = {written: self._forms.of(element) for written, element in self._found["FormDef"].items()}
        fields["event"] = self._visits.all(forms)
        fields["form"] = list(forms.values()) if self.ours else by_visits(fields["event"], forms.values())
        self._leftover()
        if self._alias:
            fields["alias"] = self._alias
        if not self.ours:
            fields["languages"] = list(self._tags)
            self._say_languages()
        if self.kept:
            fields["foreign"] = sorted(self.kept, key=lambda one: (one["at"], one["kind"], one["name"]))
        return fields, self._rest

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
                self.renamed("Study", oid, own)
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

    def _leftover(self) -> None:
        """Groups and items that no form uses: kept as they are."""
        for kind, used in (("ItemGroupDef", self._forms.used), ("ItemDef", self._items.read)):
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
