"""The CTCAE v5 table of the study, with its boundaries; what cannot be known has no grade."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crf_app.model.def_base import Text
from crf_app.model.item_def import GradeRule, ItemDef, ReferenceRange
from crf_app.rules.grading import suggested_grade
from crf_app.rules.readings import Reading

_TERM = Text(en="Alanine aminotransferase increased", zh="丙氨酸氨基转移酶升高")


def _rules(normal: str, abnormal: str) -> tuple[GradeRule, ...]:
    return (
        GradeRule(term=_TERM, baseline="normal", of="uln", steps=tuple(normal.split("; "))),
        GradeRule(term=_TERM, baseline="abnormal", of="baseline", steps=tuple(abnormal.split("; "))),
    )


_TABLE = {
    "ALT": _rules("> 1; > 3; > 5; > 20", ">= 1.5; > 3; > 5; > 20"),
    "ALP": _rules("> 1; > 2.5; > 5; > 20", ">= 2; > 2.5; > 5; > 20"),
    "BILI": _rules("> 1; > 1.5; > 3; > 10", "> 1; > 1.5; > 3; > 10"),
}
_RANGE = ReferenceRange(low="10", high="50")


def _item(name: str = "ALT") -> ItemDef:
    return ItemDef(
        oid=f"I.LBC.{name}", question=_TERM, data_type="decimal", unit="U/L", lab=True, grade=_TABLE[name]
    )


def _reading(text: str | None) -> Reading:
    if text is None:
        return Reading()
    number = text.lstrip("<>=")
    return Reading(True, text[: len(text) - len(number)], Decimal(number))


def _grade(name: str, value: str | None, baseline: str | None, **limits: ReferenceRange | None) -> int | None:
    found = suggested_grade(
        _item(name),
        _reading(value),
        limits.get("now", _RANGE),
        _reading(baseline),
        limits.get("then", _RANGE),
    )
    return None if found is None else found.grade


@pytest.mark.parametrize(
    ("name", "value", "grade"),
    [
        ("ALT", "50", 0), ("ALT", "50.1", 1), ("ALT", "150", 1), ("ALT", "150.1", 2), ("ALT", "250", 2),
        ("ALT", "250.1", 3), ("ALT", "1000", 3), ("ALT", "1000.1", 4), ("ALT", "5", 0),
        ("ALP", "50", 0), ("ALP", "51", 1), ("ALP", "125", 1), ("ALP", "126", 2), ("ALP", "250", 2),
        ("ALP", "251", 3), ("ALP", "1000", 3), ("ALP", "1001", 4),
        ("BILI", "50", 0), ("BILI", "51", 1), ("BILI", "75", 1), ("BILI", "75.1", 2), ("BILI", "150", 2),
        ("BILI", "151", 3), ("BILI", "500", 3), ("BILI", "501", 4),
    ],
)  # fmt: skip
def test_normal_baseline_counts_in_upper_limits(name: str, value: str, grade: int) -> None:
    assert _grade(name, value, "50") == grade
    assert _grade(name, value, "4") == grade, "a low baseline is not a raised one"


@pytest.mark.parametrize(
    ("name", "value", "grade"),
    [
        ("ALT", "100", 0), ("ALT", "149.9", 0), ("ALT", "150", 1), ("ALT", "300", 1), ("ALT", "300.1", 2),
        ("ALT", "500", 2), ("ALT", "501", 3), ("ALT", "2000", 3), ("ALT", "2001", 4),
        ("ALP", "199", 0), ("ALP", "200", 1), ("ALP", "250", 1), ("ALP", "251", 2), ("ALP", "501", 3),
        ("BILI", "100", 0), ("BILI", "100.1", 1), ("BILI", "150", 1), ("BILI", "151", 2), ("BILI", "300", 2),
        ("BILI", "301", 3), ("BILI", "1000", 3), ("BILI", "1001", 4),
    ],
)  # fmt: skip
def test_abnormal_baseline_counts_in_baselines(name: str, value: str, grade: int) -> None:
    assert _grade(name, value, "100") == grade


def test_upper_limit_itself_is_normal_and_one_step_above_is_not() -> None:
    assert _grade("ALT", "151", "50") == 2, "3.02 times the limit"
    assert _grade("ALT", "151", "50.5") == 1, "2.99 times the baseline"


def test_baseline_is_judged_by_the_range_of_its_own_day() -> None:
    wide = ReferenceRange(low="10", high="120")
    assert _grade("ALT", "160", "100", then=wide) == 2, "baseline 100 was inside 10-120"
    assert _grade("ALT", "160", "100") == 1, "baseline 100 was above 50; 1.6 times"


@pytest.mark.parametrize(
    ("value", "baseline", "limits"),
    [
        (None, "40", {}),
        ("60", None, {}),
        ("60", "40", {"now": None}),
        ("60", "40", {"then": None}),
        ("60", "40", {"now": ReferenceRange(low="10")}),
        ("60", "40", {"now": ReferenceRange(high="0")}),
        (">60", "40", {}),  # grade 1 to 4
        ("<200", "40", {}),  # grade 0 to 2
        ("60", ">20", {}),  # normal or not
        ("60", "<60", {}),
        ("60", ">100", {}),  # times what?
    ],
)
def test_what_cannot_be_known_has_no_grade(
    value: str | None, baseline: str | None, limits: dict[str, ReferenceRange | None]
) -> None:
    assert _grade("ALT", value, baseline, **limits) is None


@pytest.mark.parametrize(
    ("value", "grade"), [(">1000", 4), (">=1001", 4), ("<50", 0), ("<=50", 0), ("<5", 0)]
)
def test_operator_has_a_grade_where_every_number_has_the_same(value: str, grade: int) -> None:
    assert _grade("ALT", value, "40") == grade


def test_at_least_the_limit_of_the_last_step_may_still_be_the_step_below() -> None:
    assert _grade("ALT", ">=1000", "40") is None


def test_grade_names_rule_and_numbers() -> None:
    found = suggested_grade(_item(), _reading("268"), _RANGE, _reading("46"), _RANGE)
    assert found is not None
    assert (found.grade, found.rule.of, found.limit, found.times) == (3, "uln", Decimal(50), Decimal("5.36"))


def test_item_without_a_rule_for_this_baseline_has_no_grade() -> None:
    item = _item().model_copy(update={"grade": _TABLE["ALT"][:1]})
    assert suggested_grade(item, _reading("160"), _RANGE, _reading("100"), _RANGE) is None


@given(
    st.decimals("0", "5000", places=1), st.decimals("0", "5000", places=1), st.sampled_from(sorted(_TABLE))
)
def test_grade_never_falls_as_the_value_rises(low: Decimal, high: Decimal, name: str) -> None:
    low, high = sorted((low, high))
    for baseline in ("40", "100"):
        first, second = _grade(name, str(low), baseline), _grade(name, str(high), baseline)
        assert first is not None and second is not None and first <= second
