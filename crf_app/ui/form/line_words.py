"""What a line of a form says in words: the text in its field, range, flag, last value, name, description.

Pure: a Line in, words out.  Used by every kind of row, by the panel and by screen readers alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from crf_app.model.datatype import show
from crf_app.model.definition import Study
from crf_app.model.item_def import CodeList, ItemDef
from crf_app.model.keys import Answer
from crf_app.model.source_rules import rules_at
from crf_app.model.source_rules import sentence as rule_sentence
from crf_app.rules.readings import limits, read, standard_words
from crf_app.ui.day.day_words import open_visit
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.words import language, pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import Line
    from crf_app.rules.facts import ItemState


def field_text(item: ItemDef, answer: Answer) -> str:
    """What stands in the field: canonical text, a date-time with a space; codes stay codes."""
    if answer.value is None:
        return ""
    return answer.value.replace("T", " ") if item.data_type == "datetime" else answer.value


def spoken(study: Study, item: ItemDef, answer: Answer, lists: Mapping[str, CodeList] | None = None) -> str:
    """An answer as people read it: words of codes, number with another unit, reason of a missing value.

    `lists`: code lists made for the subject (`Line.lists`), for an answer that names a row.
    """
    if answer.missing is not None:
        return missing_words(study, answer.missing)
    if answer.value is None:
        return ""
    words = show(item, answer.value, lists or study.code_lists, language())
    other = answer.unit and answer.unit != item.unit
    return f"{words} {shown_unit(answer.unit)}" if other else words


def missing_words(study: Study, code: str) -> str:
    """ "Not done" for ND."""
    return next((pick(one.text) for one in study.missing_reasons if one.code == code), code)


def step_text(study: Study, item: ItemDef | None, text: str) -> str:
    """A stored text of a value's history in words: codes and reasons decoded; empty for an empty one.

    The text is a value or the code of a missing one; where an item has no list of its own the code is read.
    """
    if item is None or not text:
        return text
    if any(one.code == text for one in study.missing_reasons) and item.choices is None:
        return missing_words(study, text)
    return show(item, text, study.code_lists, language())


def converted(item: ItemDef, answer: Answer) -> str:
    """`= 106.1 µmol/L` when another unit than the standard one was typed."""
    standard = standard_words(item, answer, read(item, answer))
    return f"= {standard}" if standard else ""


def reference_words(line: Line) -> str:
    """The range of normal (`7 – 40`, `≤ 21`); for other numbers nothing: their limits speak when broken."""
    reference = line.state.reference
    if reference is None:
        return ""
    low, high = reference.low, reference.high
    if low is not None and high is not None:
        return f"{low} – {high}"
    return f"≤ {high}" if high is not None else f"≥ {low}"


def last_words(study: Study, line: Line) -> str:
    """The value of the last earlier visit that holds one, as people read it."""
    if not line.last:
        return ""
    return show(line.state.item, line.last, line.lists or study.code_lists, language())


def last_said(line: Line) -> str:
    """The last value for a screen reader: as stored, a row that is named in words."""
    return show(line.state.item, line.last, line.lists, language()) if line.lists else line.last


def times_words(line: Line) -> str:
    times = line.state.times_limit
    return f"{times} × ULN" if times is not None else ""


def name_of(line: Line) -> str:
    """Accessible name: question and unit."""
    item = line.state.item
    unit = shown_unit(item.unit)
    return f"{pick(item.question)}, {unit}" if unit else pick(item.question)


def source_rules(study: Study, item: ItemDef) -> tuple[str, ...]:
    """Rules of the file that the study came from, which are not run."""
    form = study.form_of_item.get(item.oid)
    rules = rules_at(item, form.group_of[item.oid] if form is not None else None)
    return tuple(rule_sentence(rule, language()) for rule in rules)


def result_words(key: str, state: ItemState, visit: str, **more: str) -> str:
    """A sentence about a result as it was typed: which, how much, at which visit."""
    unit = shown_unit(state.answer.unit or state.item.unit)
    value = f"{state.answer.value or ''} {unit}".strip()
    return say(key, item=pick(state.item.question), value=value, visit=visit, **more)


def suggested_words(line: Line) -> str:
    """What is suggested at a line, and by which result; empty where nothing is."""
    one = line.suggested
    if one is None:
        return ""
    return result_words("proposal.suggested", one.state, open_visit(one.visit), code=one.code)


def description_of(line: Line, status: str) -> str:
    """Accessible description: may be left empty, range, last value, state, sentences of the findings."""
    item = line.state.item
    reference, usual = reference_words(line), limits(item, "Soft", language())
    parts = [
        say("form.may_be_empty") if not line.state.mandatory and not item.derived else "",
        say("form.range_is", range=reference) if reference else "",
        say("form.usual_is", range=usual) if usual else "",
        say("form.last_was", value=last_said(line)) if line.last else "",
        say(f"form.status_{status}"),
        suggested_words(line),
        *(pick(finding.texts) for finding in line.state.findings),
        pick(item.help) if item.help else "",
        *(rule_sentence(rule, language()) for rule in item.not_run),
    ]
    return "; ".join(part for part in parts if part)
