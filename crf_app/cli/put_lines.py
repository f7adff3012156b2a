"""`put --stdin`: a stream of values, each answered on its own line after its durable commit.

A line that cannot be read or is refused is answered and does not stop the rest.  Numbers keep the very
digits that stand in the line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from crf_app.actions.session import Session
from crf_app.cli.entering import Entry, Finder, stored
from crf_app.cli.invocation import Invocation
from crf_app.errors import CrfError, IntegrityError, LimitExceeded, StorageError, ValueRejected

MAX_LINE: Final = 1 << 20
_MUST: Final = ("subject", "event", "form", "item")
_MAY: Final = ("row", "value", "missing", "unit", "reason")
REFUSED: Final = 3


class _Number(str):
    """A JSON number as it is written: `5.10` stays `5.10`."""


class _Twice(ValueError):
    """One field, two values."""


def put_lines(session: Session, call: Invocation, stream: BinaryIO) -> int:
    """Answer every line of `stream`; returns 0, or 3 (or 4, 8) when a line was refused."""
    finder, codes = Finder(session), {0}
    for number, raw in _bounded_lines(stream):
        try:
            call.row({"line": number} | _one(session, finder, raw))
        except CrfError as refusal:
            codes.add(refusal.exit_code if isinstance(refusal, StorageError | IntegrityError) else REFUSED)
            call.row({"line": number, "ok": False} | refusal.as_json(call.language))
    return max(codes)


def _one(session: Session, finder: Finder, raw: bytes | None) -> dict[str, Any]:
    said = read_line(raw)
    place = finder.place(said["subject"], said["event"], said["form"])
    if "row" in said:
        place.choose_row(said["row"])
    entry = Entry(
        said["item"], said.get("value", ""), said.get("missing"), said.get("unit"), said.get("reason")
    )
    cell, changes = place.enter(entry)
    return stored(session, cell, changes)


def _bounded_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """(number from 1, bytes); None for a line over the limit.  Empty lines count and are passed over."""
    number = 0
    while raw := stream.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE:
            while raw and not raw.endswith(b"\n"):
                raw = stream.readline(MAX_LINE)
            yield number, None
        elif raw.strip():
            yield number, raw


def read_line(raw: bytes | None) -> dict[str, str]:
    """The fields of one line, all text.  Raises ValueRejected, LimitExceeded (None: it was too long)."""
    if raw is None:
        raise LimitExceeded(
            "The line is longer than 1 MiB. Nothing of it was stored.", "该行超过 1 MiB，未保存。"
        )
    try:
        said = json.loads(
            raw.decode("utf-8"),
            parse_float=_Number,
            parse_int=_Number,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except _Twice as reason:
        raise _broken("a field stands in it twice", "有字段重复出现") from reason
    except (ValueError, RecursionError) as reason:
        raise _broken("it is not one JSON object in UTF-8", "不是 UTF-8 编码的 JSON 对象") from reason
    if not isinstance(said, dict):
        raise _broken("it is not one JSON object in UTF-8", "不是 UTF-8 编码的 JSON 对象")
    _check(said)
    return said


def _check(said: dict[str, Any]) -> None:
    for name, value in said.items():
        if name not in _MUST and name not in _MAY:
            raise _broken(f"{_short(name)} is not a field of it", f"没有字段 {_short(name)}")
        if not isinstance(value, str) or (isinstance(value, _Number) and name != "value"):
            raise _broken(f"{name} is not text", f"{name} 不是文本")
    for name in _MUST:
        if name not in said:
            raise _broken(f"{name} is missing", f"缺少 {name}")
    if ("value" in said) == ("missing" in said):
        raise _broken("it needs either value or missing", "value 与 missing 须且仅须其一")


def _short(name: str) -> str:
    return name[:40]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuses a field that stands twice: nobody can say which was meant."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise _Twice
    return dict(pairs)


def _no_constant(_: str) -> Any:
    raise ValueError


def _broken(en: str, zh: str) -> ValueRejected:
    return ValueRejected(f"This line was not stored: {en}.", f"该行未保存：{zh}。")
