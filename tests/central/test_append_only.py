"""Nobody changes the ledger: neither the role of ingest nor the owner of the tables."""

from __future__ import annotations

import itertools

import psycopg
import pytest

from crf_app.central import database, verify

CHANGES = ("UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE")
COLUMN = {"audit_record": "value", "seal": "site", "receipt": "site", "blob": "sha256"}


@pytest.mark.requirement("law 14")
def test_update_delete_and_truncate_are_refused_for_everyone(central):
    (d,) = central.enrol("D07")
    d.answer(1, "5")
    central.ingest(central.bundle(d))
    for role, table, change in itertools.product((None, database.ROLE), database.APPEND_ONLY, CHANGES):
        statement = change.format(table, COLUMN[table], "'x'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), central.conn.transaction():
            if role:
                central.conn.execute(f"SET LOCAL ROLE {role}")
            central.conn.execute(statement)
    assert central.one("SELECT count(*) FROM audit_record") == 2


def test_the_triggers_hold_in_replica_mode_too(central):
    with pytest.raises(psycopg.errors.InsufficientPrivilege), central.conn.transaction():
        central.conn.execute("SET LOCAL session_replication_role = replica")
        central.conn.execute("DELETE FROM audit_record")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE audit_record SET value = '6' WHERE value = '5'", "was changed"),
        ("UPDATE audit_record SET \"user\" = 'u-wang' WHERE seq = 2", "was changed"),
        ("UPDATE audit_record SET site = '002' WHERE seq = 2", "was changed"),
        ("UPDATE audit_record SET hash = id WHERE seq = 2", "does not close"),
        ("UPDATE audit_record SET seq = 9 WHERE seq = 3", "does not close"),
        ("DELETE FROM audit_record WHERE seq = 2", "does not close"),
        ("DELETE FROM audit_record WHERE seq = 3", "does not close"),
        ("DELETE FROM audit_record", "does not close"),
        ("DELETE FROM seal", "seal"),
        ("UPDATE seal SET signature = hash || hash", "seal"),
        ("UPDATE seal SET seq = 2", "seal"),
        ("UPDATE chain SET ends = '{}'", "does not close"),
        ("UPDATE item_data SET value = '6'", "not what its records say"),
        ("DELETE FROM item_data", "not what its records say"),
        ("UPDATE form_data SET count = count + 1", "not what its records say"),
        ("INSERT INTO item_data VALUES ('1', 'F|x|a/b', 'a/b/c', 'x', '', '1', '', '', 'clean')", "not what"),
        ("UPDATE blob SET bytes = 'x'", "Attachment"),
    ],
)  # fmt: skip
def test_what_the_owner_changes_without_the_triggers_is_found(central, change, says):
    (d,) = central.enrol("D07")
    d.answer(1, "5")
    d.answer(2, "5")
    central.ingest(central.bundle(d))
    central.conn.execute("INSERT INTO blob VALUES (encode(sha256('made up'), 'hex'), 'made up')")
    assert verify.verify(central.conn).ok
    tables = "audit_record", "seal", "blob"
    for table in tables:
        central.conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
    central.conn.execute(change)
    result = verify.verify(central.conn)
    assert any(says in en for en, _ in result.problems)
    assert sum("not protected" in en for en, _ in result.problems) == len(tables)
    assert not result.ok and "do not agree" in result.texts["en"] and "不一致" in result.texts["zh"]
