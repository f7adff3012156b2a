"""UCUM units in words and signs, in both languages."""

from __future__ import annotations

from crf_app.model.units import shown_unit


def test_units_are_written_as_people_write_them() -> None:
    wanted = {
        "mm[Hg]": "mmHg",
        "10*9/L": "10⁹/L",
        "umol/L": "µmol/L",
        "Cel": "°C",
        "{beats}/min": "beats/min",
        "mg/dL{BUN}": "mg/dL BUN",
        "{points}": "",
        "kg/m2": "kg/m²",
        "U/L": "U/L",
    }
    assert {unit: shown_unit(unit) for unit in wanted} == wanted
    assert shown_unit("{cells}", "zh") == "个细胞"
    assert shown_unit(None) == ""


def test_units_follow_the_language() -> None:
    assert shown_unit("{beats}/min", "zh") == "次/分"
    assert shown_unit("a", "zh") == "岁"
    assert [shown_unit("{attempts}", language) for language in ("en", "zh")] == ["attempts", "次"]
    assert shown_unit("{number}", "zh") == ""
