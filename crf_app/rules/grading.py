"""The grade of severity that a laboratory result suggests: a reading, it never sets anything.

An item's `grade` rules say from which multiple of the upper limit of normal, or of the baseline value, each
grade begins (CTCAE v5).  Which rule stands is decided by the baseline: above its own upper limit is abnormal,
all else is normal (a low value does not make a rise of 1.5 times a finding).  Numbers are exact decimals in
the item's standard unit; a result with an operator has a grade only where every number it can mean has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from crf_app.model.item_def import GradeRule, ItemDef
from crf_app.model.number_text import rounded
from crf_app.rules.readings import Limits, Reading

_LOWER: Final = ("<", "<=")
_UPPER: Final = (">", ">=")


@dataclass(frozen=True, slots=True)
class Grade:
    """`grade` 0 to 4 by `rule`; `limit` is the number that its multiples are of, `number` the result's."""

    grade: int
    rule: GradeRule
    number: Decimal
    operator: str
    limit: Decimal

    @property
    def times(self) -> Decimal:
        """The result as a multiple of the limit, 2 decimals."""
        return rounded(self.number / self.limit, 2)


def suggested_grade(
    item: ItemDef,
    reading: Reading,
    reference: Limits | None,
    baseline: Reading,
    baseline_reference: Limits | None,
) -> Grade | None:
    """The grade that the item's rules suggest; None where it cannot be known.

    It cannot without a value, without a baseline and the range of its day, without the limit that the rule
    counts in, or where a result such as `>100` could have several grades.
    """
    abnormal = _above(baseline, baseline_reference)
    if reading.number is None or abnormal is None:
        return None
    kind = "abnormal" if abnormal else "normal"
    rule = next((one for one in item.grade if one.baseline == kind), None)
    limit = _limit(rule, reference, baseline) if rule is not None else None
    if rule is None or limit is None:
        return None
    least, most = (_reached(rule.steps, reading, limit, sure=sure) for sure in (True, False))
    return Grade(least, rule, reading.number, reading.operator, limit) if least == most else None


def _above(reading: Reading, reference: Limits | None) -> bool | None:
    """Whether a result is above its upper limit; None where that cannot be known."""
    if reading.number is None or reference is None or reference.high is None:
        return None
    sure, possible = (_passes(reading, ">", Decimal(reference.high), sure=one) for one in (True, False))
    return sure if sure == possible else None


def _limit(rule: GradeRule, reference: Limits | None, baseline: Reading) -> Decimal | None:
    """The number of which the rule's steps are multiples."""
    if rule.of == "baseline":
        limit = baseline.standard
    else:
        limit = Decimal(reference.high) if reference is not None and reference.high is not None else None
    return limit if limit is not None and limit > 0 else None


def _reached(steps: Iterable[str], reading: Reading, limit: Decimal, *, sure: bool) -> int:
    """The number of the worst step that the result reaches; 0 for none."""
    worst = 0
    for number, step in enumerate(steps, 1):
        sign, factor = step.split()
        if _passes(reading, sign, Decimal(factor) * limit, sure=sure):
            worst = number
    return worst


def _passes(reading: Reading, sign: str, limit: Decimal, *, sure: bool) -> bool:
    """Whether the result is `sign` (">" or ">=") the limit: every number it can mean (`sure`), or any."""
    number, operator = reading.number, reading.operator
    assert number is not None
    exact = number > limit or (sign == ">=" and number == limit)
    if operator in _UPPER:
        return (exact or (operator == ">" and number == limit)) if sure else True
    if operator in _LOWER:
        # the largest number that is meant: below `number`, or `number` itself
        return not sure and (number > limit if operator == "<" else exact)
    return exact
