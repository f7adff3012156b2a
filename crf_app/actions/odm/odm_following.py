"""What follows from the answers of an ODM file: derived values, checks, forms that are open again.

Worked out once, as for answers that are typed; what the file itself says of it stays before.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from crf_app.actions.consequences import SYSTEM, follow
from crf_app.actions.enter_data import reopened
from crf_app.actions.odm.odm_work import NOTHING, Thread, Work
from crf_app.model.keys import Answer, ItemKey, item_key_of
from crf_app.model.program_reasons import NO_LONGER_FIRES
from crf_app.model.record import Draft

_STANDING: Final = ("Open", "Answered")


class Following:
    """What follows for one subject."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def follow(self, changed: dict[ItemKey, Answer]) -> None:
        """Derived values and the checks' queries, as one change; what the file says of them stays before."""
        for name, thread in self.work.threads.items():
            if thread.system and name.startswith("Q-"):
                changed.setdefault(item_key_of(self.work.uid, thread.path), self._value(thread.path))
        drafts, _ = follow(self.work.conn, self.work.data, changed)
        fires = {one.thread for one in drafts if one.kind in ("query.open", "query.reopen")}
        for draft in drafts:
            self._append(draft)
        for name, thread in self.work.threads.items():
            if thread.system and name not in fires and thread.status in _STANDING:
                self._close(name, thread)
        for key in {one.form_key for one in changed}:
            self.work.drafts += reopened(self.work.session, self.work.data, self.work.forms.get(key))

    def _value(self, path: str) -> Answer:
        key = item_key_of(self.work.uid, path)
        return self.work.data.values(key.form_key).get(key.local, NOTHING)

    def _append(self, draft: Draft) -> None:
        if draft.kind == "item.derive" and draft.key in self.work.last:
            self.work.put(draft.key or "", replace(draft, parents=()))
            return
        thread = self.work.threads.get(draft.thread or "")
        if thread is None:
            self.work.drafts.append(draft)
        elif draft.kind in ("query.open", "query.reopen"):
            standing = thread.status in _STANDING or thread.by_person
            same = json.loads(draft.value or "{}").get("operands") == thread.operands
            if not (standing and same):
                back = (len(self.work.drafts) - thread.at,)
                thread.at, thread.status = len(self.work.drafts), "Open"
                self.work.drafts.append(replace(draft, kind="query.reopen", parents=(), back=back))

    def _close(self, name: str, thread: Thread) -> None:
        """The check does not fire here."""
        self.work.drafts.append(
            Draft(
                "query.close",
                subject=self.work.uid,
                key=thread.path,
                thread=name,
                reason=NO_LONGER_FIRES,
                user=SYSTEM,
                role=SYSTEM,
                back=(len(self.work.drafts) - thread.at,),
            )
        )
