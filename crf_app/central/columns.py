"""A record's line ⇄ columns of the ledger, at the speed of one regular expression.

`LINE` spells out the whole canonical form of a record whose texts need no escape: names in order, types,
patterns.  What it accepts, `parse_record` accepts with the same fields (a test holds it); every other line
goes to `parse_record`, which stays the judge.  So the common record is decoded without a JSON reader.
Also here: the words of COPY's text format, and a record read back from its columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

from crf_app.errors import ValueRejected
from crf_app.model.data import FIELD_NAMES, MAX_COVERS, MAX_PARENTS, MAX_TICK, AuditRecord, parse_record
from crf_app.sync import refusals

FIELDS: Final = tuple(sorted(FIELD_NAMES))
PLACE: Final = ("site", "epoch", "seq", "branch", "id", "hash", "cell_unit")
QUOTED_FIELDS: Final = ", ".join(f'"{name}"' for name in FIELDS)
COPY: Final = f"COPY audit_record ({', '.join(PLACE)}, {QUOTED_FIELDS}) FROM STDIN"

_TEXT: Final = r'"([^"\\\x00-\x1f]*)"'
_OID: Final = r"[A-Za-z0-9._-]+(?:~[A-Za-z0-9._-]+)?"
_SPELLING: Final = {
    "at": r'"(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z)"',
    "covers": r'\[("[0-9a-f]{16}"(?:,"[0-9a-f]{16}")*)\]',
    "digest": r'"([0-9a-f]{64})"',
    "key": rf'"({_OID}(?:/{_OID}){{0,3}})"',
    "kind": r'"([a-z]+\.[a-z]+)"',
    "offset": r'"([+-][01]\d:[0-5]\d)"',
    "parents": r'\[("[0-9a-f]{64}"(?:,"[0-9a-f]{64}")*)\]',
    "salt": r'"([0-9a-f]{32})"',
    "tick": r"([1-9][0-9]{0,15})",
    "v": r"(1)",
}
_REQUIRED: Final = {"app", "at", "device", "kind", "offset", "role", "salt", "tick", "user", "v"}
_AT: Final = {name: place for place, name in enumerate(FIELDS)}
_DEVICE, _KEY, _KIND, _SUBJECT, _TICK = (_AT[name] for name in ("device", "key", "kind", "subject", "tick"))
_PARENTS, _COVERS = _AT["parents"], _AT["covers"]
_VALUE, _MISSING, _UNIT, _DATE = (_AT[name] for name in ("value", "missing", "unit", "at"))
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_SPECIAL: Final = re.compile(r"[\\\t\n\r]")


def _line_pattern() -> re.Pattern[str]:
    pieces = []
    for name in FIELDS:
        piece = f'"{name}":' + _SPELLING.get(name, _TEXT)
        piece = piece if name == "app" else "," + piece
        pieces.append(piece if name in _REQUIRED else f"(?:{piece})?")
    return re.compile(r"\{" + "".join(pieces) + r"\}", re.ASCII)


LINE: Final = _line_pattern()


class Decoded(NamedTuple):
    """The fields of one record in the order of FIELDS.  Lists are `"a","b"`; absent fields are None."""

    fields: Sequence[str | None]
    plain: bool  # no field needs an escape in COPY

    @property
    def device(self) -> str | None:
        return self.fields[_DEVICE]

    @property
    def kind(self) -> str:
        return self.fields[_KIND] or ""

    @property
    def key(self) -> str | None:
        return self.fields[_KEY]

    @property
    def subject(self) -> str | None:
        return self.fields[_SUBJECT]

    @property
    def tick(self) -> int:
        return int(self.fields[_TICK] or 0)

    @property
    def parents(self) -> str | None:
        return self.fields[_PARENTS]

    @property
    def answer(self) -> tuple[str | None, str | None, str | None]:
        """value, missing, unit"""
        return self.fields[_VALUE], self.fields[_MISSING], self.fields[_UNIT]


def decode(line: bytes) -> Decoded:
    """The record of one line, in its one spelling.  Raises BundleRefused, LimitExceeded, TooNew."""
    fast = _fast(line)
    if fast is not None:
        return Decoded(fast, True)
    try:
        record = parse_record(line)
    except ValueRejected as error:
        raise refusals.altered(f"record: {error.where}") from None
    if record.v != 1:
        raise refusals.newer()
    return Decoded(_texts(record), False)


def _fast(line: bytes) -> tuple[str | None, ...] | None:
    try:
        match = LINE.fullmatch(line.decode("utf-8"))
    except UnicodeDecodeError:
        return None
    if match is None:
        return None
    fields = match.groups()
    if not _is_date(fields[_DATE][:10]) or int(fields[_TICK]) > MAX_TICK:
        return None
    parents, covers = fields[_PARENTS], fields[_COVERS]
    if parents is not None and len(parents) > 66 and not _is_set(parents, MAX_PARENTS):
        return None
    if covers is not None and not _is_sorted(covers):
        return None
    return fields


def _texts(record: AuditRecord) -> list[str | None]:
    raw = record.as_json()
    for name in ("parents", "covers"):
        if name in raw:
            raw[name] = ",".join(f'"{one}"' for one in raw[name])
    return [None if raw.get(name) is None else str(raw[name]) for name in FIELDS]


@lru_cache(maxsize=4096)
def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_set(listed: str, most: int) -> bool:
    names = listed.split(",")
    return len(names) <= most and len(set(names)) == len(names)


def _is_sorted(listed: str) -> bool:
    names = listed.split(",")
    return len(names) <= MAX_COVERS and names == sorted(set(names))


def cell_unit(subject: str | None, key: str | None) -> str:
    """As `rules.fold.unit_of`, from the two fields that decide it (a test holds them equal)."""
    if subject is None:
        return "G"
    parts = key.split("/", 2) if key else ()
    if len(parts) < 2:
        return f"S|{subject}"
    return f"F|{subject}|{parts[0]}/{parts[1]}"


def home_site(subject: str | None, device_site: str) -> str:
    """The site before the last hyphen of a subject's uid; the device's home without one."""
    return (subject or "").rpartition("-")[0] or device_site


def copy_row(place: str, decoded: Decoded) -> str:
    """One line of COPY text: `place` (already joined by tabs), then the fields."""
    fields = [("\\N" if one is None else one) for one in decoded.fields]
    for at in (_PARENTS, _COVERS):
        if decoded.fields[at] is not None:
            fields[at] = f"{{{fields[at]}}}"
    if not decoded.plain:
        fields = [one if one == "\\N" and raw is None else one.translate(_ESCAPES)
                  for one, raw in zip(fields, decoded.fields, strict=True)]  # fmt: skip
    return place + "\t" + "\t".join(fields) + "\n"


def copy_text(value: str | None) -> str:
    """One value in COPY's text format."""
    if value is None:
        return "\\N"
    return value.translate(_ESCAPES) if _SPECIAL.search(value) else value


_LISTS: Final = frozenset({"parents", "covers"})
_NAMES: Final = tuple({"def": "def_", "from": "from_"}.get(name, name) for name in FIELDS)


def record_of_columns(row: Sequence[Any]) -> AuditRecord:
    """The record from the columns FIELDS, as they were written by ingest (verify checks them again)."""
    values = dict(zip(_NAMES, row, strict=True))
    for name in _LISTS:
        values[name] = tuple(values[name] or ())
    return AuditRecord(**values)


def raw_of_columns(row: Sequence[Any]) -> dict[str, Any]:
    """The fields that are present, for `record_of` to check."""
    return {name: value for name, value in zip(FIELDS, row, strict=True) if value is not None}


def batches(rows: Iterator[str], size: int = 1000) -> Iterator[bytes]:
    """COPY text in pieces of `size` rows."""
    batch: list[str] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield "".join(batch).encode("utf-8")
            batch.clear()
    yield "".join(batch).encode("utf-8")
