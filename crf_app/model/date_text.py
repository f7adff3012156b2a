"""Typed dates, partial dates, times and date-times as canonical ISO text.

Read: `2026-10-06`, `2026/10/6`, `20261006`, `2026年10月6日`, `6 oct`, `10月6日`, `t`, `-1`, `+2`, `today`.
A short form such as `6/10` or `6/10/2026` is read only when one reading exists (`25/10`): where day and month
could be exchanged it is refused and both readings are named, because English and Chinese differ in the order.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Final

from crf_app.model.item_def import ItemDef
from crf_app.model.typed import narrow, rejected

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NAME: Final = r"([A-Za-z]{3,9})\.?"
_YMD: Final = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})\Z")
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})\Z")
_CHINESE: Final = re.compile(r"(?:([0-9]{4})年)?([0-9]{1,2})月([0-9]{1,2})[日号]\Z")
_DAY_NAME: Final = re.compile(rf"([0-9]{{1,2}})[ -]?{_NAME}(?:[ -]?([0-9]{{4}}))?\Z")
_NAME_DAY: Final = re.compile(rf"{_NAME} ?([0-9]{{1,2}})(?:,? ([0-9]{{4}}))?\Z")
_SHORT: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})(?:\2([0-9]{4}))?\Z")
_RELATIVE: Final = re.compile(r"[+-][0-9]{1,3}\Z")
_YEAR: Final = re.compile(r"([0-9]{4})年?\Z")
_YEAR_MONTH: Final = re.compile(r"([0-9]{4})(?:[-/.]|年)([0-9]{1,2})月?\Z")
_MONTH_YEAR: Final = re.compile(r"([0-9]{1,2})/([0-9]{4})\Z")
_NAME_YEAR: Final = re.compile(rf"{_NAME}[ -]?([0-9]{{4}})\Z")
_TIME: Final = re.compile(
    r"([0-9]{1,2}):([0-9]{2})\Z|([0-9]{1,2})([0-9]{2})\Z|([0-9]{1,2})[时点]([0-9]{1,2})分\Z"
)
#: a day by its name, in days from today
_DAYS: Final = {"today": 0, "yesterday": -1, "tomorrow": 1, "今天": 0, "今日": 0, "昨天": -1, "昨日": -1,
                "前天": -2, "明天": 1, "明日": 1}  # fmt: skip
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2100


def parse_date(item: ItemDef, text: str, today: date | None) -> str:
    """Full date; relative and yearless forms only when `today` is given.  Raises ValueRejected."""
    found = _full(item, text, narrow(text), today)
    if found is None:
        raise rejected(
            item.oid, text, '"{text}" is not a date. Write it as 2026-10-06.',
            "“{text}”不是日期，请按 2026-10-06 的格式填写。",
        )  # fmt: skip
    return found


def parse_partial_date(item: ItemDef, text: str, today: date | None) -> str:
    """Year, year and month, or full date.  Raises ValueRejected."""
    typed = narrow(text)
    month = _month_of_year(typed)
    if month is not None:
        return _checked_month(item, text, *month)
    year = _YEAR.match(typed)
    if year:
        return _checked_year(item, text, int(year[1]))
    found = _full(item, text, typed, today)
    if found is None:
        raise rejected(
            item.oid, text, '"{text}" is not a date. Write 2026, 2026-10 or 2026-10-06.',
            "“{text}”不是日期，请填写 2026、2026-10 或 2026-10-06。",
        )  # fmt: skip
    return found


def parse_time(item: ItemDef, text: str, now: date | None) -> str:
    """Hour and minute; `t` is now when `now` is a datetime.  Raises ValueRejected."""
    found = _clock(narrow(text), now)
    if found is None:
        raise rejected(
            item.oid,
            text,
            '"{text}" is not a time. Write it as 14:02.',
            "“{text}”不是时间，请按 14:02 的格式填写。",
        )
    return found


def parse_datetime(item: ItemDef, text: str, now: date | None) -> str:
    """Date and time with a space or `T` between them.  Raises ValueRejected."""
    typed = narrow(text)
    if typed in ("t", "T") and isinstance(now, datetime):
        return now.strftime("%Y-%m-%dT%H:%M")
    head, _, tail = typed.rpartition(" ") if " " in typed else typed.rpartition("T")
    clock = _clock(tail, None)
    day = _full(item, text, head.strip(), now) if clock else None
    if clock is None or day is None:
        raise rejected(
            item.oid, text, '"{text}" is not a date with a time. Write it as 2026-10-06 14:02.',
            "“{text}”不是日期和时间，请按 2026-10-06 14:02 的格式填写。",
        )  # fmt: skip
    return f"{day}T{clock}"


def _clock(typed: str, now: date | None) -> str | None:
    if typed in ("t", "T") and isinstance(now, datetime):
        return now.strftime("%H:%M")
    found = _TIME.match(typed)
    if found is None:
        return None
    hour, minute = (int(part) for part in found.groups() if part is not None)
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else None


def _full(item: ItemDef, text: str, typed: str, today: date | None) -> str | None:
    """ISO date, or None where the text is no date at all; refuses impossible and ambiguous ones."""
    if today is not None and typed in ("t", "T"):
        return today.strftime("%Y-%m-%d")
    if today is not None and typed.lower() in _DAYS:
        return (today + timedelta(days=_DAYS[typed.lower()])).strftime("%Y-%m-%d")
    if today is not None and _RELATIVE.match(typed):
        return (today + timedelta(days=int(typed))).strftime("%Y-%m-%d")
    parts = _ordered(typed) or _named(typed)
    if parts is None:
        return _short(item, text, typed, today)
    year, month, day = parts
    if year is None:
        return None if today is None else _checked(item, text, today.year, month, day)
    return _checked(item, text, year, month, day)


def _ordered(typed: str) -> tuple[int | None, int, int] | None:
    """Forms that carry their own order: year first, or Chinese signs."""
    found = _YMD.match(typed)
    if found:
        return int(found[1]), int(found[3]), int(found[4])
    found = _COMPACT.match(typed)
    if found:
        return int(found[1]), int(found[2]), int(found[3])
    found = _CHINESE.match(typed)
    return (int(found[1]) if found[1] else None, int(found[2]), int(found[3])) if found else None


def _named(typed: str) -> tuple[int | None, int, int] | None:
    """Forms with the month as an English word: `6 oct`, `6-Oct-2026`, `Oct 6, 2026`."""
    found = _DAY_NAME.match(typed)
    if found:
        day, name, year = found.groups()
    else:
        found = _NAME_DAY.match(typed)
        if found is None:
            return None
        name, day, year = found.groups()
    month = _month_number(name)
    return (int(year) if year else None, month, int(day)) if month else None


def _short(item: ItemDef, text: str, typed: str, today: date | None) -> str | None:
    """`25/10` or `25/10/2026`: only where day and month cannot be exchanged."""
    found = _SHORT.match(typed)
    if found is None or (found[4] is None and today is None):
        return None
    year = int(found[4]) if found[4] else (today.year if today else 0)
    one, two = int(found[1]), int(found[3])
    if one <= 12 and two <= 12 and one != two and one and two:
        raise rejected(
            item.oid, text,
            f'"{{text}}" can be {two} {_NAMES[one - 1]} or {one} {_NAMES[two - 1]}. '
            f"Write {year}-{one:02}-{two:02} or {year}-{two:02}-{one:02}.",
            f"“{{text}}”可能是{one}月{two}日或{two}月{one}日，"
            f"请写成 {year}-{one:02}-{two:02} 或 {year}-{two:02}-{one:02}。",
            readings=(f"{year}-{two:02}-{one:02}", f"{year}-{one:02}-{two:02}"),
        )  # fmt: skip
    month, day = (one, two) if one <= 12 else (two, one)
    return _checked(item, text, year, month, day)


def _month_of_year(typed: str) -> tuple[int, int] | None:
    found = _YEAR_MONTH.match(typed)
    if found:
        return int(found[1]), int(found[2])
    found = _MONTH_YEAR.match(typed)
    if found:
        return int(found[2]), int(found[1])
    found = _NAME_YEAR.match(typed)
    month = _month_number(found[1]) if found else None
    return (int(found[2]), month) if found and month else None


def _month_number(name: str) -> int | None:
    for number, full in enumerate(_NAMES, 1):
        if name.lower() in (_MONTHS[number - 1], full.lower()):
            return number
    return None


def _checked_year(item: ItemDef, text: str, year: int) -> str:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise rejected(
            item.oid, text,
            f'"{{text}}": the year {year:04} is outside {_FIRST_YEAR} to {_LAST_YEAR}.',
            f"“{{text}}”：年份{year:04}不在{_FIRST_YEAR}至{_LAST_YEAR}之间。",
        )  # fmt: skip
    return f"{year:04}"


def _checked_month(item: ItemDef, text: str, year: int, month: int) -> str:
    start = _checked_year(item, text, year)
    if not 1 <= month <= 12:
        raise rejected(
            item.oid, text, f'"{{text}}": there is no month {month}.', f"“{{text}}”：没有{month}月。"
        )
    return f"{start}-{month:02}"


def _checked(item: ItemDef, text: str, year: int, month: int, day: int) -> str:
    start = _checked_month(item, text, year, month)
    if not 1 <= day <= monthrange(year, month)[1]:
        raise rejected(
            item.oid, text,
            f'"{{text}}": {_NAMES[month - 1]} {year} has no day {day}.',
            f"“{{text}}”：{year}年{month}月没有{day}日。",
        )  # fmt: skip
    return f"{start}-{day:02}"
