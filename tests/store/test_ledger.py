"""The one door: what is appended stays, in one chain, in one spelling."""

from __future__ import annotations

import pytest

from crf_app.errors import CrfError, LimitExceeded, ValueRejected
from crf_app.model.record import AuditRecord, Draft, chain_hash
from crf_app.model.record_reading import parse_record
from crf_app.store import ledger

SUBJECT = "001-k3j9x0q2mz"
KEY = "SE.V1/F.VS/IG.VS/I.VS.SYSBP"
COLUMNS = [
    "device", "epoch", "seq", "hash", "id", "cell_unit", "kind", "user", "role", "at", "offset", "app",
    "tick", "salt", "v", "def", "subject", "key", "parents", "value", "unit", "reason",
]  # fmt: skip
NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
MOVED = ", ".join("seq + 500" if name == "seq" else f'"{name}"' for name in COLUMNS)  # a free place


@pytest.mark.requirement("law 14")
@pytest.mark.parametrize("column", COLUMNS)
def test_no_column_of_the_ledger_is_updated_even_by_raw_sql(filled, column):
    from sqlcipher3 import dbapi2

    with pytest.raises(dbapi2.DatabaseError, match="append-only"):
        filled.conn.execute(f'UPDATE audit_record SET "{column}" = "{column}"')


@pytest.mark.requirement("law 14")
@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM audit_record",
        "DELETE FROM audit_record WHERE seq = 1",
        "INSERT OR REPLACE INTO audit_record SELECT * FROM audit_record WHERE seq = 1",
        "REPLACE INTO audit_record SELECT * FROM audit_record WHERE seq = 1",
        "INSERT INTO audit_record SELECT * FROM audit_record WHERE seq = 1",
        f"REPLACE INTO audit_record (rowid, {NAMES}) SELECT 1, {MOVED} FROM audit_record WHERE seq = 1",
        "INSERT OR IGNORE INTO audit_record SELECT * FROM audit_record WHERE seq = 1",
        "UPDATE OR REPLACE audit_record SET seq = 1 WHERE seq = 2",
        "INSERT INTO audit_record SELECT * FROM audit_record WHERE 1 ON CONFLICT DO UPDATE SET value = 'x'",
    ],
)
def test_nothing_of_the_ledger_is_deleted_or_replaced_even_by_raw_sql(filled, sql):
    from sqlcipher3 import dbapi2

    before = filled.conn.execute("SELECT * FROM audit_record").fetchall()
    with pytest.raises(dbapi2.DatabaseError, match="append-only"):
        filled.conn.execute(sql)
    assert filled.conn.execute("SELECT * FROM audit_record").fetchall() == before


def test_the_ledger_is_strict_about_types(filled):
    from sqlcipher3 import dbapi2

    columns = [row[1] for row in filled.conn.execute("PRAGMA table_info(audit_record)")]
    picked = ", ".join({"tick": "'many'", "seq": "99", "id": "'x'"}.get(c, f'"{c}"') for c in columns)
    with pytest.raises(dbapi2.DatabaseError, match="cannot store TEXT value in INTEGER column"):
        filled.conn.execute(f"INSERT INTO audit_record SELECT {picked} FROM audit_record WHERE seq = 1")


def test_each_record_is_hashed_with_its_predecessor(filled):
    previous = filled.store.identity.genesis()
    rows = list(ledger.chain_rows(filled.conn))
    assert [row[2] for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        record = ledger.record_of_row(row[6:])
        assert record.id == row[4]
        previous = chain_hash(previous, bytes.fromhex(row[4]))
        assert previous.hex() == row[3]
    assert (filled.store.end.seq, filled.store.end.hash) == (len(rows), previous)


@pytest.mark.requirement("law 10")
def test_the_columns_give_back_the_same_bytes(filled):
    for seq, line in ledger.segment(filled.conn, filled.store.identity, 1, 100):
        assert parse_record(line).canonical() == line and seq
    part = list(ledger.segment(filled.conn, filled.store.identity, 3, 2))
    assert [seq for seq, _ in part] == [3, 4]


def test_ticks_and_salts_are_fresh(filled):
    records = [one.record for one in ledger.entries(filled.conn)]
    assert [one.tick for one in records] == list(range(1, len(records) + 1))
    assert len({one.salt for one in records}) == len(records)


def test_the_chain_goes_on_after_opening_again(filled):
    end = filled.store.end
    filled.close()
    store = filled.open()
    assert store.end == end
    filled.put("I.VS.PULSE", "70")
    assert store.end.seq == end.seq + 1 and filled.problems() == []


def test_nothing_to_append_is_no_transaction(bench):
    assert bench.append() == [] and bench.store.end.seq == 0


@pytest.mark.parametrize(
    ("draft", "refusal"),
    [
        (Draft("item.set", SUBJECT, KEY, value="a\x00b"), ValueRejected),
        (Draft("item.set", SUBJECT, KEY, value="1", reason="a\x00"), ValueRejected),
        (Draft("item.set", SUBJECT, KEY, value="\ud800"), ValueRejected),
        (Draft("query.open", SUBJECT, KEY, thread="U-1", value="\udfff"), ValueRejected),
        (Draft("item.set", SUBJECT, "SE.V1/F VS/x", value="1"), ValueRejected),
        (Draft("item.set", "a|b", KEY, value="1"), ValueRejected),
        (Draft("item.set", SUBJECT, KEY, value="1", parents=("f" * 63,)), ValueRejected),
        (Draft("item.set", SUBJECT, KEY, value="x" * (1 << 20)), LimitExceeded),
        (Draft("sign.make", SUBJECT, "SE.V1/F.VS", covers=tuple(f"{n:016x}" for n in range(5001))), CrfError),
    ],
)
def test_what_no_reader_would_take_is_never_written(filled, draft, refusal):
    end, rows = filled.store.end, filled.conn.execute("SELECT count(*) FROM audit_record").fetchone()
    with pytest.raises(refusal):
        filled.append(Draft("item.set", SUBJECT, KEY.replace("SYSBP", "PULSE"), value="70"), draft)
    assert filled.store.end == end
    assert filled.conn.execute("SELECT count(*) FROM audit_record").fetchone() == rows
    assert filled.problems() == []
    filled.put("I.VS.RESP", "15")
    assert filled.problems() == []


def test_a_document_is_stored_with_the_record_that_names_it_or_not_at_all(bench):
    with pytest.raises(ValueRejected):
        bench.append(Draft("item.set", SUBJECT, KEY, value="\x00"), blobs={"ab": b"document"})
    assert bench.conn.execute("SELECT count(*) FROM blob").fetchone() == (0,)


def test_a_record_from_the_columns_is_refused_when_it_is_none(filled):
    row = list(next(iter(ledger.chain_rows(filled.conn)))[6:])
    assert isinstance(ledger.record_of_row(row), AuditRecord)
    with pytest.raises(ValueRejected):
        ledger.record_of_row([None, *row[1:]])
