"""Checks of laboratory and score forms: each fires, is quiet, and is silent without an operand."""
# ruff: noqa: E501  (a row of the table stays in one place)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crf_app.model.definition import Study
from crf_app.rules.facts import FormState

Fill = Callable[..., FormState]
Case = dict[str, Any]


def of(form: str) -> Callable[..., Case]:
    """`lbc(ALB="30")` is the variable LBC.ALB of form F.LBC; `_visit`, `_rows` and others go on to `fill`."""

    def case(**values: Any) -> Case:
        outside = {key[1:]: value for key, value in values.items() if key.startswith("_")}
        own = {f"{form}.{key}": value for key, value in values.items() if not key.startswith("_")}
        return {"form": f"F.{form}", "values": own, **outside}

    return case


lbc, lbg, lbh, lbi, lbv, lbs, lbt = (of(name) for name in ("LBC", "LBG", "LBH", "LBI", "LBV", "LBS", "LBT"))
cp, meld, qs36, ex = of("CP"), of("MELD"), of("QS36"), of("EX")

INFUSION = {"EX.ECSTDAT": "2026-10-06", "EX.ECSTTIM": "09:00"}
DAY = {"LBDAT": "2026-10-06"}


def infused(form: Callable[..., Case], check: str, day: str = "LBDAT", time: str = "LBTIM") -> list[Any]:
    """EC023 of a form: at the minute of the start, the minute before, without one of the times, the day after."""

    def taken(on: str, at: str, **outside: Any) -> Case:
        return form(**({day: on, time: at} | outside))

    both = {"_visit": INFUSION}
    return [
        (check, "EC023", taken("2026-10-06", "09:00", **both), taken("2026-10-06", "08:59", **both),
         taken("2026-10-06", "09:00")),
        (check, "EC023", taken("2026-10-07", "07:00", **both), taken("2026-10-05", "23:00", **both),
         form(**{day: "2026-10-06"}, **both)),
    ]  # fmt: skip


def event(**columns: str) -> dict[str, list[dict[str, str]]]:
    return {"AE": [{"AETERM": "Jaundice", "AESTDAT": "2026-10-01"} | columns]}


def graded(variable: str, limit: str, least: str, below: str) -> list[Any]:
    """EC036: grade 2 of a normal baseline begins above a multiple of the upper limit of normal (men)."""
    outside = {"_subject": {"SEX": "M", "AGE": "50"}, "_baseline": {f"LBC.{variable}": limit}}
    check, significant = f"C.LBC.{variable}_AE", {f"{variable}_CLSIG": "Y"}

    def result(text: str, **more: Any) -> Case:
        return lbc(**DAY | significant | {variable: text} | outside | more)

    return [
        (check, "EC036", result(least), result(below), result(least, _baseline={})),
        (check, "EC036", result(least, _rows=event(AEENDAT="2026-10-05")),
         result(least, _rows=event(AEENDAT="2026-10-06")), result(least, LBDAT="!UNK")),
        (check, "EC036", result(least, _rows=event(AESTDAT="2026-10-07")), result(least, _rows=event()),
         lbc(**{variable: least}, **outside, **DAY)),
        (check, "EC036", result(least), lbc(**DAY | {variable: least, f"{variable}_CLSIG": "N"} | outside),
         result("!ND")),
    ]  # fmt: skip


def albumin(**columns: str) -> dict[str, list[dict[str, str]]]:
    return {"CM": [{"CMCAT": "ALBUMIN"} | columns]}


def once(day: str) -> dict[str, list[dict[str, str]]]:
    return albumin(CMSTDAT=day, CMENDAT=day, CMONGO="N")


ALB = DAY | {"ALB": "30"}
LAB_DAY = {"_visit": {"LBC.LBDAT": "2026-10-06"}}
LOG = {"_visits": {"CM": [{"CMYN": "Y"}]}}
V5 = {"_event": {"OID": "SE.V5"}, "_visit": {"SV.SVSTDAT": "2026-10-06"}}
TIMES = {"LBC.LBDAT": "2026-10-06", "LBC.LBTIM": "08:00", "LBG.LBDAT": "2026-10-08", "LBG.LBTIM": "08:01"}
BASE = {"_baseline": {"LBV.X_HBVDNA": "20"}}


def found_before(**columns: str) -> dict[str, list[dict[str, str]]]:
    return {"LBV": [{"WHEN": "earlier"} | columns]}


TESTED = {"WHEN": "earlier", "LBDAT": "2026-09-29", "HCG": "NEG"}
WOMAN = {"_subject": {"SEX": "F", "CHILDPOT": "Y"}, "_event": {"OID": "SE.V1"}}
START = {"ECYN": "Y", "ECSTDAT": "2026-10-06"}

#: (check, number of the list, fires, does not fire, an operand is missing)
CHECKS: list[tuple[str, str, Case, Case, Case]] = [
    ("C.LBH.DIFF", "EC015", lbh(WBC="4.00", NEUT="2.50", LYM="1.20", MONO="0.30", EOS="0.15", BASO="0.06"),
     lbh(WBC="4.00", NEUT="2.50", LYM="1.20", MONO="0.30", EOS="0.15", BASO="0.05"),
     lbh(NEUT="2.50", LYM="1.20", MONO="0.30", EOS="0.15", BASO="0.06")),
    ("C.LBH.DIFF", "EC015", lbh(WBC="4.00", NEUT="3.01", LYM="1.20"), lbh(WBC="4.00", NEUT="3.00", LYM="1.20"),
     lbh(WBC="4.00", NEUT="4.50")),
    ("C.LBH.DIFF", "EC015", lbh(WBC="4.00", NEUT="3.00", LYM="1.20", EOS="0.01"), lbh(WBC="4.00", NEUT="3.00", LYM="1.20", EOS="!ND"),
     lbh(WBC="4.00", NEUT="3.00", LYM="1.20", EOS="<0.02")),
    ("C.LBI.SUM", "EC016", lbi(X_CD4="600", X_CD8="501", X_CD3="1000"), lbi(X_CD4="600", X_CD8="500", X_CD3="1000"),
     lbi(X_CD4="600", X_CD8="501")),
    ("C.LBI.PERCENT", "EC016", lbi(X_CD3P="70.0", X_NKP="20.0", X_CD19P="15.1"),
     lbi(X_CD3P="70.0", X_NKP="20.0", X_CD19P="15.0"), lbi(X_CD3P="70.0", X_NKP="40.0")),
    ("C.LBI.PERCENT", "EC016", lbi(X_CD4P="60.0", X_CD8P="45.1"), lbi(X_CD4P="60.0", X_CD8P="45.0"), lbi(X_CD4P="99.0")),
    ("C.LBC.ALB_UNIT", "EC018", lbc(ALB="7.9"), lbc(ALB="8.0"), lbc(ALB="<5")),
    ("C.LBC.CREAT_UNIT", "EC018", lbc(CREAT="19.9"), lbc(CREAT="20.0"), lbc(CREAT="!ND")),
    ("C.LBH.HGB_UNIT", "EC018", lbh(HGB="24"), lbh(HGB="25"), lbh(HGB="!ND")),
    ("C.LBC.BILI_UNIT", "EC018", lbc(BILI="2.9", _visit={"PE.X_JAUND": "Y"}), lbc(BILI="3.0", _visit={"PE.X_JAUND": "Y"}),
     lbc(BILI="2.9")),
    ("C.LBC.BILI_UNIT", "EC018", lbc(BILI="0.3", _visit={"PE.X_JAUND": "Y"}), lbc(BILI="2.9", _visit={"PE.X_JAUND": "N"}),
     lbc(_visit={"PE.X_JAUND": "Y"})),
    ("C.LBH.HGB_DROP", "EC019", lbh(HGB="100", _previous={"LBH.HGB": "120"}), lbh(HGB="101", _previous={"LBH.HGB": "120"}),
     lbh(HGB="100")),
    ("C.LBH.HGB_DROP", "EC019", lbh(HGB="90", _previous={"LBH.HGB": "120"}), lbh(HGB="140", _previous={"LBH.HGB": "120"}),
     lbh(HGB="!ND", _previous={"LBH.HGB": "120"})),
    ("C.LBH.PLAT_DROP", "EC019", lbh(PLAT="50", _previous={"LBH.PLAT": "100"}), lbh(PLAT="51", _previous={"LBH.PLAT": "100"}),
     lbh(PLAT="50")),
    *infused(lbc, "C.LBC.TIME"), *infused(lbg, "C.LBG.TIME"), *infused(lbh, "C.LBH.TIME"),
    *infused(lbi, "C.LBI.TIME"), *infused(lbv, "C.LBV.TIME"), *infused(lbs, "C.LBS.TIME"),
    *infused(qs36, "C.QS36.TIME", "QSDAT", "QSTIM"),
    ("C.LBV.RISE", "EC030", lbv(X_HBVDNA="201", **BASE), lbv(X_HBVDNA="200", **BASE), lbv(X_HBVDNA="201")),
    ("C.LBV.RISE", "EC030", lbv(X_HBVDNA="20000000", **BASE), lbv(X_HBVDNA="5", **BASE),
     lbv(X_HBVDNA="201", _baseline={"LBV.X_HBVDNA": "<20"})),
    ("C.LBV.AGAIN", "EC030", lbv(X_HBVDNA="35", _visits=found_before(X_HBVTND="Y")),
     lbv(X_HBVDNA="35", _visits=found_before(X_HBVTND="N", X_HBVDNA="<20")), lbv(X_HBVDNA="35")),
    ("C.LBV.AGAIN", "EC030", lbv(X_HBVDNA="35", _visits=found_before(X_HBVDNA="<20")),
     lbv(X_HBVDNA="35", _visits=found_before(X_HBVDNA="20")), lbv(X_HBVDNA="<20", _visits=found_before(X_HBVDNA="<20"))),
    ("C.LBV.AGAIN", "EC030", lbv(X_HBVDNA="35", X_HBVTND="N", _visits=found_before(X_HBVTND="Y")),
     lbv(X_HBVDNA="35", _visits=found_before(X_HBVTND="Y", WHEN="later")), lbv(X_HBVTND="Y", _visits=found_before(X_HBVTND="Y"))),
    *graded("ALT", "50", "151", "150"), *graded("AST", "40", "121", "120"), *graded("ALP", "125", "313", "312"),
    *graded("BILI", "26.0", "39.1", "39.0"),
    ("C.LBC.ALB_INF", "EC041", lbc(**ALB, _rows=once("2026-09-29")), lbc(**ALB, _rows=once("2026-09-28")),
     lbc(ALB="30", _rows=once("2026-09-29"))),
    ("C.LBC.ALB_INF", "EC041", lbc(**ALB, _rows=once("2026-10-06")), lbc(**ALB, _rows=once("2026-10-07")), lbc(**ALB)),
    ("C.LBC.ALB_INF", "EC041", lbc(**ALB, _rows=albumin(CMSTDAT="2026-09-01", CMENDAT="2026-10-01")),
     lbc(**ALB, _rows=albumin(CMSTDAT="2026-09-01", CMENDAT="2026-09-28")), lbc(**DAY, _rows=once("2026-10-06"))),
    ("C.LBC.ALB_INF", "EC041", lbc(**ALB, _rows=albumin(CMSTDAT="2026-09", CMONGO="Y")),
     lbc(**ALB, _rows={"CM": [{"CMCAT": "PLASMA", "CMSTDAT": "2026-10-01", "CMONGO": "Y"}]}),
     lbc(**ALB, _rows=albumin(CMSTDAT="2026-09"))),
    ("C.CP.ALBIN_CM", "EC041", cp(X_CPALBIN="N", **LAB_DAY, **LOG, _rows=once("2026-10-01")),
     cp(X_CPALBIN="Y", **LAB_DAY, **LOG, _rows=once("2026-10-01")), cp(X_CPALBIN="N", **LOG, _rows=once("2026-10-01"))),
    ("C.CP.ALBIN_CM", "EC041", cp(X_CPALBIN="Y", **LAB_DAY, **LOG, _rows=once("2026-09-28")),
     cp(X_CPALBIN="N", **LAB_DAY, **LOG, _rows=once("2026-09-28")), cp(X_CPALBIN="Y", **LAB_DAY)),
    ("C.CP.ALBIN", "EC041", cp(X_CPALBIN="Y", _visit={"LBC.ALB": "30"}), cp(X_CPALBIN="N", _visit={"LBC.ALB": "30"}),
     cp(X_CPALBIN="Y", _visit={"LBC.ALB": "!ND"})),
    ("C.CP.LABS", "EC045", cp(_visit=TIMES), cp(_visit=TIMES | {"LBG.LBTIM": "08:00"}), cp(_visit={"LBC.LBDAT": "2026-10-06"})),
    ("C.MELD.LABS", "EC045", meld(_visit=TIMES), meld(_visit=TIMES | {"LBG.LBTIM": "08:00"}),
     meld(_visit={"LBG.LBDAT": "2026-10-06"})),
    ("C.CP.ASTERX", "EC046", cp(X_HEGRD="0", _visit={"PE.X_ASTERX": "Y"}), cp(X_HEGRD="1", _visit={"PE.X_ASTERX": "Y"}),
     cp(X_HEGRD="0")),
    ("C.CP.ASTERX", "EC046", cp(X_HEGRD="0", _visit={"PE.X_ASTERX": "Y"}), cp(X_HEGRD="0", _visit={"PE.X_ASTERX": "N"}),
     cp(_visit={"PE.X_ASTERX": "Y"})),
    ("C.LBS.HCG", "EC071", lbs(HCG="NEG", _subject={"SEX": "M"}), lbs(HCG="NEG", _subject={"SEX": "F"}), lbs(HCG="NEG")),
    ("C.LBS.HCG", "EC071", lbs(HCG="POS", _subject={"SEX": "M"}), lbs(HCG="ND", _subject={"SEX": "M"}),
     lbs(HCG="!NA", _subject={"SEX": "M"})),
]  # fmt: skip

SCALES = {
    "PF": range(3, 13), "RP": range(13, 17), "RE": range(17, 20), "EF": (23, 27, 29, 31),
    "EW": (24, 25, 26, 28, 30), "SF": (20, 32), "BP": (21, 22), "GH": (1, 33, 34, 35, 36),
}  # fmt: skip


def answered(scale: str, most: int) -> Case:
    """The first `most` items of a scale and the last of the survey."""
    items = [*[n for n in SCALES[scale] if n < 34][:most], *([34] if scale == "GH" else [36])]
    return qs36(**{f"R36_{n:02d}": "2" for n in items})


#: rules of the field tables without a number of their own: (check, fires, does not fire)
FURTHER: list[tuple[str, Case, Case]] = [
    ("C.LBT.AFP", lbt(X_AFP="400.01"), lbt(X_AFP="400.00")),
    ("C.LBT.TRIPLE", lbt(X_AFP="30.00", _previous={"LBT.X_AFP": "10.00"}), lbt(X_AFP="29.99", _previous={"LBT.X_AFP": "10.00"})),
    ("C.LBT.TRIPLE", lbt(X_AFP="30.00", _previous={"LBT.X_AFP": "10.00"}), lbt(X_AFP="30.00", _previous={"LBT.X_AFP": "<10"})),
    ("C.CP.RSDAT", cp(RSDAT="2026-10-09", **V5), cp(RSDAT="2026-10-08", **V5)),
    ("C.CP.RSDAT", cp(RSDAT="2026-10-03", **V5), cp(RSDAT="2026-10-03", _event={"OID": "SE.V5"})),
    ("C.CP.RSDAT", cp(RSDAT="2026-10-16", **V5), cp(RSDAT="2026-10-16", **V5 | {"_event": {"OID": "SE.SCR"}})),
    ("C.EX.HCG", ex(**START, **WOMAN, _visits={"LBS": [TESTED | {"LBDAT": "2026-09-28"}]}), ex(**START, **WOMAN, _visits={"LBS": [TESTED]})),
    ("C.EX.HCG", ex(**START, **WOMAN, _visits={"LBS": [TESTED | {"HCG": "ND"}]}), ex(ECYN="Y", **WOMAN)),
    ("C.EX.HCG", ex(**START, **WOMAN, _visits={"LBS": [TESTED | {"LBDAT": "2026-10-07"}]}), ex(**START, **WOMAN | {"_event": {"OID": "SE.V2"}})),
    ("C.EX.HCG", ex(**START, **WOMAN), ex(**START, **WOMAN | {"_subject": {"SEX": "F", "CHILDPOT": "N"}})),
    *((f"C.QS36.{scale}", answered(scale, (len(items) - 1) // 2 if scale != "GH" else 1),
       answered(scale, (len(items) + 1) // 2)) for scale, items in SCALES.items()),
]  # fmt: skip


def fired(fill: Fill, one: Case) -> set[str]:
    state = fill(**one)
    assert not [finding for finding in state.findings if finding.check.startswith("ERR.")], state.findings
    return {finding.check for finding in state.findings}


def test_albumin_is_asked_about_once_and_only_mentioned_in_child_pugh(study: Study) -> None:
    """EC041 is a question in chemistry and for a contradiction; the answer "yes" alone is a prompt."""
    found = {one.oid: one.severity for form in study.form for one in form.condition if one.check == "EC041"}
    assert found == {"C.LBC.ALB_INF": "soft", "C.CP.ALBIN": "info", "C.CP.ALBIN_CM": "soft"}


RESULTS = [
    ("F.LBC", "LBC.ALB", "39.9", "40.0", "!ND"), ("F.LBG", "LBG.INR", "1.21", "1.20", "!ND"),
    ("F.LBH", "LBH.PLAT", "124", "125", "!ND"), ("F.LBI", "LBI.X_CD4", "291", "292", "!ND"),
    ("F.LBT", "LBT.X_AFP", "20.01", "20.00", "!ND"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "variable", "outside", "inside", "missing"), RESULTS, ids=[r[1] for r in RESULTS]
)
def test_significance_is_missing_for_a_result_outside_its_range(
    fill: Fill, form: str, variable: str, outside: str, inside: str, missing: str
) -> None:
    """EC009: a result out of range is not complete before its clinical significance is judged."""
    judged = f"I.{variable}_CLSIG"

    def empty(values: dict[str, str]) -> bool:
        return any(local.endswith(judged) for local in fill(form, values).empty_mandatory)

    assert empty({variable: outside})
    assert not empty({variable: outside, f"{variable}_CLSIG": "N"})
    assert not empty({variable: inside})
    assert not empty({variable: missing})


def test_every_typed_result_has_its_question_about_significance(study: Study) -> None:
    results = [item for form in study.form for item in form.items.values() if item.lab]
    assert len(results) > 60
    for item in results:
        significance = study.form_of_item[item.oid].items[f"{item.oid}_CLSIG"]
        assert significance.mandatory_when == f"flag.{item.variable} in ['L', 'H']"


@pytest.mark.parametrize(
    ("variable", "baseline", "value", "grade"),
    [
        ("ALT", "50", "50", 0), ("ALT", "50", "51", 1), ("ALT", "50", "250", 2), ("ALT", "50", "251", 3),
        ("ALT", "50", "1001", 4), ("ALT", "100", "149", 0), ("ALT", "100", "150", 1), ("ALT", "100", "301", 2),
        ("AST", "80", "401", 3), ("AST", "40", "801", 4), ("ALP", "125", "126", 1), ("ALP", "125", "626", 3),
        ("ALP", "200", "399", 0), ("ALP", "200", "400", 1), ("ALP", "200", "501", 2), ("BILI", "20.0", "26.1", 1),
        ("BILI", "20.0", "78.1", 3), ("BILI", "50.0", "50.1", 1), ("BILI", "50.0", "75.1", 2), ("BILI", "50.0", "500.1", 4),
    ],
)  # fmt: skip
def test_suggested_grade_counts_by_the_baseline(
    fill: Fill, variable: str, baseline: str, value: str, grade: int
) -> None:
    """The CTCAE v5 table of the study facts; upper limits of a man: ALT 50, AST 40, ALP 125, bilirubin 26."""
    state = fill("F.LBC", {f"LBC.{variable}": value}, subject={"SEX": "M", "AGE": "50"},
                 baseline={f"LBC.{variable}": baseline})  # fmt: skip
    (found,) = [one.grade for one in state.items.values() if one.item.oid == f"I.LBC.{variable}"]
    assert found is not None
    assert found.grade == grade


REQUIRED = [
    ("LBV.X_HBSAG", lbv(_event={"OID": "SE.SCR"}), lbv(_event={"OID": "SE.V5"})),
    ("LBV.X_HBEAG", lbv(_event={"OID": "SE.SCR"}), lbv(_event={"OID": "SE.V5"})),
    ("LBV.X_HBVDNA", lbv(X_HBVTND="N"), lbv(X_HBVTND="Y")),
    ("LBS.HCG", lbs(_subject={"SEX": "F", "CHILDPOT": "Y"}), lbs(_subject={"SEX": "F", "CHILDPOT": "N"})),
    ("LBS.HCG", lbs(_subject={"SEX": "F", "CHILDPOT": "Y"}), lbs(_subject={"SEX": "M"})),
    ("QS36.QSTIM", qs36(_event={"OID": "SE.V1"}), qs36(_event={"OID": "SE.V5"})),
    *((f"{name}.LBTIM", of(name)(_event={"OID": "SE.V1"}), of(name)(_event={"OID": "SE.V5"}))
      for name in ("LBC", "LBG", "LBH", "LBI", "LBV", "LBS")),
    *((f"{name}.LBREASND", of(name)(LBPERF="N"), of(name)(LBPERF="Y"))
      for name in ("LBC", "LBG", "LBH", "LBI", "LBV", "LBS", "LBT")),
    ("QS36.QSREASND", qs36(QSPERF="N"), qs36(QSPERF="Y")),
]  # fmt: skip


@pytest.mark.parametrize(("variable", "needed", "not_needed"), REQUIRED, ids=[row[0] for row in REQUIRED])
def test_conditional_requirement_follows_its_condition(
    fill: Fill, variable: str, needed: Case, not_needed: Case
) -> None:
    states = [fill(**one) for one in (needed, not_needed)]
    found = [any(one.item.oid == f"I.{variable}" for one in state.required) for state in states]
    assert found == [True, False]
