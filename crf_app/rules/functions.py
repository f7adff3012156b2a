"""The functions that rules may call, and their declaration for CEL.

A function that cannot work on its operands raises ValueError, which CEL turns into a result of type ERROR:
the finding "rule could not run".  Dates and times are ISO text; a partial date counts with its known parts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

_DIGITS: Final = 12
_MINUTE: Final = 16
_FULL_DATE: Final = 10


def round_half_away(number: float, decimals: int = 0) -> float:
    """Half away from zero after 12 significant digits, so that 16.1 - 10.1 is 6.0."""
    if not math.isfinite(number):
        return number
    if not -30 <= decimals <= 30:
        raise ValueError("round takes -30 to 30 decimals")
    exact = Decimal(f"{number:.{_DIGITS}g}")
    if exact.adjusted() + decimals > 25:
        return float(exact)
    return float(exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))


def power(base: float, exponent: float) -> float:
    """base to the power of exponent; ValueError or OverflowError where there is none."""
    return math.pow(base, exponent)


def before(one: str, other: str) -> bool:
    """Earlier on the parts that both know: 2026-09 is before 2026-10-06, 2026 is not."""
    known = min(len(one), len(other))
    return one[:known] < other[:known]


def after(one: str, other: str) -> bool:
    """Later on the parts that both know."""
    return before(other, one)


def day(moment: str) -> str:
    """The date of a date or a date-time."""
    return moment[:10]


def minutes(start: str, end: str) -> float:
    """Minutes from one date-time to another."""
    return (_moment(end) - _moment(start)).total_seconds() / 60


def hours(start: str, end: str) -> float:
    return minutes(start, end) / 60


def days(start: str, end: str) -> float:
    """Days from one date to another; of a date-time the date counts."""
    return float((date.fromisoformat(end[:10]) - date.fromisoformat(start[:10])).days)


def years(start: str, end: str) -> float:
    """Completed years; where a part is not known, the year counts from the parts that both know."""
    whole = int(end[:4]) - int(start[:4])
    return float(whole - 1 if before(end[5:10], start[5:10]) else whole)


def includes(codes: str, code: str) -> bool:
    """Whether an answer with several codes (`A;B`) holds `code`."""
    return code in codes.split(";")


def mean(numbers: list[float]) -> float:
    """Arithmetic mean; no value for an empty list."""
    return math.fsum(numbers) / len(numbers) if numbers else math.nan


def number(text: str) -> float:
    """The number a cell of a list holds as text.  ValueError for an empty one."""
    return float(Decimal(text)) if text else float(text)


def within(one: str, other: str, most: float) -> bool:
    """Whether two full dates lie at most so many days apart; false when one is empty or partial."""
    if min(len(one), len(other)) < _FULL_DATE:
        return False
    return abs(days(one, other)) <= most


def overlap(start: str, end: str, other_start: str, other_end: str) -> bool:
    """Whether two spans share a day; an empty start is "since ever", an empty end "still going on".

    Partial dates count with the parts that both know.
    """
    apart = (end and other_start and before(end, other_start)) or (
        other_end and start and before(other_end, start)
    )
    return not apart


def nothing() -> float:
    """No value: what a method returns where a branch has no number."""
    return math.nan


def _moment(text: str) -> datetime:
    if len(text) < _MINUTE:
        raise ValueError("not a date with a time")
    return datetime.fromisoformat(text)


def extension() -> Any:
    """The CEL extension that declares every function above.  Imports CEL."""
    from cel_expr_python import cel

    number_, text, whole, truth = cel.Type.DOUBLE, cel.Type.STRING, cel.Type.INT, cel.Type.BOOL

    def declared(name: str, result: Any, *overloads: tuple[Callable[..., Any], list[Any]]) -> Any:
        return cel.FunctionDecl(
            name,
            [
                cel.Overload(f"crf_{name}_{len(types)}", return_type=result, parameters=types, impl=function)
                for function, types in overloads
            ],
        )

    pair, words = [number_, number_], [text, text]
    return cel.CelExtension(
        "crf_app",
        [
            declared("round", number_, (round_half_away, [number_, whole]), (round_half_away, [number_])),
            declared("ln", number_, (math.log, [number_])),
            declared("log10", number_, (math.log10, [number_])),
            declared("sqrt", number_, (math.sqrt, [number_])),
            declared("abs", number_, (abs, [number_])),
            declared("pow", number_, (power, pair)),
            declared("min", number_, (min, pair)),
            declared("max", number_, (max, pair)),
            declared("before", truth, (before, words)),
            declared("after", truth, (after, words)),
            declared("includes", truth, (includes, words)),
            declared("mean", number_, (mean, [cel.Type.List(number_)])),
            declared("number", number_, (number, [text])),
            declared("within", truth, (within, [text, text, number_])),
            declared("overlap", truth, (overlap, [text, text, text, text])),
            declared("day", text, (day, [text])),
            declared("minutes", number_, (minutes, words)),
            declared("hours", number_, (hours, words)),
            declared("days", number_, (days, words)),
            declared("years", number_, (years, words)),
            declared("nothing", number_, (nothing, [])),
        ],
    )
