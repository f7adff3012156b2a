"""A row of a repeating group in words, and the rows of a group as the answers of an item that names one.

`2 · Headache · 2026-05-01`: the row's number, its first answer in words, its first date; where the group
stands in several visits, the visit's short name.  The stored answer is the row's uid; whoever types it may
write the number, `#2`.  Which rows there are is read in `actions/links.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from crf_app.model.datatype import ROW_SEPARATOR, show
from crf_app.model.def_base import Text
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import CodeList, CodeListItem, ItemDef

_LONGEST: Final = 60
_DATES: Final = ("date", "partialDate", "datetime")
_GONE: Final = Text(en="removed", zh="已移除")


@dataclass(frozen=True, slots=True)
class RowFacts:
    """One row of a group: uid, number, stored values by item OID, visit where that has to be said."""

    uid: str
    n: str
    values: Mapping[str, str] = field(default_factory=dict)
    visit: str = ""
    gone: bool = False


def row_list(
    form: FormDef, group: ItemGroupDef, rows: Iterable[RowFacts], code_lists: Mapping[str, CodeList]
) -> CodeList:
    """The rows as a code list: the code is the uid, the decode is the row in words."""
    items = tuple(CodeListItem(coded_value=row.uid, decode=row_words(group, row, code_lists)) for row in rows)
    return CodeList(oid=group.oid, name=form.name_of_rows(group), items=items)


def row_words(group: ItemGroupDef, row: RowFacts, code_lists: Mapping[str, CodeList]) -> Text:
    """The row in both languages."""
    said = {language: _said(group, row, code_lists, language) for language in ("en", "zh")}
    return Text(en=said["en"], zh=said["zh"])


def _said(group: ItemGroupDef, row: RowFacts, code_lists: Mapping[str, CodeList], language: str) -> str:
    name = _first(group, row, code_lists, language, dates=False)
    day = _first(group, row, code_lists, language, dates=True)
    gone = _GONE.in_language(language) if row.gone else ""
    return ROW_SEPARATOR.join(part for part in (row.n, name, day[:10], row.visit, gone) if part)


def _first(
    group: ItemGroupDef, row: RowFacts, code_lists: Mapping[str, CodeList], language: str, *, dates: bool
) -> str:
    """The first answer that is a date, or that is words, as people read it."""
    for item in group.item:
        value = row.values.get(item.oid, "")
        if value and _fits(item, dates=dates):
            words = show(item, value, code_lists, language).partition("\n")[0]
            return words if len(words) <= _LONGEST else words[:_LONGEST] + "…"
    return ""


def _fits(item: ItemDef, *, dates: bool) -> bool:
    if dates:
        return item.data_type in _DATES
    return item.data_type == "text" and item.link is None and not item.sensitive
