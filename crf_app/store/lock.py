"""One writer: a second process on the same home is refused in words.

The lock belongs to the operating system and ends with the process, also after a kill; the file stays.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from crf_app.errors import Busy
from crf_app.settings.files import storage_refusal

_held: set[Path] = set()


class HomeLock:
    """Held from `__init__` until `release`.  Raises Busy (another one holds it), StorageError."""

    def __init__(self, home: Path) -> None:
        self._path = (home / "writer.lock").resolve()
        if self._path in _held:
            raise _busy(home)
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise storage_refusal(error, self._path) from error
        try:
            _lock(file)
        except OSError as error:
            os.close(file)
            raise _busy(home) from error
        self._file: int | None = file
        _held.add(self._path)

    def release(self) -> None:
        """Let the next one in; a second call does nothing (the number may be another file by then)."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            _held.discard(self._path)


def _lock(file: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _busy(home: Path) -> Busy:
    return Busy(
        "Another window or command has this study open. Close it there, then try again.",
        "另一个窗口或命令正在使用本研究数据，请先将其关闭。",
        where=str(home),
    )
