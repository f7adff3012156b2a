"""Units of ODM 1.3: a study's are UCUM texts, a file's are MeasurementUnit elements with OID and symbol.

Elements of an imported file that say more than the unit's text are kept whole and given back; both ways read
the same table from them (`names_of`).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, count
from typing import Any, Final

from crf_app.exchange.odm1_xml import NS, add
from crf_app.exchange.odm_parts import element_of, pairs_of
from crf_app.exchange.xml_in import XML_LANG
from crf_app.model.def_base import Foreign

KIND: Final = "MeasurementUnit"
AT: Final = ("BasicDefinitions", "")


def names_of(elements: Iterable[Any]) -> dict[str, str]:
    """OID → the unit as text: its symbol; where two have the same, the second's name, else its OID."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for one in elements:
        oid = one.get("OID", "")
        name = next(
            (text for text in (_symbol(one), one.get("Name", "").strip()) if text and text not in taken), oid
        )
        taken.add(name)
        found[oid] = name
    return found


def is_plain(one: Any, name: str) -> bool:
    """Whether the element is what would be written for this unit, so that it need not be kept."""
    symbol = one.find(f"{NS}Symbol")
    texts = list(symbol) if symbol is not None else []
    return (
        dict(one.attrib) == {"OID": f"MU.{name}", "Name": name}
        and len(one) == 1
        and len(texts) == 1
        and texts[0].text == name
    )


def kept_names(pieces: Iterable[Foreign]) -> dict[str, str]:
    """The unit as text → OID, of the elements that a study keeps from its file."""
    ours = [one for one in pieces if one.odm == "1.3.2" and one.name == f"{NS}{KIND}" and one.at == AT]
    names = names_of(element_of(one.xml) for one in ours)
    return {name: oid for oid, name in names.items()}


def _symbol(one: Any) -> str:
    symbol = one.find(f"{NS}Symbol")
    pairs = pairs_of(symbol, verbatim=True) if symbol is not None else []
    english = [words for tag, words in pairs if tag.lower().startswith("en")]
    return next(iter(english), pairs[0][1] if pairs else "")


class UnitWriting:
    """The units that were met while a study is written; those of its file first."""

    def __init__(self, pieces: Iterable[Foreign]) -> None:
        self._units = kept_names(pieces)
        self._kept = frozenset(self._units)

    def oid(self, name: str) -> str:
        """The OID of a unit in the file."""
        if name not in self._units:
            taken = set(self._units.values())
            wished = chain((f"MU.{name}",), (f"MU.{name}.{number}" for number in count(2)))
            self._units[name] = next(oid for oid in wished if oid not in taken)
        return self._units[name]

    def write(self, parent: Any) -> None:
        """The units that were met; those that an imported file defines are given back as they were."""
        if not self._units:
            return
        holder = add(parent, "BasicDefinitions", {})
        for name, oid in self._units.items():
            if name not in self._kept:
                symbol = add(add(holder, "MeasurementUnit", {"OID": oid, "Name": name}), "Symbol", {})
                add(symbol, "TranslatedText", {XML_LANG: "en"}, name)
