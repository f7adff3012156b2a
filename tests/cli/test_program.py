"""The program as a whole: what it loads, how it ends, which encoding it speaks."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crf_app import __main__ as program_main
from crf_app import cli
from crf_app.cli.verbs import VERBS
from crf_app.cli.verbs import crf_app as root
from crf_app.settings.diagnostics import log_file

Run = Callable[..., Any]
Program = tuple[list[str], dict[str, str]]
HEAVY = (
    "sqlite3",
    "sqlcipher3",
    "sqlite_utils",
    "cel_expr_python",
    "reportlab",
    "pyhanko",
    "psycopg",
    "PySide6",
)


def modules_after(*argv: str) -> set[str]:
    code = "import sys; from crf_app.cli import main; main({!r}, None); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code.format(list(argv))], capture_output=True, text=True, check=True
    )
    return {
        name.partition(".")[0] if not name.startswith("crf_app") else name for name in done.stderr.split()
    }


def test_help_lists_every_verb_and_loads_none() -> None:
    loaded = modules_after("--help")
    assert not loaded & {*HEAVY, "cryptography", "pydantic"}
    assert not {name for name in loaded if name.startswith("crf_app.actions")}


@pytest.mark.parametrize("verb", ["put", "central", "pdf", "bundle"])
def test_help_of_a_verb_loads_nothing_heavy(verb: str) -> None:
    assert not modules_after(verb, "--help") & set(HEAVY)


def test_every_verb_of_the_table_is_there(run: Run) -> None:
    listed = run("--help").out
    for verb, (_, line) in VERBS.items():
        command = root.get_command(root.make_context("crf-app", ["--help"], resilient_parsing=True), verb)
        assert command is not None and command.name == verb
        assert verb in listed and line.split()[0] in listed
        assert run(verb, "--help").code == 0


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], (True, None)),
        (["--home", "/x"], (True, Path("/x").absolute())),
        (["--home=/x"], (True, Path("/x").absolute())),
        (["--home", "/x", "login"], (False, None)),
        (["--help"], (False, None)),
        (["demo"], (False, None)),
    ],
)
def test_the_window_opens_without_a_verb(argv: list[str], expected: tuple[bool, Path | None]) -> None:
    assert program_main.window_wanted(argv) == expected


def test_an_unknown_verb_is_a_usage_mistake(run: Run) -> None:
    said = run("chek")
    assert (said.code, said.out) == (2, "")
    assert "chek" in said.err


def test_a_usage_mistake_is_json_too(run: Run) -> None:
    said = run("--json", "complete", "ZN001")
    assert said.code == 2
    assert said.row["error"] == "usage" and said.row["message"] and "where" in said.row


def test_options_stand_before_or_after_the_verb(run: Run, home: Path) -> None:
    before = run("--json", "--home", str(home), "--as", "nia", "login", secret="copper willow stream")
    after = run("login", "--as", "nia", "--home", str(home), "--json", secret="copper willow stream")
    assert before.row == after.row
    assert before.row["role"] == "nurse"


def test_the_secret_comes_by_descriptor(run: Run, home: Path) -> None:
    read, write = os.pipe()
    os.write(write, b"copper willow stream\n")
    os.close(write)
    said = run("login", "--as", "nia", "--secret-fd", str(read), home=home, secret="something else entirely")
    os.close(read)
    assert said.code == 0


def test_without_user_or_secret_it_is_a_usage_mistake(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "--as" in run("login", home=home).err
    monkeypatch.setattr("crf_app.cli.invocation.SECRET_FILE", "CRF_NO_SUCH_NAME")
    said = run("login", home=home, as_="nia")
    assert said.code == 2 and "--secret-fd" in said.err


def test_refusals_are_said_in_chinese(run: Run, home: Path) -> None:
    said = run("--lang", "zh", "get", "ZN999", home=home, as_="nia")
    assert said.code == 3
    assert "受试者" in said.err


def test_a_fault_gets_a_code_and_the_log_no_message(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("an answer of a subject")

    monkeypatch.setattr("crf_app.cli.subject.subjects.subjects", broken)
    said = run("--json", "subject", "list", home=home, as_="nia")
    assert said.code == 70
    assert said.row["error"] == "fault"
    code = said.row["where"]
    log = log_file(home).read_text("utf-8")
    assert code in log and "KeyError" in log
    assert "an answer" not in log + said.out + said.err
    assert not logging.getLogger("crf_app").handlers


def test_the_keyboard_stops_it(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("crf_app.cli.subject.subjects.subjects", stopped)
    assert run("subject", "list", home=home, as_="nia").code == 130


def test_a_reader_that_goes_away_is_no_complaint(program: Program) -> None:
    command, environment = program
    child = subprocess.Popen(
        [*command, "audit"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    assert child.stdout is not None and child.stderr is not None
    child.stdout.close()
    with child.stderr as complaint:
        assert complaint.read() == b""
    assert child.wait() == cli.PIPE_CLOSED


def test_output_is_utf8_whatever_the_locale_says(program: Program) -> None:
    command, environment = program
    latin = environment | {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(
        [*command, "--json", "--lang", "zh", "get", "ZN999"], capture_output=True, env=latin, check=False
    )
    assert done.returncode == 3
    assert "受试者" in json.loads(done.stdout.decode("utf-8"))["message"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the arguments of a process as Linux shows them")
def test_no_secret_stands_in_the_arguments(program: Program) -> None:
    """What other users of the computer can read of a running command."""
    command, environment = program
    with subprocess.Popen(
        [*command, "put", "--stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(b"wait for an answer\n")
        child.stdin.flush()
        assert child.stdout.readline()
        seen = Path(f"/proc/{child.pid}/cmdline").read_bytes()
        child.communicate(b"")
    assert b"--stdin" in seen
    assert b"willow" not in seen
    assert child.returncode == 3
