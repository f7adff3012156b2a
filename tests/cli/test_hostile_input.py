"""What somebody could type or name to lose data or to see a fault: refused in a sentence, nothing lost."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
ADMIN, INVESTIGATOR = "lantern harbour kite", "violet anchor meadow"
OUTPUTS = [
    ("backup", "ivo", ()),
    ("pdf", "ivo", ("trust",)),
    ("pdf", "ivo", ("blank", "VS")),
    ("pdf", "ivo", ("form", "ZN001", "V1", "VS")),
    ("device", "ivo", ("request",)),
    ("diagnostic", "", ()),
]


def files_of(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(home.iterdir()) if path.is_file()}


@pytest.mark.parametrize("name", ["study.db", "vault.json", "attempts.json", "STUDY.DB"])
@pytest.mark.parametrize(("verb", "who", "more"), OUTPUTS)
def test_no_output_replaces_the_study_or_its_keys(
    run: Run, home: Path, verb: str, who: str, more: tuple[str, ...], name: str
) -> None:
    run("login", home=home, as_="ivo")
    before = files_of(home)
    said = run(verb, *more, str(home / name), home=home, as_=who)
    assert said.code == 8
    assert files_of(home).keys() == before.keys()
    assert {one: data for one, data in files_of(home).items() if one != "study.db"}.items() >= {
        ("vault.json", before["vault.json"])
    }
    assert run("verify", home=home, as_="ivo").code == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize(("verb", "who", "more"), OUTPUTS)
def test_a_pipe_a_link_and_no_name_are_no_place_for_a_file(
    run: Run, home: Path, tmp_path: Path, verb: str, who: str, more: tuple[str, ...]
) -> None:
    victim = tmp_path / "other.txt"
    victim.write_text("somebody else's")
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(victim)
    os.mkfifo(pipe)
    for place in (str(link), str(pipe), ""):
        assert run(verb, *more, place, home=home, as_=who).code == 8
    assert victim.read_text() == "somebody else's" and link.is_symlink() and pipe.is_fifo()


@pytest.mark.skipif(sys.platform == "win32", reason="links there need a right of their own")
def test_a_link_beside_the_output_is_not_followed(run: Run, home: Path, tmp_path: Path) -> None:
    victim = tmp_path / "other.txt"
    victim.write_text("somebody else's")
    for ending in ("new", "half"):
        (tmp_path / f"out.{ending}").symlink_to(victim)
    assert run("diagnostic", str(tmp_path / "out"), home=home).code in (0, 8)
    assert run("backup", str(tmp_path / "out"), home=home, as_="ivo").code in (0, 8)
    assert victim.read_text() == "somebody else's"


@pytest.mark.parametrize("place", ["AE[²]", "AE[" + "9" * 5000 + "]", "AE[٣]", "AE[0]", "AE[-1]"])
def test_a_row_that_is_no_number_is_not_there(run: Run, home: Path, place: str) -> None:
    said = run("put", "ZN001", "LOG", "AE", "--row", place, "AETERM=x", home=home, as_="nia")
    assert said.code == 3


def test_a_descriptor_beyond_every_number_is_a_usage_mistake(run: Run, home: Path) -> None:
    assert run("login", "--secret-fd", "9" * 30, home=home, as_="nia").code == 2


def test_an_empty_fingerprint_is_no_comparison(run: Run, home: Path) -> None:
    assert run("user", "certify", "nia", home=home, as_="ada").code == 0
    for text in ("", "  "):
        assert run("user", "witness", "nia", "--fingerprint", text, home=home, as_="ivo").code == 2
    listed = run("--json", "user", "list", home=home, as_="ivo").rows
    assert [one["witnessed"] for one in listed if one["user"] == "nia"] == [False]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"mac":"', '"mac":"é'),
        ('"study":"HUCMSC"', '"study":"\\ud800"'),
        ('"name":"Made-up Nurse"', '"name":"\\udfff"'),
        ('"dek":{"1":"', '"dek":{"2":NaN,"1":"'),
        ('"vouchers":{', '"vouchers":{"2":1e999,'),
    ],
)
def test_a_vault_with_text_or_numbers_of_no_kind_is_4(run: Run, home: Path, old: str, new: str) -> None:
    vault = home / "vault.json"
    text = vault.read_text("utf-8")
    assert old in text
    vault.write_text(text.replace(old, new, 1), "utf-8")
    before = vault.read_bytes()
    assert run("login", home=home, as_="nia").code == 4
    assert vault.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"nia":{"total":9,"run":9,"mono":NaN}}', "[]", '{"nia":{"total":9,"run":"9"}}']
)
def test_damaged_counters_make_everybody_wait_once_and_lock_nobody_out(
    run: Run, home: Path, text: str
) -> None:
    (home / "attempts.json").write_text(text)
    said = run("--json", "login", home=home, as_="nia")
    assert said.code == 5 and said.row["error"] == "wrong_password" and said.row["wait_seconds"] == 30


def test_a_folder_in_the_place_of_the_counters_is_8(run: Run, home: Path) -> None:
    (home / "attempts.json").unlink()
    (home / "attempts.json").mkdir()
    assert run("login", home=home, as_="nia").code == 8


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize(
    "argv", [("subject", "list"), ("--json", "subject", "list"), ("--help",), ("--json", "get", "ZN999")]
)
def test_an_output_that_takes_no_more_is_8_and_no_fault(
    program: tuple[list[str], dict[str, str]], home: Path, tmp_path: Path, argv: tuple[str, ...]
) -> None:
    for shell in (">/dev/full", ">/dev/full 2>&1"):
        done = by_shell(program, home, tmp_path, argv, shell)
        assert (done.returncode, b"fault" in done.stderr) == (8, False)
        assert b"Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="written for a POSIX shell")
@pytest.mark.parametrize(
    ("argv", "shell", "code"),
    [
        (("put", "--stdin"), "<&-", 0),
        (("subject", "list"), ">&-", 0),
        (("get", "ZN999"), "2>&-", 3),
        (("--secret-fd", "0", "subject", "list"), "<&-", 2),
    ],
)
def test_a_closed_input_or_output_is_an_empty_one(
    program: tuple[list[str], dict[str, str]],
    home: Path,
    tmp_path: Path,
    argv: tuple[str, ...],
    shell: str,
    code: int,
) -> None:
    done = by_shell(program, home, tmp_path, argv, shell)
    assert done.returncode == code and b"Traceback" not in done.stderr


def by_shell(
    program: tuple[list[str], dict[str, str]], home: Path, tmp_path: Path, argv: tuple[str, ...], shell: str
) -> Any:
    """The program in its own process, its input and outputs as the shell lays them."""
    command, environment = program
    (tmp_path / "secret").write_text("copper willow stream")
    line = shlex.join([*command, "--home", str(home), "--as", "nia", *argv])
    return subprocess.run(
        ["sh", "-c", f"{line} {shell}"],
        env=environment | {"CRF_SECRET_FILE": str(tmp_path / "secret")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("verb", [("state-hash",), ("verify",), ("device", "list")])
def test_a_central_folder_that_holds_no_sound_database_is_8(
    run: Run, tmp_path: Path, verb: tuple[str, ...]
) -> None:
    damaged, file = tmp_path / "damaged", tmp_path / "file"
    damaged.mkdir()
    (damaged / "PG_VERSION").write_text("none")
    file.write_text("no folder")
    for place in (damaged, file, file / "under"):
        assert run("central", *verb, "--central-home", str(place)).code == 8
