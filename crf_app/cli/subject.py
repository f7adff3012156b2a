"""`subject` and its number; `visit` is in its own file."""

from __future__ import annotations

import click

from crf_app.actions import subjects
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verbs, verb_line


@click.group("subject", cls=Verbs, short_help=verb_line("subject"))
def subject() -> None:
    """Subjects: add, list."""


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
