"""The names that rules may read: one flat, typed environment for a study.

`VS.SYSBP` this visit · `known.VS.SYSBP` · `prev.VS.SYSBP` · `partial.AE.AESTDAT` · `row.AE.AETERM` (and
`known.row.…`, `partial.row.…`) · `at.PRE.VSI.SYSBP` the fixed row PRE · `flag.LBC.BILI` L, H or "" ·
`uln.LBC.BILI` upper limit of normal in use · `subject.SEX` · `event.DAY` · `today`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from crf_app.model.datatype import is_number
from crf_app.model.definition import FormDef, ItemDef, ItemGroupDef, Study

Kind = Literal["value", "known", "partial", "flag", "uln", "prev", "subject", "event", "today", "row"]
ValueType = Literal["DOUBLE", "STRING", "BOOL"]


@dataclass(frozen=True, slots=True)
class Name:
    """One readable name.

    `place` is "" for this visit, `row` for the row at hand, `at` for a fixed row, `prev` for an earlier
    visit.  `item` is None where no item stands behind the name.
    """

    name: str
    kind: Kind
    type: ValueType
    place: str = ""
    item: ItemDef | None = None
    form: str = ""
    group: str = ""

    @property
    def same_visit(self) -> bool:
        """Whether the name reads an item of this visit (and so orders the evaluation)."""
        return (
            self.item is not None
            and self.kind in ("value", "known", "partial", "flag", "uln")
            and (self.place in ("", "row", "at"))
        )


def names_of(study: Study) -> dict[str, Name]:
    """Every name that a rule of the study may read."""
    found: dict[str, Name] = {}
    for form in study.form:
        for group in form.item_group:
            for item in group.item:
                found |= {name.name: name for name in _item_names(study, form, group, item)}
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
    if item.reference:
        yield name("flag.", "flag", "STRING")
        yield name("uln.", "uln", "DOUBLE")


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
    for name in ("OID", "NUMBER", "DAY", "OUTSIDE"):
        yield Name(f"event.{name}", "event", "STRING" if name in ("OID", "NUMBER") else "DOUBLE")
        yield Name(f"known.event.{name}", "known", "BOOL", "event")
    yield Name("today", "today", "STRING")
    yield Name("row.CODE", "row", "STRING", "row")


def build(names: Mapping[str, Name]) -> Any:
    """The CEL environment that declares `names` and the functions.  Imports CEL."""
    from cel_expr_python import cel

    from crf_app.rules.functions import extension

    types = {"DOUBLE": cel.Type.DOUBLE, "STRING": cel.Type.STRING, "BOOL": cel.Type.BOOL}
    variables = {name.name: types[name.type] for name in names.values()}
    return cel.NewEnv(variables=variables, extensions=[extension()])
