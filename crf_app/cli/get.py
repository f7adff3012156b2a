"""`get`: what stands in the forms now, one line an item."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from crf_app.actions.casebook import casebook
from crf_app.actions.form_page import FormPage, Line, form_page
from crf_app.actions.lab.lab_reading import form_readings
from crf_app.actions.session import Session
from crf_app.actions.subjects import find_subject
from crf_app.cli import names
from crf_app.cli.entering import finding_json
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line
from crf_app.model import datatype
from crf_app.model.definition import Study
from crf_app.model.keys import FormKey

_NOT_STARTED = ("todo", "optional", "closed")


@click.command("get", cls=Verb, short_help=verb_line("get"))
@click.argument("subject")
@click.argument("event", required=False)
@click.argument("form", required=False)
@pass_call
def get(call: Invocation, subject: str, event: str | None, form: str | None) -> None:
    """Print the values of a subject, a visit or a form, one item a line.

    Without FORM only forms that were started are printed.
    """
    with call.session() as session:
        for key in _forms(session, find_subject(session, subject), event, form):
            page = form_page(session, key)
            if not call.json:
                click.echo(
                    f"{page.header.label} {key.event} {key.form}  {page.status}  "
                    f"{page.answered}/{page.asked}  {_signed(page)}".rstrip()
                )
            readings = form_readings(session, key)
            for line in page.lines:
                reading = readings.get(line.key.local)
                read = {"reading": reading.as_json(call.language) if reading else None}
                call.say(_fields(call, page, line) | read, _words(call, session.study, line))


def _forms(session: Session, uid: str, event: str | None, form: str | None) -> Iterator[FormKey]:
    if event is not None and form is not None:
        yield names.form_key(session, uid, event, form)
        return
    wanted = names.event_key(session, uid, event) if event is not None else None
    for cell in casebook(session, uid).cells.values():
        if cell.state not in _NOT_STARTED and wanted in (None, cell.key.event):
            yield cell.key


def _fields(call: Invocation, page: FormPage, line: Line) -> dict[str, Any]:
    state = line.state
    return {
        "subject": page.header.label,
        "event": page.key.event,
        "form": page.key.form,
        "group": line.key.group_oid,
        "row": line.key.row,
        "item": line.key.item,
        "value": state.answer.value,
        "names": _row_named(line),
        "missing": state.answer.missing,
        "unit": state.answer.unit,
        "standard": None if state.standard is None else f"{state.standard:f}",
        "flag": state.flag,
        "state": line.status,
        "collected": state.collected,
        "mandatory": state.mandatory,
        "derived": state.item.derived,
        "steps": line.steps,
        "form_status": page.status,
        "signature": _signed(page),
        "findings": [
            finding_json(one, call.language) | {"answer": line.settled.get(one.check)}
            for one in state.findings
        ],
        "alternatives": [{"record": id_, "value": value} for id_, value in line.alternatives],
    }


def _row_named(line: Line) -> dict[str, str] | None:
    """The row that the answer names, in words; null for every other answer."""
    value, item = line.state.answer.value, line.state.item
    if item.link is None or value is None:
        return None
    return {language: datatype.show(item, value, line.lists, language) for language in ("en", "zh")}


def _signed(page: FormPage) -> str:
    if page.signature is None:
        return ""
    return "valid" if page.signature.valid else "broken"


def _words(call: Invocation, study: Study, line: Line) -> str:
    """The address as `put` takes it, the question, the answer with the words of its codes, the state."""
    answer, item = line.state.answer, line.state.item
    shown = answer.value if answer.value is not None else f"!{answer.missing}" if answer.missing else ""
    if answer.value is not None and item.choices:
        lists = {**study.code_lists, **line.lists}
        shown += f" ({datatype.show(item, answer.value, lists, call.language)})"
    unit = f" {answer.unit}" if answer.unit and answer.value is not None else ""
    flag = f" {line.state.flag}" if line.state.flag else ""
    found = "".join(
        f"\n    {one.severity} {one.check}: {one.texts[call.language]}" for one in line.state.findings
    )
    question = item.question.in_language(call.language)
    return f"  {line.key.local}  {question}  {shown}{unit}{flag}  {line.status}{found}"
