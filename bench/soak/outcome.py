"""What came of an exercise, and the table of all of them.

An exercise runs in shards; their outcomes add up.  It passes when nothing was lost, nothing differed and
nothing grew over the limit, and when it was tried as often as was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.table import aligned

_HEAD = ("fault", "tries", "of", "lost", "undetected", "growth", "seconds", "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`began` and `ended` are seconds on the machine's monotonic clock; `growth` in MB, None: not measured.

    `lost` counts acknowledged things that are gone, `different` every other law that did not hold (damage not
    seen, a half file, no next start; in the table: undetected).  Each of them has a line in `problems` that
    says where, and how to run it again.
    """

    exercise: str
    wanted: int
    tries: int
    lost: int
    different: int
    began: float
    ended: float
    growth: float | None = None
    limit: float | None = None
    notes: dict[str, float] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        grew = self.growth is not None and self.limit is not None and self.growth > self.limit
        return self.tries == self.wanted and not (self.lost or self.different or grew or self.problems)


def together(shards: Sequence[Outcome]) -> Outcome:
    """One outcome from the shards of one exercise; counts add up, notes called `most …` give the largest."""
    first = shards[0]
    notes: dict[str, float] = {}
    for one in shards:
        for name, amount in one.notes.items():
            before = notes.get(name, 0)
            notes[name] = max(before, amount) if name.startswith("most ") else before + amount
    grown = [one.growth for one in shards if one.growth is not None]
    return Outcome(
        first.exercise,
        sum(one.wanted for one in shards),
        sum(one.tries for one in shards),
        sum(one.lost for one in shards),
        sum(one.different for one in shards),
        min(one.began for one in shards),
        max(one.ended for one in shards),
        max(grown) if grown else None,
        first.limit,
        notes,
        tuple(problem for one in shards for problem in one.problems),
    )


def printed(outcomes: Sequence[Outcome]) -> str:
    """A Markdown table, then what was counted besides, then every problem."""
    lines = aligned([_HEAD, *(_cells(one) for one in outcomes)])
    for one in outcomes:
        counted = ", ".join(f"{amount:,.10g} {name}" for name, amount in one.notes.items())
        lines += [f"{one.exercise}: {counted}"] if counted else []
    lines += [f"FAILED {one.exercise}: {problem}" for one in outcomes for problem in one.problems]
    return "\n".join(lines)


def _cells(one: Outcome) -> tuple[str, ...]:
    growth = "" if one.growth is None else f"{one.growth:.1f} MB"
    growth += "" if one.limit is None else f" (≤ {one.limit:g})"
    numbers = (f"{one.tries:,}", f"{one.wanted:,}", f"{one.lost:,}", f"{one.different:,}")
    return (
        one.exercise,
        *numbers,
        growth,
        f"{one.ended - one.began:.0f}",
        "passed" if one.passed else "FAILED",
    )
