"""Rules of a study as ConditionDef and MethodDef of ODM 1.3.2, and what a reference says of them.

ODM's condition at a reference says when something is *not* collected, so ours stands there in `!(…)`.  What
an imported file says in its own language is named as it stood there.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from crf_app.exchange.odm1_writing_pieces import Pieces
from crf_app.exchange.odm1_xml import NS, add, element
from crf_app.exchange.odm_parts import CEL, collect_when_of, element_of, exception_of, write_text
from crf_app.exchange.rest import CONTEXT, alias_of
from crf_app.model.definition import JsonObject, Study


class RuleWriting:
    """`conditions`, `methods`: OID → element, in the order of writing."""

    def __init__(self, study: Study, pieces: Pieces) -> None:
        self._pieces = pieces
        self._kept = {
            (one.name.removeprefix(NS), _oid_in(one.xml))
            for one in study.foreign
            if one.odm == "1.3.2" and one.at[0] == "MetaDataVersion" and one.kind == "element"
        }
        self.conditions: dict[str, Any] = {}
        self.methods: dict[str, Any] = {}

    def condition(self, left: JsonObject, form: str) -> None:
        oid = left.pop("oid")
        made = self.conditions[oid] = element("ConditionDef", {"OID": oid, "Name": left.get("check") or oid})
        self._pieces.texts(made, "Description", left, "message", oid)
        add(made, "FormalExpression", {"Context": CEL}, left.pop("expression"))
        self._pieces.aliases(made, left, {"form": form}, always=True)

    def method(self, left: JsonObject, form: str) -> None:
        oid = left.pop("oid")
        made = self.methods[oid] = element("MethodDef", {"OID": oid, "Name": oid, "Type": "Computation"})
        if left.get("description") is None:
            self._pieces.pairs(add(made, "Description", {}), [(self._pieces.languages.main, oid)])
            left["description"] = None
        else:
            self._pieces.texts(made, "Description", left, "description", oid)
        add(made, "FormalExpression", {"Context": CEL}, left.pop("expression"))
        self._pieces.aliases(made, left, {"form": form}, always=True)

    def exception(self, here: JsonObject | None, not_run: Sequence[JsonObject]) -> dict[str, str]:
        """CollectionExceptionConditionOID for `collect_when`, or for a condition of another language."""
        rule = (here or {}).get("collect_when")
        if here is None or rule is None:
            return self.not_run_ref(
                "CollectionExceptionConditionOID", "collect_when", "ConditionDef", not_run
            )
        exception = exception_of(rule)
        oid = f"SKIP.{sha256(rule.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
        if oid not in self.conditions:
            made = self.conditions[oid] = element("ConditionDef", {"OID": oid, "Name": oid})
            words = [("en", f"Not asked unless: {rule}"), ("zh", f"仅在满足以下条件时填写：{rule}")]
            tags = {"en": self._pieces.languages.en, "zh": self._pieces.languages.zh}
            said = [(tags[language] or "", text) for language, text in words if tags[language]]
            self._pieces.pairs(add(made, "Description", {}), said or words[:1])
            add(made, "FormalExpression", {"Context": CEL}, exception)
            self._pieces.aliases(made, {}, {}, always=True)
        if collect_when_of(exception) == rule:
            del here["collect_when"]
        return {"CollectionExceptionConditionOID": oid}

    def not_run_ref(self, name: str, use: str, kind: str, not_run: Sequence[JsonObject]) -> dict[str, str]:
        """The reference to a rule that is not run: kept from its file, or made from the text we have."""
        rule = next((one for one in not_run if one["use"] == use), None)
        if rule is None:
            return {}
        oid = rule.get("odm_oid")
        if oid is not None:
            return {name: oid} if (kind, oid) in self._kept else {}
        text = f"{rule['context']}\n{rule['expression']}".encode("utf-8", "surrogatepass")
        oid = f"{use.split('_')[0].upper()}.{sha256(text).hexdigest()[:16]}"
        table = self.conditions if kind == "ConditionDef" else self.methods
        if oid not in table:
            made = table[oid] = element(kind, {"OID": oid, "Name": oid})
            said, _ = write_text(rule.get("message"), self._pieces.languages)
            words = (
                f"Collected when ({rule['context']}): {rule['expression']}" if use == "collect_when" else oid
            )
            self._pieces.pairs(add(made, "Description", {}), said or [(self._pieces.languages.main, words)])
            if (
                use != "collect_when"
            ):  # what is collected cannot be said as an exception in another's language
                add(made, "FormalExpression", {"Context": rule["context"]}, rule["expression"])
            add(made, "Alias", {"Context": CONTEXT, "Name": alias_of({"not_run": True})})
        return {name: oid}


def _oid_in(xml: str) -> str:
    return str(element_of(xml).get("OID", ""))
