"""UCUM units as people read and write them, on screen and on paper: `10*9/L` → `10⁹/L`, `mm[Hg]` → `mmHg`."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_PLAIN: Final = {
    "Cel": "°C", "[degF]": "°F", "kg/m2": "kg/m²",
    "1": "", "{INR}": "", "{score}": "", "{points}": "", "{ratio}": "", "{number}": "",
}  # fmt: skip
_WORDS: Final = {
    "a": ("years", "岁"),
    "mo": ("months", "个月"),
    "wk": ("weeks", "周"),
    "{cells}": ("cells", "个细胞"),
    "{cells}/kg": ("cells/kg", "个细胞/kg"),
    "{beats}/min": ("beats/min", "次/分"),
    "{breaths}/min": ("breaths/min", "次/分"),
    "{attempts}": ("attempts", "次"),
    "{infusions}": ("infusions", "次"),
    "{units}": ("units", "单位"),
}
_RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@cache
def shown_unit(unit: str | None, language: str = "en") -> str:
    """The unit in words or signs; "" for a number without a unit."""
    if not unit:
        return ""
    if unit in _WORDS:
        return _WORDS[unit][language == "zh"]
    if unit in _PLAIN:
        return _PLAIN[unit]
    text = re.sub(r"10[*^](-?\d+)", lambda found: "10" + found[1].translate(_RAISED), unit)
    text = re.sub(r"\bu(?=(mol|g|L|kat|m)\b)", "µ", text)
    text = text.replace("[iU]", "IU").replace("[IU]", "IU").replace("[Hg]", "Hg")
    return re.sub(r"(?<=\w)\{", " {", text).replace("{", "").replace("}", "")
