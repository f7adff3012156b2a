"""Text on paper: what may be drawn, how wide it is, where its lines break.

Everything drawn passes `visible`: a character that the font cannot show, or that would act instead of
being seen (controls, bidirectional overrides, joiners), is printed as `[U+202E]`.  There is no markup:
`<para>` is five letters and two brackets.  Chinese breaks between characters, never before 。，）.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from crf_app.export.fonts import glyphs, text_width

INK: Final = "#16202A"
INK2: Final = "#465460"
INK3: Final = "#5F6C78"
Box = Literal["", "off", "on"]
BOX_EM: Final = 1.25
LEADING: Final = 1.4


@dataclass(frozen=True, slots=True)
class Style:
    """Size in points, synthetic bold, ink as #RRGGBB, struck through."""

    size: float = 8.5
    bold: bool = False
    ink: str = INK
    strike: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one style; `box` draws a tick box before it, `whole` keeps it on one line if it fits."""

    text: str
    style: Style
    box: Box = ""
    whole: bool = False


Line = tuple[Run, ...]


class _Visible(dict[int, str]):
    """Code point → what is printed for it, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = shown = char if _drawable(char) else _replacement(char)
        return shown


_ACTING: Final = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")


def _drawable(char: str) -> bool:
    if char in "\n ":
        return True
    return unicodedata.category(char) not in _ACTING and ord(char) in glyphs()


def _replacement(char: str) -> str:
    if unicodedata.category(char) == "Zs":
        return " "
    return f"[U+{ord(char):04X}]"


_TABLE: Final = _Visible()


def visible(text: str) -> str:
    """`text` with every character that cannot be seen printed as its code point in brackets."""
    return text.replace("\r\n", "\n").translate(_TABLE)


_CJK = r"\u2e80-\u303f\u3040-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
_OPEN, _CLOSE = r"（「『《〈【“‘", r"，。；：、）」』》〉】！？％”’…"
_TOKEN: Final = re.compile(rf"\n| +|[{_OPEN}]*[{_CJK}][{_CLOSE}]*|[^\s{_CJK}]+[{_CLOSE}]*|.")
_HYPHEN: Final = re.compile(r"(?<=[A-Za-z][-/])(?=[A-Za-z])")


def line_height(line: Line) -> float:
    return max((run.style.size for run in line), default=8.5) * LEADING


def base_line(line: Line) -> float:
    """How far below the line's upper edge its letters stand."""
    size = max((run.style.size for run in line), default=8.5)
    return line_height(line) / 2 + size * 0.36


def run_width(run: Run) -> float:
    return text_width(run.text, run.style.size) + (BOX_EM * run.style.size if run.box else 0.0)


def line_width(line: Line) -> float:
    return sum(run_width(run) for run in line)


def wrap(runs: Iterable[Run], width: float) -> tuple[Line, ...]:
    """The runs broken into lines of at most `width` points; at least one line."""
    lines: list[Line] = []
    line: list[Run] = []
    used = 0.0
    for piece in _pieces(runs, width):
        if piece.text == "\n":
            lines.append(_joined(line, piece.style))
            line, used = [], 0.0
            continue
        wide = run_width(piece)
        if line and used + wide > width and piece.text.strip():
            lines.append(_joined(line, piece.style))
            line, used = [], 0.0
        if line or piece.text.strip() or piece.box:
            line.append(piece)
            used += wide
    if line or not lines:
        lines.append(_joined(line, Style()))
    return tuple(lines)


def _joined(pieces: list[Run], style: Style) -> Line:
    """Neighbours of one style as one run; spaces at the end of the line are dropped."""
    out: list[Run] = []
    for piece in pieces:
        if out and not piece.box and out[-1].style == piece.style:
            out[-1] = Run(out[-1].text + piece.text, piece.style, out[-1].box)
        else:
            out.append(piece)
    while out and not out[-1].box and not out[-1].text.strip():
        out.pop()
    if out:
        out[-1] = Run(out[-1].text.rstrip(" "), out[-1].style, out[-1].box)
    return tuple(out) or (Run("", style),)


def _pieces(runs: Iterable[Run], width: float) -> Iterator[Run]:
    """Unbreakable pieces, in order."""
    for run in runs:
        text = visible(run.text)
        shown = Run(text, run.style, run.box)
        if (run.box or run.whole) and "\n" not in text and run_width(shown) <= width:
            yield shown
            continue
        box: Box = run.box
        for token in (part for found in _TOKEN.findall(text) for part in _HYPHEN.split(found)):
            for part in _fitting(token, run.style, width - (BOX_EM * run.style.size if box else 0)):
                yield Run(part, run.style, box)
                box = ""


def _fitting(token: str, style: Style, width: float) -> Iterator[str]:
    """The token, cut by characters when it is wider than a line."""
    if len(token) * style.size * 0.2 <= width and text_width(token, style.size) <= width:
        yield token
        return
    start, used = 0, 0.0
    for at, char in enumerate(token):
        wide = text_width(char, style.size)
        if at > start and used + wide > width:
            yield token[start:at]
            start, used = at, 0.0
        used += wide
    yield token[start:]
