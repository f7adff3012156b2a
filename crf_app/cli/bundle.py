"""`bundle`: one file out, one file in."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from crf_app.actions.sync import syncing
from crf_app.cli.files import PATH, read_bytes
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verbs, verb_line


@click.group("bundle", cls=Verbs, short_help=verb_line("bundle"))
def bundle() -> None:
    """Bundles: make, inspect, apply."""


@bundle.command("make")
@click.argument("out", type=PATH)
@click.option(
    "--to", "public", type=PATH, metavar="PUB", help="Central's public keys, if not known here yet."
)
@pass_call
def make(call: Invocation, out: Path, public: Path | None) -> None:
    """Write what central does not have yet, sealed to central; a folder gets the default name."""
    keys = read_bytes(public) if public is not None else None
    with call.session() as session:
        made = syncing.make_bundle(session, out, keys)
    waiting = f"; {made.waiting} wait for the next bundle" if made.waiting else ""
    call.say(
        {"ok": True} | asdict(made),
        f"{made.path}: records {made.first} to {made.last}, {made.size} bytes{waiting}",
    )


@bundle.command("inspect")
@click.argument("file", type=PATH)
@pass_call
def inspect(call: Invocation, file: Path) -> None:
    """Show what anybody can read of a bundle; nothing is verified."""
    texts, fields = syncing.inspect_file(read_bytes(file))
    call.say(fields | {"message": call.of(texts)}, call.of(texts))


@bundle.command("apply")
@click.argument("file", type=PATH)
@pass_call
def apply(call: Invocation, file: Path) -> None:
    """Apply central's file: its receipt marks records as safe in two places."""
    data = read_bytes(file)
    with call.session() as session:
        done = syncing.apply_file(session, data)
    call.say(
        {"ok": True, "new": done.is_new, "safe": done.safe_seq, "message": call.of(done.texts)},
        call.of(done.texts),
    )
