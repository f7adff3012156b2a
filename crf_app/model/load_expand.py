"""What a definition says once for all, written out: companions of laboratory results, checks of every date.

A laboratory result is one item; "clinically significant?" and a comment are two more that always have the
same words.  A date check of the study (`this` stands for the date) becomes one condition for each date item.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeVar

from crf_app.model.def_base import Def, Text
from crf_app.model.definition import DateCheck
from crf_app.model.form_def import ConditionDef, FormDef, ItemGroupDef
from crf_app.model.item_def import ItemDef

YES_NO: Final = "CL.NY"
COMMENT_LENGTH: Final = 200
DATES: Final = ("date", "partialDate", "datetime")
Changed = TypeVar("Changed", bound=Def)


def changed(definition: Changed, **fields: object) -> Changed:
    """The definition with other fields; `model_copy` would keep tables worked out from the old ones."""
    kept = {name: getattr(definition, name) for name in type(definition).model_fields}
    return type(definition)(**(kept | fields))


def expand_form(form: FormDef, date_checks: Iterable[DateCheck]) -> FormDef:
    """The form with the companions of its laboratory results and the study's checks at each of its dates."""
    groups = tuple(_with_companions(group) for group in form.item_group)
    written = {condition.oid for condition in form.condition}
    dated = tuple(one for one in date_conditions(form, date_checks) if one.oid not in written)
    return changed(form, item_group=groups, condition=form.condition + dated)


def _with_companions(group: ItemGroupDef) -> ItemGroupDef:
    if not any(item.lab for item in group.item):
        return group
    written = {item.companion_of for item in group.item}
    made = ((item, *(() if item.oid in written else companions(item))) for item in group.item)
    return changed(group, item=tuple(one for some in made for one in some))


def companions(item: ItemDef) -> tuple[ItemDef, ...]:
    """Clinical significance and comment of a laboratory result; nothing for any other item.

    Significance is required for a result outside its reference range; the comment never is.
    """
    if not item.lab:
        return ()
    name = item.question
    significance = ItemDef(
        oid=f"{item.oid}_CLSIG",
        question=Text(en=f"{name.en}: clinically significant?", zh=f"{name.zh}：有无临床意义？"),
        data_type="text",
        code_list=YES_NO,
        mandatory_when=f"flag.{item.variable} in ['L', 'H']",
        collect_when=item.collect_when,
        companion_of=item.oid,
        source="T1",
        until=item.until,
    )
    comment = ItemDef(
        oid=f"{item.oid}_COM",
        question=Text(en=f"{name.en}: comment", zh=f"{name.zh}：备注"),
        data_type="text",
        length=COMMENT_LENGTH,
        collect_when=item.collect_when,
        companion_of=item.oid,
        source="A",
        until=item.until,
    )
    return significance, comment


def date_conditions(form: FormDef, date_checks: Iterable[DateCheck]) -> tuple[ConditionDef, ...]:
    """The study's checks at each date that is asked; a retired one is asked of nobody."""
    checks = tuple(date_checks)
    return tuple(
        _dated(check, group, item)
        for group in form.item_group
        for item in group.item
        if item.data_type in DATES and not item.derived and not (form.until or group.until or item.until)
        for check in checks
        if not getattr(item, check.unless)
    )


def _dated(check: DateCheck, group: ItemGroupDef, item: ItemDef) -> ConditionDef:
    """`this` becomes the item's rule name: `VS.VSDAT`, `partial.row.AE.AESTDAT`."""
    row = "row." if group.repeating or group.rows else ""
    partial = "partial." if item.data_type == "partialDate" else ""
    words = {language: text.replace("{this}", f"{{{item.oid}}}") for language, text in check.message.pairs}
    return ConditionDef(
        oid=f"{check.oid}.{item.variable}",
        expression=re.sub(r"(?<![\w.])this(?![\w.])", f"{partial}{row}{item.variable}", check.expression),
        severity=check.severity,
        item=item.oid,
        message=Text(**words),
        source=check.source,
        check=check.check,
    )
