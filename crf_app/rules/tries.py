"""Tries one rule with corner values of all that it reads: does it ever fire, and does it ever not?

As in an evaluation an operand that is not asked with these values counts as missing, and nothing fires at an
item that is not asked.  The order of the tries follows from the rule alone.  A try stops as soon as the rule
was seen both ways, so only a doubtful rule costs all its tries.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from math import gcd, prod
from typing import Any, Final, Literal

from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import ItemDef
from crf_app.rules.binding import Bound
from crf_app.rules.compiler import Failed, Program, Result, run
from crf_app.rules.corners import Corners
from crf_app.rules.derive import derived_answer
from crf_app.rules.environment import Name
from crf_app.rules.expression import Rules
from crf_app.rules.expression_parts import conjuncts
from crf_app.rules.syntax_tree import tree

MOST: Final = 20_000
_CELL_KINDS: Final = ("value", "known", "partial", "flag", "uln", "grade")
RuleKind = Literal["condition", "gate", "required", "locked", "method", "status", "flow", "form"]
Choice = list[int]


@dataclass(frozen=True)
class Rule:
    """One rule of the study where it stands; `item` and `group` are None where it stands at none."""

    kind: RuleKind
    oid: str
    program: Program
    form: FormDef | None = None
    group: ItemGroupDef | None = None
    item: ItemDef | None = None

    @property
    def place(self) -> str:
        """The OID of what it decides."""
        return self.item.oid if self.item is not None else self.oid


@dataclass
class Verdict:
    """What the tries have shown.

    `fired`: true (of a method: gave a value) at an item that is asked; `idle`: not true although all it reads
    was there; `hidden`: true, but the item was not asked; `failed`: could not run.  `complete`: every
    combination of the corner values was tried.  `never_held`: parts that were true in no try.
    """

    tries: int = 0
    complete: bool = False
    fired: int = 0
    idle: int = 0
    hidden: int = 0
    failed: int = 0
    never_held: tuple[str, ...] = ()


class Trial:
    """Everything that one rule needs to be run again and again."""

    def __init__(self, rules: Rules, rule: Rule, compile_part: Callable[[str], Any] | None = None) -> None:
        self.rules, self.rule = rules, rule
        self.own_gates = [_fresh(one) for one in self._gates_at(rule.item, rule.group)]
        self.program = _fresh(rule.program)
        programs = self._closure([rule.program, *self.own_gates])
        self.operands = Corners(rules, rule.form, rule.group).operands(programs)
        self.hiding = self._hiding(programs)
        self.cells = [
            name.name for name in rule.program.names if name.kind == "value" and name.place != "list"
        ]
        self.parts = self._parts(compile_part) if compile_part is not None else []
        self.held = [False] * len(self.parts)

    def verdict(self, most: int = MOST) -> Verdict:
        """Try until it was seen both ways, or until every combination or `most` of them were tried."""
        found = Verdict()
        sizes = [len(one.states) for one in self.operands]
        chance = random.Random(self.rule.oid + self.rule.program.text)
        found.complete = prod(sizes) <= most
        plan = _all(sizes) if found.complete else _sample(sizes, chance)
        half = most if found.complete or not self.parts else most // 2
        for choice in plan:
            self._count(choice, found)
            if self._enough(found) or found.tries >= half:
                break
        while not found.complete and self.parts and not found.fired and found.tries < most:
            self._climb(sizes, chance, found, most)
        if not found.fired:
            found.never_held = tuple(part.text for part, held in zip(self.parts, self.held, strict=True)
                                     if not held)  # fmt: skip
        return found

    def _enough(self, found: Verdict) -> bool:
        return found.fired > 0 and (
            found.idle > 0 or self.rule.kind in ("method", "locked", "status", "flow")
        )

    def _count(self, choice: Choice, found: Verdict) -> int:
        """Run once and count; how many of the parts hold."""
        data = self._data(choice)
        asked = all(run(gate, data) is True for gate in self.own_gates)
        parts = [run(part, data) for part in self.parts]
        self.held = [before or now is True for before, now in zip(self.held, parts, strict=True)]
        # one part that is false makes the whole false: the whole need not be run
        result = False if False in parts else run(self.program, data)
        found.tries += 1
        found.failed += isinstance(result, Failed)
        if self._true(result):
            found.fired += asked
            found.hidden += not asked
        elif self._could_fire(data, result, asked=asked):
            found.idle += 1
        return sum(part is True for part in parts) + asked

    def _true(self, result: Result) -> bool:
        item = self.rule.item
        if self.rule.kind != "method" or item is None:
            return result is True
        answer = derived_answer(item, result, self.rules.study.code_lists)
        return not isinstance(answer, Failed) and answer.value is not None

    def _could_fire(self, data: Bound, result: Result, *, asked: bool) -> bool:
        """Whether a rule that is not true says something: not for want of an answer, not where hidden."""
        if self.rule.kind in ("gate", "required"):
            return True
        return asked and (result is False or all(one in data for one in self.cells))

    def _climb(self, sizes: Sequence[int], chance: random.Random, found: Verdict, most: int) -> None:
        """From a random choice, one operand after the other, to where most of the parts hold."""
        choice = [chance.randrange(size) for size in sizes]
        best, before = self._count(choice, found), -1
        while best > before and not found.fired and found.tries < most:
            before = best
            for place in chance.sample(range(len(sizes)), len(sizes)):
                left = most - found.tries
                scores = [
                    self._count([*choice[:place], one, *choice[place + 1 :]], found)
                    for one in range(min(sizes[place], left))
                ]
                if found.fired or found.tries >= most:
                    return
                best = max(scores)
                choice[place] = chance.choice([n for n, score in enumerate(scores) if score == best])

    def _data(self, choice: Choice) -> Bound:
        """What is bound: the chosen states, without what is not asked then."""
        data: Bound = {}
        for operand, place in zip(self.operands, choice, strict=True):
            data.update(operand.states[place])
        for names, gates in self.hiding:
            if any(run(gate, data) is not True for gate in gates):
                for name in names:
                    data.pop(name.name, None)
                    if name.kind == "known":
                        data[name.name] = False
        return data

    def _gates_at(self, item: ItemDef | None, group: ItemGroupDef | None) -> list[Program]:
        """The conditions under which the rule's own item is asked; a gate is no condition of itself."""
        if self.rule.form is None:
            return []
        gates = self.rules.forms[self.rule.form.oid].gates
        found = [gates.get(one.oid) for one in (group, item) if one is not None]
        return [one for one in found if one is not None and one is not self.rule.program]

    def _gates_of(self, name: Name) -> list[Program]:
        """The conditions under which an operand of the same form is asked."""
        form = self.rule.form
        if form is None or name.item is None or name.form != form.oid or name.kind not in _CELL_KINDS:
            return []
        if name.place not in ("", "row"):
            return []
        gates = self.rules.forms[form.oid].gates
        found = [gates.get(name.group), gates.get(name.item.oid)]
        return [one for one in found if one is not None]

    def _closure(self, programs: list[Program]) -> list[Program]:
        """These programs, and what decides whether their operands are asked, and so on."""
        found = list(programs)
        for program in found:  # grows while it is walked
            for name in program.names:
                found += [one for one in self._gates_of(name) if all(one is not other for other in found)]
        return found

    def _hiding(self, programs: list[Program]) -> list[tuple[tuple[Name, ...], list[Program]]]:
        """(names of a cell, its gates), in the order in which the form is evaluated."""
        if self.rule.form is None:
            return []
        order = {oid: n for n, oid in enumerate(self.rules.forms[self.rule.form.oid].order)}
        own = {id(self.rule.program)} if self.rule.kind == "gate" else set()
        found = []
        for operand in self.operands:
            first = next((name for name in operand.names if name.item is not None), None)
            gates = [one for one in self._gates_of(first) if id(one) not in own] if first is not None else []
            if first is not None and first.item is not None and gates:
                found.append((order.get(first.item.oid, 0), operand.names, [_fresh(one) for one in gates]))
        return [(names, gates) for _, names, gates in sorted(found, key=lambda one: one[0])]

    def _parts(self, compile_part: Callable[[str], Any]) -> list[Program]:
        """What must all be true, each with the names that it reads itself."""
        if self.rule.kind == "method":
            return []
        return [part_of(self.rule.program, text, compile_part) for text in conjuncts(self.rule.program.text)]


def part_of(program: Program, text: str, compile_part: Callable[[str], Any]) -> Program:
    """A part of a program's expression as a program of its own."""
    expression = compile_part(text)
    read = {node.text for node in tree(expression.serialize()).walk() if node.kind == "name"}
    names = tuple(name for name in program.names if name.name in read)
    return replace(program, text=text, names=names, expression=expression, known={})


def _fresh(program: Program) -> Program:
    """With results of its own, so that tries push nothing out of what the program remembers."""
    return replace(program, known={})


def _all(sizes: Sequence[int]) -> Iterator[Choice]:
    """Every combination once, far ones after each other."""
    total = prod(sizes)
    step = next(n for n in range(max(1, int(total * 0.618)), 2 * total + 2) if gcd(n, total) == 1)
    for n in range(total):
        yield _decoded(n * step % total, sizes)


def _decoded(number: int, sizes: Sequence[int]) -> Choice:
    found = []
    for size in sizes:
        number, place = divmod(number, size)
        found.append(place)
    return found


def _sample(sizes: Sequence[int], chance: random.Random) -> Iterator[Choice]:
    """Every pair of corner values, the others at random, in a random order; then at random without end."""
    pairs = [(a, one, b, other) for a, b in combinations(range(len(sizes)), 2)
             for one, other in product(range(sizes[a]), range(sizes[b]))]  # fmt: skip
    chance.shuffle(pairs)
    for a, one, b, other in pairs:
        choice = [chance.randrange(size) for size in sizes]
        choice[a], choice[b] = one, other
        yield choice
    while True:
        yield [chance.randrange(size) for size in sizes]


def rules_of(rules: Rules) -> Iterator[Rule]:
    """Every rule of the study, form by form, in the order of the definition."""
    for own in rules.forms.values():
        form = own.form
        for group in form.item_group:
            if group.oid in own.gates:
                yield Rule("gate", group.oid, own.gates[group.oid], form, group)
            for item in group.item:
                tables: tuple[tuple[RuleKind, Mapping[str, Program]], ...] = (
                    ("gate", own.gates), ("required", own.required), ("locked", own.locks),
                    ("method", own.methods),
                )  # fmt: skip
                for kind, table in tables:
                    if item.oid in table:
                        program = table[item.oid]
                        yield Rule(kind, program.oid, program, form, group, item)
        for check in own.checks:
            group = form.group_of[check.item.oid]
            yield Rule("condition", check.program.oid, check.program, form, group, check.item)
    for status, program in rules.subject.status:
        yield Rule("status", f"status.{status.code}", program)
    for line, program in rules.subject.flow:
        yield Rule("flow", f"flow.{line.code}", program)
    for program in rules.subject.required.values():
        yield Rule("form", program.oid, program)
