"""What the database spells is byte for byte what the record spells: one record, one spelling."""

from __future__ import annotations

import json
import sys

from crf_app.crypto.canonical import canonical
from crf_app.model.record import FIELD_NAMES
from crf_app.store.spelled import CANONICAL

LISTS = {"parents": ["a" * 64, "b" * 64], "covers": ["c" * 16]}
WHOLE = {
    name: {"v": 1, "tick": 2**53 - 1}.get(name, LISTS.get(name, f'{name} "quoted" \\ 受试者 \x7f'))
    for name in FIELD_NAMES
}
PATTERNED = {
    "at": "2026-11-22T10:00:00.000Z",
    "digest": "d" * 64,
    "key": "SE.V1/F.VS/IG.VS~k3/I.VS.SYSBP",
    "kind": "item.set",
    "offset": "+08:00",
    "salt": "0" * 32,
    "seal": "u-lin:" + "A" * 94 + "==",
    "subject": "001-k3j9x0q2mz",
}
REQUIRED = ("app", "at", "device", "kind", "offset", "role", "salt", "tick", "user", "v")


def spelled(bench, raw: dict[str, object]) -> bytes:
    """The record as the database spells it from its columns."""
    columns = ", ".join(f'? AS "{name}"' for name in FIELD_NAMES)
    values = [json.dumps(one) if isinstance(one, list) else one for one in map(raw.get, FIELD_NAMES)]
    (text,) = bench.conn.execute(f"SELECT {CANONICAL} FROM (SELECT {columns})", values).fetchone()
    return text.encode("utf-8")


def test_a_record_with_every_field(bench):
    raw = WHOLE | PATTERNED
    assert spelled(bench, raw) == canonical(raw)


def test_a_record_with_only_what_each_has(bench):
    raw = {name: (WHOLE | PATTERNED)[name] for name in REQUIRED}
    assert spelled(bench, raw) == canonical(raw)


def test_every_character_is_spelled_alike(bench):
    least = {name: (WHOLE | PATTERNED)[name] for name in REQUIRED}
    for first in range(1, sys.maxunicode + 1, 4096):
        there = range(first, min(first + 4096, sys.maxunicode + 1))
        raw = least | {"value": "".join(chr(one) for one in there if not 0xD800 <= one <= 0xDFFF)}
        assert spelled(bench, raw) == canonical(raw), hex(first)
