"""The soak can fail: what is broken on purpose is reported, and what is sound passes.

The openings themselves run in CI through `make soak SOAK_ARGS=--short`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.cycles import Cycled
from bench.soak import __main__ as soak
from bench.soak.centrals import InMemory, Place, Position
from bench.soak.cycles import judged
from bench.soak.histories import memory_shard, postgres_shard
from bench.soak.kills import kill_shard
from bench.soak.outcome import Outcome, printed, together

LONG = 40  # histories in which each fault shows


class Loses(InMemory):
    """Drops the last record of a bundle of several."""

    def _keep(self, place: Place, new: dict[Position, tuple[Position, bytes]]) -> None:
        last = max(new, default=None)
        super()._keep(place, {at: one for at, one in new.items() if len(new) < 3 or at != last})


class Overwrites(InMemory):
    """The second branch of a fork takes the places of the first."""

    def _keep(self, place: Place, new: dict[Position, tuple[Position, bytes]]) -> None:
        taken = {seq for seq, _ in new}
        self._chains[place] = {at: one for at, one in self._chains[place].items() if at[0] not in taken}
        super()._keep(place, new)


class Trusts(InMemory):
    """Takes in what it cannot open as if nothing had been there."""

    def receive(self, data: bytes) -> None:
        try:
            super().receive(data)
        except Exception:  # noqa: BLE001 (this is the fault)
            return


class FoldsOtherwise(InMemory):
    """Another state hash than the records give."""

    def state_hash(self) -> str:
        return super().state_hash()[::-1]


def test_sound_histories_pass_in_memory_and_in_postgresql() -> None:
    for outcome in (memory_shard(0, LONG), postgres_shard(0, 3)):
        assert outcome.passed, outcome.problems
        assert outcome.notes["records"] > 100 and outcome.notes["damaged files refused"] > 2


def test_the_same_seed_plays_the_same_history() -> None:
    first, second = memory_shard(7, 1), memory_shard(7, 1)
    assert first.notes == second.notes


@pytest.mark.parametrize(
    ("fault", "lost", "law"),
    [
        (Loses, True, "law 3"),
        (Overwrites, True, "law 3"),
        (Trusts, False, "law 9"),
        (FoldsOtherwise, False, "law 1"),
    ],
)
def test_a_central_with_a_fault_is_found(fault: Callable[[], InMemory], lost: bool, law: str) -> None:
    outcome = memory_shard(0, LONG, fault)
    assert not outcome.passed
    assert (outcome.lost > 0) is lost and outcome.different > 0
    mine = next(one for one in outcome.problems if one.startswith(law))
    assert "again: python -m bench.soak --replay " in mine
    seed = int(mine.rpartition(" ")[2])
    assert any(one.startswith(law) for one in memory_shard(seed, 1, fault).problems)


def test_a_program_that_answers_before_it_commits_is_found() -> None:
    early = (sys.executable, str(Path(__file__).with_name("early_program.py")))
    outcome = kill_shard(3, 1, early)
    assert outcome.lost > 0 and not outcome.passed
    assert outcome.tries == 3 and "lost" in outcome.problems[0]


def found(growth: float = 0.0, none: int = 0, said: tuple[str, ...] = (), opened: int = 9) -> Outcome:
    return judged(
        9, Cycled(9, opened, 100.0, 100.0 + growth, 1000, 1000 + none, 1.0, (), said), time.monotonic()
    )


@pytest.mark.parametrize(
    ("outcome", "passed"),
    [
        (found(), True),
        (found(growth=4.9, none=300), True),
        (found(growth=5.1), False),
        (found(none=-1), False),
        (found(said=("QtWarningMsg: made up",)), False),
        (found(opened=8), False),
    ],
)
def test_growth_lost_references_and_warnings_fail_the_openings(outcome: Outcome, passed: bool) -> None:
    assert outcome.passed is passed
    assert ("FAILED" in printed([outcome])) is not passed


def test_shards_add_up_and_one_that_fails_fails_all() -> None:
    both = together([memory_shard(0, 2, Loses), memory_shard(2, 2)])
    assert both.tries == both.wanted == 4 and not both.passed


def test_a_shard_that_breaks_off_fails_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    only = ["--workers=1", *(f"--{name}=0" for name in soak.FULL if name != "histories")]
    assert soak.main([*only, "--histories=3"]) == 0
    assert "passed in" in capsys.readouterr().out
    (outcome,) = soak.run([soak.Shard("made up", memory_shard, (), 5)], 1)
    assert not outcome.passed and outcome.tries == 0
    assert "broke off" in outcome.problems[0]
