"""Answer a check at its field: the reason that settles it for these very values."""

from __future__ import annotations

from crf_app.actions.changes import Changes
from crf_app.actions.consequences import thread_of
from crf_app.actions.session import Session
from crf_app.errors import NotFound, ReasonRequired
from crf_app.model.keys import ItemKey
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.store import reads


def answer_finding(session: Session, key: ItemKey, check: str, reason: str) -> Changes:
    """Answer a check at its field.  A soft one by whoever enters, a hard one by the investigator.

    Raises ReasonRequired, NotAllowed, NotFound (the check does not fire there).
    """
    session.require(Step.ANSWER_QUERY, str(key))
    data = session.subject(key.subject)
    finding = next(
        (one for one in data.state(key.form_key).findings if one.check == check and one.local == key.local),
        None,
    )
    if finding is None:
        raise NotFound("This check does not fire here any more.", "此处该核查已不再触发。", where=str(key))
    if finding.severity == "hard":
        session.require(Step.EXPLAIN_HARD, str(key))
    if not reason.strip():
        raise ReasonRequired(
            "Give the reason, or correct the value.", "请填写原因，或更正数值。", where=str(key)
        )
    row = reads.query_of_thread(session.store.conn, thread_of(check, key.path, key.subject))
    if row is None:
        raise NotFound(
            "This check has no query yet. Enter the value again.",
            "该核查尚无质疑，请重新录入该值。",
            where=str(key),
        )
    return session.commit(
        [
            Draft(
                "query.answer",
                subject=key.subject,
                key=row.key,
                thread=row.thread,
                parents=row.heads,
                reason=reason.strip(),
            )
        ]
    )
