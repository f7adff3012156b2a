"""Opening and closing the 200-item form: what it leaves behind, held against the limits of P15."""

from __future__ import annotations

import time

from bench.cycles import WARM_UP, Cycled, cycled
from bench.soak.outcome import Outcome

EXERCISE = "opening and closing 200 items"
MOST_GROWTH = 5.0  # MB


def cycle_shard(cycles: int) -> Outcome:
    """`cycles` cycles in a window of their own."""
    began = time.monotonic()
    return judged(cycles, cycled(cycles, min(WARM_UP, cycles)), began)


def judged(wanted: int, found: Cycled, began: float) -> Outcome:
    """Growth, references to None, and anything that Qt or Python said.

    PySide 6.11 keeps one reference to None for each virtual function that Qt calls for the first time on an
    object, which holds no memory; losing them is what ends a process (ADR-0008), so fewer is what fails.
    """
    problems = [f"said: {line}" for line in found.said[:5]]
    if found.growth > MOST_GROWTH:
        problems.append(f"grew by {found.growth:.1f} MB: {found.rss_before:.1f}, then {found.curve}")
    if found.none_delta < 0:
        problems.append(f"{-found.none_delta} references to None are lost")
    return Outcome(
        EXERCISE,
        wanted,
        found.opened,
        0,
        len(found.said) + (found.none_delta < 0),
        began,
        time.monotonic(),
        found.growth,
        MOST_GROWTH,
        {"references to None kept": float(found.none_delta), "warnings": float(len(found.said))},
        tuple(problems),
    )
