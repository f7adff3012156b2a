"""What each operand of a rule can be: its corner values, bound as an evaluation binds them.

Names that follow from one value (`VS.TEMP`, `known.VS.TEMP`, `flag.…`) are one Operand: it has states, each a
table of bound names; a state without its value is "missing".  Nothing here runs a rule: see `tries.py`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, Final

from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import ItemDef, ReferenceRange
from crf_app.model.keys import Answer
from crf_app.rules.binding import Bound, Lines, bind_cell, bind_outside
from crf_app.rules.compared import compared_with
from crf_app.rules.compiler import Program
from crf_app.rules.corner_values import ROWS, TODAY, Compared, corner_texts, date_corners, step_of
from crf_app.rules.environment import Name
from crf_app.rules.expression import Rules
from crf_app.rules.facts import Facts
from crf_app.rules.ranges import Reference
from crf_app.rules.readings import read
from crf_app.rules.syntax_tree import tree

_FOLLOWING: Final = ("known.", "partial.", "flag.", "uln.")
_CELLS: Final = 6  # values of a column
_LINES: Final = 60  # lists of one length
#: stands where a laboratory result has no range of its own: the site's would stand there
_MADE_UP: Final = ReferenceRange(low="1", high="10")


@dataclass(frozen=True)
class Operand:
    """What moves on its own; `states` each bind some of its names.  The last one is "missing", if any."""

    key: str
    names: tuple[Name, ...]
    states: tuple[Bound, ...]

    @property
    def has_value(self) -> bool:
        """Whether a cell stands behind it, which may be empty."""
        return any(name.item is not None and name.place != "study" for name in self.names)


def key_of(name: str) -> str:
    """The operand of a name: `known.row.AE.AETERM` follows `row.AE.AETERM`; all of `event.` goes together."""
    for before in _FOLLOWING:
        name = name.removeprefix(before)
    return "event" if name.startswith("event.") else name


class Corners:
    """Makes the operands of rules that stand in one form (None: rules about subjects)."""

    def __init__(self, rules: Rules, form: FormDef | None, group: ItemGroupDef | None = None) -> None:
        self.rules, self.form, self.group = rules, form, group
        self.study: Study = rules.study
        self.lists = self.study.code_lists

    def operands(self, programs: Sequence[Program]) -> list[Operand]:
        """The operands of some programs together, sorted by key."""
        compared: dict[str, Compared] = {}
        for program in programs:
            self._note(program, compared)
        names = {name.name: name for program in programs for name in program.names}
        by_key: dict[str, list[Name]] = {}
        for name in names.values():
            by_key.setdefault(key_of(name.name), []).append(name)
        made = []
        for key in sorted(by_key):
            states = self._states(key, tuple(by_key[key]), compared.get(key, Compared()), programs)
            made.append(Operand(key, tuple(by_key[key]), _different(states, by_key[key])))
        return made

    def _note(self, program: Program, compared: dict[str, Compared]) -> None:
        """Add the constants by operand; a constant that stands with no name counts for every one."""
        found = compared_with(tree(program.expression.serialize()))
        loose = found.pop("", Compared())
        for name in program.names:
            key, one = key_of(name.name), found.get(name.name, Compared())
            before = compared.get(key, Compared())
            numbers = dict.fromkeys((*before.numbers, *one.numbers, *loose.numbers))
            texts = dict.fromkeys((*before.texts, *one.texts, *loose.texts))
            compared[key] = Compared(tuple(numbers), tuple(texts))

    def _states(
        self, key: str, names: tuple[Name, ...], compared: Compared, programs: Sequence[Program]
    ) -> Iterator[Bound]:
        first = names[0]
        if key == "today":
            yield {"today": TODAY.isoformat()}
        elif key == "event":
            yield from self._events(names, compared)
        elif key.startswith("subject."):
            yield from self._subject(key, names, compared)
        elif key == "row.ROW":
            yield {key: ROWS[0]}
        elif key == "row.CODE":
            yield from ({key: code} for code in self._row_codes())
        elif first.kind in ("rows", "visits"):
            yield from ({key: lines} for lines in self._lines(first, compared, programs))
        elif first.kind == "taken":
            yield from ({key: True}, {key: False})
        elif first.kind in ("subjects", "grade"):
            counts = [0.0] if first.kind == "grade" else []
            counts += [1.0, 2.0, 3.0, *(one + beside for one in compared.numbers for beside in (-1, 0, 1))]
            yield from ({key: one} for one in dict.fromkeys(counts))
            yield {}
        elif (item := next((name.item for name in names if name.item is not None), None)) is not None:
            yield from self._cell(key, item, compared)
        else:
            yield from ({key: one} for one in _of_type(first, compared))
            yield {}

    def _cell(self, key: str, item: ItemDef, compared: Compared) -> Iterator[Bound]:
        """The states of a cell by every range that may stand, then without a value."""
        prefix = key.removesuffix(item.variable)
        references = item.reference or ((_MADE_UP,) if item.lab else ())
        ranges: list[Reference | None] = [Reference(one.low, one.high) for one in references]
        ranges = ranges or [None]
        for text in corner_texts(item, _with_multiples(item, compared), dict(self.lists)):
            answer = Answer(text)
            for reference in ranges:
                yield _bound(prefix, item, answer, reference)
        yield from (_bound(prefix, item, Answer(), reference) for reference in ranges)

    def _subject(self, key: str, names: tuple[Name, ...], compared: Compared) -> Iterator[Bound]:
        fact = key.removeprefix("subject.")
        if fact == "DOSE":
            for arm in self.study.arms:
                yield {"known.subject.DOSE": True, key: float(arm.dose)}
            yield {"known.subject.DOSE": False}
            return
        item = self.rules.names[key].item
        texts = corner_texts(item, compared, dict(self.lists)) if item is not None else []
        for text in (*texts, ""):
            yield bind_outside(names, "", Facts(subject={fact: text}))

    def _events(self, names: tuple[Name, ...], compared: Compared) -> Iterator[Bound]:
        """Each visit that holds the form with its own number, and every corner of its other facts."""
        read = {name.name.rpartition(".")[2] for name in names}
        numbers = sorted(
            {number for one in (0.0, 1.0, *compared.numbers) for number in (one - 1, one, one + 1)}
        )
        beside: list[list[str | None]] = [
            [None, *(number_text_of(one) for one in numbers)] if fact in read else [None]
            for fact in ("DAY", "OUTSIDE")
        ]
        beside += [[None, "VS, LBC"] if "MISSING" in read else [None]]
        beside += [[None, *list(date_corners(compared))[:12]] if "NEXT" in read else [None]]
        asked = [one for one in self.study.event if self.form is None or self.form.oid in one.form_oids]
        for event in asked or self.study.event:
            for facts in product(*beside):
                told = dict(zip(("DAY", "OUTSIDE", "MISSING", "NEXT"), facts, strict=True))
                known = {name: text for name, text in told.items() if text is not None}
                known |= {"OID": event.oid, "NUMBER": event.number}
                yield bind_outside(names, "", Facts(event=known))

    def _row_codes(self) -> list[str]:
        rows = self.group.rows if self.group is not None else None
        return list(self.lists[rows].by_code) if rows in self.lists else [ROWS[0]]

    def _lines(self, name: Name, compared: Compared, programs: Sequence[Program]) -> Iterator[Lines]:
        """No line, one, two and as many as the rule counts; corner values in the columns that it reads."""
        columns = dict(name.columns)
        read_ = {column for program in programs for source, column in program.columns if source == name.name}
        cells = {column: self._column(column, columns[column], compared) for column in sorted(read_)}
        chance = random.Random(name.name)
        one_line = _some(list(cells.values()), chance)
        lines = [dict(zip(cells, values, strict=True)) for values in one_line]
        made = list(columns)
        yield Lines.of([], made)
        for line in lines:
            yield Lines.of([{"ROW": ROWS[0], "N": "1"} | line], made)
        for _ in range(_LINES):
            pair = [chance.choice(lines), chance.choice(lines)]
            yield Lines.of([{"N": str(n), "ROW": f"r{n}"} | line for n, line in enumerate(pair, 1)], made)
        counts = {int(one) + beside for one in compared.numbers if 2 <= one <= 30 for beside in (0, 1)}
        for count in sorted(counts):
            for line in lines[:_LINES]:
                yield Lines.of([line | {"ROW": f"r{n}", "N": str(n)} for n in range(1, count + 1)], made)

    def _column(self, column: str, item: ItemDef | None, compared: Compared) -> list[str]:
        if item is not None:
            return [*corner_texts(item, compared, dict(self.lists))[:_CELLS], ""]
        events = self.study.event
        known: Mapping[str, list[str]] = {
            "ROW": list(ROWS),
            "N": ["1", "2"],
            "EVENT": [
                *(oid for oid in compared.texts if oid in self.study.events),
                *(one.oid for one in events),
            ],
            "NUMBER": [one.number for one in events],
            "TYPE": ["Scheduled", "Unscheduled", "Common"],
            "DATE": [*list(date_corners(compared))[:_CELLS], ""],
            "WHEN": ["earlier", "this", "later"],
        }
        return list(dict.fromkeys(known[column]))[:_CELLS]


def _of_type(name: Name, compared: Compared) -> Iterator[Any]:
    """Values of a name that says nothing but its type: a fact of the study, such as `consent.FROM`."""
    if name.type == "BOOL":
        yield from (True, False)
    elif name.type == "DOUBLE":
        yield from (one + beside for one in (0.0, *compared.numbers) for beside in (0, -1, 1))
    else:
        yield from (*compared.texts, "a", "b", *date_corners(compared))


def number_text_of(number: float) -> str:
    """A whole or decimal number as a fact holds it."""
    return str(int(number)) if number == int(number) else str(number)


def _with_multiples(item: ItemDef, compared: Compared) -> Compared:
    """Also the multiples of the upper limit of normal that an expression speaks of."""
    highs = [float(one.high) for one in item.reference if one.high is not None]
    if item.lab and not highs:
        highs = [10.0]
    digits = -int(step_of(item).as_tuple().exponent)
    more = [round(high * one, max(digits, 0)) for high in highs for one in compared.numbers if 1 < one <= 100]
    return Compared((*compared.numbers, *highs, *more), compared.texts)


def _bound(prefix: str, item: ItemDef, answer: Answer, reference: Reference | None) -> Bound:
    into: Bound = {}
    bind_cell(into, prefix, item, answer, read(item, answer), reference)
    return into


def _different(states: Iterator[Bound], names: Sequence[Name]) -> tuple[Bound, ...]:
    """Each state once, with the names that are read."""
    read_ = {name.name for name in names}
    found: dict[tuple[tuple[str, Any], ...], Bound] = {}
    for state in states:
        kept = {name: value for name, value in state.items() if name in read_}
        found.setdefault(tuple(sorted(kept.items())), kept)
    return tuple(found.values())


def _some(cells: list[list[str]], chance: random.Random) -> list[tuple[str, ...]]:
    """Every combination of some columns' values, or a sample that holds each value at least once."""
    if prod(map(len, cells)) <= _LINES:
        return list(product(*cells))
    longest = max(map(len, cells))
    turned = [chance.sample(values, len(values)) for values in cells]
    kept = [tuple(values[n % len(values)] for values in turned) for n in range(longest)]
    kept += [tuple(chance.choice(values) for values in cells) for _ in range(_LINES - longest)]
    return list(dict.fromkeys(kept))
