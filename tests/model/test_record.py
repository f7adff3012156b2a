"""The record: its published vectors, its one spelling, and everything that is no record."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crf_app.errors import LimitExceeded, ValueRejected
from crf_app.model.keys import item_key_of, new_uid
from crf_app.model.record import KINDS, AuditRecord, chain_hash, cover_digest, genesis, json_of_ids
from crf_app.model.record_reading import MAX_TICK, parse_record
from crf_app.rules.fold import fold
from crf_app.rules.unit_state import entry

R1 = AuditRecord(
    kind="item.set",
    device="D07",
    user="u-lin",
    role="nurse",
    at="2026-11-22T08:00:00.000Z",
    offset="+08:00",
    app="0.1.0",
    tick=1,
    salt="0" * 32,
    v=1,
    def_="3",
    subject="s-k3j9x0q2mz",
    key="SE.V1/F.VS/IG.VS/I.VS.SYSBP",
    value="128",
)
R2 = replace(
    R1, at="2026-11-22T08:05:00.000Z", user="u-wang", tick=2, salt="1" * 32, parents=(R1.id,), value="182",
    reason="transcription error: 血压",
)  # fmt: skip
R3 = replace(
    R1, device="D12", user="u-zhao", at="2026-11-21T23:59:00.000Z", tick=2, salt="2" * 32, parents=(R1.id,),
    value="138", reason="wrong line",
)  # fmt: skip
R4 = replace(
    R1, at="2026-11-22T09:00:00.000Z", kind="item.resolve", tick=3, salt="3" * 32, parents=(R2.id, R3.id),
    value="138", reason="source checked",
)  # fmt: skip
R1_BYTES = (
    b'{"app":"0.1.0","at":"2026-11-22T08:00:00.000Z","def":"3","device":"D07",'
    b'"key":"SE.V1/F.VS/IG.VS/I.VS.SYSBP","kind":"item.set","offset":"+08:00","role":"nurse",'
    b'"salt":"00000000000000000000000000000000","subject":"s-k3j9x0q2mz","tick":1,"user":"u-lin","v":1,'
    b'"value":"128"}'
)


# the published vectors; that of the state hash is not among them, its exact shape is not published


def test_the_published_genesis():
    assert genesis("LIVER-1", "test", "D07", 1).hex() == (
        "622da9320101439fdeb6c30eb50491a641a63c5edaa6c16744c725c61276066e"
    )


def test_the_published_bytes_of_the_first_record():
    assert R1.canonical() == R1_BYTES
    assert parse_record(R1_BYTES) == R1


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (R1, "f1cde0958cb317cb7b41f5743a22f42f637c918bd6857421ec6c5086f0dad644"),
        (R2, "64dcd419b10a5d266c251be38fbd338b0aab5917e21d2ed18d890eb1df652283"),
        (R3, "8fb4ee8713a6a42017b56293fd2df161d9835778120504e8c4bc92740e71d9fa"),
        (R4, "8a1e550403ff0d22a08dac1b19d0a4a86e7bb121a6d8bb4bfd6542faee8b9a1d"),
    ],
)
def test_the_published_ids(record, expected):
    assert record.id == expected


def test_the_published_chain_hashes():
    first = chain_hash(genesis("LIVER-1", "test", "D07", 1), bytes.fromhex(R1.id))
    assert first.hex() == "b2b51d48ea5367eaebbae1d47f9bc87e5038935fa1784c5c3844a60c9c16489d"
    second = chain_hash(first, bytes.fromhex(R2.id))
    assert second.hex() == "21ded9c55365ab9e0d8e1062aa57e8333db4be1420ea3182fb9ffc73da304ff9"
    other = chain_hash(genesis("LIVER-1", "test", "D12", 1), bytes.fromhex(R3.id))
    assert other.hex() == "2d9e7c420949857f9885dbd6de4cc4b5026ca463506a513b450e15eed35fb2f9"


def test_the_published_conflict_and_its_provisional_value():
    unit = fold("F|s-k3j9x0q2mz|SE.V1/F.VS", map(entry, (R1, R2, R3)))
    cell = unit.answers[R1.key]
    assert unit.conflicts == {"C-986bfbe3e42343fa": R1.key}
    assert {one.id for one in cell.heads} == {R2.id, R3.id}
    assert (cell.state, cell.shown.record.value) == ("conflict", "138")


def test_the_published_resolution():
    unit = fold("F|s-k3j9x0q2mz|SE.V1/F.VS", map(entry, (R1, R2, R3, R4)))
    assert unit.answers[R1.key].state == "clean" and unit.conflicts == {}


def test_the_published_signature_digest():
    assert cover_digest("SE.V1/F.VS", [R4.id]) == (
        "cd668c6b30e2adecb7e45cae95de802f77756c4ac3238ddc1f3fce5a48311692"
    )


# one record, one spelling


def spelled(**changes: object) -> bytes:
    raw = {**R1.as_json(), **changes}
    return json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.requirement("law 10")
@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"def_": "3"},
        {"v": True},
        {"v": "1"},
        {"v": 0},
        {"v": 1.0},
        {"tick": True},
        {"tick": "1"},
        {"tick": 0},
        {"tick": -1},
        {"tick": 2**53},
        {"tick": 1.5},
        {"value": 128},
        {"value": None},
        {"value": False},
        {"value": ["128"]},
        {"user": 7},
        {"salt": "A" * 32},
        {"salt": "0" * 31},
        {"salt": "0" * 33},
        {"salt": "0" * 32 + "\n"},
        {"salt": "٠" * 32},
        {"digest": "F" * 64},
        {"digest": "f" * 63},
        {"parents": []},
        {"parents": R1.id},
        {"parents": [R1.id.upper()]},
        {"parents": [R1.id, R1.id]},
        {"parents": [None]},
        {"parents": [f"{n:064x}" for n in range(65)]},
        {"covers": ["b" * 16, "a" * 16]},
        {"covers": ["a" * 15]},
        {"covers": ["A" * 16]},
        {"covers": [f"{n:016x}" for n in range(5001)]},
        {"at": "2026-11-22T08:00:00Z"},
        {"at": "2026-11-22 08:00:00.000Z"},
        {"at": "2026-11-22T08:00:00.000+00:00"},
        {"at": "2026-11-22T24:00:00.000Z"},
        {"at": "2026-11-22T08:60:00.000Z"},
        {"at": "2026-11-22T08:00:60.000Z"},
        {"at": "2026-02-30T08:00:00.000Z"},
        {"at": "2025-02-29T08:00:00.000Z"},
        {"at": "0000-01-01T08:00:00.000Z"},
        {"at": "２026-11-22T08:00:00.000Z"},
        {"offset": "+24:00"},
        {"offset": "+8:00"},
        {"offset": "Z"},
        {"kind": "item"},
        {"kind": "Item.set"},
        {"kind": "item.set\n"},
        {"key": ""},
        {"key": "SE.V1//I.VS.SYSBP"},
        {"key": "SE.V1/F.VS/IG.VS/I.VS.SYSBP/more"},
        {"key": "SE.V1/F.VS/IG.VS/I.VS.SYSBP\n"},
        {"key": "SE.V1/F VS"},
        {"key": "SE.V1/F.VS/IG.AE~a~b/I"},
        {"subject": "a|b"},
        {"subject": "a/b"},
        {"subject": ""},
        {"value": "a\x00b"},
        {"reason": "\x00"},
    ],
    ids=str,
)
def test_a_record_of_another_shape_is_refused(change):
    with pytest.raises(ValueRejected):
        parse_record(spelled(**change))


@pytest.mark.parametrize(
    "name", ["v", "kind", "device", "user", "role", "at", "offset", "app", "tick", "salt"]
)
def test_a_record_without_a_field_it_must_have_is_refused(name):
    raw = {key: value for key, value in R1.as_json().items() if key != name}
    with pytest.raises(ValueRejected, match=name):
        parse_record(json.dumps(raw, sort_keys=True, separators=(",", ":")).encode())


@pytest.mark.parametrize(
    "written",
    [
        R1_BYTES + b" ",
        b"\xef\xbb\xbf" + R1_BYTES,
        R1_BYTES.replace(b",", b", "),
        R1_BYTES.replace(b'"v":1', b'"v":1,"v":1'),
        R1_BYTES.replace(b'"v":1', b'"v":1e0'),
        R1_BYTES.replace(b'"v":1', b'"v":01'),
        R1_BYTES.replace(b'"tick":1', b'"tick":NaN'),
        R1_BYTES.replace(b'"tick":1', b'"tick":' + b"1" * 5000),
        R1_BYTES.replace(b'"128"', b'"12\\u0038"'),
        R1_BYTES.replace(b'"128"', b'"\\ud800"'),
        R1_BYTES.replace(b'"128"', b'"\xed\xa0\x80"'),
        R1_BYTES.replace(b'"128"', b'"\xff"'),
        R1_BYTES.replace(b'"128"', b'"a\x01b"'),
        b'{"v":1,' + R1_BYTES[1:].replace(b',"v":1', b""),
        R1_BYTES.decode().encode("utf-16"),
        b"[" + R1_BYTES + b"]",
        b"null",
        b"",
        b"{",
        b"[" * 100_000,
        b'{"v":' + b"[" * 100_000,
    ],
)  # fmt: skip
def test_any_other_spelling_is_refused(written):
    with pytest.raises(ValueRejected):
        parse_record(written)


def test_a_line_over_one_mebibyte_is_refused_before_it_is_read():
    with pytest.raises(LimitExceeded):
        parse_record(spelled(value="x" * (1 << 20)))
    room = (1 << 20) - len(spelled(value=""))
    assert parse_record(spelled(value="x" * room)).value == "x" * room


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
HEX = {n: st.text("0123456789abcdef", min_size=n, max_size=n) for n in (16, 32, 64)}
PART = st.from_regex(r"[A-Za-z0-9._-]{1,6}(~[a-z0-9]{1,6})?", fullmatch=True)
RECORDS = st.builds(
    AuditRecord,
    kind=st.sampled_from(sorted(KINDS)) | st.from_regex(r"[a-z]{1,5}\.[a-z]{1,5}", fullmatch=True),
    device=TEXT,
    user=TEXT,
    role=TEXT,
    at=st.datetimes().map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.").rjust(20, "0") + "123Z"),
    offset=st.sampled_from(["+08:00", "-03:30", "+00:00"]),
    app=TEXT,
    tick=st.integers(1, MAX_TICK),
    salt=HEX[32],
    v=st.integers(1, 3),
    def_=st.none() | TEXT,
    subject=st.none() | st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True),
    key=st.none() | st.lists(PART, min_size=1, max_size=4).map("/".join),
    parents=st.lists(HEX[64], max_size=3, unique=True).map(tuple),
    covers=st.lists(HEX[16], max_size=3, unique=True).map(sorted).map(tuple),
    digest=st.none() | HEX[64],
    **{
        name: st.none() | TEXT
        for name in ("value", "missing", "unit", "reason", "thread", "target", "meaning", "n", "from_")
    },
)


@pytest.mark.requirement("law 10")
@given(RECORDS)
def test_every_record_reads_back_from_its_own_bytes(record):
    again = parse_record(record.canonical())
    assert again == record and again.id == record.id


@given(RECORDS, st.integers(0, 10_000), st.integers(0, 7))
def test_no_flipped_bit_reads_as_the_same_record(record, place, bit):
    written = bytearray(record.canonical())
    written[place % len(written)] ^= 1 << bit
    try:
        other = parse_record(bytes(written))
    except ValueRejected:
        return
    assert other.id != record.id and other.canonical() == bytes(written)


# keys


def test_an_item_key_is_its_own_address():
    key = item_key_of("001-abc", "SE.UNS~k3j9x0q2mz/F.AE/IG.AE~p0o9i8u7y6/I.AE.AETERM")
    assert (key.form_key.event_oid, key.group_oid, key.row) == ("SE.UNS", "IG.AE", "p0o9i8u7y6")
    assert item_key_of("001-abc", key.path) == key
    assert str(key) == "001-abc/" + key.path


def test_a_uid_is_never_a_running_number():
    made = {new_uid() for _ in range(500)}
    assert len(made) == 500 and all(len(uid) == 10 and uid.isalnum() and uid == uid.lower() for uid in made)


@pytest.mark.parametrize("ids", [(), (R1.id,), (R1.id, R2.id), (R1.id[:16], R2.id[:16], R3.id[:16])])
def test_a_list_of_ids_is_spelled_as_json_spells_it(ids: tuple[str, ...]) -> None:
    assert json_of_ids(ids) == json.dumps(list(ids))
