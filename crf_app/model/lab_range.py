"""A reference range of a site's laboratory: for which test, whom and which days it stands, and its limits.

It is site data, not part of the study's definition: an AuditRecord `lab.range` holds it as canonical JSON.
Numbers are text as typed, in `unit`; days are ISO dates, an absent end stands for "no end".  Text that people
wrote (laboratory) is compared after NFKC, case folding and trimming.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeVar

from crf_app.crypto.canonical import canonical

_NUMBER: Final = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_OLDEST: Final = 150
T = TypeVar("T", int, str)
_FIRST, _LAST = date.min.isoformat(), date.max.isoformat()


@dataclass(frozen=True, slots=True)
class LabRange:
    """`item` is the variable (`LBC.ALT`); `sex` None stands for both; ages in years, both ends counted."""

    id: str
    site: str
    laboratory: str
    item: str
    unit: str | None = None
    sex: str | None = None
    age_from: int | None = None
    age_to: int | None = None
    low: str | None = None
    high: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    source: str = ""

    def content(self) -> dict[str, Any]:
        """Everything but the id, without what is absent."""
        return {name: value for name, value in asdict(self).items() if name != "id" and value is not None}

    def canonical(self) -> str:
        """The `value` of its record."""
        return canonical(self.content()).decode()

    def meets(self, other: LabRange) -> bool:
        """Whether there is anybody, on any day, for whom both would stand (in the same unit)."""
        return (
            (self.site, folded(self.laboratory), self.item, self.unit)
            == (other.site, folded(other.laboratory), other.item, other.unit)
            and (self.sex is None or other.sex is None or self.sex == other.sex)
            and _overlap(self.age_from, self.age_to, other.age_from, other.age_to, (0, _OLDEST))
            and _overlap(self.valid_from, self.valid_to, other.valid_from, other.valid_to, (_FIRST, _LAST))
        )

    def fits(self, laboratory: str, day: str, sex: str, age: int | None) -> bool:
        """Whether it stands for a sample; what is not known fits only a range that does not ask for it."""
        if folded(self.laboratory) != folded(laboratory) or (self.sex is not None and self.sex != sex):
            return False
        if (self.valid_from or self.valid_to) and not day:
            return False
        if (self.valid_from or day) > day or day > (self.valid_to or day):
            return False
        if self.age_from is None and self.age_to is None:
            return True
        return age is not None and (self.age_from or 0) <= age <= (
            self.age_to if self.age_to is not None else _OLDEST
        )


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Text that people wrote, for comparing: full and half width, case and blanks make no difference."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def read_range(id_: str, value: str | None) -> LabRange | None:
    """The range of a record's value; None where another program wrote what this one cannot read."""
    try:
        said = json.loads(value or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or not said.keys() <= _CONTENT or not said.keys() >= _ALWAYS:
        return None
    if not all(type(found) is (int if name in _WHOLE else str) for name, found in said.items()):
        return None
    one = LabRange(id_, **said)
    return one if not contradictions(one) else None


def contradictions(one: LabRange) -> list[tuple[str, str]]:
    """What is wrong with a range by itself, in both languages; nothing for a sound one."""
    return [(en, zh) for wrong, en, zh in _rules(one) if wrong]


def _rules(one: LabRange) -> list[tuple[bool, str, str]]:
    numbers = all(text is None or _NUMBER.fullmatch(text) for text in (one.low, one.high))
    days = all(text is None or _is_day(text) for text in (one.valid_from, one.valid_to))
    ages = [age for age in (one.age_from, one.age_to) if age is not None]
    return [
        (not folded(one.laboratory), "Name the laboratory.", "请填写检验科室。"),
        (not one.item, "Name the test.", "请填写检验项目。"),
        (one.sex not in (None, "M", "F"), "Sex is M, F or empty for both.", "性别填M、F，或留空表示不限。"),
        (
            one.low is None and one.high is None,
            "Give a lower or an upper limit.",
            "请填写下限或上限。",
        ),
        (not numbers, "A limit is a plain number.", "界限须为数字。"),
        (
            numbers and one.low is not None and one.high is not None and Decimal(one.low) > Decimal(one.high),
            f"The lower limit {one.low} is above the upper limit {one.high}.",
            f"下限 {one.low} 高于上限 {one.high}。",
        ),
        (
            any(not 0 <= age <= _OLDEST for age in ages),
            f"An age is a whole number of years from 0 to {_OLDEST}.",
            f"年龄须为0至{_OLDEST}的整数（岁）。",
        ),
        (
            len(ages) == 2 and ages[0] > ages[1],
            f"The age from {one.age_from} is above the age to {one.age_to}.",
            f"起始年龄 {one.age_from} 大于截止年龄 {one.age_to}。",
        ),
        (not days, "A day is a date of the calendar: 2026-10-05.", "日期须为实际日期，如 2026-10-05。"),
        (
            days and (one.valid_from or _FIRST) > (one.valid_to or _LAST),
            f"It would end on {one.valid_to}, before it begins on {one.valid_from}.",
            f"截止日 {one.valid_to} 早于起始日 {one.valid_from}。",
        ),
    ]


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _overlap(
    start: T | None, end: T | None, other_start: T | None, other_end: T | None, bounds: tuple[T, T]
) -> bool:
    """Whether two spans, both ends counted, have anything in common; None is the bound."""
    first, last = bounds
    begins = (start if start is not None else first, other_start if other_start is not None else first)
    ends = (end if end is not None else last, other_end if other_end is not None else last)
    return max(begins) <= min(ends)


_CONTENT: Final = frozenset(one.name for one in fields(LabRange)) - {"id"}
_ALWAYS: Final = frozenset(("site", "laboratory", "item"))
_WHOLE: Final = frozenset(("age_from", "age_to"))
