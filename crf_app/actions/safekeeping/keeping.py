"""Keep the data: verify, back up, rebuild, and the one hash that says two places agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from crf_app.actions.safekeeping.checking_point import keep_point, point_of
from crf_app.actions.safekeeping.checking_receipts import check_receipts
from crf_app.actions.safekeeping.checking_seals import BEGINNING, check_seals
from crf_app.actions.safekeeping.checking_signatures import check_signatures
from crf_app.actions.session import Session, see_now
from crf_app.crypto.encoding import unb64
from crf_app.crypto.keys import verify_ed25519
from crf_app.errors import StoreDamaged
from crf_app.model.clock import utc_text
from crf_app.model.progress import Progress, silent
from crf_app.model.workflow import Step
from crf_app.settings.folders import refuse_network_folder
from crf_app.store import backup as backups
from crf_app.store import backup_log, checking, projections, reads
from crf_app.store.backup import Backup as Backup
from crf_app.store.backup import own_records as own_records
from crf_app.store.backup_log import LogLine
from crf_app.store.check_report import Report as Report
from crf_app.store.damage import is_noted
from crf_app.store.store import Store, database_refusals, refusals, transaction

_LAST: Final = "backup"


@dataclass(frozen=True, slots=True)
class LastBackup:
    """The last backup that this device made: when (UTC), where, how many records it holds."""

    at: str
    path: str
    records: int


def verify(
    session: Session, progress: Progress = silent, store: Store | None = None, *, new: bool = False
) -> Report:
    """Chain, seals, pages, database, blobs, folded tables and signatures.  Appends nothing.

    `store`: another connection to look through (`session.reader()`), while the session's own is written to.
    `new`: only what came after this person's last check without a problem, where there was one.
    Raises Cancelled.
    """
    session.require(Step.VERIFY)
    where = store or session.store
    where.look_again()
    point = point_of(session, where.conn) if new else None
    start, checker = BEGINNING if point is None else point.start, seal_checker(where.conn, session)
    before, end = (where.identity.epoch, where.end.seq, where.end.hash), None
    if point is None:
        report = checking.verify(where, checker, lambda done, of=None: progress(done, of and of + of // 2))
    else:
        report = checking.verify_after(where, start.seq, start.hash, checker, progress)
        report.since = (start.seq, point.at)
    try:
        with database_refusals(where.path):
            of = 3 * report.records
            end = check_seals(
                session, where.conn, report, lambda done, _=None: progress(of - of // 3 + done, of), start
            )
            check_signatures(session, where.conn, report)
            check_receipts(session, where.conn, report)
    except StoreDamaged:
        if report.sound:
            raise  # else it is said already
    whole = end is not None and (end.epoch, end.seq, end.hash) == before  # nothing came while it was checked
    report.end = end if whole and report.sound else None
    return report


def remember(session: Session, report: Report) -> None:
    """The next `verify(new=True)` of this person goes on from here.  Raises StorageError."""
    if report.end is not None:
        keep_point(session, report.end)


def verify_aside(session: Session, progress: Progress = silent, *, new: bool = False) -> Report:
    """As `verify`, over a connection of its own: somebody may go on typing meanwhile.  Raises Cancelled."""
    store = session.reader()
    try:
        return verify(session, progress, store, new=new)
    finally:
        store.close()


def is_damaged(session: Session) -> bool:
    """Whether the data file was found damaged and is only read: a restore is what helps."""
    return is_noted(session.store.path)


def seal_checker(conn: Any, session: Session) -> Callable[[str, int, bytes, bytes], bool]:
    """Seals are checked with the keys that the ledger enrolled; this device's own key must be among them."""
    keys = {(session.device, session.keys.device.epoch): session.keys.device.sign.public}
    from crf_app.store.reads import records_of_kind

    for _, record in records_of_kind(conn, "device.enrol"):
        said = json.loads(record.value or "{}")
        keys.setdefault((record.key or "", int(said.get("epoch", 1))), unb64(said["sign_public"]))

    def check(device: str, epoch: int, signed: bytes, signature: bytes) -> bool:
        public = keys.get((device, epoch))
        return public is not None and verify_ed25519(public, signature, signed)

    return check


def state_hash(session: Session) -> str:
    """Equal here and at central right after ingest.  Appends nothing."""
    session.require(Step.VERIFY)
    return checking.state_hash_of_store(session.store)


def rebuild(session: Session) -> int:
    """All folded tables anew from the ledger; returns the number of records."""
    session.require(Step.VERIFY)
    with refusals(session.store.path), transaction(session.store.conn):
        projections.rebuild(session.store.conn)
    session.forget()
    return int(session.store.conn.execute("SELECT count(*) FROM audit_record").fetchone()[0])


def backup(session: Session, out: Path, progress: Progress = silent) -> backups.Backup:
    """Vault and database in one checked file; `progress` counts bytes, written and read back.

    `out` is a file or a folder (then the default name).
    Raises StorageFull, StorageError, StoreDamaged, Cancelled; then there is no file.
    """
    session.require(Step.BACKUP)
    out = out / default_backup_name(session) if out.is_dir() and out != Path() else out
    refuse_network_folder(out.resolve().parent)
    made = backups.write_backup(session.store, out, progress)
    at, end = utc_text(session.clock.now()), session.store.end
    _remember(session, LastBackup(at, str(out.resolve()), made.records))
    line = LogLine("by_hand", at, out.name, made.size, made.sha256, made.records)
    place = replace(line, epoch=session.identity.epoch, seq=end.seq, hash=end.hash.hex())
    backup_log.note(session.home, place)
    see_now(session)
    return made


def default_backup_name(session: Session) -> str:
    """`CSHUC_001_D1_20261122T080000Z.crfbackup`: study, site, device, time; no subject."""
    now = utc_text(session.clock.now())[:19].replace("-", "").replace(":", "")
    return f"{session.study.oid}_{session.site}_{session.device}_{now}Z.crfbackup"


def last_backup(session: Session) -> LastBackup | None:
    """None before the first backup of this device."""
    stored = reads.meta(session.store.conn, _LAST)
    return LastBackup(**json.loads(stored)) if stored else None


def _remember(session: Session, made: LastBackup) -> None:
    """A convenience of this device, as the list of its bundles: no record about data."""
    with refusals(session.store.path), transaction(session.store.conn):
        said = json.dumps(asdict(made))
        session.store.conn.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_LAST, said))
