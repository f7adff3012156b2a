"""The rules of one form: gates, requirements, methods and checks, compiled and looked through together.

Refuses what would never run: a method nobody uses, a rule over rows at an item without rows, a name of a form
that is never in the same visit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple, TypeVar

from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.form_def import ConditionDef, FormDef
from crf_app.model.item_def import ItemDef
from crf_app.rules.compiler import Compiler, Program
from crf_app.rules.environment import Kind, Name, ValueType, is_repeated, value_type
from crf_app.rules.hints import Words, quoted
from crf_app.rules.placeholders import placeholder_problems, shown_names


@dataclass(frozen=True)
class Check:
    """A compiled condition; `item` is where the finding opens, `shown` the names its message shows."""

    program: Program
    item: ItemDef
    definition: ConditionDef
    shown: tuple[Name, ...] = ()


class NameReaders(NamedTuple):
    """What runs again when a name says something else.

    `walked`: groups and items whose gate or method reads it; `required`: items whose requirement or lock
    does; `checks`: places in `FormRules.checks` of those that read or show it.
    """

    walked: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    checks: frozenset[int] = frozenset()


NOBODY: Final = NameReaders()


@dataclass(frozen=True)
class FormRules:
    """Everything that runs in one form.

    `order`: OIDs of groups and items, each after what it reads.  `gates` by group or item OID, `required`,
    `methods` and `locks` by item OID.  `links`: the lists of rows that items of the form name.
    """

    form: FormDef
    order: tuple[str, ...]
    gates: Mapping[str, Program]
    required: Mapping[str, Program]
    methods: Mapping[str, Program]
    checks: tuple[Check, ...]
    locks: Mapping[str, Program] = field(default_factory=dict)
    links: tuple[Name, ...] = ()

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """Every name that the form's rules read or show, once."""
        read = [name for program in self.programs for name in program.names]
        read += [name for check in self.checks for name in check.shown]
        read += self.links
        return tuple({name.name: name for name in read}.values())

    @property
    def programs(self) -> tuple[Program, ...]:
        checks = (check.program for check in self.checks)
        tables = (self.gates, self.required, self.methods, self.locks)
        return (*(program for table in tables for program in table.values()), *checks)

    @cached_property
    def gate_names(self) -> tuple[Name, ...]:
        """Every name that decides which items are asked, once."""
        read = (name for program in self.gates.values() for name in program.names)
        return tuple({name.name: name for name in read}.values())

    @cached_property
    def forms_read(self) -> tuple[str, ...]:
        """Other forms of the visit that the rules read, sorted."""
        others = {name.form for name in self.names if name.same_visit}
        return tuple(sorted(others - {"", self.form.oid}))

    @cached_property
    def previous_read(self) -> frozenset[str]:
        """Variables that the rules read from an earlier visit."""
        return frozenset(name.item.variable for name in self.names if name.place == "prev" and name.item)

    @cached_property
    def baseline_read(self) -> frozenset[str]:
        """Variables that are read from the baseline: by the rules, and by suggested grades."""
        graded = frozenset(item.variable for item in self.form.items.values() if item.grade)
        return graded | frozenset(
            name.item.variable
            for name in self.names
            if name.item and (name.place == "base" or name.kind == "grade")
        )

    @cached_property
    def columns_read(self) -> frozenset[str]:
        """OIDs of the items that the rules read in lists of rows and visits."""
        found = {pair for program in self.programs for pair in program.columns}
        lists = {name.name: dict(name.columns) for name in self.names}
        items = (lists[source].get(column) for source, column in found)
        return frozenset(item.oid for item in items if item is not None)

    def read_of(self, kind: Kind) -> tuple[Name, ...]:
        """The names of one kind that the rules read."""
        return tuple(name for name in self.names if name.kind == kind)

    def walked_after(self, oid: str) -> frozenset[str]:
        """Groups and items whose gate or method reads the item; for a group, its items."""
        return self._walked_after.get(oid, frozenset())

    def required_by(self, oid: str) -> frozenset[str]:
        """Items whose requirement or lock reads the item."""
        return self._required_by.get(oid, frozenset())

    def checks_reading(self, oid: str) -> frozenset[int]:
        """Places in `checks` of those that open at the item, read it or show it."""
        return self._checks_reading.get(oid, frozenset())

    def readers_of_names(self, names: Iterable[str]) -> NameReaders:
        """What reads or shows any of these names (`prev.VS.SYSBP`)."""
        found = [self._readers_of_name[name] for name in names if name in self._readers_of_name]
        return NameReaders(
            NOBODY.walked.union(*(one.walked for one in found)),
            NOBODY.required.union(*(one.required for one in found)),
            NOBODY.checks.union(*(one.checks for one in found)),
        )

    @cached_property
    def _readers_of_name(self) -> Mapping[str, NameReaders]:
        walked = _by_name(*self.gates.items(), *self.methods.items())
        required = _by_name(*self.required.items(), *self.locks.items())
        shown = [(place, (*check.program.names, *check.shown)) for place, check in enumerate(self.checks)]
        checks = _grouped((name.name, place) for place, names in shown for name in names)
        return {
            name.name: NameReaders(
                walked.get(name.name, frozenset()),
                required.get(name.name, frozenset()),
                checks.get(name.name, frozenset()),
            )
            for name in self.names
        }

    @cached_property
    def _walked_after(self) -> Mapping[str, frozenset[str]]:
        pairs = [(group.oid, item.oid) for group in self.form.item_group for item in group.item]
        for table in (self.gates, self.methods):
            pairs += [(read, oid) for oid, program in table.items() for read in _items_of(program.names)]
        return _grouped(pairs)

    @cached_property
    def _required_by(self) -> Mapping[str, frozenset[str]]:
        pairs = [*self.required.items(), *self.locks.items()]
        return _grouped((read, oid) for oid, program in pairs for read in _items_of(program.names))

    @cached_property
    def _checks_reading(self) -> Mapping[str, frozenset[int]]:
        return _grouped(
            (read, place)
            for place, check in enumerate(self.checks)
            for read in {check.item.oid, *_items_of(check.program.names), *_items_of(check.shown)}
        )


_T = TypeVar("_T")


def _items_of(names: Iterable[Name]) -> set[str]:
    """OIDs of the items behind names, wherever they are read."""
    return {name.item.oid for name in names if name.item is not None}


def _by_name(*programs: tuple[str, Program]) -> dict[str, frozenset[str]]:
    return _grouped((name.name, oid) for oid, program in programs for name in program.names)


def _grouped(pairs: Iterable[tuple[str, _T]]) -> dict[str, frozenset[_T]]:
    out: dict[str, set[_T]] = {}
    for name, one in pairs:
        out.setdefault(name, set()).add(one)
    return {name: frozenset(some) for name, some in out.items()}


class FormCompiler:
    """Compiles what stands in one form."""

    def __init__(self, compiler: Compiler, study: Study, form: FormDef) -> None:
        self.compiler, self.study, self.form = compiler, study, form
        self.neighbours = {
            oid for event in study.event if form.oid in event.form_oids for oid in event.form_oids
        }

    def compile(self) -> FormRules:
        gates, required, methods = self._gates(), self._required(), self._methods()
        checks = tuple(self._conditions())
        return FormRules(self.form, (), gates, required, methods, checks, self._locks(), self._links())

    def _links(self) -> tuple[Name, ...]:
        groups = {item.link for item in self.form.items.values() if item.link is not None}
        known = (name for name in self.compiler.names.values() if name.kind == "rows")
        return tuple(name for name in known if name.group in groups)

    def _gates(self) -> dict[str, Program]:
        found: dict[str, Program | None] = {}
        for group in self.form.item_group:
            if group.collect_when is not None:
                found[group.oid] = self._program(group.oid, group.collect_when, "BOOL", "")
            for item in group.item:
                if item.collect_when is not None:
                    found[item.oid] = self._program(item.oid, item.collect_when, "BOOL", self._rows_at(item))
        return {oid: program for oid, program in found.items() if program is not None}

    def _required(self) -> dict[str, Program]:
        return self._of_items({item.oid: item.mandatory_when for item in self.form.items.values()})

    def _locks(self) -> dict[str, Program]:
        return self._of_items({item.oid: item.locked_when for item in self.form.items.values()})

    def _of_items(self, texts: Mapping[str, str | None]) -> dict[str, Program]:
        found = {
            oid: self._program(oid, text, "BOOL", self._rows_at(self.form.items[oid]))
            for oid, text in texts.items()
            if text is not None
        }
        return {oid: program for oid, program in found.items() if program is not None}

    def _methods(self) -> dict[str, Program]:
        found: dict[str, Program] = {}
        used: set[str] = set()
        for item in self.form.items.values():
            if item.method is None:
                continue
            used.add(item.method)
            method = self.form.methods.get(item.method)
            if method is None:
                words = Words(
                    f"Method {item.method} is not in form {self.form.oid}.",
                    f"表单 {self.form.oid} 中没有方法 {item.method}。",
                )
                self.compiler.note(item.oid, words)
                continue
            program = self._program(method.oid, method.expression, value_type(item), self._rows_at(item))
            if program is not None:
                found[item.oid] = program
        for oid in self.form.methods.keys() - used:
            self.compiler.note(
                oid,
                Words("No item uses this method.", "没有条目使用此方法。"),
                Words(f'Write method = "{oid}" at its item.', f'请在条目中写 method = "{oid}"。'),
            )
        return found

    def _conditions(self) -> list[Check]:
        found = []
        for condition in self.form.condition:
            item = self.form.items.get(condition.item)
            if item is None:
                words = Words(
                    f"{condition.item} is not an item of {self.form.oid}.",
                    f"{condition.item} 不是 {self.form.oid} 的条目。",
                )
                self.compiler.note(condition.oid, words)
                continue
            rows = self._rows_at(item)
            program = self._program(condition.oid, condition.expression, "BOOL", rows)
            self._placeholders(condition.oid, condition.message, rows)
            if program is not None and rows and not program.reads_rows:
                self.compiler.note(
                    condition.oid,
                    Words(
                        f"{item.oid} has rows, and the condition reads none of them.",
                        f"{item.oid} 为多行条目，而条件未读取任何行。",
                    ),
                    Words(
                        f"Write row.{item.variable}, or put the finding at an item that stands once.",
                        f"请写 row.{item.variable}，或将提示放在单行条目上。",
                    ),
                )
            elif program is not None:
                found.append(Check(program, item, condition, self._shown(condition.message)))
        return found

    def _shown(self, message: Text) -> tuple[Name, ...]:
        names = self.compiler.names
        return tuple(names[name] for name in sorted(shown_names(message, names)))

    def _placeholders(self, oid: str, message: Text, rows: str) -> None:
        for problem in placeholder_problems(message, self.compiler.names, rows):
            self.compiler.note(oid, problem)

    def _rows_at(self, item: ItemDef) -> str:
        """The OID of the item's group if it has rows, else ""."""
        group = self.form.group_of[item.oid]
        return group.oid if is_repeated(group) else ""

    def _program(self, oid: str, text: str, result: ValueType, rows: str) -> Program | None:
        """Compile, and refuse names that can never be bound here."""
        program = self.compiler.compile(oid, text, result)
        if program is None:
            return None
        wrong = [message for name in program.names for message in self._unreachable(name, rows)]
        for message in wrong:
            self.compiler.note(oid, quoted(message, text))
        return None if wrong else program

    def _unreachable(self, name: Name, rows: str) -> list[Words]:
        """Why the name can never be bound at this place."""
        if name.place == "row" and not rows:
            return [Words(f"{name.name} reads a row; the rule stands at an item without rows.",
                          f"{name.name} 读取行，而规则所在条目没有行。")]  # fmt: skip
        if name.place == "row" and name.group not in ("", rows):
            return [Words(f"{name.name} reads a row of {name.group}; the rule stands at {rows}.",
                          f"{name.name} 读取 {name.group} 的行，而规则位于 {rows}。")]  # fmt: skip
        if name.place == "at" and name.form != self.form.oid:
            return [Words(f"{name.name} reads a row of another form.",
                          f"{name.name} 读取其他表单的行。")]  # fmt: skip
        if name.place == "" and name.form and name.form != self.form.oid and name.form not in self.neighbours:
            return [Words(f"{name.name}: {name.form} and {self.form.oid} are never in one visit.",
                          f"{name.name}：{name.form} 与 {self.form.oid} 从不在同一访视。")]  # fmt: skip
        return []
