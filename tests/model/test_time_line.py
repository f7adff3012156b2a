"""The time line: bars inside the frame, a line each, no words over other words, in the order of the rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crf_app.model.plot_parts import Area, Polyline, Words, extent
from crf_app.model.time_line import Span, TimeLine, few, fitted, height_of, lay_out, partial

DAY1 = date(2026, 9, 8)
names = st.text(st.sampled_from("abcdefgh 发热水肿"), min_size=1, max_size=60)


@st.composite
def spans(draw):
    first = DAY1 + timedelta(days=draw(st.integers(-400, 900)))
    length = draw(st.none() | st.integers(0, 500))
    return Span(
        f"IG.AE~{draw(st.integers(0, 9999))}",
        draw(names),
        first,
        None if length is None else first + timedelta(days=length),
        vague=draw(st.booleans()),
        beside=draw(st.booleans()),
        waits=draw(st.booleans()),
    )


@st.composite
def lines(draw):
    days = st.integers(-60, 800).map(lambda n: DAY1 + timedelta(days=n))
    return TimeLine(
        DAY1 + timedelta(days=draw(st.integers(-100, 1000))),
        draw(st.sampled_from([DAY1, None])),
        tuple(draw(st.lists(spans(), max_size=12))),
        tuple(sorted(draw(st.lists(days, max_size=6)))),
        "Infusion",
    )


widths = st.floats(240, 1600)


def overlap(one, other) -> bool:
    a, b = extent(one), extent(other)
    return a[0] < b[2] - 0.01 and b[0] < a[2] - 0.01 and a[1] < b[3] - 0.01 and b[1] < a[3] - 0.01


@given(lines(), widths)
def test_every_bar_lies_inside_the_frame_and_can_be_seen(line, width):
    laid = lay_out(line, width)
    x, _, wide, _ = laid.picture.frame
    assert len(laid.places) == len(line.lines)
    for place in laid.places:
        assert x - 0.01 <= place.left < place.right <= x + wide + 0.01
        assert place.right - place.left >= 3.99


@given(lines(), widths)
def test_no_words_lie_over_other_words_and_all_parts_inside_the_picture(line, width):
    picture = lay_out(line, width).picture
    words = [part for part in picture.parts if isinstance(part, Words)]
    assert not any(overlap(one, other) for one, other in combinations(words, 2))
    for part in picture.parts:
        left, top, right, bottom = extent(part)
        assert left >= -0.01 and right <= width + 4 and top >= -0.01 and bottom <= picture.height + 0.01


@given(lines(), widths)
def test_names_stand_before_their_bars_never_on_them(line, width):
    picture = lay_out(line, width).picture
    for words in (one for one in picture.parts if isinstance(one, Words) and one.anchor == "left"):
        assert extent(words)[2] <= picture.frame[0] + 0.01


@given(lines(), widths)
def test_each_row_has_a_line_of_its_own_own_rows_above_those_beside(line, width):
    laid = lay_out(line, width)
    assert all(one.bottom <= other.top + 0.01 for one, other in pairwise(laid.places))
    assert [one.part for one in laid.places] == [one.part for one in (*line.own, *line.beside)]
    assert laid.picture.height == height_of(line)


@given(st.lists(spans(), min_size=2, max_size=8), widths)
def test_what_begins_earlier_does_not_begin_further_right(some, width):
    line = TimeLine(DAY1, DAY1, tuple(replace(one, part=str(n)) for n, one in enumerate(some)))
    x, _, wide, _ = lay_out(line, width).picture.frame
    first = {one.part: one.first for one in line.lines}
    for one, other in combinations(lay_out(line, width).places, 2):
        low, high = sorted((one, other), key=lambda place: first[place.part])
        assert (
            low.left <= high.left + 11.01 or high.left > x + wide - 12
        )  # an open bar keeps room for its tip


def shown(*some: Span, **more) -> TimeLine:
    return TimeLine(date(2026, 10, 6), DAY1, some, **more)


def test_an_open_end_is_a_point_at_the_right_edge():
    laid = lay_out(shown(Span("a", "ALT", date(2026, 10, 6)), Span("b", "Fever", DAY1, DAY1)), 600)
    edge = laid.picture.frame[0] + laid.picture.frame[2]
    assert laid.places[0].right == edge and laid.places[1].right < edge / 2
    outlines = [part for part in laid.picture.parts if isinstance(part, Polyline) and part.width == 1.2]
    assert len(outlines[0].places) == 5 and len(outlines[1].places) == 4


def test_what_began_before_the_first_day_shown_has_no_left_side():
    own = Span("a", "Fever", DAY1, DAY1)
    line = shown(own, Span("b", "Entecavir", date(2020, 1, 1), None, beside=True))
    outlines = [
        part for part in lay_out(line, 600).picture.parts if isinstance(part, Polyline) and part.width == 1.2
    ]
    assert outlines[0].closed and not outlines[1].closed


def test_ticks_are_study_days_from_day_1_on():
    said = [part.text for part in lay_out(shown(Span("a", "x", DAY1, date(2026, 10, 6))), 700).picture.parts
            if isinstance(part, Words) and part.anchor == "centre"]  # fmt: skip
    assert said == ["D1", "D8", "D15", "D22", "D29"]


def test_a_row_that_waits_for_a_judgement_has_its_own_ground():
    line = shown(Span("a", "x", DAY1, DAY1, waits=True), Span("b", "y", DAY1, DAY1))
    grounds = [part.colour for part in lay_out(line, 400).picture.parts if isinstance(part, Area)]
    assert grounds == ["soft_bg", "quiet_bg"]


def test_there_is_no_day_0():
    line = shown()
    assert [line.number(DAY1 + timedelta(days=n)) for n in (-1, 0, 1)] == [-1, 1, 2]


@pytest.mark.parametrize(
    ("text", "end", "day", "vague"),
    [
        ("2026-10-06", False, date(2026, 10, 6), False),
        ("2026-10-06T14:02", True, date(2026, 10, 6), False),
        ("2026-02", False, date(2026, 2, 1), True),
        ("2026-02", True, date(2026, 2, 28), True),
        ("2026-12", True, date(2026, 12, 31), True),
        ("2026", True, date(2026, 12, 31), True),
        ("9999-12", True, date(9999, 12, 31), True),
    ],
)
def test_a_date_known_in_part_means_its_first_or_last_day(text, end, day, vague):
    assert partial(text, end=end) == (day, vague)


def test_no_date_is_none():
    assert partial("", end=False) is None and partial("UNK", end=True) is None


def test_few_keeps_what_goes_on_and_the_latest_in_their_order():
    some = [Span(str(n), "x", DAY1 + timedelta(days=n), DAY1 + timedelta(days=n)) for n in range(4)]
    going = Span("on", "x", DAY1 - timedelta(days=900))
    kept, more = few([going, *some], 3)
    assert [one.part for one in kept] == ["on", "2", "3"] and more == 2


def test_a_long_name_is_cut_with_a_sign():
    assert fitted("Fever", 100) == "Fever"
    assert fitted("Ankle oedema, both sides", 60).endswith("…")
