"""`subject` and its number; `visit` is in its own file."""

from __future__ import annotations

from datetime import date
from typing import Final

import click

from crf_app.actions import subjects
from crf_app.actions.casebook import Casebook, Visit, casebook
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verbs, verb_line
from crf_app.model.def_base import Text
from crf_app.model.schedule import WORDS

_CLOSED: Final = Text(en="closed", zh="已关闭")
_MISTAKE: Final = Text(en="made by mistake", zh="误建")


@click.group("subject", cls=Verbs, short_help=verb_line("subject"))
def subject() -> None:
    """Subjects: add, list, schedule."""


@subject.command("add")
@click.argument("number", required=False)
@pass_call
def add(call: Invocation, number: str | None) -> None:
    """Add a subject; without NUMBER under the next free one."""
    with call.session() as session:
        label = number if number is not None else subjects.next_number(session)
        done = subjects.add_subject(session, label)
        call.say(
            {"ok": True, "subject": label.strip(), "uid": done.subject}, f"{label.strip()}  {done.subject}"
        )


@subject.command("list")
@pass_call
def list_(call: Invocation) -> None:
    """List the subjects with their next visit and what is open."""
    with call.session() as session:
        for one in subjects.subjects(session):
            upcoming = one.next_event.in_language(call.language) if one.next_event else ""
            arm = one.arm.in_language(call.language) if one.arm else ""
            said = {
                "subject": one.label,
                "uid": one.uid,
                "status": one.status,
                "state": one.state.in_language(call.language) if one.state else "",
                "arm": arm,
                "day1": one.day1,
                "next_event": upcoming,
                "next_due": one.next_due,
                "open_queries": one.open_queries,
                "waiting_signature": one.waiting_signature,
                "only_here": one.only_here,
            }
            call.say(
                said,
                f"{one.label}  {said['state'] or one.status}  {arm}  {upcoming} {one.next_due}  "
                f"queries {one.open_queries}  to sign {one.waiting_signature}  only here {one.only_here}",
            )


@subject.command("schedule")
@click.argument("subject")
@pass_call
def schedule(call: Invocation, subject: str) -> None:
    """Print the visits of SUBJECT: planned date, window, real date, state.

    \b
    States: upcoming, due and overdue before the visit; early, "in window" and late
    after it, against the actual day 1; missed; closed by the subject's state.
    Without day 1 nothing is planned.
    """
    with call.session() as session:
        uid = subjects.find_subject(session, subject)
        book = casebook(session, uid)
        wide = max(len(one.event) for one in book.visits)
        for visit in book.visits:
            closed = _closed(book, visit)
            call.say(
                _visit_fields(subject, visit) | {"closed": closed},
                _visit_line(visit, wide, call.language, closed),
            )


def _closed(book: Casebook, visit: Visit) -> bool:
    """Whether the subject's state closes every form of the visit: nothing of it is expected."""
    cells = [cell for (event, _), cell in book.cells.items() if event == visit.event]
    return bool(cells) and all(cell.state == "closed" for cell in cells)


def _visit_fields(subject: str, visit: Visit) -> dict[str, object]:
    window = visit.window
    return {
        "subject": subject,
        "event": visit.event,
        "number": visit.definition.number,
        "name": visit.definition.name.model_dump(exclude_defaults=True),
        "planned": _iso(window.planned) or None,
        "earliest": _iso(window.earliest) or None,
        "latest": _iso(window.latest) or None,
        "actual": _iso(window.actual) or None,
        "day": window.day,
        "from_planned": window.from_planned,
        "outside_days": window.outside_days,
        "state": window.state,
        "reason": visit.reason,
        "mistake": visit.mistake.reason if visit.mistake is not None else None,
    }


def _visit_line(visit: Visit, wide: int, language: str, closed: bool) -> str:
    """`SE.V5  2026-03-30  2026-03-27..2026-04-02  2026-03-31  day 30  in window`."""
    window = visit.window
    span = f"{_iso(window.earliest)}..{_iso(window.latest)}" if window.earliest else ""
    day = f"day {window.day}" if window.day is not None else ""
    if language == "zh" and day:
        day = f"第{window.day}天"
    words = _MISTAKE if visit.mistake is not None else _CLOSED if closed else WORDS[window.state]
    said = words.in_language(language)
    columns = (
        f"{visit.event:{wide}}",
        f"{_iso(window.planned):10}",
        f"{span:22}",
        f"{_iso(window.actual):10}",
    )
    return "  ".join([*columns, f"{day:8}", said, visit.reason]).rstrip()


def _iso(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
