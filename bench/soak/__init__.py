"""The long run: faults and exercises, thousands of times; one table says what was lost, different or grew.

It plays with the simulators and rounds of the tests, only longer; this makes them importable.
"""

import sys
from pathlib import Path

_TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path += [str(_TESTS / folder) for folder in ("sync", "central", "cli", "ui")]
