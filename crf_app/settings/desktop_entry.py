"""The program in the menu of a Linux desktop: one entry and its icon in the user's data folder.

`resources/desktop` holds what a package for a whole computer would install; here the entry gets the place of
this very program.  Windows and macOS have their own ways and are refused.
(Desktop Entry Specification; Icon Theme Specification)
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from crf_app.errors import StorageError, WrongState
from crf_app.settings.files import storage_refusal
from crf_app.settings.shipped import resource

NAME: Final = "crf-app"
SOURCE: Final = resource("desktop")
_PLACES: Final = {
    f"{NAME}.desktop": "applications",
    f"{NAME}.svg": "icons/hicolor/scalable/apps",
    f"{NAME}.png": "icons/hicolor/256x256/apps",
}


def add_entry(command: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """Write entry and icon; returns the entry's path.  Raises WrongState (no Linux), StorageError."""
    for name, path in _paths(environ).items():
        data = (SOURCE / name).read_bytes()
        if name.endswith(".desktop"):
            data = _with_command(data.decode(), command or _this_program()).encode()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            path.chmod(0o644)
        except OSError as reason:
            raise storage_refusal(reason, path) from reason
    return _paths(environ)[f"{NAME}.desktop"]


def remove_entry(environ: Mapping[str, str] | None = None) -> bool:
    """Take them away; False where nothing was there.  Raises WrongState, StorageError."""
    there = [path for path in _paths(environ).values() if path.exists()]
    for path in there:
        try:
            path.unlink()
        except OSError as reason:
            raise storage_refusal(reason, path) from reason
    return bool(there)


def _paths(environ: Mapping[str, str] | None) -> dict[str, Path]:
    """File in `resources/desktop` → its place in the user's data folder."""
    if not sys.platform.startswith("linux"):
        raise WrongState(
            "Only Linux desktops have such entries. Pin the program to the task bar or the Dock instead.",
            "仅 Linux 桌面有此类菜单项。请将程序固定到任务栏或程序坞。",
        )
    named = os.environ if environ is None else environ
    data = Path(named.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    if not data.is_absolute():
        raise StorageError(
            "XDG_DATA_HOME must name a folder from the root on.",
            "XDG_DATA_HOME 必须是绝对路径。",
            where=str(data),
        )
    return {name: data / place / name for name, place in _PLACES.items()}


def _this_program() -> list[str]:
    """How this program is started: the built one is a file of its own."""
    built = getattr(sys, "frozen", False)
    return [sys.executable] if built else [sys.executable, "-m", "crf_app"]


def _with_command(entry: str, command: Sequence[str]) -> str:
    line = "Exec=" + " ".join(_quoted(word) for word in command)
    return re.sub(r"^Exec=.*$", lambda _: line, entry, count=1, flags=re.MULTILINE)


def _quoted(word: str) -> str:
    """A word of a command line as the specification wants it: quoted, then escaped as a value."""
    inside = re.sub(r'(["`$\\])', r"\\\1", word)
    return '"' + inside.replace("\\", "\\\\").replace("%", "%%") + '"'
