"""`study import`: a study of another system as a folder of definition files, and a report of the reading."""

from __future__ import annotations

from pathlib import Path

import click

from crf_app.actions.study.study_import import import_study
from crf_app.cli.files import PATH
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb


@click.command("import", cls=Verb)
@click.argument("file", type=PATH, metavar="FILE")
@click.argument("folder", type=PATH, metavar="FOLDER")
@pass_call
def study_import(call: Invocation, file: Path, folder: Path) -> None:
    """Read a study from FILE into FOLDER, which is new or empty.

    FILE is CDISC ODM (1.3 or 2.0), or an XLSForm workbook (.xlsx, .xls, .csv, .md). The report says what was
    read, which rules are kept as text and not run, what was kept, changed and added.
    """
    made = import_study(file, folder)
    study, report = made.study, made.report
    said: dict[str, object] = {
        "folder": str(folder),
        "format": made.kind,
        "study": study.oid,
        "version": study.version,
        "sha256": study.sha256,
        "report": report.as_json(call.language),
    }
    visits, forms, items = len(study.event), len(study.form), sum(len(form.items) for form in study.form)
    line = call.text(
        f"{folder}: {study.oid} {study.version}: {visits} visits, {forms} forms, {items} items",
        f"{folder}：{study.oid} {study.version}：{visits} 个访视、{forms} 个表单、{items} 个条目",
    )
    call.say(said, "\n".join([*report.sentences(call.language), line]))
