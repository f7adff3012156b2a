"""What was said of a form, a visit or a subject as a whole: "not done", "made by mistake", with the reason.

Read from the ledger by the folded heads, so that no table holds it twice.  Nothing here judges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crf_app.model.clock import local_text
from crf_app.model.keys import FormKey
from crf_app.model.record import AuditRecord
from crf_app.rules.fold import fold_header
from crf_app.rules.unit_state import MISTAKE, Entry, HeaderUnit
from crf_app.store import reads
from crf_app.store.ledger import entries

NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True)
class Mark:
    """`missing`: the study's code of the reason; `reason`: free words; `event`: the visit if all is meant.

    `at` is local time of the device that said it.  `heads`: what a record that takes it back replaces.
    """

    value: str
    missing: str
    reason: str
    event: str
    user: str
    role: str
    at: str
    heads: tuple[str, ...]


def not_done_form(conn: Any, key: FormKey) -> Mark | None:
    """The mark of one form; None where it is not marked now."""
    row = reads.form_row(conn, key)
    if row is None or row.status != NOT_DONE:
        return None
    found = (reads.record(conn, key.subject, key.path, one) for one in row.heads)
    said = [one for one in found if one is not None and one.value == NOT_DONE]
    return _mark(max(said, key=lambda one: one.order), row.heads) if said else None


def was_complete(conn: Any, key: FormKey) -> bool:
    """Whether a form was ever complete, frozen or locked: then each change of it asks for a reason."""
    found = conn.execute(
        "SELECT 1 FROM audit_record WHERE cell_unit = ? AND \"key\" = ? AND kind = 'form.status' "
        "AND value IN ('complete', 'frozen', 'locked') LIMIT 1",
        (reads.form_unit(key), key.path),
    )
    return found.fetchone() is not None


def not_done_forms(conn: Any, subject: str) -> dict[FormKey, Mark]:
    """Every form of a subject that is marked now."""
    rows = conn.execute(
        "SELECT event, form FROM form_data WHERE subject = ? AND status = ?", (subject, NOT_DONE)
    ).fetchall()
    keys = [FormKey(subject, event, form) for event, form in rows]
    return {key: mark for key in keys if (mark := not_done_form(conn, key)) is not None}


def mistaken_visits(conn: Any, subject: str) -> dict[str, Mark]:
    """event key → mark, of the visits that were made by mistake."""
    return {
        name.partition(":")[2]: mark
        for name, mark in _header_marks(conn, subject)
        if name.startswith("event.status:") and mark.value == MISTAKE
    }


def heads_of_visit(conn: Any, subject: str, event: str) -> tuple[str, ...]:
    """What a record about the visit's standing replaces; empty before the first."""
    found = fold_header(_header(conn, subject)).cells.get(f"event.status:{event}", ())
    return tuple(one.id for one in found)


def mistaken_subject(conn: Any, subject: str) -> Mark | None:
    """The mark of a subject that was made by mistake."""
    found = dict(_header_marks(conn, subject)).get("status")
    return found if found is not None and found.value == MISTAKE else None


def status_before(conn: Any, subject: str) -> str:
    """The last status that was recorded of a subject before it was marked."""
    said = [one.record.value for one in _header(conn, subject) if one.record.kind == "subject.status"]
    return next((one for one in reversed(said) if one and one != MISTAKE), "screening")


def _header(conn: Any, subject: str) -> list[Entry]:
    return sorted(entries(conn, "cell_unit = ?", (f"S|{subject}",)), key=lambda one: one.order)


def _header_marks(conn: Any, subject: str) -> list[tuple[str, Mark]]:
    unit: HeaderUnit = fold_header(_header(conn, subject))
    out = []
    for name, heads in unit.cells.items():
        if (record := unit.shown(name)) is not None:
            out.append((name, _mark(record, tuple(one.id for one in heads))))
    return out


def _mark(record: AuditRecord, heads: tuple[str, ...]) -> Mark:
    return Mark(
        record.value or "",
        record.missing or "",
        record.reason or "",
        record.target or "",
        record.user,
        record.role,
        local_text(record.at, record.offset),
        heads,
    )
