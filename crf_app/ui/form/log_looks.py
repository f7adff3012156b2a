"""A log's rows as cells of a list: number, what it is about, when, what the definition lists, its state.

Pure: rows and lines in, looks out.  Without `log` in the definition the first items that are always asked
are listed.  A row that was removed is struck through, with who removed it, when and why below its name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtGui import QFontMetrics

from crf_app.model.definition import Study
from crf_app.model.form_def import ItemGroupDef
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer
from crf_app.ui import style
from crf_app.ui.form import line_words
from crf_app.ui.widgets.table_models import Look
from crf_app.ui.widgets.wrapping import wrapped
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import FormPage, RowView

_LISTED = 4  # columns of a group that has no `log`
_HEAD = 84  # pixels at 100 % after which the words of a head go on below
#: the states of a row, the one that asks loudest first, and their colours
_STATES = {"conflict": "soft", "hard": "hard", "soft": "soft", "query": "query", "empty": "text2"}
_ICONS = {"conflict": "soft", "empty": "todo"}


def listed(group: ItemGroupDef) -> tuple[list[ItemDef], list[ItemDef]]:
    """(items that say what a row is about, items with a column of their own)."""
    items = {one.oid: one for one in group.item}
    if group.log is not None:
        return [items[oid] for oid in group.log.name], [items[oid] for oid in group.log.columns]
    asked = [one for one in group.item if one.collect_when is None and not one.multiple]
    return asked[:1], asked[1:_LISTED]


def heads(group: ItemGroupDef, metrics: QFontMetrics) -> list[str]:
    """The words over the columns, in lines."""
    names, columns = listed(group)
    items = {one.oid: one for one in group.item}
    start = [items[group.log.start]] if group.log is not None and group.log.start is not None else []
    said = [say("form.row_number"), *(pick(one.question) for one in (*names[:1], *start, *columns))]
    room = style.current().px(_HEAD)
    return [*(wrapped(_short(one), metrics, room) for one in said), say("log.state")]


def _short(words: str) -> str:
    """What stands before a bracket or a colon: "Grade 1" of "Grade 1: mild …"."""
    return re.split(r"\s?[（(:：]", words, maxsplit=1)[0]


def looks(study: Study, page: FormPage, group: ItemGroupDef, row: RowView) -> list[Look]:
    """The cells of one row, in the order of `heads`."""
    lines = {line.key.item: line for line in page.lines if line.key.group == row.part}
    answers = {oid: line.state.answer for oid, line in lines.items()} or row.answers
    lists = next(iter(lines.values())).lists if lines else {}
    items = {one.oid: one for one in group.item}

    def words(oid: str | None) -> str:
        found = answers.get(oid or "", Answer())
        return line_words.spoken(study, items[oid], found, lists) if oid in items else ""

    names, columns = listed(group)
    name = next((said for one in names if (said := words(one.oid))), say("log.unnamed"))
    struck, gone = row.removed is not None, removed_words(row)
    colour = "text2" if struck else "text"
    out = [
        Look(row.n, colour="text2"),
        Look(
            name, colour=colour, bold=not struck, struck=struck, sub=say("form.row_removed") if struck else ""
        ),
    ]
    if group.log is not None and group.log.start is not None:
        ongoing = answers.get(group.log.ongoing or "", Answer()).value == "Y"
        end = say("log.ongoing") if ongoing else words(group.log.end)
        until = say("log.until", end=end) if end and not ongoing else end
        out.append(Look(words(group.log.start), colour=colour, sub=until))
    out += [Look(_short(words(one.oid)), colour=colour) for one in columns]
    state = _state(page, row)
    said = ", ".join(filter(None, (row.n, name, *(one.text for one in out[2:]), state.said, gone)))
    return [*out[:1], _heard(out[1], said), *out[2:], state]


def _heard(look: Look, said: str) -> Look:
    return Look(look.text, colour=look.colour, bold=look.bold, struck=look.struck, sub=look.sub, said=said)


def removed_words(row: RowView) -> str:
    """When a row was removed, by whom and why; empty for one that stands."""
    if row.removed is None:
        return ""
    return say("log.removed", when=row.removed.when[:16], name=row.removed.name, reason=row.removed.reason)


def _state(page: FormPage, row: RowView) -> Look:
    """What the row still asks for, else that it is done."""
    if row.removed is not None:
        return Look("", "remove", "text2", said=say("form.row_removed"))
    kinds = [one.kind for one in page.open_points if one.key.group == row.part]
    kind = next((one for one in _STATES if one in kinds), "")
    if not kind:
        return Look("", "done", "ok", said=say("log.whole"))
    words = say(f"log.{kind}", n=kinds.count(kind))
    return Look(words, _ICONS.get(kind, kind), _STATES[kind], said=words)


def answers_of(study: Study, group: ItemGroupDef, row: RowView) -> list[tuple[str, str]]:
    """(question, answer in words) of a removed row, as it stood."""
    here = [(one, row.answers[one.oid]) for one in group.item if one.oid in row.answers]
    return [
        (pick(one.question), line_words.spoken(study, one, found)) for one, found in here if not found.empty
    ]
