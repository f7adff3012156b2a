"""`keys`: the data key that this computer's file is encrypted with, and the custodian cards."""

from __future__ import annotations

from pathlib import Path

import click

from crf_app.actions.people import custodians, rotating
from crf_app.cli.files import PATH
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verbs, verb_line
from crf_app.settings.files import write_file


@click.group("keys", cls=Verbs, short_help=verb_line("keys"))
def keys() -> None:
    """The data key: a new one; custodian cards, and coming in by two of them."""


@keys.command("rotate")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the audit trail.")
@pass_call
def rotate(call: Invocation, reason: str) -> None:
    """Write the data file anew under a new key. Everybody's password stays."""
    with call.session() as session:
        rotating.rotate(session, reason)
        said = {"ok": True, "generation": session.keys.generation}
    call.say(said, f"The data have a new key, number {said['generation']}.")


@keys.command("cards")
@click.argument("out", type=PATH)
@pass_call
def cards(call: Invocation, out: Path) -> None:
    """Make three custodian cards and write them to OUT as a PDF: print it, then delete it."""
    with call.session() as session:
        write_file(out, custodians.cards_pdf(custodians.make_cards(session)))
    call.say(
        {"ok": True, "path": str(out), "state": "unread"},
        f"{out}: three cards. Print it, delete the file, then: keys confirm. Earlier ones work until then.",
    )


@keys.command("confirm")
@pass_call
def confirm(call: Invocation) -> None:
    """Read two cards back from paper: the set counts from now on. Secret lines: password, card, card."""
    _, one, other = call.secrets("your password", "a card", "another card")
    with call.session() as session:
        custodians.confirm_cards(session, one, other)
    call.say({"ok": True, "state": "ready"}, "The cards are right. Earlier ones open nothing any more.")


@keys.command("recover")
@click.argument("user_id", metavar="USER")
@click.argument("name")
@pass_call
def recover(call: Invocation, user_id: str, name: str) -> None:
    """Come in by two custodian cards as a new administrator. Secret lines: card, card, the own password."""
    one, other, password = call.secrets("a card", "another card", "the own password of the new administrator")
    person = custodians.NewPerson(user_id, name, "administrator", password, own_password=True)
    custodians.recover(call.home, (one, other), person)
    call.say(
        {"ok": True, "user": user_id},
        f"{user_id} is an administrator and signs in with the own password. Print new cards now.",
    )
