"""A form or a visit that was not done: one reason, one transaction, told apart from what is blank."""

from __future__ import annotations

import csv

import pytest

from crf_app.actions.casebook import casebook
from crf_app.actions.completing import complete_form, reopen_form
from crf_app.actions.enter_data import enter_value, mark_missing
from crf_app.actions.exporting import export_csv
from crf_app.actions.form_page import form_page
from crf_app.actions.not_done import form_not_done, visit_done_after_all, visit_not_done, visit_reasons
from crf_app.actions.odm.odm_export import export_odm
from crf_app.actions.printing.paper import drawing_of_form, form_pdf
from crf_app.actions.subject_history import SubjectHistory
from crf_app.errors import NotAllowed, ReasonRequired, ValueRejected, WrongState
from crf_app.store import marks, reads
from crf_app.store.projections import rebuild

WHY = "made-up: the sample was clotted"


def cell(session, key):
    return casebook(session, key.subject).cells[key.event, key.form]


def test_one_action_marks_a_form_with_its_reason(nurse, at, records):
    key = at.form("SE.V1", "F.LBC")
    before = nurse.store.end.seq
    form_not_done(nurse, key, "UNUSABLE", WHY)
    (one,) = records(nurse, before)
    assert (one.kind, one.key, one.value, one.missing, one.reason) == (
        "form.status", key.path, "not_done", "UNUSABLE", WHY,
    )  # fmt: skip
    assert cell(nurse, key).state == "not_done" and WHY in cell(nurse, key).note.en
    page = form_page(nurse, key)
    assert page.status == "not_done" and WHY in page.closed.en and "enter" not in page.may
    assert "reopen" in page.may and page.open_points == ()


def test_a_reason_is_needed_and_has_to_be_one_of_the_study(nurse, at):
    key = at.form("SE.V1", "F.LBC")
    with pytest.raises(ReasonRequired):
        form_not_done(nurse, key, "", "  ")
    with pytest.raises(ValueRejected):
        form_not_done(nurse, key, "LATER")
    form_not_done(nurse, key, words=WHY)
    assert marks.not_done_form(nurse.store.conn, key).missing == ""


def test_answers_are_not_hidden_behind_it(nurse, at, vital_signs):
    vital_signs(nurse, at)
    with pytest.raises(WrongState, match="8 answers"):
        form_not_done(nurse, at.form("SE.V1", "F.VS"), "ND")
    complete_form(nurse, at.form("SE.V1", "F.VS"))
    with pytest.raises(WrongState, match="complete"):
        form_not_done(nurse, at.form("SE.V1", "F.VS"), "ND")


def test_nothing_is_entered_until_it_is_opened_again_with_a_reason(nurse, at):
    key = at.form("SE.V1", "F.VS")
    form_not_done(nurse, key, "ND")
    with pytest.raises(WrongState, match="not done"):
        enter_value(nurse, at("SE.V1", "VS.TEMP"), "36.6")
    with pytest.raises(ReasonRequired):
        reopen_form(nurse, key, "")
    reopen_form(nurse, key, "made-up: it was measured after all")
    enter_value(nurse, at("SE.V1", "VS.TEMP"), "36.6")
    assert cell(nurse, key).state == "started" and marks.not_done_form(nurse.store.conn, key) is None


def test_whoever_may_not_enter_may_not_say_it(session, at, nurse):
    nurse.store.close()
    with pytest.raises(NotAllowed):
        form_not_done(session("investigator"), at.form("SE.V1", "F.VS"), "ND")


def test_a_visit_is_one_transaction_of_its_required_forms_and_the_studys_question(nurse, at, records):
    before = nurse.store.end.seq
    visit_not_done(nurse, at.uid, "SE.V2", "REFUSED", WHY)
    said = records(nurse, before)
    statuses = [one for one in said if one.kind == "form.status"]
    answers = [one for one in said if one.kind == "item.set"]
    assert [(one.key, one.value) for one in answers] == [
        ("SE.V2/F.SV/IG.SV/I.SV.SVOCCUR", "N"),
        ("SE.V2/F.SV/IG.SV/I.SV.SVREASOC", "REFUSED"),
    ]
    assert {one.target for one in statuses} == {"SE.V2"} and {one.missing for one in statuses} == {"REFUSED"}
    assert len({one.at for one in said}) == 1 and len(statuses) > 3
    book = casebook(nurse, at.uid)
    states = {form: one.state for (event, form), one in book.cells.items() if event == "SE.V2"}
    assert "todo" not in states.values() and states["F.LBC"] == "not_done"
    assert next(one for one in book.visits if one.event == "SE.V2").window.state == "missed"


def test_a_visit_of_which_something_was_done_is_refused(nurse, at):
    enter_value(nurse, at("SE.V2", "VS.TEMP"), "36.6")
    with pytest.raises(WrongState, match="Vital signs"):
        visit_not_done(nurse, at.uid, "SE.V2", "ND")
    enter_value(nurse, at("SE.V3", "SV.SVSTDAT"), "2026-11-20")
    with pytest.raises(WrongState, match="date"):
        visit_not_done(nurse, at.uid, "SE.V3", "ND")
    with pytest.raises(WrongState, match="no visit"):
        visit_not_done(nurse, at.uid, "SE.LOG", "ND")


def test_a_visit_is_open_again_as_it_was(nurse, at):
    before = {place: one.state for place, one in casebook(nurse, at.uid).cells.items() if place[0] == "SE.V2"}
    visit_not_done(nurse, at.uid, "SE.V2", "ND")
    with pytest.raises(ReasonRequired):
        visit_done_after_all(nurse, at.uid, "SE.V2", " ")
    visit_done_after_all(nurse, at.uid, "SE.V2", "made-up: the wrong visit")
    after = {place: one.state for place, one in casebook(nurse, at.uid).cells.items() if place[0] == "SE.V2"}
    before.pop(("SE.V2", "F.SV")), after.pop(("SE.V2", "F.SV"))
    assert after == before
    with pytest.raises(WrongState):
        visit_done_after_all(nurse, at.uid, "SE.V2", "made-up: twice")


def test_it_is_the_same_after_a_rebuild_and_for_a_second_reader(nurse, at):
    form_not_done(nurse, at.form("SE.V1", "F.LBC"), "ND", WHY)
    rows = reads.forms_of_subject(nurse.store.conn, at.uid)
    with nurse.store.conn:
        rebuild(nurse.store.conn)
    assert reads.forms_of_subject(nurse.store.conn, at.uid) == rows
    nurse.forget()
    assert cell(nurse, at.form("SE.V1", "F.LBC")).state == "not_done"


def test_an_export_tells_blank_a_code_a_form_and_a_visit_apart(session, at, nurse, tmp_path):
    mark_missing(nurse, at("SE.V1", "VS.TEMP"), "UNK")
    form_not_done(nurse, at.form("SE.V1", "F.LBC"), "UNUSABLE", WHY)
    visit_not_done(nurse, at.uid, "SE.V2", "REFUSED")
    nurse.store.close()
    export_csv(session("coordinator"), tmp_path)
    with (tmp_path / "forms.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = {(one["event"], one["form"]): one for one in csv.DictReader(file)}
    one, whole, begun = lines["SE.V1", "F.LBC"], lines["SE.V2", "F.LBC"], lines["SE.V1", "F.VS"]
    assert (one["status"], one["missing"], one["reason"], one["visit"]) == ("not_done", "UNUSABLE", WHY, "")
    assert (whole["status"], whole["missing"], whole["visit"]) == ("not_done", "REFUSED", "not_done")
    assert begun["status"] == "open" and ("SE.V1", "F.PE") not in lines  # begun, and blank
    with (tmp_path / "values.csv").open(encoding="utf-8-sig", newline="") as file:
        values = {(one["event"], one["item"]): one["missing"] for one in csv.DictReader(file)}
    assert values["SE.V1", "I.VS.TEMP"] == "UNK"


@pytest.mark.parametrize(("language", "said"), [("en", "NOT DONE"), ("zh", "未做")])
def test_paper_says_it_with_the_reason(nurse, at, language, said):
    key = at.form("SE.V1", "F.LBC")
    form_not_done(nurse, key, "UNUSABLE", WHY)
    facts = dict(drawing_of_form(nurse, form_page(nurse, key), language, "C").header.facts)
    assert WHY in facts[said]
    assert form_pdf(nurse, key, language).startswith(b"%PDF")


def test_the_history_of_the_subject_says_it(nurse, at):
    form_not_done(nurse, at.form("SE.V1", "F.LBC"), "UNUSABLE", WHY)
    newest = next(SubjectHistory(nurse, at.uid).entries(0, 1))
    assert (newest.kind, newest.value, newest.answer.missing, newest.reason) == (
        "form.status", "not_done", "UNUSABLE", WHY,
    )  # fmt: skip


def test_an_odm_file_carries_status_code_and_reason(session, at, nurse, tmp_path):
    form_not_done(nurse, at.form("SE.V1", "F.LBC"), "UNUSABLE", WHY)
    nurse.store.close()
    for snapshot in (True, False):
        path = tmp_path / f"{snapshot}.xml"
        export_odm(session("coordinator"), path, snapshot=snapshot)
        text = path.read_text("utf-8")
        assert "not_done" in text and "UNUSABLE" in text and WHY in text


def test_the_studys_own_question_why_is_answered_by_the_same_reason(nurse, at, study):
    offered = dict(visit_reasons(nurse, at.uid, "SE.V2"))
    assert list(offered) == [one.coded_value for one in study.code_lists["CL.MISSRSN"].items]
    code = next(iter(offered))
    visit_not_done(nurse, at.uid, "SE.V2", code)
    assert nurse.subject(at.uid).values(at.form("SE.V2", "F.SV"))["IG.SV/I.SV.SVREASOC"].value == code
    complete_form(nurse, at.form("SE.V2", "F.SV"))  # nothing of it is open
    mark = nurse.subject(at.uid).not_done[at.form("SE.V2", "F.LBC")]
    assert (mark.missing, mark.reason) == ("", offered[code].en)
