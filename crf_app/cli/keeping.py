"""`backup`, `verify`, `state-hash`, `rebuild`, `diagnostic`: keep the data and look after it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from crf_app.actions.safekeeping import drilling, keeping, rolling
from crf_app.actions.safekeeping.keeping import Backup
from crf_app.cli.files import PATH
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line
from crf_app.model.workflow import Step
from crf_app.settings.diagnostics import write_diagnostic


@click.command("backup", cls=Verb, short_help=verb_line("backup"))
@click.argument("out", type=PATH, required=False)
@click.option("--drill", is_flag=True, help="Try whether OUT, or the newest backup, can be restored.")
@pass_call
def backup(call: Invocation, out: Path | None, drill: bool) -> None:
    """Write vault and database to OUT; it is read back before it counts.

    Without OUT it goes to the home's own backups, and to the second place where one was chosen.
    """
    with call.session() as session:
        if drill:
            _say_drill(call, drilling.drill(session, out))
        elif out is None:
            session.require(Step.BACKUP)
            _say_rolling(call, rolling.run(rolling.begin(session)))
        else:
            _say_backup(call, keeping.backup(session, out))


def _say_backup(call: Invocation, made: Backup) -> None:
    said = {
        "ok": True,
        "backup": str(made.path),
        "size": made.size,
        "sha256": made.sha256,
        "records": made.records,
    }
    call.say(said, f"{made.path}: {made.records} records, {made.size} bytes")


def _say_rolling(call: Invocation, made: rolling.LogLine) -> None:
    path = call.home / "backups" / made.name
    second = f"\n{made.second}: {made.second_refused or call.text('copied', '已复制')}" if made.second else ""
    said = {"ok": True, "backup": str(path)} | asdict(made)
    call.say(said, f"{path}: {made.records} records, {made.size} bytes{second}")
    call.exit_code = 8 if made.second_refused else 0


def _say_drill(call: Invocation, done: drilling.Drilled) -> None:
    said = {
        "ok": True, "backup": str(done.archive), "report": str(done.report), "size": done.size,
        "chain_end": {"epoch": done.epoch, "seq": done.seq, "hash": done.hash}, "behind": done.behind,
        "chains": done.chains, "seconds": done.seconds,
    }  # fmt: skip
    call.say(said | done.counts, "\n".join([*done.lines(), str(done.report)]))


@click.command("verify", cls=Verb, short_help=verb_line("verify"))
@click.option("--new", is_flag=True, help="Only what came after your own last check without a problem.")
@pass_call
def verify(call: Invocation, new: bool) -> None:
    """Check chains, seals, pages, database, stored documents and folded tables; exit code 4 for damage."""
    with call.session() as session:
        report = keeping.verify(session, new=new)
        keeping.remember(session, report)
    call.exit_code = 0 if report.sound else 4
    said: dict[str, Any] = {
        "ok": report.sound,
        "records": report.records,
        "chains": report.chains,
        "blobs": report.blobs,
        "problems": report.problems,
    }
    lines = [f"{one['where']}: {call.of(one)}" for one in report.problems]
    if report.since is not None:
        said["since"] = {"record": report.since[0], "at": report.since[1]}
        lines.insert(0, f"after record {report.since[0]}, which you checked at {report.since[1]}")
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
