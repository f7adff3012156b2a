"""The quick card: A4, two sides at most, both languages, the shipped font, the texts of the help pages."""

from __future__ import annotations

import io

import pypdf
import pytest

from crf_app.actions.help_texts import CARD, quick_card, read_help
from crf_app.errors import LimitExceeded
from crf_app.export.quick_card import Block, draw_quick_card


def pages(data: bytes) -> list[pypdf.PageObject]:
    return list(pypdf.PdfReader(io.BytesIO(data)).pages)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card_is_two_sides_of_a4_at_most_and_says_every_key_of_every_screen(language: str) -> None:
    sides = pages(quick_card(language))
    assert 1 <= len(sides) <= 2
    assert {tuple(round(float(n)) for n in one.mediabox[2:]) for one in sides} == {(595, 842)}
    read = "".join("".join(one.extract_text() for one in sides).split())
    for topic in CARD:
        text = read_help(topic)
        said = [text.title.of(language), text.lines[0].of(language)]
        said += [one.of(language) for _, one in text.keys] + [one.of(language) for one in text.refused]
        assert [one for one in said if "".join(one.split()) not in read] == [], topic


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_lies_outside_the_page_or_over_the_foot(language: str) -> None:
    for side in pages(quick_card(language)):
        places: list[tuple[float, float]] = []

        def seen(
            text: str, _: object, matrix: list[float], *__: object, into: list[tuple[float, float]] = places
        ) -> None:
            if text.strip():
                into.append((matrix[4], matrix[5]))

        side.extract_text(visitor_text=seen)
        assert places and all(30 <= x <= 565 for x, _ in places)
        assert min(y for _, y in places) >= 20 and max(y for _, y in places) <= 822
        assert sorted({round(y) for _, y in places})[1] >= 40, "the foot stands alone"


def test_only_the_shipped_font_is_named_and_it_is_embedded() -> None:
    for side in pages(quick_card("zh")):
        fonts = [one.get_object() for one in side["/Resources"]["/Font"].values()]
        assert fonts and all("NotoSansSC" in str(one["/BaseFont"]) for one in fonts)


def test_the_same_texts_give_the_same_bytes() -> None:
    assert quick_card("en") == quick_card("en")


def test_a_card_that_does_not_fit_is_refused() -> None:
    long = [Block("t", "s " * 60, tuple(("Enter", "x " * 60) for _ in range(15)), ())] * 30
    with pytest.raises(LimitExceeded):
        draw_quick_card(long, "en")
