"""What may be asked: Study → StudyEventDef → FormDef → ItemGroupDef → ItemDef → CodeList.

Names are those of CDISC ODM 1.3.2.  A definition is frozen and strict: an unknown key is a mistake,
never ignored.  `load.py` reads the files and reports every mistake together; nothing here reads files.
Expressions are CEL (docs/authoring conventions in ADR-0003) and are compiled in `rules/expression.py`.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from crf_app.crypto.canonical import canonical, sha256

Oid = Annotated[str, StringConstraints(pattern=r"^[A-Z]+\.[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$", max_length=80)]
Number = Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d+)?$")]
DataType = Literal["text", "integer", "decimal", "date", "partialDate", "time", "datetime"]
Comparator = Literal["LT", "LE", "GT", "GE", "EQ", "NE"]
Severity = Literal["hard", "soft", "info"]
#: printed, and stored in every record: one line of signs that can be seen, no blank at its ends
Version = Annotated[str, StringConstraints(pattern=r"^[^\p{C}\s]([^\p{C}\n\r]{0,98}[^\p{C}\s])?$")]
#: S abstract, R registry, P paper, T published standard, A assumption (study facts' evidence codes)
Source = Annotated[
    str, StringConstraints(pattern=r"^(S|R|P|A|T(\d+[a-e]?|\*)?)([,+; ]+(S|R|P|A|T(\d+[a-e]?|\*)?))*$")
]


class Def(BaseModel):
    """A frozen, strict piece of a definition."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,), defer_build=True)


class Translation(Def):
    """Words in a language that the program itself does not speak; `lang` as in xml:lang."""

    lang: str
    text: str


class Text(Def):
    """The same words in every language of the study.

    `other`: languages of an imported study beside English and Chinese, kept and given back.
    """

    en: str
    zh: str
    other: tuple[Translation, ...] = ()

    def in_language(self, language: str) -> str:
        return self.zh if language == "zh" else self.en

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """(language, words) of the two languages that the program speaks."""
        return (("en", self.en), ("zh", self.zh))


class Alias(Def):
    context: str
    name: str


class NotRun(Def):
    """A rule in another language than ours: kept as text, shown and marked "not run", never run.

    `use`: what it would decide; `context`: the name of its language, as the file gives it.
    """

    use: Literal["collect_when", "mandatory_when", "method", "check", "default"]
    context: str
    expression: str
    message: Text | None = None
    odm_oid: str | None = None


class Foreign(Def):
    """A piece of an imported file that this program does not read: given back on export where it stood.

    `at`: the kind and OID of the element it stood in ("ItemDef", "IT.AGE"), empty for the file's root.
    `xml`: an element, or for `kind` "attribute" its value; `name` is in Clark notation, {namespace}local.
    """

    odm: Literal["1.3.2", "2.0"]
    at: tuple[str, str]
    kind: Literal["element", "attribute"]
    name: str
    xml: str


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


class FormRef(Def):
    form: Oid
    mandatory: bool = True
    mandatory_when: str | None = None  # CEL over subject facts, BOOL: required only then
    not_run: tuple[NotRun, ...] = ()
    until: str | None = None  # retired: see ItemDef.until


class StudyEventDef(Def):
    """A visit: planned day or month counted from the actual day 1; window in days around it."""

    oid: Oid
    name: Text
    short_name: str
    type: Literal["Scheduled", "Unscheduled", "Common"]
    number: str
    day: int | None = None
    month: int | None = None
    before: int = 0  # days allowed before the planned day
    after: int = 0
    from_day: int | None = None  # a span in place of a planned day (screening)
    to_day: int | None = None
    setting: Text | None = None
    repeating: bool = False
    forms: tuple[FormRef, ...]
    source: Source | None = None
    alias: tuple[Alias, ...] = ()
    odm_oid: str | None = None  # see ItemDef.odm_oid
    until: str | None = None  # retired: see ItemDef.until

    @cached_property
    def form_oids(self) -> tuple[str, ...]:
        return tuple(ref.form for ref in self.forms)


class Arm(Def):
    code: str
    name: Text
    short_name: Text
    planned: int
    dose: Number  # in `dose_unit` per administration
    dose_unit: str
    source: Source | None = None


class SubjectFact(Def):
    """`subject.NAME` in rules is the value of `item` (at `event`, if given); a datetime gives its date.

    `also`: other items of the same type that may hold it.  `pick`: of several values the one of the first or
    last visit, or the smallest or largest (of dates: earliest, latest).
    """

    name: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
    item: Oid
    also: tuple[Oid, ...] = ()
    event: Oid | None = None
    pick: Literal["first", "last", "smallest", "largest"] = "first"


class StatusDef(Def):
    """A state of a subject's life in the study: a reading of the data, the first whose `when` is true stands.

    `when` is CEL over `subject.…`, `known.subject.…`, `today`.  `closes` names visits and forms that cannot
    be begun now ("*": all), `keeps` those that still can.  With `since` (a subject fact with a date) only
    visits are closed whose window begins after that date.  What was begun stays open for correction.
    """

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
    name: Text
    when: str
    closes: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    since: str | None = None
    message: Text | None = None  # why a form cannot be begun, in words
    source: Source | None = None


class ConsentVersion(Def):
    """A version of the consent form, as printed on it, and the first day on which it is the one to sign.

    Rules read the one in force today as `consent.VERSION` and `consent.FROM`: whoever signed an older one is
    found by a check.  A new version comes with a new version of the study's definition.
    """

    version: str
    valid_from: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    source: Source | None = None


class FlowLine(Def):
    """A line of the participant flow: how many subjects `when` (CEL as in StatusDef) holds for."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
    name: Text
    when: str
    source: Source | None = None


class ScanDef(Def):
    """What a scanned text says: a wristband names a subject, the label of a product fills items.

    `pattern` is a regular expression of the whole text.  Its named group `subject` is the subject's number;
    `fills` says for each other group which item it is the answer of.  The first that fits stands.
    """

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
    kind: Literal["subject", "product"]
    pattern: str
    fills: dict[str, Oid] = {}
    source: Source | None = None


class DateCheck(Def):
    """A check made for every date of the study: `this` stands for the date being checked.

    `unless`: the mark of an item that makes the date exempt.
    """

    oid: Oid
    expression: str
    severity: Severity
    unless: Literal["history", "future", "after_death"]
    message: Text
    source: Source | None = None
    check: str = ""


class Meaning(Def):
    """What a signature means; `roles` may choose it."""

    code: str
    text: Text
    roles: tuple[str, ...]


class Reason(Def):
    code: str
    text: Text


class Fact(Def):
    """One line of the study's metadata with its evidence code."""

    key: str
    value: Text
    source: Source


class Study(Def):
    oid: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    version: Version
    name: Text
    title: Text
    protocol: str
    sponsor: Text
    languages: tuple[str, ...] = ("en", "zh")  # those that its texts really have
    subject_pattern: str  # regular expression of a subject number
    subject_format: str  # e.g. "ZN{n:03d}", proposes the next free number
    planned_subjects: int
    arms: tuple[Arm, ...] = ()
    facts: tuple[Fact, ...] = ()
    subject_facts: tuple[SubjectFact, ...] = ()
    header: tuple[Oid, ...] = ()  # items shown in the right-patient header
    event: tuple[StudyEventDef, ...]
    visit_date: Oid | None = None  # the item that holds a visit's actual date
    visit_occurred: Oid | None = None  # the item that says by the code N that a visit was missed
    query_days: Annotated[int, Field(ge=1, le=366)] | None = None  # in which a query is to be dealt with
    status: tuple[StatusDef, ...] = ()
    flow: tuple[FlowLine, ...] = ()
    consent_version: tuple[ConsentVersion, ...] = ()
    conversion_version: str = ""
    conversion: tuple[Conversion, ...] = ()
    scan: tuple[ScanDef, ...] = ()  # what wristbands and labels say
    date_checks: tuple[DateCheck, ...] = ()
    meanings: tuple[Meaning, ...]
    change_reasons: tuple[Reason, ...]
    missing_reasons: tuple[Reason, ...]
    finding_reasons: tuple[Reason, ...]
    code_list: tuple[CodeList, ...]
    form: tuple[FormDef, ...]
    alias: tuple[Alias, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    odm_oid: str | None = None  # see ItemDef.odm_oid

    @cached_property
    def forms(self) -> dict[str, FormDef]:
        return {form.oid: form for form in self.form}

    @cached_property
    def events(self) -> dict[str, StudyEventDef]:
        return {event.oid: event for event in self.event}

    @cached_property
    def code_lists(self) -> dict[str, CodeList]:
        return {code_list.oid: code_list for code_list in self.code_list}

    @cached_property
    def offered_lists(self) -> dict[str, CodeList]:
        """As `code_lists`, without the codes that an amendment retired: what can be chosen."""
        return {oid: one.offered for oid, one in self.code_lists.items()}

    @cached_property
    def form_of_item(self) -> dict[str, FormDef]:
        """item OID → the form that holds it."""
        return {oid: form for form in self.form for oid in form.items}

    def canonical_bytes(self) -> bytes:
        """The definition as stored in the ledger's blobs; its SHA-256 is the definition's identity.

        Of a stored definition these are the stored bytes: a key that has got a default since would be left
        out of them now, and the definition would seem another one.
        """
        return self._bytes

    @cached_property
    def _bytes(self) -> bytes:
        return canonical(self.model_dump(mode="json", exclude_defaults=True))

    @cached_property
    def sha256(self) -> str:
        return sha256(self.canonical_bytes())


def decimal(number: str) -> Decimal:
    """An exact decimal of a Number field."""
    return Decimal(number)


def study_from_bytes(data: bytes) -> Study:
    """The study from its canonical bytes, as read from the store.  Raises pydantic.ValidationError."""
    study = Study.model_validate_json(data)
    study.__dict__["_bytes"] = data
    return study


JsonObject = dict[str, Any]
