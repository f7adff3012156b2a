"""The trial's visits for any first infusion: windows never overlap, survival visits by calendar months."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crf_app.model.definition import Study
from crf_app.model.schedule import planned_date, study_day, window

DAYS = st.one_of(
    st.dates(date(2020, 1, 1), date(2080, 1, 1)),
    st.sampled_from([date(2024, 2, 29), date(2028, 2, 29), date(2026, 1, 31), date(2026, 8, 31)]),
)


@pytest.mark.requirement("demand 5")
@given(day1=DAYS)
def test_windows_never_overlap_whatever_day_1_is(study: Study, day1: date) -> None:
    spans = [window(event, day1) for event in study.event if event.type == "Scheduled"]
    there = [span for span in spans if span is not None]
    assert len(there) == 12
    assert all(first <= last for first, last in there)
    assert all(earlier[1] < later[0] for earlier, later in pairwise(there))


@given(day1=DAYS)
def test_visits_by_day_lie_on_their_study_day_and_by_month_on_the_day_of_the_month(
    study: Study, day1: date
) -> None:
    for event in study.event:
        planned = planned_date(event, day1)
        if planned is not None and event.day is not None:
            assert study_day(planned, day1) == event.day
        elif planned is not None:
            shorter = (planned + timedelta(days=1)).day == 1
            assert planned.day == day1.day or shorter
            assert event.month == (planned.year - day1.year) * 12 + planned.month - day1.month


def test_survival_visits_of_the_study_facts(study: Study) -> None:
    day1 = date(2026, 3, 2)
    days = [
        study_day(planned_date(study.events[oid], day1) or day1, day1) for oid in ("SE.S1", "SE.S2", "SE.S3")
    ]
    assert days == [366, 550, 732]


def test_the_study_says_by_an_item_whether_a_visit_took_place(study: Study) -> None:
    assert study.visit_occurred == "I.SV.SVOCCUR"
    assert (
        "N"
        in study.code_lists[study.form_of_item["I.SV.SVOCCUR"].items["I.SV.SVOCCUR"].code_list or ""].by_code
    )
