"""Where a part of a rule stands, and what kind of part it is, while it is put in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from crf_app.rules import rule_phrases as words
from crf_app.rules.environment import Name
from crf_app.rules.phrase import Pair, Phrase
from crf_app.rules.syntax_tree import Node
from crf_app.rules.walks import walk_of

#: a code of a list → its words
Codes = Callable[[str], Phrase]
_TRUTHS: Final = frozenset({
    "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in", "_&&_", "_||_", "!_", *words.CLAUSES,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """What the variable of a walk stands for: a line of a list, one of several values, or a short name."""

    source: Name | None = None
    said: Pair = words.IT
    codes: Codes | None = None
    truth: bool = False


@dataclass(frozen=True)
class Scope:
    """Where a part stands: the rule's form and group of rows, the walks round it, how constants are said."""

    form: str = ""
    group: str = ""
    codes: Codes | None = None
    lines: Mapping[str, Line] = field(default_factory=dict)


def source_of(node: Node, names: Mapping[str, Name], scope: Scope) -> Name | None:
    """The list of rows or visits whose lines are walked, through filters."""
    if node.kind == "walk":
        walk = walk_of(node)
        return source_of(walk.source, names, scope) if walk is not None and walk.macro == "filter" else None
    if node.kind != "name" or node.text in scope.lines:
        return None
    known = names.get(node.text)
    return known if known is not None and known.type == "LIST" else None


def is_truth(node: Node, names: Mapping[str, Name], scope: Scope) -> bool:
    """Whether a part is a statement and not a value."""
    if node.kind == "name":
        line = scope.lines.get(node.text)
        known = names.get(node.text)
        return line.truth if line is not None else known is not None and known.type == "BOOL"
    if node.kind == "walk":
        walk = walk_of(node)
        return walk is not None and walk.macro in words.WALKS
    return (node.kind == "call" and node.text in _TRUTHS) or node.note in ("true", "false")


def is_name(node: Node | None, name: str) -> bool:
    return node is not None and node.kind == "name" and node.text == name


def flat(node: Node) -> list[Node]:
    """The parts of `a && b && c`, of `a || b || c`, of lists put together."""
    found: list[Node] = []
    for one in node.children:
        alike = one.kind == "call" and one.text == node.text and one.overloads == node.overloads
        found += flat(one) if alike else [one]
    return found
