"""A subject's state: the first status that holds, what it closes; which of several values a fact takes."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crf_app.model.def_base import Text
from crf_app.model.definition import StatusDef, Study, StudyEventDef
from crf_app.rules.expression import Rules, compile_study
from crf_app.rules.subject_facts import fact_readers, read_facts
from crf_app.rules.subject_status import closed, flow_lines_of, gate_of, last_day, needed, status_of

TODAY = "2026-11-22"
CONSENT = {"CONSENT": "2026-01-05"}
TREATED = CONSENT | {"ARM": "LOW", "DAY1": "2026-02-01"}
FOLLOWED = TREATED | {"INF2": "2026-02-08", "INF3": "2026-02-15"}


@pytest.fixture(scope="module")
def event(study: Study) -> dict[str, StudyEventDef]:
    return dict(study.events)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({}, "PRECONSENT"),
        ({"DAY1": "2026-02-01", "ARM": "LOW"}, "PRECONSENT"),
        (CONSENT, "SCREENING"),
        (CONSENT | {"SCRFAIL": "N"}, "SCREENING"),
        (CONSENT | {"SCRFAIL": "Y"}, "SCREENFAIL"),
        (CONSENT | {"DSDECOD": "SCREEN FAILURE"}, "SCREENFAIL"),
        (CONSENT | {"DSDECOD": "PHYSICIAN DECISION"}, "NOTTREATED"),
        (CONSENT | {"ARM": "LOW"}, "ALLOCATED"),
        (TREATED, "TREATMENT"),
        (TREATED | {"DSTDECOD": "ADVERSE EVENT"}, "FOLLOWUP"),
        (FOLLOWED, "FOLLOWUP"),
        (FOLLOWED | {"WEEK24": "2026-07-19"}, "SURVIVAL"),
        (FOLLOWED | {"SURV": "ALIVE"}, "SURVIVAL"),
        (FOLLOWED | {"SURV": "UNKNOWN"}, "SURVIVAL"),
        (FOLLOWED | {"SURV": "LTFU"}, "LOST"),
        (FOLLOWED | {"SURV": "DEAD"}, "DIED"),
        (FOLLOWED | {"DEATH": "2026-07"}, "DIED"),
        (FOLLOWED | {"DSDECOD": "DEATH"}, "DIED"),
        (FOLLOWED | {"DSDECOD": "WITHDRAWAL BY SUBJECT"}, "WITHDRAWN"),
        (FOLLOWED | {"DSDECOD": "PHYSICIAN DECISION"}, "ENDED"),
        (FOLLOWED | {"DSDECOD": "COMPLETED"}, "FOLLOWUP"),
        (FOLLOWED | {"DSDECOD": "COMPLETED", "SURV": "ALIVE", "SURV24M": "ALIVE"}, "COMPLETED"),
    ],
)
def test_the_first_status_that_holds_is_the_state(rules: Rules, facts: dict[str, str], code: str) -> None:
    status = status_of(rules, facts, TODAY)
    assert status is not None and status.code == code


def test_before_consent_only_the_consent_form_opens(rules: Rules, study: Study) -> None:
    gate = gate_of(rules, {}, TODAY)
    open_now = {
        (event.oid, form)
        for event in study.event
        for form in event.form_oids
        if not gate.closes(event, form, None)
    }
    assert open_now == {("SE.SCR", "F.IC")}


def test_a_screen_failure_keeps_screening_and_the_logs(rules: Rules, study: Study) -> None:
    gate = gate_of(rules, CONSENT | {"SCRFAIL": "Y"}, TODAY)
    assert [event.oid for event in study.event if not gate.closes_visit(event, None)] == ["SE.SCR", "SE.LOG"]
    log = study.events["SE.LOG"]
    assert [form for form in log.form_oids if gate.closes(log, form, None)] == ["F.DST"]


@pytest.mark.parametrize(
    ("facts", "open_visits"),
    [
        ({"DSDECOD": "PHYSICIAN DECISION"}, ["V1", "V5", "S1", "S3"]),
        ({"DSDECOD": "LOST TO FOLLOW-UP"}, ["V1", "V5", "S1", "S3"]),
        ({"DSDECOD": "WITHDRAWAL BY SUBJECT"}, ["V1", "V5"]),
        ({"DSDECOD": "DEATH", "DEATH": "2026-03-10"}, ["V1", "V5"]),
        ({"SURV": "DEAD"}, ["V1", "V5", "V6", "S1", "S3"]),
        ({"DSTDECOD": "ADVERSE EVENT"}, ["V1", "V5", "V6", "S1", "S3"]),
    ],
)
def test_an_end_closes_what_was_planned_after_its_day(
    rules: Rules, event: dict[str, StudyEventDef], facts: dict[str, str], open_visits: list[str]
) -> None:
    from crf_app.model.schedule import window

    gate = gate_of(rules, FOLLOWED | {"DSDAT": "2026-03-10"} | facts, TODAY)
    day1 = date(2026, 2, 1)
    spans = {name: window(event[f"SE.{name}"], day1) for name in ("V1", "V5", "V6", "S1", "S3")}
    found = [
        name for name, span in spans.items() if span and not gate.closes_visit(event[f"SE.{name}"], span[0])
    ]
    assert found == open_visits


def test_a_partial_date_of_death_closes_after_the_last_day_it_can_mean(rules: Rules) -> None:
    assert gate_of(rules, FOLLOWED | {"DEATH": "2026-03"}, TODAY).since == date(2026, 3, 31)
    assert [last_day(text) for text in ("", "2026", "2024-02", "2026-03-10", "2026-03-10T10:00")] == [
        None, date(2026, 12, 31), date(2024, 2, 29), date(2026, 3, 10), date(2026, 3, 10),
    ]  # fmt: skip


STATUS = StatusDef(
    code="X", name=Text(en="x", zh="x"), when="true", closes=("*",), keeps=("F.IC",), since="D"
)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(DAYS, DAYS)
def test_keeps_wins_and_since_is_a_day_that_is_still_open(earliest: date, since: date) -> None:
    visit = StudyEventDef(oid="SE.A", name=Text(en="a", zh="a"), short_name="A", type="Scheduled", number="1",
                          forms=())  # fmt: skip
    assert not closed(STATUS, visit, "F.IC", earliest, since)
    assert closed(STATUS, visit, "F.VS", earliest, since) == (earliest > since)
    assert not closed(STATUS, visit, "F.VS", None, since) and not closed(
        STATUS, visit, "F.VS", earliest, None
    )
    at_once = STATUS.model_copy(update={"since": None})
    assert closed(at_once, visit, "F.VS", None, None)


def test_a_fact_takes_the_first_last_smallest_or_largest_of_its_values(study: Study) -> None:
    readers = fact_readers(study)
    values = {
        "SE.S1/F.SS/IG.SS.STATUS/I.SS.SSORRES": "ALIVE",
        "SE.S2/F.SS/IG.SS.STATUS/I.SS.SSORRES": "LTFU",
        "SE.S1/F.SS/IG.SS.STATUS/I.SS.X_LSTALV": "2027-02-03",
        "SE.S2/F.SS/IG.SS.STATUS/I.SS.X_LSTALV": "2027-02-01",
        "SE.LOG/F.DSS/IG.DSS/I.DSS.X_LCDAT": "2027-03-04",
    }
    found = read_facts(readers, lambda place: values.get(place.path))
    assert found == {"SURV": "LTFU", "LSTALV": "2027-03-04"}
    for pick, value in (("first", "2027-02-03"), ("smallest", "2027-02-01"), ("last", "2027-03-04")):
        fact = readers["LSTALV"].fact.model_copy(update={"pick": pick})
        reader = type(readers["LSTALV"])(fact, readers["LSTALV"].item, readers["LSTALV"].places)
        assert reader.read(lambda place: values.get(place.path)) == value


def test_the_flow_counts_each_line_that_holds(rules: Rules) -> None:
    assert flow_lines_of(rules, {}, TODAY) == frozenset()
    assert flow_lines_of(rules, FOLLOWED | {"SURV": "DEAD"}, TODAY) == {
        "SCREENED", "ALLOCATED", "TREATED", "INFUSIONS3", "DIED"
    }  # fmt: skip


def broken(make: SimpleNamespace, *status: dict[str, object]) -> Rules:
    """A study whose subject fact SINCE is a partial date, and these statuses."""
    item = make.item("I.SV.SVSTDAT", "date"), make.item("I.SV.SINCE", "partialDate")
    fact = {"name": "SINCE", "item": "I.SV.SINCE"}
    form = make.form("F.SV", make.group("IG.SV", *item))
    return compile_study(make.study(form, subject_facts=[fact], status=list(status)))


#: days() of part of a date cannot be worked out
CANNOT = "days(partial.subject.SINCE, today) > 30.0"


def state(code: str, when: str, *closes: str) -> dict[str, object]:
    return {"code": code, "name": {"en": code.title(), "zh": code}, "when": when, "closes": list(closes)}


def test_a_state_whose_rule_cannot_run_is_said(make: SimpleNamespace) -> None:
    rules = broken(make, state("LATE", CANNOT), state("OPEN", "true", "F.SV"))
    whole, part = (gate_of(rules, {"SINCE": text}, TODAY) for text in ("2026-11-20", "2026-11"))
    assert whole.status is not None and whole.status.name.en == "Open"
    assert part.status is not None and (part.status.code, part.status.closes) == ("OPEN", ("F.SV",))
    assert part.status.name == Text(
        en="Open (the rule of Late could not run)", zh="OPEN（状态“LATE”的规则无法运行）"
    )


def test_a_state_whose_rule_cannot_run_is_said_where_no_other_holds(make: SimpleNamespace) -> None:
    rules = broken(make, state("LATE", CANNOT, "*"), state("NEVER", "false"))
    found = status_of(rules, {"SINCE": "2026-11"}, TODAY)
    assert found is not None and (found.code, found.closes) == ("LATE", ())
    assert found.name.en == "State not known (the rule of Late could not run)"
    assert status_of(rules, {}, TODAY) is None  # an operand that is missing is no failure


def test_a_form_is_required_where_its_rule_cannot_run(make: SimpleNamespace) -> None:
    program = broken(make, state("LATE", CANNOT)).subject.status[0][1]
    said = {text: needed(program, {"SINCE": text}, TODAY) for text in ("2026-11-20", "2026-11", "2026-10-01")}
    assert said == {"2026-11-20": False, "2026-11": True, "2026-10-01": True}
