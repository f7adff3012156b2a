"""Nothing that was acknowledged is lost: kills at random moments, and one sync to disk before each answer."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

FORM = {"subject": "ZN001", "event": "V1", "form": "VS"}
#: 200 for the soak: CRF_KILLS=200 pytest tests/cli/test_durability.py
KILLS = int(os.environ.get("CRF_KILLS", "25"))
ITEMS = (("SYSBP", 110, 60), ("PULSE", 60, 40), ("RESP", 12, 8))
Run = Callable[..., Any]
Program = tuple[list[str], dict[str, str]]


def lines(count: int) -> str:
    """Values that differ from the one before in the same cell, so that each line is a commit."""
    said = []
    for n in range(count):
        item, lowest, width = ITEMS[n % 3]
        said.append(json.dumps(FORM | {"item": item, "value": str(lowest + n // 3 % width)}))
    return "\n".join(said) + "\n"


def killed_round(program: Program, source: Path, wait: float) -> list[dict[str, Any]]:
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
    assert child.returncode == -signal.SIGKILL
    whole = [line for line in (first + rest).splitlines(keepends=True) if line.endswith(b"\n")]
    assert whole, complaint.decode()
    return [json.loads(line) for line in whole]


def kill_often(program: Program, run: Run, home: Path, source: Path, rounds: int) -> int:
    """`rounds` kills on one home; returns how many values were acknowledged, all of them found again."""
    source.write_text(lines(20_000), "utf-8")
    chance = random.Random(14)
    acknowledged: list[dict[str, Any]] = []
    for _ in range(rounds):
        acknowledged += killed_round(program, source, chance.uniform(0.005, 0.09))
    assert all(one["ok"] for one in acknowledged)
    there = {one["id"]: one["record"] for one in run("audit", "ZN001", home=home, as_="nia").rows}
    lost = [one for one in acknowledged if one["record"] not in there]
    assert lost == []
    assert all(there[one["record"]]["value"] == one["value"] for one in acknowledged)
    checked = run("--json", "verify", home=home, as_="nia")
    assert (checked.code, checked.row["problems"]) == (0, [])
    return len(acknowledged)


@pytest.mark.requirement("R01")
def test_a_kill_loses_no_acknowledged_value(program: Program, run: Run, home: Path, tmp_path: Path) -> None:
    assert kill_often(program, run, home, tmp_path / "lines", KILLS) > KILLS


def syncs_before_each_answer(trace: str) -> Iterator[list[str]]:
    """For each answer on stdout the files that were brought to disk since the answer before."""
    since: list[str] = []
    for line in trace.splitlines():
        if found := re.search(r"\b(?:fsync|fdatasync)\(\d+<([^>]*)>", line):
            since.append(Path(found[1]).name)
        elif re.search(r'\bwrite\(1<[^>]*>, "\{', line):
            yield since
            since = []


@pytest.mark.requirement("P4b")
@pytest.mark.skipif(sys.platform != "linux", reason="strace traces Linux alone")
def test_one_sync_to_disk_before_each_acknowledgement(program: Program, home: Path, tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.fail(
            "The program strace is missing, so the syncs cannot be counted. Install the package strace."
        )
    command, environment = program
    trace = tmp_path / "trace"
    count = 30
    done = subprocess.run(
        [
            "strace",
            "-f",
            "-y",
            "-e",
            "trace=fsync,fdatasync,write",
            "-o",
            str(trace),
            *command,
            "put",
            "--stdin",
        ],
        input=lines(count).encode(),
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    first, *others = syncs_before_each_answer(trace.read_text("utf-8"))
    # the first commit after a clean close makes the log anew: its header, its folder, then the commit
    assert first[-3:] == ["study.db-wal", home.name, "study.db-wal"]
    assert others == [["study.db-wal"]] * (count - 1)
