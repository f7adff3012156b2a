"""The real study, compiled once, and a way to fill one form of it by item OID."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from crf_app.model.definition import Study
from crf_app.model.keys import Answer
from crf_app.model.load import load
from crf_app.rules.expression import Rules, compile_study
from crf_app.rules.form_state import Facts, FormState, evaluate

FOLDER = Path(__file__).resolve().parents[2] / "forms" / "hucmsc"
TODAY = "2026-11-22"
ROW = "r1"

Fill = Callable[..., FormState]


@pytest.fixture(scope="session")
def study() -> Study:
    return load(FOLDER).study


@pytest.fixture(scope="session")
def rules(study: Study) -> Rules:
    return compile_study(study)


@pytest.fixture(scope="session")
def fill(study: Study, rules: Rules) -> Fill:
    """fill("F.VS", {"VS.SYSBP": "120"}, visit={…}, previous={…}, subject={…}, event={…}) → FormState.

    Keys are variables; an item of a repeating group stands in row `r1`, one of a fixed row is written
    `VSI.SYSBP@M15`.  A value `!ND` is a missing code.  From all rows, visits and subjects:
    rows={"AE": [{"AETERM": "x"}]}, visits={"SV": […]}, baseline={…}, taken={"EX.ECREFID"}, subjects={…: "9"}.
    """

    def filled(
        form: str,
        values: Mapping[str, str],
        visit: Mapping[str, str] | None = None,
        previous: Mapping[str, str] | None = None,
        subject: Mapping[str, str] | None = None,
        event: Mapping[str, str] | None = None,
        dose: str | None = None,
        baseline: Mapping[str, str] | None = None,
        taken: Iterable[str] = (),
        subjects: Mapping[str, str] | None = None,
        rows: Mapping[str, Sequence[Mapping[str, str]]] | None = None,
        visits: Mapping[str, Sequence[Mapping[str, str]]] | None = None,
        consent: Mapping[str, str] | None = None,
    ) -> FormState:
        from decimal import Decimal

        definition = study.forms[form]
        cells: dict[str, Answer] = {}
        for key, text in values.items():
            variable, _, row = key.partition("@")
            group = definition.group_of[f"I.{variable}"]
            uid = row or (ROW if group.repeating else "")
            cells[f"{group.oid}{'~' + uid if uid else ''}/I.{variable}"] = answer(text)
        days = {
            key: Decimal(text) if key in ("DAY", "OUTSIDE") else text for key, text in (event or {}).items()
        }
        facts = Facts(
            visit={key: answer(text) for key, text in (visit or {}).items()},
            previous={key: answer(text) for key, text in (previous or {}).items()},
            subject=subject or {},
            event=days,
            dose=None if dose is None else Decimal(dose),
            today=TODAY,
            baseline={key: answer(text) for key, text in (baseline or {}).items()},
            taken=frozenset(taken),
            subjects={key: int(text) for key, text in (subjects or {}).items()},
            rows=rows or {},
            visits=visits or {},
            consent=consent or {},
        )
        uids = {group.oid: [ROW] for group in definition.item_group if group.repeating}
        return evaluate(rules, definition, cells, facts, uids)

    return filled


def answer(text: str) -> Answer:
    return Answer(missing=text[1:]) if text.startswith("!") else Answer(text)
