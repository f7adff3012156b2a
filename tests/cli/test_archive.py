"""`archive` on the command line: written by whoever may, and checked by a program of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

VERIFIER = Path(__file__).parents[2] / "tools" / "verify_ledger.py"


def test_an_archive_is_written_and_its_verifier_finds_no_problem(home, run, tmp_path) -> None:
    said = run("archive", str(tmp_path / "a.zip"), "--json", home=home, as_="ivo")
    assert said.code == 0 and said.row["chains"] == 1 and said.row["archive"] == str(tmp_path / "a.zip")
    done = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), str(tmp_path / "a.zip")], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == f"{said.row['records']} records, 0 receipts of central, 0 problems"


def test_who_may_not_read_everything_may_not_write_it(home, run, tmp_path) -> None:
    for name in ("nia", "ada"):
        said = run("archive", str(tmp_path / "a.zip"), "--json", home=home, as_=name)
        assert said.code == 5 and said.row["error"] == "not_allowed"
    assert not (tmp_path / "a.zip").exists()


def test_a_person_reads_that_it_is_not_encrypted(home, run, tmp_path) -> None:
    said = run("archive", str(tmp_path / "a.zip"), home=home, as_="ivo")
    assert "plain text, not encrypted" in said.out
    said = run("archive", str(tmp_path / "b.zip"), "--lang", "zh", home=home, as_="ivo")
    assert "明文，未加密" in said.out
