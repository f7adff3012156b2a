"""Answers that a person gives with her own password: who checked, who watched.

The answer is her user id and the record is hers, whoever else is at work on the device.  An item that names
`other_than` needs another person than the one who answered that item.
"""

from __future__ import annotations

from crf_app.actions.changes import Changes
from crf_app.actions.enter_data import answerable, check_form, check_open, commit_answer
from crf_app.actions.people.proving import Proven
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.errors import NotAllowed, ReasonRequired, ValueRejected
from crf_app.model.keys import Answer, ItemKey
from crf_app.model.workflow import Step, Verdict

_SAME = Verdict(False, "same_person", "The second check needs another person.", "双人核对须由另一人完成。")


def confirm(session: Session, key: ItemKey, person: Proven, reason: str | None = None) -> Changes:
    """Record that `person` answered the item.  Another person in place of the first needs a reason.

    Raises ValueRejected (the item is typed, or not asked), NotAllowed for the same person twice (recorded),
    ReasonRequired, WrongState, NotFound, StorageFull.
    """
    data = session.subject(key.subject)
    check_form(session, data, key.form_key)
    form = check_open(session, key.form_key)
    state = answerable(data, key, data.state(key.form_key).items.get(key.local))
    if not state.item.own_password or not state.collected:
        raise ValueRejected(
            "Nobody confirms this item here now.", "此项目当前无需由人员确认。", where=str(key)
        )
    if person.user in _others(data, key, state.item.oid, state.item.other_than):
        session.record_refusal(Step.CONFIRM, _SAME, str(key))
        raise NotAllowed(_SAME.en, _SAME.zh, where=str(key), step=Step.CONFIRM.value, code=_SAME.code)
    if state.answer.value not in (None, person.user) and not (reason or "").strip():
        raise ReasonRequired(
            f"{state.answer.value} has confirmed this. Why does another person?",
            f"{state.answer.value} 已确认此项，为何由另一人确认？",
            where=str(key), old=state.answer.value, new=person.user,
        )  # fmt: skip
    return commit_answer(session, data, key, Answer(person.user), reason, form, by=person)


def _others(data: SubjectData, key: ItemKey, oid: str, other_than: str | None) -> set[str]:
    """People who may not answer this item: those who answered one that must be another person's."""
    form = data.form_def(key.form_key)
    values = data.values(key.form_key)
    bound = {one.oid for one in form.items.values() if one.other_than == oid} | {other_than or ""}
    found = (values.get(f"{form.group_of[one].oid}/{one}") for one in bound if one in form.group_of)
    return {answer.value for answer in found if answer is not None and answer.value is not None}
