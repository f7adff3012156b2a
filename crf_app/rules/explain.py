"""A rule in full: what it reads, whom it concerns again when that changes, and its outcome for given values.

Only data: `cli/check_explain.py` writes it down in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from crf_app.errors import NotFound
from crf_app.model.form_def import ConditionDef, MethodDef
from crf_app.model.item_def import ItemDef
from crf_app.rules.binding import Bound
from crf_app.rules.compiler import Failed, Program, Result, run
from crf_app.rules.derive import derived_answer
from crf_app.rules.environment import Name
from crf_app.rules.expression import Readers, Rules
from crf_app.rules.expression_parts import parts_of
from crf_app.rules.given import bind_given
from crf_app.rules.tries import Rule, part_of, rules_of

State = Literal["true", "false", "missing", "failed", "value"]


@dataclass(frozen=True)
class Outcome:
    """`state` of the rule with the given values; `text`: why it could not run, or a method's value.

    `missing`: operands without a value.  `gates`: (OID, expression, state) of what decides whether the rule's
    item is asked.  `parts`: (expression, state) of its conditions.
    """

    state: State
    text: str
    missing: tuple[str, ...]
    gates: tuple[tuple[str, str, State], ...]
    parts: tuple[tuple[str, State], ...]


@dataclass(frozen=True)
class Explained:
    """`names`: what it reads; `again`: by item OID the forms that are evaluated again when it changes."""

    rule: Rule
    condition: ConditionDef | None
    method: MethodDef | None
    names: tuple[Name, ...]
    again: Mapping[str, Readers]


def find_rules(rules: Rules, oid: str) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """(rules of this OID or at this item, group or form; rules that read the item).

    Raises NotFound, which names OIDs that are written nearly like it.
    """
    wanted = oid
    if oid.startswith("RC.I."):
        wanted = oid.removeprefix("RC.").removesuffix(".Soft").removesuffix(".Hard")
    every = list(rules_of(rules))
    at = tuple(one for one in every if _is_at(one, wanted))
    item = _item(rules, wanted)
    reading = tuple(one for one in every if item is not None and item.oid in _items_read(rules, one.program))
    if not at and item is None and wanted not in _places(rules):
        raise _nothing_named(wanted, every, rules)
    return at, tuple(one for one in reading if one not in at)


def explained(rules: Rules, rule: Rule) -> Explained:
    """Everything about one rule."""
    form = rule.form
    condition = next((one for one in form.condition if one.oid == rule.oid), None) if form else None
    method = form.methods.get(rule.oid) if form is not None else None
    items = sorted(_items_read(rules, rule.program))
    return Explained(rule, condition, method, rule.program.names,
                     {oid: rules.forms_reading(oid) for oid in items})  # fmt: skip


def outcome(
    rules: Rules, rule: Rule, given: Mapping[str, str], today: str, compile_part: Callable[[str], Any]
) -> Outcome:
    """What the rule says with these values.  Raises ValueRejected, see `given.py`."""
    gates = list(_gates(rules, rule))
    names = {
        name.name: name for program in (rule.program, *(one for _, one in gates)) for name in program.names
    }
    data = bind_given(rules, names.values(), given, today)
    result = run(rule.program, data)
    state, text = _state(rules, rule, result)
    missing = tuple(name.name for name in rule.program.names if name.name not in data)
    told = tuple((oid, program.text, _state(rules, None, run(program, data))[0]) for oid, program in gates)
    return Outcome(state, text, missing, told, tuple(_parts(rules, rule, data, compile_part)))


def names_of_rule(rules: Rules, rule: Rule) -> set[str]:
    """Every name that may be given for the rule and for its gates."""
    programs = (rule.program, *(one for _, one in _gates(rules, rule)))
    return {name.name for program in programs for name in program.names}


def item_behind(rules: Rules, name: Name) -> ItemDef | None:
    """The item whose value a name reads; of a subject fact the fact's item."""
    if name.item is None and "subject." in name.name:
        plain = rules.names.get(f"subject.{name.name.rpartition('.')[2]}")
        return plain.item if plain is not None else None
    return name.item


def _is_at(rule: Rule, oid: str) -> bool:
    several = oid.startswith(("C.", "M.")) and rule.oid.startswith(f"{oid}.")
    if several or oid in (rule.oid, rule.place):
        return True
    group_alone = rule.item is None and rule.group is not None and rule.group.oid == oid
    return group_alone or (rule.form is not None and rule.form.oid == oid)


def _item(rules: Rules, oid: str) -> ItemDef | None:
    form = rules.study.form_of_item.get(oid)
    return form.items[oid] if form is not None else None


def _places(rules: Rules) -> set[str]:
    groups = {group.oid for form in rules.study.form for group in form.item_group}
    return {*rules.study.form_of_item, *rules.study.forms, *groups}


def _items_read(rules: Rules, program: Program) -> set[str]:
    """OIDs of the items behind everything that is read, also in lists and as subject facts."""
    found = {item.oid for name in program.names if (item := item_behind(rules, name)) is not None}
    columns = {name.name: dict(name.columns) for name in program.names if name.columns}
    listed = (columns.get(source, {}).get(column) for source, column in program.columns)
    return found | {item.oid for item in listed if item is not None}


def _gates(rules: Rules, rule: Rule) -> Iterator[tuple[str, Program]]:
    """(OID, condition) under which the rule's item is asked, the rule itself left out."""
    if rule.form is None:
        return
    gates = rules.forms[rule.form.oid].gates
    for one in (rule.group, rule.item):
        if one is not None and one.oid in gates and gates[one.oid] is not rule.program:
            yield one.oid, gates[one.oid]


def _state(rules: Rules, rule: Rule | None, result: Result) -> tuple[State, str]:
    if rule is not None and rule.kind == "method" and rule.item is not None:
        answer = derived_answer(rule.item, result, rules.study.code_lists)
        if not isinstance(answer, Failed):
            return ("missing", "") if answer.value is None else ("value", answer.value)
        result = answer
    if isinstance(result, Failed):
        return "failed", str(result)
    return ("missing", "") if result is None else ("true", "") if result is True else ("false", "")


def _parts(
    rules: Rules, rule: Rule, data: Bound, compile_part: Callable[[str], Any]
) -> Iterator[tuple[str, State]]:
    for text in parts_of(rule.program.text):
        yield text, _state(rules, None, run(part_of(rule.program, text, compile_part), data))[0]


def _nothing_named(oid: str, every: Sequence[Rule], rules: Rules) -> NotFound:
    known = sorted({one.oid for one in every} | _places(rules))
    near = get_close_matches(oid, known, 4, 0.6)
    en = f" Perhaps {', '.join(near)}." if near else " Give the OID of a rule, an item, a group or a form."
    zh = f"可能是 {'、'.join(near)}。" if near else "请给出规则、条目、条目组或表单的 OID。"
    return NotFound(f"The study has no `{oid}`.{en}", f"研究中没有 `{oid}`。{zh}", oid, near=near)
