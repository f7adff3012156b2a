"""Plots: every value inside its frame, in the order of time, between two ticks; days are true days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crf_app.model.def_base import Text
from crf_app.model.plot import axes_of, lay_out, sparkline
from crf_app.model.plot_parts import Area, Dot, Picture, Polyline, Words, extent
from crf_app.model.plot_scale import DayScale, day_ticks, scale_of, tick_words
from crf_app.model.trend import Trend, TrendGap, TrendPoint

DAY1 = date(2026, 9, 8)
ALT = Text(en="ALT", zh="丙氨酸氨基转移酶")

numbers = st.decimals(-1_000_000, 1_000_000, places=3) | st.decimals(0, 10**12, places=0)
positive = st.decimals("0.001", 10**9, places=3)
operators = st.sampled_from(["", "", "", "<", ">", "<=", ">="])


@st.composite
def points(draw, value=numbers):
    low = draw(st.none() | numbers)
    high = draw(st.none() | numbers)
    if low is not None and high is not None:
        low, high = min(low, high), max(low, high)
    day = DAY1 + timedelta(days=draw(st.integers(-60, 800)))
    return TrendPoint(day, draw(value), draw(operators), low, high, mark="SCR")


@st.composite
def trends(draw, least=1):
    found = sorted(draw(st.lists(points(), min_size=least, max_size=15)), key=lambda one: one.at)
    days = st.integers(-60, 800).map(lambda n: DAY1 + timedelta(days=n))
    return Trend(
        ALT,
        unit="U/L",
        day1=draw(st.sampled_from([DAY1, None])),
        points=tuple(found),
        gaps=tuple(TrendGap(one, "ND") for one in sorted(draw(st.lists(days, max_size=3)))),
        doses=tuple(sorted(draw(st.lists(days, max_size=4)))),
    )


def at(day: int) -> date:
    """The date of a study day."""
    return DAY1 + timedelta(days=day - 1 if day > 0 else day)


def alt(*values: tuple[int, str], **more) -> Trend:
    """Made-up values by study day, with the range 7 to 40."""
    return Trend(
        ALT,
        unit="U/L",
        day1=DAY1,
        points=tuple(
            TrendPoint(at(day), Decimal(value), "", Decimal(7), Decimal(40), event=f"SE.{day}", mark="SCR")
            for day, value in values
        ),
        **more,
    )


def inside(picture: Picture) -> bool:
    """Every dot, line and band within the picture; words may stand half a sign over its edge."""
    for part in picture.parts:
        left, top, right, bottom = extent(part)
        room = 8.0 if isinstance(part, Words) else 0.01
        if left < -room or top < -room or right > picture.width + room or bottom > picture.height + room:
            return False
    return True


@given(trends(least=0), st.integers(120, 900), st.integers(90, 500))
def test_every_part_lies_inside_the_picture(trend, width, height):
    assert inside(lay_out(trend, width, height))


@given(trends(), st.integers(150, 900), st.integers(90, 500))
def test_every_value_lies_inside_the_axes(trend, width, height):
    picture = lay_out(trend, width, height)
    x, y, wide, high = picture.frame
    assert len(picture.spots) == len(trend.points)
    for spot in picture.spots:
        assert x - 0.01 <= spot.x <= x + wide + 0.01
        assert y - 0.01 <= spot.y <= y + high + 0.01


@given(trends(), st.integers(60, 200))
def test_a_sparkline_stays_in_its_cell(trend, width):
    assert inside(sparkline(trend, width, 20))


@given(trends())
def test_later_values_lie_further_right_and_larger_ones_higher(trend):
    spots = lay_out(trend, 400, 200).spots
    for before, after in pairwise(spots):
        assert before.x <= after.x
    for one in spots:
        for other in spots:
            if trend.points[one.index].value < trend.points[other.index].value:
                assert one.y >= other.y - 1e-9


@given(st.lists(numbers, min_size=1, max_size=20), st.integers(2, 8))
def test_ticks_cover_the_values_at_even_steps(values, most):
    scale = scale_of(values, most)
    assert scale.ticks[0] <= min(values) and max(values) <= scale.ticks[-1]
    assert 2 <= len(scale.ticks) <= most + 2
    if not scale.log:
        steps = {after - before for before, after in pairwise(scale.ticks)}
        assert len(steps) == 1


@given(st.lists(positive, min_size=2, max_size=20))
def test_values_over_three_powers_of_ten_get_a_logarithmic_axis(values):
    scale = scale_of(values)
    assert scale.log == (max(values) >= 1000 * min(values))
    assert scale.ticks[0] <= min(values) and max(values) <= scale.ticks[-1]


@given(st.integers(-90, 10), st.integers(0, 900), st.integers(1, 8))
def test_even_days_lie_on_the_axis(first, span, most):
    scale = DayScale(first, first + span + 1)
    ticks = day_ticks(scale, most)
    assert all(scale.first <= day <= scale.last for day in ticks)
    assert len(ticks) <= most + 1


def test_the_time_axis_counts_true_days():
    """Twice the days, twice the way: visits are not drawn at even steps."""
    spots = lay_out(alt((1, "10"), (8, "20"), (22, "30")), 300, 160).spots
    assert spots[2].x - spots[1].x == pytest.approx(2 * (spots[1].x - spots[0].x))


def test_no_day_0_lies_between_the_day_before_and_day_1():
    trend = alt((-1, "10"), (1, "20"), (2, "30"))
    spots = lay_out(trend, 300, 160).spots
    assert spots[1].x - spots[0].x == pytest.approx(spots[2].x - spots[1].x)


def test_days_are_named_and_before_day_1_the_visit():
    words = [one.text for one in lay_out(alt((-20, "58"), (1, "52"), (29, "268")), 300, 160).parts
             if isinstance(one, Words)]  # fmt: skip
    assert {"SCR", "1", "29"} <= set(words)


def test_a_range_that_changed_is_drawn_from_its_day_on():
    changed = alt((1, "30"), (8, "30"), (15, "30"))
    later = TrendPoint(DAY1 + timedelta(days=14), Decimal(30), "", Decimal(9), Decimal(50))
    trend = Trend(ALT, day1=DAY1, points=(*changed.points[:2], later))
    bands = [one for one in lay_out(trend, 300, 160).parts if isinstance(one, Area)]
    assert len(bands) == 2
    assert bands[0].x + bands[0].width == pytest.approx(bands[1].x)
    assert bands[1].y < bands[0].y


def test_a_visit_without_a_value_is_bridged_by_a_dashed_line():
    trend = alt((1, "30"), (15, "40"), gaps=(TrendGap(DAY1 + timedelta(days=7), "ND"),))
    lines = [
        one for one in lay_out(trend, 300, 160).parts if isinstance(one, Polyline) and one.colour != "line"
    ]
    joining = [one for one in lines if len(one.places) == 2 and one.dashed]
    assert len(joining) == 1
    assert not any(one.width == 1.4 for one in lines)


def test_the_visit_that_is_open_is_large_and_has_the_colour_of_its_finding():
    trend = alt((1, "30"), (8, "268"), (15, "40"), here="SE.8", tone="soft")
    dots = [one for one in lay_out(trend, 300, 160).parts if isinstance(one, Dot)]
    assert [one.colour for one in dots] == ["text2", "soft_line", "text2"]
    assert dots[1].radius > dots[0].radius == dots[2].radius


def test_a_result_beyond_what_was_measured_is_hollow_with_its_sign():
    trend = Trend(ALT, day1=DAY1, points=(TrendPoint(DAY1, Decimal(5), "<"),))
    picture = lay_out(trend, 300, 160)
    assert [one.hollow for one in picture.parts if isinstance(one, Dot)] == [True]
    assert "<" in [one.text for one in picture.parts if isinstance(one, Words)]


def test_each_dose_has_a_line_and_a_drop():
    doses = tuple(DAY1 + timedelta(days=n) for n in (0, 7, 14))
    drawn = [one for one in lay_out(alt((1, "30"), (29, "40"), doses=doses), 300, 160).parts
             if isinstance(one, Polyline) and one.colour == "accent"]  # fmt: skip
    assert sum(one.dashed for one in drawn) == sum(one.closed for one in drawn) == 3


def test_shared_axes_place_equal_values_at_equal_heights():
    few, many = alt((1, "40"), (8, "41")), alt((1, "40"), (169, "501"))
    axes = axes_of([few, many])
    assert lay_out(few, 300, 160, axes=axes).spots[0].y == lay_out(many, 300, 160, axes=axes).spots[0].y
    assert lay_out(few, 300, 160).spots[0].y != lay_out(few, 300, 160, axes=axes).spots[0].y


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("0", "0"),
        ("200", "200"),
        ("0.5", "0.5"),
        ("100000", "10⁵"),
        ("50000000", "5×10⁷"),
        ("-2E+6", "-2×10⁶"),
        ("0.00002", "2×10⁻⁵"),
    ],
)
def test_large_numbers_are_said_by_powers_of_ten(number, words):
    assert tick_words(Decimal(number)) == words
