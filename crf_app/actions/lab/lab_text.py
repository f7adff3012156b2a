"""One line of a laboratory's report as name, value and unit; and whether the report is somebody else's.

Cells are separated by tabs or by two and more blanks.  The first cell that names a test is the name, the
first number after it the value; flags and ranges are passed over, what is left after the value is the unit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from crf_app.actions.lab.lab_names import LabNames, known_unit
from crf_app.actions.session import Session
from crf_app.errors import ValueRejected, WrongState
from crf_app.model.item_def import ItemDef
from crf_app.model.typed import narrow, shown
from crf_app.store import reads

MOST_TEXT: Final = 200_000
_CELLS: Final = re.compile(r"\t|[ \u3000\u00a0]{2,}")
_VALUE: Final = re.compile(
    r"\s*(?:=\s*)?((?:<=|>=|<|>)?\s*[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)\Z", re.DOTALL
)
_RANGE: Final = re.compile(
    r"[(\[]?\s*(?:\d[\d.]*\s*(?:-{1,2}|~|–|—|to|至)\s*\d[\d.]*|(?:<=|>=|<|>)\s*\d[\d.]*)\s*[)\]]?"
)
_COMMA: Final = re.compile(r"[,，]\s*\d")
_FLAGS: Final = frozenset(
    "|".join(("↑|↓|⬆|⬇|h|l|hh|ll|h*|l*|n|a|*|**|!|normal|high|low", "高|低|正常|偏高|偏低|升高|降低")).split(
        "|"
    )
)
_FLAG_END: Final = re.compile(r"^[↑↓⬆⬇*]+|[↑↓⬆⬇*]+$")
_WORDS: Final = re.compile(r"[A-Za-z0-9_-]+")
#: a number that is written in two parts: `ZN 002`, `ZN-002`
_APART: Final = re.compile(r"\b([A-Za-z]+)[ _-]+([0-9]+)\b")


@dataclass(frozen=True, slots=True)
class Result:
    """One result as it is written: `value` may begin with an operator; `unit` None = none was written."""

    item: ItemDef
    value: str
    unit: str | None


def cells_of(line: str) -> list[str]:
    """The cells of a line; none for an empty one."""
    return [cell.strip() for cell in _CELLS.split(line.strip("\r\n")) if cell.strip()]


def read_line(cells: list[str], names: LabNames, kept: Mapping[str, str] | None = None) -> Result | None:
    """The result of a line; None for a line that names no test.  Raises ValueRejected, as `read_value`."""
    for place, cell in enumerate(cells):
        found = names.find(cell, kept)
        if len(found) > 1:
            several = ", ".join(item.variable for item in found)
            raise ValueRejected(f'"{shown(cell)}" can be {several}.', f"“{shown(cell)}”可能是 {several}。")
        if found:
            rest = cells[place + 1 :]
            while rest and names.find(rest[0], kept) == found:
                rest = rest[1:]  # the same test by a second name
            _refuse_second(found[0], rest, names, kept)
            return _result(found[0], rest)
    return None


def _refuse_second(item: ItemDef, rest: list[str], names: LabNames, kept: Mapping[str, str] | None) -> None:
    """Raises ValueRejected for a line of a report in two columns: half of it would be lost unseen."""
    others = [found[0].variable for cell in rest if (found := names.find(cell, kept)) and found != [item]]
    if others:
        named = ", ".join([item.variable, *others])
        raise ValueRejected(
            f"This line names several tests: {named}. Put each on a line of its own.",
            f"本行有多个检验项目：{named}。请分行粘贴。",
        )


def _result(item: ItemDef, rest: list[str]) -> Result:
    for place, cell in enumerate(rest):
        operator = narrow(cell).startswith(("<", ">"))
        if _VALUE.match(narrow(cell)) and (operator or not _is_range(cell)):
            unit = next((one for one in rest[place + 1 :] if not _is_flag(one) and not _is_range(one)), "")
            return read_value(item, cell, unit)
    raise ValueRejected(
        f"{item.variable}: there is no number in this line.", f"{item.variable}：本行没有数值。"
    )


def read_value(item: ItemDef, text: str, unit: str = "") -> Result:
    """`46`, `<5`, `46 U/L`, `46↑` with the unit of its own column.  Raises ValueRejected."""
    found = _VALUE.match(narrow(text))
    if found is None:
        raise ValueRejected(f'"{shown(text)}" is not a number.', f"“{shown(text)}”不是数字。")
    if _COMMA.match(found[2]):
        raise ValueRejected(
            f'"{shown(text)}" has a comma. Decimals are written with a point, thousands without a sign.',
            f"“{shown(text)}”含逗号，请用小数点，且不写千分位。",
        )
    value, own = "".join(found[1].split()), _FLAG_END.sub("", found[2]).strip()
    own = "" if _is_flag(own) or _is_range(own) else own
    if own and unit and known_unit(item, own) != known_unit(item, unit):
        raise ValueRejected(
            f'Two units stand in this line: "{shown(own)}" and "{shown(unit)}".',
            f"本行有两个单位：“{shown(own)}”和“{shown(unit)}”。",
        )
    written = own or unit
    return Result(item, value, known_unit(item, written) if written else None)


def _is_flag(cell: str) -> bool:
    return not cell.strip() or unicodedata.normalize("NFKC", cell).strip("() []").casefold() in _FLAGS


def _is_range(cell: str) -> bool:
    return _RANGE.fullmatch(narrow(cell)) is not None


@dataclass(frozen=True, slots=True)
class Numbers:
    """The subject numbers of a study: its pattern, and those that are given out."""

    pattern: re.Pattern[str]
    labels: Mapping[str, str]  # uid → number

    def foreign(self, uid: str, text: str) -> str:
        """The first number of another subject in a text; "" for none.  Digits alone are a result."""
        own = self.labels.get(uid, uid).upper()
        others = {label.upper() for label in self.labels.values()} - {own}
        plain = unicodedata.normalize("NFKC", text)
        for apart in _APART.finditer(plain):
            if "".join(apart.groups()).upper() in others:
                return apart[0]
        for word in _WORDS.findall(plain):
            written = word.upper()
            if word.isdigit() or written == own:
                continue
            if written in others or self.pattern.fullmatch(word):
                return str(word)
        return ""

    def refuse_foreign(self, uid: str, text: str) -> None:
        """Raises WrongState when a text holds the number of another subject: nothing of it is taken."""
        other = shown(self.foreign(uid, text))
        own = self.labels.get(uid, uid)
        if other:
            raise WrongState(
                f"This report is of {other}. The record here is {own}. Nothing was written.",
                f"该报告属于 {other}，此处记录为 {own}，未写入任何数据。",
                where=uid,
            )


def subject_numbers(session: Session) -> Numbers:
    """As they stand now."""
    pattern = re.compile(session.study.subject_pattern, re.ASCII | re.IGNORECASE)
    return Numbers(pattern, {one.uid: one.label for one in reads.subject_names(session.store.conn)})
