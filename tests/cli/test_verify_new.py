"""`verify --new` says after which record and time it looked; only who checked goes on from there."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run


def test_a_full_check_then_what_is_new(run: Run, home: Path) -> None:
    first = run("--json", "verify", "--new", home=home, as_="ada").row
    assert first["ok"] and "since" not in first, "there was no check of her own: everything is looked at"
    new = run("--json", "verify", "--new", home=home, as_="ada").row
    assert new["ok"] and new["records"] < first["records"] == new["since"]["record"]
    assert "which you checked at" in run("verify", "--new", home=home, as_="ada").out
    assert "since" not in run("--json", "verify", "--new", home=home, as_="ivo").row
