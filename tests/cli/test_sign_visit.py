"""`sign SUBJECT EVENT`: a whole visit from the command line, as in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
VALUES = ("VSPERF=Y", "VSDAT=2026-10-06", "SYSBP=128", "DIABP=78", "PULSE=72", "RESP=16", "TEMP=36.6",
          "WEIGHT=61", "OXYSAT=98")  # fmt: skip
VISIT = ("ZN001", "V1")


@pytest.fixture
def visit(run: Run, home: Path) -> Path:
    """Two forms of day 1 are complete, one is begun."""
    for form, values in (("VS", VALUES), ("MELD", ("RSPERF=N", "RSREASND=!UNK")), ("PE", ("PEPERF=Y",))):
        said = run("put", *VISIT, form, *values, home=home, as_="nia")
        assert said.code == 0, said.out + said.err
    for form in ("VS", "MELD"):
        assert run("complete", *VISIT, form, home=home, as_="nia").code == 0
    return home


def test_without_a_meaning_it_shows_what_would_be_signed(run: Run, visit: Path) -> None:
    said = run("sign", *VISIT, home=visit, as_="ivo")
    assert said.code == 0 and "SE.V1  2 forms" in said.out
    assert (
        "F.PE left out: Not complete, 1 of " in said.out and "  approval: Made-up Investigator, " in said.out
    )
    assert "尚未完成" in run("--lang", "zh", "sign", *VISIT, home=visit, as_="ivo").out
    row = run("--json", "sign", *VISIT, home=visit, as_="ivo").row
    assert [one["where"].rpartition("/")[2] for one in row["forms"]] == ["F.VS", "F.MELD"]
    assert {one["state"] for one in row["left_out"]} >= {"started", "todo"}
    assert not any(one["signature"] for one in run("get", *VISIT, "VS", "--json", home=visit, as_="ivo").rows)


def test_it_signs_all_of_them_with_one_password_and_writes_each_document(
    run: Run, visit: Path, tmp_path: Path
) -> None:
    out, root = tmp_path / "signed", tmp_path / "ca.pem"
    out.mkdir()
    shown = run("--json", "sign", *VISIT, home=visit, as_="ivo").row
    row = run("--json", "sign", *VISIT, "--meaning", "approval", "--pdf", str(out), home=visit, as_="ivo").row
    assert row["ok"] and row["sha256"] == shown["sha256"]
    assert len(row["forms"]) == 2 and {Path(one["pdf"]).parent for one in row["forms"]} == {out}
    run("pdf", "trust", str(root), home=visit, as_="ivo")
    for one in row["forms"]:
        verdict = run("--json", "pdf", "verify", one["pdf"], "--trust", str(root))
        assert (verdict.code, verdict.row["state"]) == (0, "valid"), verdict.out
    again = run("--json", "sign", *VISIT, "--meaning", "approval", home=visit, as_="ivo")
    assert (again.code, again.row["error"]) == (3, "wrong_state")
    assert "2 signed and unchanged" in again.row["message"]
    assert run("verify", home=visit, as_="ivo").code == 0


def test_the_documents_of_a_visit_want_a_folder(run: Run, visit: Path, tmp_path: Path) -> None:
    said = run(
        "sign", *VISIT, "--meaning", "approval", "--pdf", str(tmp_path / "one.pdf"), home=visit, as_="ivo"
    )
    assert said.code == 2 and "folder" in said.err
    assert not any(one["signature"] for one in run("get", *VISIT, "VS", "--json", home=visit, as_="ivo").rows)


def test_a_nurse_signs_no_visit(run: Run, visit: Path) -> None:
    said = run("--json", "sign", *VISIT, "--meaning", "approval", home=visit, as_="nia")
    assert (said.code, said.row["error"]) == (5, "not_allowed")
