"""What many tries found, added up to one outcome."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from bench.soak.outcome import Outcome
from bench.soak.site import Judged

_SHOWN = 8


@dataclass
class Tally:
    """`lost` and `wrong` are counted by thing; the first few are kept in words."""

    lost: int = 0
    wrong: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, where: str, found: Judged) -> None:
        """`where` says how to run the try again."""
        self.lost += len(found.lost)
        self.wrong += len(found.wrong)
        self.problems += [f"{where}: lost {one}" for one in found.lost]
        self.problems += [f"{where}: {one}" for one in found.wrong]

    def outcome(
        self, exercise: str, wanted: int, tries: int, began: float, notes: dict[str, float] | None = None
    ) -> Outcome:
        return Outcome(
            exercise, wanted, tries, self.lost, self.wrong, began, time.monotonic(), notes=notes or {},
            problems=tuple(self.problems[:_SHOWN]),
        )  # fmt: skip
