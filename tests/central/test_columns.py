"""The fast reader of records is the strict reader: it accepts nothing else and gives the same columns."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crf_app.central import columns
from crf_app.crypto.canonical import canonical
from crf_app.errors import CrfError, TooNew
from crf_app.model.record import FIELD_NAMES, AuditRecord
from crf_app.model.record_reading import MAX_TICK, parse_record, record_of
from crf_app.rules.fold import unit_of

HEX = "0123456789abcdef"
TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=12)
OIDS = st.from_regex(r"[A-Za-z0-9._-]{1,5}(~[a-z0-9]{1,4})?", fullmatch=True)


def hexes(length: int, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.text(HEX, min_size=length, max_size=length), min_size=1, max_size=most, unique=True)


FREE = (
    "value",
    "missing",
    "unit",
    "reason",
    "thread",
    "target",
    "meaning",
    "n",
    "from",
    "clock",
    "origin",
    "def",
)
RECORDS = st.fixed_dictionaries(
    {
        "v": st.just(1),
        "kind": st.sampled_from(["item.set", "form.status", "item.newer"]),
        "device": TEXT,
        "user": TEXT,
        "role": TEXT,
        "at": st.just("2026-11-22T08:00:00.000Z"),
        "offset": st.just("+08:00"),
        "app": TEXT,
        "tick": st.integers(1, MAX_TICK),
        "salt": st.text(HEX, min_size=32, max_size=32),
    },
    optional={
        "subject": st.from_regex(r"[A-Za-z0-9._-]{1,12}", fullmatch=True),
        "key": st.lists(OIDS, min_size=1, max_size=4).map("/".join),
        "parents": hexes(64, 3),
        "covers": hexes(16, 3).map(sorted),
        "digest": st.text(HEX, min_size=64, max_size=64),
        **dict.fromkeys(FREE, TEXT),
    },
)


def strict(line: bytes) -> AuditRecord | None:
    try:
        return parse_record(line)
    except CrfError:
        return None


def fields_of(decoded: columns.Decoded) -> dict[str, object]:
    """The fields back from their COPY text."""
    out: dict[str, object] = {}
    for name, text in zip(columns.FIELDS, decoded[0].split("\t"), strict=True):
        if text == "\\N":
            continue
        for escaped, char in (("\\t", "\t"), ("\\n", "\n"), ("\\r", "\r")):
            text = text.replace("\\\\", "\0").replace(escaped, char).replace("\0", "\\\\")
        text = text.replace("\\\\", "\\")
        if name in ("parents", "covers"):
            out[name] = [one.strip('"') for one in text[1:-1].split(",")]
        else:
            out[name] = int(text) if name in ("v", "tick") else text
    return out


@settings(max_examples=300, deadline=None)
@given(RECORDS)
def test_columns_hold_exactly_the_fields_of_the_record(raw):
    line = canonical(raw)
    record = parse_record(line)
    decoded = columns.decode(line)
    assert fields_of(decoded) == raw
    assert decoded[1:] == (
        record.device, record.kind, record.subject, record.key,
        ",".join(f'"{one}"' for one in record.parents) or None,
        record.value, record.missing, record.unit, record.tick,
    )  # fmt: skip
    assert columns.cell_unit(record.subject, record.key) == unit_of(record)


@settings(max_examples=300, deadline=None)
@given(RECORDS, st.randoms(use_true_random=False))
def test_what_the_strict_reader_refuses_the_fast_one_refuses(raw, rng: random.Random):
    line = bytearray(canonical(raw))
    for _ in range(rng.randint(1, 3)):
        where = rng.randrange(len(line))
        other = rng.choice(
            [b"", bytes([rng.randrange(256)]), rng.choice([b'"', b"\\", b",", b"{", b"0", b"a", b"\x7f"])]
        )
        line[where : where + rng.randint(0, 1)] = other
    record = strict(bytes(line))
    if record is None:
        with pytest.raises(CrfError):
            columns.decode(bytes(line))
    elif record.v != 1:
        with pytest.raises(TooNew):
            columns.decode(bytes(line))
    else:
        assert fields_of(columns.decode(bytes(line))) == record.as_json()


BASE = {
    "v": 1,
    "kind": "item.set",
    "device": "D07",
    "user": "u",
    "role": "nurse",
    "at": "2026-11-22T08:00:00.000Z",
    "offset": "+08:00",
    "app": "0.1.0",
    "tick": 1,
    "salt": "0" * 32,
}
OUTSIDE: list[tuple[str, list[object]]] = [
    ("at", ["2026-02-30T08:00:00.000Z", "2026-11-22T24:00:00.000Z", "2026-11-22T08:0٢:00.000Z"]),
    ("tick", [2**53, 0, True, 1.0, "1"]),
    ("v", [True, 0]),
    ("salt", ["A" * 32, "0" * 31]),
    ("value", [5, None, "a\0b", ["a"]]),
    ("parents", [[], ["0" * 64] * 2, [f"{n:064x}" for n in range(65)], ["F" * 64]]),
    ("covers", [["1" * 16, "0" * 16], ["0" * 16] * 2, [f"{n:016x}" for n in range(5001)]]),
    ("key", ["a/b/c/d/e", "a b", "a/b\n", ""]),
    ("subject", ["", "a|b", "a/b", "a b"]),
    ("offset", ["+08:60", "08:00"]),
    ("kind", ["item.Set", "item"]),
    ("app", [None]),
    ("new", ["1"]),
]


@pytest.mark.parametrize(
    "change", [{name: value} for name, values in OUTSIDE for value in values], ids=lambda one: str(one)[:40]
)
def test_a_record_outside_the_rules_is_refused_by_both_readers(change):
    line = json.dumps(BASE | change, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert strict(line) is None
    with pytest.raises(CrfError):
        columns.decode(line)


def test_most_records_take_the_fast_way():
    line = canonical(BASE | {"value": "收缩压 \u2028 <5", "parents": ["0" * 64], "covers": ["0" * 16]})
    assert columns.LINE.fullmatch(line.decode()) is not None
    assert columns.LINE.fullmatch(canonical(BASE | {"value": 'a"b'}).decode()) is None
    assert record_of(json.loads(line)).canonical() == line and set(columns.FIELDS) == set(FIELD_NAMES)


def test_the_home_site_is_what_stands_before_the_last_hyphen():
    assert columns.home_site("001-k3j9x0q2mz", "002") == "001"
    assert columns.home_site("CN-001-k3j9x0q2mz", "002") == "CN-001"
    assert columns.home_site("k3j9x0q2mz", "002") == columns.home_site(None, "002") == "002"
