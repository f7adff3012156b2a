"""`pdf`: forms on paper, and what a PDF is worth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Literal, cast

import click

from crf_app.actions import checking_paper, paper
from crf_app.actions.subjects import find_subject
from crf_app.cli import names
from crf_app.cli.files import PATH, read_bytes, write_bytes
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verbs, verb_line
from crf_app.errors import ValueRejected


@click.group("pdf", cls=Verbs, short_help=verb_line("pdf"))
def pdf() -> None:
    """Forms on paper: a form, a blank form, the site's certificate, verify a PDF."""


def _language(call: Invocation) -> Literal["en", "zh"]:
    return cast(Literal["en", "zh"], call.language)


@pdf.command("form")
@click.argument("subject")
@click.argument("event")
@click.argument("form")
@click.argument("out", type=PATH)
@pass_call
def form_(call: Invocation, subject: str, event: str, form: str, out: Path) -> None:
    """Write a form to OUT: the signed file while its signature is valid, else a copy that says so."""
    with call.session() as session:
        key = names.form_key(session, find_subject(session, subject), event, form)
        data = paper.form_pdf(session, key, _language(call))
        paper.save_pdf(session, out, data, str(key))
    call.say({"ok": True, "pdf": str(out), "size": len(data)}, str(out))


@pdf.command("blank")
@click.argument("form")
@click.argument("out", type=PATH)
@click.option("--sources", is_flag=True, help="Print the evidence code of each question, with a legend.")
@pass_call
def blank(call: Invocation, form: str, out: Path, sources: bool) -> None:
    """Write a blank form for down time to OUT."""
    with call.session() as session:
        oid = names.form_oid(session, form)
        data = paper.blank_pdf(session, oid, _language(call), sources=sources)
        paper.save_pdf(session, out, data, oid)
    call.say({"ok": True, "pdf": str(out), "size": len(data)}, str(out))


@pdf.command("trust")
@click.argument("out", type=PATH)
@pass_call
def trust(call: Invocation, out: Path) -> None:
    """Write the site's certificate (PEM) to OUT, for whoever verifies signed forms."""
    with call.session() as session:
        write_bytes(out, paper.site_root_pem(session))
    call.say({"ok": True, "certificate": str(out)}, str(out))


@pdf.command("verify")
@click.argument("file", type=PATH)
@click.option("--trust", "roots", required=True, type=PATH, metavar="CA.pem", help="Certificate of the site.")
@pass_call
def verify(call: Invocation, file: Path, roots: Path) -> None:
    """Judge a PDF; needs no home. Exit code 0 valid, 6 valid but changed since, 4 anything else."""
    certificates = paper.roots_of(read_bytes(roots))
    if not certificates:
        raise ValueRejected(
            "There is no certificate in this file. Give the site's PEM file.",
            "该文件中没有证书，请提供中心证书（PEM）。",
            where=roots.name,
        )
    verdict = checking_paper.verify_pdf(read_bytes(file), certificates)
    call.exit_code = verdict.exit_code
    sentence = verdict.sentence(call.language)
    said: dict[str, object] = {
        "file": str(file),
        "state": verdict.state.value,
        "message": sentence,
        "record_sha256": verdict.record_sha256,
        "details": list(verdict.details),
        "signatures": [asdict(one) for one in verdict.signatures],
    }
    if verdict.exit_code:
        said = {
            "error": "signature_broken" if verdict.exit_code == 4 else "changed_since",
            "where": str(file),
        } | said
    call.say(
        said,
        "\n".join([f"{file}: {verdict.state.value}. {sentence}", *(f"  {one}" for one in verdict.details)]),
    )
