"""One subject of an ODM file as the records of one transaction.

The file's trail is kept record by record in its order: each carries what its source said of it (`origin`) and
names the one before it.  What stands here already is never replaced silently; what does not fit is a line of
the report and does not hold up the rest.  Here its visits, forms, groups and items are gone through; the rest
is in `odm_rows`, `odm_answers`, `odm_queries` and `odm_following`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from crf_app.actions.odm.odm_answers import Answers
from crf_app.actions.odm.odm_following import Following
from crf_app.actions.odm.odm_names import origin_text
from crf_app.actions.odm.odm_queries import Queries
from crf_app.actions.odm.odm_rows import Rows
from crf_app.actions.odm.odm_teller import FORM_VERSION
from crf_app.actions.odm.odm_work import NOTHING, Cell, Work, origin
from crf_app.crypto.canonical import canonical
from crf_app.errors import CrfError
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.record import Draft
from crf_app.model.typed import shown

if TYPE_CHECKING:
    from crf_app.exchange.clinical import Event, Form, Group, Item, Note

_EMPTY: Final = {
    "en": "The file says that there is no value and not why; nothing is stored.",
    "zh": "文件仅说明无值而未说明原因；未存储。",
}
_WHOLE: Final = {
    "en": "A whole subject, visit or form is not removed by a file.",
    "zh": "文件不能移除整个受试者、访视或表单。",
}


@dataclass
class Outcome:
    """The records to append, none when everything stands here already."""

    uid: str
    drafts: list[Draft]
    added: bool
    answers: int


class SubjectImport:
    """Works out one subject.  Nothing is written here."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.rows, self.answers, self.queries = Rows(work), Answers(work), Queries(work)

    def outcome(self) -> Outcome:
        """Everything that is new, in the file's order, and what follows from it."""
        if self.work.new:
            self._add_subject()
        self._says(self.work.uid, self.work.subject)
        for event in self.work.subject.events:
            self._event(event)
        taken = self.answers.choose()
        answers = self._records(taken)
        changed = {cell.key: cell.last for cell in taken.values()}
        if changed or self.work.threads:
            Following(self.work).follow(changed)
        return Outcome(self.work.uid, self.work.drafts, self.work.new, answers)

    def _add_subject(self) -> None:
        said = None if self.work.subject.audit is None else origin_text(self.work.subject.audit)
        label = unicodedata.normalize("NFKC", self.work.subject.key).strip()
        self.work.drafts.append(Draft("subject.add", self.work.uid, self.work.uid, value=label, origin=said))
        self.work.drafts.append(Draft("subject.status", self.work.uid, self.work.uid, value="screening"))

    def _event(self, event: Event) -> None:
        what = shown(event.oid)
        try:
            path, made = self.work.places.event(self.work.subject.key, event.oid, event.repeat_key)
        except CrfError as refusal:
            return self._refuse_below(refusal, event, what)
        if event.transaction == "Remove":
            return self.work.line("refused", _WHOLE, event, what)
        if "~" in path and path not in {name for name, _ in self.work.data.added}:
            more = {"repeat_key": event.repeat_key or "1"} if made else {}
            why = (event.audit.reason if event.audit else None) or "ODM"
            said = origin(event.audit, **more)
            draft = Draft("event.add", subject=self.work.uid, key=path, reason=why, origin=said)
            self.work.order.append(("event", (path, draft)))
            self.work.data.added.append((path, why))
        elif event.audit is not None and "~" not in path and not (event.signature or event.notes):
            self.work.lose("StudyEventData/AuditRecord")
        self.work.order.append(("says", (path, event)))
        for form in event.forms:
            self._form(path, form)
        return None

    def _form(self, event: str, form: Form) -> None:
        from crf_app.exchange.clinical import Group

        what = f"{event} {shown(form.oid)}"
        try:
            oid = self.work.places.form(event, form.oid, form.repeat_key)
        except CrfError as refusal:
            return self._refuse_below(refusal, form, what)
        if form.transaction == "Remove":
            return self.work.line("refused", _WHOLE, form, what)
        key = FormKey(self.work.uid, event, oid)
        self._stand(key, form)
        if form.audit is not None and form.signature is None and not form.notes:
            self.work.lose("FormData/AuditRecord")
        if form.items:
            self._group(key, Group(form.oid, None, form.items, line=form.line))
        for group in form.groups:
            self._group(key, group)
        if form.signature is not None or form.notes:
            self.work.order.append(("says", (key.path, form)))
        return None

    def _stand(self, key: FormKey, form: Form) -> None:
        """A form that is new here is read by the version it was entered under, where that is known here."""
        said = [flag.value for note in form.notes for flag in note.flags if flag.type == FORM_VERSION]
        data = self.work.data
        if not said or key in self.work.forms or data.editions is None:
            return
        known = {one.version for one in data.editions.found if one.valid_from <= data.today.isoformat()}
        if said[-1] in known and said[-1] != data.edition(key).study.version:
            data.move(key, said[-1])

    def _group(self, key: FormKey, group: Group) -> None:
        what = f"{key.path} {shown(group.oid)}"
        try:
            place = f"{shown(self.work.subject.key)}/{key.path}"
            part, made = self.work.places.group(place, key.form, group.oid, group.repeat_key)
        except CrfError as refusal:
            return self._refuse_below(refusal, group, what)
        path = f"{key.path}/{part}"
        definition = self.work.places.group_def(key.form, part)
        rows = {name: state for name, state, _ in self.work.data.rows.get(key, ())}
        adds = definition.repeating and definition.rows is None
        if group.transaction == "Remove":
            if adds and part in rows:
                self.rows.strike(key, part, path, rows[part], group, what)
            elif adds:
                self.work.line("same", {"en": "There is no such row.", "zh": "没有该行。"}, group, what)
            else:
                self.work.line("refused", _WHOLE, group, what)
            return None
        if adds and part not in rows:
            if not self.rows.add(key, part, path, definition.max_rows, group, made, what):
                return None
        elif adds and rows[part] == "deleted" and self.work.in_row.get(path) is not None:
            self.rows.again(key, part, path, group)
        if group.signature is not None or group.notes:
            self.work.order.append(("says", (path, group)))
        for item in group.items:
            self._item(key, part, path, item)
        return None

    def _refuse_below(self, refusal: CrfError, one: Any, what: str) -> None:
        """A place that is not here: one line for it, and one for each answer in it."""
        self.work.line("refused", refusal.texts, one, what)
        for item, place in _items_below(one):
            self.work.line("refused", refusal.texts, item, f"{what} {place}")

    def _item(self, key: FormKey, part: str, group: str, item: Item) -> None:
        try:
            definition = self.work.places.item(part.partition("~")[0], key.form, item.oid)
            answer = self._answer(definition, item)
        except CrfError as refusal:
            return self.work.line("refused", refusal.texts, item, f"{group}/{shown(item.oid)}")
        path = f"{group}/{definition.oid}"
        if item.queries:
            self.work.order.append(("query", (path, item)))
        if item.signature is not None or item.notes:
            self.work.order.append(("says", (path, item)))
        if answer is None:
            if item.missing == "":
                self.work.line("empty", _EMPTY, item, path)
            return None
        found = self.work.cells.get(path)
        if found is None:
            found = self.work.cells[path] = Cell(ItemKey(key, part, definition.oid), definition)
        found.said.append((answer, item))
        self.work.order.append(("item", (path, len(found.said) - 1)))
        return None

    def _answer(self, definition: ItemDef, item: Item) -> Answer | None:
        """The answer that a statement gives; None for one that gives none."""
        if item.transaction == "Context" and item.value is None and item.missing is None:
            return None
        if item.transaction == "Remove":
            return NOTHING
        if item.missing:
            return self.work.places.missing(item.missing)
        if item.missing == "" or not (item.value or "").strip():
            return None
        return self.work.places.answer(definition, item.value or "", item.unit, self.work.data)

    def _records(self, taken: dict[str, Cell]) -> int:
        """The drafts in the order of the file; how many of them are answers."""
        count = 0
        for kind, (path, said) in self.work.order:
            if kind == "item":
                cell = taken.get(path)
                if cell is not None and said < len(cell.said):
                    self.answers.say(path, cell, *cell.said[said])
                    count += 1
            elif kind == "event":
                self.work.drafts.append(said)
            elif kind == "row":
                self.work.put(path, said)
                self.work.in_row.setdefault(path, []).append(len(self.work.drafts) - 1)
            elif kind == "strike":
                at = len(self.work.drafts)
                inside = tuple(dict.fromkeys(at - one for one in self.work.in_row[path]))
                self.work.put(path, replace(said, seen=inside))
                self.work.in_row[path].append(at)
            elif kind == "says":
                self._says(path, said)
            else:
                self.queries.say(path, said)
        return count

    def _says(self, path: str, one: Any) -> None:
        """Keep a signature or notes as a statement of the source."""
        said: dict[str, Any] = {}
        if one.signature is not None:
            signature = one.signature
            said["signature"] = {
                name: getattr(signature, name) for name in ("user", "location", "meaning", "at")
            }
        if one.notes:
            said["notes"] = [_note(note) for note in one.notes]
        if not said:
            return
        draft = Draft(
            "import.make",
            subject=self.work.uid,
            key=path,
            value=canonical(said).decode(),
            origin=origin(one.audit),
        )
        if not self.work.is_known(draft):
            self.work.drafts.append(draft)


def _note(note: Note) -> dict[str, Any]:
    flags = [[flag.value, flag.values, flag.type, flag.types] for flag in note.flags]
    return {"seq": note.seq, "text": note.text, "flags": flags}


def _items_below(one: Any) -> Iterator[tuple[Item, str]]:
    """The answers below a visit, form or group, with their places in words."""
    for inner in (*getattr(one, "forms", ()), *getattr(one, "groups", ())):
        for item, place in _items_below(inner):
            yield item, f"{shown(inner.oid)} {place}"
    for item in getattr(one, "items", ()):
        yield item, shown(item.oid)
