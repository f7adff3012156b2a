"""Statements of one subject being put together: the visit, form and group that are open.

A form is begun anew whenever something else was touched in between, so that the order stays.
"""

from __future__ import annotations

from typing import Any

from crf_app.actions.odm.odm_names import location_oid, origin_of
from crf_app.actions.odm.odm_teller import Place, Teller
from crf_app.exchange.clinical import Audit, Event, Form, Group, Item, Subject
from crf_app.store.trail import TrailRow


class Tree:
    """Statements being put together: the event, form and group that are open."""

    def __init__(self, teller: Teller, label: str) -> None:
        self.teller, self.label = teller, label
        self.names = teller.names
        self.events: list[Event] = []
        self.forms: list[Form] = []
        self.groups: list[Group] = []
        self.items: list[Item] = []
        self.own_items: list[Item] = []  # that stand in the form itself
        self.at: Place | None = None
        self.path = ""
        self.group_says: dict[str, Any] = {}
        self.subject_says: dict[str, Any] = {}
        self.transactions = True
        self.threads: dict[str, str] = {}  # thread → its name in the file
        self.keys: dict[str, str] = {}  # visit or row → its repeat key in the file it came with
        self._begun: set[tuple[str | None, ...]] = set()

    def open(self, path: str) -> None:
        """Go to a group; what is open stays open as far as it is the same."""
        place, before = self.names.place(path), self.at
        if self.keys:
            place = self._named(path, place)
        if before is not None and place[:2] != before[:2]:
            self.close_event()
        elif before is not None and place[:3] != before[:3]:
            self.close_form()
        else:
            self.close_group()
        self.at, self.path = place, path

    def remember(self, row: TrailRow) -> None:
        """The repeat key by which the source calls a visit or row, where it is not ours."""
        named = None if row.origin is None else origin_of(row.origin).get("repeat_key")
        if named is not None:
            self.keys[row.key] = named

    def _named(self, path: str, place: Place) -> Place:
        event, _, rest = path.partition("/")
        get = self.keys.get
        visit, row = get(event, place[1]), get(path, place[4]) if rest else place[4]
        return (place[0], visit, place[2], place[3], row)

    def close_group(self) -> None:
        if self.at is None or not (self.items or self.group_says):
            return
        items, says = tuple(self.items), self.group_says
        self.items, self.group_says = [], {}
        group, row = self.at[3:]
        if self.transactions and (self.groups if not group else self.own_items):
            self._put_form()  # items of the form itself and groups take turns: the order stays
        if not group:
            self.own_items += items
            if says:
                self._put_form(**{name: one for name, one in says.items() if name != "transaction"})
            return
        said = {"transaction": self._begin(self.at), **says}
        self.groups.append(Group(group, row, items, **said))

    def close_form(self, **says: Any) -> None:
        self.close_group()
        self._put_form(**says)

    def _put_form(self, **says: Any) -> None:
        if self.at is None or not (self.groups or self.own_items or says):
            return
        said = {"transaction": self._begin(self.at[:3]), **says}
        groups, items = tuple(self.groups), tuple(self.own_items)
        self.forms.append(Form(self.at[2], None, groups, items=items, **said))
        self.groups, self.own_items = [], []

    def close_event(self, **says: Any) -> None:
        self.close_form()
        if self.at is None or not (self.forms or says):
            return
        said = {"transaction": self._begin(self.at[:2]), **says}
        self.events.append(Event(self.at[0], self.at[1], tuple(self.forms), **said))
        self.forms = []

    def _begin(self, place: tuple[str | None, ...]) -> str | None:
        """Insert for the first time that a place is spoken of, then Context."""
        if not self.transactions:
            return None
        if place in self._begun:
            return "Context"
        self._begun.add(place)
        return "Insert"

    def subject(self, audit: Audit | None) -> Subject:
        self.close_event()
        site = location_oid(self.names.site)
        said = "Insert" if self.transactions else None
        names = self.names
        return Subject(
            self.label, names.study, names.version, tuple(self.events), site, said, audit, **self.subject_says
        )
