"""What rules may know of the whole subject and of the whole study: lists of rows and visits, values that
stand elsewhere too, forms of the visit that nobody has begun.

Only what a form's rules read is gathered.  Lists hold answers as stored: an item that is hidden now is in
them too.  Names and columns: `rules/environment.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from crf_app.model.keys import Answer, FormKey
from crf_app.rules.environment import Name
from crf_app.rules.form_rules import FormRules
from crf_app.store import reads

if TYPE_CHECKING:
    from crf_app.actions.subject_data import SubjectData

_NOBODY: Final = "entered_in_error"
_EMPTY: Final = Answer()
Line = Mapping[str, str]
_KEY: Final = "~"  # the visit's own key, which no rule can name
#: (name, its form, visit from which it is seen, which version's name it is) → list
Lists = dict[tuple[str, str, str, int], tuple[Line, ...]]


def wide_facts(data: SubjectData, key: FormKey, rules: FormRules) -> dict[str, Any]:
    """The fields `rows`, `visits`, `taken` and `subjects` of Facts for one form."""
    taken, counted = rules.read_of("taken"), rules.read_of("subjects")
    out: dict[str, Any] = {
        "rows": {_short(name): _listed(data, name, "") for name in rules.read_of("rows")},
        "visits": {_short(name): _listed(data, name, key.event) for name in rules.read_of("visits")},
    }
    if taken or counted:
        elsewhere = _Elsewhere(data, key)
        out["taken"] = frozenset(one.item.variable for one in taken if one.item and elsewhere.taken(one))
        out["subjects"] = {
            one.item.variable: n for one in counted if one.item and (n := elsewhere.subjects(one))
        }
    return out


def _listed(data: SubjectData, name: Name, here: str) -> tuple[Line, ...]:
    """A list as it is seen from the visit `here` (one of rows from ""); made once until it changes."""
    place = name.name, name.form, here, id(name)
    if place not in data.lists:
        if here:
            lines = _listed(data, name, "")
            data.lists[place] = tuple(_seen_from(here, data.events(), lines))
        else:
            data.lists[place] = tuple(_rows(data, name) if name.kind == "rows" else _visits(data, name))
    return data.lists[place]


def _short(name: Name) -> str:
    return name.name.partition(".")[2]


def _rows(data: SubjectData, name: Name) -> Iterator[Line]:
    """Every live row of the group, by visit and number."""
    group = next(one for one in data.study.forms[name.form].item_group if one.oid == name.group)
    for event in data.events():
        key = FormKey(data.uid, event, name.form)
        values = data.values(key)
        if group.rows is not None:
            codes = data.study.code_lists[group.rows].by_code if values else ()
            found = [(code, code) for code in codes]
        else:
            numbers = {part: n for part, _, n in data.rows.get(key, ())}
            uids = data.live_rows(key).get(group.oid, [])
            found = [(uid, numbers[f"{group.oid}~{uid}"]) for uid in uids]
        for uid, n in found:
            cells = {
                column: values.get(f"{group.oid}~{uid}/{item.oid}", _EMPTY).value or ""
                for column, item in name.columns
                if item is not None
            }
            yield cells | {"ROW": uid, "N": n, "EVENT": data.event_def(event).oid}


def _seen_from(here: str, events: Sequence[str], lines: Sequence[Line]) -> Iterator[Line]:
    """Lines of visits with `WHEN` they are for the visit `here`."""
    place = events.index(here) if here in events else len(events)
    words = ["earlier"] * place + ["this"] + ["later"] * len(events)
    when = dict(zip(events, words, strict=False))
    for line in lines:
        yield {**line, "WHEN": when[line[_KEY]]}


def _visits(data: SubjectData, name: Name) -> Iterator[Line]:
    """What the form holds in each visit where it was begun."""
    form = data.study.forms[name.form]
    for event in data.events():
        values = data.values(FormKey(data.uid, event, name.form))
        if not any(not answer.empty for answer in values.values()):
            continue
        definition, actual = data.event_def(event), data.actual(event)
        cells = {
            column: values.get(f"{form.group_of[item.oid].oid}/{item.oid}", _EMPTY).value or ""
            for column, item in name.columns
            if item is not None
        }
        yield cells | {
            "EVENT": definition.oid,
            "NUMBER": definition.number,
            "TYPE": definition.type,
            "DATE": actual.isoformat() if actual else "",
            _KEY: event,
        }


class _Elsewhere:
    """The same value at the same item in other places of the study, as far as this device knows it."""

    def __init__(self, data: SubjectData, key: FormKey) -> None:
        self.data, self.key = data, key
        known = reads.subject_names(data.conn)
        self.uids = [one.uid for one in known if one.status != _NOBODY]

    def taken(self, name: Name) -> bool:
        """Whether another visit or another subject holds the value; case and spaces count."""
        value, own = self._own(name), self._path(name, self.key.event)
        return bool(value) and any(
            found == value and (uid, path) != (self.data.uid, own)
            for uid, cells in self._everywhere(name).items()
            for path, found in cells.items()
        )

    def subjects(self, name: Name) -> int:
        """How many subjects hold the value, this one counted; 0 where there is no value."""
        value = self._own(name)
        if not value:
            return 0
        others = (cells for uid, cells in self._everywhere(name).items() if uid != self.data.uid)
        return 1 + sum(value in cells.values() for cells in others)

    def _own(self, name: Name) -> str:
        local = f"{name.group}/{name.item.oid}" if name.item else ""
        return self.data.values(self.key).get(local, _EMPTY).value or ""

    def _path(self, name: Name, event: str) -> str:
        return f"{event}/{name.form}/{name.group}/{name.item.oid if name.item else ''}"

    def _everywhere(self, name: Name) -> dict[str, dict[str, str]]:
        """Stored values by subject and place; this subject's are those about to be committed."""
        events = [one.oid for one in self.data.study.event if name.form in one.form_oids]
        paths = [self._path(name, event) for event in events]
        found = reads.values_at(self.data.conn, self.uids, paths)
        own = {}
        for event in self.data.events():
            values = self.data.values(FormKey(self.data.uid, event, name.form))
            value = values.get(f"{name.group}/{name.item.oid}" if name.item else "", _EMPTY).value
            if value:
                own[self._path(name, event)] = value
        return found | {self.data.uid: own}


def not_begun(data: SubjectData, event: str) -> str:
    """Required forms of the visit that hold nothing and are not said to be not done: "LBC, EG"."""
    empty = [
        ref.form.removeprefix("F.")
        for ref in data.event_def(event).forms
        if data.required_at(event, ref)
        and FormKey(data.uid, event, ref.form) not in data.not_done
        and not any(not one.empty for one in data.values(FormKey(data.uid, event, ref.form)).values())
    ]
    return ", ".join(empty)


def next_visit(data: SubjectData, event: str) -> str:
    """The date of the first later scheduled visit that took place."""
    events = data.events()
    later = events[events.index(event) + 1 :] if event in events else []
    dates = (data.actual(one) for one in later if data.event_def(one).type == "Scheduled")
    return next((one.isoformat() for one in dates if one), "")
