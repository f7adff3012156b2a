"""One form under evaluation: worked out once, then carried on answer by answer.

Order: gates and methods by what they read, then requirements, range checks and conditions.  `update` works
out again what reads the answers that changed and nothing else, `tell` what reads facts that changed; tests
hold that this gives what a new evaluation gives.  Other rows need a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer
from crf_app.model.retired import as_asked, fixed_rows, has_retired, until_of
from crf_app.rules.binding import (
    Bound,
    bind_cell,
    bind_grade,
    bind_outside,
    grade_of,
    graded_by,
    has_reference,
)
from crf_app.rules.compiler import Failed, Program, run
from crf_app.rules.derive import derived_answer
from crf_app.rules.environment import Name
from crf_app.rules.expression import Rules
from crf_app.rules.facts import Facts, Finding, FormState, ItemState
from crf_app.rules.findings import FindingMaker
from crf_app.rules.form_rules import NOBODY, NameReaders
from crf_app.rules.ranges import Reference, Sample, reference_for, sample_of
from crf_app.rules.readings import Reading, flag_of, read, times_limit

Rows = Mapping[str, Sequence[str]]
#: where a finding comes from, and so its place under its item; conditions follow in their order
_GROUP, _GATE, _METHOD, _REQUIRED, _LOCKED, _VALUE, _CHECKS = range(7)
_NOTHING: Final = Answer()
_UNBOUND: Final = object()


class Evaluation:
    """`state` is the form as it stands; `facts` what it was told from outside.

    `derive` False leaves derived items as stored and stops after the gates (see `collected_values`).
    """

    def __init__(
        self,
        rules: Rules,
        form: FormDef,
        values: Mapping[str, Answer],
        facts: Facts,
        rows: Rows,
        *,
        derive: bool = True,
    ) -> None:
        form = as_asked(form, _held(values)) if has_retired(form) else form
        self.retired_rows = {group.oid: _retired_rows(rules, group) for group in form.item_group}
        self.rules, self.form, self.facts, self.derive = rules, form, facts, derive
        self.own = rules.forms[form.oid]
        self.rows = {group.oid: _rows_of(rules, group, rows, values) for group in form.item_group}
        there = {*self.rows, *form.items}
        self.order = tuple(oid for oid in self.own.order if oid in there)
        self.cells = dict(self._cells())
        self.derived = [local for local, (_, _, item) in self.cells.items() if item.derived]
        self.answers = {local: values.get(local, _NOTHING) for local in self.cells}
        self.readings: dict[str, Reading] = {}
        self.collected: dict[str, bool] = {}
        self.mandatory: dict[str, bool] = {}
        self.locked: set[str] = set()
        self.open_groups: dict[str, bool] = {}
        self.references: dict[str, Reference | None] = {}
        self.outside = bind_outside(self.own.names, form.oid, facts, rules.study.forms)
        self.bound = dict(self.outside)
        self.sample = self._sample()
        self.row_bound: dict[str, Bound] = {
            f"{group}~{row}": {"row.CODE": row, "row.ROW": row}
            for group, ids in self.rows.items()
            for row in ids
            if row
        }
        self.maker = FindingMaker(rules, form, self.answers, facts)
        self.findings: dict[str, dict[int, Finding]] = {}
        for oid in self.order:
            self._walk(oid)
        if derive:
            self.state = self._whole_state()

    def _cells(self) -> Iterator[tuple[str, tuple[ItemGroupDef, str, ItemDef]]]:
        """local → (group, row, item) in the order of the paper."""
        for group in self.form.item_group:
            for row in self.rows[group.oid]:
                place = _place(group, row)
                for item in group.item:
                    yield f"{place}/{item.oid}", (group, row, item)

    def update(self, answers: Mapping[str, Answer]) -> None:
        """See other answers in the same rows; a derived item's is worked out here, whatever is said."""
        typed = {
            local: answer
            for local, answer in answers.items()
            if local in self.cells and not self.cells[local][2].derived
        }
        if not typed:
            return
        self.answers.update(typed)
        self._carry_on({self.cells[local][2].oid for local in typed} | self._read_sample())

    def tell(self, facts: Facts) -> None:
        """See other facts about what stands outside the form."""
        before, self.facts = self.facts, facts
        self.maker.facts = facts
        names = self._bind_outside_again(before)
        changed = self._read_sample() | self._told(before)
        linked = {
            oid
            for oid, item in self.form.items.items()
            if item.link is not None and _rows_named(item.link, before) != _rows_named(item.link, facts)
        }
        readers = self.own.readers_of_names(names)
        self._carry_on(changed, readers._replace(required=readers.required | linked))

    def _bind_outside_again(self, before: Facts) -> list[str]:
        """Bind the facts; the names that say something else, or whose answer is another in words."""
        told, known = self.outside, self.rules.study.forms
        self.outside = bind_outside(self.own.names, self.form.oid, self.facts, known)
        other = {name for name in told.keys() | self.outside.keys()
                 if told.get(name, _UNBOUND) != self.outside.get(name, _UNBOUND)}  # fmt: skip
        for name in other:
            self.bound.pop(name, None)
            if name in self.outside:
                self.bound[name] = self.outside[name]
        shown = (
            name.name for name in self.own.names if _answer_of(name, before) != _answer_of(name, self.facts)
        )
        return [*other, *(name for name in shown if name not in other)]

    def _told(self, before: Facts) -> set[str]:
        """OIDs of own items whose range or suggested grade hangs on other facts than it did."""
        now, items = self.facts, self.form.items.items()
        if now.ranges != before.ranges:
            return {oid for oid, item in items if has_reference(item, now) or has_reference(item, before)}
        graded = ((oid, item) for oid, item in items if item.grade)
        return {oid for oid, item in graded if graded_by(item, now) != graded_by(item, before)}

    def _carry_on(self, changed: set[str], readers: NameReaders = NOBODY) -> None:
        """Work out again what changed, what reads it, and `readers`."""
        again = changed | readers.walked
        for oid in self.order:
            if oid not in again:
                continue
            before = self._said(oid)
            self._walk(oid)
            if oid in changed or self._said(oid) != before:
                again |= self.own.walked_after(oid)
        self._judge(again & self.form.items.keys(), again & self.open_groups.keys(), readers)

    def _sample(self) -> Sample:
        """Laboratory and day of what the form reports."""
        wanted = {self.form.sample_date, self.form.laboratory} - {None}
        found = {item.oid: self.answers[local] for local, (_, _, item) in self.cells.items()
                 if item.oid in wanted} if wanted else {}  # fmt: skip
        return sample_of(self.form, found, self.facts.subject, self.facts.visit_day)

    def _read_sample(self) -> set[str]:
        """See whose sample it is now; OIDs of the items whose reference range may be another for that."""
        before, self.sample = self.sample, self._sample()
        if before == self.sample:
            return set()
        return {oid for oid, item in self.form.items.items() if has_reference(item, self.facts)}

    def _said(self, oid: str) -> object:
        """What others may read of a group or an item."""
        if oid in self.open_groups:
            return self.open_groups[oid]
        return [(self.collected[local], self.answers[local]) for local, _, _ in self._of_item(oid)]

    def _of_item(self, oid: str) -> Iterator[tuple[str, ItemGroupDef, str]]:
        """(local, group, row) of each cell of an item."""
        group = self.form.group_of[oid]
        for row in self.rows[group.oid]:
            yield f"{_place(group, row)}/{oid}", group, row

    def _walk(self, oid: str) -> None:
        """The gate of a group or an item, the derived answer, and what it says to those that read it."""
        item = self.form.items.get(oid)
        if item is not None:
            self._walk_item(item)
            return
        first = next((local for local, (group, _, _) in self.cells.items() if group.oid == oid), "")
        self.open_groups[oid] = self._open(oid, first, self.bound, _GROUP)

    def _walk_item(self, item: ItemDef) -> None:
        for local, group, row in self._of_item(item.oid):
            data = self._data(_place(group, row))
            asked = self.open_groups[group.oid] and self._open(item.oid, local, data, _GATE)
            asked = asked and until_of(self.form, item) is None and row not in self.retired_rows[group.oid]
            self.collected[local] = asked
            if item.derived and self.derive:
                self.answers[local] = self._derived(item, local, data) if asked else _NOTHING
            self._bind(group, row, item, local, asked=asked)

    def _open(self, oid: str, local: str, data: Bound, source: int) -> bool:
        program = self.own.gates.get(oid)
        return program is None or self._true(program, data, local, source)

    def _derived(self, item: ItemDef, local: str, data: Bound) -> Answer:
        program = self.own.methods.get(item.oid)
        if program is None:
            return _NOTHING
        answer = derived_answer(item, run(program, data), self.rules.study.code_lists)
        failed = isinstance(answer, Failed)
        self._find(local, _METHOD, self._could_not_run(program, data, local) if failed else None)
        return _NOTHING if isinstance(answer, Failed) else answer

    def _bind(self, group: ItemGroupDef, row: str, item: ItemDef, local: str, *, asked: bool) -> None:
        answer = self.answers[local]
        reading = self.readings[local] = read(item, answer)
        visible = answer if asked else _NOTHING
        if not asked:
            reading = Reading()
        reference = self.references[local] = self._reference(item, answer)
        if not row:
            bind_cell(self.bound, "", item, visible, reading, reference)
            if item.grade:
                bind_grade(self.bound, "", item, grade_of(item, reading, reference, self.facts))
            return
        place = self.row_bound[_place(group, row)]
        bind_cell(place, "row.", item, visible, reading, reference)
        if group.rows is not None:
            bind_cell(self.bound, f"at.{row}.", item, visible, reading, reference)

    def _reference(self, item: ItemDef, answer: Answer) -> Reference | None:
        """The range that stands for a result, by the unit in which it was typed."""
        if not has_reference(item, self.facts):
            return None
        return reference_for(item, self.sample, self.facts.ranges, answer.unit)

    def _data(self, place: str) -> Bound:
        row = self.row_bound.get(place)
        return self.bound if row is None else self.bound | row

    def _true(self, program: Program, data: Bound, local: str, source: int) -> bool:
        """Whether a condition is true; a rule that could not run leaves its finding and is not true."""
        result = run(program, data)
        failed = isinstance(result, Failed)
        self._find(local, source, self._could_not_run(program, data, local) if failed else None)
        return result is True

    def _could_not_run(self, program: Program, data: Bound, local: str) -> Finding:
        return self.maker.could_not_run(program.oid, local, program, data)

    def _find(self, local: str, source: int, finding: Finding | None) -> None:
        """Keep a finding, or that there is none any more."""
        if finding is not None:
            self.findings.setdefault(local, {})[source] = finding
        elif local in self.findings:
            self.findings[local].pop(source, None)

    def _whole_state(self) -> FormState:
        """Requirements, range checks, conditions, and everything put together."""
        for oid in self.form.items:
            self._require(oid)
            self._check_value(oid)
        for place in range(len(self.own.checks)):
            self._check(place)
        return self._put_together({local: self._item_state(local) for local in self.cells})

    def _judge(self, oids: set[str], groups: set[str], readers: NameReaders) -> None:
        """As `_whole_state`, for what reads the items that were walked again, and for `readers`."""
        required = oids | readers.required | {one for oid in oids for one in self.own.required_by(oid)}
        for oid in required:
            self._require(oid)
            self._check_value(oid)
        checks = sorted(readers.checks.union(*(self.own.checks_reading(oid) for oid in oids)))
        for place in checks:
            self._check(place)
        touched = required | {self.own.checks[place].item.oid for place in checks}
        touched |= {group.item[0].oid for group in self.form.item_group if group.oid in groups}
        items = dict(self.state.items)
        for oid in touched:
            items |= {local: self._item_state(local) for local, _, _ in self._of_item(oid)}
        self.state = self._put_together(items)

    def _put_together(self, items: Mapping[str, ItemState]) -> FormState:
        order = [local for local in self.cells if local in self.findings] if self.findings else ()
        found = [self.findings[local] for local in order]
        findings = tuple(one[source] for one in found for source in sorted(one))
        derived = {local: self.answers[local] for local in self.derived}
        closed = frozenset(oid for oid, asked in self.open_groups.items() if not asked)
        return FormState(self.form, items, findings, derived, self.sample, closed)

    def _require(self, oid: str) -> None:
        item, program = self.form.items[oid], self.own.required.get(oid)
        for local, group, row in self._of_item(oid):
            self._find(local, _REQUIRED, None)
            needed = item.mandatory
            if not needed and program is not None and self.collected[local]:
                needed = self._true(program, self._data(_place(group, row)), local, _REQUIRED)
            self.mandatory[local] = needed
            self._lock(oid, local, self._data(_place(group, row)))

    def _lock(self, oid: str, local: str, data: Bound) -> None:
        program = self.own.locks.get(oid)
        if program is not None and self._true(program, data, local, _LOCKED):
            self.locked.add(local)
        else:
            self.locked.discard(local)

    def _check_value(self, oid: str) -> None:
        """Legible, and inside the item's ranges; nothing at an item that is not asked."""
        item = self.form.items[oid]
        for local, _, _ in self._of_item(oid):
            made: Iterable[Finding] = ()
            if self.collected[local]:
                made = self.maker.of_value(item, local, self.readings[local])
                made = self.maker.of_link(item, local) if item.link is not None else made
            self._find(local, _VALUE, next(iter(made), None))

    def _check(self, place: int) -> None:
        """One condition, once or once a row; nothing at an item that is not asked."""
        check = self.own.checks[place]
        source = _CHECKS + place
        for local, group, row in self._of_item(check.item.oid):
            self._find(local, source, None)
            if not self.collected[local]:
                continue
            data = self._data(_place(group, row))
            if self._true(check.program, data, local, source):
                self._find(local, source, self.maker.of_check(check, local, data))

    def _item_state(self, local: str) -> ItemState:
        group, row, item = self.cells[local]
        reading = self.readings[local]
        reference = self.references[local]
        flag = flag_of(reading, reference)
        findings = self.findings.get(local, {})
        return ItemState(
            local=local,
            group=_place(group, row),
            row=row,
            item=item,
            answer=self.answers[local],
            collected=self.collected[local],
            mandatory=self.mandatory[local],
            standard=reading.standard,
            reference=reference,
            flag=flag,
            times_limit=times_limit(reading, reference, flag),
            findings=tuple(findings[source] for source in sorted(findings)),
            locked=local in self.locked,
            grade=grade_of(item, reading, reference, self.facts),
        )


def _rows_named(link: str, facts: Facts) -> Sequence[Mapping[str, str]]:
    return facts.rows.get(link.removeprefix("IG."), ())


def _answer_of(name: Name, facts: Facts) -> Answer | None:
    """The answer of another form or visit that a message may show for a name."""
    if name.item is None:
        return None
    told = {"prev": facts.previous, "base": facts.baseline}.get(name.place, facts.visit)
    return told.get(name.item.variable)


def _place(group: ItemGroupDef, row: str) -> str:
    return f"{group.oid}~{row}" if row else group.oid


def _held(values: Mapping[str, Answer]) -> set[str]:
    """OIDs of the items that hold an answer."""
    return {local.partition("/")[2] for local, answer in values.items() if not answer.empty}


def _rows_of(rules: Rules, group: ItemGroupDef, rows: Rows, values: Mapping[str, Answer]) -> tuple[str, ...]:
    """Row ids of a group; "" alone for a group without rows."""
    if group.rows is not None:
        return fixed_rows(rules.study.code_lists[group.rows], _rows_held(group, values))
    return tuple(dict.fromkeys(rows.get(group.oid, ()))) if group.repeating else ("",)


def _retired_rows(rules: Rules, group: ItemGroupDef) -> frozenset[str]:
    """Fixed rows that an amendment took out: what stands there is kept, nothing is asked there."""
    codes = rules.study.code_lists[group.rows].items if group.rows is not None else ()
    return frozenset(one.coded_value for one in codes if one.until is not None)


def _rows_held(group: ItemGroupDef, values: Mapping[str, Answer]) -> set[str]:
    """Row ids of the group that hold an answer."""
    places = (local.partition("/")[0] for local, answer in values.items() if not answer.empty)
    return {place.partition("~")[2] for place in places if place.partition("~")[0] == group.oid}
