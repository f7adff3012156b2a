"""The tree of a checked CEL expression, read from its serialised form.

CEL's Python package gives no tree; `Expression.serialize()` is a `cel.expr.CheckedExpr` message.  Only what
the checks of `expression.py` need is read: names, calls, constants, fields and walks through lists.  Field
numbers are those of the public `cel/expr/syntax.proto`; the package's version is pinned.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_ID, _CONST, _IDENT, _SELECT, _CALL, _LIST, _STRUCT, _COMPREHENSION = 2, 3, 4, 5, 6, 7, 8, 9
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_STRING_CONST: Final = 6
_NUMBERS: Final = (3, 4, 5)  # int64, uint64, double
_NULL, _BOOL, _INT64 = 1, 2, 3
_TEST_ONLY: Final = 3  # of a field: `has(a.b)`
_SECOND: Final = 8  # of a walk: a second variable


@dataclass(frozen=True)
class Node:
    """`kind`: name, call, constant (a text), number, field, walk or other.

    `text`: the name, the function, a constant's text or number, the field of `r.AETERM`, the variable of a
    walk (`exists`, `filter` …) through the list that is its first child.

    `overloads`: the functions CEL chose for a call, such as `add_double`.

    `note`: what else there is to know: a constant's or number's type (text, bytes, true, false, null, int,
    double), `list` or `map` of an other, `method` of a call `a.f()`, `has` of a field that is only asked for.
    """

    kind: str
    text: str
    overloads: tuple[str, ...]
    children: tuple[Node, ...]
    note: str = ""

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()


#: (field number, value) of a message, in order
Message = list[tuple[int, int | bytes | float]]


def tree(serialised: bytes) -> Node:
    """The root of a checked expression's tree."""
    (checked,) = (_message(part) for part in _fields(_message(serialised), 2))
    overloads = dict(_reference(_message(entry)) for entry in _fields(checked, 2))
    (expression,) = _fields(checked, 4)
    return _node(expression, overloads)


def _node(data: bytes, overloads: dict[int, tuple[str, ...]]) -> Node:
    number = 0
    for field, value in _message(data):
        if field == _ID and isinstance(value, int):
            number = value
        elif field != _ID and isinstance(value, bytes):
            return _of_kind(field, _message(value), overloads.get(number, ()), overloads)
    return Node("other", "", (), ())


def _of_kind(
    kind: int, message: Message, chosen: tuple[str, ...], overloads: dict[int, tuple[str, ...]]
) -> Node:
    if kind == _IDENT:
        return Node("name", _text(message, 1), (), ())
    if kind == _CONST:
        return _constant(message)
    if kind == _CALL:
        parts = [*_fields(message, 1), *_fields(message, 3)]
        inside = tuple(_node(part, overloads) for part in parts)
        return Node("call", _text(message, 2), chosen, inside, "method" if _fields(message, 1) else "")
    inside = tuple(_node(part, overloads) for part in _parts(kind, message))
    if kind == _SELECT:
        asked = any(field == _TEST_ONLY and value for field, value in message)
        return Node("field", _text(message, 2), (), inside, "has" if asked else "")
    if kind == _COMPREHENSION:
        return Node("walk", _text(message, 1), (), inside, "two" if _fields(message, _SECOND) else "")
    return Node("other", "", (), inside, {_LIST: "list", _STRUCT: "map"}.get(kind, ""))


def _constant(message: Message) -> Node:
    field, value = message[0] if message else (_NULL, 0)
    if field in _NUMBERS and not isinstance(value, bytes):
        if field == _INT64 and value >= 1 << 63:  # two's complement
            value -= 1 << 64
        return Node("number", repr(float(value)), (), (), "double" if field == _NUMBERS[-1] else "int")
    types = {_NULL: "null", _BOOL: "true" if value else "false", _STRING_CONST: "text"}
    return Node("constant", _text(message, _STRING_CONST), (), (), types.get(field, "bytes"))


def _parts(kind: int, message: Message) -> list[bytes]:
    if kind in (_SELECT, _LIST):
        return _fields(message, 1)
    if kind == _STRUCT:
        entries = [_message(entry) for entry in _fields(message, 2)]
        return [part for entry in entries for part in (*_fields(entry, 3), *_fields(entry, 4))]
    if kind == _COMPREHENSION:
        return [part for field in (2, 4, 5, 6, 7) for part in _fields(message, field)]
    return []


def _reference(entry: Message) -> tuple[int, tuple[str, ...]]:
    key = next((value for field, value in entry if field == 1 and isinstance(value, int)), 0)
    chosen = [_message(part) for part in _fields(entry, 2)]
    return key, tuple(one.decode() for part in chosen for one in _fields(part, 3))


def _text(message: Message, field: int) -> str:
    return next((value.decode() for value in _fields(message, field)), "")


def _fields(message: Message, number: int) -> list[bytes]:
    return [value for field, value in message if field == number and isinstance(value, bytes)]


def _message(data: bytes) -> Message:
    found: Message = []
    place, end = 0, len(data)
    while place < end:
        tag, place = _varint(data, place)
        field, wire = tag >> 3, tag & 7
        if wire == _BYTES:
            size, place = _varint(data, place)
            found.append((field, data[place : place + size]))
        elif wire == _VARINT:
            number, place = _varint(data, place)
            found.append((field, number))
            continue
        else:
            size = 8 if wire == _EIGHT else 4
            found.append((field, struct.unpack("<d" if size == 8 else "<f", data[place : place + size])[0]))
        place += size
    return found


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = data[place]
    if value < 0x80:  # nearly all of them
        return value, place + 1
    value, shift = value & 0x7F, 7
    while True:
        place += 1
        byte = data[place]
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, place + 1
