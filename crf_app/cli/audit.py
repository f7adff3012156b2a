"""`audit`: the ledger itself, one record a line, in the order in which it arrived."""

from __future__ import annotations

import click

from crf_app.actions.audit_trail import audit_trail
from crf_app.actions.subjects import find_subject
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line


@click.command("audit", cls=Verb, short_help=verb_line("audit"))
@click.argument("subjects", nargs=-1, metavar="[SUBJECT...]")
@pass_call
def audit(call: Invocation, subjects: tuple[str, ...]) -> None:
    """Print the audit trail as JSON, one record a line; without SUBJECT all of it."""
    with call.session() as session:
        uids = [find_subject(session, one) for one in subjects]
        for one in audit_trail(session, uids):
            call.row(
                {
                    "device": one.device,
                    "epoch": one.epoch,
                    "seq": one.seq,
                    "id": one.id,
                    "record": one.record.as_json(),
                }
            )
