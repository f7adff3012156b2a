"""`confirm`: an item that a person answers by her own password, whoever is signed in."""

from __future__ import annotations

import click

from crf_app.actions.people import own_password
from crf_app.actions.people.proving import prove
from crf_app.actions.subjects import find_subject
from crf_app.cli import names
from crf_app.cli.entering import stored
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line


@click.command("confirm", cls=Verb, short_help=verb_line("confirm"))
@click.argument("subject")
@click.argument("event")
@click.argument("form")
@click.argument("item")
@click.option("--by", "person", required=True, metavar="USER", help="Who confirms.")
@click.option(
    "--reason", default=None, metavar="TEXT", help="Why another person than the first one confirms."
)
@pass_call
def confirm(
    call: Invocation, subject: str, event: str, form: str, item: str, person: str, reason: str | None
) -> None:
    """Record that USER confirms ITEM; the answer is hers, whoever is signed in.

    Secrets, one a line: your password, then the password of USER. A wrong one counts as at sign-in.
    """
    with call.session() as session:
        _, password = call.secrets("password", f"password of {person}")
        key = names.form_key(session, find_subject(session, subject), event, form)
        shown = session.study.forms[key.form_oid]
        cell = names.item_key(key, shown, names.item_oid(shown, item), "")
        done = own_password.confirm(session, cell, prove(session, person, password), reason)
        said = stored(session, cell, done)
    call.say(
        said, f"{cell.item} = {said.get('value')}  {'saved ' + done.at if done.records else 'unchanged'}"
    )
