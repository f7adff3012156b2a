"""What still stands open on a form: empty mandatory items, unanswered checks, conflicts, manual queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from crf_app.actions.consequences import SYSTEM, last_operands, thread_of
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.model.keys import FormKey, ItemKey
from crf_app.rules.facts import Finding, FormState
from crf_app.store import reads

BLOCKING: Final = ("empty", "soft", "hard", "conflict")


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """One thing a person must still look at.  `kind`: empty, soft, hard, conflict block; query does not."""

    key: ItemKey
    kind: str
    texts: Mapping[str, str]
    check: str = ""


def open_points(
    session: Session,
    data: SubjectData,
    key: FormKey,
    answered: Mapping[str, str] | None = None,
    state: FormState | None = None,
) -> list[OpenPoint]:
    """In the order of the paper.  `answered` (thread → answering role) is read from the ledger when None."""
    state = state or data.state(key)
    settled = settled_threads(session, key, state) if answered is None else dict(answered)
    empty = set(state.empty_mandatory)
    out = []
    for local, item in state.items.items():
        group, oid = local.split("/")
        cell = ItemKey(key, group, oid)
        row = data.items.get(cell.path)
        if row is not None and row.state == "conflict":
            out.append(OpenPoint(cell, "conflict", _CONFLICT))
        if local in empty:
            out.append(OpenPoint(cell, "empty", _empty(item.item.question.en, item.item.question.zh)))
        out += [
            OpenPoint(cell, one.severity, one.texts, one.check)
            for one in item.findings
            if one.severity != "info" and thread_of(one.check, cell.path, key.subject) not in settled
        ]
    return out + _manual(session, data, key)


_CONFLICT: Final = {"en": "Two devices, two values: choose one.", "zh": "两台设备数值不同，待选定。"}


def _empty(en: str, zh: str) -> dict[str, str]:
    return {"en": f"{en} is still empty.", "zh": f"{zh}尚未填写。"}


def _manual(session: Session, data: SubjectData, key: FormKey) -> list[OpenPoint]:
    out = []
    for row in data.forms.queries(key):
        if row.check or row.status != "Open":
            continue
        first = reads.record(session.store.conn, row.subject, row.key, row.steps[0])
        words = (first.value if first else None) or ""
        group, item = row.key.split("/")[2:4] if row.key.count("/") == 3 else ("", "")
        out.append(OpenPoint(ItemKey(key, group, item), "query", {"en": words, "zh": words}))
    return out


def settled_threads(session: Session, key: FormKey, state: FormState) -> dict[str, str]:
    """Findings that have their answer: thread → role that answered.

    A soft check is settled by anybody's reason for these very values, a hard one by the investigator's.
    """
    rows = {row.thread: row for row in session.subject(key.subject).forms.queries(key) if row.check}
    out = {}
    for finding in state.findings:
        thread = thread_of(finding.check, f"{key.path}/{finding.local}", key.subject)
        row = rows.get(thread)
        if row is not None and (role := _answering_role(session, row, finding)):
            out[thread] = role
    return out


def _answering_role(session: Session, row: reads.QueryRow, finding: Finding) -> str:
    conn = session.store.conn
    if row.status not in ("Answered", "Closed") or last_operands(conn, row) != dict(finding.operands):
        return ""
    for id_ in reversed(row.steps):
        record = reads.record(conn, row.subject, row.key, id_)
        if record is None:
            continue
        if record.role == SYSTEM:
            if record.kind in ("query.open", "query.reopen"):
                break  # what was said before was said about other values
            continue
        if finding.severity == "hard" and record.role != "investigator":
            continue
        return record.role
    return ""
