"""The audit trail as it lies in the ledger: every record with its place, in the order of arrival."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from crf_app.actions.session import Session
from crf_app.model.record import AuditRecord
from crf_app.model.workflow import Step
from crf_app.store import ledger


@dataclass(frozen=True, slots=True)
class Placed:
    """A record and its place in a device's chain."""

    id: str
    device: str
    epoch: int
    seq: int
    record: AuditRecord


def audit_trail(session: Session, uids: Collection[str] = ()) -> Iterator[Placed]:
    """All records, or those of some subjects.  Raises NotAllowed.  Appends nothing."""
    session.require(Step.READ)
    conn = session.store.conn
    marks = ", ".join("?" * len(uids))
    where = f"subject IN ({marks})" if uids else "1"
    for (device, epoch, seq), (id_, record) in ledger.placed(conn, where, tuple(uids)):
        yield Placed(id_, device, epoch, seq, record)
