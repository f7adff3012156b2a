"""A CSV file that somebody else wrote, as rows by column name; or a refusal in words.

Read: UTF-8 (with or without a mark), UTF-16 with its mark, GB 18030 as Chinese laboratories write it; comma,
semicolon or tab.  Refused: too large, not text, quotes that never close, columns missing or twice.  A row
with another number of cells than the head comes with the key `""`; `refuse_ragged` says it in words.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from crf_app.errors import LimitExceeded, ValueRejected
from crf_app.model.lab_range import folded
from crf_app.model.typed import shown

MOST_BYTES: Final = 8 * 1024 * 1024
_LONGEST_CELL: Final = 4000
_MOST_COLUMNS: Final = 200
#: (number of the line in the file, cells by the name of their column)
Table = list[tuple[int, dict[str, str]]]


def read_table(
    data: bytes, needed: Iterable[str] = (), known: Sequence[str] = (), most: int = 20000
) -> Table:
    """The rows under the head line; empty lines are left out.

    With `known` column names are compared without case, and others are refused: a misspelt column would be
    lost.  Raises ValueRejected, LimitExceeded.
    """
    rows = _rows(_text(data), most)
    if not rows:
        raise ValueRejected("The file is empty.", "文件为空。")
    _, first = rows[0]
    head = _head(first, known)
    missing = [name for name in needed if name not in head]
    if missing:
        raise ValueRejected(
            f"The file has no column {', '.join(missing)}. Its columns: {', '.join(map(shown, head))}.",
            f"文件缺少列 {'、'.join(missing)}。现有列：{'、'.join(map(shown, head))}。",
        )
    return [(line, _by_name(head, cells)) for line, cells in rows[1:]]


def refuse_ragged(row: dict[str, str]) -> None:
    """Raises ValueRejected for a row that has more or fewer cells than the head."""
    if "" in row:
        raise ValueRejected(
            f"Cells in this line: {row['']}. Check quotation marks and separators.",
            f"本行单元格数为 {row['']}，请核对引号与分隔符。",
        )


def columns(data: bytes) -> list[str]:
    """The names in the head line, to choose from."""
    rows = _rows(_text(data), 1)
    return [cell.strip() for cell in rows[0][1]] if rows else []


def _by_name(head: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    row = {name: cell.strip() for name, cell in zip(head, cells, strict=False)}
    if len(cells) != len(head):
        row[""] = f"{len(cells)} / {len(head)}"
    return row


def _head(cells: Sequence[str], known: Sequence[str]) -> list[str]:
    by_folded = {folded(name): name for name in known}
    head = [by_folded.get(folded(cell), cell.strip()) for cell in cells]
    if len(head) > _MOST_COLUMNS:
        raise LimitExceeded(f"More than {_MOST_COLUMNS} columns.", f"超过{_MOST_COLUMNS}列。")
    twice = next((name for name in head if head.count(name) > 1), None)
    if twice is not None:
        raise ValueRejected(f'Two columns are called "{shown(twice)}".', f"有两列同名“{shown(twice)}”。")
    foreign = [name for name in head if known and name not in known]
    if foreign:
        names = ", ".join(map(shown, foreign))
        raise ValueRejected(
            f"The file has columns that are not known: {names}. Known: {', '.join(known)}.",
            f"文件中有未知列：{names}。可用列：{'、'.join(known)}。",
        )
    return head


def _rows(text: str, most: int) -> list[tuple[int, list[str]]]:
    """(line number, cells) of every line that holds anything.  `most` data rows beside the head."""
    head = text[: text.find("\n")] if "\n" in text else text
    comma = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True)
    out: list[tuple[int, list[str]]] = []
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return out
        except csv.Error as reason:
            raise ValueRejected(
                f"From line {start} on this is not CSV: a quotation mark is open, or the file was cut off.",
                f"自第{start}行起不是CSV格式：引号未闭合，或文件不完整。",
            ) from reason
        if not any(cell.strip() for cell in cells):
            continue
        if any(len(cell) > _LONGEST_CELL for cell in cells):
            raise LimitExceeded(
                f"Line {start} holds more than {_LONGEST_CELL} characters in one cell.",
                f"第{start}行有单元格超过{_LONGEST_CELL}个字符。",
            )
        if len(out) > most:
            if most > 1:
                raise LimitExceeded(f"More than {most} lines.", f"超过{most}行。")
            return out
        out.append((start, cells))


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise LimitExceeded(
            f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB.",
            f"文件大于 {MOST_BYTES // 1024 // 1024} MiB。",
        )
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise ValueRejected(
        "The file is not a text file in UTF-8, UTF-16 or GB 18030. Save it as CSV and try again.",
        "文件不是UTF-8、UTF-16或GB 18030文本，请另存为CSV后重试。",
    )
