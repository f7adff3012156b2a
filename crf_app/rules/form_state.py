"""Evaluate a form: what is asked, derived, out of range, wrong.  Pure, never raises, idempotent.

Order: gates and methods by what they read, then range checks, then conditions.  An item that is not asked
keeps its value and has no findings.  Rules: `expression.py`; numbers and limits: `readings.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from crf_app.model.definition import FormDef, ItemDef, ItemGroupDef
from crf_app.model.keys import Answer
from crf_app.rules.binding import Bound, bind_cell, bind_outside
from crf_app.rules.compiler import Failed, Program, run
from crf_app.rules.derive import derived_answer
from crf_app.rules.environment import is_repeated
from crf_app.rules.expression import Rules
from crf_app.rules.facts import Facts, Finding, FormState, ItemState
from crf_app.rules.findings import FindingMaker
from crf_app.rules.readings import Reading, flag_of, read, reference_for, times_limit

__all__ = ["Facts", "Finding", "FormState", "ItemState", "collected_values", "evaluate"]

Rows = Mapping[str, Sequence[str]]


def evaluate(
    rules: Rules, form: FormDef, values: Mapping[str, Answer], facts: Facts, rows: Rows | None = None
) -> FormState:
    """The state of `form`.

    `values`: local → Answer as stored; what stands at derived items is worked out anew.  `rows`: group OID →
    row ids in order; the fixed rows of a group with a code list exist without being named.
    """
    run_ = _Run(rules, form, values, facts, rows or {})
    run_.walk(derive=True)
    return run_.state()


def collected_values(
    rules: Rules, form: FormDef, values: Mapping[str, Answer], facts: Facts, rows: Rows | None = None
) -> dict[str, Answer]:
    """variable → Answer of what the form collects, for the Facts of other forms of the visit.

    Light: gates only; derived items as stored; items in rows are left out, no other form can read them.
    """
    run_ = _Run(rules, form, values, facts, rows or {})
    run_.walk(derive=False)
    return {
        item.variable: run_.answers[local]
        for local, (group, row, item) in run_.cells.items()
        if not is_repeated(group) and run_.collected[local] and not run_.answers[local].empty
    }


class _Run:
    """One evaluation of one form."""

    def __init__(
        self, rules: Rules, form: FormDef, values: Mapping[str, Answer], facts: Facts, rows: Rows
    ) -> None:
        self.rules, self.form, self.facts = rules, form, facts
        self.own = rules.forms[form.oid]
        self.rows = {group.oid: _rows_of(rules, group, rows) for group in form.item_group}
        self.cells = dict(self._cells())
        self.answers = {local: values.get(local, Answer()) for local in self.cells}
        self.readings: dict[str, Reading] = {}
        self.collected: dict[str, bool] = {}
        self.open_groups: dict[str, bool] = {}
        self.bound = bind_outside(self.own.names, form.oid, facts)
        self.row_bound: dict[str, Bound] = {
            f"{group}~{row}": {"row.CODE": row} for group, ids in self.rows.items() for row in ids if row
        }
        self.maker = FindingMaker(rules, form, self.answers, facts)
        self.findings: dict[str, list[Finding]] = {}

    def _cells(self) -> Iterator[tuple[str, tuple[ItemGroupDef, str, ItemDef]]]:
        """local → (group, row, item) in the order of the paper."""
        for group in self.form.item_group:
            for row in self.rows[group.oid]:
                place = f"{group.oid}~{row}" if row else group.oid
                for item in group.item:
                    yield f"{place}/{item.oid}", (group, row, item)

    def walk(self, *, derive: bool) -> None:
        """Gates and methods in their order."""
        groups = {group.oid: group for group in self.form.item_group}
        for oid in self.own.order:
            if oid in groups:
                first = next((local for local, (group, _, _) in self.cells.items() if group.oid == oid), "")
                self.open_groups[oid] = self._open(oid, first, self.bound)
            else:
                self._walk_item(self.form.items[oid], derive=derive)

    def _walk_item(self, item: ItemDef, *, derive: bool) -> None:
        group = self.form.group_of[item.oid]
        for row in self.rows[group.oid]:
            place = f"{group.oid}~{row}" if row else group.oid
            local, data = f"{place}/{item.oid}", self._data(place)
            asked = self.open_groups[group.oid] and self._open(item.oid, local, data)
            self.collected[local] = asked
            if item.derived and derive:
                self.answers[local] = self._derived(item, local, data) if asked else Answer()
            self._bind(group, row, item, local, asked=asked)

    def _open(self, oid: str, local: str, data: Bound) -> bool:
        program = self.own.gates.get(oid)
        return program is None or self._run(program, data, local) is True

    def _derived(self, item: ItemDef, local: str, data: Bound) -> Answer:
        program = self.own.methods.get(item.oid)
        if program is None:
            return Answer()
        answer = derived_answer(item, run(program, data), self.rules.study.code_lists)
        if isinstance(answer, Failed):
            self._could_not_run(program, data, local)
            return Answer()
        return answer

    def _bind(self, group: ItemGroupDef, row: str, item: ItemDef, local: str, *, asked: bool) -> None:
        answer = self.answers[local]
        reading = self.readings[local] = read(item, answer)
        visible = answer if asked else Answer()
        if not asked:
            reading = Reading()
        if not row:
            bind_cell(self.bound, "", item, visible, reading, self.facts.subject)
            return
        place = self.row_bound[f"{group.oid}~{row}"]
        bind_cell(place, "row.", item, visible, reading, self.facts.subject)
        if group.rows is not None:
            bind_cell(self.bound, f"at.{row}.", item, visible, reading, self.facts.subject)

    def _data(self, place: str) -> Bound:
        row = self.row_bound.get(place)
        return self.bound if row is None else self.bound | row

    def _run(self, program: Program, data: Bound, local: str) -> object:
        """The result of a condition; a rule that could not run leaves its finding and is not true."""
        result = run(program, data)
        if isinstance(result, Failed):
            self._could_not_run(program, data, local)
            return None
        return result

    def _could_not_run(self, program: Program, data: Bound, local: str) -> None:
        self._add(self.maker.could_not_run(program.oid, local, program, data))

    def _add(self, finding: Finding) -> None:
        self.findings.setdefault(finding.local, []).append(finding)

    def state(self) -> FormState:
        """Range checks, conditions, and everything put together."""
        required = {local: self._required(local) for local in self.cells}
        for local, (_, _, item) in self.cells.items():
            if self.collected[local]:
                for finding in self.maker.of_value(item, local, self.readings[local]):
                    self._add(finding)
        self._check()
        items = {local: self._item_state(local, mandatory) for local, mandatory in required.items()}
        findings = tuple(one for local in self.cells for one in self.findings.get(local, ()))
        return FormState(self.form, items, findings)

    def _required(self, local: str) -> bool:
        group, row, item = self.cells[local]
        program = self.own.required.get(item.oid)
        if item.mandatory or program is None or not self.collected[local]:
            return item.mandatory
        return self._run(program, self._data(f"{group.oid}~{row}" if row else group.oid), local) is True

    def _check(self) -> None:
        """Conditions, once or once a row; none at an item that is not asked."""
        for check in self.own.checks:
            group = self.form.group_of[check.item.oid]
            for row in self.rows[group.oid]:
                place = f"{group.oid}~{row}" if row else group.oid
                local = f"{place}/{check.item.oid}"
                if not self.collected[local]:
                    continue
                data = self._data(place)
                if self._run(check.program, data, local) is True:
                    self._add(self.maker.of_check(check, local, data))

    def _item_state(self, local: str, mandatory: bool) -> ItemState:
        group, row, item = self.cells[local]
        reading = self.readings[local]
        reference = reference_for(item, self.facts.subject) if item.reference else None
        flag = flag_of(reading, reference)
        return ItemState(
            local=local,
            group=f"{group.oid}~{row}" if row else group.oid,
            row=row,
            item=item,
            answer=self.answers[local],
            collected=self.collected[local],
            mandatory=mandatory,
            standard=reading.standard,
            reference=reference,
            flag=flag,
            times_limit=times_limit(reading, reference, flag),
            findings=tuple(self.findings.get(local, ())),
        )


def _rows_of(rules: Rules, group: ItemGroupDef, rows: Rows) -> tuple[str, ...]:
    """Row ids of a group; "" alone for a group without rows."""
    if group.rows is not None:
        return tuple(rules.study.code_lists[group.rows].by_code)
    return tuple(dict.fromkeys(rows.get(group.oid, ()))) if group.repeating else ("",)
