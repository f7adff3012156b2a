"""Broken and hostile files, for a time, at each reader: taken or refused in words, soon, in little memory."""

from __future__ import annotations

import gc
import logging
import random
import resource
import signal
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.soak import readers
from bench.soak.outcome import Outcome
from bench.soak.readers import Reader
from crf_app.errors import CrfError

MOST_MB = 300.0  # that all readings of a shard may add to the memory of the process


class _TooLong(BaseException):
    """Raised into a reading that goes on; no handler of the program's catches it."""


def exercise(name: str) -> str:
    return f"fuzz: {name}"


def fuzzed_shard(name: str, seconds: int, seed: int) -> Outcome:
    """Readings of one reader for `seconds`; `seed` begins the row of seeds that problems name."""
    began, tries, refused, worst = time.monotonic(), 0, 0, 0.0
    problems: list[str] = []
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # tells of each blank that is one too many
    reader = readers.reader(name)
    for sample in reader.samples:
        _check_sample(name, reader, sample)
    gc.collect()
    before, until = _memory(), time.monotonic() + seconds
    while time.monotonic() < until and len(problems) < 5:
        place = seed + tries
        data = reader.mutate(random.Random(f"{name}{place}"), reader.samples)
        start = time.monotonic()
        said = _one(reader, data)
        worst = max(worst, time.monotonic() - start)
        refused += said == "refused"
        if said not in ("taken", "refused"):
            problems.append(f"seed {place} ({len(data)} bytes, sum {zlib.crc32(data):08x}): {said}")
        tries += 1
    growth = max(0.0, _memory() - before)
    notes = {"refused": float(refused), "most seconds for one": round(worst, 2)}
    return Outcome(
        exercise(name), tries, tries, 0, len(problems), began, time.monotonic(), round(growth, 1), MOST_MB,
        notes, tuple(problems),
    )  # fmt: skip


def _check_sample(name: str, reader: Reader, sample: bytes) -> None:
    """A sound file is taken: else what is tried would be refusals only.  Raises AssertionError."""
    said = _one(reader, sample)
    assert said == "taken", f"{name}: a sound sample is {said}"


def _one(reader: Reader, data: bytes) -> str:
    """taken, refused, or what went wrong."""
    try:
        with _no_longer_than(reader.seconds):
            reader.read(data)
    except CrfError as refusal:
        said = (refusal.sentence("en"), refusal.sentence("zh"))
        return "refused" if all(said) else f"refused without words: {type(refusal)}"
    except _TooLong:
        return f"still reading after {reader.seconds:g} s"
    except Exception as fault:  # noqa: BLE001  (any other is what is looked for)
        return f"{type(fault).__name__}: {str(fault)[:200]}"
    return "taken"


@contextmanager
def _no_longer_than(seconds: float) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _memory() -> float:
    """The largest that the process has been, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
