"""Say that a form is complete, and open it again with a reason."""

from __future__ import annotations

from crf_app.actions.changes import Changes
from crf_app.actions.consequences import ask_again
from crf_app.actions.enter_data import check_counts, check_form, check_open
from crf_app.actions.session import Session
from crf_app.actions.standing import BLOCKING, open_points
from crf_app.errors import NotComplete, ReasonRequired, WrongState
from crf_app.model.keys import FormKey
from crf_app.model.record import Draft
from crf_app.model.workflow import Step, may_follow
from crf_app.store import reads


def complete_form(session: Session, key: FormKey) -> Changes:
    """Complete: everything asked is answered and every check has its answer.

    Raises NotComplete (`details["open"]` lists what is open), WrongState, NotAllowed.
    """
    session.require(Step.COMPLETE, str(key))
    data = session.subject(key.subject)
    check_form(session, data, key)
    row = check_open(session, key)
    status = row.status if row else "open"
    if not may_follow(status, "complete"):
        raise WrongState("The form is complete already.", "表单已是完成状态。", where=str(key))
    points = [one for one in open_points(session, data, key) if one.kind in BLOCKING]
    if points:
        listed = [{"where": str(one.key), "kind": one.kind, **one.texts} for one in points]
        raise NotComplete(
            f"{_counted(len(points))} still open. First: {points[0].texts['en']}",
            f"尚有 {len(points)} 处待处理。首处：{points[0].texts['zh']}",
            where=str(key),
            open=listed,
        )
    asked = ask_again(session.store.conn, data, key)
    parents = row.heads if row else ()
    done = Draft("form.status", subject=key.subject, key=key.path, value="complete", parents=parents)
    return session.commit([*asked, done])


def _counted(points: int) -> str:
    return "1 point is" if points == 1 else f"{points} points are"


def reopen_form(session: Session, key: FormKey, reason: str) -> Changes:
    """Open a form again that is complete or was not done.  Raises ReasonRequired, WrongState, NotAllowed."""
    session.require(Step.REOPEN, str(key))
    check_counts(session.subject(key.subject), key.event)
    row = reads.form_row(session.store.conn, key)
    if row is None or row.status not in ("complete", "not_done"):
        raise WrongState(
            "Only a form that is complete, or was not done, can be opened again.",
            "仅完成或未做的表单可重新打开。",
            where=str(key),
        )
    if not reason.strip():
        raise ReasonRequired("Why is the form opened again?", "请说明重新打开的原因。", where=str(key))
    return session.commit(
        [
            Draft(
                "form.status",
                subject=key.subject,
                key=key.path,
                value="open",
                parents=row.heads,
                reason=reason.strip(),
            )
        ]
    )
