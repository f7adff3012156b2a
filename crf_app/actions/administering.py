"""What is done while a dose is given: a bag scanned, start, end, an interruption, a reaction.

Each is the entry of ordinary answers, by the same actions as typing, with the time of now; nothing is stored
that a person could not also have typed.  A bag that does not fit is refused before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crf_app.actions.administration import dose
from crf_app.actions.changes import Changes
from crf_app.actions.enter_data import check_form, check_open, enter_form, enter_value, parsed
from crf_app.actions.rows import add_row
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.errors import ValueRejected, WrongState
from crf_app.model.definition import Administration, FormDef
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.workflow import Step, Verdict

YES = "Y"


def take_product(session: Session, key: FormKey, parts: Mapping[str, str]) -> Changes:
    """What the label of a product says, entered if it fits.  `parts`: item OID → text as it would be typed.

    Looked at first with the study's own hard checks and against the expiry; a label that does not fit is
    refused, the refusal is recorded and nothing is written.  Raises WrongState, ValueRejected.
    """
    session.require(Step.ENTER, str(key))
    data = session.subject(key.subject)
    check_form(session, data, key)
    check_open(session, key)
    form = data.form_def(key)
    strange = [oid for oid in parts if oid not in form.items]
    if strange:
        raise ValueRejected(
            "This label belongs to another form. Scan it there.",
            "此标签属于其他表单，请在相应表单扫描。",
            where=str(key),
        )
    answers = {f"{form.group_of[oid].oid}/{oid}": text for oid, text in parts.items()}
    refusal = _refusal(session, data, key, answers)
    if refusal is not None:
        session.record_refusal(Step.ENTER, refusal, str(key))
        raise WrongState(refusal.en, refusal.zh, where=str(key), code=refusal.code)
    return enter_form(session, key, answers)


def _refusal(session: Session, data: SubjectData, key: FormKey, answers: Mapping[str, str]) -> Verdict | None:
    """Why the label does not fit: an expired product, or a hard check that it alone makes fire."""
    items = data.state(key).items
    before = {(one.check, one.local) for one in data.state(key).findings if one.severity == "hard"}
    said = data.form_def(key).administration
    try:
        wanted = {local: parsed(session, items[local].item, text, None) for local, text in answers.items()}
        expired = _expired(session, said, wanted)
        data.put_all(key, wanted)
        fired = [one for one in data.state(key).findings if one.severity == "hard"]
    finally:
        session.forget()  # what was put in to be looked at is not there
    if expired is not None:
        return expired
    new = next((one for one in fired if (one.check, one.local) not in before), None)
    return Verdict(False, "wrong_product", new.texts["en"], new.texts["zh"]) if new is not None else None


def _expired(session: Session, said: Administration | None, wanted: Mapping[str, Answer]) -> Verdict | None:
    until = next(
        (answer.value for local, answer in wanted.items() if said and local.endswith(f"/{said.expiry}")), None
    )
    if not until or _minute(session.clock.now()) <= until:
        return None
    shown = until.replace("T", " ")
    return Verdict(
        False, "expired", f"This product expired at {shown}. Do not use it; tell the investigator.",
        f"此制剂已于 {shown} 过期，禁止使用，请报告研究者。",
    )  # fmt: skip


def start_now(session: Session, key: FormKey) -> Changes:
    """The dose starts.  Raises WrongState when it has, or when two people have not confirmed it."""
    now = dose(session, key)
    if now.started is not None:
        raise WrongState(
            f"The dose was started at {now.started:%H:%M}.",
            f"已于 {now.started:%H:%M} 开始。",
            where=str(key),
        )
    waiting = [one for one in now.checkers if not one.user]
    if waiting:
        raise WrongState(
            "Two people confirm first. Step 3 says who is missing.",
            "须先由双人核对，第3步显示缺少哪一位。",
            where=str(key),
        )
    return _enter_moment(session, key, now.said.start)


def end_now(session: Session, key: FormKey) -> Changes:
    """The dose ends.  Raises WrongState before the start, after the end, or during an interruption."""
    now = dose(session, key)
    if now.started is None or now.ended is not None:
        raise WrongState("The dose does not run now.", "当前未在输注。", where=str(key))
    if now.paused_since is not None:
        raise WrongState(
            "It is interrupted now. Go on first, or end the interruption.",
            "目前处于中断，请先继续或结束中断。",
            where=str(key),
        )
    return _enter_moment(session, key, now.said.end)


def _enter_moment(session: Session, key: FormKey, oids: tuple[str, ...]) -> Changes:
    form, moment = session.subject(key.subject).form_def(key), session.clock.now()
    texts = (f"{moment:%Y-%m-%d}", f"{moment:%H:%M}") if len(oids) == 2 else (_minute(moment),)
    pairs = zip(oids, texts, strict=True)
    return enter_form(session, key, {f"{form.group_of[oid].oid}/{oid}": text for oid, text in pairs})


def pause(session: Session, key: FormKey, reason: str) -> Changes:
    """An interruption begins now; `reason` is a code of its list.  Raises WrongState, ValueRejected."""
    now = dose(session, key)
    said = now.said.pause
    if said is None or not now.running or now.paused_since is not None:
        raise WrongState("There is nothing to interrupt now.", "当前没有可中断的输注。", where=str(key))
    flag, start, _, why = said
    form = session.subject(key.subject).form_def(key)
    group = form.group_of[start].oid
    enter_form(session, key, {f"{form.group_of[flag].oid}/{flag}": YES})
    part = add_row(session, key, group).row
    moment = _minute(session.clock.now())
    return enter_form(session, key, {f"{part}/{start}": moment, f"{part}/{why}": reason})


def go_on(session: Session, key: FormKey) -> Changes:
    """The interruption ends now.  Raises WrongState where there is none."""
    now = dose(session, key)
    if now.said.pause is None or now.paused_since is None:
        raise WrongState("There is no interruption now.", "当前没有中断。", where=str(key))
    _, start, end, _ = now.said.pause
    data = session.subject(key.subject)
    group, values = data.form_def(key).group_of[start].oid, data.values(key)
    parts = [f"{group}~{uid}" for uid in data.live_rows(key).get(group, ())]
    open_ = next(
        one for one in parts if _empty(values, f"{one}/{end}") and not _empty(values, f"{one}/{start}")
    )
    return enter_value(session, ItemKey(key, open_, end), _minute(session.clock.now()))


def record_reaction(session: Session, key: FormKey) -> tuple[FormKey, str]:
    """Something is wrong: the dose says so, and a row of the log is begun.  Returns the log's form and row.

    Raises WrongState where the study names no log.
    """
    said = dose(session, key).said
    log = _log_of(session, key, said)
    if log is None or said.reaction_log is None:
        raise WrongState("The study names no log of reactions.", "研究未指定反应记录表。", where=str(key))
    for where in (key, log):
        data = session.subject(key.subject)
        form = data.form_def(where)
        asked = [_local(form, oid) for oid in said.reaction if oid in form.items]
        state = data.state(where).items
        answers = {
            local: YES for local in asked if state[local].collected and state[local].answer.value != YES
        }
        if answers:
            enter_form(session, where, answers)
    return log, add_row(session, log, said.reaction_log).row


def _log_of(session: Session, key: FormKey, said: Administration) -> FormKey | None:
    """The form of this subject that holds the log of reactions."""
    data = session.subject(key.subject)
    form = next(
        (one for one in data.study.form for group in one.item_group if group.oid == said.reaction_log), None
    )
    if form is None:
        return None
    events = [event for event in data.events() if form.oid in data.event_def(event).form_oids]
    return FormKey(key.subject, events[0], form.oid) if events else None


def _local(form: FormDef, oid: str) -> str:
    return f"{form.group_of[oid].oid}/{oid}"


def _empty(values: Mapping[str, Answer], local: str) -> bool:
    answer = values.get(local)
    return answer is None or answer.empty


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"
