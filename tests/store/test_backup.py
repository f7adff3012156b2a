"""A backup holds vault and database, is read back before it takes its name, and leaves no half file."""

from __future__ import annotations

import hashlib
import os
import sys
import tracemalloc
import zipfile

import pytest

from crf_app.errors import Busy, StorageError
from crf_app.store.backup import write_backup
from crf_app.store.store import reader


@pytest.fixture
def site(filled):
    (filled.home / "vault.json").write_bytes(b'{"made":"up"}')
    return filled


def test_a_backup_opens_to_the_same_ledger(site, tmp_path, bench_at):
    site.put("I.VS.NOTE", "canary-4f1d-made-up")
    made = write_backup(site.store, tmp_path / "b.zip")
    data = made.path.read_bytes()
    assert (made.size, made.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert made.records == site.store.end.seq and b"canary" not in data
    other = bench_at(tmp_path / "other")
    other.close()
    with zipfile.ZipFile(made.path) as archive:
        assert sorted(archive.namelist()) == ["study.db", "vault.json"]
        archive.extractall(other.home)
    other.key, other.sign = site.key, site.sign
    other.open()
    assert other.store.end == site.store.end and other.problems() == []


def test_a_backup_goes_on_beside_the_work(site, tmp_path):
    write_backup(site.store, tmp_path / "b.zip")
    site.put("I.VS.RESP", "15")
    write_backup(site.store, tmp_path / "b.zip")
    assert sorted(path.name for path in tmp_path.glob("b.zip*")) == ["b.zip"]
    assert site.problems() == []


def test_a_large_store_is_copied_piece_by_piece(site, tmp_path):
    with site.conn:
        site.conn.execute("INSERT INTO blob VALUES ('made-up', zeroblob(30000000))")
    tracemalloc.start()
    made = write_backup(site.store, tmp_path / "b.zip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert made.size > 30_000_000 > 4 * peak


def test_a_reader_that_holds_the_log_back_is_never_a_backup_without_the_last_records(site, tmp_path):
    site.conn.execute("PRAGMA busy_timeout = 50")
    second = reader(site.store, site.key)
    second.conn.execute("BEGIN")
    second.conn.execute("SELECT count(*) FROM audit_record").fetchone()
    site.put("I.VS.RESP", "15")
    with pytest.raises(Busy):
        write_backup(site.store, tmp_path / "b.zip")
    assert not list(tmp_path.glob("b.zip*"))
    second.conn.execute("ROLLBACK")
    second.close()
    assert write_backup(site.store, tmp_path / "b.zip").records == site.store.end.seq


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_backup_that_does_not_fit_leaves_no_file_and_the_earlier_one_as_it_was(site, tmp_path):
    import resource

    write_backup(site.store, tmp_path / "b.zip")
    before = (tmp_path / "b.zip").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
    try:
        with pytest.raises(StorageError):
            write_backup(site.store, tmp_path / "b.zip")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in tmp_path.glob("b.zip*")] == ["b.zip"]
    assert (tmp_path / "b.zip").read_bytes() == before
    site.put("I.VS.RESP", "15")


def test_a_backup_into_a_folder_that_is_not_there_is_refused_in_words(site, tmp_path):
    with pytest.raises(StorageError):
        write_backup(site.store, tmp_path / "no" / "b.zip")
    site.put("I.VS.RESP", "15")


def test_a_backup_without_the_vault_is_refused_and_leaves_no_file(site, tmp_path):
    os.unlink(site.home / "vault.json")
    with pytest.raises(StorageError):
        write_backup(site.store, tmp_path / "b.zip")
    assert not list(tmp_path.glob("b.zip*"))
