"""The corner values of one operand, as canonical text: limits and one step beside them, codes, days around.

What an item's definition draws a line at, and what the expression compares with.  Everything turns around one
fixed day, so that the same definition is always tried with the same values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from crf_app.model.datatype import is_number, number_text
from crf_app.model.item_def import CodeList, ItemDef

#: "today" of every try, a Monday in the middle of a month and of a year
TODAY: Final = date(2026, 6, 15)
_NOON: Final = datetime(2026, 6, 15, 12, 0)
#: row uids: of the row at hand, and of another one
ROWS: Final = ("r1", "r2")
_MOST: Final = 40  # values of one operand
_LONGEST: Final = 36_500  # days
_LIMITED: Final = ("GE", "GT", "LE", "LT", "EQ", "NE")


@dataclass(frozen=True)
class Compared:
    """Constants that an expression compares an operand with."""

    numbers: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()


def corner_texts(item: ItemDef, compared: Compared, lists: dict[str, CodeList]) -> list[str]:
    """Corner values of an item, the most telling first, each once, at most 40."""
    return list(dict.fromkeys(_texts(item, compared, lists)))[:_MOST]


def _texts(item: ItemDef, compared: Compared, lists: dict[str, CodeList]) -> Iterator[str]:
    if item.link is not None:
        yield from ROWS
    elif item.code_list is not None and item.code_list in lists:
        yield from _codes(item, compared, list(lists[item.code_list].by_code))
    elif is_number(item):
        yield from number_corners(item, compared.numbers)
    elif item.data_type == "text":
        yield from (*(text for text in compared.texts if text.strip()), "a", "b")
        yield "x" * max([1, *(int(one) + 1 for one in compared.numbers if 0 <= one < 4000)])
    elif item.data_type == "time":
        yield from _times(compared)
    elif item.data_type == "datetime":
        yield from _moments(compared)
    else:
        yield from date_corners(compared)
        if item.data_type == "partialDate":
            yield from _partial(compared)


def _codes(item: ItemDef, compared: Compared, codes: list[str]) -> Iterator[str]:
    """Codes that are compared with first; of several codes each, the first two and all together."""
    named = [code for code in codes if code in compared.texts]
    yield from named
    yield from (code for code in codes if code not in named)
    if item.multiple:
        yield ";".join(codes)
        yield ";".join(codes[:2])


def number_corners(item: ItemDef, constants: Iterable[float]) -> Iterator[str]:
    """Constants, limits and reference limits, one step beside each; nothing and one."""
    step = step_of(item)
    lines = [Decimal(repr(one)) for one in constants]
    lines += [Decimal(one.value) for one in item.range_check if one.comparator in _LIMITED]
    lines += [Decimal(text) for one in item.reference for text in (one.low, one.high) if text is not None]
    if not item.range_check:
        lines += [Decimal(0), Decimal(1), Decimal(10), Decimal(100)]
    for line in dict.fromkeys(lines):
        held = line if item.data_type != "integer" else line.to_integral_value()
        yield from (number_text(held), number_text(held - step), number_text(held + step))
    yield "0"
    if item.lab:
        low = next((one.low for one in item.reference if one.low is not None), "1")
        yield from (f"<{low}", f">{number_text(max([*lines, Decimal(1)]))}")


def step_of(item: ItemDef) -> Decimal:
    """One in the last decimal that the item may hold; a tenth where nothing says it."""
    if item.data_type == "integer":
        return Decimal(1)
    return Decimal(1).scaleb(-(1 if item.significant_digits is None else item.significant_digits))


def date_corners(compared: Compared) -> Iterator[str]:
    """Today and a day beside it; days and years away that are compared with, a day beside each."""
    days = [0, -1, 1]
    days += [sign * (int(one) + beside) for one in compared.numbers if abs(one) <= _LONGEST
             for sign in (-1, 1) for beside in (0, 1, -1)]  # fmt: skip
    days += [-400, 400]
    yield from (one for text in compared.texts for one in _around(text))
    yield from ((TODAY + timedelta(days=one)).isoformat() for one in days)
    for years in (int(one) for one in compared.numbers if 1 <= one <= 120):
        born = date(TODAY.year - years, TODAY.month, TODAY.day)
        yield from ((born + timedelta(days=one)).isoformat() for one in (0, -1, 1))


def _around(text: str) -> list[str]:
    """A date written in the expression, and a day beside it."""
    try:
        named = date.fromisoformat(text[:10])
    except ValueError:
        return []
    return [(named + timedelta(days=one)).isoformat() for one in (0, -1, 1)]


def _partial(compared: Compared) -> Iterator[str]:
    """Months and years of those days, where the day or the month is not known."""
    yield from ("2026-06", "2026", "2025", "2026-05", "2027")
    for years in (int(one) for one in compared.numbers if 1 <= one <= 120):
        yield from (f"{TODAY.year - years}", f"{TODAY.year - years}-06")


def _minutes(compared: Compared) -> list[int]:
    """Minutes away from noon: constants as minutes and as hours, one minute beside each."""
    found = [0, -1, 1]
    for one in compared.numbers:
        for away in (one, one * 60):
            if abs(away) <= 60 * 24 * 60:
                found += [sign * (int(away) + beside) for sign in (1, -1) for beside in (0, 1, -1)]
    return found


def _times(compared: Compared) -> Iterator[str]:
    yield from ((_NOON + timedelta(minutes=one)).strftime("%H:%M") for one in _minutes(compared))
    yield from ("00:00", "23:59")


def _moments(compared: Compared) -> Iterator[str]:
    for one in [*_minutes(compared), -1440, 1440, -1441, 1441]:
        yield (_NOON + timedelta(minutes=one)).strftime("%Y-%m-%dT%H:%M")
