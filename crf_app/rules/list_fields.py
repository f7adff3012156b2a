"""Which columns of which lists an expression looks at: `rows.AE.exists(r, r.AETERM == 'Fever')`.

CEL cannot say that a map has only these keys; a misspelt column would make a check silent.  So the walks
through lists are followed here, also through `filter` and an index.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from crf_app.rules.environment import Name
from crf_app.rules.syntax_tree import Node

_COMPARED: Final = frozenset({"_==_", "_!=_", "@in"})


@dataclass(frozen=True)
class ListField:
    """A column read from a line of a list, and the constants that it is compared with at that place."""

    source: Name
    column: str
    compared_with: tuple[str, ...] = ()


def list_fields(root: Node, names: Mapping[str, Name]) -> Iterator[ListField]:
    """Every column that is read, in the order of the expression."""
    return _found(root, names, {}, ())


def _found(
    node: Node, names: Mapping[str, Name], walking: Mapping[str, Name], constants: tuple[str, ...]
) -> Iterator[ListField]:
    if node.kind == "field" and (source := _source(node.children[0], names, walking)):
        yield ListField(source, node.text, constants)
        return
    if node.kind == "walk":
        source = _source(node.children[0], names, walking)
        yield from _found(node.children[0], names, walking, ())
        inside = {**walking, node.text: source} if source else walking
        for child in node.children[1:]:
            yield from _found(child, names, inside, ())
        return
    beside = _constants(node) if node.kind == "call" and node.text in _COMPARED else ()
    for child in node.children:
        yield from _found(child, names, walking, beside)


def _source(node: Node, names: Mapping[str, Name], walking: Mapping[str, Name]) -> Name | None:
    """The list that a node stands for, or a line of it."""
    if node.kind == "name":
        if node.text in walking:
            return walking[node.text]
        name = names.get(node.text)
        return name if name is not None and name.type == "LIST" else None
    if node.kind == "walk" or (node.kind == "call" and node.text == "_[_]"):
        return _source(node.children[0], names, walking)
    return None


def _constants(node: Node) -> tuple[str, ...]:
    lists = [part for part in node.children if part.kind == "other"]
    parts = [*node.children, *(one for part in lists for one in part.children)]
    return tuple(one.text for one in parts if one.kind == "constant")
