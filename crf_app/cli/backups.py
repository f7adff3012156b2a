"""`backups`: what was backed up here, and the second place to which automatic backups go."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import click

from crf_app.actions.safekeeping.rolling import LogLine, backup_log_of
from crf_app.cli.files import PATH
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line
from crf_app.settings.preferences import read_preferences, write_preferences


@click.command("backups", cls=Verb, short_help=verb_line("backups"))
@click.option("--second", type=PATH, metavar="DIR", help="Automatic backups are also copied to this folder.")
@click.option("--no-second", is_flag=True, help="They stay in the home alone.")
@pass_call
def backups(call: Invocation, second: Path | None, no_second: bool) -> None:
    """List what was backed up here, newest first: when, what, size, sum, end of the chain. No sign-in."""
    if second is not None or no_second:
        folder = "" if second is None or no_second else str(second.resolve())
        write_preferences(call.home, replace(read_preferences(call.home), backup_folder=folder))
    for one in backup_log_of(call.home):
        call.say(asdict(one), _line(call, one))


def _line(call: Invocation, one: LogLine) -> str:
    if one.refused:
        return f"{one.at}  {one.what}  {one.name}  {call.text('not done', '未完成')}: {one.refused}"
    second = ""
    if one.second:
        state = one.second_refused or call.text("copied", "已复制")
        second = f"  {one.second}: {state}"
    end = f"{one.epoch}/{one.seq} {one.hash[:16]}"
    return f"{one.at}  {one.what}  {one.name}  {one.size}  {one.sha256[:16]}  {end}{second}"
