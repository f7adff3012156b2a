"""One expression of a definition, compiled, looked through and run.

Refused: what CEL's checker refuses, a result of another type, arithmetic that is compared without round(...),
dyn(...), and a code that the item's code list does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from crf_app.model.item_def import CodeList, ItemDef
from crf_app.rules.binding import Lines
from crf_app.rules.environment import Name, ValueType
from crf_app.rules.hints import (
    NO_HINT,
    RuleProblem,
    Words,
    no_such_code,
    no_such_column,
    refused_by_cel,
    unrounded,
    untyped,
    wrong_result,
)
from crf_app.rules.list_fields import ListField, list_fields
from crf_app.rules.syntax_tree import Node, tree

#: what CEL answers when a name is not bound; the package's version is pinned and a test holds this text
UNBOUND: Final = "UNKNOWN: No value with name"
_ARITHMETIC: Final = frozenset({"_+_", "_-_", "_*_", "_/_", "_%_", "-_"})
_COMPARED: Final = frozenset({"_<_", "_<=_", "_>_", "_>=_", "_==_", "_!=_", "@in"})
_CODED: Final = frozenset({"_==_", "_!=_", "@in", "includes"})
_KEPT: Final = 256  # results a program: some subjects' worth of visits


class Failed(str):
    """Why an expression could not run."""


Result = bool | float | str | Failed | None
_NOT_YET: Final = Failed("")


@dataclass(frozen=True)
class Program:
    """A compiled expression with the names it reads."""

    oid: str
    text: str
    result: ValueType
    names: tuple[Name, ...]
    expression: Any
    #: (list, column) of the rows and visits that it looks at
    columns: tuple[tuple[str, str], ...] = ()
    #: operands → result; a result follows from its operands alone, so it never grows old
    known: dict[tuple[tuple[str, Any], ...], Result] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def reads_rows(self) -> bool:
        """Whether it runs once for each row."""
        return any(name.place == "row" for name in self.names)

    @cached_property
    def read(self) -> tuple[str, ...]:
        return tuple(name.name for name in self.names)


def run(program: Program, data: Mapping[str, Any]) -> Result:
    """The result; None where an operand that matters is not bound; Failed where the rule could not run.

    The last results are kept: cel-expr-python 0.1.3 never gives back the operands of a call into Python, so
    a form that is opened again and again would grow by 100 kB each time (measured by `make soak`).
    """
    read = {name: data[name] for name in program.read if name in data}
    operands = tuple(read.items())
    result = program.known.get(operands, _NOT_YET)
    if result is not _NOT_YET:
        return result
    if len(program.known) >= _KEPT:
        program.known.clear()
    result = program.known[operands] = _evaluated(program, read)
    return result


def _evaluated(program: Program, read: Mapping[str, Any]) -> Result:
    data = {name: value.maps() if isinstance(value, Lines) else value for name, value in read.items()}
    try:
        value = program.expression.eval(data=data)
    except RuntimeError as error:  # a value that CEL cannot take, such as a lone surrogate
        return Failed(str(error))
    result = value.value()
    if isinstance(result, str) and value.type().name() == "ERROR":
        return None if result.startswith(UNBOUND) else Failed(result)
    if isinstance(result, bool | float | str):
        return result
    return Failed(f"a result of type {value.type().name()}")


class Compiler:
    """Compiles the expressions of one study and collects the problems."""

    def __init__(
        self, environment: Any, names: Mapping[str, Name], code_lists: Mapping[str, CodeList]
    ) -> None:
        self.environment = environment
        self.names = names
        self.code_lists = code_lists
        self.problems: list[RuleProblem] = []

    def compile(self, oid: str, text: str, result: ValueType) -> Program | None:
        """The program, or None after noting what is wrong with it."""
        try:
            expression = self.environment.compile(text)
        except RuntimeError as error:
            self.problems.append(refused_by_cel(oid, str(error), self.names))
            return None
        found = expression.return_type().name()
        if found != result:
            self.problems.append(wrong_result(oid, text, found, result))
            return None
        root = tree(expression.serialize())
        fields = tuple(list_fields(root, self.names))
        wrong = self._looked_through(oid, text, root) + self._wrong_fields(oid, text, fields)
        self.problems += wrong
        read = {node.text for node in root.walk() if node.kind == "name"}
        names = tuple(self.names[name] for name in sorted(read) if name in self.names)
        columns = tuple(dict.fromkeys((one.source.name, one.column) for one in fields))
        return None if wrong else Program(oid, text, result, names, expression, columns)

    def note(self, oid: str, message: Words, hint: Words = NO_HINT) -> None:
        self.problems.append(RuleProblem(oid, message, hint))

    def _looked_through(self, oid: str, text: str, root: Node) -> list[RuleProblem]:
        wrong = [unrounded(oid, text)] if _compares_arithmetic(root, compared=False) else []
        for node in root.walk():
            if node.kind == "call" and node.text == "dyn":
                wrong.append(untyped(oid, text))
            if node.kind == "call" and node.text in _CODED:
                wrong += self._wrong_codes(oid, text, node)
        return wrong

    def _wrong_fields(self, oid: str, text: str, fields: Sequence[ListField]) -> list[RuleProblem]:
        """A column that the list does not have, and a code that the column's code list does not hold."""
        wrong = []
        for one in fields:
            columns = dict(one.source.columns)
            if one.column not in columns:
                wrong.append(no_such_column(oid, text, one.source.name, one.column, tuple(columns)))
                continue
            item = columns[one.column]
            if item is None or item.code_list is None or item.multiple:
                continue
            if item.code_list not in self.code_lists:
                continue
            known = self.code_lists[item.code_list].by_code
            wrong += [
                no_such_code(oid, text, item.oid, code, tuple(known))
                for code in one.compared_with
                if code not in known and code
            ]
        return wrong

    def _wrong_codes(self, oid: str, text: str, node: Node) -> list[RuleProblem]:
        """A code that its list does not hold would make the check silent."""
        item = self._compared_item(node)
        if item is None or item.code_list is None or item.code_list not in self.code_lists:
            return []
        if item.multiple and node.text != "includes":
            return []
        known = self.code_lists[item.code_list].by_code
        wrong = [code for code in _constants(node) if code not in known]
        return [no_such_code(oid, text, item.oid, code, tuple(known)) for code in wrong]

    def _compared_item(self, node: Node) -> ItemDef | None:
        """The item whose value is compared, where one side is an item's plain name."""
        names = (self.names.get(part.text) for part in node.children if part.kind == "name")
        return next((name.item for name in names if name and name.kind in ("value", "prev", "subject")), None)


def _constants(node: Node) -> Sequence[str]:
    lists = [part for part in node.children if part.kind == "other"]
    parts = [*node.children, *(one for part in lists for one in part.children)]
    return [one.text for one in parts if one.kind == "constant"]


def _compares_arithmetic(node: Node, *, compared: bool) -> bool:
    """Whether an arithmetic of doubles stands under a comparison with no round(...) between."""
    if node.kind == "call":
        if node.text == "round":
            compared = False
        elif node.text in _COMPARED:
            compared = True
        elif compared and node.text in _ARITHMETIC and any("double" in name for name in node.overloads):
            return True
    return any(_compares_arithmetic(child, compared=compared) for child in node.children)
