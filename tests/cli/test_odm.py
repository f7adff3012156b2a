"""`export --format odm` and `import`: through the real verbs, with their exit codes and reports."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.fixture
def file(run: Run, home: Path, tmp_path: Path) -> Path:
    out = tmp_path / "data.xml"
    assert run("export", "--format", "odm", str(out), home=home, as_="ivo").code == 0
    return out


@pytest.mark.parametrize("odm", ["1.3.2", "2.0"])
def test_export_says_version_and_subjects(run: Run, home: Path, tmp_path: Path, odm: str) -> None:
    out = tmp_path / "data.xml"
    said = run(
        "export", "--format", "odm", "--odm", odm, "--snapshot", str(out), "--json", home=home, as_="ivo"
    )
    assert (said.code, said.row["odm"], said.row["subjects"]) == (0, odm, 1)
    assert f'ODMVersion="{odm}"' in out.read_text("utf-8") and said.row["bytes"] == out.stat().st_size


def test_odm_options_go_with_odm_only(run: Run, home: Path, tmp_path: Path) -> None:
    assert run("export", "--snapshot", str(tmp_path / "x"), home=home, as_="ivo").code == 2


def test_a_file_of_this_home_brings_nothing_new(run: Run, home: Path, file: Path) -> None:
    said = run("import", str(file), "--json", home=home, as_="ivo")
    assert (said.code, said.row["records"], said.row["outcomes"]) == (0, 0, {})


def test_a_dry_run_changes_no_hash(run: Run, home: Path, file: Path) -> None:
    file.write_text(file.read_text("utf-8").replace("ZN001", "ZN777"), "utf-8")
    before = run("state-hash", home=home, as_="ivo").out
    said = run("import", "--dry-run", str(file), "--json", home=home, as_="ivo")
    assert (said.code, said.row["added"]) == (0, 1) and run("state-hash", home=home, as_="ivo").out == before
    assert run("import", str(file), home=home, as_="ivo").code == 0
    assert "ZN777" in run("subject", "list", home=home, as_="ivo").out


def test_refused_is_exit_3_and_another_value_exit_6(run: Run, home: Path, file: Path, tmp_path: Path) -> None:
    text = file.read_text("utf-8")
    wrong = tmp_path / "wrong.xml"
    wrong.write_text(text.replace('ItemOID="I.IC.DSSTDAT_IC"', 'ItemOID="I.IC.NONE"'), "utf-8")
    said = run("import", str(wrong), home=home, as_="ivo")
    assert said.code == 3 and "I.IC.NONE" in said.out and "refused" in said.out
    wrong.write_text(text.replace('Value="2026-01-05"', 'Value="2026-01-06"'), "utf-8")
    said = run("import", str(wrong), home=home, as_="ivo")
    assert said.code == 6 and "2026-01-05" in said.out and "2026-01-06" in said.out
    update = ("import", "--update", "--reason", "source says so (made up)", str(wrong))
    assert run(*update, home=home, as_="ivo").code == 0
    assert "2026-01-06" in run("get", "ZN001", home=home, as_="ivo").out


def test_an_update_needs_its_reason(run: Run, home: Path, file: Path) -> None:
    assert run("import", "--update", str(file), home=home, as_="ivo").code == 2


def test_who_may_not_is_refused(run: Run, home: Path, file: Path, tmp_path: Path) -> None:
    other = shutil.copytree(home, tmp_path / "other")
    assert run("import", str(file), home=Path(other), as_="nia").code == 5
    assert run("import", str(tmp_path / "none.xml"), home=home, as_="ivo").code == 3
