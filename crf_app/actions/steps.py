"""The groups of a form as numbered steps, each with its state: a reading of a form whose layout is "steps".

A step is one group; its number is its place in the definition, also when the step is not asked now.  Made
from what the form page shows; nothing is read or stored here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crf_app.model.def_base import Text
from crf_app.model.form_def import ItemGroupDef
from crf_app.model.keys import ItemKey

if TYPE_CHECKING:
    from crf_app.actions.form_page import FormPage, Line
    from crf_app.actions.standing import OpenPoint

_LOUD: Final = ("conflict", "hard", "query", "soft")


@dataclass(frozen=True, slots=True)
class Step:
    """`state`: closed (not asked now), todo, optional, started, done, or the loudest of conflict, hard,
    query, soft.  `points` counts what is open, `first` is where work on the step begins.
    """

    number: int
    group: str
    name: Text
    state: str
    points: int
    first: ItemKey | None


def steps_of(page: FormPage) -> tuple[Step, ...]:
    """The steps of a form page in their order; none for a form of another layout."""
    if page.form.layout != "steps":
        return ()
    return tuple(_step(page, n, group) for n, group in enumerate(page.form.item_group, 1))


def _step(page: FormPage, number: int, group: ItemGroupDef) -> Step:
    lines = [line for line in page.lines if line.key.group_oid == group.oid and line.state.collected]
    typed = [line for line in lines if not line.state.item.derived]
    points = [point for point in page.open_points if point.key.group_oid == group.oid]
    first = points[0].key if points else next((line.key for line in typed), None)
    asked = bool(lines) or (group.repeating and group.oid not in page.closed_groups)
    state = _state(typed, points) if asked else "closed"
    return Step(number, group.oid, group.name, state, len(points), first)


def state_of_groups(page: FormPage, groups: Collection[str]) -> tuple[str, int]:
    """State, as of a `Step`, and number of open points of several groups together."""
    lines = [line for line in page.lines if line.key.group_oid in groups and line.state.collected]
    points = [point for point in page.open_points if point.key.group_oid in groups]
    state = _state([line for line in lines if not line.state.item.derived], points) if lines else "closed"
    return state, len(points)


def _state(typed: Sequence[Line], points: Sequence[OpenPoint]) -> str:
    kinds = {point.kind for point in points}
    loud = next((kind for kind in _LOUD if kind in kinds), None)
    if loud is not None:
        return loud
    begun = any(not line.state.answer.empty for line in typed)
    if points:
        return "started" if begun else "todo"
    return "done" if begun else "optional"
