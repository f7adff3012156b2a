"""A trend in words with its numbers: for who hears the window, and for the line under the marker."""

from __future__ import annotations

from crf_app.model.trend import Trend, TrendPoint
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.words import language, pick, say


def name_of(trend: Trend) -> str:
    """Question and unit, of small multiples the subject before them."""
    unit = shown_unit(trend.unit)
    return ", ".join(part for part in (trend.label, pick(trend.title), unit) if part)


def point_words(trend: Trend, one: TrendPoint) -> str:
    """`Day 22: 46 U/L, 1.2 × ULN, range 7 – 40`."""
    parts = [f"{when(trend, one)}{_colon()}{one.words} {shown_unit(trend.unit)}".rstrip()]
    if one.times:
        parts.append(f"{one.times} × ULN")
    elif one.flag:
        parts.append(one.flag)
    if limits := limits_words(one):
        parts.append(say("plots.range", range=limits))
    return _comma().join(parts)


def when(trend: Trend, one: TrendPoint) -> str:
    """`Day 22`, before day 1 the visit's name and day; the date while day 1 is not known."""
    day = trend.day(one.at)
    if day is None:
        return one.at.isoformat()
    words = say("form.day", day=day)
    return f"{pick(one.visit)} ({words})" if day < 0 and one.visit is not None else words


def limits_words(one: TrendPoint) -> str:
    """`7 – 40`, `≤ 21`, `≥ 1.0`; "" without a range."""
    if one.low is not None and one.high is not None:
        return f"{one.low} – {one.high}"
    if one.high is not None:
        return f"≤ {one.high}"
    return f"≥ {one.low}" if one.low is not None else ""


def description_of(trend: Trend) -> str:
    """All of a plot that is seen: values with their days, doses, what is missing or left out."""
    if not trend.points:
        return _sentence([say("plots.no_values"), *_beside(trend)])
    values = "; ".join(point_words(trend, one) for one in trend.points)
    return _sentence([say("plots.values", n=len(trend.points), values=values), *_beside(trend)])


def dose_words(trend: Trend) -> str:
    """What a dose is called in this study."""
    return pick(trend.dose_name) if trend.dose_name is not None else say("plots.dose")


def _beside(trend: Trend) -> list[str]:
    out = []
    if trend.doses:
        days = ", ".join(str(day) for at in trend.doses if (day := trend.day(at)) is not None)
        out.append(say("plots.doses", dose=dose_words(trend), days=days))
    if trend.gaps:
        out.append(say("plots.gaps", days=", ".join(_gap_day(trend, n) for n in range(len(trend.gaps)))))
    out += [say("plots.left_out", value=point_words(trend, one)) for one in trend.left_out]
    if trend.undated:
        out.append(say("plots.undated", n=trend.undated))
    if trend.arm is not None:
        out.append(pick(trend.arm))
    return out


def _gap_day(trend: Trend, place: int) -> str:
    gap = trend.gaps[place]
    day = trend.day(gap.at)
    return gap.at.isoformat() if day is None else str(day)


def _sentence(parts: list[str]) -> str:
    return "。".join(parts) if language() == "zh" else ". ".join(parts)


def _colon() -> str:
    return "：" if language() == "zh" else ": "


def _comma() -> str:
    return "，" if language() == "zh" else ", "


def unit_of(trend: Trend) -> str:
    """The unit as people write it."""
    return shown_unit(trend.unit)


def flag_words(one: TrendPoint) -> str:
    """`↑ H 1.2 × ULN`, `↓ L`; "" inside the range."""
    arrow = {"H": "↑", "L": "↓"}.get(one.flag, "")
    return " ".join(part for part in (arrow, one.flag, f"{one.times} × ULN" if one.times else "") if part)
