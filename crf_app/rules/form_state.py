"""Evaluate a form: what is asked, derived, out of range, wrong.  Pure, never raises, idempotent.

An item that is not asked keeps its value and has no findings.  How it is worked out: `evaluation.py`; rules:
`expression.py`; numbers and limits: `readings.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from crf_app.model.form_def import FormDef
from crf_app.model.keys import Answer
from crf_app.rules.environment import is_repeated
from crf_app.rules.evaluation import Evaluation, Rows
from crf_app.rules.expression import Rules
from crf_app.rules.facts import Facts, Finding, FormState, ItemState

__all__ = ["Facts", "Finding", "FormState", "ItemState", "collected_values", "evaluate"]


def evaluate(
    rules: Rules, form: FormDef, values: Mapping[str, Answer], facts: Facts, rows: Rows | None = None
) -> FormState:
    """The state of `form`.

    `values`: local → Answer as stored; what stands at derived items is worked out anew.  `rows`: group OID →
    row ids in order; the fixed rows of a group with a code list exist without being named.
    """
    return Evaluation(rules, form, values, facts, rows or {}).state


def collected_values(
    rules: Rules, form: FormDef, values: Mapping[str, Answer], facts: Facts, rows: Rows | None = None
) -> dict[str, Answer]:
    """variable → Answer of what the form collects, for the Facts of other forms of the visit.

    Light: gates only; derived items as stored; items in rows are left out, no other form can read them.
    """
    gates = Evaluation(rules, form, values, facts, rows or {}, derive=False)
    return {
        item.variable: gates.answers[local]
        for local, (group, _, item) in gates.cells.items()
        if not is_repeated(group) and gates.collected[local] and not gates.answers[local].empty
    }
