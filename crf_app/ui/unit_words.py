"""UCUM units as people read them on the screen, and a unit typed behind a number.

`10*9/L` → `10⁹/L`, `umol/L` → `µmol/L`, `mm[Hg]` → `mmHg`.  What is stored stays UCUM.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from crf_app.model.definition import ItemDef

_FIXED: Final = {
    "Cel": "°C", "[degF]": "°F", "{INR}": "", "{ratio}": "", "1": "", "{score}": "", "kg/m2": "kg/m²",
}  # fmt: skip
_SUPERSCRIPT: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NUMBER_AND_UNIT: Final = re.compile(r"([<>]?=?\s*[+-]?[0-9.]+)\s*([^\s0-9.].*)\Z")


@cache
def shown_unit(unit: str | None) -> str:
    """The unit as people write it; "" for a number without a unit."""
    if not unit:
        return ""
    if unit in _FIXED:
        return _FIXED[unit]
    text = re.sub(r"10[*^](-?\d+)", lambda found: "10" + found[1].translate(_SUPERSCRIPT), unit)
    text = re.sub(r"\bu(?=(mol|g|L|kat|m)\b)", "µ", text)
    text = text.replace("[iU]", "IU").replace("[IU]", "IU").replace("[Hg]", "Hg")
    return re.sub(r"\{([^}]*)\}", r"\1", text)


def units_of(item: ItemDef) -> tuple[str, ...]:
    """Every unit the item may be typed in, the standard one first."""
    return (item.unit or "", *(other.unit for other in item.units)) if item.unit else ()


def split_unit(item: ItemDef, typed: str) -> tuple[str, str | None]:
    """`12 mg/dL` → ("12", "mg/dL") where the item knows the unit; else the text as it is, without a unit."""
    found = _NUMBER_AND_UNIT.match(typed.strip())
    if found is None:
        return typed, None
    wanted = _folded(found[2])
    for unit in units_of(item):
        if wanted in (_folded(unit), _folded(shown_unit(unit))):
            return found[1].strip(), unit
    return typed, None


def _folded(unit: str) -> str:
    return unit.replace("µ", "u").replace("μ", "u").replace(" ", "").casefold()
