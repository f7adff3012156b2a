"""Nothing that was acknowledged is lost: kills at random moments, and one sync to disk before each answer."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kill_rounds import Program, kill_rounds, lines, lost_of

#: CRF_KILLS=200 pytest tests/cli/test_durability.py; `make soak` kills more often
KILLS = int(os.environ.get("CRF_KILLS", "25"))
Run = Callable[..., Any]


@pytest.mark.requirement("R01")
def test_a_kill_loses_no_acknowledged_value(program: Program, run: Run, home: Path, tmp_path: Path) -> None:
    rounds = kill_rounds(program, tmp_path / "lines", KILLS, random.Random(14))
    acknowledged = [answer for one in rounds for answer in one]
    assert len(acknowledged) > KILLS
    assert lost_of(acknowledged, run("audit", "ZN001", home=home, as_="nia").rows) == []
    checked = run("--json", "verify", home=home, as_="nia")
    assert (checked.code, checked.row["problems"]) == (0, [])


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
