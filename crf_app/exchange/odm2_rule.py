"""Rules in ODM 2.0: ConditionDef and MethodDef, whose expression stands in a FormalExpression.

Ours are in CEL.  `CollectionExceptionConditionOID` names a condition that is true when something is *not*
asked: ours stands in `!(…)`.  What a file from elsewhere says in its own language is kept as `NotRun`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from crf_app.exchange.odm2_known import Known
from crf_app.exchange.odm2_rest import FORM
from crf_app.exchange.odm2_writing import Writing, difference, write_aliases
from crf_app.exchange.odm2_xml import NS, child, new, same_words, sub, write_text, xml_text
from crf_app.exchange.odm_parts import CEL, collect_when_of, exception_of, not_run_exception
from crf_app.model.definition import JsonObject

_EXCEPTION: Final = not_run_exception("").removeprefix("?")
#: the condition under which what an amendment retired is not collected
_ALWAYS: Final = "true"
_RETIRED: Final = {"en": "No longer collected", "zh": "不再采集"}


def write_asked(
    out: Writing, reference: Any, definition: Mapping[str, Any], oid: str, mandatory: bool
) -> None:
    """Whether something is mandatory and when it is not collected, on its reference."""
    retired = definition.get("until") is not None
    reference.set("Mandatory", "Yes" if mandatory and not retired else "No")
    asked = definition.get("collect_when")
    foreign = next((one for one in definition.get("not_run", ()) if one["use"] == "collect_when"), None)
    if retired:
        found = _condition(out, "COND.RETIRED", _RETIRED, _ALWAYS)
    elif asked is not None:
        words = {"en": f"Not asked unless: {asked}", "zh": f"仅在以下条件下填写：{asked}"}
        found = _condition(out, f"COND.{oid}", words, exception_of(asked))
    elif foreign is not None:
        found = write_not_run(out, "ConditionDef", foreign, f"COND.{oid}")
    else:
        return
    reference.set("CollectionExceptionConditionOID", found)


def read_asked(known: Known, reference: Any) -> JsonObject:
    """`mandatory`, `collect_when` and `not_run` of a reference."""
    found: JsonObject = {"mandatory": True} if reference.get("Mandatory") == "Yes" else {}
    rule = known.rules.get(reference.get("CollectionExceptionConditionOID"))
    if rule is None:
        return found
    context, code = expression_of(rule)
    if not known.ours or context != CEL:
        return found | {"not_run": [read_not_run(known, rule, "collect_when")]}
    return found if code == _ALWAYS else found | {"collect_when": collect_when_of(code)}


def write_not_run(out: Writing, kind: str, rule: Mapping[str, Any], own: str) -> str:
    """A rule of another language as it stood, as far as ODM holds it; the OID under which it is written."""

    def make(oid: str) -> Any:
        element = _rule(out, kind, oid, rule.get("message") or same_words(oid))
        context = rule["context"].removesuffix(_EXCEPTION).replace("?", "")
        if rule["expression"]:
            _expression(element, context, rule["expression"])
        return element

    return out.once(kind, rule.get("odm_oid") or own, own, make)


def read_not_run(known: Known, rule: Any, use: str) -> JsonObject:
    """A rule as it stands; that of `collect_when` is true when something is *not* collected."""
    context, code = expression_of(rule)
    context = not_run_exception(context) if use == "collect_when" else context
    found: JsonObject = {"use": use, "context": context, "expression": code, "odm_oid": rule.get("OID")}
    message = known.words(rule, "Description")
    return found | ({"message": message} if message and message != same_words(rule.get("OID")) else {})


def write_method(out: Writing, method: Mapping[str, Any], form: str) -> None:
    """A derivation of ours; `form`: the OID of the form it belongs to."""

    def make(oid: str) -> Any:
        element = _rule(out, "MethodDef", oid, method.get("description") or same_words(oid))
        element.set("Type", "Computation")
        _expression(element, CEL, method["expression"])
        write_aliases(element, {}, difference(read_method(out.known, element), method) | {FORM: form})
        return element

    out.once("MethodDef", method["oid"], method["oid"], make)


def read_method(known: Known, element: Any) -> JsonObject:
    """What the element says natively of a MethodDef of ours."""
    found = {"oid": element.get("OID"), "expression": expression_of(element)[1]}
    words = known.words(element, "Description")
    return found if words == same_words(element.get("OID")) else found | {"description": words}


def write_condition(out: Writing, condition: Mapping[str, Any], form: str) -> None:
    """An edit check of ours; `form`: the OID of the form it belongs to."""

    def make(oid: str) -> Any:
        element = _rule(out, "ConditionDef", oid, condition["message"])
        _expression(element, CEL, condition["expression"])
        write_aliases(element, {}, difference(read_condition(out.known, element), condition) | {FORM: form})
        return element

    out.once("ConditionDef", condition["oid"], condition["oid"], make)


def read_condition(known: Known, element: Any) -> JsonObject:
    """What the element says natively of an edit check of ours."""
    words = known.words(element, "Description")
    return {"oid": element.get("OID"), "expression": expression_of(element)[1], "message": words}


def expression_of(element: Any) -> tuple[str, str]:
    """(language, expression) of the first FormalExpression; empty where there is none."""
    formal = child(element, NS + "FormalExpression")
    if formal is None:
        return "", ""
    code = child(formal, NS + "Code")
    return formal.get("Context", ""), "" if code is None else code.text or ""


def _condition(out: Writing, own: str, words: Mapping[str, Any], code: str) -> str:
    """Our condition for a reference."""

    def make(oid: str) -> Any:
        element = _rule(out, "ConditionDef", oid, words)
        _expression(element, CEL, code)
        return element

    return out.once("ConditionDef", own, own, make)


def _rule(out: Writing, kind: str, oid: str, words: Mapping[str, Any]) -> Any:
    element = new(kind, OID=oid, Name=oid)
    write_text(element, "Description", words, out.languages)
    sub(element, "MethodSignature")
    return element


def _expression(element: Any, context: str, code: str) -> None:
    formal = sub(element, "FormalExpression", Context=context)
    sub(formal, "Code").text = xml_text(code)
