"""The rows of a blank form: a box for each item, its options with codes, unit and usual range.

Made from the same definition and with the same columns as the filled form, so that a page filled by hand
is typed in without searching.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from crf_app.export.answers import LABEL, SMALL
from crf_app.export.evidence_codes import legend, without_sources
from crf_app.export.filled_rows import FIELDS
from crf_app.export.fonts import text_width
from crf_app.export.grid_rows import (
    TURNED_FIRST,
    column_places,
    first_column,
    grid_shape,
    item_name,
    shown_items,
    table_of,
)
from crf_app.export.layout import WIDTH, Cell, Frame, Row
from crf_app.export.paper_words import between, joined, limits, word
from crf_app.export.row_parts import HEAD, head_row, heading
from crf_app.export.text import INK3, Run, Style, visible, wrap
from crf_app.model.def_base import NotRun
from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import ItemDef
from crf_app.model.source_rules import rules_at
from crf_app.model.source_rules import sentence as rule_sentence
from crf_app.model.units import shown_unit

BLOCKS: Final = 2
GRID_ROWS: Final = 8
_HINT: Final = Style(7, ink=INK3)
_LAB: Final = ((0.0, 178.0), (184.0, 88.0), (280.0, 62.0), (348.0, 80.0), (434.0, WIDTH - 434.0))


def blank_rows(form: FormDef, study: Study, language: str, sources: bool = False) -> list[Row]:
    """All rows of the empty form, without signatures; `sources`: with evidence codes at the questions."""
    form = form if sources else without_sources(form)
    out: list[Row] = []
    for group in form.item_group:
        out.append(heading(form.heading_of(group, language)))
        if not (group.repeating or group.rows):
            out.extend(_items(group, study, language))
        elif (shape := grid_shape(group, study)) == "blocks":
            out.extend(_blocks(group, study, language))
        else:
            out.extend(_grid(group, study, language, turned=shape == "turned"))
    if any(group.repeating for group in form.item_group):
        out.append(Row((Cell(0, WIDTH, wrap([Run(word("more", language), _HINT)], WIDTH)),)))
    return out + legend(form, language) if sources else out


def _row_names(group: ItemGroupDef, study: Study, language: str, spare: int) -> list[str]:
    if group.rows:
        return [entry.decode.in_language(language) for entry in study.code_lists[group.rows].offered.items]
    return [word("row", language, n="......") for _ in range(spare)]


def _blocks(group: ItemGroupDef, study: Study, language: str) -> Iterator[Row]:
    for name in _row_names(group, study, language, BLOCKS):
        yield Row((Cell(0, WIDTH, wrap([Run(name, HEAD)], WIDTH)),), above=8, rule="thin", keep=True)
        yield from _items(group, study, language)


def _items(group: ItemGroupDef, study: Study, language: str) -> Iterator[Row]:
    before = ""
    head: tuple[Row, ...] = ()
    for item in shown_items(group):
        kind = table_of(item, group)
        if kind != before:
            before, head = kind, (_head(kind, language),)
            yield head[0]
        if kind == "lab":
            yield _lab(item, group, study, language, head)
        else:
            yield _field(item, study, language, head, rules_at(item, group))


def _head(kind: str, language: str) -> Row:
    names = (
        ("item", "result", "unit", "reference", "significant")
        if kind == "lab"
        else ("item", "answer", "notes")
    )
    return head_row(_LAB if kind == "lab" else FIELDS, [word(name, language) for name in names])


def _question(item: ItemDef, language: str, rules: Iterable[NotRun] = ()) -> list[Run]:
    star = " *" if item.mandatory or item.mandatory_when else ""
    runs = [Run(item.question.in_language(language) + star, LABEL)]
    if item.source:
        runs.append(Run(f"  [{item.source}]", _HINT))
    if item.help:
        runs.append(Run(f"\n{item.help.in_language(language)}", _HINT))
    runs += (Run(f"\n{rule_sentence(rule, language)}", _HINT) for rule in rules)
    return runs


def _field(item: ItemDef, study: Study, language: str, head: tuple[Row, ...], rules: Iterable[NotRun]) -> Row:
    (x0, w0), (x1, w1), (x2, w2) = FIELDS
    cells = [Cell(x0, w0, wrap(_question(item, language, rules), w0))]
    frames: tuple[Frame, ...] = ()
    if item.derived:
        cells.append(Cell(x1, w1, wrap([Run(word("calculated_later", language), _HINT)], w1)))
    elif item.code_list:
        cells.append(Cell(x1, WIDTH - x1, wrap(_options(item, study, language), WIDTH - x1)))
        return Row(tuple(cells), above=4, below=4, rule="thin", head=head)
    else:
        frames = _boxes(item, x1, w1)
        unit = shown_unit(item.unit, language)
        end = max(frame.x + frame.width for frame in frames) + 5
        cells.append(Cell(end, max(x1 + w1 - end, 30), wrap([Run(unit, LABEL)], max(x1 + w1 - end, 30))))
    cells.append(Cell(x2, w2, wrap([Run(_hint(item, study, language), _HINT)], w2)))
    least = max((frame.height for frame in frames), default=0.0) + 2
    return Row(tuple(cells), above=4, below=4, least=least, rule="thin", head=head, frames=frames)


def _options(item: ItemDef, study: Study, language: str) -> list[Run]:
    """Every option with its code and a tick box; each on its own line when one of them is long."""
    entries = study.code_lists[item.code_list or ""].offered.items
    texts = []
    for entry in entries:
        text = entry.decode.in_language(language)
        texts.append(text if text == entry.coded_value else f"{text} ({entry.coded_value})")
    long = any(text_width(visible(text), LABEL.size) > 130 for text in texts)
    gap = Run("\n" if long else "    ", LABEL)
    runs = [run for text in texts for run in (Run(text, LABEL, "off", whole=True), gap)][:-1]
    return [*runs, Run(f"    {word('many', language)}", _HINT)] if item.multiple else runs


_PATTERNS: Final = {
    "date": (4, 2, 2),
    "partialDate": (4, 2, 2),
    "time": (2, 2),
    "datetime": (4, 2, 2, 2, 2),
}


def _boxes(item: ItemDef, x: float, width: float) -> tuple[Frame, ...]:
    """Combs for dates and times, a short box for a number, a wide or tall one for text."""
    if item.data_type in _PATTERNS:
        return _comb(_PATTERNS[item.data_type], x)
    if item.data_type in ("integer", "decimal") or item.link is not None:
        return (Frame(x, 3, 82, 17),)
    tall = 44.0 if (item.length or 200) > 100 else 17.0
    return (Frame(x, 3, width - (34 if item.unit else 0), tall),)


def _comb(parts: tuple[int, ...], x: float) -> tuple[Frame, ...]:
    frames: list[Frame] = []
    for count in parts:
        frames += [Frame(x + n * 12.0, 3, 12, 17) for n in range(count)]
        x += count * 12.0 + 5
    return tuple(frames)


def _hint(item: ItemDef, study: Study, language: str) -> str:
    parts: list[str] = []
    if item.link is not None:
        [(form, group)] = [
            (form, one) for form in study.form for one in form.item_group if one.oid == item.link
        ]
        name = form.name_of_rows(group).in_language(language)
        parts.append(word("row_of", language, name=name))
    low, high = limits(item, "Soft")
    if low or high:
        parts.append(word("plausible", language, range=between(low, high)))
    low, high = limits(item, "Hard")
    if low or high:
        parts.append(word("possible", language, range=between(low, high)))
    return joined(parts, language)


def _lab(item: ItemDef, group: ItemGroupDef, study: Study, language: str, head: tuple[Row, ...]) -> Row:
    (x0, w0), (x1, w1), (x2, w2), (x3, w3), (x4, w4) = _LAB
    units = " / ".join(
        dict.fromkeys(
            [shown_unit(item.unit, language), *(shown_unit(one.unit, language) for one in item.units)]
        )
    )
    reference = "; ".join(
        between(one.low, one.high) + (f" ({one.sex})" if one.sex else "") for one in item.reference
    )
    cells = (
        Cell(x0, w0, wrap(_question(item, language), w0)),
        Cell(x2, w2, wrap([Run(units, SMALL)], w2)),
        Cell(x3, w3, wrap([Run(reference, _HINT)], w3)),
        Cell(x4, w4, wrap(_significance(item, group, study, language), w4)),
    )
    if item.derived:
        told = Cell(x1, w1, wrap([Run(word("calculated_later", language), _HINT)], w1))
        return Row((*cells, told), above=4, below=4, rule="thin", head=head)
    return Row(cells, above=4, below=4, least=19, rule="thin", head=head, frames=(Frame(x1, 3, w1, 17),))


def _significance(item: ItemDef, group: ItemGroupDef, study: Study, language: str) -> list[Run]:
    """The companions' tick boxes (clinical significance) by code; their meaning stands in the legend."""
    for other in group.item:
        if other.companion_of == item.oid and other.code_list:
            entries = study.code_lists[other.code_list].offered.items
            return [
                part
                for e in entries
                for part in (Run(e.coded_value, SMALL, "off", whole=True), Run("  ", SMALL))
            ]
    return [Run("", SMALL)]


def _grid(group: ItemGroupDef, study: Study, language: str, turned: bool) -> Iterator[Row]:
    """Empty boxes, row by row or, turned, with the fixed rows side by side; codes under the table."""
    items = shown_items(group)
    rows = _row_names(group, study, language, GRID_ROWS)
    names = [_column_name(item, language) for item in items]
    derived = [item.derived for item in items]
    lines, heads = (names, rows) if turned else (rows, names)
    places = column_places(TURNED_FIRST if turned else first_column(rows), len(heads))
    head = (head_row(places, ["", *heads]),)
    yield head[0]
    for at, name in enumerate(lines):
        open_ = [not derived[at if turned else column] for column in range(len(heads))]
        yield _boxed_line(name, places, open_, head)
    for item in items:
        if item.code_list:
            yield _code_line(item, study, language)


def _boxed_line(
    name: str, places: Sequence[tuple[float, float]], open_: Sequence[bool], head: tuple[Row, ...]
) -> Row:
    (x0, w0), *others = places
    frames = tuple(Frame(x, 3, wide, 17) for (x, wide), asked in zip(others, open_, strict=True) if asked)
    cell = Cell(x0, w0, wrap([Run(name, LABEL)], w0))
    return Row((cell,), above=4, below=4, least=17, rule="thin", head=head, frames=frames)


def _column_name(item: ItemDef, language: str) -> str:
    low, high = limits(item, "Soft")
    usual = f"\n{between(low, high)}" if low or high else ""
    return item_name(item, language) + (f" [{item.source}]" if item.source else "") + usual


def _code_line(item: ItemDef, study: Study, language: str) -> Row:
    """The codes of a column, under the table: `Position: 1 supine; 2 sitting`."""
    entries = study.code_lists[item.code_list or ""].offered.items
    codes = joined([f"{e.coded_value} {e.decode.in_language(language)}" for e in entries], language)
    text = f"{item.question.in_language(language)} — {word('codes_below', language, codes=codes)}"
    return Row((Cell(0, WIDTH, wrap([Run(text, _HINT)], WIDTH)),), above=1, below=1)
