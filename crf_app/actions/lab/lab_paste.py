"""A laboratory's report, pasted into an open form: a preview line by line, then what the person accepts.

Every line comes back: `new`, `same` (stands there already), `differs` (another value stands there: a
correction, with its reason), `refused`, `unknown`, `empty`.  Entering goes through `enter_value`, one commit
a line, or all new ones in one commit; a report line says what became of each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from crf_app.actions.enter_data import check_form, check_open, enter_form, enter_value, parsed, shown
from crf_app.actions.gate import closed_by, why_closed
from crf_app.actions.lab.lab_mapping import kept_names
from crf_app.actions.lab.lab_names import LabNames, lab_items
from crf_app.actions.lab.lab_text import MOST_TEXT, Result, cells_of, read_line, subject_numbers
from crf_app.actions.lab.report_line import ReportLine
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.errors import CrfError, LimitExceeded, ValueRejected, WrongState
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.workflow import Step

MOST_LINES: Final = 500
#: what a person can accept
TAKEN: Final = ("new", "differs")
_NONE: Final = Answer()


@dataclass(frozen=True, slots=True)
class PasteLine:
    """One line of the text and what it would become; `answer` is empty where nothing can be entered."""

    line: int
    text: str
    outcome: str
    texts: dict[str, str]
    key: ItemKey | None = None
    item: ItemDef | None = None
    answer: Answer = _NONE
    now: Answer = _NONE

    def report(self) -> ReportLine:
        unit = f" {self.answer.unit}" if self.answer.unit else ""
        what = f"{self.item.variable} {shown(self.answer)}{unit}" if self.item else self.text[:60]
        return ReportLine(self.line, self.outcome, self.texts, what.strip())


def plan_paste(session: Session, key: FormKey, text: str) -> list[PasteLine]:
    """What each line of a pasted report would become; nothing is stored.

    Raises WrongState (another subject's report, no laboratory form, locked), LimitExceeded, NotAllowed.
    """
    session.require(Step.ENTER, str(key))
    if len(text) > MOST_TEXT or text.count("\n") > MOST_LINES:
        raise LimitExceeded(
            f"The text is longer than {MOST_LINES} lines.", f"文本超过{MOST_LINES}行。", where=str(key)
        )
    data = session.subject(key.subject)
    check_form(session, data, key)
    refuse_closed(data, key)
    check_open(session, key, planned=True)
    form = data.form_def(key)
    if not any(item.lab for item in form.items.values()):
        raise WrongState("This is not a laboratory form.", "此表单不是检验表单。", where=str(key))
    subject_numbers(session).refuse_foreign(key.subject, text)
    kept, seen = kept_names(session), dict[str, PasteLine]()
    names = LabNames(lab_items(form))
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        one = _line(session, key, form, names, number, line, kept)
        lines.append(_once(one, seen))
    return lines


def refuse_closed(data: SubjectData, key: FormKey) -> None:
    """Raises WrongState for a form that the subject's state closes and nobody has begun."""
    status = closed_by(data, key)
    if status is not None:
        said = why_closed(status)
        raise WrongState(said.en, said.zh, where=str(key))


def _line(
    session: Session,
    key: FormKey,
    form: FormDef,
    names: LabNames,
    number: int,
    text: str,
    kept: dict[str, str],
) -> PasteLine:
    cells = cells_of(text)
    if not cells:
        return PasteLine(number, text, "empty", {"en": "An empty line.", "zh": "空行。"})
    try:
        result = read_line(cells, names, kept)
        if result is None:
            said = {"en": "No test of this form is named here.", "zh": "本行没有本表单的检验项目。"}
            return PasteLine(number, text, "unknown", said)
        return _planned(session, key, form, number, text, result)
    except CrfError as refusal:
        return PasteLine(number, text, "refused", dict(refusal.texts))


def _planned(
    session: Session, key: FormKey, form: FormDef, number: int, text: str, result: Result
) -> PasteLine:
    item = result.item
    cell = ItemKey(key, form.group_of[item.oid].oid, item.oid)
    if not item.lab:
        said = {"en": "Calculated here, not entered.", "zh": "本程序自动计算，不录入。"}
        return PasteLine(number, text, "refused", said, cell, item)
    answer = parsed(session, item, result.value, result.unit)
    state = session.subject(key.subject).state(key).items[cell.local]
    outcome, said = judged(state.answer, answer)
    if not state.collected:
        outcome = "refused"
        said = {"en": "This item is not asked here now.", "zh": "此项目当前无需填写。"}
    elif outcome != "same" and result.unit is None and item.unit is not None:
        said = {
            "en": f"{said['en']} No unit is written: {item.unit} is taken.",
            "zh": f"{said['zh']}未写单位，按 {item.unit} 录入。",
        }
    return PasteLine(number, text, outcome, said, cell, item, answer, state.answer)


def judged(now: Answer, new: Answer) -> tuple[str, dict[str, str]]:
    """What a new answer is to the one that stands: `new`, `same` or `differs`, with a sentence."""
    if now == new:
        return "same", {"en": "Stands here already.", "zh": "已有相同数值。"}
    if now.empty:
        return "new", {"en": "Will be entered.", "zh": "将录入。"}
    old = f"{shown(now)} {now.unit or ''}".strip()
    return "differs", {
        "en": f"{old} stands here. To change it, say why.",
        "zh": f"现有数值 {old}，如需修改请说明原因。",
    }


def _once(one: PasteLine, seen: dict[str, PasteLine]) -> PasteLine:
    """A second line for the same test is no result: the same value is said, another one refused."""
    if one.key is None or one.outcome not in (*TAKEN, "same"):
        return one
    first = seen.setdefault(one.key.local, one)
    if first is one:
        return one
    same = first.answer == one.answer
    said = (
        {"en": f"The same as line {first.line}.", "zh": f"与第{first.line}行相同。"}
        if same
        else {
            "en": f"Line {first.line} gives another value for this test. Enter it by hand.",
            "zh": f"第{first.line}行对该项目给出了不同数值，请手工录入。",
        }
    )
    return PasteLine(one.line, one.text, "same" if same else "refused", said, one.key, one.item, one.answer)


def enter_paste(
    session: Session,
    key: FormKey,
    plan: Iterable[PasteLine],
    accepted: Collection[int],
    reason: str | None = None,
    *,
    at_once: bool = False,
) -> list[ReportLine]:
    """Enter the accepted lines (their numbers); a line for each line of the plan comes back.

    `reason` is needed for a line that `differs`.  With `at_once` the new values are one commit: all or none.
    """
    session.require(Step.ENTER, str(key))
    lines = list(plan)
    new = [one for one in lines if one.outcome == "new" and one.line in accepted] if at_once else []
    together = _enter_together(session, key, new)
    return [together.get(one.line) or _entered(session, one, accepted, reason) for one in lines]


def _enter_together(session: Session, key: FormKey, new: list[PasteLine]) -> dict[int, ReportLine]:
    if not new:
        return {}
    answers = {one.key.local: _typed(one) for one in new if one.key}
    try:
        enter_form(session, key, answers)
    except CrfError as refusal:
        return {one.line: ReportLine(one.line, "refused", refusal.texts, one.report().what) for one in new}
    return {one.line: _done(one) for one in new}


def _typed(one: PasteLine) -> str:
    other = one.item is not None and one.answer.unit not in (None, one.item.unit)
    return f"{one.answer.value} {one.answer.unit}" if other else one.answer.value or ""


def _entered(session: Session, one: PasteLine, accepted: Collection[int], reason: str | None) -> ReportLine:
    said = one.report()
    if one.outcome not in TAKEN or one.key is None:
        return said
    if one.line not in accepted:
        return ReportLine(one.line, "left", {"en": "Left out by hand.", "zh": "已手工排除。"}, said.what)
    try:
        if one.outcome == "differs" and not (reason or "").strip():
            raise ValueRejected(one.texts["en"], one.texts["zh"], where=str(one.key))
        enter_value(session, one.key, one.answer.value or "", one.answer.unit, reason)
    except CrfError as refusal:
        return ReportLine(one.line, "refused", refusal.texts, said.what)
    return _done(one)


def _done(one: PasteLine) -> ReportLine:
    return ReportLine(one.line, "entered", {"en": "Entered.", "zh": "已录入。"}, one.report().what)
