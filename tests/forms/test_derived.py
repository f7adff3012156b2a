"""Derived values of the study from its definitions: vectors, bounds, and null when a part is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crf_app.model.definition import Study
from crf_app.rules.facts import FormState

Fill = Callable[..., FormState]
VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).resolve().parents[1] / "rules" / "vectors.json").read_text("utf-8")
)
LABS = {"bili": "LBC.BILI", "alb": "LBC.ALB", "creat": "LBC.CREAT", "na": "LBC.SODIUM", "inr": "LBG.INR",
        "pt_prol": "LBG.X_PTPROL"}  # fmt: skip


def value(state: FormState, variable: str) -> str | None:
    (found,) = [one.answer.value for one in state.items.values() if one.item.oid == f"I.{variable}"]
    assert not [finding for finding in state.findings if finding.check.startswith("ERR.")], state.findings
    return found


def labs(vector: dict[str, Any]) -> dict[str, str]:
    return {name: str(vector[key]) for key, name in LABS.items() if vector.get(key) is not None}


@pytest.mark.parametrize("vector", VECTORS["child_pugh"], ids=lambda one: one["id"])
def test_child_pugh(fill: Fill, vector: dict[str, Any]) -> None:
    values = {"CP.X_HEGRD": str(vector["he"]), "CP.X_ASCG": str(vector["asc"])}
    values["CP.X_CPCOAG"] = "PT" if vector["inr"] is None else "INR"
    state = fill("F.CP", values, visit=labs(vector))
    assert (value(state, "CP.CPS0106"), value(state, "CP.CPS0107")) == (str(vector["total"]), vector["cls"])
    assert [value(state, "CP.CPS0105A"), value(state, "CP.CPS0105B")].count(None) == 1


MELD = [
    (kind, item, key, vector)
    for kind, item, key in (
        ("meld", "X_MELD", "meld"), ("meld", "X_MELDRAW", "raw"), ("meld_na", "X_MELDNA", "meld_na"),
        ("meld3", "X_MELD3", "meld3"), ("albi", "X_ALBI", "score"), ("albi", "X_ALBIG", "grade"),
    )
    for vector in VECTORS[kind]
]  # fmt: skip


@pytest.mark.parametrize(("kind", "item", "key", "vector"), MELD, ids=[f"{r[1]}-{r[3]['id']}" for r in MELD])
def test_meld_family(fill: Fill, kind: str, item: str, key: str, vector: dict[str, Any]) -> None:
    dialysis = {"MELD.X_DIAL": "Y" if vector.get("dialysis") else "N"}
    subject = {"SEX": vector["sex"]} if "sex" in vector else {}
    found = value(fill("F.MELD", dialysis, visit=labs(vector), subject=subject), f"MELD.{item}")
    assert found is not None
    assert Decimal(found) == Decimal(str(vector[key]))


FULL = {"LBC.BILI": "513", "LBC.CREAT": "500", "LBG.INR": "4.5", "LBC.SODIUM": "122", "LBC.ALB": "18"}


@pytest.mark.parametrize("dialysis", ["Y", "N"])
@pytest.mark.parametrize(
    ("missing", "scores"),
    [("LBC.BILI", ["X_MELD", "X_MELDRAW", "X_MELDNA", "X_MELD3", "X_ALBI", "X_ALBIG"]),
     ("LBC.CREAT", ["X_MELD", "X_MELDRAW", "X_MELDNA", "X_MELD3"]),
     ("LBG.INR", ["X_MELD", "X_MELDRAW", "X_MELDNA", "X_MELD3"]),
     ("LBC.SODIUM", ["X_MELDNA", "X_MELD3"]), ("LBC.ALB", ["X_MELD3", "X_ALBI", "X_ALBIG"])],
)  # fmt: skip
@pytest.mark.parametrize("instead", [None, "!ND", "<5"])
def test_a_score_is_empty_when_a_part_is_missing(
    fill: Fill, missing: str, scores: list[str], dialysis: str, instead: str | None
) -> None:
    visit = {name: text for name, text in FULL.items() if name != missing}
    if instead is not None:
        visit[missing] = instead
    state = fill("F.MELD", {"MELD.X_DIAL": dialysis}, visit=visit, subject={"SEX": "F"})
    every = ["X_MELD", "X_MELDRAW", "X_MELDNA", "X_MELD3", "X_ALBI", "X_ALBIG"]
    assert [name for name in every if value(state, f"MELD.{name}") is None] == scores


def test_a_score_needs_the_answer_about_dialysis_and_the_sex(fill: Fill) -> None:
    assert value(fill("F.MELD", {}, visit=FULL, subject={"SEX": "M"}), "MELD.X_MELD") is None
    assert value(fill("F.MELD", {"MELD.X_DIAL": "N"}, visit=FULL), "MELD.X_MELD3") is None


def test_child_pugh_is_empty_when_a_part_is_missing(fill: Fill) -> None:
    values = {"CP.X_HEGRD": "0", "CP.X_ASCG": "0", "CP.X_CPCOAG": "INR"}
    visit = {"LBC.BILI": "20", "LBC.ALB": "40", "LBG.INR": "1.1", "LBG.X_PTPROL": "3"}
    assert value(fill("F.CP", values, visit=visit), "CP.CPS0106") == "5"
    for name in ("LBC.BILI", "LBC.ALB", "LBG.INR"):
        part = {key: text for key, text in visit.items() if key != name}
        assert value(fill("F.CP", values, visit=part), "CP.CPS0106") is None
    for name in values:
        part = {key: text for key, text in values.items() if key != name}
        assert value(fill("F.CP", part, visit=visit), "CP.CPS0106") is None


def test_prothrombin_prolongation_of_six_seconds_scores_two(fill: Fill) -> None:
    prolonged = value(fill("F.LBG", {"LBG.PT": "16.1", "LBG.X_PTCTL": "10.1"}), "LBG.X_PTPROL")
    assert prolonged == "6.0"
    points = fill("F.CP", {"CP.X_CPCOAG": "PT"}, visit={"LBG.X_PTPROL": prolonged})
    assert value(points, "CP.CPS0105A") == "2"


@pytest.mark.parametrize(
    ("chemistry", "coagulation", "expected"),
    [("2026-10-06", "2026-10-06", "2026-10-06"), ("2026-10-06", "2026-10-07", "2026-10-07"),
     ("2026-10-08", "2026-10-07", "2026-10-08"), ("2026-10-06", "2026-10-09", None)],
)  # fmt: skip
def test_date_of_labs_used_is_the_later_one_and_empty_when_far_apart(
    fill: Fill, chemistry: str, coagulation: str, expected: str | None
) -> None:
    state = fill("F.MELD", {}, visit={"LBC.LBDAT": chemistry, "LBG.LBDAT": coagulation})
    assert value(state, "MELD.X_MDAT") == expected


def test_body_mass_index_uses_the_last_height(fill: Fill) -> None:
    assert value(fill("F.VS", {"VS.WEIGHT": "62", "VS.HEIGHT": "170"}), "VS.BMI") == "21.5"
    assert value(fill("F.VS", {"VS.WEIGHT": "62"}, previous={"VS.HEIGHT": "170"}), "VS.BMI") == "21.5"
    assert value(fill("F.VS", {"VS.WEIGHT": "62"}), "VS.BMI") is None


def test_protein_and_bilirubin_differences(fill: Fill) -> None:
    state = fill("F.LBC", {"LBC.ALB": "31.2", "LBC.PROT": "66.4", "LBC.BILI": "41.6", "LBC.BILDIR": "19.8"})
    found = [value(state, f"LBC.{name}") for name in ("GLOBUL", "X_AG", "BILIND")]
    assert found == ["35.2", "0.89", "21.8"]
    same = fill("F.LBC", {"LBC.ALB": "60", "LBC.PROT": "60"})
    assert (value(same, "LBC.GLOBUL"), value(same, "LBC.X_AG")) == ("0.0", None)


SCALES = ("PF", "RP", "RE", "EF", "EW", "SF", "BP", "GH", "HT")


@pytest.mark.parametrize("vector", VECTORS["rand36"], ids=lambda one: one["id"])
def test_rand_36(fill: Fill, vector: dict[str, Any]) -> None:
    """A blank item is left out of the mean; a scale without any answer has no score."""
    state = fill("F.QS36", {f"QS36.{name}": str(code) for name, code in vector["codes"].items()})
    found = {scale: value(state, f"QS36.R36_{scale}") for scale in SCALES}
    assert found == dict.fromkeys(SCALES) | vector["scales"]


#: items by their recoding, best answer first; study facts 6.6
RECODED = [
    ((1, 2, 20, 22, 34, 36), (100, 75, 50, 25, 0)), (range(3, 13), (0, 50, 100)), (range(13, 20), (0, 100)),
    ((21, 23, 26, 27, 30), (100, 80, 60, 40, 20, 0)), ((24, 25, 28, 29, 31), (0, 20, 40, 60, 80, 100)),
    ((32, 33, 35), (0, 25, 50, 75, 100)),
]  # fmt: skip
SCALE_OF = {
    "PF": range(3, 13), "RP": range(13, 17), "RE": range(17, 20), "EF": (23, 27, 29, 31),
    "EW": (24, 25, 26, 28, 30), "SF": (20, 32), "BP": (21, 22), "GH": (1, 33, 34, 35, 36), "HT": (2,),
}  # fmt: skip


def test_every_item_of_rand_36_counts_once_with_its_own_recoding(fill: Fill, study: Study) -> None:
    """One answered item is the score of its scale: 36 items, every code; the next code is out of range."""
    seen = 0
    for items, values in RECODED:
        for number in items:
            seen += 1
            (scale,) = [name for name, one in SCALE_OF.items() if number in one]
            item = f"QS36.R36_{number:02d}"
            for code, expected in enumerate(values, 1):
                state = fill("F.QS36", {item: str(code)})
                scores = {name: value(state, f"QS36.R36_{name}") for name in SCALES}
                assert scores == dict.fromkeys(SCALES) | {scale: f"{expected}.0"}, (item, code)
            limits = [one.value for one in study.forms["F.QS36"].items[f"I.{item}"].range_check]
            assert limits == ["1", str(len(values))]
    assert seen == 36


def test_the_survey_ships_no_words_of_its_items(study: Study) -> None:
    for number in range(1, 37):
        question = study.forms["F.QS36"].items[f"I.QS36.R36_{number:02d}"].question
        assert (question.en, question.zh) == (f"Item {number}", f"第{number}题")


def test_subset_ratio_and_viral_load(fill: Fill) -> None:
    assert value(fill("F.LBI", {"LBI.X_CD4": "452", "LBI.X_CD8": "310"}), "LBI.X_CD48") == "1.46"
    assert value(fill("F.LBI", {"LBI.X_CD4": "452", "LBI.X_CD8": "0"}), "LBI.X_CD48") is None
    for typed, log in (("20", "1.30"), ("230000", "5.36"), ("<20", None), ("0", None), ("!ND", None)):
        assert value(fill("F.LBV", {"LBV.X_HBVDNA": typed}), "LBV.X_HBVLOG") == log
    none = fill("F.LBV", {"LBV.X_HBVTND": "Y", "LBV.X_HBVDNA": "20"})
    assert value(none, "LBV.X_HBVLOG") is None


@pytest.mark.parametrize(
    ("birth", "consent", "age"),
    [("1974-03-10", "2026-03-09", "51"), ("1974-03-10", "2026-03-10", "52"), ("1974-03", "2026-02-28", "51"),
     ("1974-03", "2026-03-01", "52"), ("1974", "2026-03-01", None)],
)  # fmt: skip
def test_age_is_whole_years_at_consent(fill: Fill, birth: str, consent: str, age: str | None) -> None:
    state = fill("F.DM", {"DM.BRTHDAT": birth}, visit={"IC.DSSTDAT_IC": consent})
    assert value(state, "DM.AGE") == age


@pytest.mark.parametrize(
    ("cells", "infused", "weight", "delivered", "per_kg"),
    [("25000000", "98", "62", "24500000", "395000"), ("52000000", "100", "", "52000000", None),
     ("100000000", "85", "", "85000000", None), ("123456789", "100", "", "123000000", None)],
)  # fmt: skip
def test_delivered_cells_keep_three_digits(
    fill: Fill, cells: str, infused: str, weight: str, delivered: str, per_kg: str | None
) -> None:
    values = {"EX.ECYN": "Y", "EX.X_CELLS": cells, "EX.X_VOLINF": infused, "EX.X_BAGVOL": "100"}
    state = fill("F.EX", values, visit={"VS.WEIGHT": weight} if weight else {})
    assert (value(state, "EX.X_DOSEDEL"), value(state, "EX.X_DOSEKG")) == (delivered, per_kg)


def test_infusion_times_rate_and_fixed_values(fill: Fill) -> None:
    values = {
        "EX.ECYN": "Y", "EX.X_PRODFRM": "FROZEN", "EX.X_THAWDTM": "2026-10-06T23:40",
        "EX.ECSTDAT": "2026-10-06",
        "EX.ECSTTIM": "23:50", "EX.ECENDAT": "2026-10-07", "EX.ECENTIM": "00:35", "EX.X_VOLINF": "98",
        "EX.X_CELLS": "51000000", "EX.X_VIAB": "91.5",
    }  # fmt: skip
    state = fill("F.EX", values, event={"OID": "SE.V2"}, dose="50000000")
    names = ("X_DUR", "X_THAWEND", "X_RATEAVG", "X_VCELLS", "ECDOSE", "X_INFNO", "ECTRT", "ECROUTE")
    assert [value(state, f"EX.{name}") for name in names] == [
        "45", "55", "130.7", "46665000", "50000000", "2", "hUC-MSC", "INTRAVENOUS",
    ]  # fmt: skip
    still = fill("F.EX", values | {"EX.ECENDAT": "2026-10-06", "EX.ECENTIM": "23:50"})
    assert value(still, "EX.X_RATEAVG") is None


INFUSIONS = {"DAY1": "2026-10-06", "INF1TIM": "10:00", "INF2": "2026-10-13", "INF2TIM": "11:00"}


@pytest.mark.parametrize(
    ("start", "time", "hours", "emergent"),
    [("2026-10-06", "10:00", "0.0", "Y"), ("2026-10-06", "09:59", None, "N"), ("2026-10-06", "", None, "Y"),
     ("2026-10-07", "10:30", "24.5", "Y"), ("2026-10-13", "10:59", "169.0", "Y"),
     ("2026-10-13", "12:00", "1.0", "Y"), ("2026-10-20", "", None, "Y"),
     ("2026-10", "", None, "Y"), ("2026-09", "", None, "N"), ("2026-10-05", "12:00", None, "N")],
)  # fmt: skip
def test_event_is_placed_against_the_last_infusion(
    fill: Fill, start: str, time: str, hours: str | None, emergent: str
) -> None:
    values = {"AE.AEYN": "Y", "AE.AESTDAT": start} | ({"AE.AESTTIM": time} if time else {})
    state = fill("F.AE", values, subject=INFUSIONS)
    assert (value(state, "AE.X_AETTO"), value(state, "AE.X_AETRT")) == (hours, emergent)


def test_severity_follows_the_grade(fill: Fill) -> None:
    found = [value(fill("F.AE", {"AE.AEYN": "Y", "AE.AETOXGR": grade}), "AE.AESEV") for grade in "12345"]
    assert found == ["MILD", "MODERATE", "SEVERE", "SEVERE", "SEVERE"]
    assert value(fill("F.AE", {"AE.AEYN": "Y"}), "AE.AESEV") is None
