"""The parts of an expression that are joined by `&&` and `||`, as text: to see which of them holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_OPEN: Final = "([{"
_CLOSE: Final = ")]}"


def conjuncts(text: str) -> list[str]:
    """What must all be true; the text itself where nothing is joined by `&&` outside of brackets."""
    plain = _unwrapped(text)
    if len(_split(plain, "||")) > 1 or len(_split(plain, "?")) > 1:
        return [plain]
    parts = _split(plain, "&&")
    return [plain] if len(parts) == 1 else [part for one in parts for part in conjuncts(one)]


def parts_of(text: str) -> list[str]:
    """Every part down to the single comparisons, without the whole, in the order of the text."""
    return list(dict.fromkeys(_parts(_unwrapped(text))))


def _parts(text: str) -> Iterator[str]:
    if len(_split(text, "?")) > 1:
        return
    for joint in ("||", "&&"):
        pieces = [_unwrapped(one) for one in _split(text, joint)]
        if len(pieces) > 1:
            for piece in pieces:
                yield piece
                yield from _parts(piece)
            return


def _split(text: str, joint: str) -> list[str]:
    """The pieces between `joint` outside of brackets and quotes."""
    pieces, start, place = [], 0, 0
    for place, depth in _outside(text):
        if depth == 0 and place >= start and text.startswith(joint, place):
            pieces.append(text[start:place])
            start = place + len(joint)
    return [*pieces, text[start:]]


def _outside(text: str) -> Iterator[tuple[int, int]]:
    """(place, depth of brackets) of every sign that stands in no quotes."""
    depth, quote, escaped = 0, "", False
    for place, sign in enumerate(text):
        if quote:
            quote = quote if escaped or sign != quote else ""
            escaped = sign == "\\" and not escaped
            continue
        if sign in "'\"":
            quote = sign
            continue
        depth -= sign in _CLOSE
        yield place, depth
        depth += sign in _OPEN


def _unwrapped(text: str) -> str:
    """Without blanks around it and without brackets around the whole."""
    plain = text.strip()
    while plain.startswith("(") and plain.endswith(")"):
        closing = next((place for place, depth in _outside(plain) if depth == 0 and place), len(plain) - 1)
        if closing != len(plain) - 1:
            return plain
        plain = plain[1:-1].strip()
    return plain
