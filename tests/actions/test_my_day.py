"""My day reads what waits: visits by the site's day, forms to sign, queries for me, where the data are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crf_app.actions.banner import banner_of, dose_of, number_of
from crf_app.actions.casebook import casebook
from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_value
from crf_app.actions.my_day import MyDay, bundle_is_due, days_since, forms_to_sign, my_day, saved_today
from crf_app.actions.queries import open_query, queries
from crf_app.actions.visits_due import AHEAD, VisitsDue
from crf_app.errors import NotAllowed
from crf_app.model.age import age_on
from crf_app.model.def_base import Text
from crf_app.model.definition import Arm
from crf_app.store import reads
from tests.actions.conftest import Addresses

SEEN_FROM = timezone(timedelta(hours=8))


def day_of(session: Any) -> MyDay:
    day = my_day(session)
    for _ in day.steps():
        pass
    return day


def dosed(session: Any, at: Any, day1: str) -> None:
    """Screening and day 1 of the subject took place, each with its visit date, day 1 with its infusion."""
    screened = (date.fromisoformat(day1) - timedelta(days=5)).isoformat()
    for event, variable, text in (
        ("SE.SCR", "SV.SVOCCUR", "Y"), ("SE.SCR", "SV.SVSTDAT", screened), ("SE.V1", "SV.SVOCCUR", "Y"),
        ("SE.V1", "SV.SVSTDAT", day1), ("SE.V1", "EX.ECYN", "Y"), ("SE.V1", "EX.ECSTDAT", day1),
    ):  # fmt: skip
        enter_value(session, at(event, variable), text)


def states(day: MyDay) -> dict[str, list[str]]:
    return {name: [one.event.short_name for one in day.of(name)] for name in ("today", "overdue", "ahead")}


def group_of(session: Any, uid: str, visit: str) -> str | None:
    """Where a visit of one subject stands now."""
    some = [one for one in reads.subject_names(session.store.conn) if one.uid == uid]
    found = {one.event.short_name: one.group for one in VisitsDue(session).read(some)}
    return found.get(visit)


def on(clock: Any, day: date | str, time: str = "09:00", zone: Any = SEEN_FROM) -> None:
    clock.at = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=zone)


@pytest.fixture
def on_day_1(nurse: Any, at: Any, clock: Any) -> Any:
    """Dosed on 2 November 2026; V2 is planned for the 9th, window 8 to 10."""
    dosed(nurse, at, "2026-11-02")
    return nurse


def test_a_visit_comes_is_due_and_is_overdue_by_its_window(on_day_1: Any, at: Any, clock: Any) -> None:
    wanted = {3: "ahead", 8: "ahead", 9: "today", 10: "today", 11: "overdue"}
    for day, group in wanted.items():
        on(clock, f"2026-11-{day:02d}")
        assert group_of(on_day_1, at.uid, "V2") == group, day


def test_a_window_that_opens_later_than_two_weeks_is_not_shown(on_day_1: Any, clock: Any) -> None:
    on(clock, "2026-11-03")
    shown = VisitsDue(on_day_1).read(reads.subject_names(on_day_1.store.conn))
    assert all(
        one.window.earliest - one.today <= timedelta(days=AHEAD) for one in shown if one.group == "ahead"
    )
    assert "V5" not in {one.event.short_name for one in shown}


def test_of_one_subject_only_the_next_visit_lies_ahead(on_day_1: Any, clock: Any) -> None:
    on(clock, "2026-11-03")
    assert states(day_of(on_day_1)) == {"today": [], "overdue": [], "ahead": ["V2"]}


def test_a_visit_that_took_place_or_was_missed_is_nobodys_work(on_day_1: Any, at: Any, clock: Any) -> None:
    on(clock, "2026-11-20")
    assert states(day_of(on_day_1))["overdue"] == ["V2", "V3"]
    enter_value(on_day_1, at("SE.V2", "SV.SVOCCUR"), "N")
    for variable, text in (("SV.SVOCCUR", "Y"), ("SV.SVSTDAT", "2026-11-16")):
        enter_value(on_day_1, at("SE.V3", variable), text)
    assert states(day_of(on_day_1))["overdue"] == []


def test_a_begun_visit_says_what_is_done_and_where_work_goes_on(
    on_day_1: Any, at: Any, clock: Any, vital_signs: Any
) -> None:
    on(clock, "2026-11-09")
    vital_signs(on_day_1, at, "SE.V2", VSDAT="2026-11-09")
    complete_form(on_day_1, at.form("SE.V2", "F.VS"))
    clock.move(seconds=60)
    for variable, text in (("SV.SVOCCUR", "Y"), ("SV.SVSTDAT", "2026-11-09")):
        enter_value(on_day_1, at("SE.V2", variable), text)
    (one,) = day_of(on_day_1).of("today")
    assert one.begun and one.done == 1 and one.total > 5
    assert one.place == at.form("SE.V2", "F.SV")
    asked = on_day_1.study.form_of_item["I.SV.SVSTDAT"].items["I.SV.SVSTDAT"].question
    assert one.last == asked


def test_a_visit_that_nobody_began_begins_with_its_first_form(on_day_1: Any, at: Any, clock: Any) -> None:
    on(clock, "2026-11-09")
    (one,) = day_of(on_day_1).of("today")
    assert not one.begun and one.place == at.form("SE.V2", "F.SV") and one.done == 0


def test_overdue_counts_days_since_the_window_closed(on_day_1: Any, clock: Any) -> None:
    on(clock, "2026-11-13")
    (one,) = day_of(on_day_1).of("overdue")
    assert one.late == 3 and one.left is None


def test_a_state_that_closes_visits_takes_them_from_the_day(on_day_1: Any, at: Any, clock: Any) -> None:
    on(clock, "2026-11-20")
    assert states(day_of(on_day_1))["overdue"]
    enter_value(on_day_1, at("SE.LOG", "DD.DTHDAT"), "2026-11-05")
    assert states(day_of(on_day_1))["overdue"] == []


# dates


def test_the_day_is_the_sites_day_not_that_of_utc(on_day_1: Any, clock: Any) -> None:
    on(clock, "2026-11-11", "00:30")
    assert clock.now().astimezone(UTC).date() == date(2026, 11, 10)
    assert states(day_of(on_day_1))["overdue"] == ["V2"]
    on(clock, "2026-11-10", "23:59")
    assert states(day_of(on_day_1))["today"] == ["V2"]


SUMMER = (
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
)


def test_a_change_of_summer_time_moves_no_window(nurse: Any, new_subject: Any, clock: Any) -> None:
    """Day 8 lies a week after day 1, whether an hour of that week is missing or comes twice."""
    for zone, change in SUMMER:
        day1, there = date.fromisoformat(change) - timedelta(days=4), ZoneInfo(zone)
        on(clock, day1, "12:00", there)
        at = Addresses(nurse.study, new_subject(nurse))
        dosed(nurse, at, day1.isoformat())
        for time in ("00:05", "02:30", "23:55"):
            for days, group in ((7, "today"), (8, "today"), (9, "overdue")):
                on(clock, day1 + timedelta(days=days), time, there)
                assert group_of(nurse, at.uid, "V2") == group, (zone, change, time, days)


def test_the_29th_of_february_is_a_day_like_any_other(nurse: Any, new_subject: Any, clock: Any) -> None:
    planned = {"2028-02-22": "2028-02-29", "2028-02-23": "2028-03-01", "2027-02-22": "2027-03-01"}
    for day1, day8 in planned.items():
        on(clock, day1)
        at = Addresses(nurse.study, new_subject(nurse))
        dosed(nurse, at, day1)
        on(clock, day8)
        found = [one for one in day_of(nurse).of("today") if one.uid == at.uid]
        assert [one.window.planned for one in found] == [date.fromisoformat(day8)]


def birthday(birth: date, year: int) -> date:
    """In a year without Feb 29 it is Mar 1."""
    try:
        return birth.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


@given(birth=st.dates(date(1900, 1, 1), date(2030, 1, 1)), days=st.integers(0, 40_000))
def test_age_is_the_number_of_birthdays_since_birth(birth: date, days: int) -> None:
    today = birth + timedelta(days=days)
    passed = sum(birthday(birth, year) <= today for year in range(birth.year + 1, today.year + 1))
    assert age_on(birth.isoformat(), today) == passed


@pytest.mark.parametrize(
    ("birth", "age"),
    [("1974-03", 52), ("1974-10", 52), ("1974-11", 51), ("1974", None), ("", None), ("1974-10-06", 52),
     ("1974-10-07", 51), ("2027-01", None)],
)  # fmt: skip
def test_age_is_said_as_far_as_the_birth_date_allows(birth: str, age: int | None) -> None:
    assert age_on(birth, date(2026, 10, 6)) == age


# people, queries, signatures, data


def test_whoever_does_not_read_has_no_day(session: Any) -> None:
    with pytest.raises(NotAllowed):
        my_day(session("admin"))


def test_a_complete_form_waits_for_the_signature_until_it_is_signed(
    nurse: Any, at: Any, vital_signs: Any
) -> None:
    assert forms_to_sign(nurse) == ()
    vital_signs(nurse, at)
    complete_form(nurse, at.form("SE.V1", "F.VS"))
    (one,) = forms_to_sign(nurse)
    assert one.key == at.form("SE.V1", "F.VS") and not one.again and one.form.en == "Vital signs"
    assert my_day(nurse).signers == ("Made-up Investigator",)


def test_a_persons_query_is_for_those_who_answer_and_stands_first(
    nurse: Any, at: Any, session: Any, clock: Any
) -> None:
    enter_value(nurse, at("SE.V1", "VS.TEMP"), "41.5")  # a check asks
    doctor = session("investigator")
    open_query(doctor, at("SE.V1", "VS.TEMP"), "Which thermometer?")
    day = day_of(doctor)
    assert day.asked[0].texts["en"] == "Which thermometer?" and day.asked[0].visit.en == "V1"
    assert day.open_queries >= 1 and day.for_me == day.open_queries


def test_where_the_data_are(nurse: Any, at: Any, clock: Any) -> None:
    before = day_of(nurse).where
    clock.move(hours=1)
    enter_value(nurse, at("SE.V1", "VS.SYSBP"), "128")
    where = day_of(nurse).where
    assert where.values == before.values + 1 and where.only_here == where.values
    assert where.safe == 0 and not where.received and not where.central_known
    assert saved_today(nurse) == f"{clock.now():%H:%M:%S}"
    clock.move(days=1)
    assert saved_today(nurse) == ""


def test_a_bundle_is_asked_for_after_days_without_one(nurse: Any, at: Any, clock: Any) -> None:
    enter_value(nurse, at("SE.V1", "VS.SYSBP"), "128")
    where = day_of(nurse).where
    assert not bundle_is_due(nurse, where, 7)
    clock.move(days=7)
    assert bundle_is_due(nurse, where, 7) and days_since(nurse, where.oldest) == 7
    made = replace(where, bundle_at=clock.now().astimezone(UTC).isoformat())
    assert not bundle_is_due(nurse, made, 7)
    clock.move(days=8)
    assert bundle_is_due(nurse, made, 7)
    assert not bundle_is_due(nurse, replace(made, only_here=0), 7)


def test_many_subjects_are_read_in_short_steps(nurse: Any, new_subject: Any) -> None:
    for n in range(1, 31):
        new_subject(nurse, f"ZN{n:03d}")
    day = my_day(nurse)
    assert not day.whole
    assert sum(1 for _ in day.steps()) >= 3 and day.whole and day.subjects == 30


# the header


def test_the_header_has_the_dose_of_the_group_and_the_age(on_day_1: Any, at: Any, clock: Any) -> None:
    for event, variable, text in (("SE.SCR", "DM.SEX", "F"), ("SE.SCR", "DM.BRTHDAT", "1974-03"),
                                  ("SE.V1", "GA.ARMCD", "MED")):  # fmt: skip
        enter_value(on_day_1, at(event, variable), text, reason="made up")
    header = casebook(on_day_1, at.uid, evaluate=False).header
    assert header.banner is not None
    said = [value.en for _, value in header.banner.fields]
    assert "1974-03 (52 y)" in said and "Medium·5.0 × 10⁷ cells" in said and "2026-11-02" in said
    assert [one.zh for one in header.banner.brief] == ["女", "52", "中"]


def test_the_header_names_the_visit_of_today(on_day_1: Any, at: Any, clock: Any) -> None:
    on(clock, "2026-11-09")
    on_day_1.forget()
    today = banner_of(on_day_1.subject(at.uid), ()).today
    assert today is not None and today.en == "V2·Day 8, infusion 2"


@pytest.mark.parametrize(
    ("dose", "said"),
    [("50000000", "5.0 × 10⁷"), ("25000000", "2.5 × 10⁷"), ("100000000", "1.0 × 10⁸"), ("100", "100"),
     ("2.50", "2.5"), ("12345678", "1.2345678 × 10⁷"), ("0", "0")],
)  # fmt: skip
def test_a_dose_is_written_as_people_write_it(dose: str, said: str) -> None:
    assert number_of(Decimal(dose)) == said
    words = Text(en="Made up", zh="虚构")
    arm = Arm(code="X", name=words, short_name=words, planned=1, dose=dose, dose_unit="mg")
    assert dose_of(arm, "en") == f"{said} mg"


def test_queries_of_the_same_second_stand_by_subject_number(session: Any, new_subject: Any) -> None:
    """Whatever their threads are called: "my day" and the page of queries are the same on every device."""
    nurse, places = session("nurse"), {}
    for label in ("ZN031", "ZN012", "ZN024", "ZN008", "ZN017"):
        places[label] = Addresses(nurse.study, new_subject(nurse, label))("SE.V1", "VS.VSPERF")
        enter_value(nurse, places[label], "Y")
    investigator = session("investigator")
    for place in places.values():
        open_query(investigator, place, "Sure?")
    nurse = session("nurse")
    assert [one.label for one in queries(nurse)] == sorted(places)
    shown = [one.label for one in day_of(nurse).asked]
    assert shown == sorted(places)[: len(shown)] and len(shown) > 2
