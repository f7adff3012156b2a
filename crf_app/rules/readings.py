"""Readings of one answer: whether it has a value rules can use, its standard value, range and flag.

Numbers are compared as exact decimals in the item's standard unit.  A result with an operator stands for a
whole range: it is outside a limit only when every number it can mean is outside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Final, Protocol

from crf_app.errors import ValueRejected
from crf_app.model.datatype import as_typed, is_number, number_text, rounded, standard_result
from crf_app.model.item_def import ItemDef, RangeCheck
from crf_app.model.keys import Answer
from crf_app.model.units import shown_unit

_NUMBER: Final = r"-?[0-9]{1,30}(\.[0-9]{1,30})?"
_DAY: Final = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_SHAPES: Final = {
    "integer": re.compile(r"-?[0-9]{1,30}"),
    "decimal": re.compile(_NUMBER),
    "date": re.compile(_DAY),
    "partialDate": re.compile(rf"[0-9]{{4}}(-(0[1-9]|1[0-2]))?|{_DAY}"),
    "time": re.compile(_CLOCK),
    "datetime": re.compile(rf"{_DAY}T{_CLOCK}"),
}
_COMPARE: Final = {"LT": lt, "LE": le, "GT": gt, "GE": ge, "EQ": eq, "NE": ne}
_FULL_DATE: Final = 10
_SHOWN_DECIMALS: Final = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer means.

    `number` is the exact number in the standard unit, with `operator` for a result such as `<5`.  `legible`
    is false for a stored value that is not of the item's type (an older definition, another program).
    """

    legible: bool = True
    operator: str = ""
    number: Decimal | None = None

    @property
    def standard(self) -> Decimal | None:
        return None if self.operator else self.number


def read(item: ItemDef, answer: Answer) -> Reading:
    """The reading of an answer; an empty one is legible."""
    value = answer.value
    if value is None:
        return Reading()
    if item.code_list is not None or item.data_type == "text":
        return Reading(legible=_storable(value))
    bare = value.lstrip("<>=") if item.lab and is_number(item) else value
    if not _SHAPES[as_typed(item, answer.unit).data_type].fullmatch(bare):
        return Reading(legible=False)
    if not is_number(item):
        return Reading()
    try:
        operator, number = standard_result(item, value, answer.unit)
    except (ValueRejected, ArithmeticError):
        return Reading(legible=False)
    return Reading(True, operator, number)


def _storable(value: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in value)


def bound_value(item: ItemDef, answer: Answer, reading: Reading) -> float | str | None:
    """What a rule reads under the item's plain name; None where it is not bound."""
    if answer.value is None or not reading.legible:
        return None
    if is_number(item):
        return None if reading.standard is None else float(reading.standard)
    if item.data_type == "partialDate" and len(answer.value) < _FULL_DATE:
        return None
    return answer.value


def broken_checks(item: ItemDef, reading: Reading) -> list[RangeCheck]:
    """The range checks that the value does not keep."""
    number = reading.number
    if number is None:
        return []
    return [check for check in item.range_check if not _kept(check, number, reading.operator)]


def _kept(check: RangeCheck, number: Decimal, operator: str) -> bool:
    limit = Decimal(check.value)
    if not operator:
        return bool(_COMPARE[check.comparator](number, limit))
    if check.comparator in ("GE", "GT") and operator in ("<", "<="):
        strict = operator == "<" or check.comparator == "GT"
        return number > limit or (number == limit and not strict)
    if check.comparator in ("LE", "LT") and operator in (">", ">="):
        strict = operator == ">" or check.comparator == "LT"
        return number < limit or (number == limit and not strict)
    return True


def limits(item: ItemDef, soft_hard: str, language: str) -> str:
    """The item's limits in words: "1.0 to 12.0", "at least 1.0"."""
    checks = [check for check in item.range_check if check.soft_hard == soft_hard]
    lower = [check.value for check in checks if check.comparator in ("GE", "GT")]
    upper = [check.value for check in checks if check.comparator in ("LE", "LT")]
    zh = language == "zh"
    if len(checks) == 2 and lower and upper:
        return f"{lower[0]}–{upper[0]}" if zh else f"{lower[0]} to {upper[0]}"
    words = _WORDS_ZH if zh else _WORDS_EN
    return ("，" if zh else ", ").join(f"{words[check.comparator]}{check.value}" for check in checks)


_WORDS_EN: Final = {
    "GE": "at least ", "GT": "above ", "LE": "at most ", "LT": "below ", "EQ": "", "NE": "not ",
}  # fmt: skip
_WORDS_ZH: Final = {"GE": "不低于", "GT": "高于", "LE": "不高于", "LT": "低于", "EQ": "等于", "NE": "不等于"}


class Limits(Protocol):
    """A reference range in the standard unit; see `ranges.py`."""

    @property
    def low(self) -> str | None: ...

    @property
    def high(self) -> str | None: ...


def flag_of(reading: Reading, reference: Limits | None) -> str:
    """L, H or "": a result with an operator is flagged only where every number it can mean is outside."""
    number = reading.number
    if number is None or reference is None:
        return ""
    low = Decimal(reference.low) if reference.low is not None else None
    high = Decimal(reference.high) if reference.high is not None else None
    if low is not None and reading.operator in ("", "<", "<="):
        below = number <= low if reading.operator == "<" else number < low
        if below:
            return "L"
    if high is not None and reading.operator in ("", ">", ">="):
        above = number >= high if reading.operator == ">" else number > high
        if above:
            return "H"
    return ""


def times_limit(reading: Reading, reference: Limits | None, flag: str) -> Decimal | None:
    """Multiple of the upper limit of normal, 1 decimal; only for H."""
    if flag != "H" or reading.number is None or reference is None or reference.high is None:
        return None
    high = Decimal(reference.high)
    return rounded(reading.number / high, 1) if high > 0 else None


def typed_number(item: ItemDef, answer: Answer, reading: Reading) -> str:
    """The value as typed, with its unit and the standard value where another unit was typed."""
    standard = standard_words(item, answer, reading)
    return f"{answer.value} {shown_unit(answer.unit)} (= {standard})" if standard else answer.value or ""


def standard_words(item: ItemDef, answer: Answer, reading: Reading) -> str:
    """`5.2778 mmol/L`: the value in the standard unit where another one was typed; "" else.

    At most four decimals, enough to see the size; nothing calculates with it.
    """
    if answer.unit is None or answer.unit == item.unit or reading.number is None:
        return ""
    number = number_text(rounded(reading.number, _SHOWN_DECIMALS))
    return f"{reading.operator}{number} {shown_unit(item.unit)}".rstrip()
