"""The shipped font draws every text of the program, on screen and on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from PySide6.QtGui import QFontDatabase
from pytestqt.qtbot import QtBot
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont as PaperFont

FONTS = Path(__file__).resolve().parents[2] / "resources" / "fonts"
FILE = FONTS / "NotoSansSC.ttf"
LATIN = "".join(map(chr, range(0x20, 0x7F)))
CHINESE = "㐀龘受试者编号收缩压"
UNITS_AND_SIGNS = "℃≥≤μµ×±°–—…→✓⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"


@pytest.fixture(scope="module")
def font() -> Iterator[TTFont]:
    with TTFont(FILE, lazy=True) as opened:
        yield opened


def test_the_outlines_are_those_that_paper_can_embed(font: TTFont) -> None:
    assert "glyf" in font and "CFF " not in font
    assert font["OS/2"].fsType == 0  # free to embed


@pytest.mark.parametrize("characters", [LATIN, CHINESE, UNITS_AND_SIGNS])
def test_each_character_has_an_outline(font: TTFont, characters: str) -> None:
    drawn = font.getBestCmap()
    assert [c for c in characters if ord(c) not in drawn] == []
    glyf = font["glyf"]
    assert [c for c in characters if not c.isspace() and glyf[drawn[ord(c)]].numberOfContours == 0] == []


def test_contours_run_the_way_truetype_fills_them(font: TTFont) -> None:
    coordinates, ends, _ = font["glyf"][font.getBestCmap()[ord("l")]].getCoordinates(font["glyf"])
    outer = list(coordinates[: ends[0] + 1])
    following = outer[1:] + outer[:1]
    twice_the_area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(outer, following, strict=True))
    assert twice_the_area < 0  # clockwise


def test_the_window_finds_the_family(qtbot: QtBot) -> None:
    number = QFontDatabase.addApplicationFont(str(FILE))
    assert QFontDatabase.applicationFontFamilies(number) == ["Noto Sans SC"]


def test_paper_can_register_it() -> None:
    pdfmetrics.registerFont(PaperFont("NotoSansSC-of-this-test", str(FILE)))
    assert pdfmetrics.stringWidth("受试者", "NotoSansSC-of-this-test", 10) == 30


def test_the_licence_lies_next_to_it() -> None:
    text = (FONTS / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in text
    assert "Adobe" in text
