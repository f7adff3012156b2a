"""What a form's rules may know from outside the form, and what evaluating the form says.

Only data: `form_state.py` makes a FormState from a FormDef, its answers and the Facts.
A `local` is an item's address inside its form: `IG.VS/I.VS.SYSBP`, in a row `IG.AE~k3j9x0q2mz/I.AE.AETERM`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from crf_app.model.form_def import FormDef
from crf_app.model.item_def import ItemDef, Severity
from crf_app.model.keys import Answer
from crf_app.rules.grading import Grade
from crf_app.rules.ranges import NO_RANGES, RangeTable, Reference, Sample


@dataclass(frozen=True)
class Facts:
    """Everything outside the form: a rule reads it by name, a name that is absent is "not known".

    `visit`: collected answers of the other forms of the visit by variable (`LBC.BILI`).
    `previous`: by variable the last answer of an earlier visit that holds a value.
    `baseline`: the same of the visits up to the one of day 1, for a form of a later visit.
    `subject`: the study's subject facts by name, canonical text (`SEX` → `F`; a datetime may stand in full).
    `event`: `OID`, `NUMBER`, `MISSING`, `NEXT` text, `DAY` (study day) and `OUTSIDE` (days outside the
    window) as Decimal.  `rows`: by group (`AE` for IG.AE) one map of text for each row anywhere in the
    subject; `visits`: by form (`SV`) one for each visit.  `taken`: variables whose value stands elsewhere
    in the study too; `subjects`: by variable how many subjects hold the value that stands here.
    `baseline_reference`: by variable the reference range of the baseline's own day.  `ranges`: the site's
    reference ranges; `visit_day`: the visit's date (ISO or ""), for a sample whose day is not there.
    `consent`: `VERSION` and `FROM` of the consent form in force.  `dose`: planned dose of the subject's arm.
    `today`: local ISO date.
    `items`: by variable, items that a later version of the definition reads otherwise: a decimal where it
    was an integer, more units.  Answers from outside the form may have been entered under that version.
    """

    visit: Mapping[str, Answer] = field(default_factory=dict)
    previous: Mapping[str, Answer] = field(default_factory=dict)
    subject: Mapping[str, str] = field(default_factory=dict)
    event: Mapping[str, str | Decimal] = field(default_factory=dict)
    baseline: Mapping[str, Answer] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    visits: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    subjects: Mapping[str, int] = field(default_factory=dict)
    baseline_reference: Mapping[str, Reference] = field(default_factory=dict)
    ranges: RangeTable = NO_RANGES
    visit_day: str = ""
    consent: Mapping[str, str] = field(default_factory=dict)
    dose: Decimal | None = None
    today: str = ""
    items: Mapping[str, ItemDef] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """A check that fired under an item.

    `check`: the condition's OID, `RC.<item oid>.Soft` or `.Hard` for a range check, `ERR.<oid>` for a rule
    that could not run.  `operands`: the names read and their values; the same check with the same operands
    is the same finding and is asked once (`today` is left out, or every morning would ask again; so are
    lists of rows and visits, or every row would).
    """

    check: str
    ec: str
    local: str
    severity: Severity
    texts: Mapping[str, str]
    operands: Mapping[str, str]


@dataclass(frozen=True)
class ItemState:
    """One cell of the form.

    `collected` is false for an item that is not asked now; a value it holds is kept and shown as kept.
    `locked`: a stored answer is changed only in answer to a query.
    `standard` is the exact value in the standard unit, None without a value or with an operator (`<5`).
    `reference` stands for this result on the day of its sample; `grade` is the grade that it suggests.
    `times_limit` is the multiple of the upper limit of normal, 1 decimal, when the flag is H.
    """

    local: str
    group: str
    row: str
    item: ItemDef
    answer: Answer
    collected: bool
    mandatory: bool
    standard: Decimal | None
    reference: Reference | None
    flag: str
    times_limit: Decimal | None
    findings: tuple[Finding, ...]
    locked: bool = False
    grade: Grade | None = None


@dataclass(frozen=True)
class FormState:
    """What a form looks like now.  Computed, never stored as truth.

    `items` by local, in the order of the paper, rows in the order given.  `findings` are all findings: those
    of the items, and those of rules that could not run on an item that is not asked.  `derived`: local →
    answer of every derived item; an empty Answer where an operand is missing.
    `sample`: what decided which reference ranges stand here.  `closed`: groups that are not asked now.
    """

    form: FormDef
    items: Mapping[str, ItemState]
    findings: tuple[Finding, ...]
    derived: Mapping[str, Answer]
    sample: Sample = field(default_factory=Sample)
    closed: frozenset[str] = frozenset()

    @cached_property
    def required(self) -> tuple[ItemState, ...]:
        """Items that must be answered now: asked, mandatory, not derived."""
        return tuple(
            state
            for state in self.items.values()
            if state.collected and state.mandatory and not state.item.derived
        )

    @property
    def asked(self) -> int:
        """How many answers the form must have now."""
        return len(self.required)

    @property
    def answered(self) -> int:
        """How many of them it has; a missing code is an answer."""
        return self.asked - len(self.empty_mandatory)

    @cached_property
    def empty_mandatory(self) -> tuple[str, ...]:
        """locals of the answers still to give, in the order of the paper."""
        return tuple(state.local for state in self.required if state.answer.empty)

    @property
    def started(self) -> bool:
        """Whether anything was entered."""
        return any(not state.answer.empty and not state.item.derived for state in self.items.values())
