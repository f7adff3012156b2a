"""The rows of a filled form: each item of the definition with its answer, in the order of the paper.

Every item stands there: answered, not done in words, not filled in, not asked, kept.  Flags are ink
(`↑H 2.3 ×`), corrections are numbered footnotes, checks stand under their item with the reason given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

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
    local,
    notes_of,
    plain,
    row_names,
)
from crf_app.export.grid_rows import grid_rows, grid_shape, table_of, turned_rows
from crf_app.export.layout import WIDTH, Cell, Row
from crf_app.export.paper_words import joined
from crf_app.export.row_parts import HEAD, finding_rows, head_row, heading
from crf_app.export.text import Run, wrap
from crf_app.model.form_def import ItemGroupDef
from crf_app.model.item_def import ItemDef
from crf_app.model.units import shown_unit

FIELDS = ((0.0, 205.0), (213.0, 172.0), (393.0, WIDTH - 393.0))
LAB = ((0.0, 142.0), (146.0, 66.0), (220.0, 56.0), (280.0, 62.0), (346.0, 50.0), (400.0, WIDTH - 400.0))


def filled_rows(sheet: Sheet) -> list[Row]:
    """All rows of the form and its footnotes, without signatures."""
    out: list[Row] = []
    for group in sheet.form.item_group:
        out.extend(_group_rows(sheet, group))
    return out + _footnote_rows(sheet)


def _group_rows(sheet: Sheet, group: ItemGroupDef) -> Iterator[Row]:
    yield heading(sheet.form.heading_of(group, sheet.language))
    if not group.repeating and not group.rows:
        yield from _item_rows(sheet, group, "")
        return
    rows = row_names(sheet, group)
    if not rows:
        yield Row((Cell(0, WIDTH, wrap([Run(sheet.say("no_rows"), QUIET)], WIDTH)),), rule="thin")
        return
    shape = grid_shape(group, sheet.study)
    if shape == "rows":
        yield from grid_rows(sheet, group, rows)
    elif shape == "turned":
        yield from turned_rows(sheet, group, rows)
    else:
        for row, name in rows:
            yield from _block_rows(sheet, group, row, name)


def _block_rows(sheet: Sheet, group: ItemGroupDef, row: str, name: str) -> Iterator[Row]:
    gone = sheet.drawing.mark(local(group.oid, row)).deleted
    text = f"{name}   {sheet.say('deleted', why=gone)}" if gone else name
    yield Row(
        (Cell(0, WIDTH, wrap([Run(text, replace(HEAD, size=8.5))], WIDTH)),), above=6, rule="thin", keep=True
    )
    yield from _item_rows(sheet, group, row)


def _item_rows(sheet: Sheet, group: ItemGroupDef, row: str) -> Iterator[Row]:
    """Laboratory results as a laboratory table, everything else as questions; in the order of the paper."""
    head: tuple[Row, ...] = ()
    before = ""
    for item in group.item:
        if item.companion_of:
            continue
        kind = table_of(item, group)
        if kind != before:
            head = (_head(sheet, kind),)
            before = kind
            yield head[0]
        made = (_lab_row if kind == "lab" else _field_row)(sheet, group, row, item)
        findings = list(finding_rows(sheet, local(group.oid, row, item.oid), head))
        yield replace(made, head=head, keep=bool(findings), rule="" if findings else "thin")
        yield from findings


def _head(sheet: Sheet, kind: str) -> Row:
    if kind == "lab":
        names = ("item", "result", "unit", "reference", "flag", "note")
        return head_row(LAB, [sheet.say(name) for name in names], right=1)
    return head_row(FIELDS, [sheet.say(name) for name in ("item", "answer", "notes")])


def _field_row(sheet: Sheet, group: ItemGroupDef, row: str, item: ItemDef) -> Row:
    address = local(group.oid, row, item.oid)
    unit = _unit(sheet, address, item)
    runs = answer_runs(sheet, address, item)
    if unit and sheet.held.get(address, Held()).value is not None:
        runs = [*runs, Run(f" {unit}", LABEL)]
    texts = ([Run(item.question.in_language(sheet.language), LABEL)], runs, _note_runs(sheet, address, item))
    cells = tuple(Cell(x, wide, wrap(part, wide)) for (x, wide), part in zip(FIELDS, texts, strict=True))
    return Row(cells)


def _lab_row(sheet: Sheet, group: ItemGroupDef, row: str, item: ItemDef) -> Row:
    address = local(group.oid, row, item.oid)
    mark = sheet.drawing.mark(address)
    texts = (
        [Run(item.question.in_language(sheet.language), LABEL)],
        answer_runs(sheet, address, item),
        [Run(_unit(sheet, address, item), LABEL)],
        [Run(mark.reference, SMALL)],
        [Run(flag_text(mark, sheet.language), FLAG)],
        [Run(joined(_lab_notes(sheet, group, row, item), sheet.language), SMALL)],
    )
    cells = tuple(
        Cell(x, wide, wrap(part, wide), "right" if at == 1 else "left")
        for at, ((x, wide), part) in enumerate(zip(LAB, texts, strict=True))
    )
    return Row(cells)


def _unit(sheet: Sheet, address: str, item: ItemDef) -> str:
    return shown_unit(sheet.held.get(address, Held()).unit or item.unit, sheet.language)


def _note_runs(sheet: Sheet, address: str, item: ItemDef) -> list[Run]:
    mark = sheet.drawing.mark(address)
    flag = flag_text(mark, sheet.language)
    notes = joined([mark.reference, *notes_of(sheet, address, item)], sheet.language)
    runs = [Run(flag, FLAG)] if flag else []
    return [*runs, Run(("  " if flag and notes else "") + notes, SMALL)]


def _lab_notes(sheet: Sheet, group: ItemGroupDef, row: str, item: ItemDef) -> list[str]:
    """The result's own notes, then its companions (clinical significance, comment) when answered."""
    notes = notes_of(sheet, local(group.oid, row, item.oid), item)
    for other in group.item:
        if other.companion_of != item.oid:
            continue
        address = local(group.oid, row, other.oid)
        held = sheet.held.get(address, Held())
        if held.value is not None or held.missing not in (None, *NOT_ASKED):
            notes.append(_companion(sheet, other, held))
        notes += notes_of(sheet, address, other)
    return notes


def _companion(sheet: Sheet, item: ItemDef, held: Held) -> str:
    """`Clinically significant: No`; a comment stands for itself."""
    text = plain(sheet, item, held)
    colon = "：" if sheet.language == "zh" else ": "
    return f"{sheet.say('significant')}{colon}{text}" if item.code_list else text


def _footnote_rows(sheet: Sheet) -> list[Row]:
    if not sheet.footnotes:
        return []
    out = [heading(sheet.say("changes"))]
    for text in sheet.footnotes:
        out.append(Row((Cell(0, WIDTH, wrap([Run(text, SMALL)], WIDTH)),), above=1, below=1))
    return out
