"""Small multiples on paper: header and footer of every page, three plots in a line, each with its name.

A reading of the stored values and no record: the page says so.  The same sheet gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from crf_app.export.fonts import text_width
from crf_app.export.layout import WIDTH, Cell, Inset, Row
from crf_app.export.pages import PageText, draw_pages, page_code
from crf_app.export.paper_words import word
from crf_app.export.pdf import new_canvas
from crf_app.export.text import INK2, Run, Style, visible, wrap
from crf_app.model.plot import Axes, lay_out
from crf_app.model.progress import Progress, silent
from crf_app.model.trend import Trend

_IN_LINE, _GAP, _HEIGHT, _SCALE = 3, 12.0, 92.0, 0.7
_NAME: Final = Style(9, bold=True)
_SMALL: Final = Style(7.5, ink=INK2)
MARK: Final = "crf-plots/1"


@dataclass(frozen=True, slots=True)
class Tile:
    """One plot: its name, the line under it, the last value in words."""

    name: str
    under: str
    last: str
    trend: Trend
    axes: Axes


@dataclass(frozen=True, slots=True)
class PlotSheet:
    """Everything that stands on the pages; `sha256` is of the values."""

    title: str
    study_oid: str
    lines: tuple[str, ...]
    tiles: tuple[Tile, ...]
    language: str
    printed_by: str
    printed_at: str
    print_id: str
    sha256: str
    environment: str = "live"
    dose: str = ""
    who: str = ""


def draw_plots(sheet: PlotSheet, progress: Progress = silent) -> bytes:
    """The pages as PDF; `progress` counts pages.  Raises Cancelled."""
    out = BytesIO()
    canvas = new_canvas(out, f"{sheet.study_oid} {sheet.title}", f"{MARK} {sheet.sha256}", sheet.language)
    draw_pages(canvas, _page_text(sheet), list(_rows(sheet)), progress)
    canvas.save()
    return out.getvalue()


def _page_text(sheet: PlotSheet) -> PageText:
    language = sheet.language
    printed = word("printed", language, at=sheet.printed_at, by=sheet.printed_by)
    return PageText(
        language=language,
        title=sheet.title,
        who=sheet.who,
        lines=(*sheet.lines, _legend(sheet)),
        bands=(word("test", language),) * (sheet.environment == "test"),
        right="",
        foot=f"{word('plots_note', language)}   {printed}",
        hash_label=word("plots_hash", language),
        sha256=sheet.sha256,
        code=page_code("T", sheet.study_oid, sheet.print_id, sheet.sha256),
    )


def _legend(sheet: PlotSheet) -> str:
    parts = [word("plots_band", sheet.language)]
    if sheet.dose:
        parts.append(word("plots_dose", sheet.language, dose=sheet.dose))
    parts += [word("plots_line", sheet.language), word("plots_hollow", sheet.language)]
    return ("；" if sheet.language == "zh" else "; ").join(parts)


def _rows(sheet: PlotSheet) -> Iterator[Row]:
    """A line of names and a line of plots for each three tiles, kept on one page."""
    width = (WIDTH - (_IN_LINE - 1) * _GAP) / _IN_LINE
    if not sheet.tiles:
        yield Row((Cell(0, WIDTH, wrap([Run(word("none", sheet.language), _SMALL)], WIDTH)),), above=8)
    for start in range(0, len(sheet.tiles), _IN_LINE):
        some = sheet.tiles[start : start + _IN_LINE]
        xs = [n * (width + _GAP) for n in range(len(some))]
        yield Row(tuple(_names(some, xs, width)), above=8, below=0, keep=True)
        yield Row(tuple(_unders(some, xs, width)), above=0, below=1, keep=True)
        insets = (
            Inset(x, 0, lay_out(tile.trend, width / _SCALE, _HEIGHT / _SCALE, axes=tile.axes), _SCALE)
            for x, tile in zip(xs, some, strict=True)
        )
        yield Row(above=0, below=4, least=_HEIGHT, pictures=tuple(insets))


def _names(some: Sequence[Tile], xs: Sequence[float], width: float) -> Iterator[Cell]:
    for x, tile in zip(xs, some, strict=True):
        room = width - text_width(visible(tile.last), _NAME.size) - 8
        yield Cell(x, room, wrap([Run(tile.name, _NAME)], room))
        yield Cell(x, width, wrap([Run(tile.last, _NAME)], width), "right")


def _unders(some: Sequence[Tile], xs: Sequence[float], width: float) -> Iterator[Cell]:
    for x, tile in zip(xs, some, strict=True):
        yield Cell(x, width, wrap([Run(tile.under, _SMALL)], width))
