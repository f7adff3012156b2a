"""The data for analysis as CSV: one long file, one wide file for each form, a code book.

    values.csv          one line for each answer (site, subject, event, repeat, form, group, row, item …)
    F.VS.csv            one line for each subject and visit, a column for each item (and `.unit`, `.missing`)
    F.VS.IG.VSI.csv     a repeated group of that form: one line for each row
    forms.csv           one line for each form that was begun or said to be not done: status, reason, by whom
    codebook.csv        what each column means: question, type, unit, codes, ranges

A form that is not in `forms.csv` is blank: nobody began it. One with the status `not_done` holds no values;
its code and reason are there, and `visit` says whether all of the visit was not done. What was made by
mistake, a visit or a whole subject, is in no file but `forms.csv`, with `mistake` and the reason.

UTF-8 with byte order mark (Excel then reads Chinese), CRLF, quotes where needed. An answer that names a row
of another group is its uid, as in that group's column `row`; `names_row` is its number. A spreadsheet runs
cells that begin with `=`, `+`, `-`, `@`, tab or CR (also full-width) as formulas: such a cell gets an
apostrophe in front, as does one that begins with an apostrophe; negative numbers stay numbers. `read_cell`
takes it off again, so that nothing is lost. Values are written as typed, never rounded.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import ItemDef
from crf_app.model.progress import Progress, counted, silent
from crf_app.model.retired import until_of
from crf_app.settings.files import storage_refusal, write_file

_RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
_NUMBER: Final = re.compile(r"-\d+(\.\d+)?\Z")
LONG_FILE: Final = "values.csv"
FORMS_FILE: Final = "forms.csv"
CODEBOOK_FILE: Final = "codebook.csv"


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One answer.  `event` and `form` carry their repeat (`SE.UNS~k3j9`); `row` is "" outside rows.

    `names_row`: the number of the row that the value, a uid, names.
    """

    subject: str
    event: str
    form: str
    group: str
    row: str
    item: str
    value: str | None = None
    missing: str | None = None
    unit: str | None = None
    site: str = ""
    names_row: str = ""
    version: str = ""  # of the definition by which the form is read
    reading: tuple[str, ...] = ()  # as READING_COLUMNS, for a number with a unit or a reference range


@dataclass(frozen=True, slots=True)
class FormLine:
    """One form as a whole.  `missing`, `reason`: of `not_done`; `whole_visit`: said of the visit; `mistake`:
    "visit" or "subject" where that was made by mistake, `reason` then says why."""

    site: str
    subject: str
    event: str
    form: str
    status: str
    missing: str = ""
    reason: str = ""
    whole_visit: bool = False
    mistake: str = ""
    user: str = ""
    at: str = ""


#: what a number means: exact in the standard unit, the range of its day and whose it is, L or H
READING_COLUMNS: Final = (
    "standard_value",
    "standard_unit",
    "range_low",
    "range_high",
    "range_of",
    "flag",
)


def write_csv(
    rows: Iterable[ExportRow],
    study: Study,
    folder: Path,
    progress: Progress = silent,
    forms: Iterable[FormLine] = (),
) -> list[Path]:
    """Write all files into `folder` (made if absent), each whole or not at all; return their paths.

    `progress` counts the tables made; all of them are made before the first is written.
    Raises StorageError, StorageFull, Cancelled.
    """
    kept = sorted(
        rows, key=lambda row: (row.site, row.subject, row.event, row.form, row.group, row.row, row.item)
    )
    tables = {LONG_FILE: _long(kept), FORMS_FILE: _forms(forms), CODEBOOK_FILE: _codebook(study)}
    for form in study.form:
        tables |= _wide(form, [row for row in kept if _oid(row.form) == form.oid])
    made = {name: csv_bytes(table) for name, table in counted(tables.items(), progress, len(tables))}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as reason:
        raise storage_refusal(reason, folder) from reason
    for name, data in made.items():
        write_file(folder / name, data)
    return [folder / name for name in made]


def csv_bytes(table: Iterable[Sequence[str | None]]) -> bytes:
    """The table as the bytes of a CSV file."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for line in table:
        writer.writerow([safe_cell(cell or "") for cell in line])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def safe_cell(text: str) -> str:
    """The cell as it is written: never a formula, always readable back by `read_cell`."""
    if text.lstrip(" \u3000").startswith(_RISKY) and not _NUMBER.match(text):
        return "'" + text
    return text


def read_cell(cell: str) -> str:
    """The text that `safe_cell` was given."""
    return cell[1:] if cell.startswith("'") else cell


def _oid(key: str) -> str:
    return key.partition("~")[0]


def _repeat(key: str) -> str:
    return key.partition("~")[2]


Table = list[list[str | None]]


def _long(rows: Sequence[ExportRow]) -> Table:
    table: Table = [
        ["site", "subject", "event", "repeat", "form", "group", "row", "item", "value", "unit", "missing",
         "names_row", *READING_COLUMNS, "version"]
    ]  # fmt: skip
    empty = ("",) * len(READING_COLUMNS)
    for row in rows:
        place: list[str | None] = [row.site, row.subject, _oid(row.event), _repeat(row.event), _oid(row.form)]
        said = [row.group, row.row, row.item, row.value, row.unit, row.missing, row.names_row]
        table.append([*place, *said, *(row.reading or empty), row.version])
    return table


_FORMS: Final = (
    *("site", "subject", "event", "repeat", "form", "status"),
    *("missing", "reason", "visit", "mistake", "user", "at"),
)


def _forms(forms: Iterable[FormLine]) -> Table:
    table: Table = [[*_FORMS]]
    for one in sorted(forms, key=lambda one: (one.site, one.subject, one.event, one.form)):
        place: list[str | None] = [one.site, one.subject, _oid(one.event), _repeat(one.event), _oid(one.form)]
        visit = "not_done" if one.whole_visit else ""
        table.append([*place, one.status, one.missing, one.reason, visit, one.mistake, one.user, one.at])
    return table


def _wide(form: FormDef, rows: Sequence[ExportRow]) -> dict[str, Table]:
    """The form's own file and one for each of its repeated groups."""
    single = [group for group in form.item_group if not (group.repeating or group.rows)]
    tables = {}
    if single:
        items = [item for group in single for item in group.item]
        tables[f"{form.oid}.csv"] = _wide_table(items, rows, {group.oid for group in single}, with_row=False)
    for group in form.item_group:
        if group.repeating or group.rows:
            tables[f"{form.oid}.{group.oid}.csv"] = _wide_table(group.item, rows, {group.oid}, with_row=True)
    return tables


def _wide_table(
    items: Sequence[ItemDef], rows: Sequence[ExportRow], groups: set[str], with_row: bool
) -> Table:
    head: list[str | None] = ["site", "subject", "event", "repeat", *(["row"] if with_row else [])]
    for item in items:
        named = [f"{item.variable}.names_row"] if item.link else []
        unit = [f"{item.variable}.unit"] if item.unit else []
        head += [item.variable, *named, *unit, f"{item.variable}.missing"]
    lines: dict[tuple[str, ...], dict[str, ExportRow]] = {}
    for row in rows:
        if row.group in groups:
            place = (
                row.site,
                row.subject,
                _oid(row.event),
                _repeat(row.event),
                *((row.row,) if with_row else ()),
            )
            lines.setdefault(place, {})[row.item] = row
    return [head, *([*place, *_cells(items, answers)] for place, answers in lines.items())]


def _cells(items: Sequence[ItemDef], answers: Mapping[str, ExportRow]) -> list[str | None]:
    cells: list[str | None] = []
    for item in items:
        row = answers.get(item.oid)
        cells.append(row.value if row else None)
        if item.link:
            cells.append(row.names_row if row else None)
        if item.unit:
            cells.append(row.unit if row else None)
        cells.append(row.missing if row else None)
    return cells


_CODEBOOK: Final = [
    *("form", "group", "item", "variable", "question_en", "question_zh", "type", "unit"),
    *("codes_en", "codes_zh", "many", "mandatory", "derived", "range", "source", "until_version"),
]


def _codebook(study: Study) -> Table:
    table: Table = [[*_CODEBOOK]]
    for form in study.form:
        for group in form.item_group:
            table += [_explained(form, group, item, study) for item in group.item]
    return table


def _explained(form: FormDef, group: ItemGroupDef, item: ItemDef, study: Study) -> list[str | None]:
    checks = [f"{check.comparator} {check.value} {check.soft_hard}" for check in item.range_check]
    return [
        form.oid,
        group.oid,
        item.oid,
        item.variable,
        item.question.en,
        item.question.zh,
        item.data_type,
        item.unit,
        _codes(item, study, "en"),
        _codes(item, study, "zh"),
        "yes" if item.multiple else "",
        "yes" if item.mandatory else (item.mandatory_when or ""),
        "yes" if item.derived or item.calculated else "",
        "; ".join(checks),
        item.source,
        until_of(form, item),
    ]


def _codes(item: ItemDef, study: Study, language: str) -> str:
    if item.link is not None:
        return {"en": f"a row of {item.link}", "zh": f"{item.link} 的一行"}[language]
    code_list = study.code_lists.get(item.code_list or "")
    entries = code_list.items if code_list else ()
    return "; ".join(f"{entry.coded_value} = {entry.decode.in_language(language)}" for entry in entries)
