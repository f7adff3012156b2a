"""`pdf`: forms and plots on paper, and what a PDF is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Literal, cast

import click

from crf_app.actions.help_texts import quick_card
from crf_app.actions.printing import casebook_paper, checking_paper, paper, plot_paper
from crf_app.actions.printing.paper_appendix import Extent
from crf_app.actions.session import Session
from crf_app.actions.subjects import find_subject
from crf_app.actions.trends import plotted_items
from crf_app.cli import names
from crf_app.cli.files import PATH, read_bytes, write_bytes
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verbs, verb_line
from crf_app.errors import NotFound, ValueRejected


@click.group("pdf", cls=Verbs, short_help=verb_line("pdf"))
def pdf() -> None:
    """Forms, plots and the quick card on paper; the site's certificate; verify a PDF."""


def _language(call: Invocation) -> Literal["en", "zh"]:
    return cast(Literal["en", "zh"], call.language)


def _extent(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what follows each form."""
    command = click.option("--queries", is_flag=True, help="The queries of each form follow it.")(command)
    return click.option("--trail", is_flag=True, help="The audit trail of each form follows it.")(command)


@pdf.command("form")
@click.argument("subject")
@click.argument("event")
@click.argument("form")
@click.argument("out", type=PATH)
@_extent
@pass_call
def form_(
    call: Invocation, subject: str, event: str, form: str, out: Path, trail: bool, queries: bool
) -> None:
    """Write a form to OUT: the signed file while its signature is valid, else a copy that says so.

    With --trail or --queries it is always a copy: nothing is added to what was signed.
    """
    extent = Extent(trail, queries)
    with call.session() as session:
        key = names.form_key(session, find_subject(session, subject), event, form)
        data = paper.form_pdf(session, key, _language(call), extent=extent)
        paper.save_pdf(session, out, data, f"{key}{extent.words}")
    call.say({"ok": True, "pdf": str(out), "size": len(data)}, str(out))


@pdf.command("casebook")
@click.argument("subject")
@click.argument("out", type=PATH)
@_extent
@pass_call
def casebook(call: Invocation, subject: str, out: Path, trail: bool, queries: bool) -> None:
    """Write all forms of SUBJECT that were begun to OUT, one after the other, as unsigned copies."""
    extent = Extent(trail, queries)
    with call.session() as session:
        uid = find_subject(session, subject)
        data = casebook_paper.casebook_pdf(session, uid, _language(call), extent=extent)
        casebook_paper.save_casebook(session, out, data, uid, extent)
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


@pdf.command("blank-visit")
@click.argument("event")
@click.argument("out", type=PATH)
@pass_call
def blank_visit(call: Invocation, event: str, out: Path) -> None:
    """Write the blank forms of a visit for down time to OUT, one after the other."""
    with call.session() as session:
        oid = names.event_oid(session, event)
        data = paper.blank_visit_pdf(session, oid, _language(call))
        paper.save_pdf(session, out, data, oid)
    call.say({"ok": True, "pdf": str(out), "size": len(data)}, str(out))


@pdf.command("trends")
@click.argument("subject")
@click.argument("out", type=PATH)
@pass_call
def trends(call: Invocation, subject: str, out: Path) -> None:
    """Write the plots of all laboratory results of SUBJECT to OUT."""
    with call.session() as session:
        uid = find_subject(session, subject)
        data = plot_paper.subject_trends_pdf(session, uid, _language(call))
        plot_paper.save_trends(session, out, data, uid)
    call.say({"ok": True, "pdf": str(out), "size": len(data)}, str(out))


@pdf.command("plots")
@click.argument("item")
@click.argument("out", type=PATH)
@pass_call
def plots(call: Invocation, item: str, out: Path) -> None:
    """Write the plots of one test, ITEM (LBC.ALT), of all subjects to OUT."""
    with call.session() as session:
        oid = _plotted(session, item)
        data = plot_paper.item_trends_pdf(session, oid, _language(call))
        plot_paper.save_trends(session, out, data, oid)
    call.say({"ok": True, "pdf": str(out), "size": len(data)}, str(out))


def _plotted(session: Session, name: str) -> str:
    """The OID of a test that can be plotted.  Raises NotFound."""
    known = {one.oid for one in plotted_items(session.study)}
    found = next((oid for oid in (name, f"I.{name}") if oid in known), None)
    if found is None:
        raise NotFound(
            f'"{name}" is no number that stands once in a visit. Name it like LBC.ALT.',
            f"“{name}”不是每次访视一个的数值项，请按 LBC.ALT 的写法填写。",
            where=name,
        )
    return found


@pdf.command("card")
@click.argument("out", type=PATH)
@pass_call
def card(call: Invocation, out: Path) -> None:
    """Write the quick card (the keys of everyday work, one sheet of A4) to OUT; needs no home."""
    data = quick_card(call.language)
    write_bytes(out, data)
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
@click.option("--revocations", type=PATH, metavar="FILE", help="The site's list of withdrawn certificates.")
@pass_call
def verify(call: Invocation, file: Path, roots: Path, revocations: Path | None) -> None:
    """Judge a PDF; needs no home. Exit code 0 valid, 6 valid but changed since, 4 anything else."""
    certificates = paper.roots_of(read_bytes(roots))
    if not certificates:
        raise ValueRejected(
            "There is no certificate in this file. Give the site's PEM file.",
            "该文件中没有证书，请提供中心证书（PEM）。",
            where=roots.name,
        )
    withdrawn = None if revocations is None else read_bytes(revocations)
    verdict = checking_paper.verify_pdf(read_bytes(file), certificates, withdrawn)
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
