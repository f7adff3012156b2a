"""Open, create, back up and close the encrypted database of one device.

SQLCipher with the raw data key, WAL, synchronous FULL: one sync to disk before each acknowledgement.
The transaction itself is in `ledger.py`; this file turns the database's own refusals into ours:
"your disk is full" is never mixed with "we have a bug".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crf_app.errors import Busy, CrfError, StorageError, StorageFull, StoreDamaged
from crf_app.model.record import ChainIdentity
from crf_app.settings.files import sync_file, sync_folder
from crf_app.store import damage, migrations
from crf_app.store.lock import HomeLock

if TYPE_CHECKING:
    from sqlite_utils import Database

DATABASE: Final = "study.db"
APPLICATION_ID: Final = 0x43524631  # "CRF1"
Sign = Callable[[bytes], bytes]


@dataclass
class ChainEnd:
    """Where this device's chain stands: the last place, its hash, and the highest tick seen."""

    seq: int
    hash: bytes
    tick: int


class Store:
    """One open store: `db` for reading, `identity` and `sign` for the chain, `end` for its last place."""

    def __init__(
        self,
        path: Path,
        db: Database,
        identity: ChainIdentity,
        sign: Sign,
        lock: HomeLock | None,
        key: bytes = b"",
    ) -> None:
        self.path = path
        self.db = db
        self.identity = identity
        self.sign = sign
        self._lock = lock
        self.closed = False
        self.again = partial(_connect, path, key)  # another connection, for `damage.py`
        self.end = _read_end(db, identity)

    @property
    def conn(self) -> Any:
        return self.db.conn

    def look_again(self) -> None:
        """Where the chain stands in what this connection reads now; for a reader."""
        self.end = _read_end(self.db, self.identity)

    def only_read(self, damaged: bool) -> None:
        """The file was found damaged, or sound again: write nothing to it, or go on.  See `damage.py`."""
        if damaged or damage.is_noted(self.path):
            damage.note(self.path, damaged=damaged)
            if damaged or self._lock is not None:  # a reader stays one
                self.conn.execute(f"PRAGMA query_only = {'ON' if damaged else 'OFF'}")

    def go_over(self, copy: Path, key: bytes) -> None:
        """`copy`, under another key, takes the place of the data file, and this store goes on in it.

        Raises Busy while somebody else has the file open, StorageError; then all is as before.  Where it
        cannot be opened again the store is `closed`: the next sign-in finds it whole.
        """
        if self.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            raise _still_open(self.path)
        again = self.again
        self.db.close()
        try:
            if self.path.with_name(f"{self.path.name}-wal").exists():  # the last one to close takes it away
                raise _still_open(self.path)
            sync_file(copy)
            os.replace(copy, self.path)
            again = partial(_connect, self.path, key)
            sync_folder(self.path.parent)
        finally:
            self.closed = True
            self.again, self.db = again, again()
            self.closed = False
            self.look_again()

    def close(self) -> None:
        """Fold the write-ahead log into the file and let the next process in."""
        self.closed = True
        self.db.close()
        if self._lock is not None:
            self._lock.release()


def create_store(home: Path, key: bytes, identity: ChainIdentity, sign: Sign) -> Store:
    """A new, empty store in `home`.  Raises StorageError when one is there already."""
    path = home / DATABASE
    if path.exists():
        raise StorageError(
            "There is already a study in this folder. Choose another folder.",
            "此文件夹中已有研究数据，请选择其他文件夹。",
            where=str(path),
        )
    lock = HomeLock(home)
    try:
        with refusals(path), _closed_on_refusal(path, key) as db:
            db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            migrations.migrate(db)
            with transaction(db.conn):
                for name in ("study", "env", "site", "device", "epoch"):
                    db.conn.execute("INSERT INTO meta VALUES (?, ?)", (name, str(getattr(identity, name))))
            return Store(path, db, identity, sign, lock, key)
    except BaseException:
        _remove(path)  # nothing was ever stored in it
        lock.release()
        raise


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


def open_store(home: Path, key: bytes, sign: Sign) -> Store:
    """The store of `home`.  Raises Busy, TooNew, StoreDamaged, StorageError."""
    path = home / DATABASE
    if not path.exists() or path.stat().st_size == 0:
        raise StoreDamaged(
            "The data file is missing or empty. Nothing was changed. Restore the last backup.",
            "数据文件缺失或为空，未作任何改动，请恢复最近的备份。",
            where=str(path),
        )
    lock = HomeLock(home)
    try:
        with refusals(path), _closed_on_refusal(path, key) as db:
            migrations.refuse_newer(db)
            store = Store(path, db, _read_identity(db), sign, lock, key)
            if damage.is_noted(path):
                db.conn.execute("PRAGMA query_only = ON")
            if migrations.pending(db):
                from crf_app.store.upgrading import bring_up  # it needs an open store, and is rarely needed

                bring_up(store)
            return store
    except BaseException:
        lock.release()
        raise


@contextmanager
def store_of_copy(store: Store, copy: Path, key: bytes) -> Iterator[Store]:
    """The same device's store in another file, which is going to take its place.

    Closed afterwards, with all of it in that one file: a write-ahead log is folded in aloud here, because
    closing alone would pass over a refused write.  Raises StorageError, StorageFull.
    """
    with refusals(copy), _closed_on_refusal(copy, key) as db:
        yield Store(copy, db, store.identity, store.sign, None, key)
        for mode in ("delete", "wal"):  # and it is opened in its place without a write
            if db.conn.execute(f"PRAGMA journal_mode = {mode}").fetchone()[0] != mode:
                raise _cannot_write(copy)
        db.close()


def begin_epoch(store: Store, epoch: int, sign: Sign) -> ChainEnd:
    """From now on the device writes a new chain, sealed by `sign`; returns where the earlier one ended."""
    with refusals(store.path), transaction(store.conn):
        store.conn.execute("UPDATE meta SET value = ? WHERE name = 'epoch'", (str(epoch),))
    earlier = store.end
    store.identity, store.sign = replace(store.identity, epoch=epoch), sign
    store.end = _read_end(store.db, store.identity)
    return earlier


def reader(store: Store, key: bytes) -> Store:
    """A second connection for a worker thread; it only reads."""
    with refusals(store.path), _closed_on_refusal(store.path, key) as db:
        db.conn.execute("PRAGMA query_only = ON")
        return Store(store.path, db, store.identity, store.sign, None, key)


def peek_end(home: Path, key: bytes) -> tuple[int, int, str] | None:
    """(epoch, seq, hash) where the chain of a closed store ends; None where it cannot be read with `key`.

    The connection cannot write: a damaged file stays as it is.
    """
    from sqlcipher3 import dbapi2
    from sqlite_utils import Database

    path = home / DATABASE
    if not path.is_file():
        return None
    conn = dbapi2.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        conn.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        conn.execute("PRAGMA cipher_log_level = NONE")
        db = Database(conn, execute_plugins=False)
        identity = _read_identity(db)
        end = _read_end(db, identity)
        return identity.epoch, end.seq, end.hash.hex()
    except (dbapi2.DatabaseError, StoreDamaged):
        return None
    finally:
        conn.close()


@contextmanager
def _closed_on_refusal(path: Path, key: bytes) -> Iterator[Database]:
    """A connection that stays open unless something is raised."""
    db = _connect(path, key)
    try:
        yield db
    except BaseException:
        db.close()
        raise


def _connect(path: Path, key: bytes) -> Database:
    from sqlcipher3 import dbapi2
    from sqlite_utils import Database

    old_mask = os.umask(0o077)
    try:
        conn = dbapi2.connect(str(path), isolation_level=None, check_same_thread=False, timeout=2.0)
    finally:
        os.umask(old_mask)
    try:
        conn.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        conn.execute("PRAGMA cipher_log_level = NONE")
        conn.execute("SELECT count(*) FROM sqlite_master")  # a wrong key or a damaged first page says so here
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        conn.close()
        raise
    return Database(conn, execute_plugins=False)


def _read_identity(db: Database) -> ChainIdentity:
    if not db.conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        raise _damaged(DATABASE)
    meta = dict(db.conn.execute("SELECT name, value FROM meta").fetchall())
    if not {"study", "env", "site", "device", "epoch"} <= set(meta) or not meta["epoch"].isdecimal():
        raise _damaged(DATABASE)
    return ChainIdentity(meta["study"], meta["env"], meta["site"], meta["device"], int(meta["epoch"]))


def _read_end(db: Database, identity: ChainIdentity) -> ChainEnd:
    """The last places of the chains only, so that a large store opens as fast as a small one."""
    place = (identity.device, identity.epoch)
    row = db.conn.execute(
        "SELECT seq, hash, tick FROM audit_record WHERE device = ? AND epoch = ? ORDER BY seq DESC LIMIT 1",
        place,
    ).fetchone()
    sealed = db.conn.execute(
        "SELECT max(r.tick) FROM seal s CROSS JOIN audit_record r "
        "ON r.device = s.device AND r.epoch = s.epoch AND r.seq = s.seq"
    ).fetchone()[0]
    if row is None:
        return ChainEnd(0, identity.genesis(), sealed or 0)
    return ChainEnd(row[0], bytes.fromhex(row[1]), max(row[2], sealed or 0))


@contextmanager
def transaction(conn: Any) -> Iterator[None]:
    """BEGIN IMMEDIATE … COMMIT; whatever is raised inside rolls back and goes on."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """The database's and the system's own words become one of our refusals."""
    try:
        with database_refusals(path):
            yield
    except OSError as error:
        raise storage_refusal(error.strerror or "", path) or _cannot_write(path) from error


@contextmanager
def database_refusals(path: Path) -> Iterator[None]:
    """As `refusals`, for the database's words alone: around work that reads and also writes elsewhere."""
    from sqlcipher3 import dbapi2

    try:
        yield
    except dbapi2.DatabaseError as error:
        refusal = storage_refusal(str(error), path)
        if refusal is None:
            raise
        raise refusal from error


def storage_refusal(words: str, path: Path) -> CrfError | None:
    """The refusal for a message of SQLite, or None when it speaks of a bug of ours."""
    low = words.lower()
    if "full" in low or "no space" in low:
        return StorageFull(
            "Not saved: this device is full. Everything before is saved and your text stays here. "
            "Free some space, then save again.",
            "未能保存：磁盘已满。此前内容均已保存，输入仍在，请清理空间后重试。",
            where=path.name,
        )
    if "locked" in low or "busy" in low:
        return Busy(
            "Another program is writing to the study. Try again in a moment.",
            "另一个程序正在写入，请稍后重试。",
            where=path.name,
        )
    if "readonly" in low and damage.is_noted(path):
        return damage.read_only(path)
    if "readonly" in low or "read-only" in low or "disk i/o" in low or "unable to open" in low:
        return _cannot_write(path)
    if "malformed" in low or "not a database" in low or "corrupt" in low:
        return _damaged(path.name)
    return None


def _still_open(path: Path) -> Busy:
    return Busy(
        "The data are being read elsewhere in this program. Wait until that ends, then try again.",
        "程序正在读取数据，请待其结束后重试。",
        where=path.name,
    )


def _damaged(name: str) -> StoreDamaged:
    return StoreDamaged(
        "The data file is damaged. Nothing was changed. Restore the last backup.",
        "数据文件已损坏，未作任何改动，请恢复最近的备份。",
        where=name,
    )


def _cannot_write(path: Path) -> StorageError:
    return StorageError(
        "Not saved: the disk refuses to write. Keep this page open, your text stays here.",
        "未能保存：磁盘拒绝写入。请勿关闭本页，输入仍在。",
        where=path.name,
    )
