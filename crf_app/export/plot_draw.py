"""A laid-out picture on paper: reportlab draws what `model/plot.py` placed, and decides nothing.

Paper is white: colours are those of the light tokens.  One embedded font; a character that it cannot show is
printed as its code point, as everywhere on paper.
"""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any, Final

from crf_app.export.fonts import FONT, text_width
from crf_app.export.text import visible
from crf_app.model.plot_parts import Area, Dot, Part, Picture, Polyline, Words
from crf_app.settings.shipped import resource

_TOKENS: Final = resource("tokens.toml")
_DASHES: Final = (2.0, 1.6)
#: from the middle of digits to their base line, in parts of their size
_MIDDLE: Final = 0.36


@cache
def _colours() -> dict[str, Any]:
    from reportlab.lib.colors import HexColor

    light = tomllib.loads(_TOKENS.read_text("utf-8"))["light"]
    return {name: HexColor(value) for name, value in light.items()}


def draw_picture(canvas: Any, picture: Picture, left: float, top: float, scale: float = 1.0) -> None:
    """Draw with the upper left corner at `left`, `top`: points, `top` from the page's lower edge.

    `scale`: points on paper for each pixel of the layout.
    """
    canvas.saveState()
    canvas.translate(left, top)
    canvas.scale(scale, scale)
    for part in picture.parts:
        _draw(canvas, part)
    canvas.restoreState()


def _draw(canvas: Any, part: Part) -> None:
    colour = _colours()[part.colour]
    if isinstance(part, Area):
        canvas.setFillColor(colour)
        canvas.rect(part.x, -part.y - part.height, part.width, part.height, fill=1, stroke=0)
    elif isinstance(part, Words):
        _write(canvas, part, colour)
    elif isinstance(part, Dot):
        canvas.setStrokeColor(colour)
        canvas.setLineWidth(1.1)
        canvas.setFillColor(_colours()["surface"] if part.hollow else colour)
        canvas.circle(part.x, -part.y, part.radius, fill=1, stroke=int(part.hollow))
    else:
        _draw_line(canvas, part, colour)


def _draw_line(canvas: Any, part: Polyline, colour: Any) -> None:
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(part.width)
    canvas.setDash(*(_DASHES if part.dashed else ()))
    path = canvas.beginPath()
    for n, (x, y) in enumerate(part.places):
        (path.moveTo if n == 0 else path.lineTo)(x, -y)
    if part.closed:
        path.close()
    canvas.drawPath(path, fill=0, stroke=1)
    canvas.setDash()


def _write(canvas: Any, part: Words, colour: Any) -> None:
    text = visible(part.text)
    width = text_width(text, part.size)
    x = part.x - {"left": 0.0, "centre": width / 2, "right": width}[part.anchor]
    canvas.setFont(FONT, part.size)
    canvas.setFillColor(colour)
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(part.size * 0.03)
    canvas.drawString(x, -part.y - part.size * _MIDDLE, text, mode=2 if part.bold else 0)
