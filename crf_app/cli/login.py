"""`login`: does this password open the home?  Writes nothing."""

from __future__ import annotations

import click

from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line


@click.command("login", cls=Verb, short_help=verb_line("login"))
@pass_call
def login(call: Invocation) -> None:
    """Check your password. Nothing is written but the count of wrong tries."""
    with call.session() as session:
        said = {
            "ok": True,
            "user": session.user,
            "name": session.name,
            "role": session.role,
            "must_change": session.must_change,
            "study": session.study.oid,
            "site": session.site,
            "device": session.device,
            "env": session.env,
        }
        more = "; the password must be changed" if session.must_change else ""
        call.say(said, f"{session.name} ({session.role}){more}")
