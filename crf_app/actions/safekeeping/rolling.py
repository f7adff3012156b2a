"""Backups that nobody has to think of: after sign-out and every two hours in which something was recorded.

`begin` is called where the session lives and opens a connection of its own; `run` may then work in another
thread, also after the person left.  The newest seven stay in `home/backups`, and as many in a second place,
such as a stick, when one was chosen.  A second place that is not there is said; the backup is made all the
same.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from crf_app.actions.session import Session, see_now
from crf_app.errors import CrfError, NotFound, StoreDamaged
from crf_app.model.clock import Clock, utc_text
from crf_app.model.progress import Progress, silent
from crf_app.settings.files import refuse_no_place, storage_refusal, sync_folder
from crf_app.settings.folders import refuse_network_folder
from crf_app.settings.preferences import read_preferences
from crf_app.store import backup_log
from crf_app.store.backup import write_snapshot
from crf_app.store.backup_log import LogLine, backups_folder, read_log
from crf_app.store.damage import is_noted
from crf_app.store.store import Store

__all__ = ["KEPT", "Job", "LogLine", "backup_log_of", "begin", "is_due", "newest", "run"]
KEPT: Final = 7
EVERY: Final = timedelta(hours=2)
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Job:
    """One backup that is to be written; `run` closes its connection."""

    home: Path
    name: str
    second: str
    clock: Clock
    store: Store = field(repr=False)
    key: bytes = field(repr=False)


def backup_log_of(home: Path) -> list[LogLine]:
    """What was backed up here, newest first.  Nobody has to be signed in."""
    return read_log(home)


def newest(home: Path) -> Path | None:
    """The newest backup in the home's own folder."""
    return next(iter(_by_age((home / backup_log.FOLDER).glob("rolling_*.crfbackup"))), None)


def is_due(session: Session, *, leaving: bool = False) -> bool:
    """Whether something was recorded since the last one, and (unless the person leaves) two hours passed."""
    if is_noted(session.store.path):
        return False  # damaged and only read: the good backups stay
    end = session.store.end
    last = next((one for one in read_log(session.home) if one.what == "rolling" and not one.refused), None)
    if last is None:
        return end.seq > 0
    if last.hash == end.hash.hex() and (session.home / backup_log.FOLDER / last.name).is_file():
        return False
    try:
        passed = session.clock.now() - datetime.fromisoformat(last.at)
    except ValueError:
        return True
    return leaving or not timedelta() <= passed < EVERY


def begin(session: Session) -> Job:
    """What one backup needs; none of it is written yet, but the witness of what it will hold."""
    see_now(session)
    now = utc_text(session.clock.now())[:19].replace("-", "").replace(":", "")
    name = f"rolling_{session.study.oid}_{session.site}_{session.device}_{now}Z.crfbackup"
    second = read_preferences(session.home).backup_folder
    return Job(session.home, name, second, session.clock, session.reader(), session.keys.data_key)


def run(job: Job, progress: Progress = silent) -> LogLine:
    """Write it, copy it to the second place, let go of the oldest; what happened stands in the log.

    Raises StorageFull, StorageError, StoreDamaged, Cancelled; the log names the refusal.
    """
    started, line = (
        time.monotonic(),
        LogLine("rolling", utc_text(job.clock.now()), job.name, second=job.second),
    )
    try:
        try:
            made = write_snapshot(job.store, job.key, backups_folder(job.home) / job.name, progress)
        finally:
            job.store.close()
    except CrfError as refusal:
        backup_log.note(job.home, replace(line, refused=refusal.code))
        raise
    end, epoch = job.store.end, job.store.identity.epoch
    line = replace(
        line, size=made.size, sha256=made.sha256, records=made.records, epoch=epoch, seq=end.seq,
        hash=end.hash.hex(), second_refused=_to_second(job, made.path, made.sha256),
        seconds=round(time.monotonic() - started, 3),
    )  # fmt: skip
    backup_log.note(job.home, line)
    _let_go(made.path.parent, "rolling_*.crfbackup")
    return line


def _to_second(job: Job, made: Path, sha256: str) -> str:
    """Code of the refusal, "" when the copy is there or none is wanted."""
    if not job.second:
        return ""
    folder = Path(job.second)
    try:
        copy_checked(made, folder / job.name, sha256)
        _let_go(folder, f"{job.name[: -len('YYYYMMDDTHHMMSSZ.crfbackup')]}*.crfbackup")
    except CrfError as refusal:
        return refusal.code
    return ""


def copy_checked(made: Path, out: Path, sha256: str) -> None:
    """A copy of `made`, brought to disk and read back before it takes its name.

    Raises NotFound (the folder is not there), StorageError, StorageFull, StoreDamaged.
    """
    if not out.parent.is_dir():
        raise NotFound(
            "The second place for backups is not there. Put the stick in, or choose another place.",
            "第二备份位置不存在。请插入 U 盘，或另选位置。",
            where=str(out.parent),
        )
    refuse_network_folder(out.parent.resolve())
    refuse_no_place(out)
    half = out.with_name(out.name + ".half")
    try:
        half.unlink(missing_ok=True)
        with open(made, "rb") as part, open(half, "xb") as file:
            while piece := part.read(_PIECE):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if file_sum(half) != sha256:
            raise StoreDamaged(
                "The copy in the second place is not what was written. Use another stick.",
                "第二位置的副本与原件不符，请更换 U 盘。",
                where=out.name,
            )
        os.replace(half, out)
        sync_folder(out.parent)
    except OSError as reason:
        raise storage_refusal(reason, out) from reason
    finally:
        half.unlink(missing_ok=True)


def file_sum(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _let_go(folder: Path, pattern: str) -> None:
    """All but the newest; only files that this program named so."""
    for one in _by_age(folder.glob(pattern))[KEPT:]:
        try:
            one.unlink()
        except OSError as reason:
            raise storage_refusal(reason, one) from reason


def _by_age(files: Iterable[Path]) -> list[Path]:
    """Newest first: the time stands at the end of the name."""
    return sorted((one for one in files if one.is_file()), key=lambda one: one.name[-26:], reverse=True)
