"""A small made-up study, and a way to fill and evaluate one form of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from crf_app.model.definition import Study
from crf_app.model.keys import Answer
from crf_app.rules.expression import Rules, compile_study
from crf_app.rules.form_state import Facts, FormState, evaluate


def words(text: str) -> dict[str, str]:
    return {"en": text, "zh": text}


def item(oid: str, data_type: str = "decimal", **more: Any) -> dict[str, Any]:
    return {"oid": oid, "question": words(oid), "data_type": data_type} | more


def group(oid: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"oid": oid, "name": words(oid), "item": list(items)} | more


def form(oid: str, *groups: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"oid": oid, "name": words(oid), "item_group": list(groups)} | more


def condition(
    oid: str, expression: str, item_oid: str, severity: str = "soft", **more: Any
) -> dict[str, Any]:
    message = more.pop("message", words(f"{oid} fired"))
    return {
        "oid": oid, "expression": expression, "severity": severity, "item": item_oid, "message": message,
    } | more  # fmt: skip


def method(oid: str, expression: str) -> dict[str, Any]:
    return {"oid": oid, "expression": expression}


def code_list(oid: str, *codes: str) -> dict[str, Any]:
    return {
        "oid": oid,
        "name": words(oid),
        "items": [
            {"coded_value": code, "decode": {"en": f"word {code}", "zh": f"词{code}"}} for code in codes
        ],
    }


def visit(oid: str, *forms: str, **more: Any) -> dict[str, Any]:
    return {
        "oid": oid, "name": words(oid), "short_name": oid, "type": "Scheduled", "number": "1",
        "forms": [{"form": one} for one in forms],
    } | more  # fmt: skip


def study(*forms: dict[str, Any], **more: Any) -> Study:
    """A study whose forms all stand in visit SE.V1."""
    event = visit("SE.V1", *(one["oid"] for one in forms), day=1)
    base = {
        "oid": "demo", "version": "1", "name": words("made up"), "title": words("made up"), "protocol": "P",
        "sponsor": words("nobody"), "subject_pattern": "S[0-9]+", "subject_format": "S{n}",
        "planned_subjects": 1, "arms": [], "event": [event], "visit_date": "I.SV.SVSTDAT", "meanings": [],
        "change_reasons": [],
        "missing_reasons": [], "finding_reasons": [], "code_list": [code_list("CL.NY", "Y", "N")],
        "form": list(forms),
    }  # fmt: skip
    return Study.model_validate(base | more)


class Desk:
    """One form of a study: fill it by variable, read what evaluation says."""

    def __init__(self, defined: Study, form_oid: str) -> None:
        self.rules: Rules = compile_study(defined)
        self.form = defined.forms[form_oid]

    def state(
        self, values: Mapping[str, str | Answer], facts: Facts | None = None, **rows: list[str]
    ) -> FormState:
        """`values` by variable (`VS.SYSBP`) or by local; `rows` by the group's last name."""
        answers = {}
        for name, value in values.items():
            answer = value if isinstance(value, Answer) else Answer(value)
            answers[self.local(name)] = answer
        by_group = {f"IG.{name}": ids for name, ids in rows.items()}
        return evaluate(self.rules, self.form, answers, facts or Facts(), by_group)

    def local(self, name: str) -> str:
        if "/" in name:
            return name
        return f"{self.form.group_of[f'I.{name}'].oid}/I.{name}"

    def derived(
        self, name: str, values: Mapping[str, str | Answer], facts: Facts | None = None
    ) -> str | None:
        return self.state(values, facts).items[self.local(name)].answer.value

    def fired(
        self, values: Mapping[str, str | Answer], facts: Facts | None = None, **rows: list[str]
    ) -> list[str]:
        return [finding.check for finding in self.state(values, facts, **rows).findings]


@pytest.fixture
def make() -> SimpleNamespace:
    """The makers of definitions above, and `Desk`."""
    return SimpleNamespace(
        item=item, group=group, form=form, condition=condition, method=method,
        code_list=code_list, visit=visit,
        study=study, words=words, Desk=Desk,
    )  # fmt: skip
