"""An answer that is locked changes only in answer to a query that a person has opened on it."""

from __future__ import annotations

import pytest

from crf_app.actions.enter_data import enter_value, mark_missing
from crf_app.actions.queries import open_query
from crf_app.actions.rows import add_row, remove_row
from crf_app.actions.session import sign_out
from crf_app.actions.subjects import add_subject
from crf_app.errors import WrongState
from crf_app.model.keys import FormKey, ItemKey

ARM = ("SE.V1", "GA.ARMCD")


def allocated(nurse, at):
    enter_value(nurse, at("SE.SCR", "IC.DSSTDAT_IC"), "2026-11-01")
    enter_value(nurse, at(*ARM), "LOW")
    enter_value(nurse, at(*ARM), "MED", reason="Typing error")


def test_the_dose_group_can_be_corrected_until_the_first_infusion(nurse, at):
    allocated(nurse, at)
    assert nurse.subject(at.uid).subject_facts()["ARM"] == "MED"


def test_after_the_first_infusion_it_changes_only_in_answer_to_a_query(nurse, at, session):
    allocated(nurse, at)
    enter_value(nurse, at("SE.V1", "EX.ECYN"), "Y")
    enter_value(nurse, at("SE.V1", "EX.ECSTDAT"), "2026-11-20")
    with pytest.raises(WrongState, match="locked"):
        enter_value(nurse, at(*ARM), "HIGH", reason="Typing error")
    with pytest.raises(WrongState, match="locked"):
        mark_missing(nurse, at(*ARM), "UNK", reason="Typing error")
    open_query(session("investigator"), at(*ARM), "The list says HIGH.")
    again = session("nurse")
    enter_value(again, at(*ARM), "HIGH", reason="The list says HIGH")
    assert again.subject(at.uid).subject_facts()["ARM"] == "HIGH"


def test_an_empty_answer_is_never_locked(nurse, at):
    enter_value(nurse, at("SE.SCR", "IC.DSSTDAT_IC"), "2026-11-01")
    enter_value(nurse, at("SE.V1", "EX.ECYN"), "Y")
    enter_value(nurse, at("SE.V1", "EX.ECSTDAT"), "2026-11-20")
    enter_value(nurse, at(*ARM), "LOW")
    assert nurse.subject(at.uid).subject_facts()["ARM"] == "LOW"


STUDY = """
oid = "SMALL"
version = "1"
name = { en = "Made up", zh = "虚构" }
title = { en = "Made up", zh = "虚构" }
protocol = "P"
sponsor = { en = "nobody", zh = "无" }
subject_pattern = 'S[0-9]+'
subject_format = "S{n}"
planned_subjects = 3
arms = []
visit_date = "I.SV.DAT"
change_reasons = [{ code = "T", text = { en = "Typing", zh = "录入" } }]
missing_reasons = []
finding_reasons = []
meanings = []
subject_facts = [{ name = "DAY1", item = "I.SV.DAT" }]

[[event]]
oid = "SE.V1"
name = { en = "One", zh = "一" }
short_name = "V1"
type = "Scheduled"
number = "1"
day = 1
forms = [{ form = "F.SV" }]
"""
FORM = """
oid = "F.SV"
name = { en = "Visit", zh = "访视" }

[[item_group]]
oid = "IG.SV"
name = { en = "Visit", zh = "访视" }

[[item_group.item]]
oid = "I.SV.DAT"
question = { en = "Date", zh = "日期" }
data_type = "date"

[[item_group]]
oid = "IG.SV.DRUG"
name = { en = "Drugs", zh = "药物" }
repeating = true

[[item_group.item]]
oid = "I.SV.DRUG"
question = { en = "Drug", zh = "药物" }
data_type = "text"
locked_when = "known.subject.DAY1"
"""


def test_a_row_with_a_locked_answer_is_not_struck_out_either(site_of, session):
    nurse = site_of({"study": STUDY, "sv": FORM})
    key = FormKey(add_subject(nurse, "S1").subject, "SE.V1", "F.SV")
    full, empty = (add_row(nurse, key, "IG.SV.DRUG").row for _ in range(2))
    enter_value(nurse, ItemKey(key, full, "I.SV.DRUG"), "Made-up drug")
    enter_value(nurse, ItemKey(key, "IG.SV", "I.SV.DAT"), "2026-11-20")
    end = nurse.store.end.seq
    with pytest.raises(WrongState, match="locked"):
        remove_row(nurse, key, full, "entered by mistake")
    assert nurse.store.end.seq == end
    remove_row(nurse, key, empty, "entered by mistake")
    home = nurse.home
    sign_out(nurse)
    open_query(session("investigator", home), ItemKey(key, full, "I.SV.DRUG"), "Whose drug is it?")
    remove_row(session("nurse", home), key, full, "another subject's")
