"""The queries of an ODM file: each step of a thread as a record, known again when it stands here."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from crf_app.actions.consequences import SYSTEM, thread_of
from crf_app.actions.odm.odm_names import SYSTEM_USER
from crf_app.actions.odm.odm_work import Thread, Work, origin
from crf_app.model.keys import form_key_of
from crf_app.model.record import Draft
from crf_app.rules.unit_state import QUERY_STEP
from crf_app.store import reads

if TYPE_CHECKING:
    from crf_app.exchange.clinical import Audit, Item, QueryStep

_STEPS: Final = {"Answered": "query.answer", "Closed": "query.close", "Cancelled": "query.cancel"}
_STANDING: Final = ("Open", "Answered")
_KEPT: Final = {
    "en": "Kept as the source has it; it is not asked here now.",
    "zh": "按来源保留；此项目当前无需填写。",
}


class Queries:
    """The queries of one subject."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.names: dict[str, str] = {}  # thread of the file → thread here

    def say(self, path: str, item: Item) -> None:
        for step in item.queries:
            asked = _asked_of_check(step)
            audit = item.audit if item.transaction == "Context" else None  # else it is of the value
            opened = step.status == "Open" and asked is not None
            from_system = audit is not None and audit.user == SYSTEM_USER
            by_system = (opened and (audit is None or from_system)) or (from_system and step.status != "Open")
            check = step.thread.startswith("Q-") and (asked is not None or step.thread in self.names)
            name = self._thread_name(step, asked, path)
            thread = self.work.threads.get(name) or Thread(path, system=check)
            new = name not in self.work.threads and name not in self._stored(path)
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
            name = thread_of(asked["check"], path, self.work.uid)
        self.names[step.thread] = name
        return name

    def _stored(self, path: str) -> dict[str, reads.QueryRow]:
        if self.work.new:
            return {}
        key = form_key_of(self.work.uid, path)
        return {row.thread: row for row in reads.queries_of_form(self.work.conn, key)}

    def _step(
        self,
        name: str,
        thread: Thread,
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
            subject=self.work.uid,
            key=thread.path,
            thread=name,
            value=said if opens else None,
            reason=None if opens else step.text or None,
            origin=origin(audit, **more),
            user=SYSTEM if by_system else None,
            role=SYSTEM if by_system else None,
        )
        if self.work.is_known(draft):
            return
        stored = self._stored(thread.path).get(name)
        if thread.at >= 0:
            draft = replace(draft, back=(len(self.work.drafts) - thread.at,))
        elif stored is not None:
            draft = replace(draft, parents=stored.heads)
        thread.at, thread.status, thread.by_person = len(self.work.drafts), QUERY_STEP[kind], not by_system
        if opens and asked is not None:
            thread.operands = asked.get("operands")
        self.work.threads[name] = thread
        self.work.drafts.append(draft)


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
