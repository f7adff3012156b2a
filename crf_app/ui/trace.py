"""Marks for measuring from outside: `CRF_TRACE=FILE` gets one JSON line an event, monotonic nanoseconds.

Names of events only (`start`, `window.painted`, `form.open` …); no keys, no values.
"""

from __future__ import annotations

import json
import os
import time


def mark(event: str) -> None:
    """Append the event to the trace file; without `CRF_TRACE` nothing happens."""
    path = os.environ.get("CRF_TRACE")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"event": event, "ns": time.monotonic_ns()}) + "\n")
