"""The encrypted file: what opens it, what is refused, what a full disk does, and what it never shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crf_app.errors import StorageError, StoreDamaged
from crf_app.store import ledger
from crf_app.store.store import create_store, open_store, reader, storage_refusal

CANARY = "canary-4f1d-made-up"


def files(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in home.iterdir()}


def test_wal_and_full_synchronous_hold_after_every_opening(filled):
    for _ in range(2):
        assert filled.conn.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert filled.conn.execute("PRAGMA synchronous").fetchone() == (2,)
        assert filled.conn.execute("PRAGMA foreign_keys").fetchone() == (1,)
        filled.close()
        filled.open()


def test_closing_folds_the_log_into_the_file(filled):
    filled.close()
    assert sorted(path.name for path in filled.home.iterdir()) == ["study.db", "writer.lock"]
    filled.open()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_file_is_readable_by_its_owner_only(filled):
    assert filled.path.stat().st_mode & 0o077 == 0


def test_no_plain_text_on_disk(filled):
    filled.put("I.VS.NOTE", CANARY, reason=CANARY)
    for _ in range(2):
        for path in filled.home.iterdir():
            assert CANARY.encode() not in path.read_bytes()
            assert b"SQLite format 3" not in path.read_bytes() and b"SYSBP" not in path.read_bytes()
        filled.close()
        filled.open()


def test_an_independent_reader_opens_the_file_with_the_key(filled):
    import apsw

    filled.close()
    conn = apsw.Connection(str(filled.path))
    for pragma in ("cipher = 'sqlcipher'", "legacy = 4", f"key = \"x'{filled.key.hex()}'\""):
        conn.execute(f"PRAGMA {pragma}").fetchall()
    values = [
        row[0] for row in conn.execute("SELECT value FROM audit_record WHERE kind = 'item.set' ORDER BY seq")
    ]
    conn.close()
    assert values == ["128", "182", "80"]
    filled.open()


def test_the_wrong_key_opens_nothing_and_changes_nothing(filled):
    filled.close()
    before = files(filled.home)
    with pytest.raises(StoreDamaged):
        open_store(filled.home, b"\0" * 32, filled.sign.sign)
    assert files(filled.home) == before
    filled.open()


@pytest.mark.parametrize("damage", ["cut", "cut in a page", "empty", "garbage", "plain", "folder", "missing"])
def test_a_damaged_file_is_refused_in_words_and_not_overwritten(filled, damage):
    filled.close()
    data = filled.path.read_bytes()
    if damage == "missing" or damage == "folder" or damage == "plain":
        filled.path.unlink()
    if damage == "folder":
        filled.path.mkdir()
    if damage == "plain":
        import sqlite3

        plain = sqlite3.connect(filled.path)
        plain.execute("CREATE TABLE meta (name, value)")
        plain.close()
    cut = {
        "cut": data[:4096],
        "cut in a page": data[: len(data) // 2 + 100],
        "empty": b"",
        "garbage": os.urandom(9000),
    }
    if damage in cut:
        filled.path.write_bytes(cut[damage])
    before = filled.path.read_bytes() if filled.path.is_file() else None
    with pytest.raises((StoreDamaged, StorageError)) as refusal:
        store = open_store(filled.home, filled.key, filled.sign.sign)
        try:  # a cut behind the first pages is seen at the latest when it is read
            filled.store = store
            if filled.problems():
                raise StoreDamaged("found by verify", "")
        finally:
            store.close()
    assert refusal.value.exit_code in (4, 8)
    assert (filled.path.read_bytes() if filled.path.is_file() else None) == before


def test_a_database_without_our_tables_is_refused_in_words(filled):
    filled.conn.execute("DROP TABLE meta")
    filled.close()
    with pytest.raises(StoreDamaged):
        filled.open()


def test_a_store_without_its_device_is_refused_in_words(filled):
    filled.conn.execute("DELETE FROM meta WHERE name = 'device'")
    filled.close()
    with pytest.raises(StoreDamaged):
        filled.open()


def test_a_second_store_is_not_made_over_the_first(filled):
    filled.close()
    before = files(filled.home)
    with pytest.raises(StorageError):
        create_store(filled.home, filled.key, filled.store.identity, filled.sign.sign)
    assert files(filled.home) == before
    filled.open()


def test_a_reader_sees_the_same_and_writes_nothing(filled):
    from sqlcipher3 import dbapi2

    second = reader(filled.store, filled.key)
    assert second.end == filled.store.end
    with pytest.raises(dbapi2.DatabaseError):
        second.conn.execute("DELETE FROM meta")
    second.close()
    filled.put("I.VS.RESP", "15")


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        ("database or disk is full", 8),
        ("database is locked", 7),
        ("attempt to write a readonly database", 8),
        ("disk I/O error", 8),
        ("unable to open database file", 8),
        ("database disk image is malformed", 4),
        ("file is not a database", 4),
    ],
)
def test_the_words_of_the_database_become_a_refusal(words, exit_code):
    assert storage_refusal(words, Path("study.db")).exit_code == exit_code


def test_what_speaks_of_our_bug_stays_a_bug():
    assert storage_refusal("no such column: colour", Path("study.db")) is None


# a full disk, in another process whose files may not grow

FULL = """
import json, resource, sys
from pathlib import Path
from crf_app.crypto.keys import Ed25519Key
from crf_app.errors import CrfError
from crf_app.model.record import Draft, Stamp
from crf_app.store import ledger
from crf_app.store.store import open_store

home, key, seed = Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), bytes.fromhex(sys.argv[3])
store = open_store(home, key, Ed25519Key.from_raw(seed).sign)
stamp = Stamp("nurse", "nurse", "2026-11-22T08:00:00.000Z", "+08:00", "0.1.0", "1")

def put(n, size=10):
    draft = Draft("item.set", "001-k3j9x0q2mz", f"SE.V1/F.VS/IG.VS/I.VS.X{n}", value="9" * size)
    ledger.append(store, [draft], stamp)

put(0)
largest = max(path.stat().st_size for path in home.iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 30_000, resource.RLIM_INFINITY))
saved, refused = 0, ""
try:
    for n in range(1, 200):
        put(n, 2000)
        saved = n
except CrfError as refusal:
    refused = refusal.code
end = store.end.seq
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
put(500)
print(json.dumps({"saved": saved, "refused": refused, "end": end, "after": store.end.seq}))
store.close()
"""


@pytest.mark.requirement("demand 13")
@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_disk_full_at_save_is_refused_keeps_everything_before_and_the_store_goes_on(filled):
    import json

    start = filled.store.end.seq
    filled.close()
    run = subprocess.run(
        [sys.executable, "-c", FULL, str(filled.home), filled.key.hex(), filled.sign.raw.hex()],
        capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["refused"] in ("storage", "storage_full") and 0 < told["saved"] < 199
    assert told["end"] == start + 1 + told["saved"] and told["after"] == told["end"] + 1
    filled.open()
    assert filled.problems() == []
    kept = [one.record.key.rpartition("X")[2] for one in ledger.entries(filled.conn, "\"key\" LIKE '%.X%'")]
    assert kept == [str(n) for n in range(told["saved"] + 1)] + ["500"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_truly_full_disk_has_its_own_refusal(filled, tmp_path):
    from crf_app.errors import StorageFull
    from crf_app.store.store import refusals

    with pytest.raises(StorageFull), refusals(tmp_path), open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")


# killed at any moment

KILLED = """
import sys
from pathlib import Path
from crf_app.crypto.keys import Ed25519Key
from crf_app.model.record import Draft, Stamp
from crf_app.store import ledger
from crf_app.store.store import open_store

home, key, seed = Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), bytes.fromhex(sys.argv[3])
store = open_store(home, key, Ed25519Key.from_raw(seed).sign)
stamp = Stamp("nurse", "nurse", "2026-11-22T08:00:00.000Z", "+08:00", "0.1.0", "1")
n = 0
while True:
    draft = Draft("item.set", "001-k3j9x0q2mz", f"SE.V1/F.VS/IG.VS/I.VS.X{n}", value=str(n))
    ledger.append(store, [draft], stamp)
    print(n, flush=True)
    n += 1
"""


@pytest.mark.requirement("demand 14")
@pytest.mark.parametrize("lines", [1, 7, 40])
def test_a_killed_process_loses_nothing_it_acknowledged(filled, lines):
    filled.close()
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(filled.home), filled.key.hex(), filled.sign.raw.hex()],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    told = [process.stdout.readline() for _ in range(lines)]
    process.kill()
    told += process.stdout.readlines()
    process.wait(10)
    process.stdout.close()
    filled.open()
    assert filled.problems() == []
    kept = [one.record.value for one in ledger.entries(filled.conn, "\"key\" LIKE '%.X%'")]
    acknowledged = [line.strip() for line in told if line.endswith("\n")]
    assert kept[: len(acknowledged)] == acknowledged and len(kept) <= len(acknowledged) + 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_failed_creation_leaves_nothing_behind(tmp_path, bench):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (9000, hard))
    try:
        with pytest.raises(StorageError):
            create_store(tmp_path, bench.key, bench.store.identity, bench.sign.sign)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.glob("study.db*"))
    create_store(tmp_path, bench.key, bench.store.identity, bench.sign.sign).close()
