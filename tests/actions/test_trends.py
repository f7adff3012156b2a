"""The values of one test over time, from stored answers: days, units, ranges of their day, doses, gaps."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crf_app.actions.enter_data import enter_value, mark_missing
from crf_app.actions.lab.lab_ranges import add_range
from crf_app.actions.mistakes import subject_mistake, visit_mistake
from crf_app.actions.printing.plot_paper import item_trends_pdf, subject_trends_pdf
from crf_app.actions.subjects import add_visit
from crf_app.actions.trends import (
    dose_item,
    plotted_items,
    trend,
    trends_of_all,
    trends_of_form,
    trends_of_subject,
)
from crf_app.errors import NotAllowed, NotFound

LAB = "Made-up laboratory"
DAYS = {"SE.SCR": "2026-09-01", "SE.V1": "2026-09-20", "SE.V2": "2026-09-27", "SE.V3": "2026-10-04"}


@pytest.fixture
def person(session):
    """A coordinator, who enters and keeps the ranges."""
    return session("coordinator")


@pytest.fixture
def at(person, new_subject):
    from tests.actions.conftest import Addresses

    return Addresses(person.study, new_subject(person))


def chemistry(person, at, event, day, **values):
    """A made-up sample; values are typed as they stand."""
    for name, text in ({"LBPERF": "Y", "LBDAT": day} | values).items():
        enter_value(person, at(event, f"LBC.{name}"), text)


@pytest.fixture
def filled(person, at):
    """Four visits with ALT, three doses, in the medium group."""
    for name, text in (("DM.SEX", "F"), ("DM.BRTHDAT", "1974-03-02")):
        enter_value(person, at("SE.SCR", name), text)
    enter_value(person, at("SE.V1", "GA.ARMCD"), "MED")
    for (event, day), value in zip(DAYS.items(), ("58", "52", "49", "268"), strict=True):
        enter_value(person, at(event, "SV.SVOCCUR"), "Y")
        enter_value(person, at(event, "SV.SVSTDAT"), day)
        if event != "SE.SCR":
            enter_value(person, at(event, "EX.ECYN"), "Y")
            enter_value(person, at(event, "EX.ECSTDAT"), day)
        chemistry(person, at, event, day, ALT=value)
    return at


def alt_of(person, at, event="SE.V3"):
    return trend(person, at(event, "LBC.ALT"))


def test_values_stand_on_the_days_of_their_samples(person, filled):
    found = alt_of(person, filled)
    assert [(str(one.at), one.value) for one in found.points] == [
        ("2026-09-01", 58), ("2026-09-20", 52), ("2026-09-27", 49), ("2026-10-04", 268),
    ]  # fmt: skip
    assert [found.day(one.at) for one in found.points] == [-19, 1, 8, 15]
    assert (found.unit, found.title.en) == ("U/L", "Alanine aminotransferase")
    assert found.here == "SE.V3" and found.loud == 3


def test_the_range_flag_and_multiple_of_each_value_are_those_of_the_form(person, filled):
    one = alt_of(person, filled).points[-1]
    assert (one.low, one.high, one.flag, one.times) == (Decimal(7), Decimal(40), "H", "6.7")


def test_doses_are_the_starts_of_administration(person, filled):
    found = alt_of(person, filled)
    assert [str(day) for day in found.doses] == ["2026-09-20", "2026-09-27", "2026-10-04"]
    assert found.dose_name.en == "Infusion" and found.arm.en == "Medium-dose group"


def test_without_an_administration_the_dose_is_what_gives_day_1(study):
    forms = tuple(form.model_copy(update={"administration": None}) for form in study.form)
    assert dose_item(study) == dose_item(study.model_copy(update={"form": forms})) == "I.EX.ECSTDAT"
    assert dose_item(study.model_copy(update={"form": forms, "subject_facts": ()})) is None


def test_the_baseline_is_the_last_value_up_to_day_1(person, filled):
    assert alt_of(person, filled).base == "SE.V1"


def test_an_extra_visit_is_in_the_line_and_one_made_by_mistake_is_not(person, filled):
    event = add_visit(person, filled.uid, "SE.UNS", "made-up swelling").row
    chemistry(person, filled, event, "2026-09-23", ALT="90")
    assert [one.short for one in alt_of(person, filled).points] == ["58", "52", "90", "49", "268"]
    visit_mistake(person, filled.uid, event, "made-up: another subject")
    assert [one.short for one in alt_of(person, filled).points] == ["58", "52", "49", "268"]
    assert [len(one.points) for one in trends_of_all(person, "I.LBC.ALT")] == [4]


def test_another_unit_is_converted_as_readings_do(person, filled):
    enter_value(person, filled("SE.V2", "LBC.BILI"), "3.1", "mg/dL")
    one = trend(person, filled("SE.V2", "LBC.BILI")).points[0]
    assert round(one.value, 2) == Decimal("53.01") and one.short.startswith("53.0")


def test_a_result_below_the_limit_keeps_its_sign(person, filled):
    enter_value(person, filled("SE.V2", "LBC.BILI"), "<5.0")
    one = trend(person, filled("SE.V2", "LBC.BILI")).points[0]
    assert (one.operator, one.value, one.words) == ("<", Decimal("5.0"), "<5.0")


def test_a_range_stands_for_the_days_it_is_valid(person, filled):
    said = {"laboratory": LAB, "item": "LBC.ALT", "high": "50", "valid_from": "2026-09-25"}
    add_range(person, said)
    for event in DAYS:
        enter_value(person, filled(event, "LBC.LBNAM"), LAB)
    assert [one.high for one in alt_of(person, filled).points] == [40, 40, 50, 50]


def test_what_was_not_done_is_a_gap(person, filled):
    mark_missing(person, filled("SE.V2", "LBC.AST"), "ND")
    enter_value(person, filled("SE.V3", "LBC.AST"), "51")
    found = trend(person, filled("SE.V3", "LBC.AST"))
    assert [(str(one.at), one.reason) for one in found.gaps] == [("2026-09-27", "ND")]
    assert len(found.points) == 1


def test_an_impossible_value_is_said_and_not_drawn(person, filled):
    enter_value(person, filled("SE.V2", "LBC.K"), "4.2")
    enter_value(person, filled("SE.V3", "LBC.K"), "42.0")
    found = trend(person, filled("SE.V3", "LBC.K"))
    assert [one.short for one in found.points] == ["4.2"]
    assert [one.short for one in found.left_out] == ["42.0"]


def test_a_value_without_a_day_is_counted_and_not_drawn(person, at):
    enter_value(person, at("SE.V1", "LBC.LBPERF"), "Y")
    enter_value(person, at("SE.V1", "LBC.ALT"), "50")
    found = alt_of(person, at, "SE.V1")
    assert (found.points, found.undated, found.day1) == ((), 1, None)


def test_all_subjects_have_the_trends_that_they_have_alone(person, filled, new_subject):
    """What is read of many at once is what is read of one; who has no value is there with none."""
    from tests.actions.conftest import Addresses

    other = Addresses(person.study, new_subject(person))
    chemistry(person, other, "SE.SCR", "2026-10-01", ALT="33")
    empty = new_subject(person)
    gone = new_subject(person)
    subject_mistake(person, gone, "made-up: not a participant")
    found = {one.uid: one for one in trends_of_all(person, "I.LBC.ALT")}
    assert list(found) == [filled.uid, other.uid, empty]
    for one, event in ((filled, "SE.V3"), (other, "SE.SCR")):
        alone = alt_of(person, one, event)
        together = found[one.uid]
        for name in ("points", "gaps", "doses", "day1", "arm", "base", "left_out", "undated"):
            assert getattr(together, name) == getattr(alone, name)
    assert found[empty].points == ()
    assert {one.label for one in found.values()} == {"ZN001", "ZN002", "ZN003"}


def test_many_subjects_cost_few_statements(person, filled, new_subject):
    for _ in range(5):
        new_subject(person)
    said: list[str] = []
    person.store.conn.set_trace_callback(said.append)
    try:
        assert len(list(trends_of_all(person, "I.LBC.ALT"))) == 6
    finally:
        person.store.conn.set_trace_callback(None)
    assert len(said) <= 4


def test_trends_of_a_form_evaluate_no_form(person, filled):
    person.forget()
    found = dict(trends_of_form(person, filled.form("SE.V3", "F.LBC")))
    assert found["IG.LBC.ENZYME/I.LBC.ALT"].here == "SE.V3"
    assert len(found) > 20
    assert not person.subject(filled.uid)._evaluated


def test_a_subjects_results_are_those_with_a_value(person, filled):
    assert [one.item for one in trends_of_subject(person, filled.uid)] == ["I.LBC.ALT"]


def test_what_can_be_plotted_is_numbers_laboratory_first(study):
    items = plotted_items(study)
    labs = [one.lab for one in items]
    assert labs == sorted(labs, reverse=True)
    assert {"I.LBC.ALT", "I.LBC.GLOBUL", "I.VS.SYSBP"} <= {one.oid for one in items}
    assert not {"I.VSI.SYSBP", "I.DM.SEX", "I.LBC.ALT_CLSIG"} & {one.oid for one in items}


def test_the_administrator_reads_no_values(session):
    with pytest.raises(NotAllowed):
        list(trends_of_all(session("admin"), "I.LBC.ALT"))


def test_paper_of_nothing_is_refused_in_words(person, at):
    with pytest.raises(NotFound, match="No laboratory result"):
        subject_trends_pdf(person, at.uid, "en")
    with pytest.raises(NotFound, match="No subject"):
        item_trends_pdf(person, "I.LBC.ALT", "en")
