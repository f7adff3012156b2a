"""What may be asked: Study → StudyEventDef → FormDef → ItemGroupDef → ItemDef → CodeList.

Names are those of CDISC ODM 1.3.2.  A definition is frozen and strict: an unknown key is a mistake,
never ignored.  Here stand the study and its visits; forms are in `form_def.py`, questions and code lists in
`item_def.py`.  `load.py` reads the files and reports every mistake together; nothing here reads files.
Expressions are CEL (docs/authoring conventions in ADR-0003) and are compiled in `rules/expression.py`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from crf_app.crypto.canonical import canonical, sha256
from crf_app.model.def_base import Alias, Def, Foreign, NotRun, Number, Oid, Source, Text
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import CodeList, Conversion, Severity

#: printed, and stored in every record: one line of signs that can be seen, no blank at its ends
Version = Annotated[str, StringConstraints(pattern=r"^[^\p{C}\s]([^\p{C}\n\r]{0,98}[^\p{C}\s])?$")]


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
    fills: dict[str, Oid] = {}  # noqa: RUF012 - pydantic gives each its own
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


def study_from_bytes(data: bytes) -> Study:
    """The study from its canonical bytes, as read from the store.  Raises pydantic.ValidationError."""
    study = Study.model_validate_json(data)
    study.__dict__["_bytes"] = data
    return study


JsonObject = dict[str, Any]
