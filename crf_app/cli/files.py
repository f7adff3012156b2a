"""Files that a verb is given: read with a limit, written whole, refused in words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from crf_app.errors import LimitExceeded, NotFound
from crf_app.settings.files import storage_refusal, write_file

MOST: Final = 64 * 1024 * 1024
PATH: Final = click.Path(path_type=Path)


def read_bytes(path: Path, most: int = MOST) -> bytes:
    """The file's bytes; `-` is standard input.  Raises NotFound, StorageError, LimitExceeded."""
    if str(path) == "-":
        return _within(sys.stdin.buffer.read(most + 1), most, path)
    try:
        with path.open("rb") as file:
            return _within(file.read(most + 1), most, path)
    except FileNotFoundError as reason:
        raise NotFound(f"There is no file {path}.", f"没有文件 {path}。", where=str(path)) from reason
    except OSError as reason:
        raise storage_refusal(reason, path) from reason


def write_bytes(path: Path, data: bytes) -> None:
    """Write the file whole or not at all.  Raises StorageError, StorageFull."""
    write_file(path, data)


def _within(data: bytes, most: int, path: Path) -> bytes:
    if len(data) > most:
        raise LimitExceeded(
            f"The file is larger than {most // 1024 // 1024} MiB.",
            f"文件大于 {most // 1024 // 1024} MiB。",
            where=path.name,
        )
    return data
