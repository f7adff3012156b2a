"""Subjects, numbers, extra visits, the casebook, earlier values and the history of a value."""

from __future__ import annotations

import pytest

from crf_app.actions.casebook import casebook
from crf_app.actions.completing import complete_form
from crf_app.actions.earlier import earlier_values
from crf_app.actions.enter_data import enter_value
from crf_app.actions.findings import answer_finding
from crf_app.actions.form_page import form_page
from crf_app.actions.history import explain, history
from crf_app.actions.queries import answer_query, close_query, open_query, queries
from crf_app.actions.subjects import add_subject, add_visit, find_subject, next_number, subjects
from crf_app.errors import NotFound, ReasonRequired, ValueRejected, WrongState
from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.record import Draft

SYS = ("SE.V1", "VS.SYSBP")


def test_the_next_free_number_fills_the_first_gap(nurse):
    assert next_number(nurse) == "ZN001"
    for label in ("ZN001", "ZN003"):
        add_subject(nurse, label)
    assert next_number(nurse) == "ZN002"
    add_subject(nurse, " ZN002 ")
    assert next_number(nurse) == "ZN004"
    assert [one.label for one in subjects(nurse)] == ["ZN001", "ZN002", "ZN003"]


@pytest.mark.parametrize("label", ["", "ZN1", "zn001", "ZN0001", "ZN001x", "ZN٠٠١", "ZN001\n0"])
def test_a_number_of_another_pattern_is_refused_with_an_example(nurse, label):
    end = nurse.store.end.seq
    with pytest.raises(ValueRejected, match="ZN001"):
        add_subject(nurse, label)
    assert nurse.store.end.seq == end


def test_a_number_is_given_once_also_when_it_is_typed_in_full_width(nurse):
    add_subject(nurse, "ＺＮ００１")
    assert [one.label for one in subjects(nurse)] == ["ZN001"]
    with pytest.raises(WrongState, match="ZN002"):
        add_subject(nurse, "ZN001")


def test_a_subject_is_found_by_number_or_uid(nurse, at):
    assert find_subject(nurse, "ZN001") == find_subject(nurse, at.uid) == at.uid
    assert at.uid.startswith("001-") and len(at.uid) == 14
    with pytest.raises(NotFound):
        find_subject(nurse, "ZN009")


def test_a_number_that_two_devices_gave_is_asked_back(nurse, at):
    nurse.commit([Draft("subject.add", "001-zzzzzzzzzz", "001-zzzzzzzzzz", value="ZN001")])
    with pytest.raises(WrongState, match="001-zzzzzzzzzz"):
        find_subject(nurse, "ZN001")


def test_an_extra_visit_has_its_reason_and_its_own_forms(nurse, at):
    with pytest.raises(ReasonRequired):
        add_visit(nurse, at.uid, "SE.UNS", " ")
    first = add_visit(nurse, at.uid, "SE.UNS", "fever").row
    second = add_visit(nurse, at.uid, "SE.UNS", "fall").row
    enter_value(nurse, ItemKey(FormKey(at.uid, first, "F.SV"), "IG.SV", "I.SV.SVSTDAT"), "2026-11-20")
    visits = {one.event: one for one in casebook(nurse, at.uid).visits}
    assert (visits[first].reason, visits[second].reason) == ("fever", "fall")
    for key, text in (((first, "F.VS"), "120"), ((second, "F.VS"), "130")):
        enter_value(nurse, ItemKey(FormKey(at.uid, *key), "IG.VS", "I.VS.SYSBP"), text)
    shown = form_page(nurse, FormKey(at.uid, first, "F.VS")).lines
    assert [one.state.answer.value for one in shown if one.key.item == "I.VS.SYSBP"] == ["120"]


def test_a_planned_visit_is_not_added_and_an_unknown_one_not_found(nurse, at):
    with pytest.raises(WrongState):
        add_visit(nurse, at.uid, "SE.V1", "again")
    with pytest.raises(NotFound):
        add_visit(nurse, at.uid, "SE.NO", "why")
    with pytest.raises(NotFound):
        add_visit(nurse, "001-nobody", "SE.UNS", "why")


# casebook


def cell(session, at, form="F.VS", event="SE.V1"):
    return casebook(session, at.uid).cells[event, form]


@pytest.mark.requirement("demand 5")
def test_a_cell_of_the_casebook_says_the_loudest_thing(nurse, at, session, vital_signs, password):
    from crf_app.actions.signing import sign_form

    assert cell(nurse, at).state == "todo"
    enter_value(nurse, at(*SYS), "190")
    assert cell(nurse, at).state == "soft"
    enter_value(nurse, at("SE.V1", "VS.PULSE"), "350")
    assert cell(nurse, at).state == "hard"
    vital_signs(nurse, at)
    assert cell(nurse, at).state == "started"
    complete_form(nurse, at.form("SE.V1", "F.VS"))
    assert cell(nurse, at).state == "done"
    investigator = session("investigator")
    sign_form(investigator, at.form("SE.V1", "F.VS"), password, "approval")
    assert cell(investigator, at).state == "signed"
    nurse = session("nurse")
    enter_value(nurse, at(*SYS), "131", reason="source")
    assert cell(nurse, at).state == "resign"
    assert subjects(nurse)[0].waiting_signature == 1


def test_the_header_says_what_is_not_yet_known(nurse, at):
    words = {name.en: value.en for name, value in casebook(nurse, at.uid).header.fields}
    assert "not yet" in words.values()
    enter_value(nurse, at("SE.SCR", "DM.SEX"), "M")
    words = {name.en: value.en for name, value in casebook(nurse, at.uid).header.fields}
    assert "Male" in words.values()


# earlier values


def test_the_value_of_the_last_earlier_visit_is_shown_and_compared(nurse, at):
    for event, text in (("SE.SCR", "60"), ("SE.V1", "61"), ("SE.V3", "99")):
        enter_value(nurse, at(event, "VS.WEIGHT"), text)
    page = form_page(nurse, at.form("SE.V2", "F.VS"))
    line = next(one for one in page.lines if one.key == at("SE.V2", "VS.WEIGHT"))
    assert (line.last, line.last_event) == ("61", "SE.V1")
    seen = earlier_values(nurse, at("SE.V2", "VS.WEIGHT"))
    assert [(one.event.oid, one.answer.value) for one in seen] == [("SE.V1", "61"), ("SE.SCR", "60")]
    assert earlier_values(nurse, at("SE.SCR", "VS.WEIGHT")) == []


def test_a_check_against_an_earlier_visit_is_made_again_when_that_one_changes(nurse, at, records):
    """EC004: the weight is compared with the visit before; the later form asks in the same transaction."""
    enter_value(nurse, at("SE.V1", "VS.WEIGHT"), "60")
    enter_value(nurse, at("SE.V2", "VS.WEIGHT"), "61")
    before = {one.check for one in form_page(nurse, at.form("SE.V2", "F.VS")).open_points if one.check}
    end = nurse.store.end.seq
    enter_value(nurse, at("SE.V1", "VS.WEIGHT"), "90")
    after = {one.check for one in form_page(nurse, at.form("SE.V2", "F.VS")).open_points if one.check}
    opened = [one.key for one in records(nurse, end) if one.kind == "query.open"]
    assert after - before and any(key.startswith("SE.V2/F.VS/") for key in opened)


# history


def test_the_history_of_a_value_has_every_step_with_who_when_why(nurse, at, session, clock):
    enter_value(nurse, at(*SYS), "190")
    clock.move(minutes=5)
    check = form_page(nurse, at.form("SE.V1", "F.VS")).open_points[-1].check
    checks = [
        one.check for one in form_page(nurse, at.form("SE.V1", "F.VS")).open_points if one.kind == "soft"
    ]
    assert check or checks
    answer_finding(nurse, at(*SYS), checks[0], "measured twice")
    enter_value(session("coordinator"), at(*SYS), "128", reason="source corrected")
    steps = history(session("investigator"), at(*SYS))
    assert [one.kind for one in steps] == [
        "item.set",
        "query.open",
        "query.answer",
        "item.set",
        "query.close",
    ]
    assert [(one.old, one.new) for one in steps if one.kind == "item.set"] == [("", "190"), ("190", "128")]
    last = steps[3]
    assert (last.name, last.role, last.reason) == ("Made-up Coordinator", "coordinator", "source corrected")
    assert (last.when, last.device, last.version, last.safe) == (
        "2026-11-22 09:05:00 +08:00",
        "D1",
        "1",
        False,
    )
    assert [one.seq for one in steps] == sorted(one.seq for one in steps)


def test_a_derived_value_is_explained_and_a_typed_one_is_not(nurse, at):
    said = explain(nurse, at("SE.V1", "CP.CPS0103"))
    assert "LBC.BILI" in said["en"] and "LBC.BILI" in said["zh"]
    with pytest.raises(NotFound):
        explain(nurse, at(*SYS))


# people's queries


def test_a_question_goes_from_person_to_person_and_does_not_disappear(nurse, at, session, vital_signs):
    vital_signs(nurse, at)
    investigator = session("investigator")
    with pytest.raises(ReasonRequired):
        open_query(investigator, at(*SYS), "  ")
    thread = open_query(investigator, at(*SYS), "Which arm?").row
    nurse = session("nurse")
    assert [one.kind for one in form_page(nurse, at.form("SE.V1", "F.VS")).open_points] == ["query"]
    complete_form(nurse, at.form("SE.V1", "F.VS"))  # a question does not block
    with pytest.raises(ReasonRequired):
        answer_query(nurse, thread, "")
    answer_query(nurse, thread, "The left one")
    investigator = session("investigator")
    (view,) = queries(investigator, at.uid, "Answered")
    assert (view.label, view.item.en, view.texts["en"]) == ("ZN001", "Systolic blood pressure", "Which arm?")
    close_query(investigator, thread, "Thank you")
    with pytest.raises(WrongState):
        answer_query(investigator, thread, "once more")
    (view,) = queries(investigator, at.uid)
    assert view.status == "Closed" and [one.kind for one in view.steps] == [
        "query.open",
        "query.answer",
        "query.close",
    ]


def test_a_question_is_asked_only_where_there_is_something_to_ask_about(session, at):
    investigator = session("investigator")
    end = investigator.store.end.seq
    form = at.form("SE.V1", "F.VS")
    for key in (
        ItemKey(FormKey("001-nobody", "SE.V1", "F.VS"), "IG.VS", "I.VS.SYSBP"),
        ItemKey(at.form("SE.NO", "F.VS"), "IG.VS", "I.VS.SYSBP"),
        ItemKey(at.form("SE.SCR", "F.EX"), "IG.EX", "I.EX.ECYN"),
        ItemKey(form, "IG.VS", "I.VS.COLOUR"),
        ItemKey(form, "IG.NO", "I.VS.SYSBP"),
    ):
        with pytest.raises(NotFound):
            open_query(investigator, key, "why?")
    with pytest.raises(NotFound):
        answer_query(investigator, "U-nothing", "because")
    assert investigator.store.end.seq == end


def test_a_question_in_a_table_names_its_row(nurse, at):
    enter_value(nurse, at("SE.V1", "VSI.TEMP", "EOI"), "38.4")
    enter_value(nurse, at("SE.V1", "VSI.TEMP", "P1H"), "38.6")
    asked = {one.item.en for one in queries(nurse, at.uid) if one.check == "RC.I.VSI.TEMP.Soft"}
    assert asked == {"Temperature (End of infusion)", "Temperature (1 h after end)"}
