"""The rows that an item may name: those of its group anywhere in the subject, in words.

The rows that are there can be chosen; those that were struck out are known as well, so that an answer which
still names one can be read.  Words and spelling: `model/row_words.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crf_app.model.datatype import split_codes
from crf_app.model.item_def import CodeList, ItemDef
from crf_app.model.keys import FormKey
from crf_app.model.retired import choosable
from crf_app.model.row_words import RowFacts, row_list

if TYPE_CHECKING:
    from crf_app.actions.subject_data import SubjectData


@dataclass(frozen=True)
class LinkRows:
    """The rows of one group: those that can be chosen, and all that were ever there, as code lists."""

    live: CodeList
    known: CodeList

    @property
    def lists(self) -> Mapping[str, CodeList]:
        """All rows by the group's OID, as `datatype.show` takes them."""
        return {self.known.oid: self.known}


def link_rows(data: SubjectData, group_oid: str) -> LinkRows:
    """The rows of a repeating group, by visit and in the order of entry."""
    form = next(one for one in data.study.form if any(group.oid == group_oid for group in one.item_group))
    group = next(one for one in form.item_group if one.oid == group_oid)
    events = [event for event in data.events() if form.oid in data.event_def(event).form_oids]
    rows = []
    for event in events:
        key = FormKey(data.uid, event, form.oid)
        values, live = data.values(key), set(data.live_rows(key).get(group_oid, ()))
        visit = data.event_def(event).short_name if len(events) > 1 else ""
        for part, _, n in data.rows.get(key, ()):
            oid, _, uid = part.partition("~")
            if oid == group_oid:
                cells = {item.oid: values.get(f"{part}/{item.oid}") for item in group.item}
                said = {one: answer.value or "" for one, answer in cells.items() if answer is not None}
                rows.append(RowFacts(uid, n, said, visit, gone=uid not in live))
    lists = data.study.code_lists
    there = [row for row in rows if not row.gone]
    return LinkRows(row_list(form, group, there, lists), row_list(form, group, rows, lists))


def lists_for(
    data: SubjectData, key: FormKey, item: ItemDef, held: str | None = None
) -> Mapping[str, CodeList]:
    """The code lists in which an answer to `item` of one form is looked up when it is typed.

    `held`: the answer that stands there; a retired code in it can stay, also beside others.
    """
    study = data.edition(key).study
    if item.link is not None:
        return {**study.offered_lists, item.link: link_rows(data, item.link).live}
    if item.code_list is None or held is None:
        return study.offered_lists
    known = choosable(study.code_lists[item.code_list], split_codes(item, held))
    return {**study.offered_lists, item.code_list: known}
