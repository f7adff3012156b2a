"""What a picture is made of: lines, bands, dots and words at their places, with colours by name.

One layout, two painters (ADR-0021): the window draws these with QPainter, paper with reportlab, and neither
decides anything.  Lengths are pixels at 100 % (points on paper), y grows downwards; a colour is the name of
a token (`resources/tokens.toml`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Anchor = Literal["left", "centre", "right"]
Place = tuple[float, float]
_WIDE_FROM: Final = 0x2E80  # Chinese signs are as wide as high
_NARROW_EM, _WIDE_EM = 0.6, 1.0


@dataclass(frozen=True, slots=True)
class Polyline:
    """Straight pieces from place to place; a closed one is an outline."""

    places: tuple[Place, ...]
    colour: str
    width: float = 1.0
    dashed: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle; `hollow`: only its edge, on the ground of the card."""

    x: float
    y: float
    radius: float
    colour: str
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text whose middle is at `y`."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    anchor: Anchor = "left"
    bold: bool = False


Part = Polyline | Area | Dot | Words


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a point of the trend lies: the `index`-th of its points."""

    x: float
    y: float
    index: int


@dataclass(frozen=True, slots=True)
class Picture:
    """All parts, the lowest first; `spots` in the order of the points.

    `frame` is (x, y, width, height) of the axes' inside.
    """

    width: float
    height: float
    parts: tuple[Part, ...]
    spots: tuple[Spot, ...] = ()
    frame: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


def words_width(text: str, size: float) -> float:
    """Room for a text, not less than it takes: the layout knows no font."""
    return size * sum(_WIDE_EM if ord(char) >= _WIDE_FROM else _NARROW_EM for char in text)


def extent(part: Part) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a part."""
    if isinstance(part, Polyline):
        xs, ys = [x for x, _ in part.places], [y for _, y in part.places]
        return min(xs), min(ys), max(xs), max(ys)
    if isinstance(part, Area):
        return part.x, part.y, part.x + part.width, part.y + part.height
    if isinstance(part, Dot):
        return part.x - part.radius, part.y - part.radius, part.x + part.radius, part.y + part.radius
    width = words_width(part.text, part.size)
    left = part.x - {"left": 0.0, "centre": width / 2, "right": width}[part.anchor]
    return left, part.y - part.size / 2, left + width, part.y + part.size / 2
