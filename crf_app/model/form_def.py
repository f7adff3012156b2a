"""A form and its groups: FormDef, ItemGroupDef, checks and methods, logs, and what is given by it."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from crf_app.model.def_base import Alias, Def, NotRun, Oid, Source, Text
from crf_app.model.item_def import ItemDef, Severity


class ConditionDef(Def):
    """An edit check: a CEL expression that is true when there *is* a problem (ADR-0007).

    `item` is the field under which the finding opens; `{I.X.Y}` in the message stands for that item's value.
    An expression that reads `row.…` runs once for each row of the group that holds those items.
    """

    oid: Oid
    expression: str
    severity: Severity
    item: Oid
    message: Text
    source: Source | None = None
    check: str = ""  # the number of the check in the study's list, e.g. "EC010"


class MethodDef(Def):
    """A derived value: a CEL expression of the item's type; null when an operand is missing."""

    oid: Oid
    expression: str
    description: Text | None = None
    version: str = "1"
    source: Source | None = None


class LogClock(Def):
    """A report that is due: `hours` after the date and time in `since`, until `until` is answered."""

    since: Oid
    until: Oid
    hours: int
    source: Source | None = None


class LogDef(Def):
    """How rows that people add are listed; every OID is an item of the group, a key left out shows less.

    `name` says what a row is about, the first item that is answered; `start`, `end` and `ongoing` (answered
    by the code Y) place it on the time line; `columns` stand behind them.  `not_copied`: left empty when the
    row above is copied, beside dates, times, calculated items and confirmed ones.  `proposed`: a laboratory
    result that a check asks about or that suggests a grade can propose a row; `grade` is the item in which a
    person gives the grade: the suggested one is outlined there, never chosen.
    """

    name: tuple[Oid, ...]
    start: Oid | None = None
    end: Oid | None = None
    ongoing: Oid | None = None
    columns: tuple[Oid, ...] = ()
    not_copied: tuple[Oid, ...] = ()
    proposed: bool = False
    grade: Oid | None = None
    clock: LogClock | None = None

    @property
    def named(self) -> tuple[tuple[str, Oid], ...]:
        """(key, OID) of every item that is named."""
        one = (("start", self.start), ("end", self.end), ("ongoing", self.ongoing), ("grade", self.grade))
        many = (("name", self.name), ("columns", self.columns), ("not_copied", self.not_copied))
        clock = (("since", self.clock.since), ("until", self.clock.until)) if self.clock else ()
        return (
            *((key, oid) for key, oid in one if oid is not None),
            *((key, oid) for key, oids in many for oid in oids),
            *clock,
        )


class ItemGroupDef(Def):
    oid: Oid
    name: Text
    item: tuple[ItemDef, ...]
    repeating: bool = False
    rows: Oid | None = None  # a code list: one fixed row for each code
    collect_when: str | None = None
    layout: Literal["fields", "lab", "grid"] = "fields"
    max_rows: int = 200
    log: LogDef | None = None  # of a repeating group
    alias: tuple[Alias, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    odm_oid: str | None = None  # see ItemDef.odm_oid
    until: str | None = None  # retired: see ItemDef.until


class Clock(Def):
    """A limit of time: `minutes` from the date and time in the item `since`, shown until the dose ends."""

    name: Text
    since: Oid
    minutes: int
    source: Source | None = None


class Prompt(Def):
    """When a fixed row of the observations is due: `minutes` after the dose starts or ends."""

    row: str
    after: Literal["start", "end"]
    minutes: int
    source: Source | None = None


class Administration(Def):
    """A dose that is given at the bedside (CDASH EC), as the page of the infusion needs it.

    The five steps name the groups of the form; every group belongs to one of them.  `start` and `end` are an
    item with date and time, or one with the date and one with the time.  `pause` names flag, start, end and
    reason of an interruption, the last three of a repeating group; `reaction` the items that are answered
    when there is one, here and in the log of reactions.  Flag and reaction are answered by the code Y.
    `observed` is a group of fixed rows in a form of the same visit, `observed_at` its items of date and time.
    `watch` is the number of the check whose sentences say what to watch for.
    """

    number: Oid | None = None
    fit: tuple[Oid, ...]
    product: tuple[Oid, ...]
    people: tuple[Oid, ...]
    running: tuple[Oid, ...]
    after: tuple[Oid, ...]
    start: tuple[Oid, ...]
    end: tuple[Oid, ...]
    expiry: Oid | None = None
    volume: Oid | None = None  # in the bag
    given: Oid | None = None  # volume that was infused
    rate: Oid | None = None  # volume an hour
    amount: Oid | None = None  # dose in the bag
    pause: tuple[Oid, Oid, Oid, Oid] | None = None
    reaction: tuple[Oid, ...] = ()
    reaction_log: Oid | None = None  # the repeating group in which a reaction is recorded
    clock: tuple[Clock, ...] = ()
    observed: Oid | None = None
    observed_at: tuple[Oid, ...] = ()
    prompt: tuple[Prompt, ...] = ()
    late_after: int = 5  # minutes after which an observation that is due counts as late
    watch: str = ""
    source: Source | None = None

    @property
    def steps(self) -> tuple[tuple[str, tuple[Oid, ...]], ...]:
        """(name of the step, its groups), in their order."""
        return (
            ("fit", self.fit),
            ("product", self.product),
            ("people", self.people),
            ("running", self.running),
            ("after", self.after),
        )


class FormDef(Def):
    oid: Oid
    name: Text
    short_name: Text | None = None
    item_group: tuple[ItemGroupDef, ...]
    condition: tuple[ConditionDef, ...] = ()
    method: tuple[MethodDef, ...] = ()
    #: fields for signatures on paper and file; the last role must sign, the others may
    signature: tuple[Literal["author", "investigator"], ...] = ("author", "investigator")
    #: "steps": its groups are steps, numbered, with their state, one after the other
    layout: Literal["page", "steps"] = "page"
    #: of a laboratory form: the items that hold the day of the sample and the laboratory's name
    sample_date: Oid | None = None
    laboratory: Oid | None = None
    administration: Administration | None = None
    source: Source | None = None
    alias: tuple[Alias, ...] = ()
    odm_oid: str | None = None  # see ItemDef.odm_oid
    until: str | None = None  # retired: see ItemDef.until

    @cached_property
    def items(self) -> dict[str, ItemDef]:
        """item OID → ItemDef, in the order of the paper."""
        return {item.oid: item for group in self.item_group for item in group.item}

    @cached_property
    def group_of(self) -> dict[str, ItemGroupDef]:
        """item OID → its group."""
        return {item.oid: group for group in self.item_group for item in group.item}

    @cached_property
    def methods(self) -> dict[str, MethodDef]:
        return {method.oid: method for method in self.method}

    def heading_of(self, group: ItemGroupDef, language: str) -> str:
        """What stands above the group: its name, in a form of steps with its number."""
        name = group.name.in_language(language)
        return f"{self.item_group.index(group) + 1}  {name}" if self.layout == "steps" else name

    def name_of_rows(self, group: ItemGroupDef) -> Text:
        """What the rows of a group are called outside the form: as the form, where it has no others."""
        others = [one for one in self.item_group if one.repeating and one.oid != group.oid]
        return group.name if others else self.name
