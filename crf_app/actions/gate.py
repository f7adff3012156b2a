"""May a form be begun?  What the subject's state closes, and the refusal that says why and what to do.

The states are the study's own (`[[status]]`); a form that holds a record already stays open for correction.
"""

from __future__ import annotations

from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.errors import WrongState
from crf_app.model.def_base import Text
from crf_app.model.definition import StatusDef
from crf_app.model.keys import FormKey
from crf_app.model.workflow import Step, Verdict


def closed_by(data: SubjectData, key: FormKey) -> StatusDef | None:
    """The state that closes a form nobody has begun; None where it can be begun."""
    gate = data.gate()
    if gate.status is None:
        return None
    window = data.window(key.event)
    earliest = window.earliest or window.actual
    return gate.status if gate.closes(data.event_def(key.event), key.form_oid, earliest) else None


def why_closed(status: StatusDef) -> Text:
    """The study's sentence, or one with the state's name."""
    return status.message or Text(
        en=f"{status.name.en}: this form is not begun any more. See the casebook for what is open.",
        zh=f"{status.name.zh}：不再新建此表单，可填表单请见病例册。",
    )


def check_begin(session: Session, data: SubjectData, key: FormKey, *, planned: bool = False) -> None:
    """Raises WrongState, and records it, where the subject's state closes a form that nobody began.

    `planned`: what may be done is only looked at, nothing is recorded.
    """
    status = closed_by(data, key)
    if status is None:
        return
    words = why_closed(status)
    if not planned:
        verdict = Verdict(False, f"status.{status.code}", words.en, words.zh)
        session.record_refusal(Step.ENTER, verdict, where=str(key))
    raise WrongState(words.en, words.zh, where=str(key), status=status.code)
