"""Which macro a walk through a list was written as: CEL's checker keeps only the loop that it expands to.

The shapes are those of the CEL language definition (`exists`, `all`, `exists_one`, `filter`, `map`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from crf_app.rules.syntax_tree import Node

Macro = Literal["exists", "all", "exists_one", "filter", "map"]
_SO_FAR: Final = "@result"


@dataclass(frozen=True, slots=True)
class Walk:
    """`source.macro(variable, condition, body)`: `condition` of a filter or of a map with one."""

    macro: Macro
    variable: str
    source: Node
    body: Node | None = None
    condition: Node | None = None


def walk_of(node: Node) -> Walk | None:
    """The walk as it was written; None for a loop of another shape."""
    if node.kind != "walk" or node.note or len(node.children) != 5:
        return None
    source, start, _, step, result = node.children
    made: tuple[Macro, Node | None, Node | None] | None = None
    if start.note in ("true", "false") and _is_so_far(result):
        made = _truth(start.note, step)
    elif start.kind == "number" and result.kind == "call" and _is_conditional(step):
        made = ("exists_one", None, step.children[0])
    elif start.note == "list" and not start.children and _is_so_far(result):
        made = _list(node.text, step)
    return Walk(made[0], node.text, source, made[1], made[2]) if made is not None else None


def _truth(start: str, step: Node) -> tuple[Macro, Node | None, Node | None] | None:
    joint: dict[str, tuple[str, Macro]] = {"false": ("_||_", "exists"), "true": ("_&&_", "all")}
    wanted, macro = joint[start]
    if step.kind != "call" or step.text != wanted or not _is_so_far(step.children[0]):
        return None
    return macro, None, step.children[1]


def _list(variable: str, step: Node) -> tuple[Macro, Node | None, Node | None] | None:
    condition = None
    if _is_conditional(step) and _is_so_far(step.children[2]):
        condition, step = step.children[0], step.children[1]
    if step.text != "_+_" or not _is_so_far(step.children[0]) or len(step.children[1].children) != 1:
        return None
    (added,) = step.children[1].children
    if condition is not None and added.kind == "name" and added.text == variable:
        return "filter", None, condition
    return "map", added, condition


def _is_so_far(node: Node) -> bool:
    return node.kind == "name" and node.text == _SO_FAR


def _is_conditional(node: Node) -> bool:
    return node.kind == "call" and node.text == "_?_:_"
