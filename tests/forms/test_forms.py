"""The study that ships: counts by hand, both languages, requirements, visits, units."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef
from crf_app.model.load import load
from crf_app.model.schedule import deviation, planned_date
from crf_app.rules.facts import FormState

Fill = Callable[..., FormState]
FOLDER = Path(__file__).resolve().parents[2] / "forms" / "hucmsc"

#: form → (typed or derived items, of them derived, laboratory results, groups), counted in the study facts
COUNTS = {
    "F.SV": (8, 0, 0, 1),
    "F.IC": (9, 0, 0, 2),
    "F.DM": (8, 1, 0, 1),
    "F.IE": (43, 19, 0, 3),  # 20 criteria, 18 of them with a suggestion, and one of the whole
    "F.MHL": (17, 0, 0, 3),
    "F.MH": (6, 0, 0, 2),
    "F.SU": (4, 0, 0, 1),
    "F.GA": (6, 0, 0, 1),
    "F.VS": (16, 1, 0, 2),
    "F.PE": (9, 0, 0, 4),
    "F.LBC": (36, 3, 26, 9),
    "F.LBG": (17, 1, 8, 3),
    "F.LBH": (18, 0, 11, 3),
    "F.LBI": (22, 1, 14, 4),
    "F.LBV": (17, 1, 3, 6),
    "F.LBS": (11, 0, 0, 3),
    "F.LBT": (8, 0, 1, 3),
    "F.EG": (14, 2, 0, 2),
    "F.IMU": (19, 1, 0, 4),
    "F.IMC": (20, 1, 0, 4),
    "F.IMM": (20, 1, 0, 4),
    "F.QS36": (51, 9, 0, 4),
    "F.CP": (17, 8, 0, 3),
    "F.MELD": (10, 7, 0, 3),
    "F.EX": (62, 11, 0, 8),
    "F.VSI": (12, 0, 0, 2),
    "F.AE": (31, 3, 0, 2),
    "F.SAE": (11, 1, 0, 1),
    "F.CM": (20, 0, 0, 2),
    "F.PR": (10, 0, 0, 2),
    "F.SS": (15, 0, 0, 3),
    "F.DD": (7, 0, 0, 1),
    "F.DV": (7, 0, 0, 2),
    "F.DST": (3, 1, 0, 1),
    "F.DSS": (5, 0, 0, 1),
    "F.SIGN": (3, 0, 0, 1),
}

BODY = ["F.VS", "F.PE"]
LABS = ["F.LBC", "F.LBG", "F.LBH"]
IMAGING = ["F.EG", "F.IMU", "F.IMC", "F.IMM"]
SCORES = ["F.CP", "F.MELD"]
LATER = ["F.SV", *BODY, *LABS, "F.LBI", "F.LBV", "F.LBT", *IMAGING, *SCORES, "F.QS36"]
INFUSION = ["F.EX", "F.VSI"]
VISITS = {
    "SE.SCR": [
        "F.SV", "F.IC", "F.DM", "F.IE", "F.MHL", "F.MH", "F.SU", *BODY, *LABS, "F.LBI", "F.LBV", "F.LBS",
        "F.LBT", *IMAGING, *SCORES,
    ],
    "SE.V1": [
        "F.SV", "F.GA", *BODY, *LABS, "F.LBI", "F.LBV", "F.LBS", *IMAGING, *SCORES, "F.QS36", *INFUSION,
    ],
    "SE.V2": ["F.SV", *BODY, *LABS, "F.LBI", *IMAGING, *SCORES, *INFUSION],
    "SE.V3": ["F.SV", *BODY, *LABS, "F.LBI", *IMAGING, *SCORES, *INFUSION],
    "SE.V4": ["F.SV", *BODY, *LABS, "F.LBI", *IMAGING, *SCORES, "F.QS36"],
    "SE.V5": LATER,
    "SE.V6": LATER,
    "SE.V7": LATER,
    "SE.V8": LATER,
    "SE.S1": ["F.SV", "F.SS"],
    "SE.S2": ["F.SV", "F.SS"],
    "SE.S3": ["F.SV", "F.SS"],
    "SE.UNS": ["F.SV", *BODY, *LABS, "F.LBI", "F.LBV", "F.LBS", "F.LBT", *IMAGING, *SCORES],
    "SE.LOG": ["F.AE", "F.SAE", "F.CM", "F.PR", "F.DD", "F.DV", "F.DST", "F.DSS", "F.SIGN"],
}  # fmt: skip


def test_the_study_holds_what_was_counted_by_hand(study: Study) -> None:
    assert set(study.forms) == set(COUNTS)
    for oid, (items, derived, results, groups) in COUNTS.items():
        form = study.forms[oid]
        own = [item for item in form.items.values() if item.companion_of is None]
        assert (
            len(own),
            sum(item.derived for item in own),
            sum(item.lab for item in own),
            len(form.item_group),
        ) == (items, derived, results, groups), oid
        assert len(form.items) == items + 2 * results
    # 56 of section 5 without operator and range indicator, which are readings, and nine of the study's own
    assert len(study.code_lists) == 63
    assert {event.oid: list(event.form_oids) for event in study.event} == VISITS


def test_loading_twice_gives_the_same_bytes(study: Study) -> None:
    assert load(FOLDER).study.canonical_bytes() == study.canonical_bytes()


def test_every_oid_has_its_place(study: Study) -> None:
    places = load(FOLDER).places
    for form in study.form:
        oids = [form.oid, *form.items, *form.methods, *(one.oid for one in form.condition)]
        assert all(oid in places for oid in oids + [group.oid for group in form.item_group])
        assert places[form.oid].file == f"{form.oid.removeprefix('F.').lower()}.toml"
    lines = (FOLDER / "vs.toml").read_text("utf-8").splitlines()
    assert lines[places["I.VS.SYSBP"].line - 1] == 'oid = "I.VS.SYSBP"'
    assert places["I.LBC.ALB_CLSIG"] == places["I.LBC.ALB"]
    assert places["C.EC001.VS.VSDAT"] == places["C.EC001"]
    assert places["C.EC001"].file == "study.toml"


def texts(node: object) -> Iterator[Text]:
    """Every Text of the study."""
    if isinstance(node, Text):
        yield node
    elif isinstance(node, tuple):
        for one in node:
            yield from texts(one)
    elif hasattr(type(node), "model_fields"):
        for name in type(node).model_fields:
            yield from texts(getattr(node, name))


#: words that are the same in both languages: names of scores and numbers
SAME = re.compile(r"(INR|m?g|µg|mL|ALT|AST|MELD|18 G|1\dG|2\dG|[0-9./ \-A-Z]+|10\.4240/.*)\Z")


def test_every_text_says_something_in_both_languages(study: Study) -> None:
    found = list(texts(study))
    assert len(found) > 700
    for text in found:
        assert text.en.strip() and text.zh.strip()
        assert not re.search(r"[\u4e00-\u9fff]", text.en), text.en
        assert re.search(r"[\u4e00-\u9fff]", text.zh) or SAME.match(text.zh) or text.zh.startswith("World"), (
            text
        )


def test_messages_keep_the_house_wording(study: Study) -> None:
    for form in study.form:
        for condition in form.condition:
            assert not re.search(r"\b(error|invalid|please|successfully)\b|!", condition.message.en, re.I)
            assert condition.message.en.endswith(".")
            assert condition.message.zh.endswith("。")
            assert re.search(r"\{[^}]+\}", condition.message.en), condition.oid


#: every `C:` requirement of the study facts: item → (values that make it required, values that do not)
REQUIRED_WHEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "SV.SVSTDAT": ({"SV.SVOCCUR": "Y"}, {"SV.SVOCCUR": "N"}),
    "SV.SVREASOC": ({"SV.SVOCCUR": "N"}, {"SV.SVOCCUR": "Y"}),
    "SV.SVCNTMOD": ({"SV.SVOCCUR": "Y"}, {"SV.SVOCCUR": "N"}),
    "SV.X_SVINPT": ({"SV.SVOCCUR": "Y"}, {"SV.SVOCCUR": "N"}),
    "SV.SVUPDES": ({"event": {"OID": "SE.UNS"}}, {"event": {"OID": "SE.V1"}}),
    "IC.X_ICGNAM": ({"IC.X_ICSIGN": "GUARD"}, {"IC.X_ICSIGN": "SUBJ"}),
    "DM.X_CHILDPOT": ({"DM.SEX": "F"}, {"DM.SEX": "M"}),
    "VS.VSREASND": ({"VS.VSPERF": "N"}, {"VS.VSPERF": "Y"}),
    "VS.HEIGHT": ({"event": {"OID": "SE.SCR"}}, {"event": {"OID": "SE.V4"}}),
    "VSI.VSREASND": ({"VSI.VSPERF": "N"}, {"VSI.VSPERF": "Y"}),
    "LBC.LBREASND": ({"LBC.LBPERF": "N"}, {"LBC.LBPERF": "Y"}),
    "LBC.LBTIM": ({"event": {"OID": "SE.V2"}}, {"event": {"OID": "SE.V4"}}),
    "LBC.ALB_CLSIG": ({"LBC.ALB": "39.9"}, {"LBC.ALB": "40"}),
    "LBG.LBREASND": ({"LBG.LBPERF": "N"}, {"LBG.LBPERF": "Y"}),
    "LBG.X_PTCTL": ({"visit": {"CP.X_CPCOAG": "PT"}}, {"visit": {"CP.X_CPCOAG": "INR"}}),
    "CP.RSREASND": ({"CP.RSPERF": "N"}, {"CP.RSPERF": "Y"}),
    "MELD.RSREASND": ({"MELD.RSPERF": "N"}, {"MELD.RSPERF": "Y"}),
    "EX.X_ECREASND": ({"EX.ECYN": "N"}, {"EX.ECYN": "Y"}),
    "EX.X_THAWDTM": ({"EX.X_PRODFRM": "FROZEN"}, {"EX.X_PRODFRM": "FRESH"}),
    "EX.ECSTDAT": ({"EX.ECYN": "Y"}, {"EX.ECYN": "N"}),
    "EX.ECSTTIM": ({"EX.ECYN": "Y"}, {"EX.ECYN": "N"}),
    "EX.ECENDAT": ({"EX.ECYN": "Y"}, {"EX.ECYN": "N"}),
    "EX.ECENTIM": ({"EX.ECYN": "Y"}, {"EX.ECYN": "N"}),
    "EX.X_VOLINF": ({"EX.ECYN": "Y"}, {"EX.ECYN": "N"}),
    "EX.X_INTSTT": ({"EX.ECYN": "Y", "EX.X_INTERR": "Y"}, {"EX.ECYN": "Y", "EX.X_INTERR": "N"}),
    "EX.X_INTEND": ({"EX.ECYN": "Y", "EX.X_INTERR": "Y"}, {"EX.ECYN": "Y", "EX.X_INTERR": "N"}),
    "EX.X_INTRSN": ({"EX.ECYN": "Y", "EX.X_INTERR": "Y"}, {"EX.ECYN": "Y", "EX.X_INTERR": "N"}),
    "EX.ECADJ": ({"EX.ECYN": "Y", "EX.ECDOSADJ": "Y"}, {"EX.ECYN": "Y", "EX.ECDOSADJ": "N"}),
    "EX.X_REACTYP": ({"EX.ECYN": "Y", "EX.X_REACT": "Y"}, {"EX.ECYN": "Y", "EX.X_REACT": "N"}),
    "AE.AESTTIM": (
        {"AE.AEYN": "Y", "AE.AESTDAT": "2026-10-06", "subject": {"INF2": "2026-10-06"}},
        {"AE.AEYN": "Y", "AE.AESTDAT": "2026-10-07", "subject": {"INF2": "2026-10-06"}},
    ),
    "AE.AEENDAT": ({"AE.AEYN": "Y", "AE.AEONGO": "N"}, {"AE.AEYN": "Y", "AE.AEONGO": "Y"}),
    "AE.X_AEEXP": ({"AE.AEYN": "Y", "AE.AESER": "Y"}, {"AE.AEYN": "Y", "AE.AESER": "N"}),
} | {
    f"AE.{name}": ({"AE.AEYN": "Y", "AE.AESER": "Y"}, {"AE.AEYN": "Y", "AE.AESER": "N"})
    for name in ("AESDTH", "AESLIFE", "AESHOSP", "AESDISAB", "AESCONG", "AESMIE")
}


@pytest.mark.parametrize("variable", list(REQUIRED_WHEN))
def test_conditional_requirement_follows_its_condition(fill: Fill, study: Study, variable: str) -> None:
    form = study.form_of_item[f"I.{variable}"]
    item = form.items[f"I.{variable}"]
    group = form.group_of[item.oid]
    assert item.mandatory_when or item.collect_when or group.collect_when
    states = [required(fill, form, variable, given) for given in REQUIRED_WHEN[variable]]
    assert states == [True, False]


def required(fill: Fill, form: FormDef, variable: str, given: dict[str, Any]) -> bool:
    outside = {key: given[key] for key in ("event", "visit", "subject") if key in given}
    values = {key: text for key, text in given.items() if key not in outside}
    state = fill(form.oid, values, **outside)
    return any(one.item.oid == f"I.{variable}" for one in state.required)


def test_gate_closes_a_form_and_an_unanswered_gate_leaves_it_open(fill: Fill) -> None:
    for form, gate in (("F.VS", "VS.VSPERF"), ("F.LBC", "LBC.LBPERF"), ("F.CP", "CP.RSPERF")):
        assert len(fill(form, {gate: "N"}).required) == 2
        assert len(fill(form, {}).required) > 5
        assert len(fill(form, {gate: "Y"}).required) > 5


DAY1 = date(2026, 3, 2)
PLANNED = {
    "SE.V1": "2026-03-02", "SE.V2": "2026-03-09", "SE.V3": "2026-03-16", "SE.V4": "2026-03-23",
    "SE.V5": "2026-03-30", "SE.V6": "2026-04-27", "SE.V7": "2026-05-25", "SE.V8": "2026-08-17",
    "SE.S1": "2027-03-02", "SE.S2": "2027-09-02", "SE.S3": "2028-03-02",
}  # fmt: skip
WINDOWS = {
    "SE.V1": (0, 0), "SE.V2": (1, 1), "SE.V3": (1, 1), "SE.V4": (2, 2), "SE.V5": (3, 3), "SE.V6": (5, 5),
    "SE.V7": (7, 7), "SE.V8": (7, 7), "SE.S1": (30, 30), "SE.S2": (30, 30), "SE.S3": (30, 30),
}  # fmt: skip


def test_visits_are_planned_as_the_study_facts_say(study: Study) -> None:
    for oid, day in PLANNED.items():
        event = study.events[oid]
        assert planned_date(event, DAY1) == date.fromisoformat(day)
        assert (event.before, event.after) == WINDOWS[oid]
        assert event.source is not None and ("A" in event.source or oid == "SE.V1")
    screening = study.events["SE.SCR"]
    assert (screening.from_day, screening.to_day) == (-28, -1)
    assert study.events["SE.UNS"].repeating
    assert study.events["SE.LOG"].type == "Common"


@pytest.mark.parametrize(
    ("actual", "day"),
    [("2026-02-20", -10), ("2026-03-01", -1), ("2026-03-02", 1), ("2026-03-09", 8), ("2026-03-30", 29),
     ("2026-04-27", 57), ("2026-05-25", 85), ("2026-08-17", 169), ("2027-03-02", 366), ("2027-09-02", 550),
     ("2028-03-02", 732)],
)  # fmt: skip
def test_study_days_of_the_study_facts(study: Study, actual: str, day: int) -> None:
    window = deviation(study.events["SE.UNS"], date.fromisoformat(actual), DAY1, today=date(2026, 11, 22))
    assert window.day == day


def test_windows_of_planned_visits_do_not_overlap(study: Study) -> None:
    spans = []
    for oid in PLANNED:
        window = deviation(study.events[oid], None, DAY1, today=DAY1)
        assert window.earliest is not None and window.latest is not None
        spans.append((window.earliest, window.latest))
    assert all(earlier[1] < later[0] for earlier, later in pairwise(spans))


def test_groups_of_the_trial(study: Study) -> None:
    assert [(arm.code, arm.dose, arm.planned) for arm in study.arms] == [
        ("LOW", "25000000", 8), ("MED", "50000000", 8), ("HIGH", "100000000", 8),
    ]  # fmt: skip
    assert [arm.code for arm in study.arms] == list(study.code_lists["CL.ARM"].by_code)
    assert sum(arm.planned for arm in study.arms) == study.planned_subjects


def test_every_number_with_a_dimension_has_its_unit(study: Study) -> None:
    bare = {
        item.oid
        for form in study.form
        for item in form.items.values()
        if item.data_type in ("integer", "decimal") and item.unit is None
    }
    assert bare == {
        "I.GA.X_ENRNO", "I.EX.X_INFNO", "I.EX.X_PASSAGE", "I.MELD.X_MELD", "I.MELD.X_MELDRAW",
        "I.MELD.X_MELDNA", "I.MELD.X_MELD3", "I.MELD.X_ALBI", "I.MELD.X_ALBIG",
        *(f"I.QS36.R36_{number:02d}" for number in range(1, 37)),
    }  # fmt: skip


def test_soft_limits_lie_within_hard_limits(study: Study) -> None:
    for form in study.form:
        for item in form.items.values():
            limits = {(one.soft_hard, one.comparator): float(one.value) for one in item.range_check}
            for comparator, sign in (("GE", 1), ("LE", -1)):
                soft, hard = limits.get(("Soft", comparator)), limits.get(("Hard", comparator))
                assert soft is None or hard is None or sign * soft >= sign * hard, item.oid
