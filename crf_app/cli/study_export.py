"""`study export`: the study's definition as CDISC ODM metadata, or as a codebook for people."""

from __future__ import annotations

from pathlib import Path

import click

from crf_app.actions.study.study_export import Format, Written, export_definition, export_home_study
from crf_app.cli.files import PATH
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb


@click.command("export", cls=Verb)
@click.argument("out", metavar="OUT", type=PATH)
@click.option("--odm", type=click.Choice(["1.3.2", "2.0"]), help="CDISC ODM metadata of this version.")
@click.option("--codebook", is_flag=True, help="A workbook OUT.xlsx and a document OUT.pdf to review it by.")
@click.option(
    "--definition", type=PATH, help="Of this folder, ODM or XLSForm file in place of the home's study."
)
@pass_call
def study_export(
    call: Invocation, out: Path, odm: str | None, codebook: bool, definition: Path | None
) -> None:
    """Write the study's definition to OUT: an ODM file that is valid by CDISC's schema, or a codebook."""
    if codebook == (odm is not None):
        raise click.UsageError("Say what to write: --codebook, or --odm 1.3.2 or 2.0.")
    kind: Format = "codebook" if codebook else "odm-2.0" if odm == "2.0" else "odm-1.3.2"
    if definition is not None:
        _tell(call, export_definition(definition, out, kind), kind)
        return
    with call.session() as session:
        _tell(call, export_home_study(session, out, kind), kind)


def _tell(call: Invocation, done: Written, kind: Format) -> None:
    files = [str(path) for path in done.files]
    said: dict[str, object] = {"ok": True, "format": kind, "files": files, "study": done.study.oid}
    said |= {"version": done.study.version, "sha256": done.study.sha256, "at": done.at or None}
    call.say(said, "\n".join(files))
