"""The drill: is the newest backup really one that can be restored?

It is unpacked into a folder of the home's backups, opened with the keys at hand, verified byte by byte and
compared with the ledger here: the place where its chain ends must be a place of ours, and so must its counts.
Only encrypted files are written, and the folder goes again.  The report lies beside the backups as text, and
the list of backups has a line of it; the ledger is not touched.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from crf_app.actions.safekeeping.keeping import seal_checker
from crf_app.actions.safekeeping.rolling import newest
from crf_app.actions.session import Session
from crf_app.errors import CrfError, NotFound, StoreDamaged, WrongState
from crf_app.model.clock import utc_text
from crf_app.model.progress import Progress, silent
from crf_app.model.workflow import Step
from crf_app.settings.files import write_file
from crf_app.settings.folders import make_home
from crf_app.store import backup_log, checking, vault, vault_file
from crf_app.store.backup_log import LogLine, backups_folder
from crf_app.store.check_report import damaged
from crf_app.store.store import Store, database_refusals, open_store
from crf_app.store.unpacking import no_backup, unpack

_FOLDER: Final = "drill"
_UPTO: Final = "SELECT count(*) FROM audit_record WHERE device = ? AND (epoch < ? OR epoch = ? AND seq <= ?)"
_COUNTS: Final = {
    "records": _UPTO,
    "subjects": f"{_UPTO} AND kind = 'subject.add'",
    "answers": f"{_UPTO} AND kind IN ('item.set', 'item.resolve')",
}


@dataclass(frozen=True, slots=True)
class Drilled:
    """`counts`: records, subjects and answers of the backup; `behind`: records here that it does not hold."""

    archive: Path
    at: str
    size: int
    epoch: int
    seq: int
    hash: str
    counts: dict[str, int]
    behind: int
    chains: int
    seconds: float
    report: Path

    def lines(self) -> list[str]:
        """The report, in English, as it is written."""
        counted = ", ".join(f"{n} {name}" for name, n in self.counts.items())
        return [
            f"Backup drill, {self.at}",
            f"Backup          {self.archive.name}, {self.size} bytes",
            "Unpacked        both parts, sums as the backup says them",
            f"Verified        {self.chains} chains, their seals, every page and folded table: 0 problems",
            f"Chain end       {self.epoch}/{self.seq} {self.hash}: a place of the ledger of this device",
            f"Counts          {counted}: equal here up to that place",
            f"Since then      {self.behind} records here that this backup does not hold",
            f"Time            {self.seconds:.2f} s",
        ]


def drill(session: Session, archive: Path | None = None, progress: Progress = silent) -> Drilled:
    """Try `archive`, else the newest backup of the home.

    Raises NotAllowed, NotFound (no backup), StoreDamaged (it cannot be restored, or is not of this ledger),
    WrongState (earlier keys), StorageFull, StorageError, Cancelled.
    """
    session.require(Step.BACKUP)
    chosen = archive or newest(session.home)
    if chosen is None:
        raise NotFound(
            "There is no backup yet. Back up first, then do the drill.",
            "尚无备份。请先备份，再作演练。",
            where=str(session.home),
        )
    started, at = time.monotonic(), utc_text(session.clock.now())
    try:
        done = _tried(session, chosen, at, started, progress)
    except CrfError as refusal:
        backup_log.note(session.home, LogLine("drill", at, chosen.name, refused=refusal.code))
        raise
    write_file(done.report, ("\n".join(done.lines()) + "\n").encode("utf-8"))
    line = LogLine(
        "drill", at, chosen.name, done.size, "", done.counts["records"], done.epoch, done.seq, done.hash,
        done.seconds,
    )  # fmt: skip
    backup_log.note(session.home, line)
    return done


def _tried(session: Session, archive: Path, at: str, started: float, progress: Progress) -> Drilled:
    folder = backups_folder(session.home) / _FOLDER
    shutil.rmtree(folder, ignore_errors=True)  # of a drill that was stopped
    make_home(folder)
    try:
        unpack(archive, folder, progress)
        store = _opened(session, folder)
        try:
            report = checking.verify(store, seal_checker(store.conn, session), progress)
            if not report.sound:
                raise damaged(report, archive)
            end, epoch = store.end, store.identity.epoch
            place = (store.identity.device, epoch, epoch, end.seq)
            counts = {name: _count(store.conn, sql, place) for name, sql in _COUNTS.items()}
        finally:
            store.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    behind = _compare(session, archive, place, end.hash.hex(), counts)
    stamp = at[:19].replace("-", "").replace(":", "")
    return Drilled(
        archive, at, archive.stat().st_size, epoch, end.seq, end.hash.hex(), counts, behind, report.chains,
        round(time.monotonic() - started, 3), folder.parent / f"drill_{stamp}Z.txt",
    )  # fmt: skip


def _opened(session: Session, folder: Path) -> Store:
    """The unpacked store; its vault must be sealed by the data key that opens it."""
    sealed = vault_file.read_vault(folder)
    if sealed["vault_id"] != session.keys.vault:
        raise no_backup(folder)
    if sealed["generation"] != vault_file.read_vault(session.home)["generation"]:
        raise WrongState(
            "This backup was made before the keys were changed. Make a new backup, then do the drill.",
            "此备份在更换密钥之前生成。请重新备份后再作演练。",
            where=folder.name,
        )
    vault.check_mac(sealed, session.keys.data_key)
    return open_store(folder, session.keys.data_key, session.keys.device.sign.sign)


def _count(conn: Any, sql: str, place: tuple[str, int, int, int]) -> int:
    return int(conn.execute(sql, place).fetchone()[0])


def _compare(
    session: Session, archive: Path, place: tuple[str, int, int, int], hash_: str, counts: dict[str, int]
) -> int:
    """The backup's end is a place of our chain, with the same counts up to it; returns what came after."""
    store = session.reader()
    try:
        with database_refusals(store.path):
            sql = "SELECT hash FROM audit_record WHERE device = ? AND epoch = ? AND seq = ?"
            found = store.conn.execute(sql, (place[0], place[1], place[3])).fetchone()
            here = {name: _count(store.conn, sql, place) for name, sql in _COUNTS.items()}
            everything = store.conn.execute("SELECT count(*) FROM audit_record").fetchone()[0]
    finally:
        store.close()
    if found is None or found[0] != hash_ or here != counts:
        raise StoreDamaged(
            "This backup does not end in the ledger of this device. Keep both; ask the data manager.",
            "此备份的终点不在本机账本中。请保留两者，并联系数据管理员。",
            where=archive.name,
        )
    return int(everything) - counts["records"]
