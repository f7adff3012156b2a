"""Marks for measuring from outside: `CRF_TRACE=FILE` gets one JSON line an event, monotonic nanoseconds.

Names of events only, no keys, no values: `start`, `window.painted` (first picture), `form.open` (asked for),
`form.painted` (its fields stand there with their values), `edit.done` (the field was left with another text),
`edit.durable` (the commit came back).
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
