"""A study as elements of ODM 1.3.2: the study itself and its parts together.

Every writer takes out of the plain data what it says in elements and attributes; what is left over goes into
our Alias of that element.  Visits, forms, items, code lists and rules are written in `odm1_writing_*.py`, one
file a kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crf_app.exchange.odm1_units import UnitWriting
from crf_app.exchange.odm1_writing_forms import FormWriting
from crf_app.exchange.odm1_writing_items import ItemWriting
from crf_app.exchange.odm1_writing_lists import ListWriting
from crf_app.exchange.odm1_writing_pieces import Pieces
from crf_app.exchange.odm1_writing_rules import RuleWriting
from crf_app.exchange.odm1_writing_visits import VisitWriting
from crf_app.exchange.odm1_xml import add
from crf_app.model.definition import JsonObject, Study


class Writing:
    """The elements of one study."""

    def __init__(self, study: Study) -> None:
        self._pieces = Pieces(study)
        self._rules = RuleWriting(study, self._pieces)
        self._units = UnitWriting(study.foreign)
        self._items = ItemWriting(self._pieces, self._rules, self._units)
        self._forms = FormWriting(self._pieces, self._rules, self._items)
        self._lists = ListWriting(study, self._pieces)
        self._visits = VisitWriting(self._pieces, self._rules)

    def study_oid(self, left: JsonObject) -> str:
        """The study's OID in the file."""
        return self._pieces.own_oid(left, left.get("odm_oid") or left["oid"])

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
        self._units.write(parent)

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
            oid = self._pieces.oids.written[event["oid"]]
            add(made, "StudyEventRef",
                {"StudyEventOID": oid, "OrderNumber": str(number), "Mandatory": "Yes"})  # fmt: skip
        left.pop("foreign", None)  # given back where it stood
        self._pieces.aliases(made, left, extra, always=True)

    def event(self, parent: Any, left: JsonObject) -> None:
        """A StudyEventDef, added to `parent`."""
        self._visits.event(parent, left)

    def parts(self, forms: Sequence[JsonObject], lists: Sequence[JsonObject]) -> tuple[list[Any], ...]:
        """FormDef, ItemGroupDef, ItemDef, CodeList, ConditionDef and MethodDef elements, in this order."""
        made = [self._forms.form(form) for form in forms]
        code_lists = [self._lists.code_list(one) for one in lists]
        groups, items = list(self._forms.groups.values()), list(self._items.made.values())
        rules = list(self._rules.conditions.values()), list(self._rules.methods.values())
        return (made, groups, items, code_lists, *rules)
