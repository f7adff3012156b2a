"""A store of a newer program is refused untouched; an old one is brought up once."""

from __future__ import annotations

import signal
import subprocess
import sys
import zipfile

import pytest
from sqlcipher3 import dbapi2

from crf_app.errors import StorageError, StorageFull, TooNew
from crf_app.store import bundle_reads, migrations, reads


def test_a_store_of_a_newer_program_is_refused_and_not_one_byte_changes(filled):
    filled.conn.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
        "VALUES ('crf_app', 'm999_future', 'x')"
    )
    filled.close()
    before = {path.name: path.read_bytes() for path in filled.home.iterdir()}
    with pytest.raises(TooNew) as refusal:
        filled.open()
    assert refusal.value.exit_code == 6 and refusal.value.where == "m999_future"
    assert {path.name: path.read_bytes() for path in filled.home.iterdir()} == before


def test_opening_again_applies_nothing_twice(filled):
    before = filled.conn.execute("SELECT * FROM _sqlite_migrations").fetchall()
    filled.close()
    filled.open()
    assert filled.conn.execute("SELECT * FROM _sqlite_migrations").fetchall() == before
    assert {row[1] if isinstance(row[1], str) else row[0] for row in before} and len(before) == len(
        migrations.STEPS
    )


FIRST_STEP = (
    "DROP TRIGGER audit_record_no_replace; CREATE UNIQUE INDEX audit_record_id ON audit_record (id);"
    "CREATE TRIGGER audit_record_no_replace BEFORE INSERT ON audit_record WHEN EXISTS (SELECT 1 FROM "
    "audit_record WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;"
    "DROP INDEX item_data_conflict; DROP INDEX item_data_late;"
    "DROP TABLE draft; ALTER TABLE audit_record DROP COLUMN seal;"
    "DELETE FROM _sqlite_migrations WHERE name <> 'm001_ledger'"
)


@pytest.fixture
def old(filled):
    """A store as the first program made it, closed; its home has a vault as every home."""
    filled.conn.executescript(FIRST_STEP)
    filled.close()
    (filled.home / "vault.json").write_text("{}", "utf-8")
    return filled


def schema(conn):
    """What the store consists of, and its records."""
    return (
        conn.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall(),
        conn.execute("SELECT * FROM audit_record").fetchall(),
        conn.execute("SELECT name FROM _sqlite_migrations ORDER BY name").fetchall(),
    )


def as_it_lies(bench):
    """The same, of a closed store, read without bringing it up."""
    conn = dbapi2.connect(str(bench.path), isolation_level=None)
    try:
        conn.execute(f"PRAGMA key = \"x'{bench.key.hex()}'\"")
        return schema(conn)
    finally:
        conn.close()


def test_a_store_of_the_first_step_is_brought_up_with_all_its_records(old):
    _, records, _ = as_it_lies(old)
    old.open()
    assert schema(old.conn)[1] == [(*record, None) for record in records]
    assert [one for (one,) in schema(old.conn)[2]] == sorted(migrations.STEPS)
    assert old.problems() == []


def test_before_that_a_backup_is_made_and_holds_the_store_as_it_was(old):
    before = old.path.read_bytes()
    old.open()
    (kept,) = (old.home / "backups").iterdir()
    assert kept.name == "before_m002_records_by_cell.crfbackup"
    with zipfile.ZipFile(kept) as archive:
        assert archive.read("study.db") == before and archive.read("vault.json") == b"{}"


def test_all_steps_or_none(old, monkeypatch):
    """The second of two steps breaks off: nothing of the first one is left."""
    before = as_it_lies(old)

    def broken(db):
        db.conn.execute("CREATE TABLE half_done (n INTEGER)")
        raise dbapi2.OperationalError("disk I/O error")

    monkeypatch.setattr(migrations, "m004_seals_of_people", broken)
    with pytest.raises(StorageError):
        old.open()
    assert as_it_lies(old) == before
    monkeypatch.undo()
    old.open()
    assert old.problems() == []


def test_killed_in_the_middle_it_is_as_before(old):
    """A process of its own is killed while it writes the last step."""
    before = as_it_lies(old)
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from crf_app.store import bundle_reads, migrations, reads, store\n"
        "step = migrations.m004_seals_of_people\n"
        "def killed(db):\n"
        "    step(db)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "migrations.m004_seals_of_people = killed\n"
        "store.open_store(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), lambda said: b'')\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(old.home), old.key.hex()], check=False)
    assert done.returncode == -signal.SIGKILL
    assert as_it_lies(old) == before
    old.open()
    assert old.problems() == [] and len(list((old.home / "backups").iterdir())) == 1


def test_without_room_for_the_backup_nothing_is_changed(old, monkeypatch):
    before = as_it_lies(old)

    def full(store, out):
        raise StorageFull("full", "满", where=out.name)

    monkeypatch.setattr("crf_app.store.upgrading.write_backup", full)
    with pytest.raises(StorageFull):
        old.open()
    assert as_it_lies(old) == before


def test_the_store_in_memory_has_the_schema_of_the_one_on_disk(bench):
    fresh = migrations.in_memory()
    names = "SELECT name, sql FROM sqlite_master WHERE name LIKE 'audit_record%' ORDER BY name"
    assert fresh.execute(names).fetchall() == bench.conn.execute(names).fetchall()
    fresh.close()


def test_every_folded_table_exists_and_the_ledger_is_not_among_them(bench):
    for table in migrations.FOLDED:
        bench.conn.execute(f"SELECT count(*) FROM {table}")
    assert not {"audit_record", "blob", "meta", "receipt", "seal"} & set(migrations.FOLDED)


@pytest.mark.parametrize("read", [reads.conflicts, bundle_reads.answers_after_lock])
def test_answers_to_decide_are_found_without_reading_the_others(filled, read):
    """The window asks for them at each exchange, with a hundred thousand answers beside them."""
    asked = []
    filled.conn.set_trace_callback(asked.append)
    read(filled.conn)
    filled.conn.set_trace_callback(None)
    (plan,) = {row[3] for sql in asked for row in filled.conn.execute(f"EXPLAIN QUERY PLAN {sql}")}
    assert plan.startswith("SCAN item_data USING") and "INDEX item_data_" in plan
