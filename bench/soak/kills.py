"""kill -9 of the real `crf-app put --stdin` at random moments, on one home after the other.

Each kill: the program had given at least one answer, was killed, and the next kill's start on the same home
gives answers again.  After the last kill of a home: every acknowledged answer of all its rounds is in the
ledger with its value, and `verify` (pages, schema, chain, seals, tables folded anew) finds nothing.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.soak import from_tests
from bench.soak.outcome import Outcome
from crf_app.actions.demo_site import PASSWORD, make_people
from crf_app.actions.session import sign_in, sign_out
from crf_app.actions.subjects import add_subject
from crf_app.crypto.passwords import LIGHT
from crf_app.model.clock import SystemClock

EXERCISE = "kill -9 while values are stored"
PER_HOME = 100
STUDY = from_tests.TESTS.parent / "forms" / "hucmsc"
PROGRAM = (sys.executable, "-m", "crf_app")


def kill_shard(kills: int, seed: int, program: Sequence[str] = PROGRAM) -> Outcome:
    """`kills` kills on a home of their own.  `program` is what is killed; what reads is the real one."""
    from kill_rounds import kill_rounds, lost_of

    began = time.monotonic()
    with _home() as (home, environment):
        killed = ([*program, "--as", "nurse"], environment)
        rounds = list(kill_rounds(killed, home.parent / "lines", kills, random.Random(seed)))
        acknowledged = [answer for one in rounds for answer in one.answers]
        lost = lost_of(acknowledged, _asked(environment, "audit", "ZN001"))
        (checked,) = _asked(environment, "--json", "verify")
    wrong = [f"verify: {problem}" for problem in checked["problems"]]
    slow = _slow_starts([one.start for one in rounds])
    problems = [f"seed {seed}: lost {one}" for one in lost[:3]] + [
        f"seed {seed}: {one}" for one in wrong + slow
    ]
    return Outcome(
        EXERCISE,
        kills,
        len(rounds),
        len(lost),
        len(wrong) + len(slow),
        began,
        time.monotonic(),
        notes={
            "values acknowledged and found again": len(acknowledged) - len(lost),
            "homes verified": 1,
            "most seconds from a start after a kill to the first answer": max(one.start for one in rounds),
        },
        problems=tuple(problems),
    )


def _slow_starts(starts: Sequence[float]) -> list[str]:
    """R01: a start after a kill takes at most twice as long as the first one, which follows a clean close."""
    if len(starts) < 3:
        return []
    after = statistics.median(starts[1:])
    return [f"starts after a kill take {after:.2f} s, not {starts[0]:.2f} s"] if after > 2 * starts[0] else []


def _asked(environment: dict[str, str], *verb: str) -> list[dict[str, Any]]:
    """What the real program prints, line by line."""
    done = subprocess.run(
        [*PROGRAM, "--as", "nurse", *verb], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 4):  # 4: what verify finds is in its answer
        raise RuntimeError(f"{verb[-1]} after the kills ended with {done.returncode}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


@contextmanager
def _home() -> Iterator[tuple[Path, dict[str, str]]]:
    """A home with made-up people and one subject, and the environment to sign in there as the nurse."""
    with tempfile.TemporaryDirectory(prefix="crf-soak-") as folder:
        home, secret = Path(folder) / "home", Path(folder) / "secret"
        make_people(home, STUDY, SystemClock(), LIGHT)
        session = sign_in(home, "nurse", PASSWORD, SystemClock())
        add_subject(session, "ZN001")
        sign_out(session)
        secret.write_text(PASSWORD + "\n", "utf-8")
        yield (
            home,
            os.environ | {"CRF_HOME": str(home), "CRF_SECRET_FILE": str(secret), "PYTHONUNBUFFERED": ""},
        )
