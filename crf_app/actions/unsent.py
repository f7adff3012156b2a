"""Answers that are only on this device, by subject: behind the last place that central holds.

Counted once a session, then only the chain's new end, because the chain only grows; anew after a receipt.
"""

from __future__ import annotations

from collections.abc import Mapping

from crf_app.actions.session import Session
from crf_app.store import reads


def unsent_answers(session: Session) -> Mapping[str, int]:
    """uid → entered answers that central does not hold.  The first call of a session reads the whole tail."""
    conn, identity, end = session.store.conn, session.identity, session.store.end.seq
    safe = reads.safe_end(conn, identity)
    if session.counted.safe != safe:
        session.counted.begin(safe)
    if session.counted.upto < end:
        session.counted.add(reads.answers_after_by_subject(conn, identity, session.counted.upto), end)
    return session.counted.by_subject
