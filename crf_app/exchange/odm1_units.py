"""Units of ODM 1.3: a study's are UCUM texts, a file's are MeasurementUnit elements with OID and symbol.

Elements of an imported file that say more than the unit's text are kept whole and given back; both ways read
the same table from them (`names_of`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from crf_app.exchange.odm1_xml import NS
from crf_app.exchange.odm_parts import element_of, pairs_of
from crf_app.model.definition import Foreign

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
