"""Which reference range stands: by laboratory, day, sex, age and unit; an evaluation carried on agrees."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer
from crf_app.model.lab_range import LabRange
from crf_app.rules.evaluation import Evaluation
from crf_app.rules.expression import compile_study
from crf_app.rules.facts import Facts
from crf_app.rules.ranges import RangeTable, Sample, age_on, reference_for

_ITEM = ItemDef.model_validate({
    "oid": "I.LBC.BILI", "question": {"en": "Bilirubin", "zh": "胆红素"}, "data_type": "decimal",
    "unit": "umol/L", "units": [{"unit": "mg/dL", "factor": "17.1"}], "lab": True,
    "reference": [{"sex": "M", "high": "26"}, {"sex": "F", "high": "21"}],
})  # fmt: skip


def _range(id_: str = "R-1", **more: Any) -> LabRange:
    base = {"site": "001", "laboratory": "A", "item": "LBC.BILI", "unit": "umol/L", "high": "30"}
    return LabRange(id_, **(base | more))


def _high(sample: Sample, *ranges: LabRange, unit: str | None = None) -> str | None:
    found = reference_for(_ITEM, sample, RangeTable.of(ranges), unit)
    return None if found is None else found.high


def test_site_range_overrides_the_definition_only_where_it_fits() -> None:
    here = Sample("A", "2026-11-06", "M", 50)
    assert _high(here) == "26" and _high(here, _range()) == "30"
    for other in (Sample("B", "2026-11-06", "M", 50), Sample("", "2026-11-06", "M", 50)):
        assert _high(other, _range()) == "26"
    assert _high(Sample("A", "2026-11-06", "", None), _range(sex="F")) is None


@pytest.mark.parametrize(
    ("day", "high"),
    [("2025-12-31", "26"), ("2026-01-01", "30"), ("2026-10-31", "30"), ("2026-11-01", "26"), ("", "26")],
)
def test_both_days_of_validity_count_and_an_unknown_day_fits_no_dated_range(day: str, high: str) -> None:
    one = _range(valid_from="2026-01-01", valid_to="2026-10-31")
    assert _high(Sample("A", day, "M", 50), one) == high


@pytest.mark.parametrize(("age", "high"), [(17, "26"), (18, "30"), (59, "30"), (60, "26"), (None, "26")])
def test_both_ages_count(age: int | None, high: str) -> None:
    assert _high(Sample("A", "2026-11-06", "M", age), _range(age_from=18, age_to=59)) == high


def test_range_in_the_typed_unit_comes_first_then_the_standard_unit() -> None:
    here, ranges = Sample("A", "2026-11-06", "M", 50), (_range(), _range("R-0", unit="mg/dL", high="1.2"))
    assert _high(here, *ranges, unit="mg/dL") == "20.52"
    assert _high(here, *ranges, unit="umol/L") == _high(here, *ranges) == "30"
    assert _high(here, ranges[1]) == "20.52", "the only one, converted"
    assert _high(here, _range(unit="stone")) == "26", "a unit that the item does not know"


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        ("1966-11-06", "2026-11-05", 59), ("1966-11-06", "2026-11-06", 60), ("2004-02-29", "2026-02-28", 21),
        ("2004-02-29", "2026-03-01", 22), ("2026-11-07", "2026-11-06", None), ("1966-11", "2026-11-06", 44),
        ("1966-13-45", "2026-11-06", 44), ("1966-11-06", "", 44), ("", "2026-99-99", 44),
    ],
)  # fmt: skip
def test_age_is_that_on_the_day_of_the_sample(birth: str, day: str, age: int | None) -> None:
    assert age_on({"BIRTH": birth, "AGE": "44"}, day) == age


def _rules(make: SimpleNamespace) -> Any:
    steps = {"term": make.words("ALT"), "steps": ["> 1", "> 3", "> 5", "> 20"]}
    grade = [steps | {"baseline": "normal", "of": "uln"}, steps | {"baseline": "abnormal", "of": "baseline"}]
    alt = make.item("I.LB.ALT", unit="U/L", units=[{"unit": "kU/L", "factor": "1000"}], lab=True, grade=grade,
                    reference=[{"low": "9", "high": "50"}])  # fmt: skip
    labs = make.form(
        "F.LB",
        make.group("IG.LB", make.item("I.LB.DAT", "date"), make.item("I.LB.NAM", "text"), alt,
                   make.item("I.LB.WHY", "text", collect_when="flag.LB.ALT == 'H'"),
                   make.item("I.LB.TIMES", method="M.LB.TIMES", significant_digits=2)),
        condition=[make.condition("C.LB.G", "grade.LB.ALT >= 2.0", "I.LB.ALT")],
        method=[make.method("M.LB.TIMES", "round(LB.ALT / uln.LB.ALT, 2)")],
        sample_date="I.LB.DAT", laboratory="I.LB.NAM",
    )  # fmt: skip
    return compile_study(make.study(labs))


_RANGES = RangeTable.of([
    LabRange("R-1", "001", "A", "LB.ALT", "U/L", high="40", valid_to="2026-06-30"),
    LabRange("R-2", "001", "A", "LB.ALT", "U/L", high="80", valid_from="2026-07-01"),
    LabRange("R-3", "001", "A", "LB.ALT", "kU/L", high="0.02"),
    LabRange("R-4", "001", "B", "LB.ALT", "U/L", high="100", age_from=60),
])  # fmt: skip
_ANSWERS = st.one_of(
    st.tuples(st.just("DAT"), st.sampled_from(["2026-06-30", "2026-07-01", "2026-02-30", ""])),
    st.tuples(st.just("NAM"), st.sampled_from(["A", "b", ""])),
    st.tuples(st.just("ALT"), st.sampled_from(["30", "45", "90", "121", "<5", ">300", ""])),
    st.tuples(st.just("UNIT"), st.sampled_from(["30", "0.09"])),
)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(_ANSWERS, min_size=1, max_size=8), baseline=st.sampled_from(["40", "70", ""]))
def test_evaluation_carried_on_gives_what_a_new_one_gives(
    rules_of_ranges: Any, steps: list[tuple[str, str]], baseline: str
) -> None:
    rules = rules_of_ranges()
    facts = Facts(
        subject={"SEX": "M", "BIRTH": "1966-06-30"}, ranges=_RANGES, visit_day="2026-06-30",
        baseline={"LB.ALT": Answer(baseline)} if baseline else {},
    )  # fmt: skip
    form = rules.study.forms["F.LB"]
    values: dict[str, Answer] = {}
    one = Evaluation(rules, form, values, facts, {})
    for name, text in steps:
        local = f"IG.LB/I.LB.{'ALT' if name == 'UNIT' else name}"
        values[local] = Answer(text or None, None, "kU/L" if name == "UNIT" else None)
        one.update({local: values[local]})
        new = Evaluation(rules, form, values, facts, {})
        assert one.state == new.state
        assert one.bound == new.bound


@pytest.fixture(scope="module")
def rules_of_ranges() -> Any:
    import importlib.util
    from pathlib import Path

    spec = importlib.util.spec_from_file_location("makers", Path(__file__).with_name("conftest.py"))
    assert spec is not None and spec.loader is not None
    makers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(makers)
    made = _rules(
        SimpleNamespace(**{name: getattr(makers, name) for name in
                           ("item", "group", "form", "condition", "method", "study", "words")})
    )  # fmt: skip
    return lambda: made


def test_rules_read_the_limit_of_the_day(make: SimpleNamespace) -> None:
    rules = _rules(make)
    form = rules.study.forms["F.LB"]
    seen = {}
    for day in ("2026-06-30", "2026-07-01"):
        values = {
            "IG.LB/I.LB.DAT": Answer(day),
            "IG.LB/I.LB.NAM": Answer("a "),
            "IG.LB/I.LB.ALT": Answer("60"),
        }
        state = Evaluation(rules, form, values, Facts(ranges=_RANGES), {}).state
        alt = state.items["IG.LB/I.LB.ALT"]
        seen[day] = (alt.flag, state.derived["IG.LB/I.LB.TIMES"].value, state.sample.day)
    assert seen == {"2026-06-30": ("H", "1.50", "2026-06-30"), "2026-07-01": ("", "0.75", "2026-07-01")}
