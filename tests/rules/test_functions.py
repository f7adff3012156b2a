"""The functions that rules call."""

from __future__ import annotations

import math

import pytest

from crf_app.rules.functions import (
    after,
    before,
    day,
    days,
    hours,
    includes,
    mean,
    minutes,
    number,
    overlap,
    round_half_away,
    within,
    years,
)


@pytest.mark.parametrize(
    ("exact", "decimals", "rounded"),
    [
        (16.1 - 10.1, 1, 6.0), (0.5, 0, 1.0), (1.5, 0, 2.0), (2.5, 0, 3.0), (-2.5, 0, -3.0), (2.675, 2, 2.68),
        (1.005, 2, 1.01), (-0.85 * 0.1, 3, -0.085), (1e300, 2, 1e300), (24500000.0, -5, 24500000.0),
    ],
)  # fmt: skip
def test_round_is_half_away_from_zero(exact: float, decimals: int, rounded: float) -> None:
    assert round_half_away(exact, decimals) == rounded


def test_round_of_nothing_is_nothing() -> None:
    assert math.isnan(round_half_away(math.nan, 1))


def test_mean_of_none_is_nothing() -> None:
    assert mean([40.0, 60.0, 40.0]) == pytest.approx(46.6667, abs=1e-4)
    assert mean([0.1] * 10) == 0.1
    assert math.isnan(mean([]))


def test_partial_dates_are_compared_on_their_known_parts() -> None:
    assert before("2026-09", "2026-10-06")
    assert not before("2026-10", "2026-10-06")
    assert not after("2026-10", "2026-10-06")
    assert after("2026-11", "2026-10-06")
    assert before("2026-10-06T09:00", "2026-10-06T09:01")
    assert not before("2026-10-06", "2026-10-06T09:01")


def test_spans_of_time() -> None:
    assert minutes("2026-10-06T23:50", "2026-10-07T00:35") == 45.0
    assert hours("2026-10-06T00:00", "2026-10-07T12:00") == 36.0
    assert days("2026-02-28", "2026-03-01") == 1.0
    assert days("2026-10-06T23:59", "2026-10-07") == 1.0
    assert day("2026-10-06T23:59") == "2026-10-06"


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("1970-10-06", "2026-10-06", 56), ("1970-10-07", "2026-10-06", 55), ("1972-02-29", "2026-02-28", 53),
        ("1970-10", "2026-10-06", 56), ("1970-11", "2026-10-06", 55), ("1970", "2026-10-06", 56),
    ],
)  # fmt: skip
def test_completed_years(born: str, on: str, age: int) -> None:
    assert years(born, on) == age


def test_a_span_of_what_is_no_moment_does_not_run() -> None:
    with pytest.raises(ValueError):
        minutes("2026-10-06", "2026-10-07T00:35")
    with pytest.raises(ValueError):
        days("2026-10", "2026-10-07")


def test_includes_knows_whole_codes_only() -> None:
    assert includes("ASCITES;GIB", "GIB")
    assert not includes("NORMAL;X", "NORM")


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("2026-03-01", "2026-03-02", True), ("2026-03-03", "2026-03-02", True),
        ("2026-03-04", "2026-03-02", False),
        ("2026-03", "2026-03-02", False), ("", "2026-03-02", False), ("2026-03-02", "", False),
    ],
)  # fmt: skip
def test_within_needs_two_full_dates(one: str, other: str, near: bool) -> None:
    assert within(one, other, 1.0) is near


@pytest.mark.parametrize(
    ("spans", "share"),
    [
        (("2026-03-01", "2026-03-05", "2026-03-05", "2026-03-09"), True),
        (("2026-03-01", "2026-03-05", "2026-03-06", "2026-03-09"), False),
        (("2026-03-06", "2026-03-09", "2026-03-01", "2026-03-05"), False),
        (("2026-03-01", "", "2027-01-01", ""), True),
        (("2027-01-01", "", "2026-03-01", "2026-03-05"), False),
        (("", "2026-03-05", "2026-03-01", ""), True),
        (("2026-03", "", "2026-03-01", "2026-03-02"), True),
        (("", "", "", ""), True),
    ],
)
def test_spans_overlap_on_the_parts_that_both_know(spans: tuple[str, str, str, str], share: bool) -> None:
    assert overlap(*spans) is share


def test_an_empty_cell_is_no_number() -> None:
    assert number("12.50") == 12.5
    with pytest.raises(ValueError):
        number("")
