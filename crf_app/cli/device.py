"""`device`: this computer's request to central, and central's public keys."""

from __future__ import annotations

from pathlib import Path

import click

from crf_app.actions.safekeeping.new_epoch import begin_new_epoch
from crf_app.actions.sync import syncing
from crf_app.cli.files import PATH, read_bytes, write_bytes
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verbs, verb_line


@click.group("device", cls=Verbs, short_help=verb_line("device"))
def device() -> None:
    """This computer: enrolment request, central's keys."""


@device.command("request")
@click.argument("out", type=PATH)
@pass_call
def request(call: Invocation, out: Path) -> None:
    """Write the file that asks central to take this computer in; compare the fingerprint there."""
    with call.session() as session:
        write_bytes(out, syncing.device_request(session))
        mine = syncing.device_fingerprint(session)
    call.say({"ok": True, "request": str(out), "fingerprint": mine}, f"{out}\n{mine}")


@device.command("add-central")
@click.argument("file", type=PATH)
@pass_call
def add_central(call: Invocation, file: Path) -> None:
    """Take central's public keys (central.pub); compare the fingerprint with central."""
    data = read_bytes(file)
    with call.session() as session:
        its = syncing.add_central(session, data)
    call.say({"ok": True, "fingerprint": its}, its)


@device.command("new-epoch")
@pass_call
def new_epoch(call: Invocation) -> None:
    """Go on with new keys in a new chain: where a copy of this home wrote on as the same computer.

    Afterwards make a new request for central.
    """
    with call.session() as session:
        number = begin_new_epoch(session)
        device_ = session.device
    call.say({"ok": True, "device": device_, "epoch": number}, f"{device_}: epoch {number}")


@device.command("status")
@pass_call
def status(call: Invocation) -> None:
    """How many records are here, in a bundle, and safe in two places."""
    with call.session() as session:
        page = syncing.sync_page(session)
    said = {
        "device": page.device,
        "here": page.here,
        "sent": page.sent,
        "safe": page.safe,
        "last_receipt": page.last_receipt,
        "central": page.central,
        "fingerprint": page.fingerprint,
    }
    call.say(
        said,
        f"{page.device}: {page.here} records here, {page.sent} in a bundle, {page.safe} safe in two places",
    )
