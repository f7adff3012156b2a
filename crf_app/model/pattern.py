"""Patterns of a definition: regular expressions in RE2's syntax, matched in linear time.

A definition comes from outside.  Python's own `re` tries alternatives by going back, and takes time without
bound for `(a+)+b` over thirty characters.  RE2 never goes back, and for that reason knows no look-around and
no back references.  The size of a pattern and of its repetitions is bounded too.
Source of the syntax: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import re2

from crf_app.errors import DefinitionError

_QUIET = re2.Options()
_QUIET.log_errors = False  # a pattern may be anything; stderr is for the person
_NO_COUNT = re.compile(r"(?<!\\)\{(\d+,)?\d{7,}")  # RE2 would take it for plain text


def fault(pattern: str) -> str | None:
    """Why `pattern` is no regular expression, in RE2's words; None when it is one."""
    try:
        _compiled(pattern)
    except _Unreadable as reason:
        return str(reason)
    return None


def names(pattern: str) -> frozenset[str]:
    """The names of its groups.  Raises DefinitionError where `fault` is not None."""
    return frozenset(_read(pattern).groupindex)


def fits(pattern: str, text: str) -> bool:
    """Whether the whole `text` is as `pattern` says.  Raises DefinitionError."""
    return groups(pattern, text) is not None


def groups(pattern: str, text: str) -> dict[str, str] | None:
    """What each named group that took part holds; None where the whole `text` does not fit.

    Raises DefinitionError.
    """
    compiled = _read(pattern)
    try:
        found = compiled.fullmatch(text)
    except UnicodeEncodeError:  # half a character: it fits nothing
        return None
    return (
        None
        if found is None
        else {name: said for name, said in found.groupdict().items() if said is not None}
    )


class _Unreadable(ValueError):
    """Not a pattern."""


@cache
def _compiled(pattern: str) -> Any:
    if _NO_COUNT.search(pattern):
        raise _Unreadable("repeated more often than can be counted")
    try:
        return re2.compile(pattern, _QUIET)
    except (re2.error, UnicodeEncodeError) as reason:
        said = reason.args[0] if reason.args else ""
        raise _Unreadable(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from None


def _read(pattern: str) -> Any:
    try:
        return _compiled(pattern)
    except _Unreadable:
        raise DefinitionError(
            "A pattern of the study definition cannot be used by this program. Ask the data manager.",
            "本程序不能使用研究定义中的格式规则，请联系数据管理员。",
            where=pattern[:80],
        ) from None
