"""Where the value of a subject fact may stand, and which of several values it takes.

A fact is read from the folded answers: by a subject that is loaded (`actions/subject_data.py`) and by lists
that read a few answers of many subjects (`actions/subject_list.py`, `actions/flow.py`).  Only answers with a
fixed place count: visits and groups that repeat have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from crf_app.model.datatype import is_number
from crf_app.model.definition import Study, SubjectFact
from crf_app.model.item_def import ItemDef


class FactPlace(NamedTuple):
    """One place under a subject: `SE.SCR`, `F.IC`, `IG.IC/I.IC.DSSTDAT_IC`."""

    event: str
    form: str
    local: str

    @property
    def path(self) -> str:
        return f"{self.event}/{self.form}/{self.local}"


@dataclass(frozen=True)
class FactReader:
    """One fact of the study with its places in the order of the visits."""

    fact: SubjectFact
    item: ItemDef
    places: tuple[FactPlace, ...]

    def read(self, value_at: Callable[[FactPlace], str | None]) -> str | None:
        """The fact's value, canonical text (of a datetime the date); None where nothing is known.

        `value_at`: the value that stands at a place, None or "" without one.
        """
        found = (value for place in self.places if (value := value_at(place)))
        value = next(found, None) if self.fact.pick == "first" else self._picked(list(found))
        return value[:10] if value and self.item.data_type == "datetime" else value

    def _picked(self, values: Sequence[str]) -> str | None:
        if not values:
            return None
        if self.fact.pick == "last":
            return values[-1]
        key = (lambda text: Decimal(text.lstrip("<>="))) if is_number(self.item) else None
        return min(values, key=key) if self.fact.pick == "smallest" else max(values, key=key)


def fact_readers(study: Study) -> dict[str, FactReader]:
    """Fact name → its reader, in the order of the definition."""
    return {
        fact.name: FactReader(fact, form.items[fact.item], tuple(_places(study, fact)))
        for fact in study.subject_facts
        if (form := study.form_of_item.get(fact.item)) is not None
    }


def _places(study: Study, fact: SubjectFact) -> Iterator[FactPlace]:
    for event in study.event:
        if event.repeating or fact.event not in (None, event.oid):
            continue
        for item in (fact.item, *fact.also):
            form = study.form_of_item[item]
            group = form.group_of[item]
            if form.oid in event.form_oids and not group.repeating and group.rows is None:
                yield FactPlace(event.oid, form.oid, f"{group.oid}/{item}")


def read_facts(
    readers: Mapping[str, FactReader], value_at: Callable[[FactPlace], str | None]
) -> dict[str, str]:
    """Every fact that is known."""
    found = {name: reader.read(value_at) for name, reader in readers.items()}
    return {name: value for name, value in found.items() if value}
