"""Why a workbook cannot be read as a form: one sentence in each language, with sheet and row.

pyxform says why in English, in many wordings.  What happens to people is said in our words; the rest is
quoted, so that nothing it says is lost.
"""

from __future__ import annotations

import re
from typing import Final

from crf_app.errors import ExchangeRefused

_ROW: Final = re.compile(r"\[row\s*:\s*(\d+)\]\s*", re.IGNORECASE)
_SHEET: Final = re.compile(r"(?:On the|for sheet:|sheet named) '(\w+)'(?: sheet)?", re.IGNORECASE)
_VALUE: Final = re.compile(r"value '([^']*)'")
#: part of pyxform's message → (sheet, English, 中文); {0} is what the pattern caught
_KNOWN: Final = tuple(
    (re.compile(pattern, re.DOTALL), sheet, en, zh)
    for pattern, sheet, en, zh in (
        (r"'name' value '([^']*)' is invalid\. Questions, groups, and repeats must be unique", "survey",
         "the name `{0}` stands twice. Give one of them another name.", "名称 `{0}` 重复，请修改其中一个。"),
        (r"'name' value '([^']*)' is invalid\. Repeat names must", "survey",
         "the repeat `{0}` has a name that is taken. Give it another name.",
         "重复组 `{0}` 的名称已被使用，请改名。"),
        (r"Names must begin with a letter or underscore", "",
         "a name holds a sign that it cannot hold. Use letters, digits, `_`, `-` and `.`.",
         "名称的写法不符合要求，请以字母开头，只用字母、数字、`_`、`-`、`.`。"),
        (r"List name not in choices sheet: (.+)", "survey",
         "the list `{0}` is not in the sheet choices. Add it there, or correct the type.",
         "choices 工作表中没有列表 `{0}`，请添加或更正 type。"),
        (r"List name not in external choices sheet: (.+)", "survey",
         "the list `{0}` is not in the sheet external_choices. Add it there, or correct the type.",
         "external_choices 工作表中没有列表 `{0}`，请添加或更正 type。"),
        (r"There should be a choices sheet", "choices", "there is no sheet choices. Add it.",
         "没有 choices 工作表，请添加。"),
        (r"You must have a sheet named '?\[?survey", "survey",
         "there is no sheet survey. Add it, with columns type, name and label.",
         "没有 survey 工作表，请添加，含 type、name、label 列。"),
        (r"One or more required column headers were not found: (.+?)\. Learn", "",
         "the column {0} is missing in the first row. Add it.", "首行缺少列 {0}，请添加。"),
        (r"Choice names must be unique", "choices",
         "a name stands twice in one list. Give one of them another name.",
         "同一列表中名称重复，请修改其中一个。"),
        (r"Choices must have a name", "choices", "a choice has no name. Write one.",
         "选项没有 name，请填写。"),
        (r"Choices should have a label", "choices", "a choice has no label. Write one.",
         "选项没有 label，请填写。"),
        (r"Question or group with no name", "survey", "a question or group has no name. Write one.",
         "问题或组没有 name，请填写。"),
        (r"Question with no type", "survey", "a question has no type. Write one.", "问题没有 type，请填写。"),
        (r"Missing calculation", "survey", "`calculate` has no calculation. Write one.",
         "calculate 没有 calculation，请填写。"),
        (r"Choice names with spaces cannot .*? See \[(.*?)\] in", "choices",
         "the name `{0}` holds a space, and several choices are stored apart by spaces. Use `_`.",
         "多选列表的名称 `{0}` 含空格，请改用 `_`。"),
        (r"Could not find the name '([^']*)'", "", "`${{{0}}}` names no question. Correct the name.",
         "`${{{0}}}` 不是任何问题的名称，请更正。"),
        (r"Duplicate column header: (.+)", "", "the column `{0}` stands twice in the first row. Remove one.",
         "首行中列 `{0}` 重复，请删除一个。"),
        (r"Headers that are different names for the same column were found: (.+?)\. Rename", "",
         "the columns {0} mean the same. Remove one.", "列 {0} 含义相同，请删除一个。"),
        (r"Unmatched '(?:begin|end)_(group|repeat|loop)'", "survey",
         "a {0} is not begun and ended in pairs. Correct the lines `begin {0}` and `end {0}`.",
         "{0} 的 begin 与 end 不成对，请更正。"),
    )
)  # fmt: skip


def of_pyxform(file: str, message: str) -> ExchangeRefused:
    """pyxform's refusal with sheet and row where it gives them."""
    row, sheet = _ROW.search(message), _SHEET.search(message)
    for pattern, usual, en, zh in _KNOWN:
        found = pattern.search(message)
        if found:
            said = (found.group(1) if found.groups() else "").strip()
            return _refused(file, usual or (sheet[1] if sheet else ""), row, en.format(said), zh.format(said))
    words = " ".join(_ROW.sub("", message).split())[:400].rstrip(". ")
    en, zh = f"pyxform says: {words}. Correct the workbook.", f"pyxform 提示：{words}。请修改工作簿。"
    return _refused(file, sheet[1] if sheet else "", row, en, zh)


def _refused(file: str, sheet: str, row: re.Match[str] | None, en: str, zh: str) -> ExchangeRefused:
    place = [f"sheet {sheet}"] if sheet else []
    ort = [f"{sheet} 工作表"] if sheet else []
    if row:
        place.append(f"row {row[1]}")
        ort.append(f"第 {row[1]} 行")
    where = " ".join([file, *([sheet] if sheet else []), *([row[1]] if row else [])])
    return ExchangeRefused(
        ": ".join([", ".join([file, *place]), en]), f"{file} {''.join(ort)}：{zh}", where=where
    )


def unknown_type(file: str, place: str, given: str) -> ExchangeRefused:
    """A question type that XLSForm does not have."""
    return ExchangeRefused(
        f"{file}, {place}: `{given}` is no question type. Correct it, such as text or select_one.",
        f"{file} {place}：`{given}` 不是问题类型，请更正，例如 text、integer、select_one。",
        where=f"{file} {place}",
    )


def nothing_asked(file: str) -> ExchangeRefused:
    return ExchangeRefused(
        f"{file} asks nothing that can be typed. Add questions to its sheet survey.",
        f"{file} 没有可填写的问题，请在 survey 工作表中添加。",
        where=file,
    )


def protected(file: str) -> ExchangeRefused:
    """A workbook with a password."""
    return ExchangeRefused(
        f"{file} is protected by a password. Open it, save it without the password, and read that file.",
        f"{file} 有密码保护。请打开后另存为无密码文件再读取。",
        where=file,
    )


def not_a_workbook(file: str) -> ExchangeRefused:
    """Neither a workbook nor a table in text, or broken inside."""
    return ExchangeRefused(
        f"{file} cannot be read as a workbook. Open it in a spreadsheet program and save it as .xlsx.",
        f"{file} 无法作为工作簿读取。请用表格软件打开并另存为 .xlsx。",
        where=file,
    )


def not_computed(file: str, cells: int) -> ExchangeRefused:
    """Formulas without their results: a program wrote the file and computed nothing."""
    return ExchangeRefused(
        f"{file} has formulas without a result ({cells}). Open it in a spreadsheet program and save it.",
        f"{file} 有 {cells} 个公式没有结果。请用表格软件打开并保存。",
        where=file,
    )
