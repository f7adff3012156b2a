"""The fuzz can fail: a fault, a refusal without words, and a reading without end are problems."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from bench.soak import fuzzed, readers
from bench.soak.mutating import MOST, mutated
from bench.soak.readers import Reader
from crf_app.errors import ValueRejected

SAMPLE = b"sound sample 1"


def told(monkeypatch: pytest.MonkeyPatch, read: Any, seconds: float = 5.0) -> tuple[int, tuple[str, ...]]:
    """(problems, their words) of a reader that takes the sample and does `read` with anything else."""
    one = Reader([SAMPLE], lambda data: None if data == SAMPLE else read(data), seconds=seconds)
    monkeypatch.setattr(readers, "reader", lambda name: one)
    made = fuzzed.fuzzed_shard("made up", 1, 0)
    return made.different, made.problems


def test_what_is_taken_or_refused_in_words_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(data: bytes) -> None:
        if len(data) % 2:
            raise ValueRejected("Not this (made up).", "不行（虚构）。")

    assert told(monkeypatch, read) == (0, ())


def test_a_fault_is_named_with_the_seed_that_makes_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    count, problems = told(monkeypatch, lambda data: [][0])
    assert count == 5 and all("IndexError" in one and one.startswith("seed ") for one in problems)


def test_a_refusal_in_one_language_only_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(data: bytes) -> None:
        raise ValueRejected("Not this (made up).", "")

    assert "refused without words" in told(monkeypatch, read)[1][0]


def test_a_reading_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(data: bytes) -> None:
        try:
            time.sleep(60)
        except Exception:  # noqa: BLE001  (a reader that catches everything)
            time.sleep(60)

    assert "still reading after 0.1 s" in told(monkeypatch, read, seconds=0.1)[1][0]


def test_a_reader_that_refuses_its_own_sample_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(data: bytes) -> None:
        raise ValueRejected("No.", "否。")

    monkeypatch.setattr(readers, "reader", lambda name: Reader([SAMPLE], refuse))
    with pytest.raises(AssertionError):
        fuzzed.fuzzed_shard("made up", 1, 0)


def test_changes_follow_from_the_seed_and_stay_within_bounds() -> None:
    made = [mutated(random.Random(seed), [SAMPLE * 50]) for seed in range(300)]
    assert made == [mutated(random.Random(seed), [SAMPLE * 50]) for seed in range(300)]
    assert len(set(made)) > 250 and max(map(len, made)) <= MOST
