"""A trend laid out for a size: axes, reference band, doses, values, in the order they are painted.

`lay_out` gives the plot with axes (panel, small multiple, paper), `sparkline` the one of a table's row.
The time axis counts true days.  Values are joined where they follow each other; over a visit without a
value the line is dashed.  A result beyond what was measured (`<5`) is a hollow dot with its sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from crf_app.model.plot_parts import Area, Dot, Part, Picture, Place, Polyline, Spot, Words, words_width
from crf_app.model.plot_scale import DayScale, Scale, day_ticks, days_of, scale_of, tick_words
from crf_app.model.trend import Trend, TrendPoint

_SMALL: Final = 10.0
_TOP, _FOOT, _PAD = 20.0, 16.0, 6.0
_SPARK_PAD: Final = 4.0
_TONES: Final = {"": "accent", "soft": "soft_line", "hard": "hard_line"}
_DROP: Final[tuple[Place, ...]] = (
    (0.0, -5.5), (1.7, -2.6), (3.1, -0.2), (3.5, 1.6), (2.9, 3.4), (1.6, 4.6), (0.0, 5.0),
    (-1.6, 4.6), (-2.9, 3.4), (-3.5, 1.6), (-3.1, -0.2), (-1.7, -2.6),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Axes:
    """The two axes; the same ones for several trends make them comparable."""

    days: DayScale
    values: Scale


@dataclass(frozen=True, slots=True)
class _Box:
    """Where the axes' inside lies, and how days and values become places in it."""

    x: float
    y: float
    width: float
    height: float
    axes: Axes
    inset: float = 0.0  # room for half a dot at both ends

    def across(self, day: int) -> float:
        return self.x + self.inset + (self.width - 2 * self.inset) * self.axes.days.part(day)

    def down(self, value: Decimal) -> float:
        room = self.height - 2 * self.inset
        return self.y + self.inset + room * (1 - self.axes.values.part(value))

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


def axes_of(trends: Iterable[Trend], ticks: int = 5) -> Axes:
    """Axes that hold every day, value and limit of all these trends."""
    values: list[Decimal] = []
    days: list[int] = []
    for trend in trends:
        days += [trend.offset(at) for at in trend.days]
        for one in trend.points:
            values += [number for number in (one.value, one.low, one.high) if number is not None]
    return Axes(days_of(days), scale_of(values, ticks))


def lay_out(trend: Trend, width: float, height: float, *, axes: Axes | None = None) -> Picture:
    """The plot in `width` by `height` pixels.  `axes`: those of several plots; without, its own.

    Its own time axis is labelled by its visits, shared ones by even days.
    """
    own = axes or axes_of([trend], 3 if height < 110 else 4)
    labels = [tick_words(one) for one in own.values.ticks]
    left = max(words_width(one, _SMALL) for one in labels) + 5
    inside = _Box(left, _TOP, max(width - left - _PAD, 10.0), max(height - _TOP - _FOOT, 10.0), own)
    x_labels = _visit_labels(trend, inside) if axes is None else _day_labels(trend, inside)
    spots = _spots(trend, inside)
    parts: list[Part] = [
        *_band(trend, inside),
        *_value_axis(inside, labels),
        *x_labels,
        *_doses(trend, inside),
        *_gap_marks(trend, inside),
        *_line(trend, spots),
        *_dots(trend, spots, 2.5, 5.0),
    ]
    return Picture(width, height, tuple(parts), spots, (inside.x, inside.y, inside.width, inside.height))


def sparkline(trend: Trend, width: float, height: float) -> Picture:
    """The trend in a table's row: band, line, last value; no axes, the number stands beside it."""
    inside = _Box(0.0, 0.0, width, height, _tight(trend, axes_of([trend])), _SPARK_PAD)
    spots = _spots(trend, inside)
    parts = [*_band(trend, inside), *_line(trend, spots), *_dots(trend, spots, 1.25, 3.0)]
    return Picture(width, height, tuple(parts), spots, (0.0, 0.0, width, height))


def _tight(trend: Trend, axes: Axes) -> Axes:
    """The values' axis from the lowest to the highest, without rounding to ticks."""
    values = [
        number for one in trend.points for number in (one.value, one.low, one.high) if number is not None
    ]
    if axes.values.log or not values or min(values) == max(values):
        return axes
    return Axes(axes.days, Scale((min(values), max(values))))


def _spots(trend: Trend, inside: _Box) -> tuple[Spot, ...]:
    return tuple(
        Spot(inside.across(trend.offset(one.at)), inside.down(one.value), index)
        for index, one in enumerate(trend.points)
    )


def _band(trend: Trend, inside: _Box) -> Iterator[Part]:
    """The range of each day, from half way to the value before to half way to the next."""
    points = trend.points
    start = 0
    for end in range(1, len(points) + 1):
        if end < len(points) and _limits(points[end]) == _limits(points[start]):
            continue
        left = inside.x if start == 0 else _between(trend, inside, points[start - 1], points[start])
        right = inside.right if end == len(points) else _between(trend, inside, points[end - 1], points[end])
        low, high = _limits(points[start])
        if low is not None or high is not None:
            top = inside.y if high is None else inside.down(high)
            bottom = inside.bottom if low is None else inside.down(low)
            yield Area(left, top, right - left, max(bottom - top, 1.0), "band")
        start = end


def _limits(one: TrendPoint) -> tuple[Decimal | None, Decimal | None]:
    return one.low, one.high


def _between(trend: Trend, inside: _Box, before: TrendPoint, after: TrendPoint) -> float:
    return (inside.across(trend.offset(before.at)) + inside.across(trend.offset(after.at))) / 2


def _value_axis(inside: _Box, labels: Sequence[str]) -> Iterator[Part]:
    for number, text in zip(inside.axes.values.ticks, labels, strict=True):
        y = inside.down(number)
        yield Polyline(((inside.x, y), (inside.right, y)), "line")
        yield Words(inside.x - 5, y, text, _SMALL, "text3", "right")


def _visit_labels(trend: Trend, inside: _Box) -> Iterator[Part]:
    """The study day under each visit, a name before day 1; the last and the first before those between."""
    found = {trend.offset(one.at): (one.at, one.mark) for one in (*trend.left_out, *trend.points)}
    days = sorted(found)
    wanted = [(day, _day_words(trend, *found[day])) for day in [*days[-1:], *days[:1], *days[1:-1]]]
    return _labels(wanted, inside)


def _day_words(trend: Trend, at: date, mark: str) -> str:
    day = trend.day(at)
    if day is None:
        return f"{at:%m-%d}"
    return mark if day < 0 and mark else str(day)


def _day_labels(trend: Trend, inside: _Box) -> Iterator[Part]:
    """Even days; the origin is day 1."""
    ticks = day_ticks(inside.axes.days, max(int(inside.width // 40), 1))
    return _labels([(day, str(day if day < 0 else day + 1)) for day in ticks], inside)


def _labels(wanted: Sequence[tuple[int, str]], inside: _Box) -> Iterator[Part]:
    """Those that have room, the first of the list first; each is kept inside the plot's width."""
    taken: list[tuple[float, float]] = []
    for day, text in wanted:
        width = words_width(text, _SMALL)
        x = min(max(inside.across(day), inside.x + width / 2 - 2), inside.right - width / 2 + _PAD)
        left, right = x - width / 2 - 4, x + width / 2 + 4
        if text and all(right <= other[0] or left >= other[1] for other in taken):
            taken.append((left, right))
            yield Words(x, inside.bottom + 9, text, _SMALL, "text3", "centre")


def _doses(trend: Trend, inside: _Box) -> Iterator[Part]:
    for at in trend.doses:
        x = inside.across(trend.offset(at))
        yield Polyline(((x, inside.y - 4), (x, inside.bottom)), "accent", 1.0, dashed=True)
        yield drop(x, inside.y - 11)


def drop(x: float, y: float) -> Polyline:
    """The sign of a dose, about 11 high, its middle at the place."""
    return Polyline(tuple((x + dx, y + dy) for dx, dy in _DROP), "accent", 1.2, closed=True)


def _gap_marks(trend: Trend, inside: _Box) -> Iterator[Part]:
    """A visit without a value: a small cross on the time axis."""
    for one in trend.gaps:
        x, y = inside.across(trend.offset(one.at)), inside.bottom - 4
        yield Polyline(((x - 2.5, y - 2.5), (x + 2.5, y + 2.5)), "text3")
        yield Polyline(((x - 2.5, y + 2.5), (x + 2.5, y - 2.5)), "text3")


def _line(trend: Trend, spots: Sequence[Spot]) -> Iterator[Part]:
    """The line from value to value, dashed where a visit between them has none."""
    gaps = [trend.offset(one.at) for one in trend.gaps]
    days = [trend.offset(one.at) for one in trend.points]
    run: list[Place] = [(spots[0].x, spots[0].y)] if spots else []
    for n in range(1, len(spots)):
        before, here = spots[n - 1], spots[n]
        if any(days[n - 1] < gap < days[n] for gap in gaps):
            if len(run) > 1:
                yield Polyline(tuple(run), "text2", 1.4)
            yield Polyline(((before.x, before.y), (here.x, here.y)), "text3", 1.0, dashed=True)
            run = []
        run.append((here.x, here.y))
    if len(run) > 1:
        yield Polyline(tuple(run), "text2", 1.4)


def _dots(trend: Trend, spots: Sequence[Spot], small: float, last: float) -> Iterator[Part]:
    for spot in spots:
        point, loud = trend.points[spot.index], spot.index == trend.loud
        colour = _TONES[trend.tone] if loud else "text2"
        yield Dot(spot.x, spot.y, last if loud else small, colour, hollow=bool(point.operator))
        if point.operator and small > 2:
            yield Words(spot.x, spot.y - last - 5, point.operator, _SMALL, "text2", "centre")
