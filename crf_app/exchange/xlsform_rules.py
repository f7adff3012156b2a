"""What of an XLSForm's expressions is data: plain bounds and yes or no.  All else is text that is not run.

XLSForm writes rules in XPath 1.0 with `${name}` for an answer and `.` for the answer at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from crf_app.model.definition import JsonObject

#: the language of the rules, as NotRun names it
CONTEXT: Final = "XPath 1.0 (XLSForm)"
_NUMBER: Final = r"(-?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30}))"
_SIGN: Final = r"(<=|>=|!=|<|>|=)"
_DOT_FIRST: Final = re.compile(rf"\.\s*{_SIGN}\s*{_NUMBER}")
_DOT_LAST: Final = re.compile(rf"{_NUMBER}\s*{_SIGN}\s*\.")
_AND: Final = re.compile(r"\s+and\s+")
_COMPARATORS: Final = {"<=": "LE", ">=": "GE", "<": "LT", ">": "GT", "=": "EQ", "!=": "NE"}
_TURNED: Final = {"LE": "GE", "GE": "LE", "LT": "GT", "GT": "LT", "EQ": "EQ", "NE": "NE"}
_YES: Final = frozenset({"yes", "true", "true()", "1", "y"})
_NO: Final = frozenset({"no", "false", "false()", "0", "n"})


def bounds(expression: str) -> list[JsonObject] | None:
    """The range checks of `. >= 0 and . <= 150` or `0 <= . and . <= 9`; None for any other expression."""
    found = [_bound(part) for part in _AND.split(_bare(expression))]
    checks = [check for check in found if check is not None]
    return checks if len(checks) == len(found) and _possible(checks) else None


def _bare(expression: str) -> str:
    """Without spaces at the ends and brackets around all of it."""
    text = expression.strip()
    while text.startswith("(") and text.endswith(")") and "(" not in text[1:] and ")" not in text[:-1]:
        text = text[1:-1].strip()
    return text


def _bound(part: str) -> JsonObject | None:
    text = _bare(part)
    first = _DOT_FIRST.fullmatch(text)
    if first:
        return _check(_COMPARATORS[first[1]], first[2])
    last = _DOT_LAST.fullmatch(text)
    return _check(_TURNED[_COMPARATORS[last[2]]], last[1]) if last else None


def _check(comparator: str, number: str) -> JsonObject:
    """XLSForm keeps a wrong answer from being entered: the hard kind."""
    return {"comparator": comparator, "value": plain_number(number), "soft_hard": "Hard"}


def plain_number(number: str) -> str:
    """`.5` and `5.` as definitions write them: `0.5`, `5`."""
    text = format(Decimal(number), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _possible(checks: Iterable[JsonObject]) -> bool:
    """Whether any number is inside; what can never be met is a rule to be looked at."""
    low = [Decimal(one["value"]) for one in checks if one["comparator"] in ("GE", "GT", "EQ")]
    high = [Decimal(one["value"]) for one in checks if one["comparator"] in ("LE", "LT", "EQ")]
    return not low or not high or max(low) <= min(high)


def yes_or_no(text: str) -> bool | None:
    """Whether `required` says yes or no; None for an expression."""
    said = text.strip().lower()
    return True if said in _YES else False if said in _NO else None
