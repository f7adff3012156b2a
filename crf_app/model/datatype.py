"""Text ⇄ value for each data type: the only parser of answers.

`parse` turns what was typed into canonical text (never REAL), or refuses with a sentence that keeps and
names the typed text.  Canonical text parses to itself.  Whether the item is asked, derived or locked is not
decided here; numbers are read in `number_text.py`, dates and times in `date_text.py`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Final

from crf_app.model import pattern
from crf_app.model.date_text import parse_date, parse_datetime, parse_partial_date, parse_time
from crf_app.model.item_def import CodeList, ItemDef
from crf_app.model.number_text import (
    as_typed,
    is_number,
    number_text,
    parse_number,
    rounded,
    split_result,
    standard_result,
    to_standard,
)
from crf_app.model.typed import rejected

__all__ = [
    "as_typed", "is_number", "number_text", "parse", "rounded", "show", "split_codes", "split_result",
    "standard_result", "to_standard",
]  # fmt: skip

MAX_TEXT: Final = 4000
_MOST_TYPED: Final = 4 * MAX_TEXT  # as typed: blanks at the ends and marks that become one sign go away
#: between the number of a row and its words, see `row_words.py`
ROW_SEPARATOR: Final = " · "
_LISTED: Final = 40


def parse(item: ItemDef, text: str, code_lists: Mapping[str, CodeList], *, today: date | None = None) -> str:
    """Canonical text of what was typed at `item`.

    `code_lists`: the study's; for an item that names a row also the group's rows, by the group's OID.
    `today` (a date, or a datetime for `t` = now in a time field) allows `t`, `-1`, `+2`, dates without year.
    Raises ValueRejected with a sentence for the person who typed.
    """
    _check_size(item, text)
    _check_signs(item, text)
    if item.link is not None:
        return _row(item, text, code_lists[item.link])
    if item.code_list is not None:
        return _codes(item, text, code_lists[item.code_list])
    if item.data_type in ("integer", "decimal"):
        return parse_number(item, text)
    if item.data_type == "date":
        return parse_date(item, text, today)
    if item.data_type == "partialDate":
        return parse_partial_date(item, text, today)
    if item.data_type == "time":
        return parse_time(item, text, today)
    if item.data_type == "datetime":
        return parse_datetime(item, text, today)
    return _text(item, text)


def show(item: ItemDef, canonical: str, code_lists: Mapping[str, CodeList], language: str = "en") -> str:
    """Canonical text as people read it: the words of a code, a space in place of the `T` of a date-time."""
    if item.choices is not None and item.choices in code_lists:
        by_code = code_lists[item.choices].by_code
        words = [by_code[code].decode.in_language(language) if code in by_code else code
                 for code in split_codes(item, canonical)]  # fmt: skip
        return ("；" if language == "zh" else "; ").join(words)
    return canonical.replace("T", " ") if item.data_type == "datetime" else canonical


def split_codes(item: ItemDef, canonical: str) -> list[str]:
    """The codes of a canonical answer: one, or several of a multiple item (`A;B`)."""
    return canonical.split(";") if item.multiple else [canonical]


def _check_size(item: ItemDef, text: str) -> None:
    """A file that was pasted by mistake is refused before anything reads it: reading takes time."""
    if len(text) > _MOST_TYPED:
        raise rejected(
            item.oid, text,
            f'"{{text}}" has {len(text)} characters, no field takes more than {MAX_TEXT}.',
            f"“{{text}}”有{len(text)}个字符，任何字段最多{MAX_TEXT}个。",
        )  # fmt: skip


def _check_signs(item: ItemDef, text: str) -> None:
    """No sign that a record, XML or paper cannot hold: U+0000, controls, lone surrogates, noncharacters."""
    for char in text:
        if char not in "\n\r\t" and (
            unicodedata.category(char) in ("Cc", "Cs") or ord(char) & 0xFFFE == 0xFFFE
        ):
            raise rejected(
                item.oid, text,
                f'"{{text}}" holds a sign that cannot be stored (U+{ord(char):04X}).',
                f"“{{text}}”含有无法保存的字符（U+{ord(char):04X}）。",
            )  # fmt: skip
    if not text.strip():
        raise rejected(item.oid, text, '"{text}" is empty: nothing was typed.', "“{text}”为空：未输入内容。")


def _text(item: ItemDef, text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    value = unicodedata.normalize("NFC", lines).strip()
    most = item.length or MAX_TEXT
    if len(value) > most:
        raise rejected(
            item.oid, text,
            f'"{{text}}" has {len(value)} characters, this field takes {most}.',
            f"“{{text}}”有{len(value)}个字符，此处最多{most}个。",
        )  # fmt: skip
    if item.pattern is not None and not pattern.fits(item.pattern, value):
        raise rejected(
            item.oid, text,
            '"{text}" is not written as this field asks for.',
            "“{text}”不符合此项的书写格式。",
        )  # fmt: skip
    return value


def _codes(item: ItemDef, text: str, code_list: CodeList) -> str:
    if not item.multiple:
        return _one_code(item, text, text, code_list)
    found: set[str] = set()
    for part in re.split("[;；]", text):
        if part.strip():
            found |= _some_codes(item, text, part, code_list)
    if not found:
        raise _unknown_code(item, text, code_list)
    return ";".join(one.coded_value for one in code_list.items if one.coded_value in found)


def _row(item: ItemDef, text: str, rows: CodeList) -> str:
    """The uid of a row that was named by its uid, its number (`#2`, `2`) or its words."""
    number = _folded(text).removeprefix("#").strip()
    numbered = [one.coded_value for one in rows.items
                if one.decode.en.partition(ROW_SEPARATOR)[0] == number]  # fmt: skip
    found = _lookup(text, rows) or (numbered[0] if len(numbered) == 1 else None)
    if found is not None:
        return found
    if not rows.items:
        raise rejected(
            item.oid, text,
            f'"{{text}}" names no row: {rows.name.en} has no rows yet. Add one there first.',
            f"“{{text}}”未指向任何行：{rows.name.zh}尚无记录，请先在该处新增。",
        )  # fmt: skip
    listed, more = rows.items[:_LISTED], ", …" if len(rows.items) > _LISTED else ""
    en = ", ".join(f"#{one.decode.en}" for one in listed) + more
    zh = "、".join(f"#{one.decode.zh}" for one in listed) + more
    raise rejected(
        item.oid, text,
        f'"{{text}}" is not a row of {rows.name.en}. Rows: {en}.',
        f"“{{text}}”不是{rows.name.zh}中的行。可选：{zh}。",
    )  # fmt: skip


def _some_codes(item: ItemDef, text: str, part: str, code_list: CodeList) -> set[str]:
    """The codes between two semicolons: one, or several with commas between them."""
    if _lookup(part, code_list) is not None:
        return {_one_code(item, text, part, code_list)}
    pieces = [piece for piece in re.split("[,，、]", part) if piece.strip()]
    return {_one_code(item, text, piece, code_list) for piece in pieces}


def _one_code(item: ItemDef, text: str, part: str, code_list: CodeList) -> str:
    code = _lookup(part, code_list)
    if code is None:
        raise _unknown_code(item, text, code_list)
    return code


def _lookup(part: str, code_list: CodeList) -> str | None:
    """A code by its value, by its value in other case, or by its words; None if not exactly one."""
    exact = part.strip()
    if exact in code_list.by_code:
        return exact
    wanted = _folded(part)
    codes = {one.coded_value for one in code_list.items if _folded(one.coded_value) == wanted}
    if not codes:
        codes = {one.coded_value for one in code_list.items
                 if wanted in (_folded(one.decode.en), _folded(one.decode.zh))}  # fmt: skip
    return codes.pop() if len(codes) == 1 else None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _unknown_code(item: ItemDef, text: str, code_list: CodeList) -> Exception:
    listed = code_list.items[:_LISTED]
    more = ", …" if len(code_list.items) > _LISTED else ""
    en = ", ".join(f"{one.coded_value} ({one.decode.en})" for one in listed) + more
    zh = "、".join(f"{one.coded_value}（{one.decode.zh}）" for one in listed) + more
    return rejected(
        item.oid, text, f'"{{text}}" is not one of the answers. Answers: {en}.',
        f"“{{text}}”不在可选项中。可选：{zh}。",
    )  # fmt: skip
