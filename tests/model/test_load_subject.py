"""A study's words about a subject are checked with the rest: names, types, conditions, each at its line."""

from __future__ import annotations

# ruff: noqa: E501  (a row of the table stays in one place)
import shutil
from pathlib import Path

import pytest

from crf_app.errors import DefinitionError
from crf_app.model.load import load
from crf_app.rules.expression import compile_study

FOLDER = Path(__file__).resolve().parents[2] / "forms" / "hucmsc"

#: name → (text of study.toml, spoiled text, OID of the problem, in the message, in the hint)
NAMES = {
    "a status keeps no such form": ('keeps = ["F.IC"]', 'keeps = ["F.ICX"]', "F.ICX", "`keeps`", "F.IC"),
    "a status closes no such visit": ('closes = ["SE.V1", ', 'closes = ["SE.V0", ', "SE.V0", "`closes`", ""),
    "a status counts from no fact": ('since = "DEATH"', 'since = "DEAHT"', "DEAHT", "`since`", "DEATH"),
    "a status counts from no date": ('since = "DEATH"', 'since = "SEX"', "SEX", "no date", ""),
    "a fact of two types": ('also = ["I.DSS.X_LCDAT"]', 'also = ["I.DSS.DSDECOD"]', "I.DSS.DSDECOD", "types", "two facts"),
    "a fact of no item": ('also = ["I.DSS.X_LCDAT"]', 'also = ["I.DSS.X_LCDT"]', "I.DSS.X_LCDT", "not defined", "X_LCDAT"),
    "a fact in rows": ('item = "I.DM.SEX"', 'item = "I.AE.AETERM"', "I.AE.AETERM", "stands in rows", ""),
    "a status twice": ('code = "LOST"', 'code = "DIED"', "HUCMSC", "`status` holds 'DIED' twice", ""),
}  # fmt: skip

#: name → (code, its `when`, spoiled, OID of the problem, in the message)
RULES = {
    "a fact that is misspelt": ("PRECONSENT", "!known.subject.CONSENT", "!known.subject.CONSNT", "CONSNT"),
    "a value of a form": ("PRECONSENT", "!known.subject.CONSENT", "VS.SYSBP > 90.0", "not a fact"),
    "no condition": ("PRECONSENT", "!known.subject.CONSENT", "subject.CONSENT", "must be BOOL"),
    "a code that is not in the list": ("MONTH24", "subject.SURV24M == 'ALIVE'", "subject.SURV24M == 'LIVE'", "LIVE"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "study"))


def spoil(folder: Path, old: str, new: str) -> int:
    """Replace the first `old` of study.toml; the line on which it stands."""
    path = folder / "study.toml"
    before, found, after = path.read_text("utf-8").partition(old)
    assert found, f"{old} is not in study.toml"
    path.write_text(before + new + after, "utf-8")
    return before.count("\n") + 1


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_names_nothing_is_said_at_its_line(folder: Path, name: str) -> None:
    old, new, oid, message, hint = NAMES[name]
    line = spoil(folder, old, new)
    with pytest.raises(DefinitionError) as caught:
        load(folder)
    (problem,) = [one for one in caught.value.details["problems"] if one["oid"] == oid]
    assert message in problem["message"] and hint in problem["hint"] and problem["message_zh"]
    assert problem["line"] == line or "twice" in message


@pytest.mark.parametrize("name", RULES)
def test_a_condition_that_cannot_hold_is_said_at_its_line(folder: Path, name: str) -> None:
    code, old, new, message = RULES[name]
    line = spoil(folder, f'when = "{old}"', f'when = "{new}"')
    loaded = load(folder)
    with pytest.raises(DefinitionError) as caught:
        compile_study(loaded.study, loaded.places)
    (problem,) = caught.value.details["problems"]
    assert problem["oid"].partition(".")[2] == code and problem["line"] == line
    assert message in problem["message"]


def test_a_required_form_is_checked_at_its_visit(folder: Path) -> None:
    line = spoil(folder, 'mandatory_when = "subject.SURV ==', 'mandatory_when = "subject.SURVV ==')
    loaded = load(folder)
    with pytest.raises(DefinitionError) as caught:
        compile_study(loaded.study, loaded.places)
    (problem,) = caught.value.details["problems"]
    assert (problem["oid"], problem["line"]) == ("SE.LOG/F.DD", line)
