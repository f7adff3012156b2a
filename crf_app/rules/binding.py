"""Binds names to values while a form is evaluated; what has no value stays unbound.

Names from outside the form are bound once; the form's own items are bound one by one, in the order of
evaluation, as they become known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from crf_app.model.datatype import number_text
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer
from crf_app.rules.environment import Name
from crf_app.rules.facts import Facts
from crf_app.rules.grading import Grade, suggested_grade
from crf_app.rules.ranges import Reference, Sample, age_on, reference_for, sample_of
from crf_app.rules.readings import Reading, bound_value, flag_of, read

Bound = dict[str, Any]


class Lines(tuple[tuple[tuple[str, str], ...], ...]):
    """A list of rows or visits that can be compared and kept; `maps` is what CEL reads."""

    @staticmethod
    def of(lines: Iterable[Mapping[str, str]], columns: Sequence[str]) -> Lines:
        """Every column of every line; a cell without a value is "", so that a rule can ask for it."""
        return Lines(tuple((name, line.get(name, "")) for name in columns) for line in lines)

    def maps(self) -> list[dict[str, str]]:
        return [dict(line) for line in self]


def bind_cell(
    into: Bound,
    prefix: str,
    item: ItemDef,
    answer: Answer,
    reading: Reading,
    reference: Reference | None = None,
) -> None:
    """Bind what one collected cell says now: value, known, partial, flag and upper limit.

    `reference` is the range that stands for it; another visit's value has none here.
    """
    name = f"{prefix}{item.variable}"
    into[f"known.{name}"] = answer.value is not None
    value = bound_value(item, answer, reading)
    if value is not None:
        into[name] = value
    else:
        into.pop(name, None)
    if item.data_type == "partialDate":
        into.pop(f"partial.{name}", None)
        if answer.value is not None and reading.legible:
            into[f"partial.{name}"] = answer.value
    if not item.reference and not item.lab:
        return
    into.pop(f"flag.{name}", None)
    into.pop(f"uln.{name}", None)
    if reference is not None and reference.high is not None:
        into[f"uln.{name}"] = float(Decimal(reference.high))
    if reference is not None and reading.number is not None:
        into[f"flag.{name}"] = flag_of(reading, reference)


def grade_of(item: ItemDef, reading: Reading, reference: Reference | None, facts: Facts) -> Grade | None:
    """The grade that a result suggests against the subject's baseline and the range of its day."""
    if not item.grade:
        return None
    answer, then = graded_by(item, facts)
    base = read(facts.items.get(item.variable, item), answer)
    return suggested_grade(item, reading, reference, base, then)


def graded_by(item: ItemDef, facts: Facts) -> tuple[Answer, Reference | None]:
    """The baseline against which results are graded, and the range of its day."""
    then = facts.baseline_reference.get(item.variable) or reference_for(item, _visit_sample(None, facts))
    return facts.baseline.get(item.variable, Answer()), then


def has_reference(item: ItemDef, facts: Facts) -> bool:
    """Whether a reference range can stand for the item's results."""
    return bool(item.reference) or item.lab or item.variable in facts.ranges.by_item


def bind_grade(into: Bound, prefix: str, item: ItemDef, grade: Grade | None) -> None:
    """Bind the grade that a result suggests, where it can be known."""
    name = f"grade.{prefix}{item.variable}"
    into.pop(name, None)
    if grade is not None:
        into[name] = float(grade.grade)


def _visit_sample(form: FormDef | None, facts: Facts) -> Sample:
    """The sample of another form of the visit; without a form only whose it is."""
    if form is None:
        return Sample(
            "", facts.visit_day, facts.subject.get("SEX", ""), age_on(facts.subject, facts.visit_day)
        )
    wanted = [oid for oid in (form.sample_date, form.laboratory) if oid is not None]
    answers = {oid: facts.visit.get(oid.removeprefix("I."), Answer()) for oid in wanted}
    return sample_of(form, answers, facts.subject, facts.visit_day)


def bind_outside(
    names: tuple[Name, ...], form: str, facts: Facts, forms: Mapping[str, FormDef] | None = None
) -> Bound:
    """Bind every name in `names` that does not read the form's own items; `forms` are the study's."""
    bound: Bound = {}
    for name in names:
        if name.kind == "known":
            bound.setdefault(name.name, False)
        item = name.item and facts.items.get(name.item.variable, name.item)
        if item is not None and name.place == "" and name.kind != "subject" and name.form != form:
            answer = facts.visit.get(item.variable, Answer())
            reading, reference = read(item, answer), None
            if has_reference(item, facts):
                sample = _visit_sample((forms or {}).get(name.form), facts)
                reference = reference_for(item, sample, facts.ranges, answer.unit)
            bind_cell(bound, "", item, answer, reading, reference)
            if name.kind == "grade":
                bind_grade(bound, "", item, grade_of(item, reading, reference, facts))
        elif item is not None and name.place == "prev":
            answer = facts.previous.get(item.variable, Answer())
            bind_cell(bound, "prev.", item, answer, read(item, answer))
        elif item is not None and name.place == "base":
            answer = facts.baseline.get(item.variable, Answer())
            bind_cell(bound, "base.", item, answer, read(item, answer))
        elif name.place in ("list", "study"):
            _bind_wide(bound, name, facts)
        elif "subject." in name.name:
            _bind_subject(bound, name, facts)
        elif "event." in name.name:
            _bind_event(bound, name, facts)
        elif name.name.startswith("consent.") and (text := facts.consent.get(name.name.partition(".")[2])):
            bound[name.name] = text
    if facts.today:
        bound["today"] = facts.today
    return bound


def _bind_wide(bound: Bound, name: Name, facts: Facts) -> None:
    """What is known of all rows, all visits, all subjects."""
    if name.kind in ("rows", "visits"):
        lines = (facts.rows if name.kind == "rows" else facts.visits).get(name.name.partition(".")[2], ())
        bound[name.name] = Lines.of(lines, [column for column, _ in name.columns])
    elif name.item is not None and name.kind == "taken":
        bound[name.name] = name.item.variable in facts.taken
    elif name.item is not None and name.item.variable in facts.subjects:
        bound[name.name] = float(facts.subjects[name.item.variable])


def _bind_subject(bound: Bound, name: Name, facts: Facts) -> None:
    fact = name.name.rpartition(".")[2]
    if fact == "DOSE":
        text = None if facts.dose is None else number_text(facts.dose)
    else:
        text = facts.subject.get(fact)
    if text is None or text == "":
        return
    if name.kind == "known":
        bound[name.name] = True
    elif name.type == "DOUBLE":
        _bind_number(bound, name.name, text)
    elif name.kind == "partial":
        bound[name.name] = text
    elif name.item is not None:
        value = text[:10] if name.item.data_type == "datetime" else text
        if bound_value(name.item, Answer(value), Reading()) is not None:
            bound[name.name] = value


def _bind_event(bound: Bound, name: Name, facts: Facts) -> None:
    value = facts.event.get(name.name.rpartition(".")[2])
    if value is None:
        return
    if name.kind == "known":
        bound[name.name] = True
    elif name.type == "DOUBLE":
        _bind_number(bound, name.name, str(value))
    else:
        bound[name.name] = str(value)


def _bind_number(bound: Bound, name: str, text: str) -> None:
    """A fact that is not a number of ordinary size stays unbound."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return
    if number.is_finite() and abs(number.adjusted()) < 100:
        bound[name] = float(number)


def plain(value: object) -> str:
    """A bound value as text: numbers without exponent and trailing zeros."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(Decimal(repr(value))) if isinstance(value, float) else str(value)
