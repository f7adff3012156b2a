"""The one font on paper: Noto Sans SC, embedded, for every language and every digit.

Nothing else is ever named in a PDF of ours (a font that is not embedded is drawn differently by each
viewer).  One weight is shipped; bold on paper is the same outline with a hair stroke.
"""

from __future__ import annotations

from collections.abc import Container
from functools import cache
from typing import Any, Final

from crf_app.settings.shipped import resource

FONT: Final = "NotoSansSC"
FONT_FILE: Final = resource("fonts/NotoSansSC.ttf")


@cache
def _face() -> Any:
    """The font, read and registered once in a process (about 0.1 s)."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    font = TTFont(FONT, str(FONT_FILE))
    pdfmetrics.registerFont(font)
    return font.face


def register() -> None:
    """Make the font known to reportlab; call it before a canvas is made."""
    _face()


@cache
def glyphs() -> Container[int]:
    """The code points that the font can show."""
    return frozenset(_face().charToGlyph)


@cache
def widths() -> dict[int, float]:
    """Code point → advance in thousandths of the size."""
    return dict(_face().charWidths)


def text_width(text: str, size: float) -> float:
    """Width in points; a code point without glyph counts as one em."""
    table = widths()
    return sum(table.get(ord(char), 1000) for char in text) * size / 1000
