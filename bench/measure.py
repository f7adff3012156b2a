"""Rows of the table, and how two things are timed against each other.

Milliseconds depend on the machine, ratios carry over: A (this program) and B (the floor, doing the same by
the shortest means) run in turns in one process, and the median of the blocks counts.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final, Literal

Sense = Literal["at most", "at least", "exactly"]
BLOCKS: Final = 7


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.  `a` and `b` are in `unit`; `value` is what is held against the goal.

    `value` is a/b for times and memory, b/a for rates (so that more is better), or a count.
    """

    id: str
    what: str
    floor: str
    value: float
    sense: Sense
    goal: float
    a: float | None = None
    b: float | None = None
    unit: str = "ms"
    blocks: int = BLOCKS
    note: str = ""

    @property
    def met(self) -> bool:
        if self.sense == "at most":
            return self.value <= self.goal
        return self.value >= self.goal if self.sense == "at least" else self.value == self.goal


@dataclass(frozen=True, slots=True)
class Pair:
    """Medians of the blocks, in seconds."""

    a: float
    b: float
    blocks: int

    @property
    def ratio(self) -> float:
        return self.a / self.b


def timed(work: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def compare(a: Callable[[], float], b: Callable[[], float], blocks: int = BLOCKS) -> Pair:
    """Run A and B in turns, one warm-up each, then `blocks` times; each returns the seconds it counted."""
    a(), b()
    of_a, of_b = [], []
    for n in range(blocks):
        for work, times in ((a, of_a), (b, of_b)) if n % 2 else ((b, of_b), (a, of_a)):
            times.append(work())
    return Pair(statistics.median(of_a), statistics.median(of_b), blocks)


def time_row(id_: str, what: str, floor: str, goal: float, pair: Pair, note: str = "") -> Row:
    """A time against the floor's time: at most `goal` times as long."""
    return Row(
        id_, what, floor, pair.ratio, "at most", goal, pair.a * 1e3, pair.b * 1e3, "ms", pair.blocks, note
    )


def rate_row(id_: str, what: str, floor: str, goal: float, pair: Pair, things: int, note: str = "") -> Row:
    """Things a second against the floor's: at least `goal` of its rate.  Both did `things` things."""
    rate_a, rate_b = things / pair.a, things / pair.b
    return Row(id_, what, floor, rate_a / rate_b, "at least", goal, rate_a, rate_b, "/s", pair.blocks, note)


def give(row: Row) -> None:
    """To the process that collects: one JSON line."""
    sys.stdout.write(json.dumps(asdict(row)) + "\n")
    sys.stdout.flush()


def say(words: str) -> None:
    """To the person who waits."""
    sys.stderr.write(f"  {words}\n")
    sys.stderr.flush()
