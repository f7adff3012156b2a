"""The values of one question over time: what a plot shows, before it has a size or a place to be drawn.

A point stands on the day of its sample with the range that was valid on that day.  Nothing here reads the
store (`actions/trends.py` does) and nothing is drawn (`plot.py` lays out).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from crf_app.model.def_base import Text
from crf_app.model.schedule import study_day

Tone = Literal["", "soft", "hard"]


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One value in the standard unit.

    `operator`: "<" and the like of a result beyond what was measured.  `low` and `high`: the reference range
    of its day.  `event` is the visit's key, `mark` its short name, `short` the value as people read it.
    """

    at: date
    value: Decimal
    operator: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    event: str = ""
    visit: Text | None = None
    mark: str = ""
    short: str = ""
    flag: str = ""
    times: str = ""

    @property
    def words(self) -> str:
        """The value as it is read: `<5`, `46`."""
        return f"{self.operator}{self.short or self.value}"


@dataclass(frozen=True, slots=True)
class TrendGap:
    """A visit for which somebody said why there is no value; `reason` is the code."""

    at: date
    reason: str
    event: str = ""
    visit: Text | None = None


@dataclass(frozen=True, slots=True)
class Trend:
    """One subject's values of one question, oldest first.

    `left_out`: values that are not drawn, since they are impossible by the definition's own limits or their
    day is not known (`undated`).  `base`: the key of the visit whose value is the baseline; `here`: of the
    visit that is open.  `dose_name`: what a dose is called in this study.
    """

    title: Text
    item: str = ""
    unit: str = ""
    uid: str = ""
    label: str = ""
    arm: Text | None = None
    day1: date | None = None
    points: tuple[TrendPoint, ...] = ()
    gaps: tuple[TrendGap, ...] = ()
    doses: tuple[date, ...] = ()
    dose_name: Text | None = None
    left_out: tuple[TrendPoint, ...] = ()
    undated: int = 0
    base: str = ""
    here: str = ""
    tone: Tone = ""

    @property
    def origin(self) -> date | None:
        """The day from which the time axis counts: day 1, else the first day there is."""
        return self.day1 or min(self.days, default=None)

    @property
    def days(self) -> tuple[date, ...]:
        """Every day that the time axis must reach."""
        return (
            *(one.at for one in self.points),
            *(one.at for one in self.gaps),
            *(one.at for one in self.left_out),
            *self.doses,
        )

    @property
    def loud(self) -> int:
        """The place of the point that is drawn large: the one of the visit that is open, else the last."""
        there = (n for n, one in enumerate(self.points) if self.here and one.event == self.here)
        return next(there, len(self.points) - 1)

    def offset(self, at: date) -> int:
        """Days after the origin; negative before it."""
        origin = self.origin
        return 0 if origin is None else (at - origin).days

    def day(self, at: date) -> int | None:
        """The study day; None while day 1 is not known."""
        return None if self.day1 is None else study_day(at, self.day1)
