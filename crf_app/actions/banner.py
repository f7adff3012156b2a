"""What the right-patient header says beside the number: a reading of the study's header items and facts.

Everything comes from the definition: which items (`header`), which of them is the date of birth, the sex, the
group (the subject facts BIRTH, SEX, ARM), what a group is given (`arms`).  A study without one of them has
its header without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from crf_app.actions.subject_data import SubjectData
from crf_app.model.age import age_on
from crf_app.model.def_base import Text
from crf_app.model.definition import Arm, Study
from crf_app.model.units import shown_unit

_RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LARGE: Final = 100_000
Field = tuple[Text, Text]


@dataclass(frozen=True, slots=True)
class Banner:
    """`fields`: label and value; `brief`: the same in few words, for little room; `today`: the visit that is
    taking place or may take place today, None where there is none."""

    fields: tuple[Field, ...]
    brief: tuple[Text, ...]
    today: Text | None = None


def banner_of(data: SubjectData, fields: Sequence[Field]) -> Banner:
    """`fields` of the casebook's header: the study's header items in their order, then day 1."""
    study, facts = data.study, data.subject_facts()
    age = age_on(facts.get("BIRTH", ""), data.today)
    arm = next((one for one in study.arms if one.code == facts.get("ARM")), None)
    said, brief = list(fields), [sex_of(study, facts.get("SEX", ""))]
    if age is not None:
        brief.append(Text(en=str(age), zh=str(age)))
    for place, oid in enumerate(study.header):
        if oid in items_of_fact(study, "BIRTH") and age is not None:
            said[place] = _with(said[place], f" ({age} y)", f"（{age}岁）")
        elif oid in items_of_fact(study, "ARM") and arm is not None:
            said[place] = _with(said[place], f"·{dose_of(arm, 'en')}", f"·{dose_of(arm, 'zh')}")
    if arm is not None:
        brief.append(arm.short_name)
    return Banner(tuple(said), tuple(one for one in brief if one.en), _today(data))


def dose_of(arm: Arm, language: str) -> str:
    """A group's dose with its unit: "5.0 × 10⁷ cells", "100 mg"."""
    return f"{number_of(Decimal(arm.dose))} {shown_unit(arm.dose_unit, language)}".strip()


def number_of(dose: Decimal) -> str:
    """Large numbers by powers of ten, with the digits that they have and at least one decimal."""
    if abs(dose) < _LARGE:
        return f"{dose.normalize():f}"
    power = dose.adjusted()
    digits = (dose / Decimal(10) ** power).normalize()
    shown = f"{digits:f}" if "." in f"{digits:f}" else f"{digits:f}.0"
    return f"{shown} × 10{str(power).translate(_RAISED)}"


def sex_of(study: Study, code: str) -> Text:
    """In English the code where it is the first letters of its word (F, Female), else the word."""
    items = items_of_fact(study, "SEX")
    form = study.form_of_item.get(items[0]) if items else None
    listed = study.code_lists.get(form.items[items[0]].code_list or "") if form is not None else None
    found = listed.by_code.get(code) if listed is not None else None
    if found is None:
        return Text(en="", zh="")
    short = code if found.decode.en.casefold().startswith(code.casefold()) else found.decode.en
    return Text(en=short, zh=found.decode.zh)


def items_of_fact(study: Study, name: str) -> tuple[str, ...]:
    """The items that hold a subject fact."""
    return tuple(oid for one in study.subject_facts if one.name == name for oid in (one.item, *one.also))


def _with(field: Field, en: str, zh: str) -> Field:
    title, value = field
    return title, Text(en=f"{value.en}{en}", zh=f"{value.zh}{zh}")


def _today(data: SubjectData) -> Text | None:
    """The visit with today's date, else the planned one whose window is open and that has no date."""
    open_ = None
    for event in data.events():
        window = data.window(event)
        if window.actual == data.today:
            return visit_text(data, event)
        if window.state == "due" and open_ is None:
            open_ = event
    return visit_text(data, open_) if open_ is not None else None


def visit_text(data: SubjectData, event: str) -> Text:
    """Short name and name: "V5·Day 29 (week 4)"; the name alone where it has no planned day."""
    one = data.event_def(event)
    if one.day is None and one.month is None:
        return one.name
    return Text(en=f"{one.short_name}·{one.name.en}", zh=f"{one.short_name}·{one.name.zh}")
