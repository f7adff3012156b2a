"""Where a mistake stands: lines of a definition file, problems, and sentences for schema mistakes.

`tomllib` gives no lines, so a line is found in the text: by the OID (or code) of the block, then by the key
within that block.  What makes a definition right is decided in `definition.py` and `load_checks.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final, get_args

from pydantic import BaseModel

_OID_LINE: Final = re.compile(r"(?<![\w.\-])oid\s*=\s*[\"']([^\"']*)[\"']")
_HEADER: Final = re.compile(r"\s*\[\[?[^\[\]]+\]\]?\s*(#.*)?$")
#: keys whose value names a block or an inline table, so that its line can be found
_NAMES: Final = ("oid", "coded_value", "code", "key", "name", "form", "unit")
_LONGEST: Final = 500  # characters of one text of a problem


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a definition file; `line` counts from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it stands, what is so, and what may be meant."""

    file: str
    line: int
    oid: str
    message: str
    message_zh: str
    hint: str = ""
    hint_zh: str = ""

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    def cut(self) -> Problem:
        """As people can read it: what a hostile file wrote by the megabyte is named by its beginning."""
        return Problem(**{name: _cut(text) for name, text in asdict(self).items()})


def _cut(text: Any) -> Any:
    return text if not isinstance(text, str) or len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


class Source:
    """One definition file: its text, its tables, and the lines of its OIDs.

    `raw` is None for a file that is no TOML: its OIDs still count as present, so that one mistake is reported
    once and not again at each name that reads the file.
    """

    def __init__(self, file: str, text: str, raw: dict[str, Any] | None) -> None:
        self.file = file
        self.raw = raw or {}
        self.broken = raw is None
        self.lines = text.splitlines()

    @cached_property
    def oid_lines(self) -> dict[str, list[int]]:
        """OID → the lines on which `oid = "…"` stands, in the order of the file."""
        found: dict[str, list[int]] = {}
        for number, line in enumerate(self.lines, 1):
            if not line.lstrip().startswith("#"):
                for match in _OID_LINE.finditer(line):
                    found.setdefault(match[1], []).append(number)
        return found

    def place(self, oid: str, nth: int = 0) -> Place:
        """The line of the OID's nth block; line 1 if the file does not hold it."""
        lines = self.oid_lines.get(oid, [1])
        return Place(self.file, lines[min(nth, len(lines) - 1)])

    def near(self, oid: str, word: str) -> Place:
        """The line of `word` in the OID's block, else the line of the OID."""
        place = self.place(oid)
        for number in range(place.line, self._end(place.line) + 1):
            if word in self.lines[number - 1]:
                return Place(self.file, number)
        return place

    def line_of(self, loc: Sequence[str | int], *, parent: bool) -> tuple[int, str]:
        """(line, OID) of the place `loc` in the tables; `parent`: the last key is the one that is missing."""
        line, oid, block = self._block(loc)
        keys = [part for part in (loc[:-1] if parent else loc) if isinstance(part, str)]
        for key in reversed(keys):
            found = self._key_line(key, line, block)
            if found:
                return found, oid
        if len(keys) == 1 and not parent:
            return self._header_line(keys[0]) or line, oid
        return line, oid

    def _header_line(self, key: str) -> int:
        rule = re.compile(rf"\s*\[\[?{re.escape(key)}\]")
        return next((number for number, text in enumerate(self.lines, 1) if rule.match(text)), 0)

    def _block(self, loc: Sequence[str | int]) -> tuple[int, str, bool]:
        """The line and OID of the innermost named block on the way to `loc`; whether it is a whole block."""
        line, oid, whole = 1, "", True
        node: Any = self.raw
        path: list[str | int] = []
        for part in (None, *loc):
            if part is not None:
                if not _holds(node, part):
                    break
                node = node[part]
                path.append(part)
            if not isinstance(node, dict):
                continue
            own = node.get("oid")
            if isinstance(own, str):
                line, oid, whole = self.place(own, self._nth(own, path)).line, own, True
                continue
            found = self._named_line(node, line) if path else 0
            if found:
                line, whole = found, False
        return line, oid, whole

    def _nth(self, oid: str, path: list[str | int]) -> int:
        """Which of the blocks with this OID stands at `path`, counted in the order of the file."""
        places = self._oid_places.get(oid, [])
        return places.index(path) if path in places else 0

    @cached_property
    def _oid_places(self) -> dict[str, list[list[str | int]]]:
        """OID → where it stands in the tables, in the order of the file."""
        found: dict[str, list[list[str | int]]] = {}
        for path, oid in _oid_paths(self.raw):
            found.setdefault(oid, []).append(path)
        return found

    def _named_line(self, node: Mapping[str, Any], start: int) -> int:
        for key in _NAMES:
            value = node.get(key)
            if isinstance(value, str):
                rule = re.compile(rf"(?<![\w\-]){key}\s*=\s*[\"']{re.escape(value)}[\"']")
                for number in range(start, len(self.lines) + 1):
                    if rule.search(self.lines[number - 1]):
                        return number
        return 0

    def _key_line(self, key: str, line: int, whole: bool) -> int:
        """The line of `key = …` or `[….key]` in the block around `line`; 0 if it is not there."""
        rule = re.compile(rf"(?<![\w\-\"']){re.escape(key)}[\"']?\s*=|\[[\w.]*\b{re.escape(key)}\]")
        first, last = (self._start(line), self._end(line)) if whole else (line, line)
        for number in range(first, last + 1):
            text = self.lines[number - 1] if number <= len(self.lines) else ""
            if not text.lstrip().startswith("#") and rule.search(text):
                return number
        return 0

    def _start(self, line: int) -> int:
        while line > 1 and not _HEADER.match(self.lines[line - 1]):
            line -= 1
        return line

    def _end(self, line: int) -> int:
        while line < len(self.lines) and not re.match(r"\s*\[\[", self.lines[line]):
            line += 1
        return line


def _holds(node: Any, part: str | int) -> bool:
    if isinstance(part, int):
        return isinstance(node, list) and part < len(node)
    return isinstance(node, dict) and part in node


def _oid_paths(node: Any, path: tuple[str | int, ...] = ()) -> Iterable[tuple[list[str | int], str]]:
    if isinstance(node, dict):
        if isinstance(node.get("oid"), str):
            yield list(path), node["oid"]
        for key, value in node.items():
            yield from _oid_paths(value, (*path, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _oid_paths(value, (*path, number))


def guess(word: str, known: Iterable[str]) -> tuple[str, str]:
    """The hint "did you mean …?" in both languages; empty when nothing known is close."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return (f"did you mean `{close[0]}`?", f"是否为 `{close[0]}`？") if close else ("", "")


def schema_problem(source: Source, model: type[BaseModel], error: Mapping[str, Any]) -> Problem:
    """One mistake that pydantic found in `source`, as a Problem with its line."""
    loc: tuple[str | int, ...] = error["loc"]
    line, oid = source.line_of(loc, parent=error["type"] == "missing")
    key = next((part for part in reversed(loc) if isinstance(part, str)), "")
    message, message_zh, hint, hint_zh = _sentence(model, loc, key, error)
    return Problem(source.file, line, oid, message, message_zh, hint, hint_zh)


def _sentence(
    model: type[BaseModel], loc: Sequence[str | int], key: str, error: Mapping[str, Any]
) -> tuple[str, str, str, str]:
    kind, given = str(error["type"]), error.get("input")
    if kind == "extra_forbidden":
        fields = _fields(model, loc[:-1])
        return (f"`{key}` is not a key here.", f"此处没有键 `{key}`。", *guess(key, fields))
    if kind == "missing":
        return (f"`{key}` is missing.", f"缺少 `{key}`。", f"add `{key} = …`", f"请添加 `{key} = …`")
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
        listed = ", ".join(allowed)
        hint, hint_zh = guess(str(given), allowed)
        return (f"`{key}` is {_shown(given)}, but may be {listed}.",
                f"`{key}` 为 {_shown(given)}，只能是 {listed}。", hint, hint_zh)  # fmt: skip
    if kind == "string_pattern_mismatch":
        return (f"`{key}` is {_shown(given)}, which is not spelled as agreed.",
                f"`{key}` 为 {_shown(given)}，写法不符合约定。", *_pattern_hint(key))  # fmt: skip
    wanted = _WANTED.get(kind)
    if wanted is None:
        return (f"`{key}` does not fit: {error['msg']}.", f"`{key}` 不符合要求：{error['msg']}。", "", "")
    return (f"`{key}` is {_shown(given)}, but must be {wanted[0]}.",
            f"`{key}` 为 {_shown(given)}，应为{wanted[1]}。", wanted[2], wanted[3])  # fmt: skip


_WANTED: Final = {
    "string_type": ("text", "文本", 'write it in quotes: "…"', "请加引号：“…”"),
    "bool_type": ("true or false", " true 或 false ", "write true or false without quotes", "不加引号"),
    "int_type": ("a whole number", "整数", "write it without quotes and decimals", "不加引号和小数"),
    "int_from_float": ("a whole number", "整数", "write it without decimals", "不带小数"),
    "tuple_type": ("a list", "列表", "write it in brackets: [ … ]", "请用方括号：[ … ]"),
    "model_type": ("a table", "表", "write it in braces: { … }", "请用花括号：{ … }"),
    "string_too_long": ("shorter", "更短的文本", "", ""),
}


def _pattern_hint(key: str) -> tuple[str, str]:
    if key in ("value", "factor", "offset", "low", "high", "dose"):
        return ('a number in quotes: "180" or "4.5"', "加引号的数字：“180”或“4.5”")
    if key == "source":
        return ("evidence codes S, R, P, A, T and a number", "证据代码 S、R、P、A、T 加编号")
    return (
        "an OID is like I.VS.SYSBP: letters, digits, _ and dots",
        "OID 形如 I.VS.SYSBP：字母、数字、_ 与点",
    )


def _shown(given: object) -> str:
    text = repr(given) if isinstance(given, str) else str(given)
    return text if len(text) <= 60 else text[:60] + "…"


def _fields(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """The keys that the table at `loc` may have."""
    for part in loc:
        if isinstance(part, str):
            inner = _model_in(model.model_fields[part].annotation) if part in model.model_fields else None
            if inner is None:
                return []
            model = inner
    return list(model.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _model_in(inner)
        if found is not None:
            return found
    return None
