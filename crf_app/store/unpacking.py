"""A backup read back into a folder of its own: nothing is believed of the file but what was checked.

An ordinary zip with exactly the two parts of `backup.py`, stored as they are, under their own names.  Every
other archive is refused before anything is written: another name (so no path either), a part twice, packed
or locked parts, sizes that the file cannot hold or the disk has no room for.  Each part is written piece by
piece, brought to disk and compared with the zip's checksum and with the sum that the archive says.

Whether the parts fit each other, the keys and the chain is for `actions/safekeeping/restoring.py`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from crf_app.errors import NotFound, StorageFull, StoreDamaged
from crf_app.model.progress import Progress, silent
from crf_app.settings.files import storage_refusal, sync_folder
from crf_app.store.backup import FORMAT, PARTS
from crf_app.store.vault_file import MAX_BYTES

_PIECE: Final = 1 << 20
_SPARE: Final = 16 << 20  # what the database needs to open, beside its own size
_BROKEN: Final = (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError)  # of zipfile, for a bad file


@dataclass(frozen=True, slots=True)
class Kept:
    """What a backup says about itself; empty in one that was made before backups said it."""

    sums: dict[str, str] = field(default_factory=dict)
    device: str = ""
    epoch: int = 0
    seq: int = 0
    hash: str = ""


def unpack(archive: Path, folder: Path, progress: Progress = silent) -> Kept:
    """Write both parts into `folder`, which is empty; `progress` counts bytes.

    Raises NotFound (no such file), StoreDamaged (no whole backup), StorageFull, StorageError, Cancelled.
    """
    with _parts(archive) as (opened, kept):
        sizes = {name: opened.getinfo(name).file_size for name in PARTS}
        _check_room(folder, sum(sizes.values()))
        done = 0
        for name in PARTS:
            done = _copy(opened, name, folder / name, kept, (done, sum(sizes.values()), progress))
    try:
        sync_folder(folder)
    except OSError as reason:
        raise storage_refusal(reason, folder) from reason
    return kept


@contextmanager
def _parts(archive: Path) -> Iterator[tuple[zipfile.ZipFile, Kept]]:
    """The open archive, its list of parts checked."""
    if not archive.is_file():
        raise NotFound(
            f"There is no backup {archive.name}. Choose a file that `backup` wrote.",
            f"没有备份文件 {archive.name}，请选择由“备份”生成的文件。",
            where=str(archive),
        )
    try:
        with zipfile.ZipFile(archive) as opened:
            _check_parts(opened, archive)
            yield opened, _kept(opened.comment, archive)
    except _BROKEN as reason:
        raise no_backup(archive) from reason
    except OSError as reason:
        raise storage_refusal(reason, archive) from reason


def _check_parts(opened: zipfile.ZipFile, archive: Path) -> None:
    parts = opened.infolist()
    whole = archive.stat().st_size
    plain = all(
        one.compress_type == zipfile.ZIP_STORED
        and one.compress_size == one.file_size
        and not one.flag_bits & 1
        for one in parts
    )
    if sorted(one.filename for one in parts) != sorted(PARTS) or not plain:
        raise no_backup(archive)
    if sum(one.file_size for one in parts) > whole or opened.getinfo("vault.json").file_size > MAX_BYTES:
        raise no_backup(archive)


def _kept(comment: bytes, archive: Path) -> Kept:
    """The archive's own words.  A comment of another shape is not ours; no comment is an earlier backup."""
    if not comment:
        return Kept()
    said = json.loads(comment.decode("utf-8"))  # ValueError: no backup
    texts = isinstance(said, dict) and all(type(said.get(name)) is str for name in ("device", "hash"))
    if not texts or said.get("format") != FORMAT or not isinstance(said.get("sums"), dict):
        raise no_backup(archive)
    if (
        set(said["sums"]) != set(PARTS)
        or type(said.get("epoch")) is not int
        or type(said.get("seq")) is not int
    ):
        raise no_backup(archive)
    return Kept(said["sums"], said["device"], said["epoch"], said["seq"], said["hash"])


def _check_room(folder: Path, size: int) -> None:
    if shutil.disk_usage(folder).free < size + _SPARE:
        raise StorageFull(
            "There is not enough room on this disk for the backup's contents. Free some space, then restore.",
            "磁盘空间不足以容纳备份内容，请清理空间后再恢复。",
            where=folder.name,
        )


def _copy(
    opened: zipfile.ZipFile, name: str, place: Path, kept: Kept, count: tuple[int, int, Progress]
) -> int:
    """One part, at most as long as it said; returns the bytes that went by so far."""
    done, of, progress = count
    digest = hashlib.sha256()
    with opened.open(name) as part, open(place, "xb", opener=_own) as file:
        while piece := part.read(_PIECE):
            digest.update(piece)
            file.write(piece)
            done += len(piece)
            progress(min(done, of), of)
        file.flush()
        os.fsync(file.fileno())
    if kept.sums.get(name, digest.hexdigest()) != digest.hexdigest():
        raise no_backup(place)
    return done


def _own(name: str, how: int) -> int:
    return os.open(name, how, 0o600)


def no_backup(archive: Path) -> StoreDamaged:
    """The refusal for a file that is not a backup, or not a whole one."""
    return StoreDamaged(
        "This file is not a whole backup of this program. Nothing was changed. Choose another backup.",
        "此文件不是本程序的完整备份，未作任何改动，请选择其他备份。",
        where=archive.name,
    )
