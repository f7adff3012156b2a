"""`python -m bench.soak`: every exercise in shards, two at a time, one table; exit code 1 when one failed."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context

from bench.soak import (
    cycles,
    damaged,
    faulty,
    fuzzed,
    histories,
    killed,
    kills,
    powercut,
    readers,
    site,
    work,
)
from bench.soak.outcome import Outcome, printed, together

PER_SHARD = {
    "kills": kills.PER_HOME, "histories": 500, "postgres": 50, "work": 25, "killed": 100, "damaged": 100,
}  # fmt: skip
FULL = {
    "kills": 1000, "cycles": 1000, "histories": 10_000, "postgres": 300, "work": 60, "killed": 200,
    "faulty": 10_000, "powercut": 10_000, "damaged": 400, "second": 50, "fuzz": 600,
}  # fmt: skip
SHORT = {
    "kills": 6, "cycles": 20, "histories": 150, "postgres": 5, "work": 2, "killed": 1,
    "faulty": 1, "powercut": 1, "damaged": 2, "second": 1, "fuzz": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shard:
    """One call in a process of the pool; `tries` is what it is asked for."""

    exercise: str
    run: Callable[..., Outcome]
    arguments: tuple[int | str, ...]
    tries: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when everything passed, else 1."""
    options = _options(arguments)
    began = time.monotonic()
    if options.replay is not None:
        outcomes = [histories.replay(options.replay, in_postgres=options.in_postgres)]
    else:
        outcomes = run(plan(options), options.workers)
    print(printed(outcomes))
    passed = all(one.passed for one in outcomes)
    print(f"{'passed' if passed else 'FAILED'} in {time.monotonic() - began:.0f} s")
    return 0 if passed else 1


def plan(options: argparse.Namespace) -> list[Shard]:
    """The longest first, so that the cores end together."""
    seed: int = options.seed
    shards = (
        [Shard(cycles.EXERCISE, cycles.cycle_shard, (options.cycles,), options.cycles)]
        if options.cycles
        else []
    )
    for first, count in _cut(options.kills, PER_SHARD["kills"]):
        shards.append(Shard(kills.EXERCISE, kills.kill_shard, (count, seed + first), count))
    for name in killed.NAMES:
        for first, count in _cut(options.killed, PER_SHARD["killed"]):
            shards.append(
                Shard(killed.exercise(name), killed.killed_shard, (name, count, seed + first), count)
            )
    for act in site.ACTS:
        for of, run_shard, most in (
            (faulty.exercise, faulty.faulty_shard, options.faulty),
            (powercut.exercise, powercut.powercut_shard, options.powercut),
        ):
            shards += [Shard(of(act.name), run_shard, (act.name, most), most)] if most else []
    if options.fuzz:
        for name in readers.READERS:
            shards.append(Shard(fuzzed.exercise(name), fuzzed.fuzzed_shard, (name, options.fuzz, seed), 0))
    for name, run_some in ((damaged.EXERCISE, damaged.damaged_shard), (damaged.LOG, damaged.log_shard)):
        for first, count in _cut(options.damaged, PER_SHARD["damaged"]):
            shards.append(Shard(name, run_some, (count, seed + first), count))
    if options.second:
        shards.append(Shard(damaged.SECOND, damaged.second_shard, (options.second,), options.second))
    for first, count in _cut(options.postgres, PER_SHARD["postgres"]):
        shards.append(Shard(histories.POSTGRES, histories.postgres_shard, (seed + first, count), count))
    for first, count in _cut(options.work, PER_SHARD["work"]):
        shards.append(Shard(work.EXERCISE, work.work_shard, (count, seed + first), count))
    for first, count in _cut(options.histories, PER_SHARD["histories"]):
        shards.append(Shard(histories.MEMORY, histories.memory_shard, (seed + first, count), count))
    return shards


def _cut(total: int, size: int) -> list[tuple[int, int]]:
    return [(first, min(size, total - first)) for first in range(0, total, size)]


def run(shards: Sequence[Shard], workers: int) -> list[Outcome]:
    """One outcome an exercise, in the order of the plan.  A shard that breaks off counts as failed."""
    found: dict[str, list[Outcome]] = {one.exercise: [] for one in shards}
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        waiting: dict[Future[Outcome], Shard] = {pool.submit(one.run, *one.arguments): one for one in shards}
        for done in as_completed(waiting):
            outcome = _outcome(done, waiting[done])
            found[outcome.exercise].append(outcome)
            words = "" if outcome.passed else "  FAILED " + " ".join(outcome.problems[:1])
            sys.stderr.write(
                f"{outcome.exercise}: {outcome.tries} in {outcome.ended - outcome.began:.0f} s{words}\n"
            )
    return [together(some) for some in found.values()]


def _outcome(done: Future[Outcome], shard: Shard) -> Outcome:
    broke_off = done.exception()
    if broke_off is None:
        return done.result()
    now = time.monotonic()
    words = f"broke off with {shard.arguments}: {type(broke_off).__name__}: {broke_off}"
    return Outcome(shard.exercise, shard.tries, 0, 0, 0, now, now, problems=(words,))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.soak", description="The long run; see docs/performance.md."
    )
    parser.add_argument("--short", action="store_true", help="small numbers, under a minute: for CI")
    for name, words in (
        ("kills", "kill -9 of the program while it stores values"),
        ("cycles", "times the 200-item form is opened and closed"),
        ("histories", "histories of several devices, central in memory"),
        ("postgres", "histories into the real PostgreSQL"),
        ("killed", "kill -9 during each of sign, PDF, backup, bundle"),
        ("faulty", "refused file calls for each act, at most"),
        ("powercut", "disks that a power cut leaves of each act, at most"),
        ("fuzz", "seconds of broken and hostile files at each reader"),
        ("damaged", "damaged homes, and as many damaged write-ahead logs"),
        ("second", "second programs, and locks that were left"),
        ("work", "random work at the window: persons, locks, stops, switches"),
    ):
        parser.add_argument(
            f"--{name}", type=int, help=f"{words}; {FULL[name]:,} unless told, 0 to leave it out"
        )
    parser.add_argument(
        "--seed", type=int, default=0, help="the first seed; kills and histories count on from it"
    )
    parser.add_argument("--replay", type=int, metavar="SEED", help="play this one history again")
    parser.add_argument("--in-postgres", action="store_true", help="with --replay: into PostgreSQL")
    parser.add_argument(
        "--workers", type=int, default=min(2, os.cpu_count() or 1), help="processes at a time"
    )
    options = parser.parse_args(arguments)
    for name, count in (SHORT if options.short else FULL).items():
        if getattr(options, name) is None:
            setattr(options, name, count)
    return options


if __name__ == "__main__":
    sys.exit(main())
