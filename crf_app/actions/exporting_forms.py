"""What an export for analysis says of forms as a whole: begun, complete, not done and why, a mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from crf_app.actions.session import Session
from crf_app.store import marks, reads
from crf_app.store.marks import Mark

if TYPE_CHECKING:
    from crf_app.export.csv import FormLine


class Mistakes:
    """The visits and subjects that were made by mistake, read once for each subject."""

    def __init__(self, session: Session) -> None:
        self._conn, self._uid = session.store.conn, ""
        self._visits: dict[str, Mark] = {}
        self._subject: Mark | None = None

    def has(self, uid: str, event: str) -> bool:
        """Whether the visit, or its subject, does not count."""
        return bool(self.mark(uid, event)[0])

    def mark(self, uid: str, event: str) -> tuple[str, Mark | None]:
        """("subject" or "visit", mark); ("", None) for what counts."""
        if uid != self._uid:
            self._uid = uid
            self._visits = marks.mistaken_visits(self._conn, uid)
            self._subject = marks.mistaken_subject(self._conn, uid)
        if self._subject is not None:
            return "subject", self._subject
        found = self._visits.get(event)
        return ("visit", found) if found is not None else ("", None)


def form_lines(session: Session, labels: Mapping[str, str], aside: Mistakes) -> Iterator[FormLine]:
    """Every form that was begun or marked, subject by subject; `labels`: uid → number."""
    from crf_app.export.csv import FormLine

    conn = session.store.conn
    for uid, label in labels.items():
        marked = marks.not_done_forms(conn, uid)
        for key, row in reads.forms_of_subject(conn, uid).items():
            kind, mistake = aside.mark(uid, key.event)
            said = marked.get(key)
            mark = mistake or said
            yield FormLine(
                session.site,
                label,
                key.event,
                key.form,
                row.status,
                said.missing if said is not None else "",
                mark.reason if mark is not None else "",
                said is not None and bool(said.event),
                kind,
                mark.user if mark is not None else "",
                mark.at if mark is not None else "",
            )
