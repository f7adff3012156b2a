"""The codebook as one workbook: sheets Study, Schedule, Items, Checks, Code lists.

Every cell is text: what begins with = + - @ is written as text and never becomes a formula.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, Final

from crf_app.export.codebook import Codebook, Rule
from crf_app.model.def_base import Text

_MOST: Final = 32_000  # characters of a cell
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DAY: Final = datetime(2000, 1, 1)  # the same study gives the same workbook
Row = Sequence[str | Text]


def codebook_xlsx(book: Codebook) -> bytes:
    """The workbook's bytes."""
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    workbook.properties.creator = "crf_app"
    workbook.properties.title = f"{book.oid} {book.version} {book.sha256}"
    workbook.properties.created = workbook.properties.modified = _DAY
    study: list[Row] = [[name, value] for name, value in book.facts]
    study += [[rule.what, rule.words, rule.written] for rule in book.wide]
    _sheet(workbook, "Study", ["Fact", "项目", "Value", "值", "Expression"], [30, 24, 60, 50, 50],
           [[*_both(row[0]), *_both(row[1]), *row[2:]] for row in study])  # fmt: skip
    _schedule(workbook, book)
    widths = [20, 18, 16, 34, 28, 20, 14, 28, 16, 34, 28, 12, 50, 40, 40, 30, 26, 8]
    _sheet(workbook, "Items", _ITEM_HEAD, widths, _items(book))
    _sheet(workbook, "Checks", _CHECK_HEAD, [10, 18, 20, 10, 14, 50, 40, 50, 40, 50, 10], _checks(book))
    lists = [
        [oid, *_both(name), code, *_both(decode)] for oid, name, codes in book.lists for code, decode in codes
    ]
    _sheet(
        workbook,
        "Code lists",
        ["Code list", "Name", "名称", "Code", "Decode", "含义"],
        [18, 30, 24, 18, 40, 32],
        lists,
    )
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


_ITEM_HEAD: Final = (
    "Form", "Group", "Item", "Question", "问题", "Type", "Unit", "Range", "Code list", "Codes", "代码",
    "Required", "Rules in words", "规则", "Expression", "Notes", "备注", "Source",
)  # fmt: skip
_CHECK_HEAD: Final = (
    "Check", "Item", "OID", "Number", "Severity", "Message", "提示", "In words", "规则",
    "Expression", "Source",
)  # fmt: skip


def _items(book: Codebook) -> Iterator[Sequence[str]]:
    for form, group, item in book.items:
        first = group.rules if item is group.items[0] else ()
        rules = (*(Rule(_of_group(one.what), one.words, one.written) for one in first), *item.rules)
        yield (
            form.name.en, group.name.en, item.oid, *_both(item.question), item.type.en, item.unit.en,
            item.range.en, item.code_list, item.codes.en, item.codes.zh, item.required.en,
            "\n".join(f"{one.what.en}: {one.words.en}" for one in rules),
            "\n".join(f"{one.what.zh}：{one.words.zh}" for one in rules),
            "\n".join(one.written for one in rules), item.notes.en, item.notes.zh, item.source,
        )  # fmt: skip


def _of_group(what: Text) -> Text:
    return Text(en=f"group {what.en}", zh=f"组{what.zh}")


def _checks(book: Codebook) -> Iterator[Sequence[str]]:
    for _, _, item in book.items:
        for one in item.checks:
            yield (one.form, one.item, one.oid, one.number, one.severity.en, *_both(one.message),
                   *_both(one.words), one.written, one.source)  # fmt: skip


def _schedule(workbook: Any, book: Codebook) -> None:
    head = ["Form", "表单", *(f"{visit.short}\n{visit.plan.en}" for visit in book.visits)]
    rows = [
        [*_both(form.name), *(visit.forms.get(form.oid, "") for visit in book.visits)] for form in book.forms
    ]
    legend = "● required 必填   ○ optional 选填   ◐ required when, see Study 条件必填   ✕ retired 已停用"
    _sheet(workbook, "Schedule", head, [34, 26, *([11] * len(book.visits))], [*rows, [legend]], freeze="C2")


def _both(text: str | Text) -> tuple[str, str]:
    return (text, text) if isinstance(text, str) else (text.en, text.zh)


def _sheet(
    workbook: Any, name: str, head: Sequence[str], widths: Sequence[int], rows: Any, freeze: str = "A2"
) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet = workbook.create_sheet(name)
    sheet.freeze_panes = freeze
    for at, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    bold, fill = Font(bold=True), PatternFill("solid", fgColor="E4E9ED")
    wrapped = Alignment(wrap_text=True, vertical="top")

    def cell(text: str, *, heading: bool = False) -> Any:
        one = WriteOnlyCell(sheet, value=None)
        one.value = _NOT_XML.sub("\ufffd", text)[:_MOST]
        one.data_type = "s"  # guessed, a text that begins with = would become a formula
        one.alignment = wrapped
        if heading:
            one.font, one.fill = bold, fill
        return one

    sheet.append([cell(text, heading=True) for text in head])
    count = 1
    for row in rows:
        sheet.append([cell(str(text)) for text in row])
        count += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(head))}{count}"
