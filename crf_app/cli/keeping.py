"""`backup`, `verify`, `state-hash`, `rebuild`, `diagnostic`: keep the data and look after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crf_app.actions import keeping
from crf_app.cli.files import PATH
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line
from crf_app.settings.diagnostics import write_diagnostic


@click.command("backup", cls=Verb, short_help=verb_line("backup"))
@click.argument("out", type=PATH)
@pass_call
def backup(call: Invocation, out: Path) -> None:
    """Write vault and database to OUT; it is read back before it counts."""
    with call.session() as session:
        made = keeping.backup(session, out)
    said = {
        "ok": True,
        "backup": str(made.path),
        "size": made.size,
        "sha256": made.sha256,
        "records": made.records,
    }
    call.say(said, f"{made.path}: {made.records} records, {made.size} bytes")


@click.command("verify", cls=Verb, short_help=verb_line("verify"))
@pass_call
def verify(call: Invocation) -> None:
    """Check chains, seals, pages, database, stored documents and folded tables; exit code 4 for damage."""
    with call.session() as session:
        report = keeping.verify(session)
    call.exit_code = 0 if report.sound else 4
    said: dict[str, Any] = {
        "ok": report.sound,
        "records": report.records,
        "chains": report.chains,
        "blobs": report.blobs,
        "problems": report.problems,
    }
    lines = [f"{one['where']}: {call.of(one)}" for one in report.problems]
    call.say(said, "\n".join([f"{report.records} records, {len(report.problems)} problems", *lines]))


@click.command("state-hash", cls=Verb, short_help=verb_line("state-hash"))
@pass_call
def state_hash(call: Invocation) -> None:
    """Print one hash over current values, the set of records and open conflicts."""
    with call.session() as session:
        value = keeping.state_hash(session)
    call.say({"state_hash": value}, value)


@click.command("rebuild", cls=Verb, short_help=verb_line("rebuild"))
@pass_call
def rebuild(call: Invocation) -> None:
    """Make the folded tables anew from the ledger."""
    with call.session() as session:
        records = keeping.rebuild(session)
    call.say({"ok": True, "records": records}, f"{records} records folded")


@click.command("diagnostic", cls=Verb, short_help=verb_line("diagnostic"))
@click.argument("out", type=PATH)
@pass_call
def diagnostic(call: Invocation, out: Path) -> None:
    """Write versions, file sizes and the last log lines to OUT; no patient data, no sign-in."""
    write_diagnostic(call.home, out)
    call.say({"ok": True, "diagnostic": str(out)}, str(out))
