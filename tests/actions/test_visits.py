"""Visits of a subject as its data say: missed ones, extra ones, and what is next."""

from __future__ import annotations

from typing import Any

import pytest

from crf_app.actions.casebook import Visit, casebook
from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.printing import paper
from crf_app.actions.subjects import add_visit, subjects
from crf_app.model.keys import FormKey, ItemKey


@pytest.fixture
def treated(nurse: Any, at: Any) -> Any:
    """A subject whose first infusion was on 2 November 2026."""
    enter_value(nurse, at("SE.SCR", "IC.DSSTDAT_IC"), "2026-10-10")
    _visit(nurse, at, "SE.SCR", "2026-10-10")
    _visit(nurse, at, "SE.V1", "2026-11-02")
    enter_value(nurse, at("SE.V1", "EX.ECYN"), "Y")
    enter_value(nurse, at("SE.V1", "EX.ECSTDAT"), "2026-11-02")
    return at


def _visit(nurse: Any, at: Any, event: str, day: str) -> None:
    enter_value(nurse, at(event, "SV.SVOCCUR"), "Y")
    enter_value(nurse, at(event, "SV.SVSTDAT"), day)


def _at(nurse: Any, at: Any, event: str) -> Visit:
    return next(one for one in casebook(nurse, at.uid).visits if one.event == event)


def _next(nurse: Any, at: Any) -> tuple[str, str]:
    one = next(one for one in subjects(nurse) if one.uid == at.uid)
    return (one.next_event.en if one.next_event else "", one.next_state)


@pytest.mark.requirement("demand 5")
def test_a_visit_said_not_to_have_taken_place_is_missed_and_not_next(nurse: Any, treated: Any) -> None:
    assert _at(nurse, treated, "SE.V2").window.state == "overdue"
    assert _next(nurse, treated) == ("Day 8, infusion 2", "overdue")
    enter_value(nurse, treated("SE.V2", "SV.SVOCCUR"), "N")
    assert _at(nurse, treated, "SE.V2").window.state == "missed"
    assert _next(nurse, treated)[0] == "Day 15, infusion 3"


def test_a_missed_visit_needs_no_form_but_the_one_that_says_so(nurse: Any, treated: Any) -> None:
    before = casebook(nurse, treated.uid).cells
    assert before["SE.V2", "F.VS"].state == "todo"
    enter_value(nurse, treated("SE.V2", "SV.SVOCCUR"), "N")
    after = casebook(nurse, treated.uid).cells
    assert after["SE.V2", "F.VS"].state == "optional"
    assert after["SE.V2", "F.SV"].state not in ("optional", "closed")


def test_a_date_typed_before_it_was_missed_counts_no_more(nurse: Any, treated: Any) -> None:
    _visit(nurse, treated, "SE.V2", "2026-11-09")
    assert _at(nurse, treated, "SE.V2").window.state == "in"
    enter_value(nurse, treated("SE.V2", "SV.SVOCCUR"), "N", reason="wrong visit")
    window = _at(nurse, treated, "SE.V2").window
    assert (window.state, window.actual, window.day) == ("missed", None, None)
    enter_value(nurse, treated("SE.V2", "SV.SVOCCUR"), "Y", reason="it was right")
    assert _at(nurse, treated, "SE.V2").window.state == "in"


def test_windows_count_from_the_actual_day_1(nurse: Any, treated: Any) -> None:
    _visit(nurse, treated, "SE.V2", "2026-11-11")
    window = _at(nurse, treated, "SE.V2").window
    assert (window.state, window.outside_days, window.day) == ("late", 1, 10)
    enter_value(nurse, treated("SE.V1", "EX.ECSTDAT"), "2026-11-03", reason="date of the ward list")
    assert _at(nurse, treated, "SE.V2").window.state == "in"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_paper_says_why_there_is_an_extra_visit_and_that_one_was_missed(
    nurse: Any, treated: Any, language: Any
) -> None:
    extra = add_visit(nurse, treated.uid, "SE.UNS", "made-up fall").row
    enter_value(nurse, ItemKey(FormKey(treated.uid, extra, "F.SV"), "IG.SV", "I.SV.SVOCCUR"), "Y")
    enter_value(nurse, treated("SE.V2", "SV.SVOCCUR"), "N")
    said = []
    for event in (extra, "SE.V2"):
        page = form_page(nurse, FormKey(treated.uid, event, "F.SV"))
        said += [value for _, value in paper.drawing_of_form(nurse, page, language, "C").header.facts]
    assert "made-up fall" in said
    assert {"en": "missed", "zh": "缺访"}[language] in said
