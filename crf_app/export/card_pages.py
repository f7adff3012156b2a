"""Three custodian cards, one a page of A4, in both languages: to be cut, sealed and kept in three places.

Each has its text in groups of four and the same as a QR code.  The bytes are never kept by the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from crf_app.export.fonts import FONT, register
from crf_app.export.layout import PAGE_HEIGHT, PAGE_WIDTH, RULE, draw_line
from crf_app.export.pdf import producer
from crf_app.export.text import INK2, Line, Run, Style, line_height, wrap

_LEFT: Final = 72.0
_WIDE: Final = PAGE_WIDTH - 2 * _LEFT
_HEAD, _SAID, _SMALL = Style(20, bold=True), Style(11), Style(9.5, ink=INK2)
_GROUP: Final = Style(15, bold=True)
_PER_LINE: Final = 6  # groups
_QR: Final = 150.0
_TITLE: Final = "Custodian card {n} of 3 · 保管卡 {n} / 3"
_SAYS: Final = (
    "Any two of the three cards let one new administrator in when nobody else can sign in. One card alone "
    "opens nothing. Keep it in a sealed envelope; the three envelopes lie in three different places.",
    "三张卡中任意两张可在无人能登录时新增一名管理员；单独一张无法打开任何内容。"
    "请装入密封信封，三个信封分别存放于三处。",
)
_USED: Final = (
    "Each use is recorded. After a use, or when an envelope was opened, print a new set; it replaces this.",
    "每次使用都会记录。使用后或信封被打开后，请重新打印一套，旧卡即失效。",
)
_LINES: Final = ("Custodian 保管人", "Place 存放处", "Sealed on 密封日期", "Signature 签名")


@dataclass(frozen=True, slots=True, repr=False)
class CardPage:
    """What stands on one page: the number, the groups, the text of the code, and of what site it is."""

    number: int
    groups: tuple[str, ...]
    text: str
    place: str


def draw_cards(pages: Sequence[CardPage]) -> bytes:
    """The PDF's bytes."""
    from reportlab.pdfgen.canvas import Canvas

    register()
    out = BytesIO()
    canvas = Canvas(out, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), invariant=1, initialFontName=FONT)
    canvas.setTitle("crf_app: custodian cards")
    canvas.setAuthor("crf_app")
    canvas.setProducer(producer())
    for page in pages:
        _draw(canvas, page)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Any, page: CardPage) -> None:
    y = PAGE_HEIGHT - 90
    draw_line(canvas, (Run(_TITLE.format(n=page.number), _HEAD),), _LEFT, y)
    draw_line(canvas, (Run(page.place, _SAID),), _LEFT, y - 26)
    y -= 56
    for text in _SAYS:
        y = _paragraph(canvas, text, _SAID, y) - 4
    y -= 22
    for start in range(0, len(page.groups), _PER_LINE):
        line = "   ".join(page.groups[start : start + _PER_LINE])
        draw_line(canvas, (Run(line, _GROUP),), _LEFT, y)
        y -= 27
    _code(canvas, page.text, _LEFT, y - _QR + 6)
    y -= _QR + 20
    for text in _USED:
        y = _paragraph(canvas, text, _SMALL, y) - 2
    y -= 34
    canvas.setStrokeColor(RULE)
    for title in _LINES:
        draw_line(canvas, (Run(title, _SMALL),), _LEFT, y)
        canvas.line(_LEFT + 130, y - 2, _LEFT + _WIDE, y - 2)
        y -= 30


def _paragraph(canvas: Any, text: str, style: Style, y: float) -> float:
    lines: tuple[Line, ...] = wrap([Run(text, style)], _WIDE)
    for line in lines:
        draw_line(canvas, line, _LEFT, y)
        y -= line_height(line)
    return y


def _code(canvas: Any, text: str, x: float, y: float) -> None:
    """The text as a QR code, error correction M; a phone reads it."""
    from reportlab.graphics import renderPDF
    from reportlab.graphics.barcode.qr import QrCodeWidget
    from reportlab.graphics.shapes import Drawing

    code = QrCodeWidget(text, barLevel="M", barWidth=_QR, barHeight=_QR)
    drawing = Drawing(_QR, _QR)
    drawing.add(code)
    renderPDF.draw(drawing, canvas, x, y)
