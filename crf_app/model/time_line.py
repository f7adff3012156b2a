"""The rows of a log over the study days: bars from start to end, doses above, other logs below; laid out.

Each bar has a line of its own with its name at the left, so that no two names meet; a bar without an end is
pointed at the right.  What began before the first day shown is open at the left edge.  Made of the same parts
as a plot (ADR-0021); lengths are pixels at 100 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from crf_app.model.plot import drop
from crf_app.model.plot_parts import Area, Part, Picture, Polyline, Words, words_width

SIZE: Final = 11.0
_TOP, _FOOT, _PAD, _GAP = 24.0, 8.0, 14.0, 8.0
_LINE, _BAR = 26.0, 14.0
_LOW_LINE, _LOW_BAR = 20.0, 6.0
_TIP, _LEAST = 7.0, 4.0
_APART: Final = 64.0  # between two ticks, at least
_NAMES: Final = 0.3  # of the width, at most
_STEPS: Final = (1, 2, 7, 14, 28, 56, 84, 168, 336, 728, 1456, 3640, 7280, 36400)


@dataclass(frozen=True, slots=True)
class Span:
    """One row: `last` is None where no end is known; `vague`: a date that is known in part.

    `beside`: of another log.  `waits`: something of the row still waits for a judgement.
    """

    part: str
    name: str
    first: date
    last: date | None = None
    ongoing: bool = False
    vague: bool = False
    beside: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class TimeLine:
    """What is drawn.  `undated`: rows without a start; `more`: rows beside it that are left out."""

    today: date
    day1: date | None = None
    spans: tuple[Span, ...] = ()
    doses: tuple[date, ...] = ()
    dose_name: str = ""
    undated: int = 0
    more: int = 0

    @property
    def own(self) -> tuple[Span, ...]:
        return tuple(one for one in self.spans if not one.beside)

    @property
    def beside(self) -> tuple[Span, ...]:
        return tuple(one for one in self.spans if one.beside)

    @property
    def lines(self) -> tuple[Span, ...]:
        """The rows from top to bottom."""
        return (*self.own, *self.beside)

    def number(self, day: date) -> int | None:
        """Study day; there is no day 0.  None while day 1 is not known."""
        if self.day1 is None:
            return None
        days = (day - self.day1).days
        return days + 1 if days >= 0 else days

    @property
    def range(self) -> tuple[date, date]:
        """First and last day shown: those of the log's own rows and of the doses, at least a week."""
        shown = self.own or self.beside
        days = [one.first for one in shown] + [one.last for one in shown if one.last is not None]
        days += [*self.doses, *((self.day1,) if self.day1 is not None else ())]
        if any(one.last is None for one in shown) or not days:
            days.append(max([self.today, *days]))
        first, last = min(days), max(days)
        least = min(first, date.max - timedelta(days=7)) + timedelta(days=7)
        return min(first, date.max - timedelta(days=7)), max(last, least)

    def holds(self, span: Span) -> bool:
        """Whether a row beside lies in the days that the log's own rows show; all do where it has none."""
        first, last = self.range
        empty = not self.own and not self.doses
        return empty or (span.first <= last and (span.last is None or span.last >= first))


@dataclass(frozen=True, slots=True)
class Place:
    """Where the line of a row lies, from top to bottom, and its bar from left to right."""

    part: str
    top: float
    bottom: float
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class LaidOut:
    """The picture and the place of each row, in the order of `TimeLine.lines`."""

    picture: Picture
    places: tuple[Place, ...]


def height_of(line: TimeLine) -> float:
    """Room for every row."""
    return _TOP + _heads(line) + _LINE * len(line.own) + _LOW_LINE * len(line.beside) + _FOOT


def lay_out(line: TimeLine, width: float) -> LaidOut:
    """The time line in `width` pixels, as high as its rows need."""
    names = [one.name for one in line.lines] + ([line.dose_name] if line.doses else [])
    widest = max((words_width(name, SIZE) for name in names), default=0.0)
    left = min(widest, width * _NAMES) + _GAP
    across = _Across(line.range, left, max(width - left - _PAD, 20.0))
    height, parts, places = height_of(line), list[Part](), list[Place]()
    parts += _ticks(line, across, height)
    parts += _doses(line, across, left - _GAP)
    top = _TOP + _heads(line)
    for span in line.lines:
        high, bar = (_LOW_LINE, _LOW_BAR) if span.beside else (_LINE, _BAR)
        start, end = across.bar(span)
        middle = top + high / 2
        parts.append(_name(span, middle, left - _GAP))
        parts += _bar(span, start, end, middle, bar, before=span.first < across.range[0])
        places.append(Place(span.part, top, top + high, start, end))
        top += high
    return LaidOut(Picture(width, height, tuple(parts), frame=across.frame(height)), tuple(places))


def fitted(text: str, room: float) -> str:
    """As much of a name as `room` holds, with a sign that there is more."""
    if words_width(text, SIZE) <= room:
        return text
    short = text
    while short and words_width(f"{short}…", SIZE) > room:
        short = short[:-1]
    return f"{short.rstrip()}…" if short else ""


@dataclass(frozen=True, slots=True)
class _Across:
    """How days become places."""

    range: tuple[date, date]
    left: float
    width: float

    def at(self, day: date) -> float:
        first, last = self.range
        part = (day - first).days / (last - first).days
        return self.left + self.width * min(max(part, 0.0), 1.0)

    def bar(self, span: Span) -> tuple[float, float]:
        """Left and right of a bar, inside the frame and wide enough to be seen."""
        right = self.left + self.width
        start = min(self.at(span.first), right - (_TIP + _LEAST if span.last is None else _LEAST))
        end = right if span.last is None else self.at(span.last)
        return start, min(max(end, start + _LEAST), right)

    def frame(self, height: float) -> tuple[float, float, float, float]:
        return self.left, _TOP, self.width, height - _TOP


def _heads(line: TimeLine) -> float:
    return _LINE if line.doses else 0.0


def _name(span: Span, middle: float, room: float) -> Words:
    colour = "text2" if span.beside else "text"
    return Words(0.0, middle, fitted(span.name, room), SIZE, colour)


def _ticks(line: TimeLine, across: _Across, height: float) -> Iterator[Part]:
    """Lines at even study days (dates, while day 1 is not known), as many as their words have room."""
    first, last = across.range
    origin = line.day1 or first
    days = (last - first).days
    for step in _STEPS:
        every = _even(first, last, origin, step)
        texts = [_tick_words(line, day) for day in every] if days // step < 400 else []
        widest = max((words_width(text, SIZE) for text in texts), default=0.0)
        if texts and across.width * step / days >= max(widest + _GAP, _APART):
            break
    else:
        every, texts = [], []
    edge = across.left + across.width
    for day, text in zip(every, texts, strict=True):
        x, half = across.at(day), words_width(text, SIZE) / 2
        yield Polyline(((x, _TOP), (x, height - _FOOT)), "line")
        if x - half >= 0 and x + half <= edge + _PAD:
            yield Words(x, _TOP / 2, text, SIZE, "text2", "centre")


def _even(first: date, last: date, origin: date, step: int) -> list[date]:
    """Days that are a whole number of steps from the origin, inside the range."""
    days = (last - first).days
    if days // step > 400:
        return []
    start = (origin - first).days % step
    return [first + timedelta(days=day) for day in range(start, days + 1, step)]


def _tick_words(line: TimeLine, day: date) -> str:
    number = line.number(day)
    return day.isoformat() if number is None else f"D{number}"


def _doses(line: TimeLine, across: _Across, room: float) -> Iterator[Part]:
    if not line.doses:
        return
    middle = _TOP + _LINE / 2
    yield Words(0.0, middle, fitted(line.dose_name, room), SIZE, "text2")
    for day in line.doses:
        yield drop(across.at(day), middle)


def _bar(span: Span, start: float, end: float, middle: float, high: float, *, before: bool) -> Iterator[Part]:
    """The ground, then the edge: dashed where a date is known in part, pointed where no end is known, without
    a left side where it began `before` the first day shown."""
    fill, edge = ("soft_bg", "soft_line") if span.waits else ("quiet_bg", "quiet")
    if span.beside:
        fill, edge = "sunken", "edge"
    top, bottom = middle - high / 2, middle + high / 2
    tip = end - min(_TIP, (end - start) / 2) if span.last is None else end
    yield Area(start, top, tip - start, high, fill)
    corner = ((end, middle),) if span.last is None else ()
    places = ((start, top), (tip, top), *corner, (tip, bottom), (start, bottom))
    yield Polyline(places, edge, 1.2, dashed=span.vague, closed=not before)


def partial(text: str, *, end: bool) -> tuple[date, bool] | None:
    """First (or last) day that a date can mean, and whether it is known in part; None for no date."""
    pieces = text[:10].split("-")
    try:
        year, month, day = (int(pieces[at]) if at < len(pieces) else 0 for at in range(3))
        if day:
            return date(year, month, day), False
        if month:
            return (_month_end(year, month) if end else date(year, month, 1)), True
        return date(year, 12 if end else 1, 31 if end else 1), True
    except ValueError:
        return None


def _month_end(year: int, month: int) -> date:
    after = date(year + month // 12, month % 12 + 1, 1) if (year, month) != (9999, 12) else date.max
    return after - timedelta(days=1) if after != date.max else after


def few(spans: Sequence[Span], most: int) -> tuple[tuple[Span, ...], int]:
    """The last `most` by start, in their order, and how many are left out."""
    chosen = sorted(spans, key=lambda one: (one.last is None, one.first))[-most:] if most else []
    kept = tuple(one for one in spans if one in chosen)
    return kept, len(spans) - len(kept)
