"""A laboratory result proposes a row: what is offered, what is kept, and that a grade is never given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crf_app.actions.enter_data import enter_value
from crf_app.actions.proposals import may_propose, proposal, start, suggestions
from crf_app.errors import NotAllowed, WrongState
from crf_app.model.keys import FormKey


class Result:
    """A made-up result of chemistry, day 8; the baseline of day 1 is normal."""

    def __init__(self, nurse: Any, at: Any) -> None:
        self.session, self.at, self.key = nurse, at, FormKey(at.uid, "SE.LOG", "F.AE")
        enter_value(nurse, at("SE.SCR", "DM.SEX"), "F")
        for event, day, value in (("SE.V1", "2026-10-06", "20"), ("SE.V2", "2026-10-13", "268")):
            enter_value(nurse, at(event, "SV.SVOCCUR"), "Y")
            enter_value(nurse, at(event, "SV.SVSTDAT"), day)
            enter_value(nurse, at(event, "LBC.LBPERF"), "Y")
            enter_value(nurse, at(event, "LBC.LBDAT"), day)
            enter_value(nurse, at(event, "LBC.ALT"), value)
        enter_value(nurse, at("SE.V1", "EX.ECYN"), "Y")
        enter_value(nurse, at("SE.V1", "EX.ECSTDAT"), "2026-10-06")
        self.cell = at("SE.V2", "LBC.ALT")

    def row(self, part: str) -> dict[str, str]:
        values = self.session.subject(self.at.uid).values(self.key)
        here = {local: one.value for local, one in values.items() if local.startswith(f"{part}/")}
        return {local[len(part) + 6 :]: value for local, value in here.items() if value is not None}


@pytest.fixture
def result(nurse: Any, at: Any) -> Result:
    return Result(nurse, at)


def offered(result: Result) -> dict[str, str]:
    one = proposal(result.session, result.cell)
    return {offer.item.variable[3:]: offer.value.en for offer in one.offered}


def test_the_question_before_the_rows_the_term_and_the_day_of_the_sample_are_offered(result: Result) -> None:
    assert offered(result) == {
        "AEYN": "Y",
        "AETERM": "Alanine aminotransferase increased",
        "AESTDAT": "2026-10-13",
    }
    assert proposal(result.session, result.cell).grade == 3


def test_a_proposal_stores_nothing(result: Result, records: Callable[..., list[Any]]) -> None:
    before = len(records(result.session))
    proposal(result.session, result.cell)
    assert len(records(result.session)) == before
    assert result.session.subject(result.at.uid).values(result.key).get("IG.AEYN/I.AE.AEYN") is None or (
        result.session.subject(result.at.uid).values(result.key)["IG.AEYN/I.AE.AEYN"].empty
    )


def test_what_is_kept_is_written_in_the_language_on_screen_and_no_grade(result: Result) -> None:
    one = proposal(result.session, result.cell)
    filled = start(result.session, one, {"I.AE.AETERM", "I.AE.AESTDAT"}, "zh")
    row = result.row(filled.changes.row)
    assert row["AETERM"] == one.offered[1].value.zh and row["AESTDAT"] == "2026-10-13"
    assert "AETOXGR" not in row and filled.left_out == ()


def test_what_is_dropped_stays_empty(result: Result) -> None:
    filled = start(result.session, proposal(result.session, result.cell), {"I.AE.AETERM"}, "en")
    assert "AESTDAT" not in result.row(filled.changes.row)


def test_the_row_remembers_its_result_and_the_grade_follows_it(result: Result) -> None:
    part = start(result.session, proposal(result.session, result.cell), (), "en").changes.row
    place = f"{part}/I.AE.AETOXGR"
    assert suggestions(result.session, result.key)[place].code == "3"
    enter_value(result.session, result.cell, "100", reason="made-up reason")
    result.session.forget()
    found = suggestions(result.session, result.key)[place]
    assert (found.code, found.source) == ("1", result.cell)


def test_a_second_event_asks_no_question_again(result: Result) -> None:
    start(result.session, proposal(result.session, result.cell), (), "en")
    assert "AEYN" not in offered(result)


def test_a_result_that_is_fine_proposes_nothing(result: Result) -> None:
    fine = result.at("SE.V1", "LBC.ALT")
    state = result.session.subject(result.at.uid).state(fine.form_key).items[fine.local]
    assert not may_propose(result.session, state)
    with pytest.raises(WrongState):
        proposal(result.session, fine)


def test_a_no_given_before_is_not_turned_round(result: Result) -> None:
    enter_value(result.session, result.at("SE.LOG", "AE.AEYN"), "N")
    one = proposal(result.session, result.cell)
    assert not any(offer.first for offer in one.offered)
    with pytest.raises(WrongState):
        start(result.session, one, (), "en")


def test_who_does_not_enter_is_not_offered_a_row(result: Result, session: Callable[..., Any]) -> None:
    with pytest.raises(NotAllowed):
        proposal(session("admin"), result.cell)
