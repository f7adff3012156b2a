"""What the store says of a subject's forms as wholes: status, queries, signatures.

Read once for the whole subject, so that opening a form and painting its visit ask the store for nothing that
is known; after a commit the forms that it touched are read again, one by one.
"""

from __future__ import annotations

from typing import Any

from crf_app.model.keys import FormKey, form_key_of
from crf_app.rules.unit_state import Entry
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
        self._stale: set[FormKey] = set()

    def row(self, key: FormKey) -> FormRow | None:
        """The form's status and its heads; None for a form that nobody began."""
        self._refresh(key)
        assert self._rows is not None
        return self._rows.get(key)

    def queries(self, key: FormKey) -> list[QueryRow]:
        """Its queries, the last one to which something happened at the end."""
        self._refresh(key)
        assert self._queries is not None
        return self._queries.get(key, [])

    def signatures(self, key: FormKey) -> Signed:
        """(record, valid, id of the record that broke it), oldest first."""
        self._refresh(key)
        assert self._signed is not None
        return reads.signatures_of_form(self._conn, key) if key in self._signed else []

    def look_again(self, key: FormKey | None = None) -> None:
        """One form, or all of them, may be another now."""
        if key is not None:
            self._stale.add(key)
        else:
            self._rows = self._queries = self._signed = None

    def _refresh(self, key: FormKey) -> None:
        if self._rows is None or self._queries is None or self._signed is None:
            self._rows = dict(reads.forms_of_subject(self._conn, self._uid))
            self._queries = {}
            for one in reads.queries_of_subject(self._conn, self._uid):
                self._queries.setdefault(form_key_of(one.subject, one.key), []).append(one)
            self._signed = reads.forms_signed(self._conn, self._uid)
            self._stale.clear()
        elif key in self._stale:
            self._stale.discard(key)
            self._rows[key] = reads.form_row(self._conn, key)
            self._queries[key] = reads.queries_of_form(self._conn, key)
            signed = bool(reads.signatures_of_form(self._conn, key))
            (self._signed.add if signed else self._signed.discard)(key)
