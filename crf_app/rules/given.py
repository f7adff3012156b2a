"""Binds the values that a person names to try a rule with: `VS.SYSBP=128`, `subject.SEX=F`.

Everything that is not named is missing.  Values are read as an answer is, so that a try shows what entering
would do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Final

from crf_app.errors import ValueRejected
from crf_app.model.datatype import parse
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer
from crf_app.rules.binding import Bound, Lines, bind_cell, bind_outside
from crf_app.rules.corners import key_of
from crf_app.rules.environment import Name
from crf_app.rules.expression import Rules
from crf_app.rules.facts import Facts
from crf_app.rules.ranges import Sample, reference_for
from crf_app.rules.readings import read

_TRUTH: Final = {"true": True, "false": False, "Y": True, "N": False}


def bind_given(rules: Rules, names: Iterable[Name], given: Mapping[str, str], today: str) -> Bound:
    """What `names` are with the `given` values.  `today`: ISO date, where none is given.

    Raises ValueRejected for a name that is not read here and for text that has no value there.
    """
    own = {name.name: name for name in names}
    named = {named_in(rules, own, name): text.strip() for name, text in given.items()}
    bound: Bound = {name.name: False for name in own.values() if name.kind == "known"}
    if "today" in own:
        bound["today"] = today
    sex = named.get("subject.SEX", "")
    for key in sorted(named, key=lambda one: one.startswith(("flag.", "uln."))):
        if named[key]:
            bound |= _bound(rules, key, named[key], own, sex)
    events = {
        key.rpartition(".")[2]: text for key, text in named.items() if key.startswith("event.") and text
    }
    if events:
        bound |= bind_outside(tuple(own.values()), "", Facts(event=_numbers(events)))
    return {name: value for name, value in bound.items() if name in own}


def named_in(rules: Rules, own: Iterable[str], name: str, *, needed: bool = True) -> str:
    """The rule name that was meant by `name`, of those in `own`; `I.VS.SYSBP` is the item's own.

    Without `needed` "" for a name that is not among them, else raises ValueRejected.
    """
    read_ = set(own)
    variable = name.removeprefix("I.")
    operands = {key for one in read_ if (key := key_of(one)) != "event"}
    operands |= {one for one in read_ if not one.startswith(("known.", "partial."))}
    operands |= {one.removeprefix("known.") for one in read_ if one.startswith("known.event.")}
    operands |= {"subject.SEX"} if any(one.startswith(("flag.", "uln.")) for one in read_) else set()
    for meant in (name, variable, f"row.{variable}"):
        if meant in operands and meant in rules.names:
            return meant
    if not needed:
        return ""
    near = get_close_matches(variable, sorted(operands), 3, 0.6) or sorted(operands)[:12]
    raise ValueRejected(
        f"`{name}` is not read here. What is read: {', '.join(near)}.",
        f"此处未读取 `{name}`。可用：{'、'.join(near)}。",
        name,
    )


def _bound(rules: Rules, key: str, text: str, own: Mapping[str, Name], sex: str) -> Bound:
    name = rules.names[key]
    following = tuple(one for one in own.values() if key_of(one.name) == key)
    if key == "today" or name.kind == "row":
        return {key: text}
    if key.startswith("event."):
        return {}
    if key == "subject.DOSE":
        return bind_outside(following, "", Facts(dose=_number(key, text)))
    if name.kind == "subject" and name.item is not None:
        return bind_outside(
            following, "", Facts(subject={key.removeprefix("subject."): _value(rules, name.item, text)})
        )
    if name.kind in ("rows", "visits"):
        return {key: _lines(name, text)}
    if name.kind == "taken":
        return {key: _truth(key, text)}
    if name.kind == "flag":
        return {key: text}
    if name.kind in ("uln", "grade", "subjects") or name.item is None:
        return {key: float(_number(key, text))}
    into: Bound = {}
    answer = Answer(_value(rules, name.item, text))
    reference = reference_for(name.item, Sample(sex=sex))
    bind_cell(
        into, key.removesuffix(name.item.variable), name.item, answer, read(name.item, answer), reference
    )
    return into


def _value(rules: Rules, item: ItemDef, text: str) -> str:
    """Canonical text; a row's uid as it is written."""
    return text if item.link is not None else parse(item, text, rules.study.code_lists)


def _numbers(events: Mapping[str, str]) -> dict[str, str | Decimal]:
    return {name: _number(f"event.{name}", text) if name in ("DAY", "OUTSIDE") else text
            for name, text in events.items()}  # fmt: skip


def _number(key: str, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as reason:
        raise ValueRejected(
            f"`{key}` is a number: write {key}=1.5.", f"`{key}` 为数值，写法如 {key}=1.5。", key
        ) from reason


def _truth(key: str, text: str) -> bool:
    if text not in _TRUTH:
        raise ValueRejected(
            f"`{key}` is true or false: write {key}=true.", f"`{key}` 为真或假，写法如 {key}=true。", key
        )
    return _TRUTH[text]


def _lines(name: Name, text: str) -> Lines:
    """Rows or visits written as JSON: `rows.AE=[{"AETERM": "Fever"}]`."""
    columns = [column for column, _ in name.columns]
    try:
        lines = json.loads(text)
    except ValueError:
        lines = None
    sound = isinstance(lines, list) and all(isinstance(line, dict) for line in lines)
    unknown = sorted({str(key) for line in lines for key in line} - set(columns)) if sound else []
    if not sound or unknown:
        wrong = f" {', '.join(unknown)} is no column." if unknown else ""
        wrong_zh = f"没有列 {'、'.join(unknown)}。" if unknown else ""
        listed, listed_zh = ", ".join(columns), "、".join(columns)
        example = f'{name.name}=[{{"{columns[0]}": "…"}}]'
        raise ValueRejected(
            f"`{name.name}` is a list of lines in JSON.{wrong} Write {example}; columns: {listed}.",
            f"`{name.name}` 为 JSON 行列表。{wrong_zh}写法如 {example}；列：{listed_zh}。",
            name.name,
        )
    return Lines.of([{key: str(value) for key, value in line.items()} for line in lines], columns)
