"""Which reference range stands for one result: the site's for its laboratory and day, else the definition's.

A site's range is chosen by laboratory, sex, age on the day of the sample, day and unit; its limits are
converted to the item's standard unit, exactly.  So a past result keeps the range of its day.  Nothing here
judges a value: see `readings.py` and `grading.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from crf_app.errors import ValueRejected
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import ItemDef, ReferenceRange
from crf_app.model.keys import Answer
from crf_app.model.lab_range import LabRange
from crf_app.model.number_text import number_text, standard_result

_AGE: Final = re.compile("[0-9]{1,3}")
_FULL_DATE: Final = 10
_NOTHING: Final = Answer()


@dataclass(frozen=True, slots=True)
class Reference:
    """Limits of normal in the item's standard unit, and where they come from: `site`, else `default`."""

    low: str | None
    high: str | None
    site: LabRange | None = None
    default: ReferenceRange | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """What decides which range stands: laboratory, day (ISO or ""), sex, age in years on that day."""

    laboratory: str = ""
    day: str = ""
    sex: str = ""
    age: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class RangeTable:
    """The site's ranges by variable.  Compared by identity: another table is made when one changes."""

    by_item: Mapping[str, tuple[LabRange, ...]]

    @staticmethod
    def of(ranges: Iterable[LabRange]) -> RangeTable:
        """In an order that does not depend on how the records came."""
        found: dict[str, list[LabRange]] = {}
        for one in sorted(ranges, key=lambda each: each.id):
            found.setdefault(one.item, []).append(one)
        return RangeTable({item: tuple(some) for item, some in found.items()})


NO_RANGES: Final = RangeTable({})


def sample_of(
    form: FormDef, answers: Mapping[str, Answer], subject: Mapping[str, str], visit_day: str
) -> Sample:
    """The sample of a form.  `answers` by item OID; the visit's day stands in for a day that is not there."""
    laboratory, typed = (
        answers.get(oid or "", _NOTHING).value or "" for oid in (form.laboratory, form.sample_date)
    )
    day = typed[:_FULL_DATE] if len(typed) >= _FULL_DATE else visit_day
    return Sample(laboratory, day, subject.get("SEX", ""), age_on(subject, day))


def age_on(subject: Mapping[str, str], day: str) -> int | None:
    """Whole years on a day from the date of birth, else the age that was written; None where neither is."""
    born, then = _date(subject.get("BIRTH", "")), _date(day)
    if born is not None and then is not None:
        years = then.year - born.year - ((then.month, then.day) < (born.month, born.day))
        return years if years >= 0 else None
    age = subject.get("AGE", "")
    return int(age) if _AGE.fullmatch(age) else None


def _date(text: str) -> date | None:
    """A full date; None for part of one and for what another program may have stored."""
    try:
        return date.fromisoformat(text) if len(text) == _FULL_DATE else None
    except ValueError:
        return None


def reference_for(
    item: ItemDef, sample: Sample, table: RangeTable = NO_RANGES, unit: str | None = None
) -> Reference | None:
    """The range that stands for a result of `item` typed in `unit`; None where there is none."""
    return _of_site(item, sample, table, unit) or _of_definition(item, sample)


def _of_site(item: ItemDef, sample: Sample, table: RangeTable, unit: str | None) -> Reference | None:
    """A range in the unit that was typed before one in the standard unit before any other."""
    fitting = [
        one
        for one in table.by_item.get(item.variable, ())
        if one.fits(sample.laboratory, sample.day, sample.sex, sample.age)
    ]
    ordered = sorted(fitting, key=lambda one: (one.unit != unit, one.unit != item.unit))
    return next((made for one in ordered if (made := in_standard_unit(item, one)) is not None), None)


def in_standard_unit(item: ItemDef, one: LabRange) -> Reference | None:
    """The range's limits in the item's standard unit; None for a unit that the item does not know."""
    try:
        low, high = (
            None if text is None else number_text(standard_result(item, text, one.unit)[1])
            for text in (one.low, one.high)
        )
    except ValueRejected:
        return None
    return Reference(low, high, site=one)


def _of_definition(item: ItemDef, sample: Sample) -> Reference | None:
    """The first range of the definition that fits the subject's sex and age."""
    for one in item.reference:
        if one.sex is not None and one.sex != sample.sex:
            continue
        if (one.age_from is not None or one.age_to is not None) and sample.age is None:
            continue
        age = sample.age if sample.age is not None else 0
        if (one.age_from or 0) <= age and (one.age_to is None or age <= one.age_to):
            return Reference(one.low, one.high, default=one)
    return None
