"""`check`: warnings beside problems, exit codes, and one rule explained with its outcome for given values."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
FORMS = Path(__file__).parents[2] / "forms" / "hucmsc"
SMALL = FORMS.parent / "demo-vitals"
Change = Callable[..., Path]


@pytest.fixture
def changed(tmp_path: Path) -> Change:
    """`changed("vs.toml", old, new)`: a copy of the small study in which one text is another."""

    def change(file: str, old: str, new: str) -> Path:
        folder = Path(shutil.copytree(SMALL, tmp_path / "study"))
        text = (folder / file).read_text("utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), "utf-8")
        return folder

    return change


SILENT = ("vs.toml", '"VS.DIABP >= VS.SYSBP"', '"VS.DIABP >= VS.SYSBP && VS.DIABP < VS.SYSBP"')


def test_a_doubtful_study_still_passes_and_its_warning_names_the_line(run: Run, changed: Change) -> None:
    folder = changed(*SILENT)
    said = run("check", str(folder))
    assert said.code == 0
    warning, counted = said.out.splitlines()
    line = (folder / "vs.toml").read_text("utf-8").splitlines().index('oid = "C.VS.BP"') + 1
    assert warning.startswith(f"{folder / 'vs.toml'}:{line} C.VS.BP warning: No firing found in ")
    assert counted.endswith("; 1 warning")


def test_strict_makes_a_warning_exit_code_3(run: Run, changed: Change) -> None:
    assert run("check", "--strict", str(SMALL)).code == 0
    assert run("check", "--strict", str(changed(*SILENT))).code == 3


def test_warnings_as_json_hold_both_languages(run: Run, changed: Change) -> None:
    said = run("--json", "check", str(changed(*SILENT)))
    assert (said.code, said.row["ok"]) == (0, True)
    (warning,) = said.row["warnings"]
    assert (warning["warning"], warning["oid"], warning["file"]) == ("condition_never", "C.VS.BP", "vs.toml")
    assert "No firing found" in warning["message"] and "未见触发" in warning["message_zh"]


def test_a_warning_is_said_in_chinese(run: Run, changed: Change) -> None:
    said = run("--lang", "zh", "check", str(changed(*SILENT)))
    assert "C.VS.BP 警告：试 " in said.out and "未见触发" in said.out


def test_mistakes_are_listed_without_trying_rules(run: Run, changed: Change) -> None:
    said = run("check", str(changed("vs.toml", "mandatory = true", "mandatry = true")))
    assert said.code == 3 and "mandatry" in said.out and "warning" not in said.out


def test_a_rule_is_explained_with_what_it_reads_and_says(run: Run) -> None:
    said = run("check", str(FORMS), "--explain", "C.VS.BP")
    assert said.code == 0
    for words in (
        "C.VS.BP: check hard EC010",
        "vs.toml:",
        "VS.DIABP >= VS.SYSBP",
        "zh: 收缩压",
        "VS.DIABP: Diastolic blood pressure, integer, mm[Hg]",
        "evaluated again: F.VS (same visit)",
    ):
        assert words in said.out, words
    assert "with these values" not in said.out


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["VS.SYSBP=100", "I.VS.DIABP=110"], "fires"),
        (["VS.SYSBP=120", "VS.DIABP=80"], "does not fire"),
        (["VS.SYSBP=120"], "an operand is missing\n    without a value: VS.DIABP"),
        (["VS.SYSBP=120", "VS.DIABP="], "without a value: VS.DIABP"),
        (["VS.SYSBP=100", "VS.DIABP=110", "VS.VSPERF=N"], "true, but does not fire: the item is not asked"),
    ],
)
def test_the_outcome_for_given_values_is_what_entering_them_gives(
    run: Run, given: list[str], words: str
) -> None:
    options = [part for one in given for part in ("--with", one)]
    said = run("check", str(FORMS), "--explain", "C.VS.BP", *options)
    assert said.code == 0
    assert f"with these values\n    {words}" in said.out or words in said.out.partition("with these")[2]


def test_a_part_that_holds_is_told_from_one_that_does_not(run: Run) -> None:
    rows = 'rows.AE=[{"X_AEPRESP": "FEVER", "AESTDAT": "2026-03-02"}]'
    argv = ("--json", "check", str(FORMS), "--explain", "C.VS.FEVER", "--with", "VS.TEMP=38.5",
            "--with", "VS.VSDAT=2026-03-01", "--with", rows)  # fmt: skip
    (rule,) = run(*argv).row["rules"]
    assert rule["outcome"]["state"] == "false"
    assert [part["state"] for part in rule["outcome"]["parts"]] == ["true", "false"]
    (rule,) = run(*argv[:-1], "rows.AE=[]").row["rules"]
    assert rule["outcome"]["state"] == "true"


def test_a_rule_that_could_not_run_says_why(run: Run, changed: Change) -> None:
    folder = changed("vs.toml", '"VS.DIABP >= VS.SYSBP"', '"ln(VS.DIABP) > 3.0"')
    (rule,) = run("--json", "check", str(folder), "--explain", "C.VS.BP", "--with", "VS.DIABP=0").row["rules"]
    assert rule["outcome"]["state"] == "failed" and rule["outcome"]["text"]


def test_a_derived_value_is_worked_out(run: Run) -> None:
    said = run("check", str(FORMS), "--explain", "M.CP.CPS0103", "--with", "LBC.BILI=40")
    assert "gives 2" in said.out


def test_an_item_lists_the_rules_at_it_and_those_that_read_it(run: Run) -> None:
    said = run("--json", "check", str(FORMS), "--explain", "I.LBC.BILI").row
    assert "Total bilirubin" in said["item"]
    assert "M.CP.CPS0103" in {one["oid"] for one in said["read_by"]}
    assert all(one["item"] == "I.LBC.BILI" for one in said["rules"])


def test_a_check_of_every_date_is_found_by_its_own_oid(run: Run) -> None:
    said = run("--json", "check", str(FORMS), "--explain", "C.EC001").row
    assert {"C.EC001.VS.VSDAT", "C.EC001.AE.AESTDAT"} <= {one["oid"] for one in said["rules"]}


def test_what_is_misspelt_is_refused_with_what_may_be_meant(run: Run) -> None:
    said = run("--json", "check", str(FORMS), "--explain", "C.VS.PB")
    assert (said.code, said.row["error"]) == (3, "not_found")
    assert "C.VS.BP" in said.row["near"]
    said = run("--json", "check", str(FORMS), "--explain", "C.VS.BP", "--with", "VS.SISBP=120")
    assert (said.code, said.row["error"]) == (3, "value_rejected")
    assert "VS.SYSBP" in said.row["message"]
    said = run("--json", "check", str(FORMS), "--explain", "C.VS.BP", "--with", "VS.SYSBP=high")
    assert (said.code, said.row["error"]) == (3, "value_rejected")
    said = run("--json", "check", str(FORMS), "--explain", "C.VS.FEVER", "--with", 'rows.AE=[{"AETRM": ""}]')
    assert (said.code, said.row["error"]) == (3, "value_rejected") and "AETERM" in said.row["message"]


def test_values_need_a_rule_and_a_name(run: Run) -> None:
    assert run("check", str(FORMS), "--with", "VS.SYSBP=120").code == 2
    assert run("check", str(FORMS), "--explain", "C.VS.BP", "--with", "VS.SYSBP").code == 2
