"""A backup is vault and database in one file, read back and checked before it is called one.

The archive is an ordinary zip (stored, not packed: both parts are encrypted already).  It is written
beside its name, synced, checked, and only then takes the name; a stopped backup leaves no half file.
The zip's comment says the sums of both parts and where the chain ends; `unpacking.py` reads it back.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from crf_app.crypto.canonical import canonical
from crf_app.errors import Busy, StoreDamaged
from crf_app.model.progress import Progress, silent
from crf_app.settings.files import refuse_no_place, sync_folder
from crf_app.store.copying import copy_database
from crf_app.store.damage import refuse_writing
from crf_app.store.store import DATABASE, Store, refusals

PARTS: Final = ("vault.json", DATABASE)
FORMAT: Final = "crf-backup"
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    path: Path
    size: int
    sha256: str
    records: int


def write_backup(store: Store, out: Path, progress: Progress = silent) -> Backup:
    """Write `out`; `progress` counts bytes: each is written once and read back once.

    Raises StorageFull, StorageError; StoreDamaged when the copy is not what was read; Busy while a reader
    keeps the write-ahead log from being folded in (the copy would lack the last records); Cancelled.
    """
    refuse_no_place(out)
    refuse_writing(store.path)  # a damaged file does not take the place of a good backup
    home = store.path.parent
    half = out.with_name(out.name + ".half")
    with refusals(out):
        if store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            raise _still_reading(out)
        count = _Count(2 * sum((home / name).stat().st_size for name in PARTS), progress)
        try:
            store.conn.execute("BEGIN IMMEDIATE")  # nobody writes while the file is read
            try:
                sums = _write(half, {name: home / name for name in PARTS}, store, count)
            finally:
                store.conn.execute("ROLLBACK")
            return _finish(half, out, sums, count, store)
        except BaseException:
            half.unlink(missing_ok=True)
            raise


def write_snapshot(store: Store, key: bytes, out: Path, progress: Progress = silent) -> Backup:
    """As `write_backup`, of one moment, while others go on writing: `store` is a connection of its own.

    The data file is copied within one reading transaction, encrypted with the same `key`; `store.end` is then
    the chain's end in the copy.  Half files beside `out` always have the same names.
    Raises as `write_backup`, but Busy.
    """
    refuse_writing(store.path)
    refuse_no_place(out)
    half, copy = out.with_name("snapshot.half"), out.with_name("snapshot.copy")
    with refusals(out):
        try:
            size = store.path.stat().st_size
            count = _Count(3 * size, progress)
            copy.unlink(missing_ok=True)
            store.conn.execute("BEGIN")
            try:
                store.look_again()
                records = own_records(store)
                told = lambda left, of: count.at(size * (of - left) // max(of, 1))  # noqa: E731
                copy_database(store.conn, key, copy, told)
            finally:
                store.conn.execute("ROLLBACK")
            parts = {PARTS[0]: store.path.with_name(PARTS[0]), DATABASE: copy}
            sums = _write(half, parts, store, count)
            return _finish(half, out, sums, count, store, records)
        finally:
            copy.unlink(missing_ok=True)
            half.unlink(missing_ok=True)


def _finish(
    half: Path, out: Path, sums: dict[str, str], count: _Count, store: Store, records: int | None = None
) -> Backup:
    """Read back what was written, then give it its name."""
    _check(half, sums, count)
    os.replace(half, out)
    sync_folder(out.parent)
    with open(out, "rb") as file:
        number = own_records(store) if records is None else records
        return Backup(out, out.stat().st_size, _sum(file), number)


def own_records(store: Store) -> int:
    """Records that this device made, in all its epochs: each chain's seal says where it ends."""
    sql = "SELECT coalesce(sum(seq), 0) FROM seal WHERE device = ?"
    return int(store.conn.execute(sql, (store.identity.device,)).fetchone()[0])


def _still_reading(out: Path) -> Busy:
    return Busy(
        "The data are being read elsewhere in this program. Wait until that ends, then back up again.",
        "程序正在读取数据，请待其结束后再备份。",
        where=out.name,
    )


@dataclass
class _Count:
    """Bytes that went by."""

    of: int
    progress: Progress
    done: int = 0

    def add(self, size: int) -> None:
        self.done += size
        self.progress(min(self.done, self.of), self.of)

    def at(self, done: int) -> None:
        self.done = done
        self.progress(min(done, self.of), self.of)


def _write(half: Path, parts: Mapping[str, Path], store: Store, count: _Count) -> dict[str, str]:
    sums = {}
    half.unlink(missing_ok=True)  # left over, or a link that somebody laid there
    with open(half, "xb", opener=lambda name, how: os.open(name, how, 0o600)) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, there in parts.items():
                with open(there, "rb") as part, archive.open(name, "w", force_zip64=True) as place:
                    sums[name] = _sum(part, place, count)
            archive.comment = _comment(store, sums)
        file.flush()
        os.fsync(file.fileno())
    return sums


def _comment(store: Store, sums: dict[str, str]) -> bytes:
    """What the archive says about itself: no more than the names of its files and hashes."""
    identity, end = store.identity, store.end
    place = {"device": identity.device, "epoch": identity.epoch, "seq": end.seq, "hash": end.hash.hex()}
    return canonical({"format": FORMAT, "v": 1, "sums": sums, **place})


def _sum(part: IO[bytes], place: IO[bytes] | None = None, count: _Count | None = None) -> str:
    """SHA-256 of a file, read and copied to `place` piece by piece: a store may hold gigabytes."""
    digest = hashlib.sha256()
    while piece := part.read(_PIECE):
        digest.update(piece)
        if place is not None:
            place.write(piece)
        if count is not None:
            count.add(len(piece))
    return digest.hexdigest()


def _check(half: Path, sums: dict[str, str], count: _Count) -> None:
    with zipfile.ZipFile(half) as archive:
        for name, expected in sums.items():
            with archive.open(name) as part:
                found = _sum(part, count=count)
            if found != expected:
                raise StoreDamaged(
                    "The backup does not read back as it was written. It was removed; use another disk.",
                    "备份读回与写入不符，已删除，请更换磁盘。",
                    where=name,
                )
