"""`visit add`: an extra visit.  Planned visits are always there."""

from __future__ import annotations

import click

from crf_app.actions import subjects
from crf_app.cli import names
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verbs, verb_line


@click.group("visit", cls=Verbs, short_help=verb_line("visit"))
def visit() -> None:
    """Add an unscheduled visit."""


@visit.command("add")
@click.argument("subject")
@click.argument("event")
@click.option("--reason", default="", metavar="TEXT", help="Why there is an extra visit.")
@click.option("--date", "day", default="", metavar="DATE", help="The visit's date, kept as its answer.")
@pass_call
def add(call: Invocation, subject: str, event: str, reason: str, day: str) -> None:
    """Add an extra visit of SUBJECT; its address is printed."""
    with call.session() as session:
        uid = subjects.find_subject(session, subject)
        done = subjects.add_visit(session, uid, names.event_oid(session, event), reason, day)
        call.say({"ok": True, "subject": subject, "event": done.row}, done.row)
