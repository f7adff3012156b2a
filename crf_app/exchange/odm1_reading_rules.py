"""ConditionDef and MethodDef of ODM 1.3: ours, which run, and those of other languages, which do not.

Ours carry our Alias, which says the form they belong to, or that they are the exception of a `collect_when`.
Whatever else a file brings is kept as it is; what refers to it gets a `NotRun`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from crf_app.exchange.odm1_element import REF
from crf_app.exchange.odm1_xml import NS
from crf_app.exchange.odm_parts import CEL, Languages, collect_when_of, not_run_exception, pairs_of, read_text
from crf_app.exchange.rest import joined
from crf_app.model.definition import JsonObject

EXCEPTION: Final = "CollectionExceptionConditionOID"
METHOD: Final = "MethodOID"


@dataclass(slots=True)
class RuleReading:
    """`conditions`, `methods`: OID of the form in the file → plain data, in the order of the file.

    `skip`: OID → `collect_when`; `silent`: conditions and methods made only to be seen by other systems;
    `foreign`: OID → (language, expression, message) of a rule that is not run.
    """

    conditions: dict[str, list[JsonObject]] = field(default_factory=dict)
    methods: dict[str, list[JsonObject]] = field(default_factory=dict)
    skip: dict[str, str] = field(default_factory=dict)
    own_methods: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    foreign: dict[str, tuple[str, str, JsonObject | None]] = field(default_factory=dict)

    def read(self, element: Any, rest: JsonObject | None, languages: Languages, words: str) -> bool:
        """Takes a ConditionDef or MethodDef in; whether it is one of ours.

        `words`: what its Description is here, "message" or "description".
        """
        oid = element.get("OID")
        expressions = element.findall(f"{NS}FormalExpression")
        context = expressions[0].get("Context", "") if expressions else ""
        description = element.find(f"{NS}Description")
        text = (
            read_text(pairs_of(description, rest is not None), languages) if description is not None else None
        )
        expression = (expressions[0].text or "") if expressions else ""
        if rest is not None and rest.get("not_run") is True:
            self.silent.add(oid)
        elif rest is None or context != CEL:
            self.foreign[oid] = (context, expression, text)
            return False
        elif "form" not in rest:
            self.skip[oid] = collect_when_of(expression)
        else:
            made = {"oid": oid, "expression": expression} | ({words: text} if text is not None else {})
            form = str(rest.pop("form"))
            table = self.conditions if words == "message" else self.methods
            table.setdefault(form, []).append(joined(made, rest))
            self.own_methods.add(oid)
        return True

    def of_ref(self, ref: Any) -> tuple[JsonObject, list[JsonObject], list[str]]:
        """What a reference says by rules: its fields, the rules not run, and attributes that name nothing."""
        fields: JsonObject = {}
        not_run: list[JsonObject] = []
        unknown = []
        for name, use, ours in ((EXCEPTION, "collect_when", self.skip), (METHOD, "method", None)):
            oid = ref.get(name)
            if oid is None or oid in self.silent:
                continue
            if ours is not None and oid in ours:
                fields[use] = ours[oid]
            elif ours is None and oid in self.own_methods:
                fields[use] = oid
            elif oid in self.foreign:
                not_run.append(self._not_run(use, oid))
            else:
                unknown.append(name)
        return fields, not_run, unknown

    def _not_run(self, use: str, oid: str) -> JsonObject:
        context, expression, message = self.foreign[oid]
        made: JsonObject = {
            "use": use,
            "context": not_run_exception(context) if use == "collect_when" else context or "?",
            "expression": expression,
            "odm_oid": oid,
        }
        if message is not None:
            made["message"] = message
        return made


def unrun_check(check: Any, languages: Languages, item: str) -> JsonObject:
    """The NotRun of a RangeCheck that is an expression, or compares otherwise than the program does."""
    expressions = check.findall(f"{NS}FormalExpression")
    if expressions:
        context, expression = expressions[0].get("Context", "") or "?", expressions[0].text or ""
    else:
        values = ", ".join(one.text or "" for one in check.findall(f"{NS}CheckValue"))
        context, expression = "ODM", f"{check.get('Comparator', '')} {values}".strip()
    made: JsonObject = {"use": "check", "context": context, "expression": expression, "odm_oid": item}
    message = check.find(f"{NS}ErrorMessage")
    text = read_text(pairs_of(message, verbatim=False), languages) if message is not None else None
    return made | ({"message": text} if text is not None else {})


def attributes_read(unknown: Iterable[str]) -> tuple[str, ...]:
    """The attributes of a reference that are read; `unknown`: those that name no rule (`of_ref`)."""
    return tuple(REF - set(unknown))
