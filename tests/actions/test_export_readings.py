"""The file for analysis says what a number means: standard value, the range of its day, L or H."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crf_app.actions import exporting
from crf_app.actions.enter_data import enter_value
from crf_app.actions.lab.lab_ranges import add_range

READ = ("value", "unit", "standard_value", "standard_unit", "range_low", "range_high", "range_of", "flag")


def lines(session: Any, folder: Path) -> dict[str, tuple[str, ...]]:
    exporting.export_csv(session, folder)
    with (folder / "values.csv").open(encoding="utf-8-sig", newline="") as file:
        return {one["item"]: tuple(one[name] for name in READ) for one in csv.DictReader(file)}


def test_each_number_comes_with_its_reading(session: Callable[..., Any], at: Any, tmp_path: Path) -> None:
    person = session("coordinator")
    add_range(person, {"laboratory": "Made-up laboratory", "item": "LBC.ALT", "high": "45",
                       "valid_from": "2026-01-01"})  # fmt: skip
    typed = {
        "DM.SEX": ("SE.SCR", "M"),
        "LBC.LBDAT": ("SE.V1", "2026-10-06"),
        "LBC.LBNAM": ("SE.V1", "made-up laboratory"),
        "LBC.ALT": ("SE.V1", "46"),
        "LBC.CRP": ("SE.V1", "<5"),
        "LBC.BILI": ("SE.V1", "2 mg/dL"),
        "LBC.LBFAST": ("SE.V1", "Y"),
    }
    for variable, (event, text) in typed.items():
        enter_value(person, at(event, variable), text)
    found = lines(person, tmp_path / "out")
    assert found["I.LBC.ALT"] == ("46", "U/L", "46", "U/L", "", "45", "laboratory", "H")
    assert found["I.LBC.BILI"] == ("2", "mg/dL", "34.2", "umol/L", "", "26.0", "default", "H")
    assert found["I.LBC.CRP"][2:4] == ("<5", "mg/L")
    assert found["I.LBC.LBFAST"] == ("Y", "", "", "", "", "", "", "")
