"""What an amendment retired: pieces of the definition that are asked of nobody any more (`until`).

What was answered under an earlier version stays readable; where nothing was answered, a retired piece is not
there at all.  Which pieces an amendment retires is decided in `amending.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

from pydantic import BaseModel

from crf_app.model.def_base import Text
from crf_app.model.definition import StudyEventDef
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import CodeList, CodeListItem, ItemDef

_Model = TypeVar("_Model", bound=BaseModel)


def until_of(form: FormDef, item: ItemDef) -> str | None:
    """The last version that asked an item; None for one that is asked."""
    return item.until or form.group_of[item.oid].until or form.until


def has_retired(form: FormDef) -> bool:
    """Whether an amendment took anything out of the form."""
    groups = form.item_group
    return any(group.until or any(item.until for item in group.item) for group in groups) or bool(form.until)


def as_asked(form: FormDef, answered: Iterable[str]) -> FormDef:
    """The form without the retired items that hold no answer; the others say until when they were asked.

    `answered`: OIDs of the items that hold an answer.
    """
    if not has_retired(form):
        return form
    held = frozenset(answered)
    groups = (_group(form, group, held) for group in form.item_group)
    return _with(form, item_group=tuple(group for group in groups if group.item))


def _group(form: FormDef, group: ItemGroupDef, held: Collection[str]) -> ItemGroupDef:
    kept = ((one, until_of(form, one)) for one in group.item)
    return _with(
        group, item=tuple(_said(one, until) for one, until in kept if until is None or one.oid in held)
    )


def _said(item: ItemDef, until: str | None) -> ItemDef:
    """The question says until which version it was asked, wherever it stands."""
    return item if until is None else _with(item, question=until_words(item.question, until))


def until_words(words: Text, until: str) -> Text:
    return Text(
        en=f"{words.en} (until version {until})", zh=f"{words.zh}（至第 {until} 版）", other=words.other
    )


def code_words(code: CodeListItem) -> Text:
    """The words of a fixed row; those of a retired one say until when it was asked."""
    return code.decode if code.until is None else until_words(code.decode, code.until)


def _with(model: _Model, **fields: object) -> _Model:
    """The model with other fields, without what it had worked out about itself."""
    kept = {name: getattr(model, name) for name in type(model).model_fields}
    return type(model).model_construct(**(kept | fields))


def fixed_rows(code_list: CodeList, answered: Collection[str]) -> tuple[str, ...]:
    """The rows of a group with one for each code; a retired one where it holds an answer.

    `answered`: codes of the rows that hold one.
    """
    return tuple(
        one.coded_value for one in code_list.items if one.until is None or one.coded_value in answered
    )


def choosable(code_list: CodeList, held: Collection[str]) -> CodeList:
    """The list with the codes that can be chosen, and retired ones that the answer holds already."""
    there = tuple(one for one in code_list.items if one.until is None or one.coded_value in held)
    return code_list if len(there) == len(code_list.items) else _with(code_list, items=there)


def forms_asked(event: StudyEventDef) -> tuple[str, ...]:
    """OIDs of the forms that the visit asks now."""
    return () if event.until else tuple(ref.form for ref in event.forms if ref.until is None)
