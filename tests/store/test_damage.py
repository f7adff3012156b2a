"""A damaged file: named by table and row, opened for reading only, never written to until it is sound."""

from __future__ import annotations

import hashlib
from functools import partial

import pytest

from crf_app.errors import StoreDamaged
from crf_app.model.record import Draft
from crf_app.store.backup import write_backup
from crf_app.store.damage import NOTE
from crf_app.store.store import reader

PAGE = 4096


@pytest.fixture
def long(filled):
    """Enough records for many pages."""
    key = "SE.V1/F.LBC/IG.L/I.L.X"
    filled.append(*(Draft("item.set", "001-k3j9x0q2mz", f"{key}{n}", value="made up") for n in range(300)))
    filled.close()
    return filled


def spoil(long, table: str) -> bytes:
    """Flip one bit in a page where rows of `table` lie; returns the sound file."""
    data = long.path.read_bytes()
    for page in range(len(data) // PAGE // 2, len(data) // PAGE):
        spoilt = bytearray(data)
        spoilt[page * PAGE + 99] ^= 1
        long.path.write_bytes(spoilt)
        try:
            long.open()
        except StoreDamaged:  # a page that is read at each opening
            continue
        named = any(one.startswith(f"{table} ") for one in long.problems())
        long.close()
        if named:
            return data
    raise AssertionError(f"no page of {table}")


def digest(long) -> str:
    return hashlib.sha256(long.path.read_bytes()).hexdigest()


@pytest.mark.parametrize("table", ["audit_record", "item_data"])
def test_damage_is_named_by_table_and_row(long, table):
    spoil(long, table)
    long.open()
    (one,) = [one for one in long.verify().problems if one["where"].startswith(f"{table} ")]
    first, last = one["where"].removeprefix(f"{table} ").split("-")
    assert 1 <= int(first) <= int(last) < int(first) + 60  # what one page holds
    long.close()
    long.open()  # a connection that met the damage reads nothing any more
    if table == "audit_record":
        before = long.conn.execute(
            "SELECT seq FROM audit_record NOT INDEXED WHERE rowid = ?", (int(first) - 1,)
        )
        assert f"behind record D1.1 #{before.fetchone()[0]}" in one["en"]


def test_a_damaged_file_is_only_read_from_then_on(long, tmp_path):
    sound = spoil(long, "audit_record")
    spoilt, out = digest(long), tmp_path / "made.crfbackup"
    for _ in range(2):  # also for whoever opens it next
        store = long.open()
        for write in (partial(long.put, "I.VS.RESP", "15"), partial(write_backup, store, out)):
            with pytest.raises(StoreDamaged) as refusal:
                write()
            assert "reading only" in str(refusal.value) and "Restore the last backup" in str(refusal.value)
        assert store.conn.execute("SELECT count(*) FROM meta").fetchone()[0] > 4  # what is sound is read
        long.close()
        assert digest(long) == spoilt and not out.exists()
    long.path.write_bytes(sound)
    long.open()
    assert long.problems() == [] and not (long.home / NOTE).exists()
    long.put("I.VS.RESP", "15")


def test_damage_that_a_worker_finds_stops_the_writer(long):
    spoil(long, "audit_record")
    (long.home / NOTE).unlink()
    store = long.open()
    second = reader(store, long.key)
    assert not long.verify(second).sound
    second.close()
    with pytest.raises(StoreDamaged):
        long.put("I.VS.RESP", "15")


def test_what_was_changed_by_hand_in_a_sound_file_is_no_damage_of_the_file(filled, unguarded):
    unguarded(filled.conn)
    filled.conn.execute("UPDATE audit_record SET value = 'made up' WHERE seq = 4")
    assert not filled.verify().sound and not (filled.home / NOTE).exists()
