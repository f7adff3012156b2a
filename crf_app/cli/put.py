"""`put`: enter values, each its own durable commit; the first refusal stops the rest, with what is stored."""

from __future__ import annotations

import sys

import click

from crf_app.cli.entering import Entry, Finder, Place, stored
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.put_lines import put_lines
from crf_app.cli.verbs import Verb, verb_line
from crf_app.errors import CrfError, ReasonRequired


@click.command("put", cls=Verb, short_help=verb_line("put"))
@click.option("--stdin", "from_stdin", is_flag=True, help="One JSON object a line in, one answer a line out.")
@click.option("--row", metavar="GROUP[n]", help="The row: its number from 1, its code, or [new].")
@click.option("--reason", metavar="TEXT", help="Why a stored value is changed.")
@click.argument("subject", required=False)
@click.argument("event", required=False)
@click.argument("form", required=False)
@click.argument("values", nargs=-1, metavar="ITEM=VALUE...")
@pass_call
def put(
    call: Invocation,
    from_stdin: bool,
    row: str | None,
    reason: str | None,
    subject: str | None,
    event: str | None,
    form: str | None,
    values: tuple[str, ...],
) -> None:
    """Enter values, each one durable before it is acknowledged.

    \b
    ITEM=128          a value              ITEM='12 mg/dL'   a value with its unit
    ITEM='<5'         below the limit      ITEM=!ND          missing, with its code
    ITEM=             clear the value      ITEM='!!text'     a text that begins with !
    ITEM='#2'         row 2 of the group that the item names

    With --stdin each line is {"subject", "event", "form", "row"?, "item", "value" or "missing",
    "unit"?, "reason"?}; its answer is written after the durable commit. A refused line does not
    stop the rest; the exit code is then 3 (8 when the storage refused).
    """
    if from_stdin:
        if subject is not None:
            raise click.UsageError("With --stdin the values come as lines; leave out the arguments.")
        if call.secret_fd == 0:
            raise click.UsageError("With --stdin the secret cannot come on descriptor 0 too.")
        with call.session() as session:
            call.exit_code = put_lines(session, call, sys.stdin.buffer)
        return
    if subject is None or event is None or form is None or not values:
        raise click.UsageError("Give SUBJECT EVENT FORM and at least one ITEM=VALUE.")
    entries = [entry_of(text, reason) for text in values]
    with call.session() as session:
        place = Finder(session).place(subject, event, form)
        if row is not None:
            place.choose_row(row)
        _put_all(call, place, entries)


def entry_of(text: str, reason: str | None) -> Entry:
    """`SYSBP=128`, `ALT=!ND`.  Raises click.UsageError without `=`."""
    item, sign, value = text.partition("=")
    if not sign or not item.strip():
        raise click.UsageError(f'"{text}" is not ITEM=VALUE.')
    if value.startswith("!!"):
        return Entry(item.strip(), value[1:], reason=reason)
    if value.startswith("!"):
        return Entry(item.strip(), missing=value[1:].strip(), reason=reason)
    return Entry(item.strip(), value, reason=reason)


def _put_all(call: Invocation, place: Place, entries: list[Entry]) -> None:
    done: list[str] = []
    for number, entry in enumerate(entries, 1):
        try:
            cell, changes = place.enter(entry)
        except CrfError as refusal:
            refusal.details = {**refusal.details, "stored": done}
            if not call.json and done:
                call.note(call.text(f"Stored before: {', '.join(done)}.", f"此前已保存：{'、'.join(done)}。"))
            if isinstance(refusal, ReasonRequired) and not call.json:
                call.note(call.text("Give the reason with --reason TEXT.", "请用 --reason TEXT 给出原因。"))
            raise
        done.append(cell.item)
        said = stored(place.session, cell, changes)
        call.say({"line": number, "item": cell.item} | said, _line(cell.item, said, changes.at))
        if not call.json:
            for one in said["findings"]:
                call.say({}, f"  {one['severity']} {one['check']}: {one['message']}")


def _line(item: str, said: dict[str, object], at: str) -> str:
    shown = (
        said.get("value")
        if said.get("value") is not None
        else f"!{said['missing']}"
        if said.get("missing")
        else ""
    )
    unit = f" {said['unit']}" if said.get("unit") else ""
    return f"{item} = {shown}{unit}  {'unchanged' if said.get('unchanged') else 'saved ' + at}"
