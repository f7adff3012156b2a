"""The readings of a result in a real store: numbers, and the rule in both languages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from crf_app.actions.enter_data import enter_value, mark_missing
from crf_app.actions.form_page import form_page
from crf_app.actions.lab.lab_ranges import add_range
from crf_app.actions.lab.lab_reading import form_readings, lab_reading
from crf_app.actions.printing.paper import drawing_of_form
from crf_app.model.def_base import Text
from crf_app.model.item_def import GradeRule

LAB = "Made-up laboratory"
_ALT = Text(en="Alanine aminotransferase increased", zh="丙氨酸氨基转移酶升高")
_RULES = (
    GradeRule(term=_ALT, baseline="normal", of="uln", steps=("> 1", "> 3", "> 5", "> 20")),
    GradeRule(term=_ALT, baseline="abnormal", of="baseline", steps=(">= 1.5", "> 3", "> 5", "> 20")),
)


@pytest.fixture
def person(session: Any) -> Any:
    """A coordinator, who enters and keeps the ranges; ALT has its grade rules whatever the study says."""
    from crf_app.rules.expression import compile_study

    one = session("coordinator")
    study = one.study
    forms = []
    for form in study.form:
        groups = []
        for group in form.item_group:
            items = [item.model_copy(update={"grade": _RULES}) if item.oid == "I.LBC.ALT" else item
                     for item in group.item]  # fmt: skip
            groups.append(group.model_copy(update={"item": tuple(items)}))
        forms.append(form.model_copy(update={"item_group": tuple(groups)}))
    one.study = study.model_copy(update={"form": tuple(forms)})
    for form in one.study.form:  # cached by the copies' originals
        form.__dict__.pop("items", None), form.__dict__.pop("group_of", None)
    for name in ("forms", "form_of_item"):
        one.study.__dict__.pop(name, None)
    one.rules = compile_study(one.study)
    return one


@pytest.fixture
def at(person: Any, new_subject: Any) -> Any:
    from tests.actions.conftest import Addresses

    return Addresses(person.study, new_subject(person))


def _chemistry(person: Any, at: Any, event: str, day: str, **values: str) -> None:
    for name, text in ({"LBPERF": "Y", "LBDAT": day, "LBNAM": LAB} | values).items():
        enter_value(person, at(event, f"LBC.{name}"), text)


def _said(person: Any, at: Any, event: str, name: str, language: str = "en") -> str:
    reading = lab_reading(person, at(event, f"LBC.{name}"))
    assert reading is not None
    return " | ".join(one[language] for one in reading.rule)


def test_reading_says_range_flag_grade_and_change(person: Any, at: Any) -> None:
    add_range(person, {"laboratory": LAB, "item": "LBC.ALT", "low": "9", "high": "50", "sex": "M",
                       "valid_from": "2026-01-01", "source": "made-up table"})  # fmt: skip
    enter_value(person, at("SE.SCR", "DM.SEX"), "M")
    enter_value(person, at("SE.V1", "SV.SVSTDAT"), "2026-10-06")
    enter_value(person, at("SE.V2", "SV.SVSTDAT"), "2026-10-13")
    _chemistry(person, at, "SE.V1", "2026-10-06", ALT="46")
    _chemistry(person, at, "SE.V2", "2026-10-13", ALT="268")
    reading = lab_reading(person, at("SE.V2", "LBC.ALT"))
    assert reading is not None
    said = reading.as_json("en")
    assert {name: said[name] for name in ("standard", "low", "high", "range_of", "flag", "times_limit",
            "suggested_grade", "delta", "delta_times", "delta_percent", "delta_event")} == {
        "standard": "268", "low": "9", "high": "50", "range_of": "laboratory", "flag": "H",
        "times_limit": "5.4", "suggested_grade": 3, "delta": "+222", "delta_times": "5.83",
        "delta_percent": "+482.6", "delta_event": "SE.V1",
    }  # fmt: skip
    text = _said(person, at, "SE.V2", "ALT")
    for part in (LAB, "men", "valid 2026-01-01 – …", "sample of 2026-10-13", "made-up table", "5.4 × ULN",
                 "suggested grade 3", "5.36 × ULN (50)", "> 5", "nothing is set",
                 "46 → 268 U/L, +222"):  # fmt: skip
        assert part in text, part
    zh = _said(person, at, "SE.V2", "ALT", "zh")
    for part in ("参考范围 9 – 50 U/L", "男", "建议分级 3 级", "由研究者判定", "46 → 268"):
        assert part in zh, part


def test_abnormal_baseline_counts_from_the_baseline_by_the_range_of_its_day(person: Any, at: Any) -> None:
    _chemistry(person, at, "SE.V1", "2026-10-06", ALT="100")
    _chemistry(person, at, "SE.V2", "2026-10-13", ALT="160")
    enter_value(person, at("SE.SCR", "DM.SEX"), "M")
    grade = [lab_reading(person, at(event, "LBC.ALT")).grade for event in ("SE.V1", "SE.V2")]
    assert grade == [None, 1], "the baseline itself is compared with nothing"
    assert "1.6 × baseline (100)" in _said(person, at, "SE.V2", "ALT").replace("1.60", "1.6")
    add_range(person, {"laboratory": LAB, "item": "LBC.ALT", "high": "120", "valid_to": "2026-10-06"})
    assert lab_reading(person, at("SE.V2", "LBC.ALT")).grade == 2, "then inside: 3.2 times the limit of today"


def test_another_unit_says_factor_and_version(person: Any, at: Any) -> None:
    _chemistry(person, at, "SE.V1", "2026-10-06", BILI="1.2 mg/dL")
    text = _said(person, at, "SE.V1", "BILI")
    assert "1.2 mg/dL × 17.1 = 20.52 µmol/L (" in text
    assert person.study.conversion_version in text or person.study.version in text


def test_no_value_no_reading_and_no_number_no_change(person: Any, at: Any) -> None:
    _chemistry(person, at, "SE.V1", "2026-10-06", ALT="<5")
    _chemistry(person, at, "SE.V2", "2026-10-13", ALT="40", AST="")
    mark_missing(person, at("SE.V2", "LBC.ALP"), "ND")
    found = form_readings(person, at.form("SE.V2", "F.LBC"))
    assert {local.rpartition(".")[2] for local in found} == {"ALT"}
    (reading,) = found.values()
    assert reading.delta is None and reading.flag == ""
    assert lab_reading(person, at("SE.V1", "LBC.ALT")).standard == "<5"
    assert "No reference range" in _said(person, at, "SE.V1", "ALT"), "nothing is known of this subject"
    assert "No grade is suggested" in _said(person, at, "SE.V2", "ALT")


def test_reading_changes_nothing(person: Any, at: Any) -> None:
    _chemistry(person, at, "SE.V1", "2026-10-06", ALT="400")
    end = person.store.end.seq
    form_readings(person, at.form("SE.V1", "F.LBC"))
    assert person.store.end.seq == end
    person.keys = replace(person.keys, role="administrator")
    with pytest.raises(Exception, match="does not see"):
        lab_reading(person, at("SE.V1", "LBC.ALT"))


def test_paper_gives_range_and_standard_value_with_their_unit_in_few_digits(person: Any, at: Any) -> None:
    enter_value(person, at("SE.SCR", "DM.SEX"), "M")
    _chemistry(person, at, "SE.V1", "2026-10-06", GLUC="95 mg/dL", BILI="3.1 mg/dL", ALT="90")
    page = form_page(person, at.form("SE.V1", "F.LBC"))
    drawing = drawing_of_form(person, page, "en", "C")

    def mark(item: str) -> tuple[str, str]:
        one = drawing.mark(at("SE.V1", item).local)
        return one.standard, one.reference

    assert mark("LBC.GLUC") == ("5.2778 mmol/L", "3.9–6.1 mmol/L")
    assert mark("LBC.BILI") == ("53.01 µmol/L", "≤ 26.0 µmol/L")
    assert mark("LBC.ALT") == ("", "9–50")
