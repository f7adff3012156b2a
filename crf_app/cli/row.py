"""`row`: rows that people add, as a whole: copied, removed, restored.  `put` adds one with `GROUP[new]`."""

from __future__ import annotations

import click

from crf_app.actions.changes import Changes
from crf_app.actions.row_copies import copy_row, restore_row
from crf_app.actions.rows import remove_row
from crf_app.actions.session import Session
from crf_app.actions.subjects import find_subject
from crf_app.cli import names
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verbs, verb_line
from crf_app.model.keys import FormKey

_REASON = click.option("--reason", default="", metavar="TEXT", help="Why.")


@click.group("row", cls=Verbs, short_help=verb_line("row"))
def row() -> None:
    """Rows that people add: copy, remove, restore.

    ROW is written `AE[1]`, or as its address `IG.AE~k3j9x0q2mz`; `remove` prints the address.
    """


@row.command("copy")
@click.argument("subject")
@click.argument("event")
@click.argument("form")
@click.argument("row")
@pass_call
def copy(call: Invocation, subject: str, event: str, form: str, row: str) -> None:
    """A new row with the answers of ROW; dates, times and what the study leaves out stay empty."""
    with call.session() as session:
        key, part = _found(session, subject, event, form, row)
        filled = copy_row(session, key, part)
        left_out = [{"question": question.en, "why": why.texts["en"]} for question, why in filled.left_out]
        _said(call, key, filled.changes.row, "live", filled.changes, left_out)


@row.command("remove")
@click.argument("subject")
@click.argument("event")
@click.argument("form")
@click.argument("row")
@_REASON
@pass_call
def remove(call: Invocation, subject: str, event: str, form: str, row: str, reason: str) -> None:
    """Strike ROW out; it stays readable, and `row restore` brings it back."""
    with call.session() as session:
        key, part = _found(session, subject, event, form, row)
        _said(call, key, part, "deleted", remove_row(session, key, part, reason))


@row.command("restore")
@click.argument("subject")
@click.argument("event")
@click.argument("form")
@click.argument("row")
@_REASON
@pass_call
def restore(call: Invocation, subject: str, event: str, form: str, row: str, reason: str) -> None:
    """Bring a removed row back with its answers; ROW is its address."""
    with call.session() as session:
        key, part = _found(session, subject, event, form, row)
        _said(call, key, part, "live", restore_row(session, key, part, reason))


def _found(session: Session, subject: str, event: str, form: str, row: str) -> tuple[FormKey, str]:
    key = names.form_key(session, find_subject(session, subject), event, form)
    return key, names.row_part(session, key, names.row_of(session.study.forms[key.form_oid], row))


def _said(
    call: Invocation, key: FormKey, part: str, state: str, done: Changes, left_out: object = ()
) -> None:
    where = f"{key}/{part}"
    fields = {"ok": True, "where": where, "row": part, "state": state, "records": done.records, "at": done.at}
    call.say(fields | ({"left_out": left_out} if left_out else {}), f"{where} {state} {done.at}")
