"""What a laboratory result means, with the rule: standard value, range, flag, grade, change since last time.

All of it is read, nothing is stored: the same result and the same ranges give the same words.  `rule` says in
both languages where each number comes from, so that a person can check it with a pencil.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.model.definition import Study
from crf_app.model.item_def import ItemDef, MeasurementUnit, ReferenceRange
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.lab_range import LabRange
from crf_app.model.number_text import is_number, number_text, rounded
from crf_app.model.units import shown_unit
from crf_app.model.workflow import Step
from crf_app.rules.facts import ItemState
from crf_app.rules.grading import Grade
from crf_app.rules.ranges import Reference, Sample
from crf_app.rules.readings import read

Words = dict[str, str]
_DECIMALS: Final = 4
_SEX: Final = {"M": ("men", "男"), "F": ("women", "女")}


@dataclass(frozen=True, slots=True)
class Delta:
    """The change since the last earlier visit with a number: exact difference, ratio and percent."""

    event: str
    before: Decimal
    difference: Decimal
    times: Decimal | None
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class LabReading:
    """Readings of one result; `rule` has a sentence for each of them, in both languages."""

    standard: str
    unit: str
    low: str | None
    high: str | None
    range_of: str  # "laboratory", "default" or ""
    flag: str
    times_limit: str
    grade: int | None
    delta: Delta | None
    rule: tuple[Words, ...]

    def as_json(self, language: str) -> dict[str, Any]:
        """The fields of `crf-app get --json`; numbers are text, so that none is rounded on the way."""
        delta = self.delta
        return {
            "standard": self.standard or None,
            "standard_unit": self.unit or None,
            "low": self.low,
            "high": self.high,
            "range_of": self.range_of,
            "flag": self.flag,
            "times_limit": self.times_limit or None,
            "suggested_grade": self.grade,
            "delta": None if delta is None else _signed(delta.difference),
            "delta_times": None if delta is None or delta.times is None else str(delta.times),
            "delta_percent": None if delta is None or delta.percent is None else _signed(delta.percent),
            "delta_event": None if delta is None else delta.event,
            "rule": [one[language] for one in self.rule],
        }


def lab_reading(session: Session, key: ItemKey) -> LabReading | None:
    """The reading of one result as it stands; None where no value or no laboratory number is."""
    session.require(Step.READ, str(key))
    data = session.subject(key.subject)
    form = data.state(key.form_key)
    return reading_of(data, key, form.items[key.local], form.sample)


def form_readings(session: Session, key: FormKey) -> dict[str, LabReading]:
    """local → reading of every result of a form."""
    session.require(Step.READ, str(key))
    data = session.subject(key.subject)
    form = data.state(key)
    out = {}
    for local, state in form.items.items():
        group, _, oid = local.partition("/")
        one = reading_of(data, ItemKey(key, group, oid), state, form.sample)
        if one is not None:
            out[local] = one
    return out


def reading_of(data: SubjectData, key: ItemKey, state: ItemState, sample: Sample) -> LabReading | None:
    """As `lab_reading`, of what was read already."""
    item = state.item
    reading = read(item, state.answer)
    if not is_number(item) or reading.number is None or not state.collected:
        return None
    if not item.lab and state.reference is None:
        return None
    reference, delta = state.reference, _delta(data, key, item, reading.standard)
    number = f"{reading.operator}{number_text(_short(reading.number))}"
    return LabReading(
        number,
        item.unit or "",
        None if reference is None else reference.low,
        None if reference is None else reference.high,
        "" if reference is None else "laboratory" if reference.site else "default",
        state.flag,
        "" if state.times_limit is None else str(state.times_limit),
        None if state.grade is None else state.grade.grade,
        delta,
        tuple(_rule(data.study, state, sample, number, delta)),
    )


def _delta(data: SubjectData, key: ItemKey, item: ItemDef, now: Decimal | None) -> Delta | None:
    last = data.last_values(key.form_key, [key.local]).get(key.local)
    before = None if last is None else read(item, last[1]).standard
    if now is None or last is None or before is None:
        return None
    times, percent = None, None
    if before > 0 and now >= 0:
        times = rounded(now / before, 2)
        percent = rounded((now - before) * 100 / before, 1)
    return Delta(last[0], before, now - before, times, percent)


def _rule(
    study: Study, state: ItemState, sample: Sample, number: str, delta: Delta | None
) -> Iterator[Words]:
    item, unit = state.item, shown_unit(state.item.unit)
    other = next((one for one in item.units if one.unit == state.answer.unit), None)
    if other is not None and other.unit != item.unit:
        yield _conversion(study, item, state.answer, other, number)
    yield _range(state.reference, sample, unit)
    if state.flag and state.reference is not None:
        yield _flag(state, number, unit)
    if item.grade:
        yield _no_grade() if state.grade is None else _grade(state.grade)
    if delta is not None:
        yield _change(study, delta, number, unit)


def _conversion(study: Study, item: ItemDef, answer: Answer, other: MeasurementUnit, number: str) -> Words:
    how = "" if other.factor == "1" else f" × {other.factor}"
    how += "" if other.divisor == "1" else f" ÷ {other.divisor}"
    how += "" if other.offset == "0" else f" + {other.offset}"
    said = f"{answer.value} {shown_unit(other.unit)}{how} = {number} {shown_unit(item.unit)}"
    version = study.conversion_version if item.conversion else study.version
    where = ("conversion table", "换算表") if item.conversion else ("study definition", "研究定义")
    return {"en": f"{said} ({where[0]} {version}).", "zh": f"{said}（{where[1]} {version}）。"}


def _range(reference: Reference | None, sample: Sample, unit: str) -> Words:
    if reference is None:
        laboratory = f" “{sample.laboratory}”" if sample.laboratory else ""
        return {
            "en": f"No reference range of the laboratory{laboratory} or of the study fits.",
            "zh": f"检验科室{laboratory}及研究定义中均无适用的参考范围。",
        }
    limits = f"{limits_words(reference.low, reference.high)} {unit}".strip()
    if reference.site is not None:
        en, zh = (_of_site(reference.site, sample, language) for language in ("en", "zh"))
    else:
        assert reference.default is not None
        en, zh = (_of_study(reference.default, language) for language in ("en", "zh"))
    return {"en": f"Range {limits}: {en}.", "zh": f"参考范围 {limits}：{zh}。"}


def limits_words(low: str | None, high: str | None) -> str:
    """`7 – 40`, `≤ 21`, `≥ 1.0`."""
    if low is not None and high is not None:
        return f"{low} – {high}"
    return f"≤ {high}" if high is not None else f"≥ {low}"


def _of_site(one: LabRange, sample: Sample, language: str) -> str:
    zh = language == "zh"
    span = f"{one.valid_from or '…'} – {one.valid_to or '…'}"
    parts = [one.laboratory, *_persons(one.sex, one.age_from, one.age_to, language)]
    if one.valid_from or one.valid_to:
        parts.append(f"有效期 {span}" if zh else f"valid {span}")
    if sample.day:
        parts.append(f"采样日 {sample.day}" if zh else f"sample of {sample.day}")
    if one.unit:
        parts.append(f"原单位 {shown_unit(one.unit)}" if zh else f"given in {shown_unit(one.unit)}")
    if one.source:
        parts.append(f"来源 {one.source}" if zh else f"source {one.source}")
    return ("，" if zh else ", ").join(parts)


def _of_study(one: ReferenceRange, language: str) -> str:
    zh = language == "zh"
    parts = ["研究定义的默认范围" if zh else "the study's default"]
    parts += _persons(one.sex, one.age_from, one.age_to, language)
    if one.source:
        parts.append(f"依据 {one.source}" if zh else f"evidence {one.source}")
    return ("，" if zh else ", ").join(parts)


def _persons(sex: str | None, age_from: int | None, age_to: int | None, language: str) -> Iterator[str]:
    zh = language == "zh"
    if sex is not None:
        yield _SEX[sex][zh]
    if age_from is not None or age_to is not None:
        span = f"{age_from or 0}–{age_to}" if age_to is not None else f"≥ {age_from}"
        yield f"{span}岁" if zh else f"{span} years"


def _flag(state: ItemState, number: str, unit: str) -> Words:
    assert state.reference is not None
    high = state.flag == "H"
    limit = state.reference.high if high else state.reference.low
    times = f" ({state.times_limit} × ULN)" if state.times_limit is not None else ""
    return {
        "en": f"{number} is {'above' if high else 'below'} {limit} {unit}".rstrip()
        + f": {state.flag}{times}.",
        "zh": f"{number} {'高于' if high else '低于'} {limit} {unit}".rstrip() + f"：{state.flag}{times}。",
    }


def _grade(grade: Grade) -> Words:
    """The rule in words; the person decides, always."""
    rule = grade.rule
    steps = "; ".join(f"{number}: {step}" for number, step in enumerate(rule.steps, 1))
    of = ("× ULN", "× ULN") if rule.of == "uln" else ("× baseline", "× 基线")
    limit = number_text(_short(grade.limit))
    normal = rule.baseline == "normal"
    said = f"{grade.operator}{grade.times}"
    en = (
        f"{rule.term.en}: suggested grade {grade.grade}. {said} {of[0]} ({limit}); baseline "
        f"{'inside' if normal else 'above'} its range, so grades begin at {steps} {of[0]}. "
        "A suggestion: the investigator decides, nothing is set."
    )
    zh = (
        f"{rule.term.zh}：建议分级 {grade.grade} 级。{said} {of[1]}（{limit}）；基线"
        f"{'在范围内' if normal else '高于范围'}，各级起点为 {steps} {of[1]}。"
        "仅为建议，由研究者判定，不会自动填写。"
    )
    return {"en": en, "zh": zh}


def _no_grade() -> Words:
    return {
        "en": "No grade is suggested: value, range or baseline is not known well enough.",
        "zh": "无法建议分级：数值、参考范围或基线不够明确。",
    }


def _change(study: Study, delta: Delta, number: str, unit: str) -> Words:
    event = study.events[delta.event.partition("~")[0]]
    before = number_text(_short(delta.before))
    said = f"{before} → {number} {unit}".rstrip() + f", {_signed(_short(delta.difference))}"
    if delta.times is not None and delta.percent is not None:
        said += f", × {delta.times} ({_signed(delta.percent)} %)"
    return {"en": f"Since {event.name.en}: {said}.", "zh": f"较{event.name.zh}：{said}。"}


def _signed(number: Decimal) -> str:
    text = number_text(number)
    return text if text.startswith("-") or text == "0" else f"+{text}"


def _short(number: Decimal) -> Decimal:
    """At most four decimals: enough to see the size."""
    return rounded(number, _DECIMALS)
