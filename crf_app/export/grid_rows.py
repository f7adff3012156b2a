"""A repeated group as a table: one line a row, one column an item; findings and companions under the line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from crf_app.export.answers import (
    FLAG,
    LABEL,
    NOT_ASKED,
    QUIET,
    SMALL,
    Held,
    Sheet,
    answer_runs,
    flag_text,
    footnote,
    kept,
    local,
    plain,
)
from crf_app.export.fonts import text_width
from crf_app.export.layout import WIDTH, Cell, Row
from crf_app.export.row_parts import finding_rows, head_row, note_row
from crf_app.export.text import Run, visible, wrap
from crf_app.model.definition import Study
from crf_app.model.form_def import ItemGroupDef
from crf_app.model.item_def import ItemDef
from crf_app.model.units import shown_unit

LEAST_COLUMN = 44.0
LONG_COLUMN = 100.0
Shape = Literal["rows", "turned", "blocks"]
Place = tuple[float, float]


def grid_shape(group: ItemGroupDef, study: Study) -> Shape:
    """How the group stands on paper: a line for each row, fixed rows as columns, or a block for each row."""
    items = shown_items(group)
    room = (WIDTH - 70) / max(len(items), 1)
    if room >= LEAST_COLUMN and not any(long_text(item) and room < LONG_COLUMN for item in items):
        return "rows"
    if group.rows:
        turned = (WIDTH - TURNED_FIRST) / max(len(study.code_lists[group.rows].items), 1)
        if turned >= LEAST_COLUMN and not any(long_text(item) and turned < LONG_COLUMN for item in items):
            return "turned"
    return "blocks"


TURNED_FIRST = 110.0


def long_text(item: ItemDef) -> bool:
    return item.data_type == "text" and not item.code_list and (item.length or 200) > 20


def table_of(item: ItemDef, group: ItemGroupDef) -> Literal["lab", "fields"]:
    """Results, and numbers calculated among them, stand in the laboratory table; all else is a question."""
    number = item.data_type in ("integer", "decimal") and not item.code_list
    return "lab" if item.lab or (group.layout == "lab" and number) else "fields"


def shown_items(group: ItemGroupDef) -> list[ItemDef]:
    return [item for item in group.item if not item.companion_of]


def column_places(first: float, count: int) -> list[Place]:
    """A first column of `first` points and `count` equal ones."""
    room = (WIDTH - first - 6) / count
    return [(0.0, first), *((first + 6 + at * room, room - 4) for at in range(count))]


def item_name(item: ItemDef, language: str) -> str:
    unit = shown_unit(item.unit, language)
    return item.question.in_language(language) + (f", {unit}" if unit else "")


def first_column(names: Sequence[str]) -> float:
    """Room for the longest row name, within reason."""
    longest = max((text_width(visible(name), LABEL.size) for name in names), default=40.0)
    return min(max(longest + 4, 40.0), TURNED_FIRST)


def grid_rows(sheet: Sheet, group: ItemGroupDef, rows: list[tuple[str, str]]) -> Iterator[Row]:
    """One line for each row, one column for each item."""
    items = shown_items(group)
    places = column_places(first_column([name for _, name in rows]), len(items))
    corner = sheet.say("row_name") if group.repeating else ""
    head = (head_row(places, [corner, *(item_name(item, sheet.language) for item in items)]),)
    yield head[0]
    for row, name in rows:
        gone = sheet.drawing.mark(local(group.oid, row)).deleted
        cells = [(local(group.oid, row, item.oid), item) for item in items]
        notes = [note_row(sheet.say("deleted", why=gone), head)] if gone else []
        line = _line(sheet, name, cells, places, head)
        notes += _notes_under(sheet, [(name, row, item) for item in group.item], group, head)
        yield replace(line, rule="" if notes else "thin", keep=bool(notes))
        yield from notes


def turned_rows(sheet: Sheet, group: ItemGroupDef, rows: list[tuple[str, str]]) -> Iterator[Row]:
    """One line for each item, one column for each fixed row: time points side by side."""
    places = column_places(TURNED_FIRST, len(rows))
    head = (head_row(places, ["", *(name for _, name in rows)]),)
    yield head[0]
    for item in shown_items(group):
        cells = [(local(group.oid, row, item.oid), item) for row, _ in rows]
        line = _line(sheet, item_name(item, sheet.language), cells, places, head)
        own = [one for one in group.item if item.oid in (one.oid, one.companion_of)]
        notes = _notes_under(sheet, [(name, row, one) for one in own for row, name in rows], group, head)
        yield replace(line, rule="" if notes else "thin", keep=bool(notes))
        yield from notes


def _line(
    sheet: Sheet, name: str, cells: list[tuple[str, ItemDef]], places: list[Place], head: tuple[Row, ...]
) -> Row:
    (x0, w0), *others = places
    made = [Cell(x0, w0, wrap([Run(name, LABEL)], w0))]
    for (x, wide), (address, item) in zip(others, cells, strict=True):
        made.append(Cell(x, wide, wrap(_grid_cell(sheet, address, item, wide), wide)))
    return Row(tuple(made), head=head)


def _grid_cell(sheet: Sheet, address: str, item: ItemDef, wide: float) -> list[Run]:
    held, mark = sheet.held.get(address, Held()), sheet.drawing.mark(address)
    size = 9.0 if wide > 60 else 7.8
    runs = [
        Run(run.text, replace(run.style, size=min(run.style.size, size)))
        for run in _short(sheet, address, item)
    ]
    if held.value is not None and held.unit and held.unit != item.unit:
        runs.append(Run(f" {shown_unit(held.unit, sheet.language)}", SMALL))
    flag = flag_text(mark, sheet.language)
    numbers = footnote(sheet, item, mark)
    if flag:
        runs += [Run(" ", SMALL), Run(flag, replace(FLAG, size=7.5), whole=True)]
    if numbers:
        runs.append(Run(f" ({numbers})", SMALL))
    return [*runs, Run(f" {sheet.say('kept')}", SMALL)] if mark.kept or kept(held) else runs


def _short(sheet: Sheet, address: str, item: ItemDef) -> list[Run]:
    held = sheet.held.get(address, Held())
    if held.value is None and held.missing is None and not sheet.drawing.mark(address).hidden:
        return [Run(sheet.say("none_short"), QUIET)]
    return answer_runs(sheet, address, item)


def _notes_under(
    sheet: Sheet, cells: list[tuple[str, str, ItemDef]], group: ItemGroupDef, head: tuple[Row, ...]
) -> list[Row]:
    """Findings of the cells (row name, row, item), and companions, which have no column of their own."""
    out: list[Row] = []
    for name, row, item in cells:
        address = local(group.oid, row, item.oid)
        held = sheet.held.get(address, Held())
        place = f"{name}, {item.question.in_language(sheet.language)}"
        if item.companion_of and (held.value is not None or held.missing not in (None, *NOT_ASKED)):
            out.append(note_row(f"{place}: {plain(sheet, item, held)}", head))
        out += finding_rows(sheet, address, head, place)
    return out
