"""`complete`, `reopen`, `sign`: the steps of a form."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, cast

import click

from crf_app.actions.completing import complete_form, reopen_form
from crf_app.actions.session import Session
from crf_app.actions.signing import sign_form, signing_sheet
from crf_app.actions.subjects import find_subject
from crf_app.cli import names
from crf_app.cli.files import PATH, write_bytes
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line
from crf_app.errors import NotComplete, StorageError
from crf_app.model.keys import FormKey


def _key(session: Session, subject: str, event: str, form: str) -> FormKey:
    return names.form_key(session, find_subject(session, subject), event, form)


@click.command("complete", cls=Verb, short_help=verb_line("complete"))
@click.argument("subject")
@click.argument("event")
@click.argument("form")
@pass_call
def complete(call: Invocation, subject: str, event: str, form: str) -> None:
    """Say that a form is complete; what is still open is listed."""
    with call.session() as session:
        key = _key(session, subject, event, form)
        try:
            done = complete_form(session, key)
        except NotComplete as refusal:
            _open_points(call, refusal)
            raise
        call.say(
            {"ok": True, "where": str(key), "status": "complete", "at": done.at},
            f"{key.path} complete {done.at}",
        )


def _open_points(call: Invocation, refusal: NotComplete) -> None:
    if not call.json:
        listed: Any = refusal.details.get("open", [])
        for point in listed:
            call.note(f"{point['kind']}  {point['where']}  {call.of(point)}")


@click.command("reopen", cls=Verb, short_help=verb_line("reopen"))
@click.argument("subject")
@click.argument("event")
@click.argument("form")
@click.option("--reason", default="", metavar="TEXT", help="Why the form is opened again.")
@pass_call
def reopen(call: Invocation, subject: str, event: str, form: str, reason: str) -> None:
    """Open a form again that is complete or was not done, with a reason."""
    with call.session() as session:
        key = _key(session, subject, event, form)
        done = reopen_form(session, key, reason)
        call.say(
            {"ok": True, "where": str(key), "status": "open", "at": done.at}, f"{key.path} open {done.at}"
        )


@click.command("sign", cls=Verb, short_help=verb_line("sign"))
@click.argument("subject")
@click.argument("event")
@click.argument("form")
@click.option("--meaning", metavar="CODE", help="What the signature means; without it the codes are shown.")
@click.option(
    "--pdf", "out", type=PATH, metavar="OUT", help="Write the signed PDF here; a folder gets its own name."
)
@pass_call
def sign(
    call: Invocation, subject: str, event: str, form: str, meaning: str | None, out: Path | None
) -> None:
    """Sign a complete form; your password signs.

    Without --meaning nothing is signed: what would be signed is shown, with its hash.
    A second secret line, where there is one, is the password typed again for the signature.
    """
    with call.session() as session:
        key = _key(session, subject, event, form)
        if meaning is None:
            _sheet(call, session, key)
            return
        (password,) = call.secrets("password")
        signed = sign_form(session, key, call.secret_or(1, password), meaning, _language(call))
        path = (out / signed.file_name if out.is_dir() else out) if out is not None else None
        if path is not None:
            _deliver(path, signed.pdf, key.path)
        said = {
            "ok": True,
            "where": str(key),
            "meaning": meaning,
            "record_sha256": signed.record_sha256,
            "pdf_sha256": signed.sha256,
            "pdf": str(path) if path else None,
            "at": signed.changes.at,
        }
        call.say(
            said,
            f"{key.path} signed {signed.changes.at}  record {signed.record_sha256}"
            + (f"\n{path}" if path else ""),
        )


def _language(call: Invocation) -> Literal["en", "zh"]:
    return cast(Literal["en", "zh"], call.language)


def _sheet(call: Invocation, session: Session, key: FormKey) -> None:
    sheet = signing_sheet(session, key)
    said = {
        "where": str(key),
        "record_sha256": sheet.record_sha256,
        "values": sheet.values,
        "changed": sheet.changed,
        "meanings": [
            {"code": one.code, "text": one.text.in_language(call.language)} for one in sheet.meanings
        ],
    }
    words = [f"  {one.code}: {sheet.will_read(one, call.language)}" for one in sheet.meanings]
    call.say(
        said,
        "\n".join(
            [f"{key.path}  {sheet.values} values, {sheet.changed} changed  {sheet.record_sha256}", *words]
        ),
    )


def _deliver(path: Path, pdf: bytes, where: str) -> None:
    """Write the signed file; a refusal says that the signature itself stands."""
    try:
        write_bytes(path, pdf)
    except StorageError as refusal:
        raise type(refusal)(
            f"{where} is signed, but its PDF is not written: {refusal.sentence()} "
            "Then take it with `pdf form`.",
            f"{where} 已签名，但 PDF 未写出：{refusal.sentence('zh')}之后可用 pdf form 取得。",
            where=refusal.where,
            signed=True,
        ) from refusal
