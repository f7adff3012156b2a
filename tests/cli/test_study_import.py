"""`study import`: a workbook or an ODM file becomes a folder that passes the check and makes a home."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from crf_app.exchange.odm_out import odm_of
from crf_app.model.load import load

Run = Callable[..., Any]
SMALL = Path(__file__).parents[2] / "forms" / "demo-vitals"
SURVEY = (
    ("type", "name", "label", "relevant", "required", "constraint"),
    ("begin group", "g", "Measurements"),
    ("integer", "pulse", "Pulse", None, "yes", ". > 20 and . < 300"),
    ("select_one yn", "regular", "Regular?", "${pulse} > 0"),
    ("end group",),
)
CHOICES = (("list_name", "name", "label"), ("yn", "y", "Yes"), ("yn", "n", "No"))


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    made = Workbook()
    del made["Sheet"]
    for name, rows in (("survey", SURVEY), ("choices", CHOICES)):
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = tmp_path / "pulse.xlsx"
    made.save(path)
    return path


def test_a_workbook_becomes_a_folder_that_passes_the_check(run: Run, workbook: Path, tmp_path: Path) -> None:
    said = run("study", "import", str(workbook), str(tmp_path / "pulse"))
    assert said.code == 0
    assert "  question: 2" in said.out and "1 visits, 1 forms, 2 items" in said.out
    assert "  I.PULSE.REGULAR, asked when: ${pulse} > 0  [survey 4]" in said.out
    checked = run("check", str(tmp_path / "pulse"))
    assert checked.code == 0 and "2 items" in checked.out
    assert "warning" not in checked.out  # a study in English alone is not asked for Chinese


def test_the_report_as_json_and_in_chinese(run: Run, workbook: Path, tmp_path: Path) -> None:
    (said,) = run("study", "import", str(workbook), str(tmp_path / "a"), "--json").rows
    assert (said["format"], said["study"]) == ("xlsform", "pulse")
    assert said["report"]["counts"]["question"] == 2 and len(said["report"]["not_run"]) == 1
    chinese = run("--lang", "zh", "study", "import", str(workbook), str(tmp_path / "b"))
    assert "I.PULSE.REGULAR，填写条件：${pulse} > 0" in chinese.out


def test_our_own_odm_comes_back_the_same(run: Run, tmp_path: Path) -> None:
    study = load(SMALL).study
    (tmp_path / "study.xml").write_bytes(odm_of(study, "1.3.2"))
    (said,) = run("study", "import", str(tmp_path / "study.xml"), str(tmp_path / "out"), "--json").rows
    assert said["format"] == "odm" and said["sha256"] == study.sha256
    assert load(tmp_path / "out").study.canonical_bytes() == study.canonical_bytes()


def test_a_home_is_made_from_the_folder(run: Run, workbook: Path, tmp_path: Path) -> None:
    run("study", "import", str(workbook), str(tmp_path / "pulse"))
    made = run(
        "--home", str(tmp_path / "home"), "init", "--study", str(tmp_path / "pulse"), "--site", "01",
        "--device", "D1", "--person", "ada", "Made-up Administrator", "administrator",
        "--person", "ivo", "Made-up Investigator", "investigator",
        secret="lantern harbour kite\nviolet anchor meadow\n",
    )  # fmt: skip
    assert made.code == 0 and "pulse 1" in made.out


def test_a_folder_with_files_is_left_alone(run: Run, workbook: Path, tmp_path: Path) -> None:
    said = run("study", "import", str(workbook), str(tmp_path))
    assert said.code == 8 and "not empty" in said.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pulse.xlsx", "secret"]


def test_what_cannot_be_read_leaves_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text("<ODM/>", "utf-8")
    said = run("study", "import", str(tmp_path / "x.xml"), str(tmp_path / "out"))
    assert said.code == 3 and not (tmp_path / "out").exists()
    assert run("study", "import", str(tmp_path / "none"), str(tmp_path / "out")).code == 3
