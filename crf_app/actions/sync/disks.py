"""Removable disks of this computer, with their free space, for the courier's bundle."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Disk:
    path: Path
    label: str
    free: int  # bytes


def removable_disks() -> list[Disk]:
    """Where a stick is mounted now; empty when there is none."""
    out = []
    for path in _candidates():
        try:
            free = shutil.disk_usage(path).free
        except OSError:
            continue  # unplugged while we looked
        out.append(Disk(path, path.name or str(path), free))
    return out


def _candidates() -> list[Path]:
    if sys.platform == "win32":
        import ctypes

        letters = [Path(f"{chr(65 + n)}:\\") for n in range(26)]
        return [path for path in letters if ctypes.windll.kernel32.GetDriveTypeW(str(path)) == 2]
    if sys.platform == "darwin":
        return [path for path in _children(Path("/Volumes")) if not path.is_symlink()]
    user = os.environ.get("USER", "root")
    found = [*_children(Path("/media") / user), *_children(Path("/run/media") / user)]
    return [path for path in found if os.path.ismount(path)]


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
