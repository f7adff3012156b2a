"""Subjects: the list, the next free number, adding one, finding one, and extra visits."""

from __future__ import annotations

import unicodedata
from collections.abc import Container

from crf_app.actions.changes import Changes
from crf_app.actions.consequences import follow
from crf_app.actions.enter_data import check_counts, parsed
from crf_app.actions.gate import why_closed
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.actions.subject_list import SubjectList, SubjectRow
from crf_app.errors import CrfError, NotFound, ReasonRequired, ValueRejected, WrongState
from crf_app.model import pattern
from crf_app.model.definition import Study
from crf_app.model.keys import FormKey, ItemKey, new_uid
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.store import reads

_AT_ONCE = 200


def subjects(session: Session) -> list[SubjectRow]:
    """Everybody in this study on this device, by number.  Raises NotAllowed for the administrator."""
    listed = SubjectList(session)
    return [
        row
        for first in range(0, len(listed.names), _AT_ONCE)
        for row in listed.rows(listed.names[first : first + _AT_ONCE])
    ]


def next_number(session: Session) -> str:
    """The next free subject number by the study's own format."""
    return free_number(session.study, {one.label for one in reads.subject_names(session.store.conn)})


def free_number(study: Study, taken: Container[str]) -> str:
    """The first number of the study's format that is not among `taken`."""
    for n in range(1, 100_000):
        label = study.subject_format.format(n=n)
        if label not in taken:
            return label
    raise WrongState("All subject numbers are used.", "受试者编号已用完。")


def add_subject(session: Session, label: str) -> Changes:
    """A new subject under a free number.  Raises ValueRejected (pattern), WrongState (number taken).

    Full-width digits and letters, as a Chinese keyboard gives them, are the plain ones.
    """
    session.require(Step.ADD_SUBJECT)
    label = unicodedata.normalize("NFKC", label).strip()
    if not pattern.fits(session.study.subject_pattern, label):
        example = session.study.subject_format.format(n=1)
        raise ValueRejected(
            f'"{label}" is not a subject number of this study. Write it like {example}.',
            f"“{label}”不是本研究的受试者编号，格式如 {example}。",
            where="subject",
        )
    if any(one.label == label for one in reads.subject_names(session.store.conn)):
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
    known = reads.subject_names(session.store.conn)
    found = [one.uid for one in known if label in (one.label, one.uid)]
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


def add_visit(session: Session, uid: str, event_oid: str, reason: str = "", day: str = "") -> Changes:
    """An extra (unscheduled) visit with its reason.  Planned visits are always there.

    `day`, as it is typed, becomes the answer of the study's visit date, where the visit asks it, in the same
    transaction.  Raises ReasonRequired, ValueRejected (the day), WrongState, NotFound, NotAllowed.
    """
    session.require(Step.ADD_SUBJECT, uid)
    session.subject(uid)
    event = session.study.events.get(event_oid)
    if event is None:
        raise NotFound(
            f'There is no visit "{event_oid}" in this study.',
            f"本研究没有访视“{event_oid}”。",
            where=event_oid,
        )
    if event.until is not None:
        raise WrongState(
            "This kind of visit is not made any more in this study.",
            "本研究已不再安排此类访视。",
            where=event_oid,
        )
    if not event.repeating:
        raise WrongState(
            "This visit is planned; open it in the casebook.",
            "此访视已在计划中，请在病例册中打开。",
            where=event_oid,
        )
    check_counts(session.subject(uid), event_oid)
    gate = session.subject(uid).gate()
    if gate.status is not None and gate.closes_visit(event, None):
        words = why_closed(gate.status)
        raise WrongState(words.en, words.zh, where=event_oid, status=gate.status.code)
    if not reason.strip():
        raise ReasonRequired("Why is there an extra visit?", "请说明计划外访视的原因。", where=event_oid)
    key = f"{event_oid}~{new_uid()}"
    dated = _dated(session, uid, key, day) if day.strip() else []
    done = session.commit([Draft("event.add", subject=uid, key=key, reason=reason.strip()), *dated])
    return Changes(done.keys | {f"{uid}/{key}/"}, done.at, done.ids, row=key, subject=uid)


def _dated(session: Session, uid: str, event: str, day: str) -> list[Draft]:
    """The date of a visit that is about to be added, and what follows from it."""
    oid, data = session.study.visit_date, session.subject(uid)
    form = session.study.form_of_item[oid] if oid is not None else None
    if oid is None or form is None or form.oid not in data.event_def(event).form_oids:
        return []
    cell = ItemKey(FormKey(uid, event, form.oid), form.group_of[oid].oid, oid)
    answer = parsed(session, form.items[oid], day, None)
    try:
        data.added.append((event, ""))
        data.put(cell, answer)
        more, _ = follow(session.store.conn, data, {cell: answer})
    except CrfError:
        session.forget()
        raise
    return [Draft("item.set", uid, cell.path, value=answer.value), *more]


def label_of(session: Session, uid: str) -> str:
    one = reads.subject_of_uid(session.store.conn, uid)
    return one.label if one else uid


def data_of(session: Session, uid: str) -> SubjectData:
    """The subject's answers, for reading.  Raises NotAllowed, NotFound."""
    session.require(Step.READ, uid)
    return session.subject(uid)
