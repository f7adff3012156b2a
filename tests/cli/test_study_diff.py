"""`study diff` as a data manager calls it on two folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crf_app.cli.invocation import Invocation
from crf_app.cli.verbs import crf_app

DEMO = Path(__file__).parents[2] / "forms" / "demo-vitals"


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """A copy of demo-vitals as version 2."""
    folder = Path(shutil.copytree(DEMO, tmp_path / "new"))
    change(folder / "study.toml", 'version = "1"', 'version = "2"')
    return folder


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")


def say(*words: str | Path) -> tuple[int, Result]:
    call = Invocation(window=lambda *_: 0)
    result = CliRunner().invoke(crf_app, [str(word) for word in words], obj=call, standalone_mode=False)
    return call.exit_code, result


def test_sentences_stand_by_form_and_by_whom_they_are_for(new: Path) -> None:
    change(new / "vs.toml", 'en = "Weight"', 'en = "Weight without shoes"')
    code, result = say("study", "diff", DEMO, new)
    assert (code, result.exception) == (0, None)
    lines = result.output.splitlines()
    at = lines.index("Vital signs (F.VS)")
    assert lines[at + 1].startswith("  Forms begun from then on")
    assert lines[at + 2] == "    “Weight without shoes” is the new wording of “Weight”."


def test_a_refused_change_is_listed_with_exit_code_3(new: Path) -> None:
    change(new / "vs.toml", 'unit = "kg"', 'unit = "g"')
    code, result = say("--lang", "zh", "study", "diff", DEMO, new)
    assert code == 3
    assert result.output.startswith("拒绝\n  I.VS.WEIGHT 的标准单位改变（kg → g）")


def test_json_gives_one_object_for_each_difference(new: Path) -> None:
    change(new / "codelists.toml", 'en = "Male"', 'en = "Man"')
    _, result = say("--json", "study", "diff", DEMO, new)
    rows = [json.loads(line) for line in result.output.splitlines()]
    assert [(row["kind"], row["what"], row["look"]) for row in rows] == [
        ("changed", "study", False), ("changed", "code", True)]  # fmt: skip
    assert set(rows[0]) == {"kind", "what", "oid", "form", "text", "whom", "look"}


def test_the_same_definition_has_nothing_to_say() -> None:
    assert say("study", "diff", DEMO, DEMO)[1].output == "The definitions are the same.\n"
