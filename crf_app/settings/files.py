"""Small files written whole or not at all, and the system's refusals said in words.

A file is written beside its place as `NAME.new`, brought to disk, renamed, and the folder is brought
to disk.  After a crash either the old or the new file stands; a left-over `.new` is never read.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from crf_app.errors import StorageError, StorageFull


def write_file(path: Path, data: bytes) -> None:
    """Replace `path` by `data` (readable by its owner only).  Raises StorageError, StorageFull."""
    new = path.with_name(path.name + ".new")
    how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)  # Windows alone has text mode
    try:
        with open(os.open(new, how, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
        _sync_folder(path.parent)
    except OSError as reason:
        with contextlib.suppress(OSError):  # the refusal below is what counts
            new.unlink()
        raise storage_refusal(reason, path) from reason


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


def _sync_folder(folder: Path) -> None:
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
