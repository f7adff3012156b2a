"""From screening to survival with the real actions: what a subject's state closes, says, and counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crf_app.actions.casebook import casebook, header
from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_form, enter_value
from crf_app.actions.flow import flow
from crf_app.actions.form_page import form_page
from crf_app.actions.rows import add_row
from crf_app.actions.subjects import add_subject, add_visit, subjects
from crf_app.errors import CrfError, ValueRejected, WrongState
from crf_app.model.definition import ConsentVersion
from crf_app.model.keys import FormKey, ItemKey

CONSENT = "IG.IC/I.IC.DSSTDAT_IC"
DAY = {"SE.V1": "2024-02-01", "SE.V2": "2024-02-08", "SE.V3": "2024-02-15", "SE.V8": "2024-07-18"}


def put(session: Any, uid: str, event: str, form: str, **answers: str) -> None:
    """Answers of one form by the variable's last part."""
    definition = session.study.forms[f"F.{form}"]
    cells = {f"I.{form}.{name}": text for name, text in answers.items()}
    places = {f"{definition.group_of[oid].oid}/{oid}": text for oid, text in cells.items()}
    enter_form(session, FormKey(uid, event, f"F.{form}"), places)


def infuse(session: Any, uid: str, *events: str) -> None:
    for event in events:
        put(session, uid, event, "EX", ECYN="Y", ECSTDAT=DAY[event])


def cell(session: Any, uid: str, event: str, form: str) -> str:
    return casebook(session, uid).cells[event, form].state


def state(session: Any, uid: str) -> str:
    return next(one.status for one in subjects(session) if one.uid == uid)


@pytest.mark.requirement("demand 3")
def test_no_form_opens_before_consent_and_the_refusal_is_recorded(nurse, records):
    uid = add_subject(nurse, "ZN001").subject
    vital, end = FormKey(uid, "SE.SCR", "F.VS"), nurse.store.end.seq
    with pytest.raises(WrongState) as refusal:
        put(nurse, uid, "SE.SCR", "VS", SYSBP="128")
    assert refusal.value.exit_code == 3 and refusal.value.details["status"] == "PRECONSENT"
    assert "consent" in refusal.value.sentence("en") and "知情同意" in refusal.value.sentence("zh")
    (record,) = records(nurse, after=end)
    said = json.loads(record.value)
    assert (record.kind, said["code"], said["where"]) == ("session.refuse", "status.PRECONSENT", str(vital))
    assert "128" not in record.value
    assert {one.state for one in casebook(nurse, uid).cells.values()} == {"closed", "todo"}
    assert [key for key, one in casebook(nurse, uid).cells.items() if one.state == "todo"] == [
        ("SE.SCR", "F.IC")
    ]
    put(nurse, uid, "SE.SCR", "IC", DSSTDAT_IC="2024-01-05")
    put(nurse, uid, "SE.SCR", "VS", VSPERF="Y", SYSBP="128")
    assert cell(nurse, uid, "SE.SCR", "F.VS") == "started"


def test_rows_completion_and_extra_visits_are_held_back_too(nurse):
    uid = add_subject(nurse, "ZN001").subject
    for act in (
        lambda: add_row(nurse, FormKey(uid, "SE.LOG", "F.AE"), "IG.AE"),
        lambda: complete_form(nurse, FormKey(uid, "SE.SCR", "F.PE")),
        lambda: add_visit(nurse, uid, "SE.UNS", "felt unwell"),
    ):
        with pytest.raises(WrongState, match="consent"):
            act()


def test_a_form_that_is_closed_shows_why_and_offers_no_entry(nurse):
    uid = add_subject(nurse, "ZN001").subject
    page = form_page(nurse, FormKey(uid, "SE.SCR", "F.VS"))
    assert page.closed is not None and "consent" in page.closed.en and "知情同意" in page.closed.zh
    assert not page.may & {"enter", "complete"} and page.open_points == ()
    assert {line.status for line in page.lines} <= {"no_right", "hidden", "derived"}
    open_page = form_page(nurse, FormKey(uid, "SE.SCR", "F.IC"))
    assert open_page.closed is None and "enter" in open_page.may


def test_what_was_begun_stays_open_for_correction(nurse, new_subject, at):
    uid = new_subject(nurse, consent="2024-01-05")
    put(nurse, uid, "SE.SCR", "VS", VSPERF="Y", SYSBP="128")
    at.uid = uid
    enter_value(nurse, at("SE.SCR", "IC.DSSTDAT_IC"), "", reason="entered for another person")
    assert state(nurse, uid) == "PRECONSENT"
    enter_value(nurse, at("SE.SCR", "VS.SYSBP"), "129")
    enter_value(nurse, at("SE.SCR", "IC.DSSTDAT_IC"), "2024-01-05", reason="it was this person")
    assert cell(nurse, uid, "SE.SCR", "F.VS") == "started"


@pytest.mark.requirement("demand 3")
def test_a_screen_failure_closes_what_comes_after_screening(nurse, new_subject):
    uid = new_subject(nurse, consent="2024-01-05")
    put(nurse, uid, "SE.SCR", "IE", IEYN="N", X_SCRFAIL="Y")
    assert state(nurse, uid) == "SCREENFAIL"
    with pytest.raises(WrongState, match="Screen failure"):
        put(nurse, uid, "SE.V1", "GA", ARMCD="LOW")
    assert cell(nurse, uid, "SE.SCR", "F.DM") == "todo" and cell(nurse, uid, "SE.S3", "F.SS") == "closed"
    assert cell(nurse, uid, "SE.LOG", "F.DSS") == "todo" and cell(nurse, uid, "SE.LOG", "F.DST") == "closed"
    put(nurse, uid, "SE.LOG", "DSS", DSDECOD="SCREEN FAILURE")
    (line,) = [one for one in subjects(nurse) if one.uid == uid]
    assert (line.state.zh, line.next_event.en, line.next_due) == ("筛选失败", "Screening", "")


@pytest.mark.requirement("demand 3")
def test_withdrawal_closes_survival_an_early_end_does_not(nurse, new_subject):
    for reason, survival in (
        ("WITHDRAWAL BY SUBJECT", "closed"),
        ("PHYSICIAN DECISION", "todo"),
        ("LOST TO FOLLOW-UP", "todo"),
    ):
        uid = new_subject(nurse, consent="2024-01-05")
        infuse(nurse, uid, "SE.V1")
        put(nurse, uid, "SE.LOG", "DSS", DSDECOD=reason, DSSTDAT="2024-03-10")
        cells = casebook(nurse, uid).cells
        assert [cells[f"SE.{one}", "F.VS"].state for one in ("V5", "V6", "V8")] == [
            "todo",
            "closed",
            "closed",
        ]
        assert cells["SE.S1", "F.SS"].state == survival
        assert cells["SE.LOG", "F.AE"].state == "todo"


def test_who_stops_infusions_stays_in_follow_up(nurse, new_subject):
    uid = new_subject(nurse, consent="2024-01-05")
    infuse(nurse, uid, "SE.V1")
    put(nurse, uid, "SE.LOG", "DST", DSDECOD="ADVERSE EVENT", DSSTDAT="2024-02-08")
    assert state(nurse, uid) == "FOLLOWUP"
    assert "closed" not in {one.state for one in casebook(nurse, uid).cells.values()}


def test_an_infusion_taken_back_says_what_is_kept_until_it_is_cleared(nurse, new_subject):
    uid = new_subject(nurse, consent="2024-01-05")
    infusion = FormKey(uid, "SE.V1", "F.EX")

    def kept() -> bool:
        return "C.EX.KEPT" in {one.check for one in nurse.subject(uid).state(infusion).findings}

    def say(variable: str, text: str) -> None:
        group = nurse.study.forms["F.EX"].group_of[f"I.EX.{variable}"].oid
        enter_value(nurse, ItemKey(infusion, group, f"I.EX.{variable}"), text, reason="another person's")

    infuse(nurse, uid, "SE.V1")
    say("ECYN", "N")
    assert kept() and nurse.subject(uid).day1() is not None
    for variable, text in (("ECYN", "Y"), ("ECSTDAT", ""), ("ECYN", "N")):
        say(variable, text)
    assert not kept() and nurse.subject(uid).day1() is None


@pytest.mark.requirement("demand 3")
def test_death_asks_for_its_form_and_closes_what_was_due_later(nurse, new_subject):
    uid = new_subject(nurse, consent="2024-01-05")
    infuse(nurse, uid, "SE.V1", "SE.V2", "SE.V3")
    assert cell(nurse, uid, "SE.LOG", "F.DD") == "optional"
    put(nurse, uid, "SE.S1", "SS", SSDAT="2025-02-03", SSORRES="DEAD")
    assert state(nurse, uid) == "DIED" and cell(nurse, uid, "SE.LOG", "F.DD") == "todo"
    assert cell(nurse, uid, "SE.S2", "F.SS") == "todo"
    put(nurse, uid, "SE.LOG", "DD", DTHDAT="2025-01")
    assert cell(nurse, uid, "SE.S2", "F.SS") == "closed" and cell(nurse, uid, "SE.V8", "F.VS") == "todo"
    with pytest.raises(WrongState, match="died"):
        put(nurse, uid, "SE.S2", "SS", SSDAT="2025-08-01")
    assert header(nurse, nurse.subject(uid)).state.zh == "死亡"


@pytest.mark.requirement("demand 3")
def test_the_end_of_study_is_asked_for_when_survival_follow_up_is_over(nurse, new_subject):
    uid = new_subject(nurse, consent="2024-01-05")
    infuse(nurse, uid, "SE.V1", "SE.V2")
    assert cell(nurse, uid, "SE.LOG", "F.DST") == "optional"
    put(nurse, uid, "SE.V8", "SV", SVOCCUR="Y", SVSTDAT=DAY["SE.V8"])
    assert cell(nurse, uid, "SE.LOG", "F.DST") == "todo"
    assert state(nurse, uid) == "SURVIVAL" and cell(nurse, uid, "SE.LOG", "F.DSS") == "optional"
    put(nurse, uid, "SE.S3", "SV", SVOCCUR="N")
    assert cell(nurse, uid, "SE.LOG", "F.DSS") == "todo"


@pytest.mark.requirement("demand 3")
def test_who_dies_during_treatment_is_asked_for_the_death_and_the_end_of_study(nurse, new_subject):
    uid = new_subject(nurse, consent="2024-01-05")
    infuse(nurse, uid, "SE.V1")
    put(nurse, uid, "SE.LOG", "DST", DSDECOD="DEATH", DSSTDAT="2024-02-05")
    assert state(nurse, uid) == "DIED"
    assert cell(nurse, uid, "SE.LOG", "F.DD") == cell(nurse, uid, "SE.LOG", "F.DSS") == "todo"


def test_the_last_day_known_alive_is_the_latest_of_all_contacts(nurse, new_subject):
    uid = new_subject(nurse, consent="2024-01-05")
    infuse(nurse, uid, "SE.V1")
    put(nurse, uid, "SE.S1", "SS", SSORRES="ALIVE", X_LSTALV="2025-02-03")
    put(nurse, uid, "SE.S2", "SS", SSORRES="UNKNOWN", X_LSTALV="2025-02-01")
    assert nurse.subject(uid).subject_facts()["LSTALV"] == "2025-02-03"
    put(nurse, uid, "SE.LOG", "DSS", X_LCDAT="2025-09-09")
    assert nurse.subject(uid).subject_facts()["LSTALV"] == "2025-09-09"


def test_a_new_version_of_the_consent_form_asks_for_consent_again(nurse, new_subject, at):
    uid = at.uid = new_subject(nurse, consent="2026-01-05")
    newer = (*nurse.study.consent_version, ConsentVersion(version="V3.0", valid_from="2026-11-01"))
    put(nurse, uid, "SE.SCR", "IC", X_ICVER="V2.0")
    consent = FormKey(uid, "SE.SCR", "F.IC")
    assert "soft" not in {point.kind for point in form_page(nurse, consent).open_points}
    nurse.study = nurse.study.model_copy(update={"consent_version": newer})
    nurse.forget()
    (point,) = [one for one in form_page(nurse, consent).open_points if one.kind == "soft"]
    assert (
        point.check == "C.IC.RECONSENT" and "V3.0" in point.texts["en"] and "2026-11-01" in point.texts["zh"]
    )
    assert cell(nurse, uid, "SE.SCR", "F.IC") == "soft"
    part = add_row(nurse, consent, "IG.IC.RE").row
    enter_value(nurse, at("SE.SCR", "IC.X_ICREVER", part.partition("~")[2]), "V3.0")
    assert "soft" not in {one.kind for one in form_page(nurse, consent).open_points}
    nurse.clock.at = nurse.clock.at.replace(month=10)
    nurse.forget()
    assert nurse.subject(uid).consent == {"VERSION": "V2.0", "FROM": "2018-01-01"}


@pytest.mark.requirement("demand 3")
def test_39_screened_and_24_treated_are_counted_from_the_data(nurse, new_subject):
    arms = ("LOW", "MED", "HIGH")
    people = [new_subject(nurse, consent="2024-01-05") for _ in range(39)]
    add_subject(nurse, "ZN900")  # nobody asked for consent yet
    for uid in people[24:]:
        put(nurse, uid, "SE.SCR", "IE", IEYN="N", X_SCRFAIL="Y")
    for n, uid in enumerate(people[:24]):
        put(nurse, uid, "SE.V1", "GA", ARMCD=arms[n % 3])
        infuse(nurse, uid, "SE.V1", *(["SE.V2", "SE.V3"] if n else []))
        if n > 1:
            put(nurse, uid, "SE.V8", "SV", SVOCCUR="Y", SVSTDAT=DAY["SE.V8"])
    put(nurse, people[0], "SE.LOG", "DSS", DSDECOD="WITHDRAWAL BY SUBJECT", DSSTDAT="2024-02-05")
    put(nurse, people[1], "SE.LOG", "DSS", DSDECOD="LOST TO FOLLOW-UP", DSSTDAT="2024-05-05")
    put(nurse, people[2], "SE.LOG", "DD", DTHDAT="2025-03")
    for uid in people[3:]:
        if uid in people[:24]:
            put(nurse, uid, "SE.S3", "SS", SSDAT="2026-02-01", SSORRES="ALIVE")
    counted = {line.code: (line.subjects, *(line.by_arm.get(arm, 0) for arm in arms)) for line in flow(nurse)}
    assert counted == {
        "SCREENED": (39, 8, 8, 8),
        "SCREENFAIL": (15, 0, 0, 0),
        "ALLOCATED": (24, 8, 8, 8),
        "TREATED": (24, 8, 8, 8),
        "INFUSIONS3": (23, 7, 8, 8),
        "WEEK24": (22, 7, 7, 8),
        "DIED": (1, 0, 0, 1),
        "LOST": (1, 0, 1, 0),
        "WITHDRAWN": (1, 1, 0, 0),
        "MONTH24": (21, 7, 7, 7),
    }


def test_a_study_without_statuses_closes_nothing(nurse):
    nurse.study = nurse.study.model_copy(update={"status": ()})
    from crf_app.rules.expression import compile_study

    nurse.rules = compile_study(nurse.study)
    uid = add_subject(nurse, "ZN001").subject
    put(nurse, uid, "SE.SCR", "VS", VSPERF="Y")
    assert state(nurse, uid) == "screening" and header(nurse, nurse.subject(uid)).state is None
    assert form_page(nurse, FormKey(uid, "SE.V1", "F.VS")).closed is None


def test_a_refused_beginning_leaves_no_answer_behind(nurse):
    uid = add_subject(nurse, "ZN001").subject
    for text in ("128", "x"):
        with pytest.raises(CrfError) as refusal:
            put(nurse, uid, "SE.SCR", "VS", SYSBP=text)
        assert not isinstance(refusal.value, ValueRejected)
    assert nurse.subject(uid).values(FormKey(uid, "SE.SCR", "F.VS")) == {}


@pytest.fixture
def unable(site_of):
    """A study whose state and flow line count days from a date of which part may be known."""
    files = {
        "study": UNABLE,
        "sv": """
oid = "F.SV"
name = { en = "Visit", zh = "访视" }

[[item_group]]
oid = "IG.SV"
name = { en = "Visit", zh = "访视" }

[[item_group.item]]
oid = "I.SV.SINCE"
question = { en = "Since", zh = "起始" }
data_type = "partialDate"

[[item_group.item]]
oid = "I.SV.DAT"
question = { en = "Date", zh = "日期" }
data_type = "date"
""",
    }
    return site_of(files)


UNABLE = """
oid = "SMALL"
version = "1"
name = { en = "Made up", zh = "虚构" }
title = { en = "Made up", zh = "虚构" }
protocol = "P"
sponsor = { en = "nobody", zh = "无" }
subject_pattern = 'S\\d+'
subject_format = "S{n}"
planned_subjects = 3
arms = []
visit_date = "I.SV.DAT"
change_reasons = [{ code = "T", text = { en = "Typing", zh = "录入" } }]
missing_reasons = []
finding_reasons = []
meanings = []
subject_facts = [{ name = "SINCE", item = "I.SV.SINCE" }]
event = [{ oid = "SE.V1", name = { en = "One", zh = "一" }, short_name = "V1", type = "Scheduled", number = "1", day = 1, forms = [{ form = "F.SV" }] }]

[[status]]
code = "LATE"
name = { en = "Late", zh = "迟" }
when = "days(partial.subject.SINCE, today) > 30.0"
closes = ["*"]

[[flow]]
code = "LATE"
name = { en = "Late ones", zh = "迟者" }
when = "days(partial.subject.SINCE, today) > 30.0"
"""  # noqa: E501


def test_a_state_and_a_count_whose_rule_cannot_run_are_said(unable):
    for label, since in (("S1", "2026-11-20"), ("S2", "2026-11"), ("S3", "2026-01-02")):
        uid = add_subject(unable, label).subject
        enter_value(unable, ItemKey(FormKey(uid, "SE.V1", "F.SV"), "IG.SV", "I.SV.SINCE"), since)
    shown = {row.label: row.state and row.state.en for row in subjects(unable)}
    unknown = "State not known (the rule of Late could not run)"
    assert shown == {"S1": None, "S2": unknown, "S3": "Late"}
    (line,) = flow(unable)
    assert (line.name.en, line.name.zh, line.subjects) == (
        "Late ones (not known: 1)",
        "迟者（无法判断：1）",
        1,
    )
