"""A store of a newer program is refused untouched; an old one is brought up once."""

from __future__ import annotations

import pytest

from crf_app.errors import TooNew
from crf_app.store import migrations


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


def test_a_store_of_the_first_step_is_brought_up_with_all_its_records(filled):
    filled.conn.executescript(
        "DROP TRIGGER audit_record_no_replace; CREATE UNIQUE INDEX audit_record_id ON audit_record (id);"
        "CREATE TRIGGER audit_record_no_replace BEFORE INSERT ON audit_record WHEN EXISTS (SELECT 1 FROM "
        "audit_record WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;"
        "DELETE FROM _sqlite_migrations WHERE name = 'm002_records_by_cell'"
    )
    before = filled.conn.execute("SELECT * FROM audit_record").fetchall()
    filled.close()
    filled.open()
    assert filled.conn.execute("SELECT * FROM audit_record").fetchall() == before
    assert filled.problems() == []


def test_the_store_in_memory_has_the_schema_of_the_one_on_disk(bench):
    fresh = migrations.in_memory()
    names = "SELECT name, sql FROM sqlite_master WHERE name LIKE 'audit_record%' ORDER BY name"
    assert fresh.execute(names).fetchall() == bench.conn.execute(names).fetchall()
    fresh.close()


def test_every_folded_table_exists_and_the_ledger_is_not_among_them(bench):
    for table in migrations.FOLDED:
        bench.conn.execute(f"SELECT count(*) FROM {table}")
    assert not {"audit_record", "blob", "meta", "receipt", "seal"} & set(migrations.FOLDED)
