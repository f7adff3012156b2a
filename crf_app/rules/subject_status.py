"""Rules about a subject as a whole: its state, what that closes, the lines of the flow, forms needed then.

All are CEL over `subject.…`, `known.subject.…` and `today`, compiled with the study's other rules.  A state
is a reading: the first of the study's statuses whose `when` is true stands.  Nothing here reads a store.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Final

from crf_app.model.def_base import Text
from crf_app.model.definition import FlowLine, StatusDef, Study, StudyEventDef
from crf_app.rules.binding import bind_outside
from crf_app.rules.compiler import Compiler, Failed, Program, Result, run
from crf_app.rules.environment import Name
from crf_app.rules.facts import Facts
from crf_app.rules.hints import Words, quoted

if TYPE_CHECKING:
    from crf_app.rules.expression import Rules

EVERYTHING: Final = "*"
_PREFIXES: Final = ("subject.", "known.subject.", "partial.subject.")


@dataclass(frozen=True)
class SubjectRules:
    """Compiled `when` of statuses and flow lines, and each `mandatory_when` of a form by its text."""

    status: tuple[tuple[StatusDef, Program], ...] = ()
    flow: tuple[tuple[FlowLine, Program], ...] = ()
    required: Mapping[str, Program] = field(default_factory=dict)

    @cached_property
    def status_facts(self) -> frozenset[str]:
        """Names of the subject facts that the statuses read."""
        since = {status.since for status, _ in self.status if status.since}
        return frozenset(since | {_fact(name) for _, program in self.status for name in program.names})

    @cached_property
    def flow_facts(self) -> frozenset[str]:
        """Names of the subject facts that the flow lines read."""
        return frozenset(_fact(name) for _, program in self.flow for name in program.names)


@dataclass(frozen=True, slots=True)
class Gate:
    """A subject's state and the day from which it closes visits (None: not known, or at once)."""

    status: StatusDef | None = None
    since: date | None = None

    def closes(self, event: StudyEventDef, form_oid: str, earliest: date | None) -> bool:
        """Whether the form cannot be begun at this visit, whose window begins on `earliest`."""
        return self.status is not None and closed(self.status, event, form_oid, earliest, self.since)

    def closes_visit(self, event: StudyEventDef, earliest: date | None) -> bool:
        """Whether none of the visit's forms can be begun."""
        return all(self.closes(event, oid, earliest) for oid in event.form_oids)


def closed(
    status: StatusDef, event: StudyEventDef, form_oid: str, earliest: date | None, since: date | None
) -> bool:
    """Whether `status` closes the form at the visit.  `keeps` wins over `closes`.

    With `status.since` a visit is closed when its window begins (`earliest`) after the day `since`; while
    either of them is not known it stays open.
    """
    names = {event.oid, form_oid}
    if names & set(status.keeps) or not (names | {EVERYTHING}) & set(status.closes):
        return False
    if status.since is None:
        return True
    return earliest is not None and since is not None and earliest > since


def status_of(rules: Rules, facts: Mapping[str, str], today: str) -> StatusDef | None:
    """The first status of the study that holds for these subject facts; None where none does.

    A status before it whose rule could not run is said in its name, and stands itself, closing nothing,
    where no other holds.
    """
    failed: list[StatusDef] = []
    for one, program in rules.subject.status:
        result = _result(program, facts, today)
        if result is True:
            return _with_failed(one.name, one, failed)
        if isinstance(result, Failed):
            failed.append(one)
    if not failed:
        return None
    unknown = Text(en="State not known", zh="状态不明")
    return _with_failed(unknown, failed[0].model_copy(update={"closes": (), "message": None}), failed)


def _with_failed(name: Text, status: StatusDef, failed: list[StatusDef]) -> StatusDef:
    """The status under `name`, with the names of those whose rules could not run: never silence."""
    if not failed:
        return status
    en, zh = (", ".join(one.name.en for one in failed), "、".join(one.name.zh for one in failed))
    said = Text(en=f"{name.en} (the rule of {en} could not run)", zh=f"{name.zh}（状态“{zh}”的规则无法运行）")
    return status.model_copy(update={"name": said})


def gate_of(rules: Rules, facts: Mapping[str, str], today: str) -> Gate:
    """The state with the day of its `since`; of a partial date the last day it can mean."""
    status = status_of(rules, facts, today)
    return Gate(status, last_day(facts.get(status.since or "", "")) if status else None)


def flow_lines_of(rules: Rules, facts: Mapping[str, str], today: str) -> frozenset[str]:
    """Codes of the flow lines that count this subject."""
    return frozenset(one.code for one, program in rules.subject.flow if holds(program, facts, today))


def flow_lines_failed(rules: Rules, facts: Mapping[str, str], today: str) -> frozenset[str]:
    """Codes of the flow lines whose rule could not run for this subject."""
    lines = rules.subject.flow
    return frozenset(one.code for one, program in lines if isinstance(_result(program, facts, today), Failed))


def holds(program: Program, facts: Mapping[str, str], today: str) -> bool:
    """Whether the condition is true; where an operand that matters is not known it is not."""
    return _result(program, facts, today) is True


def needed(program: Program, facts: Mapping[str, str], today: str) -> bool:
    """As `holds`, of a form's `mandatory_when`; true where the rule could not run: nothing goes missing."""
    result = _result(program, facts, today)
    return result is True or isinstance(result, Failed)


def _result(program: Program, facts: Mapping[str, str], today: str) -> Result:
    return run(program, bind_outside(program.names, "", Facts(subject=facts, today=today)))


def last_day(text: str) -> date | None:
    """The last day that a (partial) date can mean: 2026-10 is 2026-10-31; None for no date."""
    parts = [int(part) for part in text[:10].split("-") if part]
    if not parts:
        return None
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    return date(year, month, parts[2] if len(parts) > 2 else monthrange(year, month)[1])


def compile_subject_rules(compiler: Compiler, study: Study) -> SubjectRules:
    """The rules about subjects; mistakes are noted under `status.CODE`, `flow.CODE`, `SE.V1/F.VS`."""
    status = [(one, _program(compiler, f"status.{one.code}", one.when)) for one in study.status]
    flow = [(one, _program(compiler, f"flow.{one.code}", one.when)) for one in study.flow]
    required = {text: _program(compiler, oid, text) for oid, text in _required(study)}
    return SubjectRules(
        tuple((one, program) for one, program in status if program),
        tuple((one, program) for one, program in flow if program),
        {text: program for text, program in required.items() if program},
    )


def _required(study: Study) -> Iterator[tuple[str, str]]:
    for event in study.event:
        for ref in event.forms:
            if ref.mandatory_when is not None:
                yield f"{event.oid}/{ref.form}", ref.mandatory_when


def _program(compiler: Compiler, oid: str, text: str) -> Program | None:
    program = compiler.compile(oid, text, "BOOL")
    wrong = [name.name for name in program.names if not _is_subject(name)] if program else []
    for name in wrong:
        message = Words(f"{name} is not a fact of the subject.", f"{name} 不是受试者事实。")
        hint = Words(
            "Here only subject.…, known.subject.… and today are read: make it a subject fact.",
            "此处只可读取 subject.…、known.subject.… 与 today，请先设为受试者事实。",
        )
        compiler.note(oid, quoted(message, text), hint)
    return None if wrong else program


def _is_subject(name: Name) -> bool:
    return name.name == "today" or (name.name.startswith(_PREFIXES) and not name.name.endswith(".DOSE"))


def _fact(name: Name) -> str:
    return name.name.rpartition(".")[2]
