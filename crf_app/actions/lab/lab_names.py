"""Which test and which unit a laboratory's words mean: one item, or none.

Compared after NFKC, case folding and trimming with an item's variable, question in both languages and LOINC
code; a mark before the name (`★ALT`) and a part in brackets (`丙氨酸氨基转移酶(ALT)`) make no difference.
A name that fits several items fits none: it must be said by the variable, or kept in a mapping.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from crf_app.errors import ValueRejected
from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import ItemDef
from crf_app.model.lab_range import folded
from crf_app.model.number_text import is_number
from crf_app.model.typed import shown
from crf_app.model.units import shown_unit

_MARKS: Final = re.compile(r"^[\s*★☆▲△●○◆◇#+·•-]+")
_BRACKETS: Final = re.compile(r"[(\[{（【](.*?)[)\]}）】]")
_SCALE: Final = re.compile(r"^[×x]?\s*10[*^~e]?(?=-?\d)")


def lab_items(form: FormDef) -> Iterator[ItemDef]:
    """The numbers of a laboratory form that have a reference range: results, and what is derived of them."""
    if not any(item.lab for item in form.items.values()):
        return
    for item in form.items.values():
        if is_number(item) and (item.lab or item.derived or item.reference):
            yield item


def lab_forms(study: Study) -> list[FormDef]:
    """The forms that hold laboratory results."""
    return [form for form in study.form if any(item.lab for item in form.items.values())]


def all_lab_items(study: Study) -> list[ItemDef]:
    return [item for form in lab_forms(study) for item in lab_items(form)]


class LabNames:
    """The names of some items, worked out once for many questions."""

    def __init__(self, items: Iterable[ItemDef]) -> None:
        known = list(items)
        self._by_variable = {item.variable: item for item in known}
        # a retired test keeps its name only where no other one bears it, such as its successor
        retired, asked = ([one for one in known if (one.until is None) is now] for now in (False, True))
        self._by_name = _by_name(retired) | _by_name(asked)

    def find(self, name: str, kept: Mapping[str, str] | None = None) -> list[ItemDef]:
        """The items that a name can mean; `kept` maps folded names to variables and decides where it says."""
        variable = (kept or {}).get(folded(name))
        if variable is not None:
            return [self._by_variable[variable]] if variable in self._by_variable else []
        return next((self._by_name[one] for one in _spellings(name) if one in self._by_name), [])

    def one(self, name: str) -> ItemDef:
        """The one item that a name means.  Raises ValueRejected for none and for several."""
        found, said = self.find(name), shown(name)
        if len(found) == 1:
            return found[0]
        if found:
            several = ", ".join(item.variable for item in found)
            raise ValueRejected(
                f'"{said}" can be {several}. Write one of these.',
                f"“{said}”可能是 {several}，请写明其中之一。",
            )
        raise ValueRejected(
            f'"{said}" is not a laboratory test of this study. Write its variable, as LBC.ALT.',
            f"“{said}”不是本研究的检验项目，请填写变量名，如 LBC.ALT。",
        )


def find_unit(item: ItemDef, text: str) -> str | None:
    """The item's unit that a text means, however it is written; None for a unit that is not its own."""
    wanted = _plain_unit(text)
    known = [unit for unit in (item.unit, *(one.unit for one in item.units)) if unit is not None]
    if not wanted:
        return item.unit
    if text.strip() in known:
        return text.strip()
    found = {unit for unit in known if wanted in (_plain_unit(unit), _plain_unit(shown_unit(unit)))}
    return found.pop() if len(found) == 1 else None


def known_unit(item: ItemDef, text: str) -> str | None:
    """As `find_unit`.  Raises ValueRejected for a unit that is not the item's."""
    unit = find_unit(item, text)
    if unit is None and _plain_unit(text):
        known = ", ".join([item.unit or "-", *(one.unit for one in item.units)])
        raise ValueRejected(
            f'"{shown(text)}" is not a unit of {item.variable}. Units: {known}.',
            f"“{shown(text)}”不是 {item.variable} 的单位，可用：{known}。",
        )
    return unit


def _plain_unit(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).replace("\u03bc", "u").replace("\u00b5", "u").casefold()
    plain = "".join(plain.split())
    return _SCALE.sub("10", plain).replace("[iu]", "iu").strip("()")


def _spellings(name: str) -> Iterator[str]:
    """What was written, then without marks, then without brackets, then what stands in them."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKC", name))
    for one in (name, bare, _BRACKETS.sub("", bare), *_BRACKETS.findall(bare)):
        if folded(one):
            yield folded(one)


def _by_name(items: Iterable[ItemDef]) -> dict[str, list[ItemDef]]:
    found: dict[str, list[ItemDef]] = {}
    for item in items:
        for name in _names(item):
            found.setdefault(name, []).append(item)
    return found


def _names(item: ItemDef) -> set[str]:
    last = item.variable.rpartition(".")[2]
    codes = {alias.name for alias in item.alias if alias.context == "LOINC"}
    said = {item.oid, item.variable, last, last.removeprefix("X_"), item.question.en, item.question.zh}
    return {folded(one) for one in said | codes}
