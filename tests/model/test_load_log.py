"""How a log is listed is checked with the rest: its items are of its own group and of a type that fits."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crf_app.errors import DefinitionError
from crf_app.model.load import load

FOLDER = Path(__file__).resolve().parents[2] / "forms" / "hucmsc"

#: name → (file, text, spoiled text, in the message)
SPOILT = {
    "no such item": ("ae", 'end = "I.AE.AEENDAT"', 'end = "I.AE.AEENDAY"', "no item of this group"),
    "no date": ("ae", 'start = "I.AE.AESTDAT"', 'start = "I.AE.AETERM"', "takes an item of type date"),
    "a proposal without start": ("ae", 'start = "I.AE.AESTDAT", end', "end", "A proposed row has a start"),
    "a grade without codes": (
        "ae",
        'grade = "I.AE.AETOXGR"',
        'grade = "I.AE.AETERM"',
        "takes an item with a code",
    ),
    "no time": ("sae", "hours = 24", "hours = 0", "from 1 to 9999"),
    "not a time": ("sae", 'until = "I.SAE.X_SAERPT"', 'until = "I.SAE.X_SAETYPE"', "type datetime"),
    "an unknown key": ("ae", "proposed = true", "suggested = true", "suggested"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_log_that_cannot_be_listed_is_said_at_its_line(name: str, tmp_path: Path) -> None:
    file, old, new, message = SPOILT[name]
    problem = _problem(tmp_path, file, old, new)
    assert message in problem["message"] and problem["message_zh"]


def test_a_group_without_rows_has_no_log(tmp_path: Path) -> None:
    problem = _problem(tmp_path, "sae", "repeating = true\n", "")
    assert "rows that people add" in problem["message"]


def _problem(tmp_path: Path, name: str, old: str, new: str) -> dict[str, str]:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "study"))
    path = folder / f"{name}.toml"
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(DefinitionError) as caught:
        load(folder)
    problem: dict[str, str] = caught.value.details["problems"][0]
    return problem
