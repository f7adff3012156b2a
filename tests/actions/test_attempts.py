"""Wrong passwords (law L8): on disk before the check, in real processes; no clock on the wall helps."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crf_app.actions.session import sign_in, sign_out
from crf_app.errors import WrongPassword

Clock = Any
WRONG = "not the password"

#: ended at the very moment at which the password would be looked at, as by somebody who pulls the plug
_PULLED = """
import os, sys
from pathlib import Path
from crf_app.actions.session import sign_in
from crf_app.crypto import slot
slot.unlock = lambda *_: os._exit(9)
sign_in(Path(sys.argv[1]), "nurse", sys.argv[2])
"""


def pulled(home: Path, password: str, *before: str) -> int:
    command = [*before, sys.executable, "-c", _PULLED, str(home), password]
    return subprocess.run(command, env=os.environ, stderr=subprocess.DEVNULL).returncode


def tries(home: Path) -> dict[str, Any]:
    return dict(json.loads((home / "attempts.json").read_bytes())["nurse"])


@pytest.mark.requirement("L8")
def test_a_process_that_is_ended_at_the_check_has_spent_its_try(home: Path) -> None:
    spent = tries(home)["total"]
    assert [pulled(home, WRONG) for _ in range(5)] == [9] * 5
    assert (tries(home)["total"], tries(home)["run"]) == (spent + 5, 5)
    assert pulled(home, WRONG) == 1, "the sixth is refused before the check"
    assert tries(home)["total"] == spent + 5


@pytest.mark.requirement("L8")
@pytest.mark.skipif(sys.platform != "linux", reason="strace traces Linux alone")
def test_the_try_is_brought_to_disk_before_the_check(home: Path, tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.fail("The program strace is missing. Install the package strace.")
    trace = tmp_path / "trace"
    calls = "trace=fsync,fdatasync,rename,renameat,renameat2"
    assert pulled(home, WRONG, "strace", "-f", "-y", "-e", calls, "-o", str(trace)) == 9
    found = [
        "file" if "attempts.json.new>" in line else "folder" if f"<{home}>" in line else "name"
        for line in trace.read_text().splitlines()
        if re.search(r"f(data)?sync\(\d+<", line) or ("rename" in line and "attempts.json" in line)
    ]
    assert found == ["file", "name", "folder"]


@pytest.mark.requirement("L8")
@pytest.mark.parametrize("days", [-4000, -1, 1, 4000])
def test_the_clock_on_the_wall_neither_shortens_nor_lengthens_the_wait(
    days: int, home: Path, clock: Clock, password: str
) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassword) as refusal:
            sign_in(home, "nurse", WRONG, clock)
    assert refusal.value.details["wait_seconds"] == 30
    clock.seconds += 12
    clock.at += timedelta(days=days)
    with pytest.raises(WrongPassword) as refusal:
        sign_in(home, "nurse", password, clock)
    assert refusal.value.details["wait_seconds"] == 18
    clock.seconds += 18
    sign_out(sign_in(home, "nurse", password, clock))


@pytest.mark.requirement("L8")
def test_a_computer_that_was_started_anew_waits_anew(home: Path, clock: Clock, password: str) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassword):
            sign_in(home, "nurse", WRONG, clock)
    clock.seconds = 3.0  # the monotonic clock begins at a start of the computer
    for passed, left in ((0, 30), (20, 10)):
        clock.seconds += passed
        with pytest.raises(WrongPassword) as refusal:
            sign_in(home, "nurse", password, clock)
        assert refusal.value.details["wait_seconds"] == left
    clock.seconds += 10
    sign_out(sign_in(home, "nurse", password, clock))


@pytest.mark.requirement("L8")
def test_a_deleted_list_gives_tries_back_once_and_the_next_sign_in_tells(
    home: Path, clock: Clock, password: str
) -> None:
    for _ in range(4):
        with pytest.raises(WrongPassword):
            sign_in(home, "nurse", WRONG, clock)
    admin = sign_in(home, "admin", password, clock)  # the tries are in the witness from here on
    sign_out(admin)
    known = tries(home)["total"]
    (home / "attempts.json").unlink()
    with pytest.raises(WrongPassword):
        sign_in(home, "nurse", WRONG, clock)
    admin = sign_in(home, "admin", password, clock)
    (found,) = admin.findings
    assert found.kind == "attempts.rollback" and found.said["people"]["nurse"] == [known, 1]
    assert tries(home)["total"] == known
    sign_out(admin)
