"""Bytes become a record, or are refused: one record, one spelling.

Refused are unknown fields, other types, other spellings of hashes and times, impossible dates, U+0000, lone
surrogates and lines over 1 MiB; the same rules hold for what this program is about to write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

from crf_app.crypto.canonical import canonical
from crf_app.errors import LimitExceeded, ValueRejected
from crf_app.model.record import FIELD_NAMES, AuditRecord

MAX_TICK: Final = 2**53 - 1
MAX_PARENTS: Final = 64
MAX_COVERS: Final = 5000
MAX_LINE: Final = 1 << 20

_OID = r"[A-Za-z0-9._-]+"
_PART = rf"{_OID}(~{_OID})?"
KEY_PATTERN: Final = re.compile(rf"{_PART}(/{_PART}){{0,3}}\Z")
_AT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z\Z", re.ASCII)
_OFFSET: Final = re.compile(r"[+-]([01]\d):[0-5]\d\Z", re.ASCII)
_HEX32: Final = re.compile(r"[0-9a-f]{32}\Z")
_HEX64: Final = re.compile(r"[0-9a-f]{64}\Z")
_HEX16: Final = re.compile(r"[0-9a-f]{16}\Z")
_NAMES: Final = frozenset(FIELD_NAMES)
_TEXTS: Final = _NAMES - {"v", "tick", "parents", "covers"}
_ALWAYS: Final = frozenset(("v", "kind", "device", "user", "role", "at", "offset", "app", "tick", "salt"))
_SEAL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}:[A-Za-z0-9+/]{80,100}={0,2}\Z")
_KIND: Final = re.compile(r"[a-z]+\.[a-z]+\Z")


def parse_record(data: bytes) -> AuditRecord:
    """The record from its canonical bytes.

    Raises ValueRejected for any other spelling, an unknown field, a wrong type, an impossible time,
    U+0000 or a lone surrogate; LimitExceeded for a line over 1 MiB.
    """
    if len(data) > MAX_LINE:
        raise LimitExceeded("A record is larger than 1 MiB.", "一条记录超过 1 MiB。")
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _refused("not JSON") from error
    if not isinstance(raw, dict):
        raise _refused("not an object")
    record = record_of(raw)
    try:
        same = record.canonical() == data
    except UnicodeEncodeError as error:
        raise _refused("lone surrogate") from error
    if not same:
        raise _refused("another spelling")
    return record


def bytes_to_keep(raw: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a record about to be written (as `as_json`), if every reader will take them.

    Raises ValueRejected (U+0000, half a character, a field not as agreed), LimitExceeded (over 1 MiB).
    """
    try:
        data = canonical(raw)
    except UnicodeEncodeError as error:
        raise _unkept() from error
    if b"\\u0000" in data and "\x00" in "".join(text for text in raw.values() if type(text) is str):
        raise _unkept()
    if len(data) > MAX_LINE:
        raise LimitExceeded(
            "This is too long to be kept. Shorten the text.", "内容过长，无法保存，请缩短文字。"
        )
    _check(raw)
    return data


def _unkept() -> ValueRejected:
    return ValueRejected(
        "The text holds a character that cannot be kept. Type it again without it.",
        "文字中含有无法保存的字符，请删去后重新输入。",
    )


def record_of(raw: Mapping[str, Any]) -> AuditRecord:
    """The record of a decoded object, every field checked.  Raises ValueRejected."""
    _check(raw)
    return record_from(raw)


def record_from(raw: Mapping[str, Any]) -> AuditRecord:
    """The record of fields that were checked."""
    values = dict(raw)
    for name in ("parents", "covers"):
        if name in values:
            values[name] = tuple(values[name])
    for public in ("def", "from"):
        if public in values:
            values[public + "_"] = values.pop(public)
    return AuditRecord(**values)


def _check(raw: Mapping[str, Any]) -> None:
    """Raises ValueRejected for the first field that is not as agreed."""
    if not raw.keys() <= _NAMES:
        raise _refused(f"unknown field {min(raw.keys() - _NAMES)[:60]}")
    for name, value in raw.items():
        if name in _TEXTS:
            if not isinstance(value, str) or "\x00" in value:
                raise _refused(f"{name} is not text")
            rule = _PATTERNS.get(name)
            if rule is not None and not rule.match(value):
                raise _refused(f"{name} is not spelled as agreed")
        elif name in ("parents", "covers"):
            _check_list(name, value)
        elif type(value) is not int or not 1 <= value <= MAX_TICK:
            raise _refused(f"{name} is not a number of its range")
    if not raw.keys() >= _ALWAYS:
        raise _refused(f"{min(_ALWAYS - raw.keys())} is missing")
    _check_date(raw["at"][:10])


def _check_list(name: str, value: object) -> None:
    limit, rule = (MAX_PARENTS, _HEX64) if name == "parents" else (MAX_COVERS, _HEX16)
    if not isinstance(value, list) or not value or len(value) > limit:
        raise _refused(f"{name} is not a list of its size")
    if not all(isinstance(one, str) and rule.match(one) for one in value):
        raise _refused(f"{name} holds something else than hashes")
    if name == "covers" and value != sorted(set(value)):
        raise _refused("covers is not sorted")
    if len(set(value)) != len(value):
        raise _refused(f"{name} names one record twice")


@lru_cache(maxsize=64)
def _check_date(text: str) -> None:
    """Many records are of one day; a day that raises is looked at again each time."""
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise _refused("at is not a date of the calendar") from error


_PATTERNS: Final = {
    "kind": _KIND,
    "at": _AT,
    "offset": _OFFSET,
    "salt": _HEX32,
    "seal": _SEAL,
    "digest": _HEX64,
    "subject": re.compile(rf"{_OID}\Z"),  # a part of unit names: never holds "|" or "/"
    "key": KEY_PATTERN,
}


def _refused(what: str) -> ValueRejected:
    return ValueRejected(
        f"This is not a record of the agreed spelling: {what}.", f"记录格式不符合约定：{what}。", where=what
    )
