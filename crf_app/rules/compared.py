"""What an expression compares each name with, read from its syntax tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from crf_app.rules.corner_values import Compared
from crf_app.rules.syntax_tree import Node

#: what only joins conditions; every other call may draw a line at a constant
_JOINS: Final = frozenset({"_&&_", "_||_", "!_", "_?_:_"})


def compared_with(root: Node) -> dict[str, Compared]:
    """Name → the constants that stand with it in one call; under "" those that stand with no name.

    A walk through a list is one call: what is compared with any column counts for every column.
    """
    found: dict[str, tuple[list[float], list[str]]] = {}
    for node in _calls(root):
        numbers = [float(one.text) for one in node.walk() if one.kind == "number"]
        texts = [one.text for one in node.walk() if one.kind == "constant" and one.text]
        names = [one.text for one in node.walk() if one.kind == "name"] or [""]
        for name in names:
            kept = found.setdefault(name, ([], []))
            kept[0].extend(numbers)
            kept[1].extend(texts)
    return {name: Compared(tuple(dict.fromkeys(numbers)), tuple(dict.fromkeys(texts)))
            for name, (numbers, texts) in found.items()}  # fmt: skip


def _calls(node: Node) -> Iterator[Node]:
    """The outermost calls and walks that are no mere joins."""
    if node.kind == "walk" or (node.kind == "call" and node.text not in _JOINS):
        yield node
        return
    for child in node.children:
        yield from _calls(child)
