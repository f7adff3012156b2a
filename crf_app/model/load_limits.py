"""Definition files that would take all time, memory or stack: refused before anything works with them.

Keys of very many parts (`a.a.a…`): Python's own reader takes time and memory that grow with the square of the
parts, 50,000 of them 44 s, 100,000 all memory there is.  A key stands on one line, so points outside of texts
and comments are counted by lines.  Tables in tables in tables: a study has six or seven of them.
"""

from __future__ import annotations

import re
from typing import Any, Final

#: the squares of the parts of all keys together; keys of a study have two or three parts
MOST: Final = 1_000_000
_FEW: Final = 8
DEEPEST: Final = 50
_TEXT: Final = re.compile(r""""(?:[^"\\]|\\.)*"|'[^']*'""")
_LONG_TEXTS: Final = ('"""', "'''")
_NO_KEY: Final = re.compile(r"[^\w.\- \t\"']+")


def line_of_long_key(text: str) -> int:
    """The line, from 1, at which the keys become too much to read; 0 if they do not."""
    cost = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _FEW:
            cost += sum(one.count(".") ** 2 for one in _NO_KEY.split(_outside(line)) if one.count(".") > _FEW)
            if cost > MOST:
                return number
    return 0


def _outside(line: str) -> str:
    """The line without texts and comment; where a text of several lines begins or ends all of it counts."""
    if any(one in line for one in _LONG_TEXTS):
        return line
    return _TEXT.sub('""', line).partition("#")[0]


def is_deep(tables: object) -> bool:
    """Whether something in them lies more than `DEEPEST` tables and lists deep."""
    level: list[Any] = [tables]
    for _ in range(DEEPEST):
        level = [
            inside
            for one in level
            for inside in (one.values() if isinstance(one, dict) else one)
            if isinstance(inside, dict | list)
        ]
    return bool(level)
