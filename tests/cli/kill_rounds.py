"""kill -9 of the real program while it stores values: the rounds, and what came of what was acknowledged.

Shared by the tests and by `make soak`.  A value is acknowledged by a complete line on stdout; whatever was
acknowledged must be in the ledger afterwards with the same record and the same value.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

FORM = {"subject": "ZN001", "event": "V1", "form": "VS"}
ITEMS = (("SYSBP", 110, 60), ("PULSE", 60, 40), ("RESP", 12, 8))
SHORTEST, LONGEST = 0.005, 0.09  # seconds between the first answer and the kill
Program = tuple[list[str], dict[str, str]]
Answer = dict[str, Any]


def lines(count: int) -> str:
    """Values that differ from the one before in the same cell, so that each line is a commit."""
    said = []
    for n in range(count):
        item, lowest, width = ITEMS[n % 3]
        said.append(json.dumps(FORM | {"item": item, "value": str(lowest + n // 3 % width)}))
    return "\n".join(said) + "\n"


def killed_round(program: Program, source: Path, wait: float) -> list[Answer]:
    """Start, wait for the first answer and `wait` seconds more, kill -9; the complete answers it gave."""
    command, environment = program
    with source.open("rb") as stdin:
        child = subprocess.Popen(
            [*command, "put", "--stdin"],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        assert child.stdout is not None and child.stderr is not None
        with child:
            first = child.stdout.readline()
            time.sleep(wait)  # the moment of the kill is what varies
            child.kill()
            rest = child.stdout.read()
            complaint = child.stderr.read()
    assert child.returncode == -signal.SIGKILL, complaint.decode()
    whole = [line for line in (first + rest).splitlines(keepends=True) if line.endswith(b"\n")]
    assert whole, complaint.decode()
    return [json.loads(line) for line in whole]


def kill_rounds(program: Program, source: Path, rounds: int, chance: random.Random) -> Iterator[list[Answer]]:
    """`rounds` kills on one home, each at a moment of its own; every start but the first follows a kill."""
    source.write_text(lines(20_000), "utf-8")
    for _ in range(rounds):
        yield killed_round(program, source, chance.uniform(SHORTEST, LONGEST))


def seconds_to_one_answer(program: Program) -> float:
    """Start, store one value, end in order: the seconds that it took."""
    command, environment = program
    began = time.perf_counter()
    one = lines(1).encode()
    subprocess.run([*command, "put", "--stdin"], input=one, env=environment, capture_output=True, check=True)
    return time.perf_counter() - began


def lost_of(acknowledged: Iterable[Answer], audit: Iterable[Mapping[str, Any]]) -> list[Answer]:
    """The acknowledged answers that the ledger does not hold, or holds with another value.

    `audit` are the rows of `crf-app audit` after the last kill.
    """
    there = {one["id"]: one["record"].get("value") for one in audit}
    return [one for one in acknowledged if there.get(one.get("record")) != one.get("value") or not one["ok"]]
