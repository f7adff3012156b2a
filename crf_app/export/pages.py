"""Every page of every print: who, where, what version, which record, page x of y.

A page that lies alone on a table must still say whose it is: subject, visit, form, form version, full
record hash, site and environment stand on each one, with the page code by which a scan is matched
(`CRF1.kind.study.print.page.pages.hash`).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Final

from crf_app.export.fonts import text_width
from crf_app.export.layout import (
    LEFT,
    PAGE_HEIGHT,
    WIDTH,
    Cell,
    Frame,
    Placed,
    Row,
    draw_line,
    draw_row,
    paginate,
)
from crf_app.export.paper_words import word
from crf_app.export.text import INK2, INK3, Line, Run, Style, visible, wrap
from crf_app.model.progress import Progress, counted, silent

TOP: Final = 34.0
FOOT: Final = 54.0
_TITLE: Final = Style(14, bold=True)
_WHO: Final = Style(12, bold=True)
_SMALL: Final = Style(8, ink=INK2)
_TINY: Final = Style(6.5, ink=INK2)


@dataclass(frozen=True, slots=True)
class PageText:
    """What stands round the body.  `who` is empty on a blank form: combs are drawn in its place."""

    language: str
    title: str
    who: str
    lines: tuple[str, ...]
    bands: tuple[str, ...]
    right: str
    foot: str
    hash_label: str
    sha256: str
    code: str  # page code with {page} and {pages}
    combs: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a named box came to lie: page index and (left, low, right, high) in points."""

    page: int
    box: tuple[int, int, int, int]


def page_code(kind: str, study: str, print_id: str, sha: str) -> str:
    """`CRF1.S.STUDY.PRINT.{page}.{pages}.HASH`, hash as 52 base32 characters."""
    digest = base64.b32encode(bytes.fromhex(sha)).decode().rstrip("=")
    return f"CRF1.{kind}.{study}.{print_id}.{{page}}.{{pages}}.{digest}"


def draw_pages(
    canvas: Any, text: PageText, body: list[Row], progress: Progress = silent
) -> dict[str, Placement]:
    """Draw header, body and footer of all pages, `progress` counts them; return where the named frames lie.

    Raises Cancelled before a page.
    """
    first = canvas.getPageNumber() - 1
    head = header_rows(text)
    top = TOP + sum(row.height for row in head)
    pages = paginate(body, top, PAGE_HEIGHT - FOOT - 6)
    places: dict[str, Placement] = {}
    for number, rows in enumerate(counted(pages, progress, len(pages)), 1):
        y = TOP
        for row in head:
            draw_row(canvas, Placed(row, y))
            y += row.height
        for placed in rows:
            draw_row(canvas, placed)
            places |= _named(placed, first + number - 1)
        _draw_footer(canvas, text, number, len(pages))
        canvas.showPage()
    return places


def _named(placed: Placed, page: int) -> dict[str, Placement]:
    out = {}
    for frame in placed.row.frames:
        if frame.name:
            low = PAGE_HEIGHT - placed.top - frame.y - frame.height
            corners = (LEFT + frame.x, low, LEFT + frame.x + frame.width, low + frame.height)
            left, bottom, right, high = (round(value) for value in corners)
            out[frame.name] = Placement(page, (left, bottom, right, high))
    return out


def header_rows(text: PageText) -> list[Row]:
    """Bands, title, whose page it is, study lines, heavy rule."""
    rows = [_band(band) for band in text.bands]
    room = WIDTH - (min(text_width(visible(text.who), 12), 290) + 16 if text.who else 0)
    title = Cell(0, max(room, 200), wrap([Run(text.title, _TITLE)], max(room, 200)))
    who = Cell(0, WIDTH, wrap([Run(text.who, _WHO)], 290), "right")
    rows.append(Row((title, who), above=4 if rows else 0, below=1))
    right_room = text_width(visible(text.right), 8) + 12
    for at, line in enumerate(text.lines):
        wide = WIDTH - right_room if at == 0 and text.right else WIDTH
        cells = [Cell(0, wide, wrap([Run(line, _SMALL)], wide))]
        if at == 0 and text.right:
            cells.append(Cell(0, WIDTH, wrap([Run(text.right, _SMALL)], WIDTH), "right"))
        rows.append(Row(tuple(cells), above=0, below=0.5))
    rows += _comb_rows(text.combs)
    rows += [Row(above=2, below=2, rule="heavy"), Row(above=2, below=2)]
    return rows


def _band(text: str) -> Row:
    cell = Cell(8, WIDTH - 16, wrap([Run(text, Style(8.5, bold=True))], WIDTH - 16))
    return Row((cell,), above=3, below=3, border=True)


def _comb_rows(combs: tuple[tuple[str, int], ...]) -> list[Row]:
    """Boxes for one character each, filled by hand; as many combs on a strip as there is room."""
    rows: list[Row] = []
    cells: list[Cell] = []
    frames: list[Frame] = []
    x = 0.0
    for label, count in combs:
        label_width = text_width(visible(label), 8) + 6
        need = label_width + count * 14 + 16
        if frames and x + need - 16 > WIDTH:
            rows.append(Row(tuple(cells), above=7, below=0, least=18, frames=tuple(frames)))
            cells, frames, x = [], [], 0.0
        cells.append(Cell(x, label_width, wrap([Run(label, _SMALL)], label_width)))
        frames += [Frame(x + label_width + n * 14, 4, 14, 17) for n in range(count)]
        x += need
    return [*rows, Row(tuple(cells), above=7, below=0, least=18, frames=tuple(frames))] if frames else rows


def _draw_footer(canvas: Any, text: PageText, page: int, pages: int) -> None:
    draw_row(canvas, Placed(Row(above=0, below=0, rule="thin"), PAGE_HEIGHT - FOOT))
    number = word("page", text.language, page=page, pages=pages)
    lines: list[Line] = [
        (Run(number, Style(7.5, bold=True)), Run(f"   {visible(text.foot)}", _TINY)),
        (Run(f"{text.hash_label} ", _TINY), Run(text.sha256, Style(7, ink="#16202A"))),
        (Run(text.code.format(page=page, pages=pages), Style(6, ink=INK3)),),
    ]
    for at, line in enumerate(lines):
        draw_line(canvas, line, LEFT, FOOT - 13 - at * 10.5)
