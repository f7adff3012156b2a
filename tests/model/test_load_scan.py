"""A study's scans are checked with the rest: pattern, names of groups, items, each at its line."""

from __future__ import annotations

# ruff: noqa: E501  (a row of the table stays in one place)
import shutil
from pathlib import Path

import pytest

from crf_app.errors import DefinitionError
from crf_app.model.load import load

FOLDER = Path(__file__).resolve().parents[2] / "forms" / "hucmsc"
WRISTBAND = "pattern = '(?P<subject>ZN[0-9]{3})'"

#: name → (text of study.toml, spoiled text, in the message, in the hint)
SPOILT = {
    "a pattern that does not compile": (WRISTBAND, "pattern = '(?P<subject>ZN[0-9'", "not a regular expression", ""),
    "a pattern without end": (WRISTBAND, "pattern = '(?P<subject>Z{99999999999999999999})'", "not a regular expression", ""),
    "a wristband without a subject": (WRISTBAND, "pattern = 'ZN[0-9]{3}'", "named `subject`", "(?P<subject>"),
    "a group that fills nothing": (WRISTBAND, "pattern = '(?P<subject>ZN)(?P<n>[0-9]{3})'", "`n` fills no item", "(?:"),
    "an item that is not there": ('bag = "I.EX.ECREFID"', 'bag = "I.EX.ECREFDI"', "not defined", "ECREFID"),
    "a name that is no group": ('fills = { bag = ', 'fills = { bga = "I.EX.ECLOT", bag = ', "no group `bga`", "bag"),
    "the number of a subject in an item": ('fills = { bag = ', 'fills = { subject = "I.EX.ECLOT", bag = ', "fills no item", ""),
    "a kind that is not known": ('kind = "product"', 'kind = "medicine"', "medicine", ""),
    "a code twice": ('code = "BAG"', 'code = "WRISTBAND"', "`scan` holds 'WRISTBAND' twice", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_a_scan_that_cannot_be_read_is_said_at_its_line(name: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "study"))
    old, new, message, hint = SPOILT[name]
    before, found, after = (folder / "study.toml").read_text("utf-8").partition(old)
    assert found
    (folder / "study.toml").write_text(before + new + after, "utf-8")
    with pytest.raises(DefinitionError) as caught:
        load(folder)
    problem = caught.value.details["problems"][0]
    assert message in problem["message"] and hint in problem["hint"] and problem["message_zh"]
    assert problem["line"] == before.count("\n") + 1 or name.startswith(("a kind", "a code"))
