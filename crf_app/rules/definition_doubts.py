"""What is doubtful in a study's definition as it is written: nothing here runs a rule.

Code lists that nobody uses, texts that say the same in both languages, limits that contradict each other,
windows that overlap, messages that cannot be told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Final

from crf_app.errors import ValueRejected
from crf_app.model.datatype import is_number, parse
from crf_app.model.def_base import Def, Text
from crf_app.model.definition import Study, StudyEventDef
from crf_app.model.form_def import ConditionDef, FormDef
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer
from crf_app.model.schedule import window
from crf_app.rules.doubts import Doubt
from crf_app.rules.hints import Words
from crf_app.rules.readings import broken_checks, read

_CHINESE: Final = re.compile("[\u3400-\u9fff]")
#: a word, not an abbreviation, unit, code or name of a variable
_WORD: Final = re.compile(r"(?<![\w/.\[{(-])[A-Za-z]?[a-z]{3,}(?![\w/\]}).-])")
#: days 1 that show what months do: the end of a short month, a leap day, the turn of a year
_DAYS_1: Final = (date(2026, 1, 31), date(2027, 2, 28), date(2028, 2, 29), date(2026, 10, 15))


def definition_doubts(study: Study) -> Iterator[Doubt]:
    """Everything doubtful, in no particular order."""
    yield from _unused_lists(study)
    yield from _one_language(study)
    for form in study.form:
        for item in form.items.values():
            yield from _limits(item)
            yield from _references(item)
            yield from _default(study, item)
    yield from _overlapping(study)
    yield from _equal_messages(study)


def _unused_lists(study: Study) -> Iterator[Doubt]:
    used = {item.code_list for form in study.form for item in form.items.values()}
    used |= {group.rows for form in study.form for group in form.item_group}
    for one in study.code_list:
        if one.oid not in used:
            yield Doubt("code_list_unused", one.oid,
                        Words("No item uses this code list.", "没有条目使用此代码表。"),
                        Words("write it at an item, or remove it", "请在条目中使用，或删除"))  # fmt: skip


def _one_language(study: Study) -> Iterator[Doubt]:
    """Words missing in a language that the study says it has."""
    seen: set[tuple[str, str, str]] = set()
    for oid, text in _texts(study, study.oid):
        language = _missing_language(text)
        if language in study.languages and (oid, text.en, text.zh) not in seen:
            seen.add((oid, text.en, text.zh))
            shown = text.in_language(language)
            name = {"zh": "Chinese", "en": "English"}[language]
            name_zh = {"zh": "中文", "en": "英文"}[language]
            yield Doubt("text_one_language", oid,
                        Words(f"`{shown}` stands for the {name} text.", f"{name_zh}文本为“{shown}”。"),
                        Words(f"write it in {name}", f"请写{name_zh}"))  # fmt: skip


def _missing_language(text: Text) -> str:
    """The language in which the words are missing, or ""."""
    if _CHINESE.search(text.en) and _bare(text.en) == _bare(text.zh):
        return "en"
    return "zh" if not _CHINESE.search(text.zh) and _WORD.search(_bare(text.zh)) else ""


def _bare(text: str) -> str:
    """Without the places of a message that stand for values."""
    return re.sub(r"\{[^{}]*\}", "", text)


def _texts(node: Def, oid: str) -> Iterator[tuple[str, Text]]:
    """(OID of the innermost definition that has one, text) of every text of the study, in order."""
    own = str(getattr(node, "oid", oid))
    for name in type(node).model_fields:
        value = getattr(node, name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Text):
                yield own, one
            elif isinstance(one, Def):
                yield from _texts(one, own)


def _limits(item: ItemDef) -> Iterator[Doubt]:
    """A soft limit outside the hard ones never speaks."""
    hard_low, hard_high = _ends(item, "Hard")
    soft_low, soft_high = _ends(item, "Soft")
    for soft, hard, beyond in ((soft_low, hard_low, -1), (soft_high, hard_high, 1)):
        if soft is not None and hard is not None and (soft - hard) * beyond > 0:
            hint = Words("put the soft limit inside the hard one", "提示界限应在错误界限之内")
            yield Doubt("limits_contradict", item.oid,
                        Words(f"The soft limit {soft} lies outside the hard limit {hard}.",
                              f"提示界限 {soft} 超出错误界限 {hard}。"), hint)  # fmt: skip


def _ends(item: ItemDef, kind: str) -> tuple[Decimal | None, Decimal | None]:
    """The narrowest lower and upper limit of one kind."""
    own = [one for one in item.range_check if one.soft_hard == kind]
    low = [Decimal(one.value) for one in own if one.comparator in ("GE", "GT")]
    high = [Decimal(one.value) for one in own if one.comparator in ("LE", "LT")]
    return max(low, default=None), min(high, default=None)


def _references(item: ItemDef) -> Iterator[Doubt]:
    hard_low, hard_high = _ends(item, "Hard")
    for one in item.reference:
        low, high = (None if end is None else Decimal(end) for end in (one.low, one.high))
        if low is not None and high is not None and low > high:
            yield _reference(item, f"The reference range {low} to {high} is upside down.",
                             f"参考范围 {low} 至 {high} 上下颠倒。")  # fmt: skip
        for end in (low, high):
            if end is None:
                continue
            if (hard_low is not None and end < hard_low) or (hard_high is not None and end > hard_high):
                yield _reference(item, f"The reference limit {end} lies outside the hard limits.",
                                 f"参考界限 {end} 超出错误界限。")  # fmt: skip
        if one.age_from is not None and one.age_to is not None and one.age_from > one.age_to:
            yield _reference(item, f"The ages {one.age_from} to {one.age_to} are upside down.",
                             f"年龄 {one.age_from} 至 {one.age_to} 上下颠倒。")  # fmt: skip


def _reference(item: ItemDef, en: str, zh: str) -> Doubt:
    hint = Words("compare `reference` with `range_check`", "请核对 `reference` 与 `range_check`")
    return Doubt("limits_contradict", item.oid, Words(en, zh), hint)


def _default(study: Study, item: ItemDef) -> Iterator[Doubt]:
    """A default that nobody could type, or that a range check would ask about."""
    if item.default is None:
        return
    hint = Words("propose a value inside the limits", "请给出界限内的默认值")
    try:
        value = parse(item, item.default, study.code_lists)
    except ValueRejected as refusal:
        yield Doubt("default_outside", item.oid,
                    Words(f"The default does not fit: {refusal.sentence('en')}",
                          f"默认值不符：{refusal.sentence('zh')}"), hint)  # fmt: skip
        return
    if is_number(item) and broken_checks(item, read(item, Answer(value))):
        yield Doubt("default_outside", item.oid,
                    Words(f"The default {value} lies outside the item's limits.",
                          f"默认值 {value} 超出此条目的界限。"), hint)  # fmt: skip


def _overlapping(study: Study) -> Iterator[Doubt]:
    planned = [one for one in study.event if one.type == "Scheduled" and not one.repeating]
    for one, other in combinations(planned, 2):
        if any(_overlap(one, other, day1) for day1 in _DAYS_1):
            hint = Words("narrow `before` and `after`, or move the day", "请缩小 `before`、`after` 或改期")
            yield Doubt("windows_overlap", other.oid,
                        Words(f"Its window overlaps that of {one.oid}.", f"访视窗与 {one.oid} 重叠。"),
                        hint)  # fmt: skip


def _overlap(one: StudyEventDef, other: StudyEventDef, day1: date) -> bool:
    spans = window(one, day1), window(other, day1)
    if spans[0] is None or spans[1] is None:
        return False
    return spans[0][0] <= spans[1][1] and spans[1][0] <= spans[0][1]


def _equal_messages(study: Study) -> Iterator[Doubt]:
    """Two checks of a form that say the same; of two forms, where only one language says the same."""
    own = [(form, one) for form in study.form for one in _written(study, form)]
    for language, other_language in (("en", "zh"), ("zh", "en")):
        first: dict[str, tuple[FormDef, ConditionDef]] = {}
        for form, check in own:
            words = check.message.in_language(language)
            if words not in first:
                first[words] = (form, check)
                continue
            before_form, before = first[words]
            same = before.message.in_language(other_language) == check.message.in_language(other_language)
            if form.oid == before_form.oid or not same:
                yield Doubt("messages_equal", check.oid,
                            Words(f"Its message in `{language}` is that of {before.oid}.",
                                  f"其 `{language}` 提示与 {before.oid} 相同。"),
                            Words("say what is different", "请写明不同之处"))  # fmt: skip


def _written(study: Study, form: FormDef) -> Iterable[ConditionDef]:
    """The form's own checks, without the study's checks of every date."""
    made = tuple(f"{one.oid}." for one in study.date_checks)
    return (one for one in form.condition if not one.oid.startswith(made))
