"""An answer that is locked changes only in answer to a query that a person has opened on it."""

from __future__ import annotations

import pytest

from crf_app.actions.enter_data import enter_value, mark_missing
from crf_app.actions.queries import open_query
from crf_app.errors import WrongState

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
