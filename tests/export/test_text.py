"""Lines on paper: nothing is lost, nothing is too wide, nothing acts."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from crf_app.export.paper_words import between
from crf_app.export.text import Run, Style, line_width, visible, wrap

STYLE = Style(8.5)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def lines_of(text: str, width: float) -> list[str]:
    return ["".join(run.text for run in line) for line in wrap([Run(text, STYLE)], width)]


@given(TEXT, st.integers(40, 400))
def test_law_every_letter_is_on_some_line_in_order(text: str, width: int) -> None:
    drawn = "".join(lines_of(text, width)).replace(" ", "")
    assert drawn == visible(text).replace(" ", "").replace("\n", "")


@given(TEXT, st.integers(40, 400))
def test_law_no_line_is_wider_than_its_column(text: str, width: int) -> None:
    assert all(line_width(line) <= width + 0.01 for line in wrap([Run(text, STYLE)], width))


@given(TEXT)
def test_law_only_visible_characters_are_drawn(text: str) -> None:
    shown = visible(text).replace("\n", "")
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn")]
    assert visible(shown) == shown


def test_chinese_breaks_between_characters_but_not_before_a_full_stop() -> None:
    lines = lines_of("患者休息十分钟后测量。" * 6, 60)
    assert len(lines) > 5
    assert not [line for line in lines if line.startswith(("。", "，"))]


def test_words_break_at_spaces_and_hyphens_dates_do_not() -> None:
    assert lines_of("Semi-recumbent position", 60) == ["Semi-", "recumbent", "position"]
    assert lines_of("on 2026-10-06 at noon", 50) == ["on", "2026-10-06", "at noon"]


def test_one_sided_ranges_say_which_side() -> None:
    assert [between("1", "2"), between(None, "2"), between("1", None), between(None, None)] == [
        "1–2",
        "≤ 2",
        "≥ 1",
        "",
    ]
