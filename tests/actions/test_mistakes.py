"""What was made by mistake is struck through: readable, of no account, taken back with a reason."""

from __future__ import annotations

import pytest

from crf_app.actions.casebook import casebook
from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.mistakes import subject_counts_again, subject_mistake, visit_counts_again, visit_mistake
from crf_app.actions.subjects import add_subject, add_visit, next_number, subjects
from crf_app.errors import NotFound, ReasonRequired, WrongState
from crf_app.model.record import Draft
from crf_app.store import reads

WHY = "made-up: opened for somebody else"


@pytest.fixture
def extra(nurse, at) -> str:
    """An extra visit with a temperature that a check asks about."""
    event = add_visit(nurse, at.uid, "SE.UNS", "made-up swelling").row
    enter_value(nurse, at(event, "VS.TEMP"), "44")
    return event


def test_a_visit_is_struck_through_and_stays_readable(nurse, at, extra):
    visit_mistake(nurse, at.uid, extra, WHY)
    visit = next(one for one in casebook(nurse, at.uid).visits if one.event == extra)
    assert visit.mistake is not None and visit.mistake.reason == WHY
    assert extra not in nurse.subject(at.uid).events()
    page = form_page(nurse, at.form(extra, "F.VS"))
    assert WHY in page.closed.en and page.may == frozenset()
    assert any(line.state.answer.value == "44" for line in page.lines)


def test_its_checks_end_with_it_and_ask_again_after(nurse, at, extra):
    def asked():
        return [one.status for one in reads.queries(nurse.store.conn, at.uid) if one.key.startswith(extra)]

    assert "Open" in asked()
    visit_mistake(nurse, at.uid, extra, WHY)
    assert "Open" not in asked()
    visit_counts_again(nurse, at.uid, extra, "made-up: it was right")
    assert "Open" in asked() and extra in nurse.subject(at.uid).events()


def test_nothing_more_is_entered_in_it(nurse, at, extra):
    visit_mistake(nurse, at.uid, extra, WHY)
    with pytest.raises(WrongState, match="mistake"):
        enter_value(nurse, at(extra, "VS.TEMP"), "37")
    with pytest.raises(WrongState, match="already"):
        visit_mistake(nurse, at.uid, extra, WHY)


def test_a_reason_is_needed_both_ways(nurse, at, extra):
    with pytest.raises(ReasonRequired):
        visit_mistake(nurse, at.uid, extra, " ")
    visit_mistake(nurse, at.uid, extra, WHY)
    with pytest.raises(ReasonRequired):
        visit_counts_again(nurse, at.uid, extra, "")


def test_a_planned_visit_is_no_mistake(nurse, at):
    with pytest.raises(WrongState, match="planned"):
        visit_mistake(nurse, at.uid, "SE.V1", WHY)
    with pytest.raises(NotFound):
        visit_mistake(nurse, at.uid, "SE.UNS~nowhere", WHY)


@pytest.mark.parametrize("status", ["locked", "frozen"])
def test_locked_data_are_no_mistake(nurse, at, extra, status):
    key = at.form(extra, "F.VS")
    heads = reads.form_row(nurse.store.conn, key).heads
    nurse.commit([Draft("form.status", at.uid, key.path, heads, value=status)])
    with pytest.raises(WrongState, match="locked"):
        visit_mistake(nurse, at.uid, extra, WHY)
    with pytest.raises(WrongState, match="locked"):
        subject_mistake(nurse, at.uid, WHY)


def test_a_subject_counts_nowhere_and_keeps_the_number(nurse, at):
    uid = add_subject(nurse, "ZN002").subject
    before = next(one.status for one in subjects(nurse) if one.uid == uid)
    subject_mistake(nurse, uid, WHY)
    row = next(one for one in subjects(nurse) if one.uid == uid)
    assert (row.status, row.next_event, row.open_queries) == ("entered_in_error", None, 0)
    assert next_number(nurse) == "ZN003"
    with pytest.raises(WrongState, match="mistake"):
        add_visit(nurse, uid, "SE.UNS", "made-up")
    subject_counts_again(nurse, uid, "made-up: it was right")
    assert next(one for one in subjects(nurse) if one.uid == uid).status == before
    with pytest.raises(WrongState):
        subject_counts_again(nurse, uid, "made-up: twice")
