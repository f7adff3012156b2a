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
from typing import Any, Final

from crf_app.errors import ValueRejected
from crf_app.model.record import FIELD_NAMES, RECORD_VERSION, AuditRecord
from crf_app.model.record_reading import MAX_COVERS, MAX_PARENTS, MAX_TICK, parse_record
from crf_app.sync import refusals

FIELDS: Final = tuple(sorted(FIELD_NAMES))
PLACE: Final = ("site", "cell_unit", "epoch", "branch", "seq", "id", "hash")
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
    "seal": r'"([A-Za-z0-9][A-Za-z0-9._-]{0,31}:[A-Za-z0-9+/]{80,100}={0,2})"',
    "subject": r'"([A-Za-z0-9._-]+)"',
    "tick": r"([1-9][0-9]{0,15})",
    "v": r"([12])",
}
_REQUIRED: Final = {"app", "at", "device", "kind", "offset", "role", "salt", "tick", "user", "v"}
_GROUP: Final = {name: place for place, name in enumerate(FIELDS, start=1)}
_NEEDED: Final = ("device", "kind", "subject", "key", "parents", "value", "missing", "unit", "tick")
_USED: Final = tuple(_GROUP[name] for name in (*_NEEDED, "at", "covers"))
_LISTS: Final = ("parents", "covers")
_ONE_PARENT: Final = 66
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


#: A record's fields as COPY text in the order of FIELDS, and those that the fold needs (`_NEEDED`; parents as
#: `"a","b"`).  A plain tuple: one is made for every record.
Decoded = tuple[
    str, str, str, str | None, str | None, str | None, str | None, str | None, str | None, int
]  # fmt: skip


def decode(line: bytes) -> Decoded:
    """The record of one line, in its one spelling.  Raises BundleRefused, LimitExceeded, TooNew."""
    try:
        match = LINE.fullmatch(line.decode("utf-8"))
    except UnicodeDecodeError:
        match = None
    fast = _of_match(match) if match is not None else None
    return fast or _strict(line)


def _strict(line: bytes) -> Decoded:
    try:
        record = parse_record(line)
    except ValueRejected as error:
        raise refusals.altered(f"record: {error.where}") from None
    if record.v > RECORD_VERSION:
        raise refusals.newer()
    texts = _texts(record)
    copy = "\t".join(copy_text(texts[name]) for name in FIELDS)
    parents = texts["parents"] and texts["parents"][1:-1]
    place = (record.device, record.kind, record.subject, record.key)
    return copy, *place, parents, record.value, record.missing, record.unit, record.tick


def _of_match(match: re.Match[str]) -> Decoded | None:
    """What the pattern found, unless it breaks a rule that no pattern can say."""
    device, kind, subject, key, parents, value, missing, unit, digits, at, covers = match.group(*_USED)
    tick = int(digits)
    if tick > MAX_TICK or not _is_date(at[:10]):
        return None
    if parents is covers is None:
        fields: Sequence[str] = match.groups("\\N")
    elif _are_lists(parents, covers):
        fields = _with_lists(match, parents, covers)
    else:
        return None
    return "\t".join(fields), device, kind, subject, key, parents, value, missing, unit, tick


def _with_lists(match: re.Match[str], parents: str | None, covers: str | None) -> list[str]:
    fields = list(match.groups("\\N"))
    for name, listed in zip(_LISTS, (parents, covers), strict=True):
        if listed is not None:
            fields[_GROUP[name] - 1] = f"{{{listed}}}"
    return fields


def _are_lists(parents: str | None, covers: str | None) -> bool:
    """What the pattern cannot say: how many, none twice, covers sorted."""
    if parents is not None and len(parents) > _ONE_PARENT and not _is_set(parents, MAX_PARENTS):
        return False
    return covers is None or _is_sorted(covers)


def _texts(record: AuditRecord) -> dict[str, str | None]:
    raw = record.as_json()
    for name in _LISTS:
        if name in raw:
            raw[name] = "{" + ",".join(f'"{one}"' for one in raw[name]) + "}"
    return {name: None if raw.get(name) is None else str(raw[name]) for name in FIELDS}


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


def copy_text(value: str | None) -> str:
    """One value in COPY's text format."""
    if value is None:
        return "\\N"
    return value.translate(_ESCAPES) if _SPECIAL.search(value) else value


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


def batches(rows: Iterator[str], size: int = 100) -> Iterator[bytes]:
    """COPY text in pieces of `size` rows: small enough for the socket, so that the server works meanwhile."""
    batch: list[str] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield "".join(batch).encode("utf-8")
            batch.clear()
    yield "".join(batch).encode("utf-8")
