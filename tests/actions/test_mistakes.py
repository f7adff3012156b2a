"""What was made by mistake is struck through: readable, of no account, taken back with a reason."""

from __future__ import annotations

import pytest

from crf_app.actions.casebook import casebook
from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_value
from crf_app.actions.exporting import export_csv
from crf_app.actions.form_page import form_page
from crf_app.actions.mistakes import subject_counts_again, subject_mistake, visit_counts_again, visit_mistake
from crf_app.actions.my_day import my_day
from crf_app.actions.odm.odm_export import export_odm
from crf_app.actions.queries import queries
from crf_app.actions.signing import sign_form
from crf_app.actions.subjects import add_subject, add_visit, next_number, subjects
from crf_app.errors import NotFound, ReasonRequired, WrongState
from crf_app.model.record import Draft
from crf_app.rules.fold import fold
from crf_app.store import reads
from crf_app.store.ledger import entries
from crf_app.store.projections import rebuild

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


def test_nobody_has_to_answer_queries_of_a_subject_made_by_mistake(nurse, at, extra):
    assert [one.subject for one in queries(nurse, status="Open")] == [at.uid]
    subject_mistake(nurse, at.uid, WHY)
    assert queries(nurse) == []
    assert queries(nurse, at.uid)  # readable when asked for
    subject_counts_again(nurse, at.uid, "made-up: it was right")
    assert queries(nurse)


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


def test_an_export_for_analysis_leaves_it_out_and_says_so(session, nurse, at, extra, tmp_path):
    enter_value(nurse, at("SE.V1", "VS.TEMP"), "36.6")
    visit_mistake(nurse, at.uid, extra, WHY)
    nurse.store.close()
    boss = session("coordinator")
    export_csv(boss, tmp_path)
    values = (tmp_path / "values.csv").read_text("utf-8-sig")
    assert "36.6" in values and "SE.UNS" not in values
    (line,) = [one for one in (tmp_path / "forms.csv").read_text("utf-8-sig").splitlines() if "SE.UNS" in one]
    assert WHY in line and ",visit," in line
    export_odm(boss, tmp_path / "now.xml", snapshot=True)
    export_odm(boss, tmp_path / "all.xml")
    assert WHY not in (tmp_path / "now.xml").read_text("utf-8")
    said = (tmp_path / "all.xml").read_text("utf-8")
    assert WHY in said and 'TransactionType="Remove"' in said


def test_the_fold_is_the_same_in_any_order_and_mistake_wins(nurse, at, extra):
    visit_mistake(nurse, at.uid, extra, WHY)
    found = list(entries(nurse.store.conn, "cell_unit = ?", (f"S|{at.uid}",)))
    assert fold(f"S|{at.uid}", found).as_json() == fold(f"S|{at.uid}", found[::-1]).as_json()
    with nurse.store.conn:
        rebuild(nurse.store.conn)
    nurse.forget()
    assert extra in nurse.subject(at.uid).mistaken


def test_a_signed_visit_is_no_mistake(session, nurse, at, vital_signs, password):
    event = add_visit(nurse, at.uid, "SE.UNS", "made-up swelling").row
    vital_signs(nurse, at, event)
    complete_form(nurse, at.form(event, "F.VS"))
    nurse.store.close()
    doctor = session("investigator")
    sign_form(doctor, at.form(event, "F.VS"), password, "approval")
    doctor.store.close()
    again = session("nurse")
    with pytest.raises(WrongState, match="signed"):
        visit_mistake(again, at.uid, event, WHY)
    with pytest.raises(WrongState, match="signed"):
        subject_mistake(again, at.uid, WHY)


def test_my_day_knows_nothing_of_it(nurse, at):
    uid = add_subject(nurse, "ZN002").subject
    before = my_day(nurse)
    subject_mistake(nurse, uid, WHY)
    after = my_day(nurse)
    list(after.steps())
    assert after.subjects == before.subjects - 1
    assert uid not in {one.uid for one in after.visits}
