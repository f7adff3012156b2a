"""The names that rules may read: one flat, typed environment for a study.

`VS.SYSBP` this visit · `known.VS.SYSBP` · `prev.VS.SYSBP` · `partial.AE.AESTDAT` · `row.AE.AETERM` (and
`known.row.…`, `partial.row.…`) · `at.PRE.VSI.SYSBP` the fixed row PRE · `flag.LBC.BILI` L, H or "" ·
`uln.LBC.BILI` upper limit of normal in use · `grade.LBC.ALT` suggested grade · `base.LBC.ALT` baseline ·
`subject.SEX` · `event.DAY` · `today` · `consent.VERSION`, `consent.FROM` the version in force ·
`taken.EX.ECREFID`, `subjects.GA.ARMCD` the same value elsewhere ·
`rows.AE`, `visits.SV` lists of the subject's rows and visits, each a map of text (docs/authoring.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from crf_app.model.datatype import is_number
from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import ItemDef

Kind = Literal[
    "value", "known", "partial", "flag", "uln", "grade", "prev", "base", "subject", "event", "today", "row",
    "taken", "subjects", "rows", "visits",
]  # fmt: skip
ValueType = Literal["DOUBLE", "STRING", "BOOL", "LIST"]
#: what a line of `rows.…` and of `visits.…` holds besides its items
ROW_COLUMNS: Final = ("ROW", "N", "EVENT")
VISIT_COLUMNS: Final = ("EVENT", "NUMBER", "TYPE", "DATE", "WHEN")


@dataclass(frozen=True, slots=True)
class Name:
    """One readable name.

    `place` is "" for this visit, `row` for the row at hand, `at` for a fixed row, `prev` for an earlier
    visit, `base` for the baseline, `list` for all rows or visits, `study` for all subjects.  `item` is None
    where no item stands behind the name.  `columns`: column → item (or None) of a list.
    """

    name: str
    kind: Kind
    type: ValueType
    place: str = ""
    item: ItemDef | None = None
    form: str = ""
    group: str = ""
    columns: tuple[tuple[str, ItemDef | None], ...] = ()

    @property
    def same_visit(self) -> bool:
        """Whether the name reads an item of this visit (and so orders the evaluation)."""
        return (
            self.item is not None
            and self.kind in ("value", "known", "partial", "flag", "uln", "grade")
            and (self.place in ("", "row", "at"))
        )


def names_of(study: Study) -> dict[str, Name]:
    """Every name that a rule of the study may read."""
    found: dict[str, Name] = {}
    for form in study.form:
        for group in form.item_group:
            for item in group.item:
                found |= {name.name: name for name in _item_names(study, form, group, item)}
        found |= {name.name: name for name in _lists(form)}
    found |= {name.name: name for name in _subject_names(study)}
    found |= {name.name: name for name in _event_names()}
    return found


def is_repeated(group: ItemGroupDef) -> bool:
    """Whether the group has rows, typed or fixed."""
    return group.repeating or group.rows is not None


def value_type(item: ItemDef) -> ValueType:
    return "DOUBLE" if is_number(item) else "STRING"


def _item_names(study: Study, form: FormDef, group: ItemGroupDef, item: ItemDef) -> Iterator[Name]:
    if not is_repeated(group):
        yield from _cell_names("", "", form, group, item)
        yield Name(f"prev.{item.variable}", "prev", value_type(item), "prev", item, form.oid, group.oid)
        yield Name(f"known.prev.{item.variable}", "known", "BOOL", "prev", item, form.oid, group.oid)
        yield Name(f"base.{item.variable}", "base", value_type(item), "base", item, form.oid, group.oid)
        yield Name(f"known.base.{item.variable}", "known", "BOOL", "base", item, form.oid, group.oid)
        yield Name(f"taken.{item.variable}", "taken", "BOOL", "study", item, form.oid, group.oid)
        yield Name(f"subjects.{item.variable}", "subjects", "DOUBLE", "study", item, form.oid, group.oid)
        return
    yield from _cell_names("row.", "row", form, group, item)
    if group.rows is not None and group.rows in study.code_lists:
        for code in study.code_lists[group.rows].by_code:
            yield from _cell_names(f"at.{code}.", "at", form, group, item)


def _cell_names(prefix: str, place: str, form: FormDef, group: ItemGroupDef, item: ItemDef) -> Iterator[Name]:
    def name(before: str, kind: Kind, type_: ValueType) -> Name:
        return Name(f"{before}{prefix}{item.variable}", kind, type_, place, item, form.oid, group.oid)

    yield name("", "value", value_type(item))
    yield name("known.", "known", "BOOL")
    if item.data_type == "partialDate":
        yield name("partial.", "partial", "STRING")
    if item.reference or item.lab:
        yield name("flag.", "flag", "STRING")
        yield name("uln.", "uln", "DOUBLE")
    if item.grade:
        yield name("grade.", "grade", "DOUBLE")


def column(item: ItemDef) -> str:
    """The item's name in a list: its variable without the form."""
    return item.variable.partition(".")[2]


def _lists(form: FormDef) -> Iterator[Name]:
    """`rows.AE` for each group with rows, `visits.SV` for what a form asks once."""
    once: list[tuple[str, ItemDef | None]] = []
    for group in form.item_group:
        if is_repeated(group):
            columns = (*((column(item), item) for item in group.item), *((one, None) for one in ROW_COLUMNS))
            name = f"rows.{group.oid.removeprefix('IG.')}"
            yield Name(name, "rows", "LIST", "list", None, form.oid, group.oid, columns)
        else:
            once += [(column(item), item) for item in group.item]
    if once:
        columns = (*once, *((one, None) for one in VISIT_COLUMNS))
        name = f"visits.{form.oid.removeprefix('F.')}"
        yield Name(name, "visits", "LIST", "list", None, form.oid, "", columns)


def _subject_names(study: Study) -> Iterator[Name]:
    for fact in study.subject_facts:
        form = study.form_of_item.get(fact.item)
        if form is None:
            continue
        item = form.items[fact.item]
        yield Name(f"subject.{fact.name}", "subject", value_type(item), item=item)
        yield Name(f"known.subject.{fact.name}", "known", "BOOL", "subject")
        if item.data_type == "partialDate":
            yield Name(f"partial.subject.{fact.name}", "partial", "STRING", "subject")
    yield Name("subject.DOSE", "subject", "DOUBLE")
    yield Name("known.subject.DOSE", "known", "BOOL", "subject")


def _event_names() -> Iterator[Name]:
    for name in ("OID", "NUMBER", "DAY", "OUTSIDE", "MISSING", "NEXT"):
        yield Name(f"event.{name}", "event", "DOUBLE" if name in ("DAY", "OUTSIDE") else "STRING")
        yield Name(f"known.event.{name}", "known", "BOOL", "event")
    for name in ("VERSION", "FROM"):
        yield Name(f"consent.{name}", "event", "STRING")
    yield Name("today", "today", "STRING")
    yield Name("row.CODE", "row", "STRING", "row")
    yield Name("row.ROW", "row", "STRING", "row")


def build(names: Mapping[str, Name]) -> Any:
    """The CEL environment that declares `names` and the functions.  Imports CEL."""
    from cel_expr_python import cel

    from crf_app.rules.functions import extension

    kinds = cel.Type
    lines = kinds.List(kinds.Map(kinds.STRING, kinds.STRING))
    types = {"DOUBLE": kinds.DOUBLE, "STRING": kinds.STRING, "BOOL": kinds.BOOL, "LIST": lines}
    variables = {name.name: types[name.type] for name in names.values()}
    return cel.NewEnv(variables=variables, extensions=[extension()])
