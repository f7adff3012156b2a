"""`export`: the data for analysis."""

from __future__ import annotations

from pathlib import Path

import click

from crf_app.actions.exporting import export_csv
from crf_app.cli.files import PATH
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line


@click.command("export", cls=Verb, short_help=verb_line("export"))
@click.option(
    "--format", "kind", type=click.Choice(["csv"]), default="csv", show_default=True, help="What is written."
)
@click.argument("folder", type=PATH)
@pass_call
def export(call: Invocation, kind: str, folder: Path) -> None:
    """Write the study's data into FOLDER: CSV files with a code book."""
    with call.session() as session:
        done = export_csv(session, folder)
    call.say({"ok": True, "format": kind, "folder": str(folder), "at": done.at}, f"{folder}  {done.at}")
