"""Axes of a plot: which numbers stand at the ticks, and how a number becomes a place.

A linear axis has steps of 1, 2 or 5 times a power of ten and begins and ends at a tick, so that every value
lies between two of them.  Values over three powers of ten (viral load) get a logarithmic axis.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import Final

from crf_app.model.number_text import number_text

_DIGITS: Final = 100  # more than two stored numbers can differ by
_STEPS: Final = (1, 2, 5, 10)
_LOG_FROM: Final = 1000
_PLAIN_UNDER: Final = Decimal(100_000)
_RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_DAY_STEPS: Final = (1, 2, 7, 14, 28, 56, 84, 168, 336, 728)


@dataclass(frozen=True, slots=True)
class Scale:
    """Ticks from the lowest to the highest; `log` for steps of ten times."""

    ticks: tuple[Decimal, ...]
    log: bool = False

    def part(self, value: Decimal) -> float:
        """0 at the lowest tick, 1 at the highest; what lies beyond is cut at the edge."""
        low, high = self.ticks[0], self.ticks[-1]
        if value <= low:
            return 0.0
        if value >= high:
            return 1.0
        with localcontext() as context:
            context.prec = _DIGITS
            if self.log:
                return float((value.log10() - low.log10()) / (high.log10() - low.log10()))
            return float((value - low) / (high - low))


@dataclass(frozen=True, slots=True)
class DayScale:
    """First and last day of the time axis, counted from its origin."""

    first: int
    last: int

    def part(self, day: int) -> float:
        return min(max((day - self.first) / (self.last - self.first), 0.0), 1.0)


def scale_of(values: Iterable[Decimal], most: int = 5) -> Scale:
    """The axis that covers all values with at most `most` steps (one more where an end needs it)."""
    found = list(values)
    if not found:
        return Scale((Decimal(0), Decimal(1)))
    low, high = min(found), max(found)
    with localcontext() as context:
        context.prec = _DIGITS
        if low > 0 and high >= low * _LOG_FROM:
            return _decades(low, high, most)
        if low == high:
            room = abs(low) / 10 or Decimal(1)
            low, high = low - room, high + room
            low = max(low, Decimal(0)) if found[0] >= 0 else low
        return _linear(low, high, most)


def _linear(low: Decimal, high: Decimal, most: int) -> Scale:
    power = Decimal(1).scaleb(((high - low) / most).adjusted())
    step = next(power * one for one in _STEPS if power * one * most >= high - low)
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = (high / step).to_integral_value(ROUND_CEILING)
    return Scale(tuple((first + n) * step for n in range(int(last - first) + 1)))


def _decades(low: Decimal, high: Decimal, most: int) -> Scale:
    first, last = low.adjusted(), high.adjusted() + (high != Decimal(1).scaleb(high.adjusted()))
    step = -(-(last - first) // most)
    last = first + step * -(-(last - first) // step)
    return Scale(tuple(Decimal(1).scaleb(n) for n in range(first, last + 1, step)), log=True)


def days_of(days: Iterable[int]) -> DayScale:
    """The time axis over these days; a day more at each side of a single one."""
    found = list(days) or [0]
    first, last = min(found), max(found)
    return DayScale(first - 1, last + 1) if first == last else DayScale(first, last)


def day_ticks(scale: DayScale, most: int) -> tuple[int, ...]:
    """Days after the origin at even steps (weeks, months), the origin among them where it is in sight."""
    span = scale.last - scale.first
    step = next((one for one in _DAY_STEPS if span <= one * most), span)
    first = -(-scale.first // step) * step
    return tuple(range(first, scale.last + 1, step))


def tick_words(number: Decimal) -> str:
    """`200`, `0.5`, `5×10⁷`."""
    if abs(number) < _PLAIN_UNDER and (number == 0 or number.adjusted() >= -4):
        return number_text(number)
    power = number.adjusted()
    with localcontext() as context:
        context.prec = _DIGITS
        first = number_text(number.scaleb(-power))
    raised = f"10{str(power).translate(_RAISED)}"
    return raised if first == "1" else f"{first}×{raised}"
