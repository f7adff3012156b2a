"""Signature boxes: one for each role of the form, and the stamp that a signature puts into its box.

A role whose signature exists already is printed with name, time and meaning.  A role that has not signed
gets an empty box: on a form to be signed it becomes a signature field, on a copy or a blank form lines
for a pen.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Final

from crf_app.export.fonts import FONT, register, text_width
from crf_app.export.layout import WIDTH, Cell, Frame, Row, draw_line
from crf_app.export.paper_words import word
from crf_app.export.text import INK2, INK3, Line, Run, Style, base_line, line_height, wrap
from crf_app.model.drawing import Drawing, Manifestation

BOX_HEIGHT: Final = 84.0
GAP: Final = 13.0
BOX_WIDTH: Final = (WIDTH - GAP) / 2
_HEAD: Final = Style(7.5, bold=True, ink=INK2)
_SMALL: Final = Style(7.5, ink=INK2)
_BY_HAND: Final = ("by_hand", "hand_sign", "hand_date")
_NAME: Final = Style(10.5, bold=True)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a signature shows: name, meaning and time as they shall print, record hash."""

    role: str
    name: str
    meaning: str
    at: str
    record_sha256: str
    language: str


def fields_of(roles: tuple[str, ...], drawing: Drawing) -> tuple[str, ...]:
    """The roles that get a signature field: those of the form that have not signed yet."""
    if drawing.kind != "S":
        return ()
    signed = {made.role for made in drawing.signatures}
    return tuple(role for role in roles if role not in signed)


def signature_rows(roles: tuple[str, ...], drawing: Drawing | None, language: str) -> list[Row]:
    """Heading and boxes, two beside each other; `drawing` is None on a blank form."""
    if not roles:
        return []
    made = {one.role: one for one in drawing.signatures} if drawing else {}
    fields = fields_of(roles, drawing) if drawing else ()
    title = Cell(0, WIDTH, wrap([Run(word("signatures", language), Style(10, bold=True))], WIDTH))
    rows = [Row((title,), above=14, below=5, keep=True)]
    for at in range(0, len(roles), 2):
        rows.append(_pair(roles[at : at + 2], made, fields, language))
    return rows


def _pair(
    roles: tuple[str, ...], made: dict[str, Manifestation], fields: tuple[str, ...], language: str
) -> Row:
    cells: list[Cell] = []
    frames: list[Frame] = []
    for at, role in enumerate(roles):
        x = at * (BOX_WIDTH + GAP)
        frames.append(Frame(x, 0, BOX_WIDTH, BOX_HEIGHT, name=role if role in fields else ""))
        cells.append(Cell(x + 9, BOX_WIDTH - 18, _content(role, made.get(role), role in fields, language)))
    return Row(tuple(cells), above=6, below=0, least=BOX_HEIGHT + 2, frames=tuple(frames))


def _content(role: str, made: Manifestation | None, field: bool, language: str) -> tuple[Line, ...]:
    label = word(role, language)
    if made is not None:
        return _made(label, made, language)
    if field:
        return wrap(
            [Run(f"{word('field', language)}\n", Style(7.5, ink=INK3)), Run(label, _HEAD)], BOX_WIDTH - 18
        )
    lines = wrap([Run(label, _HEAD)], BOX_WIDTH - 18)
    return lines + tuple(_dotted(word(key, language), BOX_WIDTH - 18) for key in _BY_HAND)


def _dotted(label: str, width: float) -> Line:
    """A label and dots to the end of the box, spaced for a pen."""
    style = Style(13, ink=INK3)
    text = Run(f"{label}  ", Style(8, ink=INK2))
    dots = int((width - text_width(text.text, 8)) / text_width(".", 13))
    return (text, Run("." * dots, style))


def _made(label: str, made: Manifestation, language: str) -> tuple[Line, ...]:
    state = word(made.state, language) + (f": {made.note}" if made.note else "")
    lines = _manifest(label, made.name, made.meaning, made.at, made.sha256, language)
    return lines + wrap([Run(state, Style(7.5, bold=made.state == "broken", ink=INK2))], BOX_WIDTH - 18)


def _manifest(label: str, name: str, meaning: str, at: str, sha: str, language: str) -> tuple[Line, ...]:
    width = BOX_WIDTH - 18
    lines = wrap([Run(f"{word('field', language)}   ", Style(7.5, ink=INK3)), Run(label, _HEAD)], width)
    lines += wrap([Run(name, _NAME)], width)[:2]
    lines += wrap([Run(at, Style(8.5))], width)[:1]
    lines += wrap([Run(word("meaning", language, meaning=meaning), _SMALL)], width)[:3]
    if sha:
        grouped = " ".join(sha[i : i + 4] for i in range(0, 16, 4))
        lines += wrap([Run(word("covers", language, hash=f"{grouped} ... {sha[-4:]}"), _SMALL)], width)[:1]
    return lines


def draw_stamp(stamp: Stamp) -> bytes:
    """The stamp as a PDF page of the box's size; the same stamp gives the same bytes."""
    from reportlab.pdfgen.canvas import Canvas

    register()
    out = BytesIO()
    size = (BOX_WIDTH, BOX_HEIGHT)
    canvas = Canvas(out, pagesize=size, invariant=1, initialFontName=FONT, pageCompression=1)
    canvas.setFillColor("#FFFFFF")
    canvas.rect(1, 1, BOX_WIDTH - 2, BOX_HEIGHT - 2, fill=1, stroke=0)
    canvas.setFillColor("#16202A")
    canvas.rect(0, 0, 2.6, BOX_HEIGHT, fill=1, stroke=0)
    label = word(stamp.role, stamp.language)
    y = BOX_HEIGHT - 5
    for line in _manifest(label, stamp.name, stamp.meaning, stamp.at, stamp.record_sha256, stamp.language):
        draw_line(canvas, line, 9, y - base_line(line))
        y -= line_height(line)
    canvas.showPage()
    canvas.save()
    return out.getvalue()
