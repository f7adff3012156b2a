"""Many histories, one seed each: into a central in memory, or into the real PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from bench.soak.centrals import Center, InMemory, InPostgres, postgres
from bench.soak.history import Told, play
from bench.soak.outcome import Outcome

MEMORY, POSTGRES = "histories of devices", "histories into PostgreSQL"


def memory_shard(first: int, count: int, make: Callable[[], Center] = InMemory) -> Outcome:
    """The seeds `first` … into a central in memory; `make` gives an empty one."""
    began = time.monotonic()
    return _outcome(MEMORY, count, [play(seed, make()) for seed in range(first, first + count)], began)


def postgres_shard(first: int, count: int) -> Outcome:
    """The same histories into databases of the embedded server."""
    began = time.monotonic()
    with _new_centers() as new:
        told = []
        for seed in range(first, first + count):
            with new() as center:
                told.append(play(seed, center))
    return _outcome(POSTGRES, count, told, began)


def replay(seed: int, *, in_postgres: bool) -> Outcome:
    """One history again."""
    return postgres_shard(seed, 1) if in_postgres else memory_shard(seed, 1)


@contextmanager
def _new_centers() -> Iterator[Callable[[], AbstractContextManager[Center]]]:
    with postgres() as databases:

        @contextmanager
        def new() -> Iterator[Center]:
            central = databases.new()
            try:
                yield InPostgres(central)
            finally:
                databases.drop(central)

        yield new


def _outcome(exercise: str, wanted: int, told: list[Told], began: float) -> Outcome:
    flag = " --in-postgres" if exercise == POSTGRES else ""
    return Outcome(
        exercise,
        wanted,
        len(told),
        sum(one.lost for one in told),
        sum(1 for one in told if one.broken),
        began,
        time.monotonic(),
        notes={
            "records": sum(one.records for one in told),
            "bundles taken": sum(one.bundles for one in told),
            "damaged files refused": sum(one.damaged for one in told),
        },
        problems=tuple(
            f"{words}; again: python -m bench.soak --replay {one.seed}{flag}"
            for one in told
            for words in one.broken[:3]
        ),
    )
