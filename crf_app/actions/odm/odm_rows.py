"""Rows that an ODM file adds, strikes out and brings back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from crf_app.actions.odm.odm_work import Work, origin
from crf_app.model.keys import FormKey
from crf_app.model.record import Draft, cover
from crf_app.store import reads

if TYPE_CHECKING:
    from crf_app.exchange.clinical import Group

_REMOVED: Final = {
    "en": "The file removes what stands here. Give a reason for updates, or strike it out here.",
    "zh": "文件移除了此处已有的内容。请给出更新原因，或在此处移除。",
}


class Rows:
    """The rows of one subject's forms."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def add(self, key: FormKey, part: str, path: str, most: int, group: Group, made: bool, what: str) -> bool:
        mine = [
            one
            for one in self.work.data.rows.get(key, ())
            if one[0].partition("~")[0] == part.partition("~")[0]
        ]
        if len(mine) >= most:
            texts = {"en": f"There are {len(mine)} rows already; more are not planned.",
                     "zh": f"已有 {len(mine)} 行，不可再增加。"}  # fmt: skip
            self.work.line("refused", texts, group, what)
            return False
        if self.work.locked(key, group, what):
            return False
        n = str(len(mine) + 1)
        more = {"repeat_key": group.repeat_key or "1"} if made else {}
        self.work.data.put_row(key, part, n)
        self.work.in_row[path] = []
        draft = Draft("row.add", subject=self.work.uid, key=path, n=n, origin=origin(group.audit, **more))
        self.work.order.append(("row", (path, draft)))
        return True

    def again(self, key: FormKey, part: str, path: str, group: Group) -> None:
        """A row that the file struck out before and brings back."""
        draft = Draft("row.restore", subject=self.work.uid, key=path, origin=origin(group.audit))
        self.work.order.append(("row", (path, draft)))
        self._see_row(key, part, "live")

    def strike(self, key: FormKey, part: str, path: str, state: str, group: Group, what: str) -> None:
        """Strike a row out: one that this file brought, or with a reason one that stands here."""
        reason = (group.audit.reason if group.audit else None) or self.work.reason or "ODM"
        said = origin(group.audit)
        draft = Draft("row.delete", subject=self.work.uid, key=path, reason=reason, origin=said)
        if path in self.work.in_row:
            self.work.order.append(("strike", (path, draft)))
        elif state == "deleted":
            return
        elif not self.work.reason or self.work.locked(key, group, what):
            self.work.line("differs", _REMOVED, group, what)
            return
        else:
            row = next(one for one in reads.rows_of_form(self.work.conn, key) if one[0] == part)
            inside = [
                one.id
                for one in reads.records_of_form(self.work.conn, key)
                if ((one.record.key or "") + "/").startswith(path + "/")
            ]
            self.work.order.append(("row", (path, replace(draft, parents=row[3], covers=cover(inside)))))
        self._see_row(key, part, "deleted")

    def _see_row(self, key: FormKey, part: str, state: str) -> None:
        n = next(n for one, _, n in self.work.data.rows[key] if one == part)
        self.work.data.take_row(key, part)
        if state == "live":
            self.work.data.rows[key] = [one for one in self.work.data.rows[key] if one[0] != part]
            self.work.data.put_row(key, part, n)
