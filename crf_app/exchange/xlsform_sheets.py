"""An XLSForm workbook as pyxform's structure: guarded before it is opened, refused in words.

pyxform reads .xlsx, .xlsm, .xls, .csv and .md; which of them a file is, is seen in its first bytes.  Bounded
are the file, what a zip unpacks to, and the rows.  No macro and no formula runs: what a formula gave when the
file was last saved is read.  What the sheets mean is left to `xlsform.py`.
"""

from __future__ import annotations

import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from csv import Error as CsvError
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crf_app.errors import CrfError, ExchangeRefused, LimitExceeded, NotFound
from crf_app.exchange.xlsform_refusals import not_a_workbook, not_computed, of_pyxform, protected
from crf_app.settings.files import storage_refusal

if TYPE_CHECKING:
    from pyxform.xls2json_backends import DefinitionData

SUFFIXES: Final = (".xlsx", ".xlsm", ".xls", ".csv", ".md")
MAX_FILE: Final = 16 << 20
MAX_UNPACKED: Final = 64 << 20
MAX_PARTS: Final = 4_000
MAX_ROWS: Final = 100_000  # of all sheets together
MAX_LINE: Final = 20_000
_MARKS: Final = 50  # `#` in a line of a .md file: pyxform looks at each of them again
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_DOCTYPES: Final = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
#: a cell with a formula: its attributes, and what was computed
_FORMULA: Final = re.compile(
    rb"<(?:\w+:)?c\b([^<>]*)>\s*<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v>([^<]*))?"
)
#: what the readers of spreadsheets raise on a file that is broken inside; SyntaxError is that of XML
_BROKEN: Final = (
    KeyError, IndexError, ValueError, TypeError, AttributeError, AssertionError, OverflowError, EOFError,
    NotImplementedError, RecursionError, OSError, SyntaxError, struct.error, zipfile.BadZipFile, CsvError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheets:
    """`form`: pyxform's nested dictionaries.  `rows`: the survey as typed, `external`: external choices.

    `formulas`: how many cells hold one; `macros`: whether the file holds any.
    """

    form: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    external: Sequence[Mapping[str, Any]]
    formulas: int = 0
    macros: bool = False


def read_sheets(path: Path) -> Sheets:
    """The workbook's survey, choices and settings.

    Raises NotFound, StorageError, LimitExceeded, ExchangeRefused (with sheet and row).
    """
    data = _bytes(path)
    kind = kind_of(data, path.name)
    formulas, macros = _zip_facts(data, path.name) if kind == ".xlsx" else (0, False)
    if kind in (".csv", ".md"):
        _check_text(data, path.name, kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of every extension of Excel that it passes over
        book = _opened(data, kind, path)
        form = _structure(book, path)
    return Sheets(form, book.survey or (), _external(book, form, path), formulas, macros)


def kind_of(data: bytes, name: str) -> str:
    """The kind of spreadsheet, as a file suffix.  Raises ExchangeRefused: none, or a password."""
    if data.startswith(b"PK"):
        return ".xlsx"
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise protected(name)
        return ".xls"
    if not data.strip() or b"\0" in data[:4096]:
        raise not_a_workbook(name)
    return ".md" if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"|", b"#")) else ".csv"


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except FileNotFoundError as reason:
        raise NotFound(f"There is no file {path}.", f"没有文件 {path}。", where=str(path)) from reason
    except OSError as reason:
        raise storage_refusal(reason, path) from reason
    if len(data) > MAX_FILE:
        raise _too_large(path.name)
    return data


def _too_large(name: str) -> CrfError:
    return LimitExceeded(
        f"{name} is larger than a form can be: {MAX_FILE >> 20} MiB as a file, {MAX_UNPACKED >> 20} MiB "
        f"unpacked, {MAX_ROWS} rows. Remove sheets that do not belong to the form, and save again.",
        f"{name} 超过表单上限：文件 {MAX_FILE >> 20} MiB、解压后 {MAX_UNPACKED >> 20} MiB、{MAX_ROWS} 行。"
        "请删除与表单无关的工作表后重新保存。",
        where=name,
    )


def _zip_facts(data: bytes, name: str) -> tuple[int, bool]:
    """(cells with formulas, whether there are macros) of a workbook that is safe to unpack."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise _too_large(name)
            if any(part.flag_bits & 1 for part in parts):
                raise protected(name)
            formulas = 0
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    formulas += _checked_part(archive.read(part), part.filename, name)
            return formulas, any(part.filename.lower().endswith("vbaproject.bin") for part in parts)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        EOFError,
        OSError,
        ValueError,
        zlib.error,
    ) as broken:
        raise not_a_workbook(name) from broken


def _checked_part(xml: bytes, part: str, name: str) -> int:
    """How many formulas the part holds; a document type is refused, it is never part of a workbook."""
    if any(sign in xml for sign in _DOCTYPES):
        raise not_a_workbook(name)
    if "worksheets/" not in part:
        return 0
    found = list(_FORMULA.finditer(xml))
    missing = sum(1 for one in found if not one[2] and b't="str"' not in one[1])
    if missing:
        raise not_computed(name, missing)
    return len(found)


def _check_text(data: bytes, name: str, kind: str) -> None:
    for line in data.splitlines():
        if len(line) > MAX_LINE or (kind == ".md" and line.count(b"#") > _MARKS):
            raise _too_large(name)


def _opened(data: bytes, kind: str, path: Path) -> DefinitionData:
    from pyxform.errors import PyXFormError
    from pyxform.xls2json_backends import Definition, SupportedFileTypes, definition_to_dict
    from xlrd.biffh import XLRDError  # type: ignore[import-untyped]
    from xlrd.compdoc import CompDocError  # type: ignore[import-untyped]

    found = Definition(BytesIO(data.removeprefix(b"\xef\xbb\xbf")), SupportedFileTypes(kind), path.stem)
    try:
        book = definition_to_dict(found, kind)
    except (PyXFormError, XLRDError, CompDocError, *_BROKEN) as broken:
        if "encrypted" in f"{broken} {broken.__context__}".lower():
            raise protected(path.name) from broken
        if isinstance(broken, PyXFormError) and "Duplicate column" in str(broken):
            raise of_pyxform(path.name, str(broken)) from broken
        raise not_a_workbook(path.name) from broken
    sheets = (book.survey, book.choices, book.settings, book.external_choices, book.entities, book.osm)
    if sum(len(sheet or ()) for sheet in sheets) > MAX_ROWS:
        raise _too_large(path.name)
    return book


def _structure(book: DefinitionData, path: Path) -> Mapping[str, Any]:
    from pyxform.errors import PyXFormError
    from pyxform.xls2json import workbook_to_json

    try:
        form: Mapping[str, Any] = workbook_to_json(book, fallback_form_name=path.stem, warnings=[])
    except PyXFormError as refused:
        raise of_pyxform(path.name, str(refused)) from refused
    except _BROKEN as broken:
        raise ExchangeRefused(
            f"{path.name} is a spreadsheet, but not built as an XLSForm. Give it a sheet `survey` with "
            "columns type, name and label.",
            f"{path.name} 是表格，但不是 XLSForm。请建立 survey 工作表，含 type、name、label 列。",
            where=path.name,
        ) from broken
    return form


def _external(book: DefinitionData, form: Mapping[str, Any], path: Path) -> Sequence[Mapping[str, Any]]:
    """The rows of the sheet external_choices, with the same keys as choices."""
    from pyxform import aliases
    from pyxform.errors import PyXFormError
    from pyxform.parsing.sheet_headers import dealias_and_group_headers
    from pyxform.question import Option

    if not book.external_choices:
        return ()
    try:
        sheet = dealias_and_group_headers(
            sheet_name="external_choices",
            sheet_data=book.external_choices,
            sheet_header=book.external_choices_header,
            header_aliases=aliases.list_header,
            header_columns=set(Option.get_slot_names()),
            default_language=form.get("default_language"),
        )
    except PyXFormError as refused:
        raise of_pyxform(path.name, str(refused)) from refused
    rows: Sequence[Mapping[str, Any]] = sheet.data
    return rows
