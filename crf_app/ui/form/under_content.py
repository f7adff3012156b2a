"""What opens under a field: refused text, reason for a change, reason for no value, finding, query, conflict.

Pure: what is known of the line and of what was typed goes in, a `Content` comes out.  One thing at a time,
the most urgent first: what is not saved, then what the person asked for, then conflict, findings, query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from crf_app.model.datatype import show
from crf_app.model.definition import Reason, Study
from crf_app.rules.facts import Finding
from crf_app.ui.form import line_words
from crf_app.ui.form.under_row import Content, Option
from crf_app.ui.words import language, pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import Line

Asking = Literal["", "missing", "other", "query"]
OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Pending:
    """Typed and not saved.  `kind`: "reason" (a reason is asked), "refused", "storage" (tried again by
    itself), "draft" (it came back after its form was left).  `reason`: given before the disk refused.
    `readings`: what a refused text can mean.
    """

    kind: Literal["reason", "refused", "storage", "draft"]
    text: str
    unit: str | None
    missing: str | None
    sentence: Mapping[str, str]
    reason: str = ""
    readings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Rights:
    """What this person may do at a field."""

    explain_hard: bool = False
    answer: bool = False
    resolve: bool = False
    confirm: bool = False
    propose: str = ""  # what starts a row from this result, in words


def content(
    study: Study, line: Line, pending: Pending | None, asking: Asking, rights: Rights, query: str = ""
) -> Content | None:
    """What stands under the field now; None for nothing.  `query` is the text of an open question."""
    if asking == "missing":
        return _missing(study)
    if pending is not None:
        return _pending(study, pending, asking)
    if asking == "query":
        return Content("query", say("form.query_ask"), ask="query", ask_words=say("form.query_text"))
    if line.alternatives:
        return _conflict(line, rights, asking)
    findings = unsettled(line)
    if findings:
        return _finding(study, findings, asking, rights)
    if line.query is not None and line.query.status == "Open":
        return _query(query, line.query.opened_at, rights)
    if line.state.item.own_password and line.state.collected and rights.confirm:
        option = Option("confirm", say("proof.open"), "Alt 1")
        return Content("note", say("proof.field"), options=(option,))
    notes = tuple(pick(one.texts) for one in line.state.findings if one.severity == "info")
    notes += line_words.source_rules(study, line.state.item)
    if suggested := line_words.suggested_words(line):
        notes = (suggested, *notes)
    return Content("note", "", more=notes) if notes and line.state.collected else None


def _missing(study: Study) -> Content:
    taken: set[str] = set()
    options = []
    for reason in study.missing_reasons:
        letter = next((char for char in reason.code.casefold() if char.isalnum() and char not in taken), "")
        taken.add(letter)
        options.append(Option(f"missing:{reason.code}", pick(reason.text), letter.upper()))
    return Content("edited", say("form.missing_why"), options=tuple(options), letters=True,
                   hint=say("form.missing_hint"))  # fmt: skip


def _pending(study: Study, pending: Pending, asking: Asking) -> Content:
    sentence = pick(pending.sentence)
    if pending.kind == "reason":
        if asking == "other":
            return Content("edited", sentence, ask="change", ask_words=say("form.reason_text"),
                           hint=say("form.change_hint"))  # fmt: skip
        return Content("edited", sentence, options=_reasons("change", study.change_reasons),
                       hint=say("form.change_hint"))  # fmt: skip
    if pending.kind == "storage":
        return Content("hard", sentence, options=(Option("retry", say("form.try_again"), "Alt 1"),),
                       hint=say("interruption.again"))  # fmt: skip
    if pending.kind == "draft":
        both_ = (
            Option("save_typed", say("interruption.save"), "Alt 1"),
            Option("drop_typed", say("interruption.drop"), "Alt 2"),
        )
        return Content("edited", sentence, options=both_, hint=say("interruption.field_hint"))
    meant = tuple(
        Option(f"meant:{value}", value, f"Alt {number}") for number, value in enumerate(pending.readings, 1)
    )
    return Content("hard", sentence, options=meant, hint=say("form.not_saved_hint"))


def _reasons(name: str, reasons: Sequence[Reason], first: int = 1) -> tuple[Option, ...]:
    """A button each, `Alt 1` …; the reason called OTHER asks for its words."""
    return tuple(
        Option(f"{name}:{one.code}", pick(one.text), f"Alt {number}")
        for number, one in enumerate(reasons, first)
    )


def _finding(study: Study, findings: Sequence[Finding], asking: Asking, rights: Rights) -> Content:
    first = findings[0]
    more = tuple(pick(one.texts) for one in findings if one is not first)
    sentence = pick(first.texts)
    if asking == "other":
        return Content(first.severity, sentence, more, ask="answer", ask_words=say("form.reason_text"))
    retype = Option("retype", say("form.retype"), "Esc")
    if first.severity == "hard":
        if not rights.explain_hard:
            return Content("hard", sentence, more, (retype,), say("form.hard_hint"))
        explain = Option(f"answer:{OTHER}", say("form.explain"), "Alt 1")
        return Content("hard", sentence, more, (retype, explain), say("form.hard_hint_investigator"))
    options = (retype, *_reasons("answer", study.finding_reasons)) if rights.answer else ()
    if rights.propose:
        options = (*options, Option("propose", rights.propose, "Alt E"))
    return Content(
        "soft", sentence, more, options, say("form.soft_hint" if rights.answer else "form.read_hint")
    )


def _conflict(line: Line, rights: Rights, asking: Asking) -> Content:
    said = [(head, _named(line, value)) for head, value in line.alternatives]
    sentence = say("form.conflict", values=" / ".join(value for _, value in said))
    if not rights.resolve:
        return Content("soft", sentence, hint=say("form.conflict_who"))
    if asking == "other":
        return Content("soft", sentence, ask="use", ask_words=say("form.reason_text"))
    options = tuple(
        Option(f"use:{head}", value, f"Alt {number}") for number, (head, value) in enumerate(said, 1)
    )
    return Content("soft", sentence, options=options, hint=say("form.conflict_hint"))


def _named(line: Line, value: str) -> str:
    """A value in conflict; a row that is named in words."""
    return show(line.state.item, value, line.lists, language()) if line.lists else value


def _query(text: str, opened_at: str, rights: Rights) -> Content:
    more = (say("form.query_since", when=opened_at[:10]),)
    if not rights.answer:
        return Content("query", text, more)
    return Content("query", text, more, ask="reply", ask_words=say("form.query_answer"))


def unsettled(line: Line) -> list[Finding]:
    """The findings that still wait for a correction or a reason, hard ones first."""
    waiting = [one for one in line.state.findings if one.severity != "info" and one.check not in line.settled]
    return sorted(waiting, key=lambda one: one.severity != "hard") if line.state.collected else []


def change_words(study: Study, code: str) -> str:
    """The words of a reason for change, as they will stand in the ledger."""
    return _words(study.change_reasons, code)


def finding_words(study: Study, code: str) -> str:
    return _words(study.finding_reasons, code)


def _words(reasons: Sequence[Reason], code: str) -> str:
    return next((pick(one.text) for one in reasons if one.code == code), code)
