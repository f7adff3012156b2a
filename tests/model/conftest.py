"""Lets the tests of amendments import their shared strategy."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # amendment_strategy
