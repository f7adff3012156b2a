"""What is done while a dose is given: a bag scanned, start, end, an interruption, a reaction.

Each is the entry of ordinary answers, by the same actions as typing, with the time of now; nothing is stored
that a person could not also have typed.  A bag that does not fit is refused before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from crf_app.actions.changes import Changes
from crf_app.actions.dose.administration import Dose, dose
from crf_app.actions.enter_data import check_form, check_open, enter_form, enter_value, mark_missing, parsed
from crf_app.actions.rows import add_row
from crf_app.actions.session import Session
from crf_app.actions.standing import open_points
from crf_app.actions.subject_data import SubjectData
from crf_app.errors import ValueRejected, WrongState
from crf_app.model.form_def import Administration, FormDef
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.workflow import Step, Verdict

YES = "Y"
#: why an answer "no" becomes "yes" when somebody presses Pause or Reaction
_BEDSIDE: Final = "recorded at the bedside"
_NOT_APPLICABLE: Final = "NA"


def take_product(
    session: Session, key: FormKey, parts: Mapping[str, str], reason: str | None = None
) -> Changes:
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
    return _enter(session, key, answers, reason)


def _enter(session: Session, key: FormKey, answers: Mapping[str, str], reason: str | None) -> Changes:
    """New answers in one transaction; one that replaces another needs a reason and is its own."""
    values = session.subject(key.subject).values(key)
    stands = [local for local in answers if not _empty(values, local)]
    if not stands or reason is None:
        return enter_form(session, key, answers)
    done = enter_form(session, key, {local: text for local, text in answers.items() if local not in stands})
    for local in stands:
        one = enter_value(session, ItemKey(key, *local.split("/")), answers[local], reason=reason)
        done = Changes(done.keys | one.keys, one.at or done.at, done.ids + one.ids)
    return done


def _refusal(session: Session, data: SubjectData, key: FormKey, answers: Mapping[str, str]) -> Verdict | None:
    """Why the label does not fit: an expired product, or a hard check on it or that it makes fire."""
    items = data.state(key).items
    there = data.state(key).findings
    before = {(one.check, one.local) for one in there if one.severity == "hard" and one.local not in answers}
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
    _check_ready(session, key, now)
    return _enter_moment(session, key, now.said.start)


def _check_ready(session: Session, key: FormKey, now: Dose) -> None:
    """Raises WrongState while something stands against the start."""
    data = session.subject(key.subject)
    form, state = data.form_def(key), data.state(key).items
    if not all(state[_local(form, oid)].collected for oid in now.said.start):
        raise WrongState(
            "The form says that it is not given. Check step 1.",
            "表单已填未给药，请核对第1步。",
            where=str(key),
        )
    if now.said.amount is not None and now.amount is None:
        raise WrongState(
            "Nothing is known of the bag. Scan its label, or type what it says in step 2.",
            "尚无袋的信息，请扫描标签，或在第2步录入。", where=str(key),
        )  # fmt: skip
    groups = {*now.said.fit, *now.said.product}
    hard = [
        one for one in open_points(session, data, key) if one.kind == "hard" and one.key.group_oid in groups
    ]
    if hard:
        raise WrongState(hard[0].texts["en"], hard[0].texts["zh"], where=str(hard[0].key))
    if any(not one.user for one in now.checkers):
        raise WrongState(
            "Two people confirm first. Step 3 says who is missing.",
            "须先由双人核对，第3步显示缺少哪一位。",
            where=str(key),
        )


def end_now(session: Session, key: FormKey) -> Changes:
    """The dose ends; an interruption that goes on has no end then.  Raises WrongState where nothing runs."""
    now = dose(session, key)
    if now.started is None or now.ended is not None:
        raise WrongState("The dose does not run now.", "当前未在输注。", where=str(key))
    if now.paused_since is not None and now.said.pause is not None:
        mark_missing(session, _open_pause(session, key, now.said.pause), _no_end(session))
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
    parsed(session, form.items[why], reason, None)  # refused before anything is written
    _enter(session, key, {_local(form, flag): YES}, _BEDSIDE)
    part = add_row(session, key, group).row
    moment = _minute(session.clock.now())
    return enter_form(session, key, {f"{part}/{start}": moment, f"{part}/{why}": reason})


def go_on(session: Session, key: FormKey) -> Changes:
    """The interruption ends now.  Raises WrongState where there is none."""
    now = dose(session, key)
    if now.said.pause is None or now.paused_since is None:
        raise WrongState("There is no interruption now.", "当前没有中断。", where=str(key))
    return enter_value(session, _open_pause(session, key, now.said.pause), _minute(session.clock.now()))


def _no_end(session: Session) -> str:
    """The study's code for an end that there never was."""
    codes = [one.code for one in session.study.missing_reasons]
    return _NOT_APPLICABLE if _NOT_APPLICABLE in codes else codes[0]


def _open_pause(session: Session, key: FormKey, said: tuple[str, str, str, str]) -> ItemKey:
    """The end of the interruption that goes on."""
    _, start, end, _ = said
    data = session.subject(key.subject)
    group, values = data.form_def(key).group_of[start].oid, data.values(key)
    parts = [f"{group}~{uid}" for uid in data.live_rows(key).get(group, ())]
    open_ = next(
        one for one in parts if _empty(values, f"{one}/{end}") and not _empty(values, f"{one}/{start}")
    )
    return ItemKey(key, open_, end)


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
            _enter(session, where, answers, _BEDSIDE)
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
