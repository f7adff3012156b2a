"""conversions.toml: the study's conversion table, analyte by analyte.

The file is optional.  It has a `version` and one `[[conversion]]` for each analyte; an item names its row by
`conversion`, and its `units` are filled from it.  What does not fit is reported with the other mistakes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from crf_app.model.def_base import Def
from crf_app.model.definition_text import Problem, Source, guess
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import Conversion, ItemDef
from crf_app.model.load_expand import changed

CONVERSIONS: Final = "conversions.toml"


class ConversionFile(Def):
    """The shape of `conversions.toml`."""

    version: str
    conversion: tuple[Conversion, ...]


def with_units(form: FormDef, table: ConversionFile | None) -> FormDef:
    """The form whose items that name a row of the table have that row's units."""
    rows = {} if table is None else {row.name: row for row in table.conversion}
    return changed(form, item_group=tuple(_group(group, rows) for group in form.item_group))


def _group(group: ItemGroupDef, rows: Mapping[str, Conversion]) -> ItemGroupDef:
    if not any(_filled(item) for item in group.item):
        return group
    items = (
        changed(one, units=rows[one.conversion or ""].units) if _filled(one) else one for one in group.item
    )
    return changed(group, item=tuple(items))


def _filled(item: ItemDef) -> bool:
    """Whether its units stand in the table.  Units of its own may have what is retired: those it had."""
    return item.conversion is not None and not item.units


def conversion_problems(
    table: ConversionFile | None, forms: Mapping[str, FormDef], sources: Mapping[str, Source]
) -> Iterator[Problem]:
    """Rows that are named and not there, rows that nobody names, factors that say nothing."""
    source = sources.get(CONVERSIONS)
    if table is None and source is not None:
        return  # what is wrong with the file has been reported
    rows = {} if table is None else {row.name: row for row in table.conversion}
    used = set()
    for file, form in forms.items():
        for oid, item in form.items.items():
            if item.conversion is not None:
                used.add(item.conversion)
                retired = item.until or form.group_of[oid].until or form.until
                yield from _item(item, rows, sources[file]) if _filled(item) or not retired else ()
    if table is not None and source is not None:
        yield from _rows(table, source)
        yield from (_unused(row.name, source) for row in table.conversion if row.name not in used)


def _item(item: ItemDef, rows: Mapping[str, Conversion], source: Source) -> Iterator[Problem]:
    name = item.conversion or ""
    place = source.near(item.oid, "conversion")

    def problem(en: str, zh: str, hint: tuple[str, str]) -> Problem:
        return Problem(place.file, place.line, item.oid, en, zh, *hint)

    if item.units:
        yield problem("An item has `units` or a `conversion`, not both.",
                      "`units` 与 `conversion` 不能并用。", ("remove `units`", "请删除 `units`"))  # fmt: skip
    if item.unit is None:
        yield problem("A `conversion` needs the standard `unit`.", "`conversion` 需要标准 `unit`。",
                      ("add `unit`", "请添加 `unit`"))  # fmt: skip
    if name not in rows:
        yield problem(f"`conversion` names `{name}`, which is not in {CONVERSIONS}.",
                      f"`conversion` 指向 {CONVERSIONS} 中没有的 `{name}`。", guess(name, rows))  # fmt: skip
    elif item.unit in {other.unit for other in rows[name].units}:
        yield problem(f"`{name}` converts {item.unit}, which is the item's standard unit.",
                      f"`{name}` 换算的 {item.unit} 即为该条目的标准单位。",
                      ("name another row, or correct `unit`", "请改用其他换算，或更正 `unit`"))  # fmt: skip


def _rows(table: ConversionFile, source: Source) -> Iterator[Problem]:
    names = [row.name for row in table.conversion]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield _at(source, name, f"The conversion `{name}` stands twice.", f"换算 `{name}` 重复。", last=True)
    for row in table.conversion:
        units = [other.unit for other in row.units]
        if len(set(units)) < len(units) or not units:
            en, zh = f"`{row.name}` has no unit, or one twice.", f"`{row.name}` 没有单位，或单位重复。"
            yield _at(source, row.name, en, zh)
        if any(Decimal(number) == 0 for one in row.units for number in (one.factor, one.divisor)):
            en = f"`{row.name}` multiplies or divides by 0."
            yield _at(source, row.name, en, f"`{row.name}` 的系数或除数为 0。")


def _unused(name: str, source: Source) -> Problem:
    en, zh = f"No item uses the conversion `{name}`.", f"没有条目使用换算 `{name}`。"
    hint = (f'write conversion = "{name}" at an item, or remove the row', "请在条目中使用，或删除此行")
    return _at(source, name, en, zh, hint)


def _at(
    source: Source, name: str, en: str, zh: str, hint: tuple[str, str] = ("", ""), *, last: bool = False
) -> Problem:
    """A problem at the line that names the row."""
    lines = [number for number, text in enumerate(source.lines, 1) if _names(text, name)]
    return Problem(source.file, lines[-1 if last else 0] if lines else 1, name, en, zh, *hint)


def _names(line: str, name: str) -> bool:
    key, _, value = line.partition("=")
    return key.strip() == "name" and value.split("#")[0].strip() == f'"{name}"'
