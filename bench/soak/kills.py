"""kill -9 of the real `crf-app put --stdin` at random moments, on one home after the other.

Each kill: the program had given at least one answer, was killed, and the next start on the same home gives
answers again.  After the last kill of a home: every acknowledged answer of all its rounds is in the ledger
with its value, `verify` (pages, schema, chain, seals, tables folded anew) finds nothing, and a start after a
kill takes at most twice as long as one after an end in order, on the same home.
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

from kill_rounds import Answer, Program, kill_rounds, lost_of, seconds_to_one_answer

from bench.soak.outcome import Outcome
from crf_app.actions.demo.demo_site import PASSWORD, make_people
from crf_app.actions.enter_data import enter_value
from crf_app.actions.session import sign_in, sign_out
from crf_app.actions.subjects import add_subject
from crf_app.crypto.passwords import LIGHT
from crf_app.model.clock import SystemClock
from crf_app.model.keys import FormKey, ItemKey

EXERCISE = "kill -9 while values are stored"
PER_HOME = 100
PAIRS = 5  # of the kills of a home: those after which the start is timed
STUDY = Path(__file__).resolve().parents[2] / "forms" / "hucmsc"
PROGRAM = (sys.executable, "-m", "crf_app")


def kill_shard(kills: int, seed: int, program: Sequence[str] = PROGRAM) -> Outcome:
    """`kills` kills on a home of their own.  `program` is what is killed; what reads is the real one."""
    chance = random.Random(seed)
    began = time.monotonic()
    with _home() as (home, environment):
        killed = ([*program, "--as", "nurse"], environment)
        pairs = min(kills, PAIRS)
        rounds = list(kill_rounds(killed, home.parent / "lines", kills - pairs, chance))
        after_kill, after_end, more = _starts(killed, home.parent / "lines", pairs, chance)
        acknowledged = [answer for one in [*rounds, *more] for answer in one]
        lost = lost_of(acknowledged, _asked(environment, "audit", "ZN001"))
        (checked,) = _asked(environment, "--json", "verify")
    wrong = [f"verify: {problem}" for problem in checked["problems"]]
    if kills == PER_HOME and after_kill > 2 * after_end:  # not in the short form: a busy machine decides it
        wrong.append(f"a start after a kill takes {after_kill:.2f} s, otherwise {after_end:.2f} s")
    problems = [f"seed {seed}: {one}" for one in [*(f"lost {one}" for one in lost[:3]), *wrong]]
    return Outcome(
        EXERCISE,
        kills,
        len(rounds) + len(more),
        len(lost),
        len(wrong),
        began,
        time.monotonic(),
        notes={
            "values acknowledged and found again": len(acknowledged) - len(lost),
            "homes verified": 1,
            "most times as long to start after a kill": round(after_kill / after_end, 2),
        },
        problems=tuple(problems),
    )


def _starts(
    killed: Program, source: Path, pairs: int, chance: random.Random
) -> tuple[float, float, list[list[Answer]]]:
    """Median seconds of a start after a kill, and of one after an end in order, in turns; the answers."""
    answers: list[list[Answer]] = []
    after_kill, after_end = [], []
    for _ in range(pairs):
        answers += kill_rounds(killed, source, 1, chance)
        after_kill.append(seconds_to_one_answer(killed))
        after_end.append(seconds_to_one_answer(killed))
    return statistics.median(after_kill), statistics.median(after_end), answers


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
        uid = add_subject(session, "ZN001").subject
        consent = ItemKey(FormKey(uid, "SE.SCR", "F.IC"), "IG.IC", "I.IC.DSSTDAT_IC")
        enter_value(session, consent, SystemClock().now().date().isoformat())  # before it no form is open
        sign_out(session)
        secret.write_text(PASSWORD + "\n", "utf-8")
        yield (
            home,
            os.environ | {"CRF_HOME": str(home), "CRF_SECRET_FILE": str(secret), "PYTHONUNBUFFERED": ""},
        )
