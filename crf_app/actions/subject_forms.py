"""What the store says of a subject's forms as wholes: status, queries, signatures.

Read once for the whole subject, so that opening a form and painting its visit ask the store for nothing that
is known; after a commit the forms that it touched are read again, one by one.
"""

from __future__ import annotations

from typing import Any

from crf_app.model.keys import FormKey, form_key_of
from crf_app.rules.unit_state import ANSWER_KINDS, QUERY_STEP, Entry
from crf_app.store import reads
from crf_app.store.reads import FormRow, QueryRow

Signed = list[tuple[Entry, bool, str | None]]


class SubjectForms:
    """The forms of one subject; `look_again` after anything was stored."""

    def __init__(self, conn: Any, uid: str) -> None:
        self._conn, self._uid = conn, uid
        self._rows: dict[FormKey, FormRow | None] | None = None
        self._queries: dict[FormKey, list[QueryRow]] | None = None
        self._signed: set[FormKey] | None = None  # forms that have a signature, valid or broken
        self._stale_rows: set[FormKey] = set()
        self._stale_queries: set[FormKey] = set()

    def row(self, key: FormKey) -> FormRow | None:
        """The form's status and its heads; None for a form that nobody began."""
        if self._rows is None:
            self._rows, self._stale_rows = dict(reads.forms_of_subject(self._conn, self._uid)), set()
        elif key in self._stale_rows:
            self._stale_rows.discard(key)
            self._rows[key] = reads.form_row(self._conn, key)
        return self._rows.get(key)

    def queries(self, key: FormKey) -> list[QueryRow]:
        """Its queries, the last one to which something happened at the end."""
        if self._queries is None:
            self._queries, self._stale_queries = {}, set()
            for one in reads.queries_of_subject(self._conn, self._uid):
                self._queries.setdefault(form_key_of(one.subject, one.key), []).append(one)
        elif key in self._stale_queries:
            self._stale_queries.discard(key)
            self._queries[key] = reads.queries_of_form(self._conn, key)
        return self._queries.get(key, [])

    def signatures(self, key: FormKey) -> Signed:
        """(record, valid, id of the record that broke it), oldest first."""
        if self._signed is None:
            self._signed = reads.forms_signed(self._conn, self._uid)
        return reads.signatures_of_form(self._conn, key) if key in self._signed else []

    def look_again(self, key: FormKey | None = None, kind: str = "") -> None:
        """A record of this kind was stored for one form, or something for the subject as a whole."""
        if key is None:
            self._rows = self._queries = self._signed = None
            return
        # an answer leaves status and heads of a form that was begun as they were
        if kind not in ANSWER_KINDS or (self._rows is not None and self._rows.get(key) is None):
            self._stale_rows.add(key)
        if kind in QUERY_STEP:
            self._stale_queries.add(key)
        elif kind == "sign.make" and self._signed is not None:
            self._signed.add(key)
