"""StudyEventDef of ODM 1.3.2 from the plain data of a visit, with the forms that it asks for."""

from __future__ import annotations

from typing import Any

from crf_app.exchange.odm1_writing_pieces import Pieces, yes
from crf_app.exchange.odm1_writing_rules import RuleWriting
from crf_app.exchange.odm1_xml import add
from crf_app.model.definition import JsonObject


class VisitWriting:
    """The visits of one study."""

    def __init__(self, pieces: Pieces, rules: RuleWriting) -> None:
        self._pieces, self._rules = pieces, rules

    def event(self, parent: Any, left: JsonObject) -> None:
        written = self._pieces.oids.written[left["oid"]]
        made = add(parent, "StudyEventDef", {"OID": self._pieces.own_oid(left, written)})
        self._pieces.named(made, left, written)
        made.set("Repeating", yes(left.get("repeating") is True))
        made.set("Type", left.pop("type"))
        if left.get("repeating") is True:
            del left["repeating"]
        self._form_refs(made, left)
        self._pieces.aliases(made, left)

    def _form_refs(self, made: Any, left: JsonObject) -> None:
        refs = left.pop("forms")
        seen: dict[str, JsonObject] = {}
        for ref in refs:
            written = self._pieces.oids.written.get(ref["form"], ref["form"])
            if written in seen:
                left["forms"] = refs  # a form asked twice is more than ODM says: all of them stay left
                continue
            mandatory = ref.get("mandatory", True)
            values = {
                "FormOID": written,
                "OrderNumber": str(len(seen) + 1),
                "Mandatory": yes(mandatory),
            }
            values |= self._rules.exception(None, ref.get("not_run", ()))
            add(made, "FormRef", values)
            said = {"form"} | ({"mandatory"} if mandatory is False else set())
            seen[written] = {key: value for key, value in ref.items() if key not in said}
        rest = {key: value for key, value in seen.items() if value}
        if "forms" not in left and rest:
            left["forms"] = rest
