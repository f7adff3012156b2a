"""The quick card: the keys of everyday work on one sheet of A4, both sides at most, to lie beside the device.

Two columns of blocks; a block stays together and goes where there is room, in the order given.  Drawing is a
pure function: the same blocks give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from crf_app.errors import LimitExceeded
from crf_app.export.fonts import FONT, register
from crf_app.export.layout import PAGE_HEIGHT, PAGE_WIDTH, RULE, draw_line
from crf_app.export.pdf import producer
from crf_app.export.text import INK2, Line, Run, Style, base_line, line_height, line_width, wrap
from crf_app.model.def_base import Text

_LEFT, _TOP, _BOTTOM, _GAP = 36.0, 62.0, PAGE_HEIGHT - 40.0, 18.0
_WIDE: Final = (PAGE_WIDTH - 2 * _LEFT - _GAP) / 2
_KEY: Final = 90.0  # width of the keys in a block
_HEAD, _NAME = Style(16, bold=True), Style(11.5, bold=True)
_SAID, _PRESSED, _HINT = Style(9), Style(9, bold=True), Style(8.3, ink=INK2)
_BETWEEN: Final = 11.0
_SIDES: Final = 2
_TITLE: Final = Text(en="Quick card", zh="速查卡")
_UNDER: Final = Text(
    en="F1 shows the help of the screen in use. Ctrl+L locks the screen.",
    zh="F1 显示当前页面的帮助，Ctrl+L 锁屏。",
)
_FOOT: Final = Text(
    en="No subject is named on this card. Throw it away when a new version of the program comes.",
    zh="本卡不含受试者资料；程序更新后请换新卡。",
)


@dataclass(frozen=True, slots=True)
class Block:
    """One screen: its name, what one does there, keys with what they do, what to do when refused."""

    title: str
    said: str
    keys: tuple[tuple[str, str], ...]
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Strip:
    """Lines at an x of the column that begin at the same height."""

    cells: tuple[tuple[float, tuple[Line, ...]], ...]
    below: float = 1.6

    @property
    def height(self) -> float:
        return max(sum(map(line_height, lines)) for _, lines in self.cells) + self.below


def draw_quick_card(blocks: Sequence[Block], language: str) -> bytes:
    """The PDF's bytes.  Raises LimitExceeded when two sides of A4 do not hold the blocks."""
    from reportlab.pdfgen.canvas import Canvas

    register()
    out = BytesIO()
    size = (PAGE_WIDTH, PAGE_HEIGHT)
    canvas = Canvas(out, pagesize=size, invariant=1, initialFontName=FONT, pageCompression=1, lang=language)
    canvas.setTitle(f"crf_app: {_TITLE.in_language(language)}")
    canvas.setAuthor("crf_app")
    canvas.setCreator("crf_app")
    canvas.setProducer(producer())
    columns = _columns([_strips(one) for one in blocks])
    for side in range(0, len(columns), 2):
        _frame(canvas, language)
        for place, column in enumerate(columns[side : side + 2]):
            _draw_column(canvas, column, _LEFT + place * (_WIDE + _GAP))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _columns(blocks: Sequence[list[_Strip]]) -> list[list[list[_Strip]]]:
    """The blocks in columns from left to right, about equally high, on as few sides as hold them."""
    total = sum(_height(one) + _BETWEEN for one in blocks)
    for sides in range(1, _SIDES + 1):
        least = total / (2 * sides)
        for room in (least + 12 * step for step in range(40)):
            if room > _BOTTOM - _TOP:
                break
            found = _filled(blocks, room)
            if len(found) <= 2 * sides:
                return found
        found = _filled(blocks, _BOTTOM - _TOP)
        if len(found) <= 2 * sides and all(_tall(one) <= _BOTTOM - _TOP for one in found):
            return found
    raise LimitExceeded("The quick card is longer than two pages.", "速查卡超过两页。")


def _filled(blocks: Sequence[list[_Strip]], room: float) -> list[list[list[_Strip]]]:
    columns: list[list[list[_Strip]]] = [[]]
    for one in blocks:
        if columns[-1] and _tall([*columns[-1], one]) > room:
            columns.append([])
        columns[-1].append(one)
    return columns


def _tall(column: Sequence[list[_Strip]]) -> float:
    return sum(_height(one) + _BETWEEN for one in column) - _BETWEEN


def _height(block: Sequence[_Strip]) -> float:
    return sum(one.height for one in block)


def _strips(block: Block) -> list[_Strip]:
    return list(_lines(block))


def _lines(block: Block) -> Iterator[_Strip]:
    yield _Strip(((0.0, wrap([Run(block.title, _NAME)], _WIDE)),), 2.5)
    yield _Strip(((0.0, wrap([Run(block.said, _SAID)], _WIDE)),), 3)
    for pressed, said in block.keys:
        yield _Strip((
            (0.0, wrap([Run(pressed, _PRESSED)], _KEY - 6)),
            (_KEY, wrap([Run(said, _SAID)], _WIDE - _KEY)),
        ))  # fmt: skip
    for said in block.refused:
        yield _Strip(((0.0, ((Run("•", _HINT),),)), (8.0, wrap([Run(said, _HINT)], _WIDE - 8))))


def _draw_column(canvas: Any, column: Sequence[list[_Strip]], left: float) -> None:
    y = _TOP
    for block in column:
        for number, strip in enumerate(block):
            for x, lines in strip.cells:
                down = y
                for line in lines:
                    draw_line(canvas, line, left + x, PAGE_HEIGHT - down - base_line(line))
                    down += line_height(line)
            y += strip.height
            if number == 0:
                _rule(canvas, left, left + _WIDE, y - 1.5)
        y += _BETWEEN


def _frame(canvas: Any, language: str) -> None:
    """Title and foot of a side."""
    draw_line(canvas, (Run(_TITLE.in_language(language), _HEAD),), _LEFT, PAGE_HEIGHT - 42)
    under: Line = (Run(_UNDER.in_language(language), _SAID),)
    draw_line(canvas, under, PAGE_WIDTH - _LEFT - line_width(under), PAGE_HEIGHT - 42)
    _rule(canvas, _LEFT, PAGE_WIDTH - _LEFT, 50)
    draw_line(canvas, (Run(_FOOT.in_language(language), _HINT),), _LEFT, 24)


def _rule(canvas: Any, left: float, right: float, y: float) -> None:
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.6)
    canvas.line(left, PAGE_HEIGHT - y, right, PAGE_HEIGHT - y)
