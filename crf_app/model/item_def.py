"""A question and what its answers may be: ItemDef, CodeList, RangeCheck, units, ranges, grades."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import StringConstraints

from crf_app.model.def_base import Alias, Def, NotRun, Number, Oid, Source, Text

DataType = Literal["text", "integer", "decimal", "date", "partialDate", "time", "datetime"]
Comparator = Literal["LT", "LE", "GT", "GE", "EQ", "NE"]
Severity = Literal["hard", "soft", "info"]


class CodeListItem(Def):
    coded_value: str
    decode: Text
    until: str | None = None  # retired: see ItemDef.until


class CodeList(Def):
    oid: Oid
    name: Text
    items: tuple[CodeListItem, ...]
    odm_oid: str | None = None  # see ItemDef.odm_oid
    alias: tuple[Alias, ...] = ()
    source: Source | None = None

    @cached_property
    def by_code(self) -> dict[str, CodeListItem]:
        return {item.coded_value: item for item in self.items}

    @property
    def offered(self) -> CodeList:
        """The list without retired codes; not kept, since a model that holds itself has no equal."""
        there = tuple(one for one in self.items if one.until is None)
        if len(there) == len(self.items):
            return self
        return CodeList(oid=self.oid, name=self.name, items=there, source=self.source)


class RangeCheck(Def):
    """States what is right, as in ODM; the value is compared as an exact decimal in the item's own unit."""

    comparator: Comparator
    value: Number
    soft_hard: Literal["Soft", "Hard"]


class ReferenceRange(Def):
    """Limits of normal in the standard unit; a default until the site's laboratory table overrides it."""

    low: Number | None = None
    high: Number | None = None
    sex: Literal["M", "F"] | None = None
    age_from: int | None = None
    age_to: int | None = None
    source: Source | None = None


class MeasurementUnit(Def):
    """Another unit that may be typed.

    standard value = (typed value + offset_before) × factor / divisor + offset, exactly.
    """

    unit: str
    offset_before: Number = "0"
    factor: Number = "1"
    divisor: Number = "1"
    offset: Number = "0"
    source: Source | None = None


class Conversion(Def):
    """One row of the conversion table: an analyte's other units.  An item names it by `conversion`."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
    units: tuple[MeasurementUnit, ...]


class GradeRule(Def):
    """From which multiple of `of` on a result suggests each grade of a term (CTCAE), worst last.

    `baseline` says for whom the rule stands: whose baseline is inside (normal) or outside (abnormal) the
    reference range.  Each step is "> 3" or ">= 1.5": a multiple of the upper limit of normal or of baseline.
    """

    term: Text
    baseline: Literal["normal", "abnormal"]
    of: Literal["uln", "baseline"]
    steps: tuple[Annotated[str, StringConstraints(pattern=r"^>=? \d+(\.\d+)?$")], ...]
    source: Source | None = None


class ItemDef(Def):
    oid: Oid
    question: Text
    data_type: DataType
    length: int | None = None  # longest text
    significant_digits: int | None = None  # decimals shown and allowed
    unit: str | None = None  # UCUM, the standard unit
    units: tuple[MeasurementUnit, ...] = ()
    code_list: Oid | None = None
    multiple: bool = False  # several codes, stored "A;B"
    pattern: str | None = None  # whole-text regular expression
    mandatory: bool = False
    mandatory_when: str | None = None  # CEL, BOOL
    collect_when: str | None = None  # CEL, BOOL; not true = not asked (a value is kept, shown "Kept")
    locked_when: str | None = None  # CEL, BOOL; true = a stored answer changes only in answer to a query
    method: Oid | None = None  # derived, read-only
    range_check: tuple[RangeCheck, ...] = ()
    reference: tuple[ReferenceRange, ...] = ()
    conversion: str | None = None  # row of the study's conversion table; the loader fills `units` from it
    grade: tuple[GradeRule, ...] = ()  # suggested severity grade, a reading
    link: Oid | None = None  # the answer is a row of this repeating group of the subject, stored as its uid
    lab: bool = False  # may begin with < > <= >=; has two companion items
    companion_of: Oid | None = None  # set by the loader for a laboratory result's companions
    default: str | None = None  # proposed on an empty field, never stored by itself
    history: bool = False  # a date that may lie before consent
    future: bool = False  # a date that may lie after today
    after_death: bool = False  # a date that may lie after the subject's death, such as that of a report
    sensitive: bool = False
    #: answered only by a person's own password: the answer is her user id, the record is hers
    own_password: bool = False
    other_than: Oid | None = None  # of such an item: another one of the form that another person must answer
    help: Text | None = None
    alias: tuple[Alias, ...] = ()
    source: Source | None = None
    not_run: tuple[NotRun, ...] = ()
    #: the OID that an imported file gives it, which need not be spelled as ours; export gives it back
    odm_oid: str | None = None
    #: retired: the last version of the definition that asked it.  Set by `amending.amended`, never in files.
    #: A retired piece is asked of nobody; what was answered stays readable, printed and exported.
    until: str | None = None
    calculated: bool = False  # retired, and it was calculated: it may not come back as a typed one

    @property
    def variable(self) -> str:
        """The rule name: `I.VS.SYSBP` is read as `VS.SYSBP`."""
        return self.oid.removeprefix("I.")

    @property
    def derived(self) -> bool:
        return self.method is not None

    @property
    def choices(self) -> Oid | None:
        """What its answers are chosen from: a code list, or the rows of the group it names."""
        return self.code_list or self.link


def decimal(number: str) -> Decimal:
    """An exact decimal of a Number field."""
    return Decimal(number)
