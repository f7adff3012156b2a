"""What was typed and is not saved, kept beside the ledger: one row for each person and field.

A draft is no record.  Nothing is folded from it, no chain, state hash, bundle or export holds it, and central
never sees it; it lies in the same encrypted file, written as durably as a record.  `ledger.append` takes the
draft of a value away in the transaction that stores the value.  Rows whose key begins with `?` are
sentences that are no answer of a field (`notes.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crf_app.model.keys import FormKey, ItemKey, item_key_of
from crf_app.store.store import Store, refusals, transaction

_COLUMNS: Final = '"text", unit, pending, base, at, "offset", device, ended'


@dataclass(frozen=True, slots=True)
class Kept:
    """Text of a field, its unit, and why it is not saved (`pending`, JSON of the window; "" for never left).

    `base`: what the field showed as saved when the typing began.  `at`, `offset`, `device`: when and where
    the last key was.  `ended`: when the person left in order; "" while she types, so also after a crash.
    """

    user: str
    key: ItemKey
    text: str
    unit: str | None
    pending: str
    base: str
    at: str
    offset: str
    device: str
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Waits:
    """That somebody's text waits in a field, not what it says."""

    user: str
    at: str
    offset: str


def write(store: Store, put: Iterable[Kept], drop: Iterable[tuple[str, ItemKey]]) -> None:
    """Both in one durable transaction.  Raises StorageFull, StorageError, Busy."""
    rows = [_row(one) for one in put]
    gone = [(user, key.subject, key.path) for user, key in drop]
    with refusals(store.path), transaction(store.conn):
        store.conn.executemany(f"INSERT OR REPLACE INTO draft VALUES ({', '.join('?' * 11)})", rows)
        store.conn.executemany('DELETE FROM draft WHERE "user" = ? AND subject = ? AND "key" = ?', gone)


def end(store: Store, user: str, at: str) -> None:
    """The person leaves in order: nothing of hers was interrupted.  Raises as `write`."""
    with refusals(store.path), transaction(store.conn):
        store.conn.execute("UPDATE draft SET ended = ? WHERE \"user\" = ? AND ended = ''", (at, user))


def of_user(conn: Any, user: str) -> list[Kept]:
    """Everything that waits for one person, the latest first."""
    sql = (
        f'SELECT subject, "key", {_COLUMNS} FROM draft '
        'WHERE "user" = ? AND substr("key", 1, 1) <> ? ORDER BY at DESC'
    )
    return [
        Kept(user, item_key_of(subject, key), *rest) for subject, key, *rest in conn.execute(sql, (user, "?"))
    ]


def of_others(conn: Any, user: str, form: FormKey) -> dict[ItemKey, Waits]:
    """In which fields of a form another person's text waits; the latest of each field, never its words."""
    prefix = f"{form.path}/"
    sql = (
        'SELECT "key", "user", at, "offset" FROM draft '
        'WHERE "user" <> ? AND subject = ? AND substr("key", 1, ?) = ? ORDER BY at'
    )
    found = conn.execute(sql, (user, form.subject, len(prefix), prefix))
    return {item_key_of(form.subject, key): Waits(*rest) for key, *rest in found}


def settle(conn: Any, user: str, keys: Sequence[ItemKey]) -> None:
    """Inside a transaction that stores the values of `keys`: their drafts are done."""
    rows = [(user, key.subject, key.path) for key in keys]
    conn.executemany('DELETE FROM draft WHERE "user" = ? AND subject = ? AND "key" = ?', rows)


def _row(one: Kept) -> tuple[Any, ...]:
    place = (one.user, one.key.subject, one.key.path)
    return (*place, one.text, one.unit, one.pending, one.base, one.at, one.offset, one.device, one.ended)
