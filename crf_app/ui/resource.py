"""Where the program's own files lie: beside the package in the source tree, inside the built program."""

from __future__ import annotations

import sys
from pathlib import Path


def resource(name: str) -> Path:
    """The file or folder `resources/NAME`."""
    frozen = getattr(sys, "_MEIPASS", None)
    root = Path(frozen) if frozen else Path(__file__).resolve().parents[2]
    return root / "resources" / name


def forms_folder() -> Path:
    """Where the studies lie that can be set up on this computer."""
    return resource("").parent / "forms"
