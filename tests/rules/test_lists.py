"""Rules over all rows and visits of a subject, the baseline, and what other subjects hold."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from crf_app.errors import DefinitionError
from crf_app.model.definition import Study
from crf_app.model.keys import Answer
from crf_app.rules.expression import compile_study
from crf_app.rules.facts import Facts

FEVER = {"AETERM": "Fever", "AEKIND": "FEVER", "AESTDAT": "2026-03-02", "ROW": "r1"}
CHILLS = {"AETERM": "Chills", "AEKIND": "CHILLS", "AESTDAT": "2026-03", "ROW": "r2"}


def study(make: SimpleNamespace, expression: str, item: str = "I.VS.TEMP") -> Study:
    """Vital signs, and a log of events; the check stands at the temperature or at a row's term."""
    at = "VS" if item.startswith("I.VS") else "AE"
    checks = {at: [make.condition("C.X", expression, item)]}
    vitals = make.form("F.VS", make.group("IG.VS", make.item("I.VS.TEMP"), make.item("I.VS.DAT", "date")),
                       condition=checks.get("VS", []))  # fmt: skip
    columns = (make.item("I.AE.AETERM", "text"), make.item("I.AE.AEKIND", "text", code_list="CL.KIND"),
               make.item("I.AE.AESTDAT", "partialDate"), make.item("I.AE.GRAMS"))  # fmt: skip
    log = make.form("F.AE", make.group("IG.AE", *columns, repeating=True), condition=checks.get("AE", []))
    lists = [make.code_list("CL.NY", "Y", "N"), make.code_list("CL.KIND", "FEVER", "CHILLS")]
    return make.study(vitals, log, code_list=lists)


NEAR = "VS.TEMP >= 38.0 && !rows.AE.exists(r, r.AEKIND == 'FEVER' && within(r.AESTDAT, VS.DAT, 1.0))"


@pytest.mark.parametrize(
    ("rows", "fires"),
    [
        ((), True),
        ((CHILLS,), True),
        ((FEVER,), False),
        ((CHILLS, FEVER), False),
        ((FEVER | {"AESTDAT": "2026-03-04"},), True),
        ((FEVER | {"AESTDAT": "2026-03"},), True),
        ((FEVER | {"AESTDAT": ""},), True),
    ],
)
def test_a_check_looks_for_a_row_of_a_log(
    make: SimpleNamespace, rows: tuple[dict[str, str], ...], fires: bool
) -> None:
    desk = make.Desk(study(make, NEAR), "F.VS")
    values = {"VS.TEMP": "38.5", "VS.DAT": "2026-03-02"}
    assert desk.fired(values, Facts(rows={"AE": rows})) == (["C.X"] if fires else [])


def test_the_check_is_silent_without_its_own_operand(make: SimpleNamespace) -> None:
    desk = make.Desk(study(make, NEAR), "F.VS")
    assert desk.fired({"VS.DAT": "2026-03-02"}, Facts(rows={"AE": ()})) == []


def test_rows_are_compared_with_the_row_at_hand(make: SimpleNamespace) -> None:
    same = "rows.AE.exists(r, r.ROW != row.ROW && r.AETERM == row.AE.AETERM)"
    desk = make.Desk(study(make, same, "I.AE.AETERM"), "F.AE")
    cells = {f"IG.AE~{row}/I.AE.AETERM": "Fever" for row in ("r1", "r2")}
    assert desk.fired(cells, Facts(rows={"AE": (FEVER,)}), AE=["r1"]) == []
    state = desk.state(cells, Facts(rows={"AE": (FEVER, FEVER | {"ROW": "r2"})}), AE=["r1", "r2"])
    assert [one.local.partition("/")[0] for one in state.findings] == ["IG.AE~r1", "IG.AE~r2"]


def test_a_number_in_a_row_is_read_with_number(make: SimpleNamespace) -> None:
    grams = "rows.AE.exists(r, r.GRAMS != '' && number(r.GRAMS) > 10.0)"
    desk = make.Desk(study(make, grams), "F.VS")
    assert desk.fired({"VS.TEMP": "36.5"}, Facts(rows={"AE": ({"GRAMS": "10.5"}, {})})) == ["C.X"]
    assert desk.fired({"VS.TEMP": "36.5"}, Facts(rows={"AE": ({"GRAMS": "10.0"}, {})})) == []


def test_a_finding_over_rows_is_asked_once_however_the_rows_change(make: SimpleNamespace) -> None:
    desk = make.Desk(study(make, NEAR), "F.VS")
    values = {"VS.TEMP": "38.5", "VS.DAT": "2026-03-02"}
    one = desk.state(values, Facts(rows={"AE": ()})).findings[0]
    other = desk.state(values, Facts(rows={"AE": (CHILLS,)})).findings[0]
    assert one.operands == other.operands == {"VS.TEMP": "38.5", "VS.DAT": "2026-03-02"}


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("rows.AE.exists(r, r.AETREM == 'x')", "Columns: AETERM"),
        ("rows.AE.filter(r, r.AETERM == 'x').exists(q, q.AEKINDS == 'x')", "Columns: AEKIND"),
        ("rows.AE[0].AETRM == 'x'", "Columns: AETERM"),
        ("rows.AE.exists(r, r.AEKIND == 'FEVR')", "Codes: FEVER, CHILLS."),
        ("rows.AE.exists(r, r.AEKIND in ['FEVER', 'CHILL'])", "Codes: FEVER, CHILLS."),
        ("rows.AE.exists(r, r.AETERM == 1.0)", ""),
        ("rows.AY.exists(r, r.AETERM == 'x')", "perhaps"),
    ],
)
def test_what_a_list_does_not_hold_is_refused(make: SimpleNamespace, expression: str, told: str) -> None:
    with pytest.raises(DefinitionError) as refusal:
        compile_study(study(make, expression))
    problems = refusal.value.details["problems"]
    assert len(problems) == 1
    assert told in problems[0]["hint"]


def test_an_empty_code_asks_whether_the_cell_is_empty(make: SimpleNamespace) -> None:
    desk = make.Desk(study(make, "rows.AE.exists(r, r.AEKIND == '')"), "F.VS")
    assert desk.fired({"VS.TEMP": "36.5"}, Facts(rows={"AE": (FEVER, {})})) == ["C.X"]


def test_visits_are_a_list_too(make: SimpleNamespace) -> None:
    order = "visits.VS.exists(v, v.WHEN == 'earlier' && v.DAT > VS.DAT)"
    desk = make.Desk(study(make, order, "I.VS.DAT"), "F.VS")
    earlier = {"DAT": "2026-03-03", "WHEN": "earlier"}
    assert desk.fired({"VS.DAT": "2026-03-02"}, Facts(visits={"VS": (earlier,)})) == ["C.X"]
    assert desk.fired({"VS.DAT": "2026-03-04"}, Facts(visits={"VS": (earlier,)})) == []
    assert desk.fired({}, Facts(visits={"VS": (earlier,)})) == []


def test_baseline_taken_and_subjects_are_bound_when_they_are_known(make: SimpleNamespace) -> None:
    desk = make.Desk(study(make, "round(VS.TEMP - base.VS.TEMP, 6) >= 1.0"), "F.VS")
    base = Facts(baseline={"VS.TEMP": Answer("36.5")})
    assert desk.fired({"VS.TEMP": "37.5"}, base) == ["C.X"]
    assert desk.fired({"VS.TEMP": "37.4"}, base) == []
    assert desk.fired({"VS.TEMP": "37.5"}) == []
    desk = make.Desk(study(make, "taken.VS.TEMP"), "F.VS")
    assert desk.fired({"VS.TEMP": "37.5"}, Facts(taken=frozenset({"VS.TEMP"}))) == ["C.X"]
    assert desk.fired({"VS.TEMP": "37.5"}) == []
    desk = make.Desk(study(make, "subjects.VS.TEMP > 8.0"), "F.VS")
    assert desk.fired({"VS.TEMP": "37.5"}, Facts(subjects={"VS.TEMP": 9})) == ["C.X"]
    assert desk.fired({"VS.TEMP": "37.5"}, Facts(subjects={"VS.TEMP": 8})) == []
    assert desk.fired({"VS.TEMP": "37.5"}) == []


def test_a_suggested_grade_counts_from_the_baseline(make: SimpleNamespace) -> None:
    rule = {"term": make.words("ALT"), "of": "uln", "baseline": "normal", "steps": ["> 1", "> 3"]}
    other = rule | {"of": "baseline", "baseline": "abnormal", "steps": [">= 1.5", "> 3"]}
    alt = make.item("I.LB.ALT", grade=[rule, other], reference=[{"high": "50"}], unit="U/L")
    labs = make.form("F.LB", make.group("IG.LB", alt),
                     condition=[make.condition("C.G", "grade.LB.ALT >= 2.0", "I.LB.ALT")])  # fmt: skip
    desk = make.Desk(make.study(labs), "F.LB")
    normal, abnormal = (Facts(baseline={"LB.ALT": Answer(value)}) for value in ("40", "60"))
    assert desk.fired({"LB.ALT": "151"}, normal) == ["C.G"]
    assert desk.fired({"LB.ALT": "150"}, normal) == []
    assert desk.fired({"LB.ALT": "151"}, abnormal) == []
    assert desk.fired({"LB.ALT": "181"}, abnormal) == ["C.G"]
    assert desk.fired({"LB.ALT": "999"}) == []
