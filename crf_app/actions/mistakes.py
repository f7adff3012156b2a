"""An extra visit, or a subject, that was made by mistake: marked so with a reason, never deleted.

It stays readable, struck through, and keeps its number; it counts nowhere: not in lists and checks, not in
what is due, not in the files for analysis.  The mark can be taken back, with a reason.  What is signed or
locked is not marked.
"""

from __future__ import annotations

from crf_app.actions.changes import Changes
from crf_app.actions.consequences import follow
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.errors import CrfError, NotFound, ReasonRequired, WrongState
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.rules.unit_state import MISTAKE
from crf_app.store import marks, reads
from crf_app.store.marks import Mark

_CLOSED = "made by mistake"
_NOTHING = Answer()


def visit_mistake(session: Session, uid: str, event: str, reason: str) -> Changes:
    """Say that an extra visit was made by mistake.

    Raises ReasonRequired, WrongState (planned, signed or locked, said already), NotFound, NotAllowed.
    """
    data = _extra(session, uid, event)
    if event in data.mistaken:
        raise WrongState("This was said already.", "此访视已标为误建。", where=f"{uid}/{event}")
    _check_free(session, uid, event)
    words = _needed(reason, event)
    try:
        answers = _answers(data, event)
        data.set_aside(event, Mark(MISTAKE, "", words, "", session.user, session.role, "", ()))
        following, _ = follow(session.store.conn, data, dict.fromkeys(answers, _NOTHING))
        elsewhere = [one for one in following if not (one.key or "").startswith(f"{event}/")]
        heads = marks.heads_of_visit(session.store.conn, uid, event)
        first = Draft("event.status", uid, event, heads, value=MISTAKE, reason=words)
        done = session.commit([first, *_closed(session, uid, event), *elsewhere])
    except CrfError:
        session.forget()
        raise
    session.forget()  # what the visit's own forms derive was only looked at
    return done


def visit_counts_again(session: Session, uid: str, event: str, reason: str) -> Changes:
    """Take the mark back; checks of the visit ask again.  Raises ReasonRequired, WrongState, NotFound."""
    data = _extra(session, uid, event)
    if event not in data.mistaken:
        raise WrongState("This visit counts already.", "此访视未标为误建。", where=f"{uid}/{event}")
    words = _needed(reason, event)
    heads = data.mistaken[event].heads
    try:
        data.set_aside(event, None)
        following, _ = follow(session.store.conn, data, _answers(data, event))
        first = Draft("event.status", uid, event, heads, value="open", reason=words)
        return session.commit([first, *following])
    except CrfError:
        session.forget()
        raise


def subject_mistake(session: Session, uid: str, reason: str) -> Changes:
    """Say that a subject was made by mistake; the number stays used.  Raises as `visit_mistake`."""
    session.require(Step.ADD_SUBJECT, uid)
    data = session.subject(uid)
    if data.mistake is not None:
        raise WrongState("This was said already.", "该受试者已标为误建。", where=uid)
    _check_free(session, uid)
    words = _needed(reason, uid)
    row = reads.subject_of_uid(session.store.conn, uid)
    heads = tuple(row.heads.get("status", ())) if row else ()
    done = session.commit([Draft("subject.status", uid, uid, heads, value=MISTAKE, reason=words)])
    return Changes(done.keys, done.at, done.ids, subject=uid)


def subject_counts_again(session: Session, uid: str, reason: str) -> Changes:
    """Take the mark back: the status before it stands again.  Raises ReasonRequired, WrongState."""
    session.require(Step.ADD_SUBJECT, uid)
    mark = session.subject(uid).mistake
    if mark is None:
        raise WrongState("This subject counts already.", "该受试者未标为误建。", where=uid)
    words = _needed(reason, uid)
    before = marks.status_before(session.store.conn, uid)
    done = session.commit([Draft("subject.status", uid, uid, mark.heads, value=before, reason=words)])
    return Changes(done.keys, done.at, done.ids, subject=uid)


def _extra(session: Session, uid: str, event: str) -> SubjectData:
    """The subject, if the visit is an extra one of it."""
    session.require(Step.ADD_SUBJECT, f"{uid}/{event}")
    data = session.subject(uid)
    if event in {name for name, _ in data.added}:
        return data
    if event in session.study.events:
        raise WrongState(
            "This visit is planned. Say that it was not done instead.",
            "此访视为计划内访视，可标注未进行。",
            where=f"{uid}/{event}",
        )
    raise NotFound("There is no such visit for this subject.", "该受试者没有此访视。", where=f"{uid}/{event}")


def _check_free(session: Session, uid: str, event: str = "") -> None:
    """Raises WrongState where a form is signed, frozen or locked; in one visit, or in all."""
    conn = session.store.conn
    signed = {unit.split("|", 2)[2] for unit in reads.signature_states(conn, uid)}
    for key, row in reads.forms_of_subject(conn, uid).items():
        if event not in ("", key.event):
            continue
        name = session.study.forms[key.form_oid].name
        if row.status in ("frozen", "locked"):
            raise WrongState(
                f"{name.en} is locked. Ask to unlock it first.",
                f"{name.zh}已锁定，请先申请解锁。",
                where=str(key),
            )
        if key.path in signed:
            raise WrongState(
                f"{name.en} is signed. Signed data are not called a mistake: ask the data manager.",
                f"{name.zh}已签名，已签名的数据不可标为误建，请联系数据管理员。",
                where=str(key),
            )


def _needed(reason: str, where: str) -> str:
    if not reason.strip():
        raise ReasonRequired("Why was it a mistake, or why not?", "请说明原因。", where=where)
    return reason.strip()


def _answers(data: SubjectData, event: str) -> dict[ItemKey, Answer]:
    """Everything that the visit's forms hold."""
    out = {}
    for oid in data.event_def(event).form_oids:
        key = FormKey(data.uid, event, oid)
        for local, answer in data.values(key).items():
            if not answer.empty:
                out[ItemKey(key, *local.split("/"))] = answer
    return out


def _closed(session: Session, uid: str, event: str) -> list[Draft]:
    """The system's queries about the visit end."""
    return [
        Draft(
            "query.close",
            uid,
            row.key,
            row.heads,
            thread=row.thread,
            reason=_CLOSED,
            user="system",
            role="system",
        )
        for row in reads.queries(session.store.conn, uid)
        if row.check and row.key.startswith(f"{event}/") and row.status in ("Open", "Answered")
    ]
