"""`verify` finds what was changed: a byte of the file, a column, a record, a guard, a folded table."""

from __future__ import annotations

import random

import pytest

from crf_app.errors import StoreDamaged
from crf_app.model.record import FIELD_NAMES
from crf_app.store import checking
from crf_app.store.store import reader


def test_a_sound_store_has_no_problem_and_verifying_writes_nothing(filled):
    end = filled.store.end.seq
    report = filled.verify()
    assert report.sound and (report.records, report.chains, report.blobs) == (end, 1, 1)
    filled.close()
    before = filled.path.read_bytes()
    filled.open()
    assert filled.verify().sound
    filled.close()
    assert filled.path.read_bytes() == before
    filled.open()


def test_a_worker_may_verify_over_its_own_connection_while_somebody_types(filled):
    second = reader(filled.store, filled.key)
    assert filled.verify(second).sound
    filled.put("I.VS.RESP", "15")
    assert filled.verify(second).sound
    second.close()


def test_progress_is_told(filled):
    filled.append(*(draft for n in range(500) for draft in _two(n)))
    told = []
    from crf_app.store.checking import verify

    verify(filled.store, lambda *_: True, lambda done, total: told.append((done, total)))
    assert told and told[0][0] == 1000 and all(total >= 1000 for _, total in told)


def _two(n):
    from crf_app.model.record import Draft

    return [
        Draft("item.set", "001-k3j9x0q2mz", f"SE.V1/F.LBC/IG.L/I.L.X{n}{part}", value="1") for part in "ab"
    ]


@pytest.mark.requirement("house law 4")
@pytest.mark.parametrize("column", [*FIELD_NAMES, "epoch", "seq", "hash", "id", "cell_unit"])
def test_one_changed_column_is_found(filled, unguarded, column):
    """Each column, in a row where it holds something and in one where it was empty."""
    unguarded(filled.conn)
    kinds = {row[1]: row[2] for row in filled.conn.execute("PRAGMA table_info(audit_record)")}
    changed = f'"{column}" + 1000' if kinds[column] == "INTEGER" else f"COALESCE(\"{column}\", '') || 'x'"
    filled.conn.execute(f'UPDATE audit_record SET "{column}" = {changed} WHERE seq = 5')
    places = [one["where"] for one in filled.verify().problems]
    assert any(place.startswith(("audit_record", "seal")) for place in places), places


@pytest.mark.requirement("house law 4")
@pytest.mark.parametrize("value", ["183", "182 ", "", None, "１８２"])
def test_one_changed_value_is_found(filled, unguarded, value):
    unguarded(filled.conn)
    filled.conn.execute("UPDATE audit_record SET value = ? WHERE value = '182'", (value,))
    assert any("content was changed" in one or "cannot be read" in one for one in filled.problems())


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("DELETE FROM audit_record WHERE seq = 5", "Records 5 to 5 are missing"),
        ("DELETE FROM audit_record WHERE seq = 1", "Records 1 to 1 are missing"),
        ("DELETE FROM audit_record WHERE seq > 8", "its seal speaks of"),
        ("DELETE FROM audit_record", "The ledger is empty"),
        ("DELETE FROM audit_record", "The sealed chain is missing"),
        ("DELETE FROM seal", "has no seal"),
        ("UPDATE seal SET signature = zeroblob(64)", "not made by this device"),
        ("UPDATE blob SET bytes = CAST('another document' AS BLOB)", "document was changed"),
        ("DELETE FROM blob", "is missing"),
        ("UPDATE item_data SET value = '120' WHERE value = '182'", "item_data does not follow"),
        ("DELETE FROM query", "query does not follow"),
        ("UPDATE signature SET valid = 1 - valid", "signature does not follow"),
        ("UPDATE form_data SET status = 'open'", "form_data does not follow"),
        ("UPDATE row_data SET state = 'deleted'", "row_data does not follow"),
        ("UPDATE subject SET label = 'ZN009'", "subject does not follow"),
        ("DELETE FROM event_data", "event_data does not follow"),
        ("UPDATE person SET state = 'active', value = '{}'", "person does not follow"),
    ],
)
def test_what_somebody_with_the_key_did_is_found(filled, unguarded, sql, found):
    from crf_app.store.migrations import in_memory

    fresh = in_memory()
    unguarded(filled.conn)
    filled.conn.execute(sql)
    guards = "SELECT sql FROM sqlite_master WHERE type = 'trigger'"
    for (guard,) in fresh.execute(guards).fetchall():  # put back: only the deed itself shows
        filled.conn.execute(guard)
    fresh.close()
    problems = filled.problems()
    assert any(found in one for one in problems), problems
    assert not any("schema" in one for one in problems)


@pytest.mark.parametrize(
    "sql",
    [
        # the same bytes when the columns are put together, but not the same columns
        "UPDATE audit_record SET parents = parents || ',\"reason\":\"' || reason || '\"', reason = NULL "
        "WHERE parents IS NOT NULL AND reason IS NOT NULL",
        "UPDATE audit_record SET parents = replace(parents, '[', '[ ') WHERE parents IS NOT NULL",
        "UPDATE audit_record SET covers = replace(covers, ', ', ',') WHERE covers LIKE '%, %'",
    ],
)
def test_columns_that_were_moved_or_respelled_are_found(filled, unguarded, sql):
    unguarded(filled.conn)
    assert filled.conn.execute(sql).rowcount > 0
    assert any("content was changed" in one for one in filled.problems())


def test_rows_of_a_form_that_no_record_speaks_of_are_found(filled):
    filled.conn.execute(
        "INSERT INTO form_data VALUES ('F|x|SE.V1/F.VS', 'x', 'SE.V1', 'F.VS', 'open', '[]', 0, '[]')"
    )
    assert any("form_data does not follow" in one for one in filled.problems())


def test_records_that_changed_places_are_found(filled, unguarded):
    unguarded(filled.conn)
    for old, new in ((5, 500), (6, 5), (500, 6)):
        filled.conn.execute("UPDATE audit_record SET seq = ? WHERE seq = ?", (new, old))
    assert sum("does not fit its hash" in one for one in filled.problems()) >= 2


def test_a_record_put_in_between_or_behind_is_found(filled, unguarded):
    unguarded(filled.conn)
    columns = [row[1] for row in filled.conn.execute("PRAGMA table_info(audit_record)")]
    picked = ", ".join({"seq": "seq + 1", "id": "replace(id, 'a', 'b')"}.get(c, f'"{c}"') for c in columns)
    last = filled.store.end.seq
    filled.conn.execute(f"INSERT INTO audit_record SELECT {picked} FROM audit_record WHERE seq = {last}")
    problems = filled.problems()
    assert any("content was changed" in one for one in problems)
    assert any("its seal speaks of" in one for one in problems)


def test_a_record_that_is_there_twice_is_found(filled, unguarded):
    unguarded(filled.conn)
    columns = [row[1] for row in filled.conn.execute("PRAGMA table_info(audit_record)")]
    picked = ", ".join({"seq": "seq + 1"}.get(c, f'"{c}"') for c in columns)
    last = filled.store.end.seq
    filled.conn.execute(f"INSERT INTO audit_record SELECT {picked} FROM audit_record WHERE seq = {last}")
    assert any("there twice" in one for one in filled.problems())


def test_a_rehashed_chain_without_the_device_key_is_found(filled, unguarded):
    """Somebody changes the last value and makes id and hash fit again, but cannot seal."""
    from crf_app.model.record import chain_hash
    from crf_app.store import ledger

    unguarded(filled.conn)
    filled.conn.execute("UPDATE audit_record SET reason = 'another' WHERE seq = ?", (filled.store.end.seq,))
    *_, row = ledger.chain_rows(filled.conn)
    before = filled.conn.execute("SELECT hash FROM audit_record WHERE seq = ?", (row[2] - 1,)).fetchone()[0]
    id_ = ledger.record_of_row(row[6:]).id
    hash_ = chain_hash(bytes.fromhex(before), bytes.fromhex(id_)).hex()
    filled.conn.execute("UPDATE audit_record SET id = ?, hash = ? WHERE seq = ?", (id_, hash_, row[2]))
    filled.conn.execute("UPDATE seal SET hash = ?", (hash_,))
    assert any("not made by this device" in one for one in filled.problems())


def test_records_of_another_device_without_its_seal_are_found(filled, unguarded):
    unguarded(filled.conn)
    filled.conn.execute("UPDATE audit_record SET device = 'D2' WHERE seq > 6")
    assert any("seal D2.1: The chain has no seal" in one for one in filled.problems())


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TRIGGER audit_record_no_update",
        "DROP TRIGGER audit_record_no_delete",
        "DROP TRIGGER audit_record_no_replace",
        "DROP INDEX audit_record_cell",
        "CREATE TRIGGER quiet AFTER INSERT ON audit_record BEGIN SELECT 1; END",
        "CREATE TABLE extra (x)",
        "ALTER TABLE item_data ADD COLUMN extra TEXT",
    ],
)
def test_a_guard_that_was_removed_or_something_added_is_found(filled, sql):
    filled.conn.execute(sql)
    assert any(one.startswith("schema ") for one in filled.problems())


@pytest.mark.requirement("house law 4")
def test_one_flipped_byte_anywhere_in_the_file_is_found(filled):
    filled.close()
    data = filled.path.read_bytes()
    chance = random.Random(20261122)
    size, found = len(data), 0
    places = [0, 15, 16, 20, 100, 4095, 4096, size - 1, *(chance.randrange(size) for _ in range(52))]
    for place in places:
        flipped = bytearray(data)
        flipped[place] ^= 1 << chance.randrange(8)
        filled.path.write_bytes(flipped)
        try:
            filled.open()
        except StoreDamaged:
            found += 1
            continue
        found += bool(filled.problems())
        filled.close()
    filled.path.write_bytes(data)
    filled.open()
    assert found == len(places) and filled.problems() == []


def test_the_refusal_of_a_damaged_store_lists_the_problems(filled):
    from crf_app.store.check_report import damaged

    filled.conn.execute("DELETE FROM query")
    refusal = damaged(filled.verify(), filled.path)
    assert refusal.exit_code == 4 and len(refusal.details["problems"]) == 1


def test_one_chain_alone_names_the_record_that_was_changed(filled, unguarded):
    def look():
        return checking.verify_one_chain(filled.store, ("D1", 1), filled.verify_seal)

    whole = look()
    assert whole.sound and whole.records == filled.verify().records and whole.damaged == {}
    unguarded(filled.conn)
    filled.conn.execute("UPDATE audit_record SET value = '183' WHERE value = '182'")
    seq = filled.conn.execute("SELECT seq FROM audit_record WHERE value = '183'").fetchone()[0]
    assert list(look().damaged) == [seq] and "content was changed" in look().damaged[seq]["en"]
    filled.conn.execute("UPDATE seal SET signature = zeroblob(64)")
    assert "not made by this device" in look().problems[-1]["en"] and list(look().damaged) == [seq]
    assert not filled.conn.in_transaction


def test_a_chain_that_is_not_there_is_never_sound(filled):
    assert not checking.verify_one_chain(filled.store, ("D9", 1), filled.verify_seal).sound
