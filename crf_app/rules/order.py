"""In which order the groups and items of a form are worked out: each after what its rules read.

Only `collect_when` and methods order items; conditions run last.  A circle of items is refused, also one that
runs through several forms of a visit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Protocol

from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef
from crf_app.rules.compiler import Compiler, Program
from crf_app.rules.hints import Words


class Ordered(Protocol):
    """What the order needs to know of a form's rules."""

    @property
    def form(self) -> FormDef: ...
    @property
    def gates(self) -> Mapping[str, Program]: ...
    @property
    def methods(self) -> Mapping[str, Program]: ...


def evaluation_order(
    study: Study, forms: Sequence[Ordered], compiler: Compiler
) -> dict[str, tuple[str, ...]]:
    """form OID → OIDs of its groups and items in order; a circle is noted as a problem."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for rules in forms:
        for group in rules.form.item_group:
            sorter.add(group.oid, *_read(rules, group.oid))
            for item in group.item:
                sorter.add(item.oid, group.oid, *_read(rules, item.oid))
    try:
        ordered = list(sorter.static_order())
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        compiler.note(
            circle[0],
            Words(f"A circle: {' needs '.join(circle)}.", f"循环引用：{' → '.join(circle)}。"),
            Words("One of them must not read the next.", "其中一项不可读取下一项。"),
        )
        return {form.oid: () for form in study.form}
    return {rules.form.oid: _of_form(rules.form, ordered) for rules in forms}


def _read(rules: Ordered, oid: str) -> list[str]:
    programs = [table[oid] for table in (rules.gates, rules.methods) if oid in table]
    return [name.item.oid for program in programs for name in program.names if name.item and name.same_visit]


def _of_form(form: FormDef, ordered: Sequence[str]) -> tuple[str, ...]:
    own = {group.oid for group in form.item_group} | form.items.keys()
    return tuple(oid for oid in ordered if oid in own)
