"""Sentences that are being typed and are no answer of a field: a query, its answer, a reason.

They lie beside the typed texts of fields (`drafts.py`), in the same table and under the same rules; instead
of a field's path their place begins with `?`: what is being written, where, and about which thread or row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from crf_app.store.store import Store, refusals, transaction


@dataclass(frozen=True, slots=True)
class NotePlace:
    """`what`: "reply", "query", "change" …; `path`: of a visit, form or item, "" for the subject itself;
    `more`: the thread or row that is meant."""

    what: str
    subject: str
    path: str
    more: str = ""

    @property
    def key(self) -> str:
        return f"?{self.what}|{self.path}|{self.more}"


@dataclass(frozen=True, slots=True)
class Note:
    """The text at a place; `at`, `offset`, `device`, `ended` as in `drafts.Kept`."""

    user: str
    place: NotePlace
    text: str
    at: str
    offset: str
    device: str
    ended: str = ""


def write(store: Store, put: Iterable[Note], drop: Iterable[tuple[str, NotePlace]]) -> None:
    """Both in one durable transaction.  Raises StorageFull, StorageError, Busy."""
    rows = [
        (
            one.user,
            one.place.subject,
            one.place.key,
            one.text,
            None,
            "",
            "",
            one.at,
            one.offset,
            one.device,
            "",
        )
        for one in put
    ]
    gone = [(user, place.subject, place.key) for user, place in drop]
    with refusals(store.path), transaction(store.conn):
        store.conn.executemany(f"INSERT OR REPLACE INTO draft VALUES ({', '.join('?' * 11)})", rows)
        store.conn.executemany('DELETE FROM draft WHERE "user" = ? AND subject = ? AND "key" = ?', gone)


def of_user(conn: Any, user: str) -> list[Note]:
    """Everything that waits for one person, the latest first."""
    sql = (
        'SELECT subject, "key", "text", at, "offset", device, ended FROM draft '
        'WHERE "user" = ? AND substr("key", 1, 1) = \'?\' ORDER BY at DESC'
    )
    return [Note(user, _place(subject, key), *rest) for subject, key, *rest in conn.execute(sql, (user,))]


def _place(subject: str, key: str) -> NotePlace:
    what, path, more = key[1:].split("|", 2)
    return NotePlace(what, subject, path, more)
