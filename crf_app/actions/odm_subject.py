"""One subject of an ODM file as the records of one transaction.

The file's trail is kept record by record in its order: each carries what its source said of it (`origin`) and
names the one before it.  What stands here already is never replaced silently; what does not fit is a line of
the report and does not hold up the rest.  What follows (derived values, checks) is worked out at the end,
once, as for answers that are typed.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from crf_app.actions.consequences import SYSTEM, follow, thread_of
from crf_app.actions.enter_data import check_unlocked, reopened
from crf_app.actions.odm_names import SYSTEM_USER, origin_text
from crf_app.actions.odm_places import Places
from crf_app.actions.report_line import ReportLine
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.crypto.canonical import canonical
from crf_app.errors import CrfError
from crf_app.model.definition import ItemDef
from crf_app.model.keys import Answer, FormKey, ItemKey, form_key_of, item_key_of
from crf_app.model.record import Draft, cover
from crf_app.model.typed import shown
from crf_app.rules.unit_state import QUERY_STEP
from crf_app.store import reads, trail

if TYPE_CHECKING:
    from crf_app.exchange.clinical import Audit, Event, Form, Group, Item, Note, QueryStep, Subject

Tell = Callable[[ReportLine], None]
_NOTHING: Final = Answer()
_STEPS: Final = {"Answered": "query.answer", "Closed": "query.close", "Cancelled": "query.cancel"}
_STANDING: Final = ("Open", "Answered")
_KEPT: Final = {
    "en": "Kept as the source has it; it is not asked here now.",
    "zh": "按来源保留；此项目当前无需填写。",
}
_EMPTY: Final = {
    "en": "The file says that there is no value and not why; nothing is stored.",
    "zh": "文件仅说明无值而未说明原因；未存储。",
}
_LOCKED: Final = {"en": "The form is locked here.", "zh": "该表单在此已锁定。"}
_HIDDEN: Final = {
    "en": "This item is not asked here now, and the file does not say who entered it.",
    "zh": "此项目当前无需填写，且文件未说明录入人。",
}
_REMOVED: Final = {
    "en": "The file removes what stands here. Give a reason for updates, or strike it out here.",
    "zh": "文件移除了此处已有的内容。请给出更新原因，或在此处移除。",
}
_WHOLE: Final = {
    "en": "A whole subject, visit or form is not removed by a file.",
    "zh": "文件不能移除整个受试者、访视或表单。",
}


@dataclass(slots=True)
class _Cell:
    """What the file says of one answer, in order."""

    key: ItemKey
    item: ItemDef
    said: list[tuple[Answer, Item]] = field(default_factory=list)

    @property
    def last(self) -> Answer:
        return self.said[-1][0]


@dataclass(slots=True)
class _Thread:
    """A query that the file brings: where its last record stands among the drafts, and what it says."""

    path: str
    at: int = -1
    status: str = ""
    operands: object = None
    by_person: bool = False
    system: bool = False


@dataclass
class Outcome:
    """The records to append, none when everything stands here already."""

    uid: str
    drafts: list[Draft]
    added: bool
    answers: int


class SubjectImport:
    """Works out one subject.  Nothing is written here."""

    def __init__(
        self,
        session: Session,
        places: Places,
        subject: Subject,
        data: SubjectData,
        tell: Tell,
        *,
        lose: Callable[[str], None],
        new: bool,
        reason: str = "",
    ) -> None:
        self.session, self.places, self.subject, self.data = session, places, subject, data
        self.tell_line, self.lose, self.new, self.reason = tell, lose, new, reason
        self.uid, self.conn = data.uid, session.store.conn
        self.drafts: list[Draft] = []
        self.cells: dict[str, _Cell] = {}
        self.order: list[tuple[str, Any]] = []
        self.last: dict[str, int] = {}  # path → index of its last draft here
        self.in_row: dict[str, list[int]] = {}
        self.threads: dict[str, _Thread] = {}
        self.names: dict[str, str] = {}  # thread of the file → thread here
        self.forms = {} if new else reads.forms_of_subject(self.conn, self.uid)
        self.known = frozenset() if new else self._known()

    def outcome(self) -> Outcome:
        """Everything that is new, in the file's order, and what follows from it."""
        if self.new:
            self._add_subject()
        self._says(self.uid, self.subject)
        for event in self.subject.events:
            self._event(event)
        taken = self._choose()
        answers = self._answers(taken)
        changed = {cell.key: cell.last for cell in taken.values()}
        if changed or self.threads:
            self._follow(changed)
        return Outcome(self.uid, self.drafts, self.new, answers)

    def _line(self, outcome: str, texts: Any, one: Any, what: str) -> None:
        self.tell_line(ReportLine(one.line, outcome, dict(texts), f"{shown(self.subject.key)} {what}"))

    # ---- what stands here already

    def _known(self) -> frozenset[tuple[str | None, ...]]:
        kinds = ("import.make", *QUERY_STEP)
        rows = trail.records_of_kinds(self.conn, self.uid, *kinds)
        return frozenset(map(_mark, rows))

    def _is_known(self, draft: Draft) -> bool:
        return _mark(draft) in self.known

    # ---- subject, visits, rows

    def _add_subject(self) -> None:
        origin = None if self.subject.audit is None else origin_text(self.subject.audit)
        label = unicodedata.normalize("NFKC", self.subject.key).strip()
        self.drafts.append(Draft("subject.add", self.uid, self.uid, value=label, origin=origin))
        self.drafts.append(Draft("subject.status", self.uid, self.uid, value="screening"))

    def _event(self, event: Event) -> None:
        what = shown(event.oid)
        try:
            path, made = self.places.event(self.subject.key, event.oid, event.repeat_key)
        except CrfError as refusal:
            return self._refuse_below(refusal, event, what)
        if event.transaction == "Remove":
            return self._line("refused", _WHOLE, event, what)
        if "~" in path and path not in {name for name, _ in self.data.added}:
            more = {"repeat_key": event.repeat_key or "1"} if made else {}
            why = (event.audit.reason if event.audit else None) or "ODM"
            origin = _origin(event.audit, **more)
            draft = Draft("event.add", subject=self.uid, key=path, reason=why, origin=origin)
            self.order.append(("event", (path, draft)))
            self.data.added.append((path, why))
        elif event.audit is not None and "~" not in path:
            self.lose("StudyEventData/AuditRecord")
        self.order.append(("says", (path, event)))
        for form in event.forms:
            self._form(path, form)
        return None

    def _form(self, event: str, form: Form) -> None:
        what = f"{event} {shown(form.oid)}"
        try:
            oid = self.places.form(event, form.oid, form.repeat_key)
        except CrfError as refusal:
            return self._refuse_below(refusal, form, what)
        if form.transaction == "Remove":
            return self._line("refused", _WHOLE, form, what)
        key = FormKey(self.uid, event, oid)
        if form.audit is not None and form.signature is None and not form.notes:
            self.lose("FormData/AuditRecord")
        for group in form.groups:
            self._group(key, group)
        if form.signature is not None or form.notes:
            self.order.append(("says", (key.path, form)))
        return None

    def _group(self, key: FormKey, group: Group) -> None:
        what = f"{key.path} {shown(group.oid)}"
        try:
            place = f"{shown(self.subject.key)}/{key.path}"
            part, made = self.places.group(place, key.form, group.oid, group.repeat_key)
        except CrfError as refusal:
            return self._refuse_below(refusal, group, what)
        path = f"{key.path}/{part}"
        definition = self.places.group_def(key.form, part)
        rows = {name: state for name, state, _ in self.data.rows.get(key, ())}
        adds = definition.repeating and definition.rows is None
        if group.transaction == "Remove":
            if adds and part in rows:
                self._strike(key, part, path, rows[part], group, what)
            elif adds:
                self._line("same", {"en": "There is no such row.", "zh": "没有该行。"}, group, what)
            else:
                self._line("refused", _WHOLE, group, what)
            return None
        if adds and part not in rows:
            if not self._add_row(key, part, path, definition.max_rows, group, made, what):
                return None
        elif adds and rows[part] == "deleted" and self.in_row.get(path) is not None:
            self._again(key, part, path, group)
        if group.signature is not None or group.notes:
            self.order.append(("says", (path, group)))
        for item in group.items:
            self._item(key, part, path, item)
        return None

    def _add_row(
        self, key: FormKey, part: str, path: str, most: int, group: Group, made: bool, what: str
    ) -> bool:
        mine = [
            one for one in self.data.rows.get(key, ()) if one[0].partition("~")[0] == part.partition("~")[0]
        ]
        if len(mine) >= most:
            texts = {"en": f"There are {len(mine)} rows already; more are not planned.",
                     "zh": f"已有 {len(mine)} 行，不可再增加。"}  # fmt: skip
            self._line("refused", texts, group, what)
            return False
        if self._locked(key, group, what):
            return False
        n = str(len(mine) + 1)
        more = {"repeat_key": group.repeat_key or "1"} if made else {}
        self.data.put_row(key, part, n)
        self.in_row[path] = []
        draft = Draft("row.add", subject=self.uid, key=path, n=n, origin=_origin(group.audit, **more))
        self.order.append(("row", (path, draft)))
        return True

    def _again(self, key: FormKey, part: str, path: str, group: Group) -> None:
        """A row that the file struck out before and brings back."""
        draft = Draft("row.restore", subject=self.uid, key=path, origin=_origin(group.audit))
        self.order.append(("row", (path, draft)))
        self._see_row(key, part, "live")

    def _see_row(self, key: FormKey, part: str, state: str) -> None:
        n = next(n for one, _, n in self.data.rows[key] if one == part)
        self.data.take_row(key, part)
        if state == "live":
            self.data.rows[key] = [one for one in self.data.rows[key] if one[0] != part]
            self.data.put_row(key, part, n)

    def _strike(self, key: FormKey, part: str, path: str, state: str, group: Group, what: str) -> None:
        """Strike a row out: one that this file brought, or with a reason one that stands here."""
        reason = (group.audit.reason if group.audit else None) or self.reason or "ODM"
        origin = _origin(group.audit)
        draft = Draft("row.delete", subject=self.uid, key=path, reason=reason, origin=origin)
        if path in self.in_row:
            self.order.append(("strike", (path, draft)))
        elif state == "deleted":
            return
        elif not self.reason or self._locked(key, group, what):
            self._line("differs", _REMOVED, group, what)
            return
        else:
            row = next(one for one in reads.rows_of_form(self.conn, key) if one[0] == part)
            inside = [
                one.id
                for one in reads.records_of_form(self.conn, key)
                if ((one.record.key or "") + "/").startswith(path + "/")
            ]
            self.order.append(("row", (path, replace(draft, parents=row[3], covers=cover(inside)))))
        self._see_row(key, part, "deleted")

    def _locked(self, key: FormKey, one: Any, what: str) -> bool:
        row = self.forms.get(key)
        if row is None or row.status not in ("frozen", "locked"):
            return False
        self._line("refused", _LOCKED, one, what)
        return True

    def _refuse_below(self, refusal: CrfError, one: Any, what: str) -> None:
        """A place that is not here: one line for it, and one for each answer in it."""
        self._line("refused", refusal.texts, one, what)
        for item, place in _items_below(one):
            self._line("refused", refusal.texts, item, f"{what} {place}")

    # ---- answers

    def _item(self, key: FormKey, part: str, group: str, item: Item) -> None:
        try:
            definition = self.places.item(part.partition("~")[0], key.form, item.oid)
            answer = self._answer(definition, item)
        except CrfError as refusal:
            return self._line("refused", refusal.texts, item, f"{group}/{shown(item.oid)}")
        path = f"{group}/{definition.oid}"
        if item.queries:
            self.order.append(("query", (path, item)))
        if item.signature is not None or item.notes:
            self.order.append(("says", (path, item)))
        if answer is None:
            if item.missing == "":
                self._line("empty", _EMPTY, item, path)
            return None
        found = self.cells.get(path)
        if found is None:
            found = self.cells[path] = _Cell(ItemKey(key, part, definition.oid), definition)
        found.said.append((answer, item))
        self.order.append(("item", (path, len(found.said) - 1)))
        return None

    def _answer(self, definition: ItemDef, item: Item) -> Answer | None:
        """The answer that a statement gives; None for one that gives none."""
        if item.transaction == "Context" and item.value is None and item.missing is None:
            return None
        if item.transaction == "Remove":
            return _NOTHING
        if item.missing:
            return self.places.missing(item.missing)
        if item.missing == "" or not (item.value or "").strip():
            return None
        return self.places.answer(definition, item.value or "", item.unit, self.data)

    def _choose(self) -> dict[str, _Cell]:
        """The cells whose statements are taken; they are put into `data` with their last answer."""
        taken: dict[str, _Cell] = {}
        by_form: dict[FormKey, dict[str, Answer]] = {}
        before, answers = None, dict[str, Answer]()
        for path, cell in self.cells.items():
            if self._may_take(path, cell):
                taken[path] = cell
                if cell.key.form_key is not before:
                    before = cell.key.form_key
                    answers = by_form.setdefault(before, {})
                answers[f"{cell.key.group}/{cell.key.item}"] = cell.last
        for key, answers in by_form.items():
            self.data.put_all(key, answers)
        for key, answers in by_form.items():
            states = self.data.state(key).items
            hidden = [one for one in answers if (state := states.get(one)) and not state.collected]
            for local in hidden:
                path = f"{key.path}/{local}"
                if not self._is_kept(path, taken[path]):
                    del taken[path]
        return taken

    def _may_take(self, path: str, cell: _Cell) -> bool:
        what, last, row = path, cell.said[-1][1], self.data.items.get(path)
        if (
            row is None
            and self.new
            and last.audit is not None
            and (not cell.last.empty or len(cell.said) > 1)
        ):
            return True  # nearly all of them
        if cell.item.derived and last.audit is None:
            texts = {"en": "This value is calculated here.", "zh": "此值在此自动计算。"}
            self._line("derived", texts, last, what)
            return False
        if row is not None and row.answer == cell.last:
            return False
        if row is None and cell.last.empty and len(cell.said) == 1:
            return False
        if self._locked(cell.key.form_key, last, what):
            return False
        if row is None:
            return True
        if cell.item.derived:
            return False
        if not self.reason:
            texts = {"en": f"Here stands {_shown(row.answer)}, the file says {_shown(cell.last)}.",
                     "zh": f"此处为 {_shown(row.answer)}，文件为 {_shown(cell.last)}。"}  # fmt: skip
            self._line("differs", texts, last, what)
            return False
        return self._may_correct(cell, last, what)

    def _may_correct(self, cell: _Cell, last: Item, what: str) -> bool:
        try:
            check_unlocked(self.data, cell.key, self.data.state(cell.key.form_key).items[cell.key.local])
        except CrfError as refusal:
            self._line("refused", refusal.texts, last, what)
            return False
        del cell.said[:-1]  # the correction is one step; how the source came to it is its own
        return True

    def _is_kept(self, path: str, cell: _Cell) -> bool:
        """Whether an answer that is not asked here is kept: the file says who entered it.  Else taken back."""
        last = cell.said[-1][1]
        if cell.last.empty or cell.item.derived:
            return True
        if last.audit is not None:
            self._line("kept", _KEPT, last, path)
            return True
        row = self.data.items.get(path)
        self.data.put(cell.key, row.answer if row else _NOTHING)
        self._line("refused", _HIDDEN, last, path)
        return False

    def _answers(self, taken: dict[str, _Cell]) -> int:
        """The drafts in the order of the file; how many of them are answers."""
        count = 0
        for kind, (path, said) in self.order:
            if kind == "item":
                cell = taken.get(path)
                if cell is not None and said < len(cell.said):
                    self._say_answer(path, cell, *cell.said[said])
                    count += 1
            elif kind == "event":
                self.drafts.append(said)
            elif kind == "row":
                self._put(path, said)
                self.in_row.setdefault(path, []).append(len(self.drafts) - 1)
            elif kind == "strike":
                at = len(self.drafts)
                inside = tuple(dict.fromkeys(at - one for one in self.in_row[path]))
                self._put(path, replace(said, seen=inside))
                self.in_row[path].append(at)
            elif kind == "says":
                self._says(path, said)
            else:
                self._query(path, said)
        return count

    def _say_answer(self, path: str, cell: _Cell, answer: Answer, item: Item) -> None:
        row = self.data.items.get(path)
        derived = cell.item.derived
        reason = self.reason if row is not None else item.audit.reason if item.audit else None
        self._put(
            path,
            Draft(
                "item.derive" if derived else "item.set",
                subject=self.uid,
                key=path,
                parents=row.heads if row is not None and path not in self.last else (),
                value=answer.value,
                missing=answer.missing,
                unit=answer.unit,
                reason=reason or None,
                origin=_origin(item.audit),
                user=SYSTEM if derived else None,
                role=SYSTEM if derived else None,
            ),
        )
        if self.in_row:
            in_row = self.in_row.get(path.rpartition("/")[0])
            if in_row is not None:
                in_row.append(len(self.drafts) - 1)

    def _put(self, path: str, draft: Draft) -> None:
        """Append a draft; it replaces the one before it at the same place."""
        before = self.last.get(path)
        at = len(self.drafts)
        self.drafts.append(draft if before is None else replace(draft, back=(at - before,)))
        self.last[path] = at

    # ---- signatures and notes, as the source states them

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
            subject=self.uid,
            key=path,
            value=canonical(said).decode(),
            origin=_origin(one.audit),
        )
        if not self._is_known(draft):
            self.drafts.append(draft)

    # ---- queries

    def _query(self, path: str, item: Item) -> None:
        for step in item.queries:
            asked = _asked_of_check(step)
            audit = item.audit if item.transaction == "Context" else None  # else it is of the value
            opened = step.status == "Open" and asked is not None
            from_system = audit is not None and audit.user == SYSTEM_USER
            by_system = (opened and (audit is None or from_system)) or (from_system and step.status != "Open")
            check = step.thread.startswith("Q-") and (asked is not None or step.thread in self.names)
            name = self._thread_name(step, asked, path)
            thread = self.threads.get(name) or _Thread(path, system=check)
            new = name not in self.threads and name not in self._stored(path)
            if step.status == "Open":
                kind = "query.open" if new else "query.reopen"
            else:
                kind = _STEPS[step.status]
                if new:  # a snapshot knows the question and how it ended
                    self._step(name, thread, "query.open", step, audit, asked, asked is not None)
            self._step(name, thread, kind, step, audit, asked, by_system)

    def _thread_name(self, step: QueryStep, asked: dict[str, Any] | None, path: str) -> str:
        """The thread here: that of the same check on the same place, or the source's own."""
        if step.thread in self.names:
            return self.names[step.thread]
        name = step.thread
        if asked is not None and step.thread.startswith("Q-"):
            name = thread_of(asked["check"], path, self.uid)
        self.names[step.thread] = name
        return name

    def _stored(self, path: str) -> dict[str, reads.QueryRow]:
        if self.new:
            return {}
        key = form_key_of(self.uid, path)
        return {row.thread: row for row in reads.queries_of_form(self.conn, key)}

    def _step(
        self,
        name: str,
        thread: _Thread,
        kind: str,
        step: QueryStep,
        audit: Audit | None,
        asked: dict[str, Any] | None,
        by_system: bool,
    ) -> None:
        opens = kind in ("query.open", "query.reopen")
        said = step.said if asked is not None and by_system and opens else step.text
        more = {"thread": step.thread} if step.thread != name else {}
        more |= {"at": step.at} if audit is None else {}
        draft = Draft(
            kind,
            subject=self.uid,
            key=thread.path,
            thread=name,
            value=said if opens else None,
            reason=None if opens else step.text or None,
            origin=_origin(audit, **more),
            user=SYSTEM if by_system else None,
            role=SYSTEM if by_system else None,
        )
        if self._is_known(draft):
            return
        stored = self._stored(thread.path).get(name)
        if thread.at >= 0:
            draft = replace(draft, back=(len(self.drafts) - thread.at,))
        elif stored is not None:
            draft = replace(draft, parents=stored.heads)
        thread.at, thread.status, thread.by_person = len(self.drafts), QUERY_STEP[kind], not by_system
        if opens and asked is not None:
            thread.operands = asked.get("operands")
        self.threads[name] = thread
        self.drafts.append(draft)

    # ---- what follows

    def _follow(self, changed: dict[ItemKey, Answer]) -> None:
        """Derived values and the checks' queries, as one change; what the file says of them stays before."""
        for name, thread in self.threads.items():
            if thread.system and name.startswith("Q-"):
                changed.setdefault(item_key_of(self.uid, thread.path), self._value(thread.path))
        drafts, _ = follow(self.conn, self.data, changed)
        fires = {one.thread for one in drafts if one.kind in ("query.open", "query.reopen")}
        for draft in drafts:
            self._append_following(draft)
        for name, thread in self.threads.items():
            if thread.system and name not in fires and thread.status in _STANDING:
                self._close(name, thread)
        for key in {one.form_key for one in changed}:
            self.drafts += reopened(self.session, self.data, self.forms.get(key))

    def _value(self, path: str) -> Answer:
        key = item_key_of(self.uid, path)
        return self.data.values(key.form_key).get(key.local, _NOTHING)

    def _append_following(self, draft: Draft) -> None:
        if draft.kind == "item.derive" and draft.key in self.last:
            self._put(draft.key or "", replace(draft, parents=()))
            return
        thread = self.threads.get(draft.thread or "")
        if thread is None:
            self.drafts.append(draft)
        elif draft.kind in ("query.open", "query.reopen"):
            standing = thread.status in _STANDING or thread.by_person
            same = json.loads(draft.value or "{}").get("operands") == thread.operands
            if not (standing and same):
                back = (len(self.drafts) - thread.at,)
                thread.at, thread.status = len(self.drafts), "Open"
                self.drafts.append(replace(draft, kind="query.reopen", parents=(), back=back))

    def _close(self, name: str, thread: _Thread) -> None:
        """The check does not fire here."""
        self.drafts.append(
            Draft(
                "query.close",
                subject=self.uid,
                key=thread.path,
                thread=name,
                reason="no longer fires",
                user=SYSTEM,
                role=SYSTEM,
                back=(len(self.drafts) - thread.at,),
            )
        )


def _mark(one: Draft | trail.TrailRow) -> tuple[str | None, ...]:
    """By what a query's step or a statement is known again."""
    value = one.value if one.origin is None else None
    return QUERY_STEP.get(one.kind, one.kind), one.key, one.thread, one.origin, value


def _note(note: Note) -> dict[str, Any]:
    flags = [[flag.value, flag.values, flag.type, flag.types] for flag in note.flags]
    return {"seq": note.seq, "text": note.text, "flags": flags}


def _origin(audit: Audit | None, **more: str) -> str | None:
    if audit is not None:
        return origin_text(audit, **more)
    return canonical(more).decode() if more else None


def _asked_of_check(step: QueryStep) -> dict[str, Any] | None:
    """What a check asked, where the file has it as this program writes it."""
    if step.said is None or not step.system:
        return None
    try:
        said = json.loads(step.said)
    except ValueError:
        return None
    texts = ("check", "severity", "en", "zh")
    sound = isinstance(said, dict) and all(isinstance(said.get(name), str) for name in texts)
    return said if sound and isinstance(said.get("operands"), dict) else None


def _items_below(one: Any) -> Iterator[tuple[Item, str]]:
    """The answers below a visit, form or group, with their places in words."""
    for inner in (*getattr(one, "forms", ()), *getattr(one, "groups", ())):
        for item, place in _items_below(inner):
            yield item, f"{shown(inner.oid)} {place}"
    for item in getattr(one, "items", ()):
        yield item, shown(item.oid)


def _shown(answer: Answer) -> str:
    """An answer as a line of the report names it."""
    text = answer.value if answer.value is not None else answer.missing or ""
    return shown(text) if text else '""'
