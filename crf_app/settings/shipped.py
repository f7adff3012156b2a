"""Where the program's own files lie: beside the package in the source tree, inside the built program."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[2]  # a built program keeps the package's place in its folder


def resource(name: str) -> Path:
    """The file or folder `resources/NAME`."""
    return _ROOT / "resources" / name


def forms_folder() -> Path:
    """Where the studies lie that come with the program and can be set up on this computer."""
    return _ROOT / "forms"
