"""The rows of a filled form: each item of the definition with its answer, in the order of the paper.

Every item stands there: answered, not done in words, not filled in, not asked, kept.  Flags are ink
(`↑H 2.3 ×`), corrections are numbered footnotes, checks stand under their item with the reason given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from crf_app.export.fonts import text_width
from crf_app.export.layout import WIDTH, Cell, Row
from crf_app.export.paper_words import decoded, joined, missing_word, shown_unit, word
from crf_app.export.text import INK2, INK3, Run, Style, wrap
from crf_app.model.definition import FormDef, ItemDef, ItemGroupDef, Study
from crf_app.model.drawing import Drawing, Mark

HEAD = Style(7.5, bold=True, ink=INK2)
GROUP = Style(10, bold=True)
LABEL = Style(8.5)
VALUE = Style(9, bold=True)
QUIET = Style(8, ink=INK3)
SMALL = Style(7.5, ink=INK2)
FLAG = Style(8.5, bold=True)
FIELDS = ((0.0, 205.0), (213.0, 172.0), (393.0, WIDTH - 393.0))
LAB = ((0.0, 150.0), (154.0, 78.0), (240.0, 58.0), (302.0, 74.0), (380.0, 54.0), (438.0, WIDTH - 438.0))
LEAST_COLUMN = 44.0


@dataclass(frozen=True, slots=True)
class Held:
    """What the record holds at one address."""

    value: str | None = None
    unit: str | None = None
    missing: str | None = None


@dataclass
class Sheet:
    """One form while its rows are made; `footnotes` grows as corrections are met."""

    drawing: Drawing
    study: Study
    form: FormDef
    held: dict[str, Held]
    rows_of: dict[str, list[str]]
    footnotes: list[str] = field(default_factory=list)

    @property
    def language(self) -> str:
        return self.drawing.language

    def say(self, key: str, **values: object) -> str:
        return word(key, self.language, **values)


def local(group: str, row: str, item: str = "") -> str:
    """`IG.VS/I.VS.SYSBP`, with a row `IG.AE~k3j9x0q2mz/I.AE.AETERM`; without item the row's own address."""
    place = f"{group}~{row}" if row else group
    return f"{place}/{item}" if item else place


def sheet_of(drawing: Drawing, study: Study) -> Sheet:
    """The record's items by address.  Rows stand in the drawing's order, others after them."""
    held: dict[str, Held] = {}
    rows_of: dict[str, list[str]] = {group: list(rows) for group, rows in drawing.rows.items()}
    for group, row, item, value, unit, missing, *_ in drawing.record["items"]:
        held[local(group, row or "", item)] = Held(value, unit, missing)
        seen = rows_of.setdefault(group, [])
        if row and row not in seen:
            seen.append(row)
    return Sheet(drawing, study, study.forms[drawing.form_oid], held, rows_of)


def filled_rows(sheet: Sheet) -> list[Row]:
    """All rows of the form and its footnotes, without signatures."""
    out: list[Row] = []
    for group in sheet.form.item_group:
        out.extend(_group_rows(sheet, group))
    return out + _footnote_rows(sheet)


def heading(text: str) -> Row:
    return Row((Cell(0, WIDTH, wrap([Run(text, GROUP)], WIDTH)),), above=11, below=3, keep=True)


def head_row(columns: Sequence[tuple[float, float]], words: Sequence[str], right: int = -1) -> Row:
    cells = tuple(
        Cell(x, wide, wrap([Run(text, HEAD)], wide), "right" if at == right else "left")
        for at, ((x, wide), text) in enumerate(zip(columns, words, strict=True))
    )
    return Row(cells, above=2, below=2, rule="thin", keep=True)


def _group_rows(sheet: Sheet, group: ItemGroupDef) -> Iterator[Row]:
    yield heading(group.name.in_language(sheet.language))
    if not group.repeating and not group.rows:
        yield from _item_rows(sheet, group, "")
        return
    rows = _row_names(sheet, group)
    if not rows:
        yield Row((Cell(0, WIDTH, wrap([Run(sheet.say("no_rows"), QUIET)], WIDTH)),), rule="thin")
    elif grid_fits(group):
        yield from _grid_rows(sheet, group, rows)
    else:
        for row, name in rows:
            yield from _block_rows(sheet, group, row, name)


def _row_names(sheet: Sheet, group: ItemGroupDef) -> list[tuple[str, str]]:
    """(row, what is printed for it): fixed rows by their code list, others by number."""
    if group.rows:
        entries = sheet.study.code_lists[group.rows].items
        return [(entry.coded_value, entry.decode.in_language(sheet.language)) for entry in entries]
    return [(row, sheet.say("row", n=n)) for n, row in enumerate(sheet.rows_of.get(group.oid, []), 1)]


def grid_fits(group: ItemGroupDef) -> bool:
    """A table when every column has room and nothing is long free text; else one block a row."""
    room = (WIDTH - 70) / max(len(group.item), 1)
    return room >= LEAST_COLUMN and not any(long_text(item) and room < 110 for item in group.item)


def long_text(item: ItemDef) -> bool:
    return item.data_type == "text" and not item.code_list and (item.length or 200) > 20


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
        kind = "lab" if item.lab else "fields"
        if kind != before:
            head = (_head(sheet, kind),)
            before = kind
            yield head[0]
        made = _lab_row(sheet, group, row, item) if item.lab else _field_row(sheet, group, row, item)
        findings = list(_finding_rows(sheet, local(group.oid, row, item.oid), head))
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
    return shown_unit(sheet.held.get(address, Held()).unit or item.unit)


def answer_runs(sheet: Sheet, address: str, item: ItemDef) -> list[Run]:
    """The answer: chosen options with a ticked box, a missing reason in words, or why nothing stands."""
    held, mark = sheet.held.get(address, Held()), sheet.drawing.mark(address)
    if held.missing in ("hidden", "deleted") or (mark.hidden and held.value is None and held.missing is None):
        return [Run(sheet.say("hidden"), QUIET)]
    if held.missing is not None:
        return [Run(missing_word(held.missing, sheet.study, sheet.language), VALUE)]
    if held.value is None:
        return [Run(sheet.say("none"), QUIET)]
    gone = bool(sheet.drawing.mark(address.partition("/")[0]).deleted)
    style = replace(VALUE, strike=gone)
    if not item.code_list:
        return [Run(spelled(item, held.value), style)]
    codes = held.value.split(";") if item.multiple else [held.value]
    runs: list[Run] = []
    for code in codes:
        runs += [
            Run(decoded(item, code, sheet.study, sheet.language), style, "on", whole=True),
            Run("   ", style),
        ]
    return runs[:-1]


def spelled(item: ItemDef, value: str) -> str:
    """The value as it is read: a date and time with a space between."""
    return value.replace("T", " ") if item.data_type == "datetime" else value


def flag_text(mark: Mark, language: str) -> str:
    """`↑H 2.3 ×`: readable without colour."""
    if not mark.flag:
        return ""
    arrow = "↑" if mark.flag.startswith("H") else "↓" if mark.flag.startswith("L") else ""
    times = f" {word('times', language, times=mark.times)}" if mark.times else ""
    return f"{arrow}{mark.flag}{times}"


def _note_runs(sheet: Sheet, address: str, item: ItemDef) -> list[Run]:
    mark = sheet.drawing.mark(address)
    flag = flag_text(mark, sheet.language)
    notes = joined([mark.reference, *_notes(sheet, address, item)], sheet.language)
    runs = [Run(flag, FLAG)] if flag else []
    return [*runs, Run(("  " if flag and notes else "") + notes, SMALL)]


def _lab_notes(sheet: Sheet, group: ItemGroupDef, row: str, item: ItemDef) -> list[str]:
    """The result's own notes, then its companions (clinical significance, comment) when answered."""
    notes = _notes(sheet, local(group.oid, row, item.oid), item)
    for other in group.item:
        if other.companion_of != item.oid:
            continue
        address = local(group.oid, row, other.oid)
        held = sheet.held.get(address, Held())
        if held.value is not None or held.missing is not None:
            notes.append(plain(sheet, other, held))
        notes += _notes(sheet, address, other)
    return notes


def plain(sheet: Sheet, item: ItemDef, held: Held) -> str:
    """The answer as one text without boxes."""
    if held.missing is not None:
        return missing_word(held.missing, sheet.study, sheet.language)
    value = held.value or ""
    if not item.code_list:
        return spelled(item, value)
    codes = value.split(";") if item.multiple else [value]
    return joined([decoded(item, code, sheet.study, sheet.language) for code in codes], sheet.language)


def _notes(sheet: Sheet, address: str, item: ItemDef) -> list[str]:
    mark = sheet.drawing.mark(address)
    notes = [sheet.say("standard", value=mark.standard)] if mark.standard else []
    if mark.kept:
        notes.append(sheet.say("kept"))
    if item.derived:
        notes.append(sheet.say("derived"))
    numbers = footnote(sheet, item, mark)
    if numbers:
        notes.append(sheet.say("changed", n=numbers))
    return notes


def footnote(sheet: Sheet, item: ItemDef, mark: Mark) -> str:
    """The numbers of this value's footnotes, "1" or "1, 2"; their text is kept for the end of the form."""
    numbers = []
    for change in mark.changed:
        numbers.append(str(len(sheet.footnotes) + 1))
        nothing = sheet.say("nothing")
        text = sheet.say(
            "change",
            n=numbers[-1],
            item=item.question.in_language(sheet.language),
            old=change.old or nothing,
            new=change.new or nothing,
            by=change.by,
            at=change.at,
        )
        sheet.footnotes.append(text + (sheet.say("because", reason=change.reason) if change.reason else ""))
    return ", ".join(numbers)


def _finding_rows(sheet: Sheet, address: str, head: tuple[Row, ...]) -> Iterator[Row]:
    findings = sheet.drawing.mark(address).findings
    for at, finding in enumerate(findings):
        said = sheet.say("answered", reason=finding.reason) if finding.reason else sheet.say("open")
        who = joined([finding.by, finding.at], sheet.language)
        runs = [
            Run(f"{sheet.say(finding.severity)}  ", replace(SMALL, bold=True)),
            Run(f"{finding.text}  {said}{f' ({who})' if who else ''}", SMALL),
        ]
        last = at == len(findings) - 1
        cell = Cell(14, WIDTH - 14, wrap(runs, WIDTH - 14))
        yield Row((cell,), above=0, below=2.5, rule="thin" if last else "", keep=not last, head=head)


def _grid_rows(sheet: Sheet, group: ItemGroupDef, rows: list[tuple[str, str]]) -> Iterator[Row]:
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
            notes.insert(0, _line(sheet.say("deleted", why=gone), head))
        yield Row(tuple(cells), rule="" if notes else "thin", keep=bool(notes), head=head)
        yield from notes


def shown_items(group: ItemGroupDef) -> list[ItemDef]:
    return [item for item in group.item if not item.companion_of]


def grid_columns(sheet: Sheet, group: ItemGroupDef) -> tuple[list[tuple[float, float]], list[str]]:
    items = shown_items(group)
    longest = max((text_width(name, 8.5) for _, name in _row_names(sheet, group)), default=40.0)
    first = min(max(longest + 4, 40.0), 110.0)
    room = (WIDTH - first - 6) / len(items)
    columns = [(0.0, first), *((first + 6 + at * room, room - 5) for at in range(len(items)))]
    names = [sheet.say("row_name") if group.repeating else ""]
    for item in items:
        unit = shown_unit(item.unit)
        names.append(item.question.in_language(sheet.language) + (f", {unit}" if unit else ""))
    return columns, names


def _grid_cell(sheet: Sheet, address: str, item: ItemDef) -> list[Run]:
    held, mark = sheet.held.get(address, Held()), sheet.drawing.mark(address)
    runs = [Run(run.text, run.style) for run in answer_runs(sheet, address, item)]
    if held.value is not None and held.unit and held.unit != item.unit:
        runs.append(Run(f" {shown_unit(held.unit)}", LABEL))
    flag = flag_text(mark, sheet.language)
    numbers = footnote(sheet, item, mark)
    if flag:
        runs.append(Run(f" {flag}", replace(FLAG, size=7.5)))
    if numbers:
        runs.append(Run(f" ({numbers})", SMALL))
    return [*runs, Run(f" {sheet.say('kept')}", SMALL)] if mark.kept else runs


def _grid_notes(
    sheet: Sheet, group: ItemGroupDef, row: str, name: str, head: tuple[Row, ...]
) -> Iterator[Row]:
    """Findings of the row's cells, and companions, which have no column of their own."""
    for item in group.item:
        address = local(group.oid, row, item.oid)
        held = sheet.held.get(address, Held())
        if item.companion_of and (held.value is not None or held.missing is not None):
            yield _line(f"{item.question.in_language(sheet.language)}: {plain(sheet, item, held)}", head)
        yield from _finding_rows(sheet, address, head)


def _line(text: str, head: tuple[Row, ...]) -> Row:
    return Row((Cell(14, WIDTH - 14, wrap([Run(text, SMALL)], WIDTH - 14)),), above=0, rule="thin", head=head)


def _footnote_rows(sheet: Sheet) -> list[Row]:
    if not sheet.footnotes:
        return []
    out = [heading(sheet.say("changes"))]
    for text in sheet.footnotes:
        out.append(Row((Cell(0, WIDTH, wrap([Run(text, SMALL)], WIDTH)),), above=1, below=1))
    return out
