"""Subjects: the list, the next free number, adding one, finding one, and extra visits."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from crf_app.actions.changes import Changes
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.errors import NotFound, ReasonRequired, ValueRejected, WrongState
from crf_app.model.definition import Text
from crf_app.model.keys import new_uid
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.store import reads


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """One line of the list.  `next_event`: first planned visit without a date; `next_due`: its latest day."""

    uid: str
    label: str
    status: str
    arm: Text | None
    day1: str
    next_event: Text | None
    next_due: str
    next_state: str
    open_queries: int
    waiting_signature: int
    only_here: int


def subjects(session: Session) -> list[SubjectRow]:
    """Everybody in this study on this device, by number.  Raises NotAllowed for the administrator."""
    session.require(Step.READ)
    conn = session.store.conn
    queries, waiting = reads.query_counts(conn), reads.waiting_for_signature(conn)
    here = reads.answers_after_by_subject(conn, session.identity, reads.safe_end(conn, session.identity))
    facts = _facts(session)
    return [
        _row(session, one, facts.get(one.uid, {}), queries, waiting, here) for one in reads.subjects(conn)
    ]


def _facts(session: Session) -> dict[str, dict[str, str]]:
    """uid → values of the few items that the list shows, without loading each casebook."""
    wanted = {fact.item for fact in session.study.subject_facts} | {session.study.visit_date}
    return reads.values_of_items(session.store.conn, sorted(wanted))


def _row(
    session: Session,
    one: reads.SubjectRecord,
    values: dict[str, str],
    queries: dict[str, int],
    waiting: dict[str, int],
    here: dict[str, int],
) -> SubjectRow:
    from crf_app.model import schedule

    day1, code = _fact(session, values, "DAY1"), _fact(session, values, "ARM")
    arm = next((arm.short_name for arm in session.study.arms if arm.code == code), None)
    first = date.fromisoformat(day1[:10]) if len(day1) >= 10 else None
    done = {
        path.partition("/")[0] for path, value in values.items() if path.endswith(session.study.visit_date)
    }
    upcoming = next(
        (event for event in session.study.event if event.type == "Scheduled" and event.oid not in done), None
    )
    today = session.clock.now().date()
    window = schedule.deviation(upcoming, None, first, today=today) if upcoming else None
    return SubjectRow(
        one.uid,
        one.label,
        _status(one.status, day1),
        arm,
        day1[:10],
        upcoming.name if upcoming else None,
        window.latest.isoformat() if window and window.latest else "",
        window.state if window else "",
        queries.get(one.uid, 0),
        waiting.get(one.uid, 0),
        here.get(one.uid, 0),
    )


def _status(recorded: str, day1: str) -> str:
    """A reading until a status is recorded: whoever had a first dosing is enrolled."""
    return "enrolled" if recorded == "screening" and day1 else recorded


def _fact(session: Session, values: dict[str, str], name: str) -> str:
    for fact in session.study.subject_facts:
        if fact.name == name:
            found = [
                value
                for path, value in sorted(values.items())
                if path.endswith("/" + fact.item) and path.startswith(fact.event or "")
            ]
            return found[0] if found else ""
    return ""


def next_number(session: Session) -> str:
    """The next free subject number by the study's own format."""
    taken = {one.label for one in reads.subjects(session.store.conn)}
    for n in range(1, 100_000):
        label = session.study.subject_format.format(n=n)
        if label not in taken:
            return label
    raise WrongState("All subject numbers are used.", "受试者编号已用完。")


def add_subject(session: Session, label: str) -> Changes:
    """A new subject under a free number.  Raises ValueRejected (pattern), WrongState (number taken).

    Full-width digits and letters, as a Chinese keyboard gives them, are the plain ones.
    """
    session.require(Step.ADD_SUBJECT)
    label = unicodedata.normalize("NFKC", label).strip()
    if not re.fullmatch(session.study.subject_pattern, label, re.ASCII):
        example = session.study.subject_format.format(n=1)
        raise ValueRejected(
            f'"{label}" is not a subject number of this study. Write it like {example}.',
            f"“{label}”不是本研究的受试者编号，格式如 {example}。",
            where="subject",
        )
    if any(one.label == label for one in reads.subjects(session.store.conn)):
        raise WrongState(
            f"{label} is taken. The next free number is {next_number(session)}.",
            f"{label} 已被使用，下一个可用编号为 {next_number(session)}。",
            where="subject",
        )
    uid = f"{session.site}-{new_uid()}"
    drafts = [
        Draft("subject.add", subject=uid, key=uid, value=label),
        Draft("subject.status", subject=uid, key=uid, value="screening"),
    ]
    done = session.commit(drafts)
    return Changes(done.keys, done.at, done.ids, subject=uid)


def find_subject(session: Session, label: str) -> str:
    """The uid of a subject number (or of a uid).  Raises NotFound; WrongState when two carry the number."""
    session.require(Step.READ)
    found = [one.uid for one in reads.subjects(session.store.conn) if label in (one.label, one.uid)]
    if not found:
        raise NotFound(
            f'There is no subject "{label}" here. See the list of subjects.',
            f"本机没有受试者“{label}”，请查看受试者列表。",
            where="subject",
        )
    if len(found) > 1:
        raise WrongState(
            f"Two subjects carry the number {label}. Use one of: {', '.join(found)}.",
            f"编号 {label} 对应两名受试者，请使用：{'、'.join(found)}。",
            where="subject",
        )
    return found[0]


def add_visit(session: Session, uid: str, event_oid: str, reason: str = "") -> Changes:
    """An extra (unscheduled) visit with its reason.  Planned visits are always there."""
    session.require(Step.ADD_SUBJECT, uid)
    session.subject(uid)
    event = session.study.events.get(event_oid)
    if event is None:
        raise NotFound(
            f'There is no visit "{event_oid}" in this study.',
            f"本研究没有访视“{event_oid}”。",
            where=event_oid,
        )
    if not event.repeating:
        raise WrongState(
            "This visit is planned; open it in the casebook.",
            "此访视已在计划中，请在病例册中打开。",
            where=event_oid,
        )
    if not reason.strip():
        raise ReasonRequired("Why is there an extra visit?", "请说明计划外访视的原因。", where=event_oid)
    key = f"{event_oid}~{new_uid()}"
    done = session.commit([Draft("event.add", subject=uid, key=key, reason=reason.strip())])
    return Changes(done.keys | {f"{uid}/{key}/"}, done.at, done.ids, row=key, subject=uid)


def label_of(session: Session, uid: str) -> str:
    one = reads.subject_of_uid(session.store.conn, uid)
    return one.label if one else uid


def data_of(session: Session, uid: str) -> SubjectData:
    """The subject's answers, for reading.  Raises NotAllowed, NotFound."""
    session.require(Step.READ, uid)
    return session.subject(uid)
