"""`export`: the data for analysis or for another system; `import`: another system's data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from crf_app.actions.exporting import export_csv
from crf_app.actions.lab.report_line import ReportLine
from crf_app.actions.odm.odm_admin import Odm
from crf_app.actions.odm.odm_export import export_odm
from crf_app.actions.odm.odm_import import OdmImport, import_odm
from crf_app.cli.files import PATH
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line

_SHOWN_EVERY: Final = 10  # subjects


@click.command("export", cls=Verb, short_help=verb_line("export"))
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "odm"]),
    default="csv",
    show_default=True,
    help="What is written.",
)
@click.option("--odm", type=click.Choice(["1.3.2", "2.0"]), help="Version of the standard; 1.3.2 without it.")
@click.option("--snapshot", is_flag=True, help="ODM: what stands now, without the audit trail before it.")
@click.argument("out", type=PATH)
@pass_call
def export(call: Invocation, kind: str, odm: str | None, snapshot: bool, out: Path) -> None:
    """Write the study's data to OUT: with csv a folder of CSV files with a code book; with odm one CDISC ODM
    file with the definition, the data and their whole audit trail, valid by CDISC's schema."""
    if kind == "csv":
        if odm is not None or snapshot:
            raise click.UsageError("--odm and --snapshot go with --format odm.")
        with call.session() as session:
            changes = export_csv(session, out)
        call.say({"ok": True, "format": kind, "folder": str(out), "at": changes.at}, f"{out}  {changes.at}")
        return
    version: Odm = "2.0" if odm == "2.0" else "1.3.2"
    with call.session() as session:
        done = export_odm(session, out, version, snapshot=snapshot, say=_Progress().of)
    fields = {"ok": True, "format": kind, "odm": version, "file": str(out), "subjects": done.subjects}
    said = call.text(f"{done.subjects} subjects", f"{done.subjects} 名受试者")
    call.say(fields | {"bytes": done.size, "at": done.changes.at}, f"{out}  {said}  {done.changes.at}")


@click.command("import", cls=Verb, short_help=verb_line("import"))
@click.option("--dry-run", is_flag=True, help="Say what would happen; store nothing.")
@click.option("--update", is_flag=True, help="Correct other values that stand here; needs --reason.")
@click.option("--reason", default="", metavar="TEXT", help="Why they are corrected.")
@click.argument("file", type=PATH)
@pass_call
def import_(call: Invocation, dry_run: bool, update: bool, reason: str, file: Path) -> None:
    """Take over the clinical data of a CDISC ODM FILE (1.3 or 2.0) of this study.

    What does not fit is told line by line, the rest is taken. The exit code is 3 when something was refused,
    6 when other values stand here and are left.
    """
    if update != bool(reason.strip()):
        raise click.UsageError("--update needs --reason TEXT, and --reason goes with --update.")
    with call.session() as session:
        done = import_odm(
            session,
            file,
            dry_run=dry_run,
            reason=reason,
            tell=lambda line: _tell(call, line),
            say=_Progress().of,
        )
    _sum(call, done, dry_run)


def _tell(call: Invocation, line: ReportLine) -> None:
    said = line.as_json(call.language)
    call.say(said, f"{line.line}  {line.outcome}  {line.what}  {said['message']}")


def _sum(call: Invocation, done: OdmImport, dry_run: bool) -> None:
    """What became of the file, and the exit code."""
    fields = {
        "ok": True,
        "dry_run": dry_run,
        "subjects": done.subjects,
        "added": done.added,
        "answers": done.answers,
        "records": done.records,
        "outcomes": done.outcomes,
        "not_read": done.losses,
    }
    said = call.text(
        f"{done.subjects} subjects, {done.added} new, {done.answers} answers",
        f"{done.subjects} 名受试者，新增 {done.added} 名，{done.answers} 个答案",
    )
    told = [f"{name} {n}" for name, n in sorted(done.outcomes.items())]
    left = [f"{call.text('not read', '未读取')} {name} {n}" for name, n in sorted(done.losses.items())]
    call.say(fields, ", ".join([said, *told, *left]))
    if done.outcomes.get("refused"):
        call.exit_code = 3
    elif done.outcomes.get("differs"):
        call.exit_code = 6


class _Progress:
    """A line on a terminal that says how far it is; nothing where stderr is a file."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()

    def of(self, done: int, more: int) -> None:
        if self.shown and done % _SHOWN_EVERY == 0:
            click.echo(f"\r{done}  {more}", err=True, nl=False)
