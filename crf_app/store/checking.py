"""`verify`: is every byte of the store what it was when it was written?

Three checks, because each alone misses damage: the chain and the seal over every column, SQLite's own
integrity check, and the cipher's page check; then the guards in the schema, the documents that records name,
and the folded tables against a fresh fold.  Everything is read in one snapshot and nothing is written, so
that a worker thread may check while somebody goes on typing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from crf_app.crypto.canonical import sha256
from crf_app.errors import StoreDamaged
from crf_app.model.progress import Progress, silent
from crf_app.model.record import chain_hash, genesis, record_id, seal_bytes
from crf_app.rules.fold import unit_at
from crf_app.rules.state_hash import state_hash
from crf_app.store import damage, ledger
from crf_app.store.check_report import Report, where_of
from crf_app.store.checking_folds import Folds
from crf_app.store.migrations import in_memory
from crf_app.store.spelled import CANONICAL
from crf_app.store.store import Store, storage_refusal

_NAMES_DOCUMENT: Final = {"sign.make": "pdf_sha256", "def.activate": "sha256"}
_CHAIN: Final = (
    'SELECT device, epoch, seq, hash, id, cell_unit, subject, "key", kind, parents, covers, '
    "CASE WHEN kind IN ('sign.make', 'def.activate') THEN value END, "
    f"CAST({CANONICAL} AS BLOB) FROM audit_record"
)
_IN_ORDER: Final = " ORDER BY device, epoch, seq"
_ONE: Final = " WHERE device = ? AND epoch = ?"
_AFTER: Final = " AND seq > ?"
_PARENTS: Final = re.compile(r'\["[0-9a-f]{64}"(, "[0-9a-f]{64}")*\]')
_COVERS: Final = re.compile(r'\["[0-9a-f]{16}"(, "[0-9a-f]{16}")*\]')
_EVERY: Final = 1000  # records between two looks at whether the person stopped

VerifySeal = Callable[[str, int, bytes, bytes], bool]  # device, epoch, signed bytes, signature


def verify(store: Store, verify_seal: VerifySeal, progress: Progress = silent) -> Report:
    """Check everything; never raises for damage that it can name."""
    from sqlcipher3 import dbapi2

    report = Report()
    try:
        _pages(store.conn, report)
    except dbapi2.DatabaseError as error:
        _cannot_be_read(store, report, error)
    else:
        with _one_moment(store, report):
            _contents(store, report, verify_seal, progress)
    _note_damage(store, report)
    return report


def _note_damage(store: Store, report: Report) -> None:
    """Damage of the file itself is named by table and row; from now on the file is only read."""
    found = any(one["where"] in ("page", "database", store.path.name) for one in report.problems)
    for table, first, last, before in damage.unreadable_rows(lambda: store.again().conn) if found else ():
        end, behind = last or "…", f", behind record {before}" if before else ""
        report.add(
            f"{table} {first}-{end}",
            f"Rows {first} to {end} of {table} cannot be read{behind}.",
            f"{table} 第 {first} 至 {end} 行无法读取{f'（记录 {before} 之后）' if before else ''}。",
        )
    store.only_read(found)


def _cannot_be_read(store: Store, report: Report, error: Exception) -> None:
    """Damage is said; a full or locked disk is raised: it says nothing about what is stored."""
    refusal = storage_refusal(str(error), store.path)
    if refusal is not None and not isinstance(refusal, StoreDamaged):
        raise refusal from error
    report.add(
        store.path.name, f"The file cannot be read to its end: {error}.", f"文件无法完整读取：{error}。"
    )


def verify_one_chain(
    store: Store, place: tuple[str, int], verify_seal: VerifySeal, progress: Progress = silent
) -> Report:
    """One (device, epoch) from its beginning to its seal; as `verify`, it never raises for damage."""
    report = Report()
    with _one_moment(store, report):
        _chains(store, report, verify_seal, progress, only=place)
    return report


def verify_after(
    store: Store, seq: int, end: bytes, verify_seal: VerifySeal, progress: Progress = silent
) -> Report:
    """What this device's chain got behind record `seq`, whose chain hash is `end`, and the forms touched.

    Pages, documents and other forms are left to whole checks.  As `verify`, it never raises for damage.
    """
    report, place = Report(), (store.identity.device, store.identity.epoch)
    with _one_moment(store, report):
        _same_place(store, report, place, seq, end)
        _chains(store, report, verify_seal, lambda n: progress(n, None), only=place, after=(seq, end))
        Folds(store.conn, None, report).check_forms(ledger.units_after(store.conn, *place, seq))
    return report


@contextmanager
def _one_moment(store: Store, report: Report) -> Iterator[None]:
    """All inside is read as it stands at one moment; what cannot be read is a problem of the report."""
    from sqlcipher3 import dbapi2

    try:
        store.conn.execute("BEGIN")
        try:
            yield
        finally:
            if store.conn.in_transaction:
                store.conn.execute("ROLLBACK")
    except dbapi2.DatabaseError as error:
        _cannot_be_read(store, report, error)


def _same_place(store: Store, report: Report, place: tuple[str, int], seq: int, end: bytes) -> None:
    sql = "SELECT hash FROM audit_record WHERE device = ? AND epoch = ? AND seq = ?"
    if store.conn.execute(sql, (*place, seq)).fetchone() != (end.hex(),):
        report.add(
            f"audit_record {place[0]}.{place[1]} #{seq}",
            "This is not the record that was checked before.",
            "此处并非此前核验过的记录。",
            seq,
        )
    count = "SELECT count(*) FROM audit_record WHERE device = ? AND epoch = ? AND seq <= ?"
    if missing := seq - store.conn.execute(count, (*place, seq)).fetchone()[0]:
        report.add(
            f"audit_record {place[0]}.{place[1]} #{seq}",
            f"Records that were checked before are missing: {missing}.",
            f"此前核验过的记录缺失 {missing} 条。",
            seq,
        )


def _contents(store: Store, report: Report, verify_seal: VerifySeal, progress: Progress) -> None:
    fresh = in_memory()
    try:
        _schema(store.conn, fresh, report)
        total = store.conn.execute("SELECT count(*) FROM audit_record").fetchone()[0]
        half = _part(progress, 0, total)
        named = _chains(store, report, verify_seal, half)
        _blobs(store.conn, report, named)
        Folds(store.conn, fresh, report).check(_part(progress, total, total))
    finally:
        fresh.close()


def _part(progress: Progress, before: int, total: int) -> Callable[[int], None]:
    """The ledger is passed over twice: there are two steps a record."""
    return lambda done: progress(before + done, 2 * total)


def _pages(conn: Any, report: Report) -> None:
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the cipher's check reads the main file only
    for (line,) in conn.execute("PRAGMA cipher_integrity_check"):
        report.add("page", f"A page of the file was changed: {line}.", f"文件页被改动：{line}。")
    for (line,) in conn.execute("PRAGMA integrity_check"):
        if line != "ok":
            report.add("database", f"The database is not sound: {line}.", f"数据库结构异常：{line}。")


def _chains(
    store: Store,
    report: Report,
    verify_seal: VerifySeal,
    progress: Callable[[int], None],
    only: tuple[str, int] | None = None,
    after: tuple[int, bytes] | None = None,
) -> list[str]:
    """Each chain from its beginning to its seal, or `only` one, or what of it comes `after` (number, hash).

    Returns the documents that records name.

    The database spells each record's canonical bytes (`spelled.py`), so that a record is hashed as it stands
    in its columns; `_spelled_as_kept` sees what that spelling alone would pass over.
    """
    place: tuple[str, int] = ("", 0)
    previous, expected = b"", 1
    named: list[str] = []
    rows = _CHAIN + (_ONE if only else "") + (_AFTER if after else "") + _IN_ORDER
    if only and after:
        place, previous, expected = only, after[1], after[0] + 1
        report.chains += 1
    for row in store.conn.execute(rows, (*(only or ()), *(after or ())[:1])):
        device, epoch, seq, stored_hash, stored_id, unit, subject, key, kind, parents, covers, value, data = (
            row
        )
        if (device, epoch) != place:
            if place[0]:
                _check_end(store, report, place, previous, expected - 1, verify_seal)
            place, expected = (device, epoch), 1
            previous = genesis(store.identity.study, store.identity.env, device, epoch)
            report.chains += 1
        if seq != expected:
            report.add(
                where_of(row),
                f"Records {expected} to {seq - 1} are missing.",
                f"记录 {expected} 至 {seq - 1} 缺失。",
                expected,
            )
            expected = seq
        id_ = record_id(data)
        if id_.hex() != stored_id or not _spelled_as_kept(parents, covers):
            report.add(where_of(row), "The record's content was changed.", "记录内容被改动。", seq)
        previous = chain_hash(previous, id_)
        if previous.hex() != stored_hash:
            report.add(where_of(row), "The record does not fit its hash.", "记录与其哈希不符。", seq)
            previous = _hash_of(stored_hash)
        if unit_at(subject, key) != unit:
            report.add(where_of(row), "The record lies under another form.", "记录归属的表单被改动。", seq)
        if value is not None and (name := _document(kind, value)):
            named.append(name)
        expected += 1
        report.records += 1
        if report.records % _EVERY == 0:
            progress(report.records)
    if place[0]:
        _check_end(store, report, place, previous, expected - 1, verify_seal)
    else:
        report.add("audit_record", "The ledger is empty.", "账本为空。")
    if only:
        return named
    chains = "SELECT device, epoch FROM seal EXCEPT SELECT device, epoch FROM audit_record"
    for device, epoch in store.conn.execute(chains).fetchall():
        report.add(f"seal {device}.{epoch}", "The sealed chain is missing.", "已封印的链缺失。")
    return named


def _spelled_as_kept(parents: str | None, covers: str | None) -> bool:
    """The two columns that hold JSON are written as the ledger writes them, with nothing else in them."""
    return (parents is None or _PARENTS.fullmatch(parents) is not None) and (
        covers is None or _COVERS.fullmatch(covers) is not None
    )


def _hash_of(text: str) -> bytes:
    """The 32 bytes of a hash; a text that is none (changed by somebody) gives bytes that fit nothing."""
    return bytes.fromhex(text) if re.fullmatch("[0-9a-f]{64}", text) else b"?" * 32


def _check_end(
    store: Store, report: Report, place: tuple[str, int], end: bytes, seq: int, verify_seal: VerifySeal
) -> None:
    device, epoch = place
    row = store.conn.execute(
        "SELECT seq, hash, signature FROM seal WHERE device = ? AND epoch = ?", place
    ).fetchone()
    where = f"seal {device}.{epoch}"
    if row is None:
        report.add(where, "The chain has no seal.", "链没有封印。")
        return
    if row[0] != seq or row[1] != end.hex():
        report.add(
            where,
            f"The chain ends at {seq}, its seal speaks of {row[0]}.",
            f"链止于 {seq}，封印却为 {row[0]}。",
        )
        return
    signed = seal_bytes(store.identity.study, store.identity.env, device, epoch, seq, end)
    if not verify_seal(device, epoch, signed, bytes(row[2])):
        report.add(where, "The seal was not made by this device.", "封印并非本设备所作。")


def _schema(conn: Any, fresh: Any, report: Report) -> None:
    """Tables, indexes and the triggers that guard the ledger are those that this program makes."""
    expected, there = _objects(fresh), _objects(conn)
    for name in sorted(expected.keys() | there.keys()):
        if expected.get(name) != there.get(name):
            report.add(
                f"schema {name}", f"{name} was removed, added or changed.", f"{name} 被删除、新增或改动。"
            )


def _objects(conn: Any) -> dict[str, str]:
    sql = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlite_%'"
    return dict(conn.execute(sql).fetchall())


def _blobs(conn: Any, report: Report, named: Sequence[str]) -> None:
    there = set()
    for name, data in conn.execute("SELECT sha256, bytes FROM blob"):
        report.blobs += 1
        there.add(name)
        if sha256(bytes(data)) != name:
            report.add(f"blob {name[:16]}", "A stored document was changed.", "所存文件被改动。")
    for name in named:
        if name not in there:
            report.add(
                f"blob {name[:16]}", "A document that a record names is missing.", "记录所指的文件缺失。"
            )


def _document(kind: str, value: str) -> str | None:
    """The SHA-256 of the document that a record names: a signed form, a definition."""
    try:
        said = json.loads(value)
    except ValueError:
        return None  # not written by this program; the chain was checked above
    member = _NAMES_DOCUMENT[kind]
    return str(said[member]) if isinstance(said, dict) and member in said else None


def state_hash_of_store(store: Store) -> str:
    """One hash over current values, the set of records and open conflicts."""
    return state_hash(ledger.entries(store.conn))
