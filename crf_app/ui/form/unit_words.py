"""UCUM units as people read them on the screen, and a unit typed behind a number.

`10*9/L` → `10⁹/L`, `umol/L` → `µmol/L`, `mm[Hg]` → `mmHg`.  What is stored stays UCUM.
"""

from __future__ import annotations

import re
from typing import Final

from crf_app.model import units
from crf_app.model.item_def import ItemDef
from crf_app.ui import words

_NUMBER_AND_UNIT: Final = re.compile(r"([<>]?=?\s*[+-]?[0-9.]+)\s*([^\s0-9.].*)\Z")


def shown_unit(unit: str | None) -> str:
    """The unit as people write it, in the language of the window."""
    return units.shown_unit(unit, words.language())


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
