"""A part of an expression as CEL text again, for what cannot be put in words."""

from __future__ import annotations

import json
from typing import Final

from crf_app.rules.syntax_tree import Node
from crf_app.rules.walks import walk_of

_INFIX: Final = {
    "_||_": "||", "_&&_": "&&", "_==_": "==", "_!=_": "!=", "_<_": "<", "_<=_": "<=", "_>_": ">",
    "_>=_": ">=", "@in": "in", "_+_": "+", "_-_": "-", "_*_": "*", "_/_": "/", "_%_": "%",
}  # fmt: skip


class Unworded(Exception):
    """The tree does not hold everything that this part says."""


def written(node: Node) -> str:
    """The part as CEL, with brackets wherever there could be a doubt.  Raises Unworded."""
    if node.kind == "name":
        return node.text.removeprefix(".")
    if node.kind == "number":
        return node.text.removesuffix(".0") if node.note == "int" else node.text
    if node.kind == "constant":
        return _constant(node)
    if node.kind == "field":
        plain = f"{_inner(node.children[0])}.{node.text}"
        return f"has({plain})" if node.note == "has" else plain
    if node.kind == "call":
        return _call(node)
    if node.kind == "walk":
        return _walk(node)
    if node.note == "list":
        return f"[{', '.join(written(one) for one in node.children)}]"
    raise Unworded(node.note)


def _constant(node: Node) -> str:
    if node.note == "text":
        return json.dumps(node.text, ensure_ascii=False)
    if node.note in ("true", "false", "null"):
        return node.note
    raise Unworded(node.note)


def _call(node: Node) -> str:
    parts = [_inner(one) for one in node.children]
    if node.text in _INFIX and len(parts) == 2:
        return f"{parts[0]} {_INFIX[node.text]} {parts[1]}"
    if node.text == "_?_:_":
        return f"{parts[0]} ? {parts[1]} : {parts[2]}"
    if node.text == "_[_]":
        return f"{parts[0]}[{written(node.children[1])}]"
    if node.text in ("!_", "-_"):
        return f"{node.text[0]}{parts[0]}"
    plain = [written(one) for one in node.children]
    if node.note == "method":
        return f"{parts[0]}.{node.text}({', '.join(plain[1:])})"
    return f"{node.text}({', '.join(plain)})"


def _walk(node: Node) -> str:
    walk = walk_of(node)
    if walk is None:
        raise Unworded(node.text)
    inside = [walk.variable, *(written(one) for one in (walk.condition, walk.body) if one is not None)]
    return f"{_inner(walk.source)}.{walk.macro}({', '.join(inside)})"


def _inner(node: Node) -> str:
    operator = node.kind == "call" and (node.text in _INFIX or node.text in ("_?_:_", "-_"))
    return f"({written(node)})" if operator else written(node)
