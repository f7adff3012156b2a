"""`query`: the system's queries (a check that fired) and people's."""

from __future__ import annotations

import click

from crf_app.actions import queries
from crf_app.actions.changes import Changes
from crf_app.actions.queries import QueryView
from crf_app.actions.subjects import find_subject
from crf_app.cli import names
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verbs, verb_line
from crf_app.model.workflow import Step

STATUSES = ("Open", "Answered", "Closed", "Cancelled")


@click.group("query", cls=Verbs, short_help=verb_line("query"))
def query() -> None:
    """Queries: list, answer, open, close."""


@query.command("list")
@click.option("--subject", metavar="SUBJECT", help="Only this subject.")
@click.option("--status", type=click.Choice(STATUSES, case_sensitive=False), help="Only in this state.")
@pass_call
def list_(call: Invocation, subject: str | None, status: str | None) -> None:
    """List the threads with their place, state and steps."""
    with call.session() as session:
        uid = find_subject(session, subject) if subject is not None else None
        for one in queries.queries(session, uid, status):
            call.say(
                _fields(call, one),
                f"{one.thread}  {one.status}  {one.label} {one.key.path}  {one.severity}  "
                f"{call.of(one.texts)}",
            )


def _fields(call: Invocation, one: QueryView) -> dict[str, object]:
    steps = [
        {"when": step.when, "user": step.user, "role": step.role, "kind": step.kind, "text": step.text}
        for step in one.steps
    ]
    return {
        "thread": one.thread,
        "subject": one.label,
        "where": str(one.key),
        "status": one.status,
        "check": one.check,
        "severity": one.severity,
        "message": call.of(one.texts),
        "opened": one.opened,
        "steps": steps,
    }


@query.command("answer")
@click.argument("thread")
@click.argument("text")
@pass_call
def answer(call: Invocation, thread: str, text: str) -> None:
    """Answer a query; a hard check is answered by the investigator."""
    with call.session() as session:
        _say(call, thread, queries.answer_query(session, thread, text))


@query.command("close")
@click.argument("thread")
@click.argument("text")
@pass_call
def close(call: Invocation, thread: str, text: str) -> None:
    """Close a query, with a word why."""
    with call.session() as session:
        _say(call, thread, queries.close_query(session, thread, text))


@query.command("open")
@click.argument("subject")
@click.argument("event")
@click.argument("form")
@click.argument("item")
@click.argument("text")
@click.option("--row", metavar="GROUP[n]", help="The row, for an item that lies in rows.")
@pass_call
def open_(
    call: Invocation, subject: str, event: str, form: str, item: str, text: str, row: str | None
) -> None:
    """Ask about a value; the new thread is printed."""
    with call.session() as session:
        session.require(Step.OPEN_QUERY, subject)
        key = names.form_key(session, find_subject(session, subject), event, form)
        definition = session.study.forms[key.form_oid]
        part = names.row_part(session, key, names.row_of(definition, row)) if row else ""
        cell = names.item_key(key, definition, names.item_oid(definition, item), part)
        done = queries.open_query(session, cell, text)
        _say(call, done.row, done)


def _say(call: Invocation, thread: str, done: Changes) -> None:
    call.say({"ok": True, "thread": thread, "at": done.at}, f"{thread}  {done.at}")
