"""`verify`: is every byte of the store what it was when it was written?

Three checks, because each alone misses damage: the chain and the seal over every column, SQLite's own
integrity check, and the cipher's page check; then the guards in the schema, the documents that records name,
and the folded tables against a fresh fold.  Everything is read in one snapshot and nothing is written, so
that a worker thread may check while somebody goes on typing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crf_app.crypto.canonical import sha256
from crf_app.errors import CrfError, StoreDamaged
from crf_app.model.record import chain_hash, genesis, seal_bytes
from crf_app.rules.fold import unit_of
from crf_app.rules.state_hash import fold_all, state_hash
from crf_app.rules.unit_state import Entry
from crf_app.store import ledger, projections
from crf_app.store.migrations import FOLDED, in_memory
from crf_app.store.store import Store, storage_refusal

Progress = Callable[[int, int], None]
VerifySeal = Callable[[str, int, bytes, bytes], bool]  # device, epoch, signed bytes, signature


@dataclass
class Report:
    """What was looked at, and every problem in a sentence with its place."""

    records: int = 0
    chains: int = 0
    blobs: int = 0
    problems: list[dict[str, str]] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.problems

    def add(self, where: str, en: str, zh: str) -> None:
        self.problems.append({"where": where, "en": en, "zh": zh})


def verify(store: Store, verify_seal: VerifySeal, progress: Progress | None = None) -> Report:
    """Check everything; never raises for damage that it can name."""
    from sqlcipher3 import dbapi2

    report = Report()
    try:
        _pages(store.conn, report)
        store.conn.execute("BEGIN")
        try:
            _contents(store, report, verify_seal, progress)
        finally:
            if store.conn.in_transaction:
                store.conn.execute("ROLLBACK")
    except dbapi2.DatabaseError as error:
        refusal = storage_refusal(str(error), store.path)
        if refusal is not None and not isinstance(refusal, StoreDamaged):
            raise refusal from error  # full, locked: says nothing about what is stored
        report.add(
            store.path.name, f"The file cannot be read to its end: {error}.", f"文件无法完整读取：{error}。"
        )
    return report


def _contents(store: Store, report: Report, verify_seal: VerifySeal, progress: Progress | None) -> None:
    fresh = in_memory()
    try:
        _schema(store.conn, fresh, report)
        kept = list(_chains(store, report, verify_seal, progress))
        _blobs(store.conn, report, kept)
        _folds(store.conn, fresh, report, kept)
    finally:
        fresh.close()


def _pages(conn: Any, report: Report) -> None:
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the cipher's check reads the main file only
    for (line,) in conn.execute("PRAGMA cipher_integrity_check"):
        report.add("page", f"A page of the file was changed: {line}.", f"文件页被改动：{line}。")
    for (line,) in conn.execute("PRAGMA integrity_check"):
        if line != "ok":
            report.add("database", f"The database is not sound: {line}.", f"数据库结构异常：{line}。")


def _chains(
    store: Store, report: Report, verify_seal: VerifySeal, progress: Progress | None
) -> Iterator[Entry]:
    total = store.conn.execute("SELECT count(*) FROM audit_record").fetchone()[0]
    place: tuple[str, int] = ("", 0)
    previous, expected = b"", 1
    for row in ledger.chain_rows(store.conn):
        device, epoch, seq, stored_hash, stored_id, unit = row[:6]
        if (device, epoch) != place:
            if place[0]:
                _check_end(store, report, place, previous, expected - 1, verify_seal)
            place, expected = (device, epoch), 1
            previous = genesis(store.identity.study, store.identity.env, device, epoch)
            report.chains += 1
        where = f"audit_record {device}.{epoch} #{seq}"
        if seq != expected:
            report.add(
                where, f"Records {expected} to {seq - 1} are missing.", f"记录 {expected} 至 {seq - 1} 缺失。"
            )
            expected = seq
        one = _entry(row[6:], stored_id, where, report)
        previous = chain_hash(previous, _hash_of(one.id if one else stored_id))
        if previous.hex() != stored_hash:
            report.add(where, "The record does not fit its hash.", "记录与其哈希不符。")
            previous = _hash_of(stored_hash)
        if one is not None:
            if unit_of(one.record) != unit:
                report.add(where, "The record lies under another form.", "记录归属的表单被改动。")
            yield one
        expected += 1
        report.records += 1
        if progress is not None and report.records % 1000 == 0:
            progress(report.records, total)
    if place[0]:
        _check_end(store, report, place, previous, expected - 1, verify_seal)
    else:
        report.add("audit_record", "The ledger is empty.", "账本为空。")
    chains = "SELECT device, epoch FROM seal EXCEPT SELECT device, epoch FROM audit_record"
    for device, epoch in store.conn.execute(chains).fetchall():
        report.add(f"seal {device}.{epoch}", "The sealed chain is missing.", "已封印的链缺失。")


def _hash_of(text: str) -> bytes:
    """The 32 bytes of a hash; a text that is none (changed by somebody) gives bytes that fit nothing."""
    return bytes.fromhex(text) if re.fullmatch("[0-9a-f]{64}", text) else b"?" * 32


def _entry(columns: tuple[Any, ...], stored_id: str, where: str, report: Report) -> Entry | None:
    try:
        record = ledger.record_of_row(columns)
        id_ = record.id
    except (CrfError, ValueError) as error:
        report.add(where, f"The record cannot be read: {error}.", f"记录无法读取：{error}。")
        return None
    if id_ != stored_id:
        report.add(where, "The record's content was changed.", "记录内容被改动。")
    return Entry(id_, record)


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


def _blobs(conn: Any, report: Report, kept: list[Entry]) -> None:
    there = set()
    for name, data in conn.execute("SELECT sha256, bytes FROM blob"):
        report.blobs += 1
        there.add(name)
        if sha256(bytes(data)) != name:
            report.add(f"blob {name[:16]}", "A stored document was changed.", "所存文件被改动。")
    for one in kept:
        if (name := _document(one)) and name not in there:
            report.add(
                f"blob {name[:16]}", "A document that a record names is missing.", "记录所指的文件缺失。"
            )


def _document(one: Entry) -> str | None:
    """The SHA-256 of the document that a record names: a signed form, a definition."""
    member = {"sign.make": "pdf_sha256", "def.activate": "sha256"}.get(one.record.kind)
    if member is None or not one.record.value:
        return None
    try:
        said = json.loads(one.record.value)
    except ValueError:
        return None  # not written by this program; the chain was checked above
    return str(said[member]) if isinstance(said, dict) and member in said else None


def _folds(conn: Any, fresh: Any, report: Report, kept: list[Entry]) -> None:
    """Fold everything again, in memory, and compare."""
    for unit, state in fold_all(kept).items():
        projections.write_unit(fresh, unit, state, conn)
    for table in FOLDED:
        if _rows(conn, table) != _rows(fresh, table):
            report.add(
                table,
                f"The table {table} does not follow from the ledger. Run rebuild.",
                f"表 {table} 与账本不一致，请执行 rebuild。",
            )


def _rows(conn: Any, table: str) -> list[tuple[Any, ...]]:
    return sorted(conn.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


def state_hash_of_store(store: Store) -> str:
    """One hash over current values, the set of records and open conflicts."""
    return state_hash(ledger.entries(store.conn))


def damaged(report: Report, path: Path) -> StoreDamaged:
    """The refusal that carries a report with problems."""
    first = report.problems[0]
    return StoreDamaged(
        f"{len(report.problems)} problems were found. First: {first['where']}: {first['en']}",
        f"发现 {len(report.problems)} 处问题。首处：{first['where']}：{first['zh']}",
        where=path.name,
        problems=json.loads(json.dumps(report.problems[:200])),
    )
