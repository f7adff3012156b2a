"""`complete`, `reopen`, `sign`: the steps of a form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast

import click

from crf_app.actions.completing import complete_form, reopen_form
from crf_app.actions.session import Session
from crf_app.actions.signing import Sheet, Signed, sign_form, sign_visit, signing_sheet, visit_sheet
from crf_app.actions.subjects import find_subject
from crf_app.actions.to_sign import LeftOut
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
@click.argument("form", required=False)
@click.option("--meaning", metavar="CODE", help="What the signature means; without it the codes are shown.")
@click.option(
    "--pdf", "out", type=PATH, metavar="OUT", help="Write the signed PDF here; a folder gets its own name."
)
@pass_call
def sign(
    call: Invocation, subject: str, event: str, form: str | None, meaning: str | None, out: Path | None
) -> None:
    """Sign a complete form, or without FORM every form of the visit that can be signed; your password signs.

    Forms that cannot be signed are listed with why and left out; the others are signed all together or not
    at all. Without --meaning nothing is signed: what would be signed is shown, with its hash.
    A second secret line, where there is one, is the password typed again for the signature.
    """
    with call.session() as session:
        if form is None:
            uid = find_subject(session, subject)
            _sign_visit(call, session, uid, names.event_key(session, uid, event), meaning, out)
            return
        key = _key(session, subject, event, form)
        if meaning is None:
            _sheet(call, session, key)
            return
        (password,) = call.secrets("password")
        signed = sign_form(session, key, call.secret_or(1, password), meaning, _language(call))
        path = (out / signed.file_name if out.is_dir() else out) if out is not None else None
        if path is not None:
            _deliver(path, signed.pdf, key.path)
        call.say(
            {"ok": True, "where": str(key), "meaning": meaning, **_said(signed, path)},
            f"{key.path} signed {signed.changes.at}  record {signed.record_sha256}"
            + (f"\n{path}" if path else ""),
        )


def _said(signed: Signed, path: Path | None) -> dict[str, Any]:
    return {
        "record_sha256": signed.record_sha256,
        "pdf_sha256": signed.sha256,
        "pdf": str(path) if path else None,
        "at": signed.changes.at,
    }


def _sign_visit(
    call: Invocation, session: Session, uid: str, event: str, meaning: str | None, out: Path | None
) -> None:
    """Every form of the visit; `out` is a folder for the PDFs."""
    if out is not None and not out.is_dir():
        raise click.UsageError("A visit has a PDF for each form: give --pdf a folder.")
    if meaning is None:
        _visit_sheet(call, session, uid, event)
        return
    (password,) = call.secrets("password")
    again = call.secret_or(1, password)
    done = sign_visit(session, uid, event, again, meaning, _language(call))
    forms, lines = list[dict[str, Any]](), list[str]()
    for one in done.forms:
        path = out / one.file_name if out is not None else None
        if path is not None:
            _deliver(path, one.pdf, one.key.path)
        forms.append({"where": str(one.key), **_said(one, path)})
        lines.append(
            f"  {one.key.path} signed  record {one.record_sha256}" + (f"\n    {path}" if path else "")
        )
    where = f"{uid}/{event}"
    said = {
        "ok": True,
        "where": where,
        "meaning": meaning,
        "sha256": done.sha256,
        "forms": forms,
        "left_out": _left_out(call, done.left_out),
        "at": done.changes.at,
    }
    head = f"{event} signed {done.changes.at}  {len(forms)} forms  {done.sha256}"
    call.say(said, "\n".join([head, *lines, *_left_out_lines(call, done.left_out)]))


def _left_out(call: Invocation, some: Sequence[LeftOut]) -> list[dict[str, str]]:
    return [
        {"where": str(one.key), "state": one.state, "why": one.why.in_language(call.language)} for one in some
    ]


def _left_out_lines(call: Invocation, some: Sequence[LeftOut]) -> list[str]:
    return [f"  {one.key.path} left out: {one.why.in_language(call.language)}" for one in some]


def _visit_sheet(call: Invocation, session: Session, uid: str, event: str) -> None:
    sheet = visit_sheet(session, uid, event)
    forms = [
        {
            "where": str(one.key),
            "record_sha256": one.record_sha256,
            "values": one.values,
            "changed": one.changed,
            "answered_checks": one.answered_checks,
            "open_queries": one.queries,
        }
        for one in sheet.forms
    ]
    said = {
        "where": f"{uid}/{event}",
        "sha256": sheet.sha256,
        "forms": forms,
        "left_out": _left_out(call, sheet.left_out),
        "meanings": _meanings(call, sheet),
    }
    lines = [
        f"  {one.key.path}  {one.values} values, {one.changed} changed  {one.record_sha256}"
        for one in sheet.forms
    ]
    head = f"{event}  {len(forms)} forms  {sheet.sha256}"
    last = [*_left_out_lines(call, sheet.left_out), *_will_read(call, sheet)]
    call.say(said, "\n".join([head, *lines, *last]))


def _meanings(call: Invocation, sheet: Sheet) -> list[dict[str, str]]:
    return [{"code": one.code, "text": one.text.in_language(call.language)} for one in sheet.meanings]


def _will_read(call: Invocation, sheet: Sheet) -> list[str]:
    return [f"  {one.code}: {sheet.will_read(one, call.language)}" for one in sheet.meanings]


def _language(call: Invocation) -> Literal["en", "zh"]:
    return cast(Literal["en", "zh"], call.language)


def _sheet(call: Invocation, session: Session, key: FormKey) -> None:
    sheet = signing_sheet(session, key)
    said = {
        "where": str(key),
        "record_sha256": sheet.sha256,
        "values": sheet.values,
        "changed": sheet.changed,
        "meanings": _meanings(call, sheet),
    }
    head = f"{key.path}  {sheet.values} values, {sheet.changed} changed  {sheet.sha256}"
    call.say(said, "\n".join([head, *_will_read(call, sheet)]))


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
