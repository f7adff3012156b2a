"""Makes the simulators and rounds of the tests importable: the soak plays the same game, only longer."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2] / "tests"

for folder in ("sync", "central", "cli"):
    if str(TESTS / folder) not in sys.path:
        sys.path.append(str(TESTS / folder))
