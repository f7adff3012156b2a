"""The rows of the matrix: one a form, and one that opens for the forms that only one same visit asks.

By rule, from the definition: forms that no other planned visit holds share a row when there are at least two
of them (screening, usually).  Pure; the page keeps which rows are open.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from crf_app.actions.casebook import Cell, Visit
    from crf_app.model.definition import Study
    from crf_app.model.form_def import FormDef

LEAST: Final = 2
#: loudest first: the state that a closed set shows when one of its forms is so
_LOUD: Final = ("conflict", "hard", "query", "soft", "resign", "answered", "reading")
_DONE: Final = frozenset({"done", "signed", "locked", "not_done"})


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A form's row, or with `members` the row of a set; `event` is the visit that a set belongs to.

    `inside`: a form of a set that is open.
    """

    form: FormDef | None
    members: tuple[FormDef, ...] = ()
    event: str = ""
    inside: bool = False


def is_log(visit: Visit) -> bool:
    """Whether it is no visit but what holds for the whole subject."""
    return visit.definition.type == "Common"


def sets_of(study: Study) -> Mapping[str, tuple[str, ...]]:
    """event OID → the forms that it alone asks."""
    planned = [event for event in study.event if event.type != "Common"]
    found: dict[str, list[str]] = {}
    for form in study.form:
        asking = [event for event in planned if form.oid in event.form_oids]
        if len(asking) == 1 and not asking[0].repeating:
            found.setdefault(asking[0].oid, []).append(form.oid)
    return {event: tuple(forms) for event, forms in found.items() if len(forms) >= LEAST}


def rows_of(study: Study, forms: Sequence[FormDef], open_sets: Collection[str]) -> list[MatrixRow]:
    """The rows in the order of the forms; a set stands where its first form would."""
    sets = sets_of(study)
    of_set = {form: event for event, some in sets.items() for form in some}
    shown, out, begun = [form.oid for form in forms], list[MatrixRow](), set[str]()
    for form in forms:
        event = of_set.get(form.oid)
        members = tuple(one for one in forms if of_set.get(one.oid) == event) if event else ()
        if event is None or len(members) < LEAST:
            out.append(MatrixRow(form))
        elif event not in begun:
            begun.add(event)
            out.append(MatrixRow(None, members, event))
            if event in open_sets:
                out += [MatrixRow(one, (), event, inside=True) for one in members if one.oid in shown]
    return out


def state_of_set(cells: Sequence[Cell]) -> tuple[str, int]:
    """(state of the whole, how many are done): one word for all, or the loudest, or how far it is."""
    states = [cell.state for cell in cells]
    done = sum(state in _DONE for state in states)
    loud = next((one for one in _LOUD if one in states), None)
    if loud is not None:
        return loud, done
    asked = [state for state in states if state not in ("optional", "closed")] or states
    if len(set(asked)) == 1:
        return asked[0], done
    if all(state in _DONE for state in asked):
        return "done", done
    return "started", done
