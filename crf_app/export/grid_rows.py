"""A repeated group as a table: one line a row, one column an item; findings and companions under the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from crf_app.export.answers import (
    FLAG,
    LABEL,
    NOT_ASKED,
    SMALL,
    Held,
    Sheet,
    answer_runs,
    flag_text,
    footnote,
    kept,
    local,
    plain,
    row_names,
)
from crf_app.export.fonts import text_width
from crf_app.export.layout import WIDTH, Cell, Row
from crf_app.export.paper_words import shown_unit
from crf_app.export.row_parts import finding_rows, head_row, note_row
from crf_app.export.text import Run, wrap
from crf_app.model.definition import ItemDef, ItemGroupDef

LEAST_COLUMN = 44.0


def grid_fits(group: ItemGroupDef) -> bool:
    """A table when every column has room and nothing is long free text; else one block a row."""
    room = (WIDTH - 70) / max(len(group.item), 1)
    return room >= LEAST_COLUMN and not any(long_text(item) and room < 110 for item in group.item)


def long_text(item: ItemDef) -> bool:
    return item.data_type == "text" and not item.code_list and (item.length or 200) > 20


def grid_rows(sheet: Sheet, group: ItemGroupDef, rows: list[tuple[str, str]]) -> Iterator[Row]:
    columns, names = grid_columns(sheet, group)
    head = (head_row(columns, names),)
    yield head[0]
    for row, name in rows:
        gone = sheet.drawing.mark(local(group.oid, row)).deleted
        cells = [Cell(columns[0][0], columns[0][1], wrap([Run(name, LABEL)], columns[0][1]))]
        for (x, wide), item in zip(columns[1:], shown_items(group), strict=True):
            cells.append(Cell(x, wide, wrap(_grid_cell(sheet, local(group.oid, row, item.oid), item), wide)))
        notes = list(_grid_notes(sheet, group, row, name, head))
        if gone:
            notes.insert(0, note_row(sheet.say("deleted", why=gone), head))
        yield Row(tuple(cells), rule="" if notes else "thin", keep=bool(notes), head=head)
        yield from notes


def shown_items(group: ItemGroupDef) -> list[ItemDef]:
    return [item for item in group.item if not item.companion_of]


def grid_columns(sheet: Sheet, group: ItemGroupDef) -> tuple[list[tuple[float, float]], list[str]]:
    items = shown_items(group)
    longest = max((text_width(name, 8.5) for _, name in row_names(sheet, group)), default=40.0)
    first = min(max(longest + 4, 40.0), 110.0)
    room = (WIDTH - first - 6) / len(items)
    columns = [(0.0, first), *((first + 6 + at * room, room - 5) for at in range(len(items)))]
    names = [sheet.say("row_name") if group.repeating else ""]
    for item in items:
        unit = shown_unit(item.unit, sheet.language)
        names.append(item.question.in_language(sheet.language) + (f", {unit}" if unit else ""))
    return columns, names


def _grid_cell(sheet: Sheet, address: str, item: ItemDef) -> list[Run]:
    held, mark = sheet.held.get(address, Held()), sheet.drawing.mark(address)
    runs = [Run(run.text, run.style) for run in answer_runs(sheet, address, item)]
    if held.value is not None and held.unit and held.unit != item.unit:
        runs.append(Run(f" {shown_unit(held.unit, sheet.language)}", LABEL))
    flag = flag_text(mark, sheet.language)
    numbers = footnote(sheet, item, mark)
    if flag:
        runs.append(Run(f" {flag}", replace(FLAG, size=7.5)))
    if numbers:
        runs.append(Run(f" ({numbers})", SMALL))
    return [*runs, Run(f" {sheet.say('kept')}", SMALL)] if mark.kept or kept(held) else runs


def _grid_notes(
    sheet: Sheet, group: ItemGroupDef, row: str, name: str, head: tuple[Row, ...]
) -> Iterator[Row]:
    """Findings of the row's cells, and companions, which have no column of their own."""
    for item in group.item:
        address = local(group.oid, row, item.oid)
        held = sheet.held.get(address, Held())
        if item.companion_of and (held.value is not None or held.missing not in (None, *NOT_ASKED)):
            yield note_row(f"{item.question.in_language(sheet.language)}: {plain(sheet, item, held)}", head)
        yield from finding_rows(sheet, address, head)
