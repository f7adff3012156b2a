"""Rows on pages: a small flow engine, drawn straight on the canvas.

A form is a list of `Row`s; a row holds cells (lines of runs at an x) and shapes.  `paginate` fills pages:
a heading stays with its first row, a table's head comes again on the next page, a row taller than a page
is cut between two lines.  All lengths are points; y grows downwards here and is turned on drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, Literal

from crf_app.export.fonts import FONT
from crf_app.export.plot_draw import draw_picture
from crf_app.export.text import BOX_EM, Line, Run, base_line, line_height, line_width, run_width
from crf_app.model.plot_parts import Picture

PAGE_WIDTH: Final = 595.28
PAGE_HEIGHT: Final = 841.89
LEFT: Final = 45.0
WIDTH: Final = PAGE_WIDTH - 2 * LEFT
RULE: Final = "#B9C3CC"
MOST_LINES: Final = 200
EDGE: Final = "#74828E"


@dataclass(frozen=True, slots=True)
class Cell:
    """Lines at `x` (from the left margin), `width` points wide."""

    x: float
    width: float
    lines: tuple[Line, ...]
    align: Literal["left", "right"] = "left"

    @property
    def height(self) -> float:
        """Points; lines that no page could hold beside the others are not counted."""
        return sum(line_height(line) for line in self.lines[:MOST_LINES])


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle inside a row, from its top: a box to write in, or a signature box with a `name`."""

    x: float
    y: float
    width: float
    height: float
    name: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Inset:
    """A picture inside a row, its upper left corner from the row's; `scale`: points for a pixel of it."""

    x: float
    y: float
    picture: Picture
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One strip of the page.  `rule` is drawn under it; `keep` holds it on the page of the next row."""

    cells: tuple[Cell, ...] = ()
    above: float = 2.5
    below: float = 2.5
    least: float = 0.0
    rule: Literal["", "thin", "heavy"] = ""
    border: bool = False
    keep: bool = False
    head: tuple[Row, ...] = ()
    frames: tuple[Frame, ...] = field(default=())
    pictures: tuple[Inset, ...] = ()

    @property
    def height(self) -> float:
        text = max((cell.height for cell in self.cells), default=0.0)
        return self.above + max(text, self.least) + self.below


@dataclass(frozen=True, slots=True)
class Placed:
    """A row at `top` points below the page's upper edge."""

    row: Row
    top: float


def paginate(rows: Sequence[Row], top: float, bottom: float) -> list[list[Placed]]:
    """The rows on pages whose body runs from `top` to `bottom`; at least one page."""
    pages: list[list[Placed]] = [[]]
    y = top
    queue = list(reversed(rows))
    while queue:
        row = queue.pop()
        if y > top and y + _together(row, queue) > bottom and _moves(row, y, top, bottom):
            pages.append([])
            y = _heads(pages[-1], row, top)
        if y + row.height > bottom and not row.frames:
            row, rest = _cut(row, bottom - y)
            if rest is not None:
                queue.append(rest)
        pages[-1].append(Placed(row, y))
        y += row.height
    return pages


def _together(row: Row, queue: Sequence[Row]) -> float:
    """Height of the row and of those it must not be parted from."""
    total, at = row.height, len(queue) - 1
    while row.keep and at >= 0:
        row = queue[at]
        total += row.height if row.frames else min(row.height, 60.0)
        at -= 1
    return total


def _moves(row: Row, y: float, top: float, bottom: float) -> bool:
    """A very tall row begins where there is some room; all others go to the next page whole."""
    return row.keep or row.height <= (bottom - top) / 2 or bottom - y < 60


def _heads(page: list[Placed], row: Row, top: float) -> float:
    y = top
    for head in row.head:
        page.append(Placed(head, y))
        y += head.height
    return y


def _cut(row: Row, room: float) -> tuple[Row, Row | None]:
    """What fits in `room`, and the rest; at least one line of each cell is taken."""
    first, rest = [], []
    for cell in row.cells:
        taken, used = 0, row.above
        for line in cell.lines:
            used += line_height(line)
            if taken and used > room:
                break
            taken += 1
        first.append(replace(cell, lines=cell.lines[:taken]))
        rest.append(replace(cell, lines=cell.lines[taken:]))
    if not any(cell.lines for cell in rest):
        return row, None
    return replace(row, cells=tuple(first), rule="", least=0.0), replace(row, cells=tuple(rest))


def draw_row(canvas: Any, placed: Placed) -> None:
    row, top = placed.row, placed.top
    bottom = PAGE_HEIGHT - top - row.height
    if row.border:
        canvas.setStrokeColor(EDGE)
        canvas.setLineWidth(0.9)
        canvas.rect(LEFT, bottom, WIDTH, row.height, fill=0, stroke=1)
    for frame in row.frames:
        _draw_frame(canvas, frame, top)
    for inset in row.pictures:
        draw_picture(canvas, inset.picture, LEFT + inset.x, PAGE_HEIGHT - top - inset.y, inset.scale)
    first = max((base_line(cell.lines[0]) for cell in row.cells if cell.lines), default=0.0)
    for cell in row.cells:
        _draw_cell(canvas, cell, top + row.above, first)
    if row.rule:
        canvas.setStrokeColor("#16202A" if row.rule == "heavy" else RULE)
        canvas.setLineWidth(1.2 if row.rule == "heavy" else 0.5)
        canvas.line(LEFT, bottom, LEFT + WIDTH, bottom)


def _draw_frame(canvas: Any, frame: Frame, top: float) -> None:
    canvas.setStrokeColor(EDGE)
    canvas.setLineWidth(0.7)
    canvas.setDash(*((1.5, 1.5) if frame.dashed else ()))
    low = PAGE_HEIGHT - top - frame.y - frame.height
    canvas.rect(LEFT + frame.x, low, frame.width, frame.height, fill=0, stroke=1)
    canvas.setDash()


def _draw_cell(canvas: Any, cell: Cell, top: float, first: float) -> None:
    """The cell's lines; the first ones of all cells of a row stand on one base line, `first` below `top`."""
    if not cell.lines:
        return
    top += first - base_line(cell.lines[0])
    for line in cell.lines:
        x = LEFT + cell.x
        if cell.align == "right":
            x += cell.width - line_width(line)
        draw_line(canvas, line, x, PAGE_HEIGHT - top - base_line(line))
        top += line_height(line)


def draw_line(canvas: Any, line: Line, x: float, base: float) -> None:
    """The runs from `x` on, on the base line `base` (points from the page's lower edge)."""
    for run in line:
        if run.box:
            _draw_box(canvas, run, x, base)
        _draw_text(canvas, run, x + (BOX_EM * run.style.size if run.box else 0), base)
        x += run_width(run)


def _draw_text(canvas: Any, run: Run, x: float, base: float) -> None:
    if not run.text:
        return
    style = run.style
    canvas.setFont(FONT, style.size)
    canvas.setFillColor(_colour(style.ink))
    canvas.setStrokeColor(_colour(style.ink))
    canvas.setLineWidth(style.size * 0.03)
    canvas.drawString(x, base, run.text, mode=2 if style.bold else 0)
    if style.strike:
        canvas.setLineWidth(0.6)
        canvas.line(x, base + style.size * 0.33, x + run_width(run), base + style.size * 0.33)


@cache
def _colour(ink: str) -> Any:
    from reportlab.lib.colors import HexColor

    return HexColor(ink)


def _draw_box(canvas: Any, run: Run, x: float, base: float) -> None:
    """☐ or ☑ as lines: the font has no such glyphs."""
    side = run.style.size * 0.82
    low = base - run.style.size * 0.06
    canvas.setStrokeColor("#16202A")
    canvas.setLineWidth(0.7)
    canvas.rect(x + 0.5, low, side, side, fill=0, stroke=1)
    if run.box == "on":
        canvas.setLineWidth(1.3)
        canvas.line(x + 0.5 + side * 0.18, low + side * 0.5, x + 0.5 + side * 0.42, low + side * 0.22)
        canvas.line(x + 0.5 + side * 0.42, low + side * 0.22, x + 0.5 + side * 0.86, low + side * 0.84)
