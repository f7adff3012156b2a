"""Answers that are only on this device, by subject: behind the last place that central holds.

Counted once a session, then only the chain's new end, because the chain only grows and those of earlier
epochs are closed; anew after a receipt.
"""

from __future__ import annotations

from collections.abc import Mapping

from crf_app.actions.session import Session
from crf_app.store import reads
from crf_app.store.own_chains import own_chains


def unsent_answers(session: Session) -> Mapping[str, int]:
    """uid → entered answers that central does not hold.  The first call of a session reads the whole tail."""
    chains, counted = own_chains(session.store), session.counted
    *earlier, present = chains
    conn, safe = session.store.conn, tuple(one.safe for one in chains)
    if counted.safe != safe:
        counted.begin(safe)
        for one in earlier:
            counted.add(reads.answers_after_by_subject(conn, one.identity, one.safe), present.safe)
    if counted.upto < present.end:
        counted.add(reads.answers_after_by_subject(conn, present.identity, counted.upto), present.end)
    return counted.by_subject
