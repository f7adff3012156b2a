"""Visits of an ODM 1.3 file as the plain data of a study: StudyEventDef, their order, the forms they ask for.

A form without a visit gets one of its own, so that nothing of a file is out of reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from crf_app.exchange.odm1_element import YES, At, ordered
from crf_app.exchange.odm1_reading_names import Definitions
from crf_app.exchange.odm1_reading_rules import RuleReading, attributes_read
from crf_app.exchange.odm1_xml import NS, place_of
from crf_app.exchange.rest import joined
from crf_app.exchange.xml_in import broken
from crf_app.model.definition import JsonObject

_TYPES: Final = frozenset(("Scheduled", "Unscheduled", "Common"))
_UNPLACED: Final = "SE.UNPLACED"


class VisitReading:
    """`found`: OID → StudyEventDef.  `protocol`: the element that puts them in order, or None."""

    def __init__(
        self, file: Definitions, rules: RuleReading, found: Mapping[str, Any], protocol: Any
    ) -> None:
        self._file, self._rules, self._found, self._protocol = file, rules, found, protocol

    def all(self, forms: Mapping[str, JsonObject]) -> list[JsonObject]:
        """The visits in their order; `forms`: OID in the file → form."""
        found = self._found
        written = () if self._protocol is None else self._protocol.findall(f"{NS}StudyEventRef")
        order = []
        for ref in ordered(self._file, written):
            oid = self._file.refers(ref, "StudyEventOID", found)
            self._file.mandatory(ref, ("Protocol", ""), "StudyEventRef", oid)
            here = place_of("Protocol", "", "StudyEventRef", oid)
            self._file.other_attributes(ref, here, ("StudyEventOID", "OrderNumber", "Mandatory"))
            order.append(oid)
        order += (oid for oid in found if oid not in set(order))
        events = [
            self._event(found[oid], number, forms) for number, oid in enumerate(dict.fromkeys(order), 1)
        ]
        asked = {ref.get("form") for event in events for ref in event["forms"]}
        unplaced = [form["oid"] for form in forms.values() if form["oid"] not in asked]
        if unplaced and not self._file.ours:
            events.append(self._for_unplaced(unplaced, len(events) + 1))
        return events

    def _for_unplaced(self, forms: list[str], number: int) -> JsonObject:
        en, zh = "Forms without a visit", "未指定访视的表单"
        names = ", ".join(forms)
        self._file.report.say("added", f"A visit “{en}” for {names}, which no visit of the file asks for.",
                              f"访视“{zh}”，用于文件中没有访视的表单 {names}。")  # fmt: skip
        oid = _UNPLACED if self._file.new.claim(_UNPLACED) else self._file.new.made(_UNPLACED, "event")
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
        rest, aliases = self._file.aliases(element)
        rest = rest or {}
        fields = self._file.named(element, at, "event", rest)
        fields["type"] = self._file.one_of(element, "Type", _TYPES)
        if self._file.one_of(element, "Repeating", YES) == "Yes":
            fields["repeating"] = True
        listed = rest.pop("forms", None)
        if isinstance(listed, list):
            fields["forms"] = listed
        else:
            fields["forms"] = self._form_refs(element, at, forms, listed or {})
        if not self._file.ours:
            fields |= {"number": str(number), "short_name": str(fields["name"]["en"])[:12].strip()}
        self._file.others(element, at, ("FormRef",), ("OID", "Name", "Type", "Repeating"))
        return joined(fields | ({"alias": aliases} if aliases else {}), rest)

    def _form_refs(
        self, element: Any, at: At, forms: Mapping[str, JsonObject], rests: Mapping[str, Any]
    ) -> list[JsonObject]:
        found: dict[str, JsonObject] = {}
        for ref in ordered(self._file, element.findall(f"{NS}FormRef")):
            written = self._file.refers(ref, "FormOID", forms)
            if written in found:
                raise broken(
                    self._file.path, ref, "This form stands twice in the visit.", "此表单在访视中重复。"
                )
            fields: JsonObject = {"form": forms[written]["oid"]}
            if self._file.one_of(ref, "Mandatory", YES) == "No":
                fields["mandatory"] = False
            _, not_run, unknown = self._rules.of_ref(ref)
            if not_run:
                fields["not_run"] = not_run
            self._file.say_all_not_run(not_run, ref)
            here = place_of(*at, "FormRef", written)
            self._file.other_attributes(ref, here, (*attributes_read(unknown), "FormOID"))
            found[written] = joined(fields, rests.get(written, {}))
        return list(found.values())


def by_visits(events: Iterable[JsonObject], forms: Iterable[JsonObject]) -> list[JsonObject]:
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
