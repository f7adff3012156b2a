"""How a definition file looks: a heading, keys line by line, `[[tables]]` apart, texts inline.

`tomli_w` spells the values; it has no say in the layout, because it would give every text a table of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

JsonTable = dict[str, Any]

_WIDE: Final = 110
#: words of an imported text that the loader would take for the OID of a block: `oid='…'` inside a text
_LIKE_OID: Final = re.compile(r"(?<![\w.\-])oid\s*=(?=\s*')")


def document(heading: str, table: JsonTable, tables: Sequence[str]) -> str:
    """The text of a file.  `tables` names the keys that become `[[key]]`, in their order in the file."""
    return f"# {heading}\n\n" + "\n".join(_lines(table, tables, "")).strip("\n") + "\n"


def _lines(table: Mapping[str, Any], tables: Sequence[str], path: str) -> Iterator[str]:
    """First the plain keys, then the tables, as TOML wants it."""
    inner = [name for name in tables if name.rpartition(".")[0] == path]
    short = {name.rpartition(".")[2]: name for name in inner}
    for key, value in table.items():
        if key not in short or not value:
            yield from _key(key, value)
    for key, name in short.items():
        for one in table.get(key) or ():
            yield ""
            yield f"[[{name}]]"
            yield from _lines(one, tables, name)


def _key(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, list) and len(value) > 1 and isinstance(value[0], dict):
        yield f"{key} = ["
        yield from (f"  {inline(one)}," for one in value)
        yield "]"
    elif isinstance(value, str) and "\n" in value and "\r" not in value:
        yield f"{key} = {_scalar(value, multiline=True)}"
    elif isinstance(value, list) and value and isinstance(value[0], str):
        yield from _strings(key, value)
    else:
        yield f"{key} = {inline(value)}"


def _strings(key: str, values: list[str]) -> Iterator[str]:
    """A list of texts on one line where it fits, else on several."""
    line = f"{key} = {inline(values)}"
    if len(line) <= _WIDE:
        yield line
        return
    yield f"{key} = ["
    yield from (f"  {inline(one)}," for one in values)
    yield "]"


def inline(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {inline(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(inline(one) for one in value) + "]"
    return _scalar(value)


def _scalar(value: str | int | bool, *, multiline: bool = False) -> str:
    import tomli_w

    text = tomli_w.dumps({"k": value}, multiline_strings=multiline).removeprefix("k = ").removesuffix("\n")
    return _LIKE_OID.sub(lambda found: found[0][:-1] + "\\u003d", text) if isinstance(value, str) else text
