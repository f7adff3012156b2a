"""Bring a backup back: the same ledger on a clean computer, and a new epoch of the device (ADR-0025).

What the lost computer wrote after the backup may come to light, at central or when the computer is found.  So
the restored device never writes on at the old place of its chain: it gets new keys and a new chain, whose
first record names the end that it continues.  Both histories are kept; a clash of answers is a conflict.

Everything is made in a folder beside and checked there; the home gets its files last, by name.  A home that
holds anything is refused, or moved aside whole when the person asks for it; it is never written over.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.safekeeping.new_epoch import RESTORE, begin_new_epoch
from crf_app.actions.safekeeping.present_home import refuse_other
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.errors import StoreDamaged, WrongState
from crf_app.model.clock import Clock, SystemClock, utc_text
from crf_app.model.progress import Progress, silent
from crf_app.model.workflow import Step
from crf_app.settings.files import storage_refusal, sync_folder
from crf_app.settings.folders import make_home, refuse_network_folder
from crf_app.store.lock import HomeLock
from crf_app.store.store import DATABASE, refusals, transaction
from crf_app.store.unpacking import Kept, no_backup, unpack
from crf_app.store.vault import Opened
from crf_app.store.vault_file import vault_path

HALF: Final = "restoring"
ASIDE: Final = "set_aside_"
_STAYS: Final = ("settings.json", "log", "backups", "writer.lock", HALF)  # nothing of the study is in these


@dataclass(frozen=True, slots=True)
class Restored:
    """`seq` and `hash` are the end of the chain that the backup held; `epoch` is the new one, which follows.

    `enrolled`: an administrator restored, so the device can ask central at once.  `aside`: where the files
    lie that were in the home before, or None.
    """

    study: str
    site: str
    device: str
    epoch: int
    earlier_epoch: int
    seq: int
    hash: str
    records: int
    enrolled: bool
    aside: Path | None


def restore(
    home: Path,
    archive: Path,
    user: str,
    password: str,
    *,
    epoch: int | None = None,
    move_aside: bool = False,
    older: bool = False,
    clock: Clock | None = None,
    progress: Progress = silent,
) -> Restored:
    """Make `home` from a backup, opened with the password of a person in it; the password stays.

    `epoch`: the number of the new epoch where central knows a later one than the backup does.
    `older`: also from a backup that knows less than what is moved aside.
    Raises WrongState (the home holds something, something later or something else), StoreDamaged (no whole
    backup), NotFound, WrongPassword, IdentityRefused, NotAllowed, TooNew, ValueRejected (epoch), Busy,
    StorageError, Cancelled; then the home is as it was.
    """
    watch = clock or SystemClock()
    refuse_network_folder(home)
    make_home(home)
    lock = HomeLock(home)
    half = home / HALF
    try:
        present = _present(home)
        if present and not move_aside:
            raise _not_empty(home)
        shutil.rmtree(half, ignore_errors=True)  # of a restore that was stopped
        make_home(half)
        kept = unpack(archive, half, _share(progress, 0))
        made = _open_checked(half, archive, kept, (user, password), watch, _share(progress, 1))
        try:
            if present:
                refuse_other(home, made.session, (made.seq, made.hash), older=older)
            made = _continue(made, epoch)
        finally:
            sign_out(made.session)
        aside = _set_aside(home, present, watch) if present else None
        _finish(half, home)
    finally:
        shutil.rmtree(half, ignore_errors=True)
        lock.release()
    return _told(made, aside)


@dataclass
class _Made:
    """The restored store while it is open, and what is known of it."""

    session: Session
    seq: int
    hash: str
    records: int
    earlier_epoch: int
    keys: Opened


def _share(progress: Progress, part: int) -> Progress:
    """Unpacking and checking are each half of the way."""

    def share(done: int, of: int | None = None, /) -> None:
        if of is None:
            progress(done, None)
        else:
            progress(part * of + done, 2 * of)

    return share


def holds_something(home: Path) -> bool:
    """Whether a restore has to move files aside here."""
    return home.is_dir() and bool(_present(home))


def _present(home: Path) -> list[Path]:
    """What the home holds beside things that every home may have."""
    try:
        return sorted(
            one for one in home.iterdir() if one.name not in _STAYS and not one.name.startswith(ASIDE)
        )
    except OSError as reason:
        raise storage_refusal(reason, home) from reason


def _not_empty(home: Path) -> WrongState:
    return WrongState(
        "This folder is not empty. Nothing was changed. Restore into an empty folder, or ask for its files "
        "to be moved aside (--move-aside).",
        "此文件夹不为空，未作任何改动。请恢复到空文件夹，或要求先移开其中的文件（--move-aside）。",
        where=str(home),
    )


def _open_checked(
    half: Path, archive: Path, kept: Kept, who: tuple[str, str], clock: Clock, progress: Progress
) -> _Made:
    """Signed in to what was unpacked, every byte of it verified."""
    session = sign_in(half, *who, clock, unpacked=True)
    try:
        session.require(Step.ENROL_DEVICE, archive.name)
        end, identity = session.store.end, session.identity
        place = (identity.device, identity.epoch, end.seq, end.hash.hex())
        if kept.device and place != (kept.device, kept.epoch, kept.seq, kept.hash):
            raise no_backup(archive)
        report = verify(session, progress)
        if not report.sound:
            raise _damaged(report.problems, archive)
        return _Made(session, end.seq, end.hash.hex(), report.records, identity.epoch, session.keys)
    except BaseException:
        sign_out(session)
        raise


def _damaged(problems: list[dict[str, str]], archive: Path) -> StoreDamaged:
    first, n = problems[0], len(problems)
    return StoreDamaged(
        f"This backup is damaged in {n} places, first {first['where']}. Nothing was changed. "
        "Choose another backup.",
        f"此备份有{n}处损坏，首处为{first['where']}。未作任何改动，请选择其他备份。",
        where=archive.name,
        problems=problems[:200],
    )


def _continue(made: _Made, epoch: int | None) -> _Made:
    """New keys, a new chain, and its first record; the chain of the backup stays as it is."""
    store = made.session.store
    with refusals(store.path), transaction(store.conn):  # these speak of the computer that is gone
        store.conn.execute("DELETE FROM meta WHERE name IN ('backup', 'bundles')")
    begin_new_epoch(made.session, RESTORE, epoch)
    made.keys = made.session.keys
    return made


def _set_aside(home: Path, present: list[Path], clock: Clock) -> Path:
    """Everything that was in the home, whole, in a folder with the time in its name.

    The vault goes first: stopped midway the home is one that waits for a restore, and a second one goes on.
    """
    stamp = utc_text(clock.now())[:19].replace("-", "").replace(":", "")
    aside = _begun_aside(home) or home / f"{ASIDE}{stamp}Z"
    with refusals(aside):
        aside.mkdir(mode=0o700, exist_ok=True)
        for one in sorted(present, key=lambda one: one.name != vault_path(home).name):
            os.rename(one, aside / one.name)
        sync_folder(aside)
        sync_folder(home)
    return aside


def _begun_aside(home: Path) -> Path | None:
    """The folder of a restore that was stopped while it moved: it has the vault, the home the data."""
    if vault_path(home).exists() or not (home / DATABASE).exists():
        return None
    begun = [one for one in sorted(home.glob(f"{ASIDE}*")) if (one / vault_path(home).name).exists()]
    return next((one for one in reversed(begun) if not (one / DATABASE).exists()), None)


def _finish(half: Path, home: Path) -> None:
    """The database first, the vault last: only with the vault the home is ready."""
    with refusals(home / DATABASE):
        os.replace(half / DATABASE, home / DATABASE)
        sync_folder(home)
        os.replace(vault_path(half), vault_path(home))
        sync_folder(home)


def _told(made: _Made, aside: Path | None) -> Restored:
    keys, session = made.keys, made.session
    return Restored(
        session.study.oid, keys.site, keys.device.id, keys.device.epoch, made.earlier_epoch, made.seq,
        made.hash, made.records, keys.site_key is not None, aside,
    )  # fmt: skip
