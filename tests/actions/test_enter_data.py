"""Answers: entered, corrected with a reason, cleared, refused; what follows in the same transaction."""

from __future__ import annotations

import json

import pytest

from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import OWN_TYPING, enter_form, enter_value, mark_missing
from crf_app.actions.findings import answer_finding
from crf_app.actions.form_page import form_page
from crf_app.actions.rows import add_row, remove_row
from crf_app.errors import (
    CrfError,
    NotAllowed,
    NotComplete,
    NotFound,
    ReasonRequired,
    ValueRejected,
    WrongState,
)
from crf_app.model.keys import FormKey, ItemKey
from crf_app.store import reads

SYS = ("SE.V1", "VS.SYSBP")


def line(session, key):
    return next(one for one in form_page(session, key.form_key).lines if one.key == key)


def value(session, key):
    return line(session, key).state.answer


def status(session, key):
    row = reads.form_row(session.store.conn, key)
    return row.status if row else "open"


# corrections


@pytest.mark.requirement("demand 4")
def test_a_value_that_leaves_its_field_is_one_transaction(nurse, at, records):
    end = nurse.store.end.seq
    done = enter_value(nurse, at(*SYS), "128")
    (record,) = records(nurse, end)
    assert (record.kind, record.value, record.unit, record.reason) == ("item.set", "128", "mm[Hg]", None)
    assert (record.user, record.role, record.device, record.def_) == ("nurse", "nurse", "D1", "1")
    assert (record.at, record.offset) == ("2026-11-22T01:00:00.000Z", "+08:00")
    assert record.key == at(*SYS).path and done.ids == (record.id,)
    assert done.keys == {f"{at.uid}/SE.V1/F.VS"}


@pytest.mark.requirement("correction needs a reason")
def test_correction_needs_a_reason(nurse, at, session, records):
    enter_value(nurse, at(*SYS), "128")
    coordinator = session("coordinator")
    end = coordinator.store.end.seq
    for reason in (None, "", "   "):
        with pytest.raises(ReasonRequired) as refusal:
            enter_value(coordinator, at(*SYS), "138", reason=reason)
    assert refusal.value.details == {"old": "128", "new": "138"}
    assert coordinator.store.end.seq == end and value(coordinator, at(*SYS)).value == "128"
    enter_value(coordinator, at(*SYS), "138", reason="source corrected")
    first = records(coordinator, kind="item.set")[-2]
    last = records(coordinator, kind="item.set")[-1]
    assert (last.value, last.reason, last.parents) == ("138", "source corrected", (first.id,))


def test_typing_again_before_completion_carries_its_automatic_reason(nurse, at, records):
    enter_value(nurse, at(*SYS), "182")
    enter_value(nurse, at(*SYS), "128")
    assert records(nurse, kind="item.set")[-1].reason == OWN_TYPING


def test_ones_own_value_needs_a_reason_after_somebody_elses_correction(nurse, at, session):
    enter_value(nurse, at(*SYS), "128")
    enter_value(session("coordinator"), at(*SYS), "138", reason="source corrected")
    with pytest.raises(ReasonRequired):
        enter_value(session("nurse"), at(*SYS), "128")


def test_after_completion_every_change_needs_a_reason_also_ones_own_and_in_an_empty_field(
    nurse, at, vital_signs
):
    vital_signs(nurse, at)
    complete_form(nurse, at.form("SE.V1", "F.VS"))
    for key, text in ((at(*SYS), "130"), (at(*SYS), ""), (at("SE.V1", "VS.OXYSAT"), "97")):
        with pytest.raises(ReasonRequired):
            enter_value(nurse, key, text)
    enter_value(nurse, at("SE.V1", "VS.OXYSAT"), "97", reason="found in the source")
    assert status(nurse, at.form("SE.V1", "F.VS")) == "complete"


def test_the_same_value_again_is_no_record(nurse, at):
    enter_value(nurse, at(*SYS), "128")
    end = nurse.store.end.seq
    for text in ("128", " 128 ", "128 mm[Hg]"):
        assert enter_value(nurse, at(*SYS), text).records == 0
    assert enter_value(nurse, at("SE.V1", "VS.DIABP"), "  ").records == 0
    assert nurse.store.end.seq == end


def test_clearing_a_value_is_a_correction(nurse, at, session, records):
    enter_value(nurse, at(*SYS), "128")
    enter_value(nurse, at(*SYS), "")
    last = records(nurse)[-1]
    assert (last.value, last.missing, last.reason) == (None, None, OWN_TYPING)
    assert value(nurse, at(*SYS)).empty


# what is refused stores nothing


@pytest.mark.requirement("demand 13")
@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("VS.SYSBP", "high"),
        ("VS.SYSBP", "128,5"),
        ("VS.SYSBP", "1e308"),
        ("VS.SYSBP", "128\x00"),
        ("VS.SYSBP", "\ud800"),
        ("VS.SYSBP", "NaN"),
        ("VS.TEMP", "36,6,1"),
        ("VS.TEMP", "1e308"),
        ("VS.TEMP", "36.66"),
        ("VS.VSDAT", "2026-02-30"),
        ("VS.VSDAT", "someday"),
        ("VS.VSTIM", "25:00"),
        ("VS.VSPERF", "MAYBE"),
        ("VS.VSPOS", "UPSIDE DOWN"),
    ],
)
def test_refused_text_stores_nothing(nurse, at, variable, text):
    end = nurse.store.end.seq
    with pytest.raises(ValueRejected) as refusal:
        enter_value(nurse, at("SE.V1", variable), text)
    assert refusal.value.exit_code == 3 and refusal.value.sentence("zh")
    assert nurse.store.end.seq == end and value(nurse, at("SE.V1", variable)).empty


@pytest.mark.parametrize("bad", ["a\x00b", "\ud800"])
def test_a_reason_that_cannot_be_kept_stores_nothing_and_the_field_keeps_its_value(nurse, at, bad):
    enter_value(nurse, at(*SYS), "128")
    end = nurse.store.end.seq
    with pytest.raises(ValueRejected):
        enter_value(nurse, at(*SYS), "138", reason=bad)
    assert nurse.store.end.seq == end and value(nurse, at(*SYS)).value == "128"
    enter_value(nurse, at(*SYS), "138", reason="typing")


def test_a_hidden_item_is_not_answered(nurse, at):
    with pytest.raises(ValueRejected):
        enter_value(nurse, at("SE.V1", "VS.VSREASND"), "patient asleep")
    enter_value(nurse, at("SE.V1", "VS.VSPERF"), "N")
    enter_value(nurse, at("SE.V1", "VS.VSREASND"), "patient asleep")
    with pytest.raises(ValueRejected):
        enter_value(nurse, at(*SYS), "128")
    with pytest.raises(ValueRejected):
        mark_missing(nurse, at(*SYS), "ND")


def test_a_derived_item_is_not_typed(nurse, at):
    with pytest.raises(ValueRejected):
        enter_value(nurse, at("SE.V1", "CP.CPS0103"), "2")
    with pytest.raises(ValueRejected):
        mark_missing(nurse, at("SE.V1", "CP.CPS0103"), "ND")


def test_unknown_places_are_refused(nurse, at):
    form = at.form("SE.V1", "F.VS")
    for key in (
        ItemKey(form, "IG.VS", "I.VS.COLOUR"),
        ItemKey(form, "IG.NO", "I.VS.SYSBP"),
        ItemKey(form, "IG.VS~row", "I.VS.SYSBP"),
        ItemKey(at.form("SE.V1", "F.NO"), "IG.VS", "I.VS.SYSBP"),
        ItemKey(at.form("SE.NO", "F.VS"), "IG.VS", "I.VS.SYSBP"),
        ItemKey(at.form("SE.V1~abc", "F.VS"), "IG.VS", "I.VS.SYSBP"),
        ItemKey(at.form("SE.UNS", "F.VS"), "IG.VS", "I.VS.SYSBP"),
        ItemKey(at.form("SE.UNS~nobody", "F.VS"), "IG.VS", "I.VS.SYSBP"),
        ItemKey(at.form("SE.SCR", "F.EX"), "IG.EX", "I.EX.ECYN"),
        ItemKey(FormKey("001-nobody", "SE.V1", "F.VS"), "IG.VS", "I.VS.SYSBP"),
    ):
        end = nurse.store.end.seq
        with pytest.raises(NotFound):
            enter_value(nurse, key, "128")
        assert nurse.store.end.seq == end


# units, operators, missing codes


def test_a_unit_is_typed_with_the_value_and_stored_as_typed(nurse, at):
    key = at("SE.V1", "VS.TEMP")
    enter_value(nurse, key, "98.6 [degF]")
    assert (value(nurse, key).value, value(nurse, key).unit) == ("98.6", "[degF]")
    assert round(line(nurse, key).state.standard, 1) == 37
    enter_value(nurse, key, "37.0", unit="Cel")
    assert (value(nurse, key).value, value(nurse, key).unit) == ("37.0", "Cel")


def test_an_unknown_unit_is_refused(nurse, at):
    for text, unit in (("300", "K"), ("300 K", None), ("98.6", "mm[Hg]")):
        with pytest.raises(ValueRejected):
            enter_value(nurse, at("SE.V1", "VS.TEMP"), text, unit=unit)


def test_a_result_below_the_limit_keeps_its_operator_and_has_no_number(nurse, at):
    key = at("SE.V1", "LBC.BILI")
    enter_value(nurse, key, "<5")
    assert value(nurse, key).value == "<5" and line(nurse, key).state.standard is None
    with pytest.raises(ValueRejected):
        enter_value(nurse, at(*SYS), "<128")


@pytest.mark.parametrize("code", ["ND", "UNK", "NA"])
def test_a_missing_code_is_an_answer(nurse, at, records, code):
    mark_missing(nurse, at(*SYS), code)
    last = records(nurse)[-1]
    assert (last.value, last.missing, last.unit) == (None, code, None)
    assert line(nurse, at(*SYS)).status == "not_done"
    points = form_page(nurse, at.form("SE.V1", "F.VS")).open_points
    assert at(*SYS) not in [point.key for point in points]


def test_a_missing_code_of_no_study_is_refused(nurse, at):
    for code in ("", "nd", "LOST"):
        with pytest.raises(ValueRejected):
            mark_missing(nurse, at(*SYS), code)


# checks


def fire(session, at, text="190"):
    return enter_value(session, at(*SYS), text)


def test_a_soft_finding_is_stored_listed_and_asked(nurse, at, records):
    done = fire(nurse, at)
    assert [one.severity for one in done.findings] == ["soft"]
    query = records(nurse, kind="query.open")[-1]
    assert (query.user, query.role, query.key) == ("system", "system", at(*SYS).path)
    assert json.loads(query.value)["check"] == done.findings[0].check
    assert line(nurse, at(*SYS)).status == "soft"


@pytest.mark.requirement("demand 12")
def test_a_soft_finding_that_is_answered_lets_the_form_complete(nurse, at, vital_signs):
    vital_signs(nurse, at, SYSBP="190", DIABP="100")
    form = at.form("SE.V1", "F.VS")
    with pytest.raises(NotComplete) as refusal:
        complete_form(nurse, form)
    assert [one["kind"] for one in refusal.value.details["open"]] == ["soft"]
    check = line(nurse, at(*SYS)).state.findings[0].check
    with pytest.raises(ReasonRequired):
        answer_finding(nurse, at(*SYS), check, " ")
    answer_finding(nurse, at(*SYS), check, "repeated, same value")
    assert line(nurse, at(*SYS)).settled == {check: "repeated, same value"}
    complete_form(nurse, form)
    assert status(nurse, form) == "complete"


def queries_of(session, at):
    return reads.queries_of_form(session.store.conn, at.form("SE.V1", "F.VS"))


def test_a_changed_value_asks_again_the_same_value_does_not(nurse, at, records):
    check = fire(nurse, at).findings[0].check
    answer_finding(nurse, at(*SYS), check, "true")
    end = nurse.store.end.seq
    enter_value(nurse, at("SE.V1", "VS.PULSE"), "80")
    assert [one.kind for one in records(nurse, end)] == ["item.set"]
    fire(nurse, at, "191")
    assert records(nurse)[-1].kind == "query.reopen" and queries_of(nurse, at)[0].status == "Open"
    assert line(nurse, at(*SYS)).settled == {}


def test_a_finding_closed_by_a_person_is_not_asked_again_for_the_same_value(nurse, at, session, records):
    from crf_app.actions.queries import close_query

    check = fire(nurse, at).findings[0].check
    answer_finding(nurse, at(*SYS), check, "true")
    investigator = session("investigator")
    close_query(investigator, queries_of(investigator, at)[0].thread, "accepted")
    nurse = session("nurse")
    end = nurse.store.end.seq
    enter_value(nurse, at("SE.V1", "VS.PULSE"), "80")
    assert [one.kind for one in records(nurse, end)] == ["session.start", "item.set"]
    assert queries_of(nurse, at)[0].status == "Closed"
    fire(nurse, at, "192")
    assert queries_of(nurse, at)[0].status == "Open"


def test_a_query_of_the_system_closes_by_itself_and_opens_again(nurse, at, records):
    fire(nurse, at)
    enter_value(nurse, at(*SYS), "128")
    (row,) = queries_of(nurse, at)
    assert row.status == "Closed" and records(nurse)[-1].reason == "no longer fires"
    fire(nurse, at)
    (row,) = queries_of(nurse, at)
    assert row.status == "Open" and len(row.steps) == 3


@pytest.mark.requirement("demand 2")
def test_a_hard_finding_stops_completion_unless_the_investigator_explains(nurse, at, session, vital_signs):
    vital_signs(nurse, at, SYSBP="120", DIABP="130")
    form = at.form("SE.V1", "F.VS")
    points = [one for one in form_page(nurse, form).open_points if one.kind == "hard"]
    assert len(points) == 1
    with pytest.raises(NotAllowed):
        answer_finding(nurse, points[0].key, points[0].check, "it is so")
    for point in form_page(nurse, form).open_points:
        if point.kind == "soft":
            answer_finding(nurse, point.key, point.check, "it is so")
    with pytest.raises(NotComplete):
        complete_form(nurse, form)
    answer_finding(session("investigator"), points[0].key, points[0].check, "measured twice")
    complete_form(session("nurse"), form)


def test_a_check_that_does_not_fire_is_not_answered(nurse, at):
    enter_value(nurse, at(*SYS), "128")
    with pytest.raises(NotFound):
        answer_finding(nurse, at(*SYS), "RC.I.VS.SYSBP.Soft", "why")


# completion and correction


def completed(nurse, at, vital_signs, **other):
    vital_signs(nurse, at, **other)
    form = at.form("SE.V1", "F.VS")
    for point in form_page(nurse, form).open_points:
        answer_finding(nurse, point.key, point.check, "true")
    complete_form(nurse, form)
    return form


def test_a_correction_that_makes_the_form_incomplete_opens_it_in_the_same_transaction(
    nurse, at, vital_signs, records
):
    form = completed(nurse, at, vital_signs)
    end = nurse.store.end.seq
    done = enter_value(nurse, at(*SYS), "", reason="wrong patient")
    kinds = [(one.kind, one.value, one.role) for one in records(nurse, end)]
    assert kinds == [("item.set", None, "nurse"), ("form.status", "open", "system")]
    assert status(nurse, form) == "open" and done.records == 2


def test_a_correction_that_fires_a_check_opens_the_form(nurse, at, vital_signs):
    form = completed(nurse, at, vital_signs)
    enter_value(nurse, at(*SYS), "190", reason="source")
    assert status(nurse, form) == "open"


def test_a_correction_that_leaves_the_form_complete_leaves_it_so(nurse, at, vital_signs):
    form = completed(nurse, at, vital_signs)
    enter_value(nurse, at(*SYS), "130", reason="source")
    assert status(nurse, form) == "complete"


def test_an_answered_finding_elsewhere_does_not_open_the_form_again(nurse, at, vital_signs):
    form = completed(nurse, at, vital_signs, PULSE="135")
    enter_value(nurse, at(*SYS), "130", reason="source")
    assert status(nurse, form) == "complete"


# several first entries at once


VS = {
    "IG.VS.PERF/I.VS.VSPERF": "Y", "IG.VS/I.VS.VSDAT": "2026-11-20", "IG.VS/I.VS.SYSBP": "128",
    "IG.VS/I.VS.DIABP": "80", "IG.VS/I.VS.TEMP": "!ND",
}  # fmt: skip


def test_a_form_entered_at_once_is_one_transaction(nurse, at, records):
    end = nurse.store.end.seq
    enter_form(nurse, at.form("SE.V1", "F.VS"), VS)
    assert {one.kind for one in records(nurse, end)} == {"item.set"} and nurse.store.end.seq == end + 5
    assert value(nurse, at("SE.V1", "VS.TEMP")).missing == "ND"


@pytest.mark.parametrize(
    ("local", "text", "refusal"),
    [
        ("IG.VS/I.VS.PULSE", "fast", ValueRejected),
        ("IG.VS/I.VS.PULSE", "!LOST", ValueRejected),
        ("IG.VS/I.VS.COLOUR", "red", NotFound),
        ("IG.NO/I.VS.PULSE", "72", NotFound),
        ("I.VS.PULSE", "72", NotFound),
    ],
)
def test_one_bad_answer_of_a_form_stores_none_and_shows_none(nurse, at, local, text, refusal):
    end = nurse.store.end.seq
    with pytest.raises(refusal):
        enter_form(nurse, at.form("SE.V1", "F.VS"), VS | {local: text})
    assert nurse.store.end.seq == end
    assert all(one.state.answer.empty for one in form_page(nurse, at.form("SE.V1", "F.VS")).lines)


def test_a_form_entered_at_once_does_not_set_derived_values(nurse, at):
    with pytest.raises(ValueRejected):
        enter_form(nurse, at.form("SE.V1", "F.CP"), {"IG.CP.SCORE/I.CP.CPS0103": "2"})


def test_a_form_entered_at_once_corrects_nothing_silently(nurse, at, session, records):
    form, other = at.form("SE.V1", "F.VS"), VS | {"IG.VS/I.VS.SYSBP": "138"}
    enter_form(nurse, form, VS)
    end = nurse.store.end.seq
    assert enter_form(nurse, form, VS).records == 0 and nurse.store.end.seq == end
    enter_form(nurse, form, other)
    assert [(one.value, one.reason) for one in records(nurse, end)] == [("138", OWN_TYPING)]
    coordinator = session("coordinator")
    with pytest.raises(ReasonRequired):
        enter_form(coordinator, form, VS)
    assert coordinator.store.end.seq == end + 1 and value(coordinator, at(*SYS)).value == "138"


def test_items_that_turn_out_not_to_be_asked_are_left_out(nurse, at):
    enter_form(nurse, at.form("SE.V1", "F.VS"), VS | {"IG.VS.PERF/I.VS.VSPERF": "N"})
    assert value(nurse, at(*SYS)).empty
    assert value(nurse, at("SE.V1", "VS.VSPERF")).value == "N"


# rows


def events(nurse, at):
    enter_value(nurse, at("SE.LOG", "AE.AEYN"), "Y")
    return add_row(nurse, at.form("SE.LOG", "F.AE"), "IG.AE").row.partition("~")[2]


def test_a_row_is_added_numbered_and_answered(nurse, at, records):
    row = events(nurse, at)
    assert records(nurse)[-1].n == "1"
    enter_value(nurse, at("SE.LOG", "AE.AETERM", row), "fever (made up)")
    assert value(nurse, at("SE.LOG", "AE.AETERM", row)).value == "fever (made up)"
    add_row(nurse, at.form("SE.LOG", "F.AE"), "IG.AE")
    rows = form_page(nurse, at.form("SE.LOG", "F.AE")).rows["IG.AE"]
    assert [(one.n, one.state) for one in rows] == [("1", "live"), ("2", "live")]


def test_a_row_is_removed_with_a_reason_and_stays_readable(nurse, at):
    row = events(nurse, at)
    form = at.form("SE.LOG", "F.AE")
    enter_value(nurse, at("SE.LOG", "AE.AETERM", row), "fever (made up)")
    with pytest.raises(ReasonRequired):
        remove_row(nurse, form, f"IG.AE~{row}", "  ")
    remove_row(nurse, form, f"IG.AE~{row}", "entered twice")
    assert form_page(nurse, form).rows["IG.AE"][0].state == "deleted"
    assert nurse.subject(at.uid).items[at("SE.LOG", "AE.AETERM", row).path].answer.value == "fever (made up)"
    with pytest.raises(NotFound):
        enter_value(nurse, at("SE.LOG", "AE.AETERM", row), "cough")
    with pytest.raises(NotFound):
        remove_row(nurse, form, f"IG.AE~{row}", "again")
    add_row(nurse, form, "IG.AE")
    assert form_page(nurse, form).rows["IG.AE"][-1].n == "2"


def test_the_queries_of_a_removed_row_are_closed(nurse, at):
    row = events(nurse, at)
    form = at.form("SE.LOG", "F.AE")
    enter_value(nurse, at("SE.LOG", "AE.AESTDAT", row), "2026-11-30")
    assert [one.status for one in reads.queries_of_form(nurse.store.conn, form)] == ["Open"]
    remove_row(nurse, form, f"IG.AE~{row}", "entered twice")
    assert [one.status for one in reads.queries_of_form(nurse.store.conn, form)] == ["Closed"]


def test_a_new_row_opens_a_complete_form_again(nurse, at, records):
    enter_value(nurse, at("SE.LOG", "AE.AEYN"), "N")
    form = at.form("SE.LOG", "F.AE")
    complete_form(nurse, form)
    enter_value(nurse, at("SE.LOG", "AE.AEYN"), "Y", reason="one was reported")
    assert status(nurse, form) == "complete"  # no row yet: nothing is empty
    add_row(nurse, form, "IG.AE")
    assert status(nurse, form) == "open" and records(nurse)[-1].kind == "form.status"


def test_rows_are_added_only_where_the_form_has_them(nurse, at):
    for group in ("IG.VS", "IG.NO", "IG.VSI"):
        with pytest.raises(NotFound):
            add_row(nurse, at.form("SE.V1", "F.VS"), group)
    with pytest.raises(NotFound):
        add_row(nurse, at.form("SE.V1", "F.AE"), "IG.AE")
    with pytest.raises(NotFound):
        remove_row(nurse, at.form("SE.LOG", "F.AE"), "IG.AE~nobody", "why")


def test_a_fixed_row_takes_its_code(nurse, at):
    key = at("SE.V1", "VSI.SYSBP", "M15")
    with pytest.raises(CrfError):
        enter_value(nurse, at("SE.V1", "VSI.SYSBP", "M16"), "120")
    enter_value(nurse, key, "120")
    assert value(nurse, key).value == "120"


# derived values in other forms


LBC = {"LBC.LBPERF": "Y", "LBC.LBDAT": "2026-11-20", "LBC.LBTIM": "07:30", "LBC.ALB": "30", "LBC.BILI": "30",
       "LBC.CREAT": "80", "LBC.SODIUM": "137"}  # fmt: skip


LBG = {"LBG.LBPERF": "Y", "LBG.LBDAT": "2026-11-20", "LBG.LBTIM": "07:30", "LBG.INR": "1.4"}
CP = {"CP.RSPERF": "Y", "CP.X_HEGRD": "0", "CP.X_ASCG": "0", "CP.X_ASCDIUR": "N", "CP.X_CPCOAG": "INR"}


def scores(nurse, at):
    for variable, text in (LBC | LBG | CP | {"MELD.RSPERF": "Y", "MELD.X_DIAL": "N"}).items():
        enter_value(nurse, at("SE.V1", variable), text)


@pytest.mark.requirement("demand 2")
def test_a_laboratory_value_derives_the_scores_of_other_forms_in_the_same_transaction(nurse, at, records):
    scores(nurse, at)
    before = value(nurse, at("SE.V1", "MELD.X_MELD")).value
    assert value(nurse, at("SE.V1", "CP.CPS0103")).value == "1" and before is not None
    end = nurse.store.end.seq
    done = enter_value(nurse, at("SE.V1", "LBC.BILI"), "60")
    derived = {one.key.rpartition("/")[2]: one for one in records(nurse, end) if one.kind == "item.derive"}
    assert derived["I.CP.CPS0103"].value == "3" and derived["I.MELD.X_MELD"].value != before
    assert derived["I.CP.CPS0103"].user == "system" and derived["I.CP.CPS0103"].parents
    assert done.keys >= {f"{at.uid}/SE.V1/{form}" for form in ("F.LBC", "F.CP", "F.MELD")}
    assert value(nurse, at("SE.V1", "CP.CPS0103")).value == "3"


def test_an_operator_or_a_cleared_value_takes_the_score_away(nurse, at):
    scores(nurse, at)
    for text in ("<5", ""):
        enter_value(nurse, at("SE.V1", "LBC.BILI"), "30")
        assert value(nurse, at("SE.V1", "CP.CPS0103")).value == "1"
        enter_value(nurse, at("SE.V1", "LBC.BILI"), text)
        assert value(nurse, at("SE.V1", "CP.CPS0103")).empty


def test_scores_of_another_visit_stay(nurse, at, records):
    scores(nurse, at)
    end = nurse.store.end.seq
    enter_value(nurse, at("SE.V2", "LBC.BILI"), "60")
    assert {one.key.split("/")[0] for one in records(nurse, end) if one.kind == "item.derive"} <= {"SE.V2"}
    assert value(nurse, at("SE.V1", "CP.CPS0103")).value == "1"


# time


def test_what_depends_on_today_follows_the_clock(nurse, at, clock):
    key = at("SE.V1", "VS.VSDAT")
    enter_value(nurse, key, "2026-11-23")
    assert any(one.severity == "hard" for one in line(nurse, key).state.findings)
    clock.move(days=1)
    assert line(nurse, key).state.findings == ()
    end = nurse.store.end.seq
    enter_value(nurse, at(*SYS), "128")
    closed = [one for one in queries_of(nurse, at) if one.status == "Closed"]
    assert nurse.store.end.seq == end + 2 and len(closed) == 1


def test_a_locked_form_is_not_changed(nurse, at, vital_signs, records):
    from crf_app.model.record import Draft

    form = completed(nurse, at, vital_signs)
    ids = [row for one in reads.items_of_form(nurse.store.conn, form) for row in one.heads]
    from crf_app.model.record import cover

    heads = reads.form_row(nurse.store.conn, form).heads
    nurse.commit([Draft("form.status", at.uid, form.path, heads, cover(ids), value="locked")])
    for act in (
        lambda: enter_value(nurse, at(*SYS), "130", reason="late"),
        lambda: mark_missing(nurse, at(*SYS), "ND", reason="late"),
        lambda: enter_form(nurse, form, {"IG.VS/I.VS.OXYSAT": "97"}),
        lambda: complete_form(nurse, form),
    ):
        with pytest.raises(WrongState):
            act()
    assert line(nurse, at(*SYS)).status == "locked"
