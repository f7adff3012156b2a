"""After a sign-out nothing of keys and passwords is in the memory of the process, which is the same one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crf_app.ui import renewal

PROGRAM = Path(__file__).with_name("renewal_program.py")


def copies(pid: int, needles: dict[str, bytes]) -> dict[str, int]:
    """How often each of them stands in the memory of a process that can be written."""
    found = dict.fromkeys(needles, 0)
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            if "rw" not in rights:
                continue
            begin, end = (int(part, 16) for part in span.split("-"))
            try:
                memory.seek(begin)
                data = memory.read(end - begin)
            except (OSError, OverflowError):
                continue  # the kernel's own pages
            for name, needle in needles.items():
                found[name] += data.count(needle)
    return found


@pytest.mark.requirement("T11")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows a process's memory as a file")
def test_after_a_sign_out_no_key_and_no_password_is_in_memory(
    home: Path, session: Callable[..., Any], new_subject: Callable[..., str], password: str
) -> None:
    nurse = session("nurse")
    new_subject(nurse)
    session("admin").store.close()
    command = [sys.executable, str(PROGRAM), "--home", str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin is not None and program.stdout is not None
        try:
            print(password, file=program.stdin, flush=True)
            said = program.stdout.readline().rstrip("\n").split("\t")
            assert said[0] == "in"
            key, uid = bytes.fromhex(said[1]), said[2]
            needles = {
                "key": key, "hex": key.hex().encode(), "HEX": key.hex().upper().encode(),
                "password": password.encode(), "Qt": password.encode("utf-16-le"),
                "wide": password.encode("utf-32-le"),
            }  # fmt: skip
            before = copies(program.pid, needles)
            assert before["key"] and before["hex"] and before["password"] and before["Qt"], (
                "the look finds what is there"
            )
            print("go", file=program.stdin, flush=True)
            again = program.stdout.readline().rstrip("\n").split("\t")
            assert copies(program.pid, needles) == dict.fromkeys(needles, 0)
            places = str({"nurse": [uid, "SE.V1", "F.VS", "IG.VS.PERF/I.VS.VSPERF"]})  # where the cursor was
            assert again[0] == "again" and again[2:4] == ["650", "None"]  # the made-up screen is narrow
            assert again[4:] == [places, "False", str(home)]
            assert (home / "witness.json").exists() and not (home / "study.db-wal").exists()
            assert Path(f"/proc/{program.pid}/environ").read_bytes().find(uid.encode()) == -1
        finally:
            program.kill()


def test_it_begins_after_what_runs_has_ended_and_goes_on_where_the_system_refuses(
    desk: Callable[..., Any],
) -> None:
    window, begun = desk().window, []
    ends = iter([False, False, True])
    renew = renewal.Renewal(window, begun.append)
    window.worker.wait = lambda *_: next(ends)
    renew.begin()
    assert not begun and not window.centralWidget().isEnabled()
    renew._look()
    assert not begun
    renew._look()
    assert begun == [renewal.command(window.home)] and window.centralWidget().isEnabled()
    os.close(int(os.environ.pop(renewal.PLACES)))
    del window.worker.wait

    def refused(_: object) -> None:
        raise OSError(11, "made up")

    renewal.Renewal(window, refused).begin()
    assert window.centralWidget().isEnabled()
    os.close(int(os.environ.pop(renewal.PLACES)))
    del os.environ[renewal.GEOMETRY]


@pytest.mark.parametrize("told", ["x", "-1", "99999", "0"])
def test_places_that_cannot_be_read_are_no_places(
    told: str, desk: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    window = desk().window
    monkeypatch.setenv(renewal.PLACES, told)
    monkeypatch.setenv(renewal.GEOMETRY, "not one")
    renewal.take_over(window)
    assert window.interruption.places() == {} and renewal.PLACES not in os.environ


def test_the_program_is_called_as_it_was_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for began, arguments in ((["-m", "crf_app"], []), (["-I", "/usr/bin/crf-app"], ["--home", "x"])):
        monkeypatch.setattr(sys, "orig_argv", ["python", *began, *arguments])
        monkeypatch.setattr(sys, "argv", ["crf-app", *arguments])
        assert renewal.command(tmp_path) == [sys.executable, *began, "--home", str(tmp_path)]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert renewal.command(tmp_path) == [sys.executable, "--home", str(tmp_path)]
