"""`keys`: the data key that this computer's file is encrypted with."""

from __future__ import annotations

import click

from crf_app.actions import rotating
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verbs, verb_line


@click.group("keys", cls=Verbs, short_help=verb_line("keys"))
def keys() -> None:
    """The data key of this computer: a new one."""


@keys.command("rotate")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the audit trail.")
@pass_call
def rotate(call: Invocation, reason: str) -> None:
    """Write the data file anew under a new key. Everybody's password stays."""
    with call.session() as session:
        rotating.rotate(session, reason)
        said = {"ok": True, "generation": session.keys.generation}
    call.say(said, f"The data have a new key, number {said['generation']}.")
