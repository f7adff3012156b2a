"""`archive`: the whole ledger in plain text, for long keeping; checked by `tools/verify_ledger.py`."""

from __future__ import annotations

from pathlib import Path

import click

from crf_app.actions.safekeeping import archiving
from crf_app.cli.files import PATH
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line


@click.command("archive", cls=Verb, short_help=verb_line("archive"))
@click.argument("out", type=PATH)
@pass_call
def archive(call: Invocation, out: Path) -> None:
    """Write the whole ledger to OUT for long keeping: a zip with every record, seal, signature, certificate,
    receipt and definition, that tools/verify_ledger.py checks without this program.

    It is NOT encrypted and holds patient data in plain text. Investigator, data manager and auditor may write
    it; the ledger says who did.
    """
    with call.session() as session:
        done = archiving.archive(session, out)
    made = done.made
    said = {
        "ok": True,
        "archive": str(made.path),
        "records": made.records,
        "chains": made.chains,
        "documents": made.documents,
        "manifest_sha256": made.manifest,
        "at": done.changes.at,
    }
    line = call.text(
        f"{made.path}: {made.records} records in plain text, not encrypted",
        f"{made.path}：{made.records} 条记录，明文，未加密",
    )
    call.say(said, line)
