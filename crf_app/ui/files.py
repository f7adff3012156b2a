"""The system's own dialogs for files and folders: the only windows that are not ours."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from crf_app.settings.files import storage_refusal


def ask_file(parent: QWidget, title: str) -> Path | None:
    """A file to read; None when nothing was chosen."""
    name, _ = QFileDialog.getOpenFileName(parent, title)
    return Path(name) if name else None


def ask_save(parent: QWidget, title: str, name: str) -> Path | None:
    """Where to write; the system asks before a file is replaced."""
    chosen, _ = QFileDialog.getSaveFileName(parent, title, str(Path.home() / name))
    return Path(chosen) if chosen else None


def ask_folder(parent: QWidget, title: str) -> Path | None:
    """A folder; None when nothing was chosen."""
    name = QFileDialog.getExistingDirectory(parent, title)
    return Path(name) if name else None


def read(path: Path, most: int = 512 * 1024 * 1024) -> bytes:
    """The bytes of a file, at most `most` + 1 of them (the reader then says that it is too large).

    Raises StorageError.
    """
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as reason:
        raise storage_refusal(reason, path) from reason


def size_words(n: int) -> str:
    """ "31 kB", "1.2 GB"."""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if n >= step:
            return f"{n / step:.1f} {unit}" if n < 10 * step else f"{n // step} {unit}"
    return f"{n} B"
