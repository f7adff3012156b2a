"""`not-done` and `mistake`: what is said of a form, a visit or a subject as a whole, and taken back."""

from __future__ import annotations

import click

from crf_app.actions import mistakes
from crf_app.actions import not_done as marks
from crf_app.actions.changes import Changes
from crf_app.actions.completing import reopen_form
from crf_app.actions.session import Session
from crf_app.actions.subjects import find_subject
from crf_app.cli import names
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line


@click.command("not-done", cls=Verb, short_help=verb_line("not-done"))
@click.argument("subject")
@click.argument("event")
@click.argument("form", required=False)
@click.option("--code", default="", metavar="CODE", help="The study's code of the reason, for example ND.")
@click.option("--reason", default="", metavar="TEXT", help="Why, in your own words.")
@click.option("--undo", is_flag=True, help="Open it again; needs --reason.")
@pass_call
def not_done(
    call: Invocation, subject: str, event: str, form: str | None, code: str, reason: str, undo: bool
) -> None:
    """Say that FORM was not done, or without it the whole visit, with a reason.

    Of a visit all required forms that nobody began are marked, and the study's own question
    whether the visit took place is answered with no. A form that holds answers is refused.
    """
    with call.session() as session:
        uid = find_subject(session, subject)
        if form is None:
            where = names.event_key(session, uid, event)
            if undo:
                done = marks.visit_done_after_all(session, uid, where, reason)
            else:
                done = marks.visit_not_done(session, uid, where, code, reason)
        else:
            key = names.form_key(session, uid, event, form)
            where = key.path
            if undo:
                done = reopen_form(session, key, reason)
            else:
                done = marks.form_not_done(session, key, code, reason)
        _said(call, f"{uid}/{where}", "open" if undo else "not_done", done)


@click.command("mistake", cls=Verb, short_help=verb_line("mistake"))
@click.argument("subject")
@click.argument("event", required=False)
@click.option("--reason", default="", metavar="TEXT", help="Why it was a mistake, or why not.")
@click.option("--undo", is_flag=True, help="It counts again; needs --reason.")
@pass_call
def mistake(call: Invocation, subject: str, event: str | None, reason: str, undo: bool) -> None:
    """Say that the extra visit EVENT, or without it SUBJECT, was made by mistake.

    It stays readable and counts nowhere; a subject's number stays used. What is signed or
    locked is refused.
    """
    with call.session() as session:
        uid = find_subject(session, subject)
        where = _any_visit(session, uid, event) if event is not None else ""
        if where:
            act = mistakes.visit_counts_again if undo else mistakes.visit_mistake
            done = act(session, uid, where, reason)
        else:
            whole = mistakes.subject_counts_again if undo else mistakes.subject_mistake
            done = whole(session, uid, reason)
        _said(call, f"{uid}/{where}".rstrip("/"), "open" if undo else "entered_in_error", done)


def _any_visit(session: Session, uid: str, event: str) -> str:
    """A visit by its name; one that does not count by its full address."""
    known = session.subject(uid).mistaken
    return event if event in known else names.event_key(session, uid, event)


def _said(call: Invocation, where: str, status: str, done: Changes) -> None:
    fields = {"ok": True, "where": where, "status": status, "records": done.records, "at": done.at}
    call.say(fields, f"{where} {status} {done.at}")
