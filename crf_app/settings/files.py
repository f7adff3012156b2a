"""Small files written whole or not at all, and the system's refusals said in words.

A file is written beside its place as `NAME.new`, brought to disk, renamed, and the folder is brought
to disk.  After a crash either the old or the new file stands; a left-over `.new` is never read.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from crf_app.errors import StorageError, StorageFull

_SPARE: Final = 16 << 20  # bytes that stay free, for what is written meanwhile
_KEEPERS: Final = ("vault.json", "study.db", "central.json")  # a folder with one of these is a home
_OWN: Final = frozenset({
    *_KEEPERS, "study.db-wal", "study.db-shm", "attempts.json", "attempts.lock", "writer.lock",
    "witness.json", "settings.json", "central.pub", "study.damaged", "study.db.coming",
})  # fmt: skip


def write_file(path: Path, data: bytes, *, own: bool = False) -> None:
    """Replace `path` by `data` (readable by its owner only).  Raises StorageError, StorageFull.

    `own` says that the program writes one of its own files; whatever a person names may not replace those.
    """
    if not own:
        refuse_no_place(path)
    new = path.with_name(path.name + ".new")
    how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)  # Windows alone has text mode
    how |= getattr(os, "O_NOFOLLOW", 0)  # in a shared folder somebody may have laid a link there
    try:
        with open(os.open(new, how, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
        sync_folder(path.parent)
    except OSError as reason:
        with contextlib.suppress(OSError):  # the refusal below is what counts
            new.unlink()
        raise storage_refusal(reason, path) from reason


def refuse_no_place(path: Path) -> None:
    """Raise StorageError unless a file may be put at `path`: not over a file that holds the study or its
    keys, not over a device, a link or a pipe, which a rename would take away."""
    if not path.name or (os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode)):
        raise StorageError(
            f'"{path}" is not a place for a file. Choose a file name.',
            f"“{path}”不能存放文件。请指定文件名。",
            where=path.name,
        )
    if path.name.casefold() not in _OWN:
        return
    if any(os.path.lexists(path.parent / name) for name in _KEEPERS):
        raise StorageError(
            f"{path.name} in this folder belongs to the study itself. Choose another name or folder.",
            f"此文件夹中的 {path.name} 属于研究数据本身。请选择其他名称或文件夹。",
            where=path.name,
        )


def require_room(path: Path, size: int) -> None:
    """Raise StorageFull unless the disk of `path` has `size` bytes to spare, and a little more."""
    needed, free = (size + _SPARE) >> 20, shutil.disk_usage(path.parent).free >> 20
    if free < needed:
        raise StorageFull(
            f"This needs {needed} MB of free space, and {free} MB are there. Nothing was changed. Free some "
            "space, then try again.",
            f"此操作需要 {needed} MB 可用空间，现有 {free} MB。未作任何改动，请清理后重试。",
            where=path.name,
        )


def storage_refusal(reason: OSError, path: Path) -> StorageError:
    """What the system said about `path`, for people."""
    if reason.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(
            "The disk is full. Free some space, then save again; nothing that was saved before is lost.",
            "磁盘已满。请清理空间后再保存；此前已保存的内容没有丢失。",
            where=path.name,
        )
    return StorageError(
        f"The file {path.name} cannot be written or read. Check the folder's rights and the disk.",
        f"无法读写文件 {path.name}。请检查文件夹权限和磁盘。",
        where=path.name,
        system=errno.errorcode.get(reason.errno or 0, ""),
    )


def sync_file(path: Path) -> None:
    """Bring what stands in a file to disk.  Raises OSError."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring the rename to disk; Windows has no such call and orders it itself."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the lock file `path` for a few milliseconds of reading and writing; others wait for it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as reason:
        raise storage_refusal(reason, path) from reason
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)  # the system lets the lock go


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)
