"""`lab`: the laboratory's reference ranges, its reports and files, and how its files are read."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from crf_app.actions.lab import lab_import, lab_mapping, lab_paste, lab_ranges
from crf_app.actions.lab.report_line import ReportLine, report_csv
from crf_app.actions.subjects import find_subject
from crf_app.cli import names
from crf_app.cli.files import PATH, read_bytes, write_bytes
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verbs, verb_line

_MOST: Final = 16 * 1024 * 1024
_FILE: Final = click.Path(path_type=Path, allow_dash=True)
_REPORT: Final = click.option("--report", type=PATH, metavar="OUT", help="Write the report as CSV too.")
_DRY: Final = click.option("--dry-run", is_flag=True, help="Say what would happen; store nothing.")


@click.group("lab", cls=Verbs, short_help=verb_line("lab"))
def lab() -> None:
    """The laboratory: reference ranges, reports, files of results."""


@lab.group("ranges", cls=Verbs)
def ranges() -> None:
    """Reference ranges of this site's laboratories: list, add, change, end, import."""


@ranges.command("list")
@pass_call
def list_(call: Invocation) -> None:
    """List every range, with the dates for which it stands."""
    with call.session() as session:
        for row in lab_ranges.list_ranges(session):
            one, stored = row.range, row.stored
            marks = "  CONTESTED" * stored.contested + "  OVERLAPS" * bool(row.overlaps)
            said = [one.id, one.laboratory, one.item, lab_ranges.limits_text(one), lab_ranges.who_text(one)]
            said.append(f"{one.valid_from or '…'} – {one.valid_to or '…'}{marks}")
            more = {"overlaps": list(row.overlaps), "contested": stored.contested}
            fields = {"id": one.id, "user": stored.user, "at": stored.at} | more | one.content()
            call.say(fields, "  ".join(part for part in said if part))


@ranges.command("add")
@click.argument("fields", nargs=-1, required=True, metavar="FIELD=TEXT...")
@pass_call
def add(call: Invocation, fields: tuple[str, ...]) -> None:
    """Add a range. Fields: laboratory, item, unit, sex, age_from, age_to, low, high, valid_from,
    valid_to, source; laboratory, item and a limit are needed."""
    texts = _pairs(fields, lab_ranges.FIELDS)
    with call.session() as session:
        changes = lab_ranges.add_range(session, texts)
    call.say({"ok": True, "at": changes.at}, f"added  {changes.at}")


@ranges.command("change")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is changed.")
@click.argument("range_id", metavar="ID")
@click.argument("fields", nargs=-1, required=True, metavar="FIELD=TEXT...")
@pass_call
def change(call: Invocation, reason: str, range_id: str, fields: tuple[str, ...]) -> None:
    """Correct some fields of a range; readings of every day for which it stands follow."""
    texts = _pairs(fields, lab_ranges.FIELDS)
    with call.session() as session:
        found = [row.range for row in lab_ranges.list_ranges(session) if row.range.id == range_id]
        old = lab_ranges.texts_of(found[0]) if found else {}
        changes = lab_ranges.change_range(session, range_id, old | texts, reason)
    call.say({"ok": True, "id": range_id, "at": changes.at}, f"{range_id} changed  {changes.at}")


@ranges.command("end")
@click.option("--reason", required=True, metavar="TEXT", help="Why it ends.")
@click.argument("range_id", metavar="ID")
@click.argument("day")
@pass_call
def end(call: Invocation, reason: str, range_id: str, day: str) -> None:
    """Say the last DAY for which a range stands; results up to that day keep it."""
    with call.session() as session:
        changes = lab_ranges.end_range(session, range_id, day, reason)
    call.say({"ok": True, "id": range_id, "at": changes.at}, f"{range_id} ends {day}  {changes.at}")


@ranges.command("import")
@_DRY
@_REPORT
@click.argument("file", type=_FILE)
@pass_call
def import_ranges(call: Invocation, dry_run: bool, report: Path | None, file: Path) -> None:
    """Import ranges from a CSV FILE whose columns are the fields of `lab ranges add`."""
    data = read_bytes(file, _MOST)
    with call.session() as session:
        done = lab_ranges.import_ranges(session, data, dry_run=dry_run)
    _report(call, done.lines, report)


@lab.command("import")
@click.option("--mapping", required=True, metavar="NAME", help="How the file is read: see `lab mapping`.")
@click.option(
    "--reason", default="", metavar="TEXT", help="Correct other values that stand, with this reason."
)
@_DRY
@_REPORT
@click.argument("file", type=_FILE)
@pass_call
def import_(
    call: Invocation, mapping: str, reason: str, dry_run: bool, report: Path | None, file: Path
) -> None:
    """Enter the results of a laboratory's CSV FILE, one a line; every line comes back in the report.

    The exit code is 3 when a line was refused.
    """
    data = read_bytes(file, _MOST)
    with call.session() as session:
        kept = lab_mapping.mapping_named(session, mapping)
        done = lab_import.import_results(session, data, kept, reason, dry_run=dry_run)
    _report(call, done.lines, report)


@lab.command("paste")
@click.option(
    "--reason", default=None, metavar="TEXT", help="Correct other values that stand, with this reason."
)
@_DRY
@_REPORT
@click.argument("subject")
@click.argument("event")
@click.argument("form")
@click.argument("file", type=_FILE)
@pass_call
def paste(
    call: Invocation,
    reason: str | None,
    dry_run: bool,
    report: Path | None,
    subject: str,
    event: str,
    form: str,
    file: Path,
) -> None:
    """Enter a laboratory's report (text FILE, or - for standard input) into one form."""
    text = read_bytes(file, _MOST).decode("utf-8-sig", "replace")
    with call.session() as session:
        key = names.form_key(session, find_subject(session, subject), event, form)
        plan = lab_paste.plan_paste(session, key, text)
        lines = [one.report() for one in plan]
        if not dry_run:
            wanted = {one.line for one in plan if one.outcome in lab_paste.TAKEN}
            lines = lab_paste.enter_paste(session, key, plan, wanted, reason)
    _report(call, lines, report)


@lab.group("mapping", cls=Verbs)
def mapping() -> None:
    """How a laboratory's files are read: kept under a name, used again."""


@mapping.command("list")
@pass_call
def list_mappings(call: Invocation) -> None:
    """List every mapping with its columns and the laboratory's names of tests."""
    with call.session() as session:
        for one in lab_mapping.list_mappings(session):
            columns = ", ".join(f"{what}={column}" for what, column in one.columns.items())
            tests = ", ".join(f"{name}={variable}" for name, variable in one.tests.items())
            call.say(
                {"name": one.name, "columns": dict(one.columns), "tests": dict(one.tests)},
                f"{one.name}  {columns}  {tests}".rstrip(),
            )


@mapping.command("set")
@click.option("--column", multiple=True, metavar="WHAT=COLUMN", help="subject, visit, date, test, value …")
@click.option("--test", multiple=True, metavar="NAME=ITEM", help="The laboratory's name of a test.")
@click.argument("name")
@pass_call
def set_mapping(call: Invocation, column: tuple[str, ...], test: tuple[str, ...], name: str) -> None:
    """Keep a mapping under NAME, or replace it. Columns: subject, visit or date, test, value; unit and
    laboratory may be left out."""
    with call.session() as session:
        changes = lab_mapping.save_mapping(session, name, _pairs(column), _pairs(test))
    call.say({"ok": True, "name": name, "at": changes.at}, f"{name}  {changes.at}".rstrip())


def _pairs(texts: tuple[str, ...], known: tuple[str, ...] = ()) -> dict[str, str]:
    """`name=text` of each.  Raises click.UsageError."""
    out: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.rpartition("=") if not known else text.partition("=")
        if not sign or not name.strip() or (known and name not in known):
            raise click.UsageError(f'"{text}" is not NAME=TEXT. Names: {", ".join(known) or "any"}.')
        if name.strip() in out:
            raise click.UsageError(f'"{name}" is given twice.')
        out[name.strip()] = value
    return out


def _report(call: Invocation, lines: list[ReportLine] | tuple[ReportLine, ...], out: Path | None) -> None:
    """Every line, then how many of each; exit code 3 when one was refused."""
    for one in lines:
        said = one.as_json(call.language)
        call.say(said, f"{one.line}  {one.outcome}  {one.what}  {said['message']}")
    counts: dict[str, int] = {}
    for one in lines:
        counts[one.outcome] = counts.get(one.outcome, 0) + 1
    if not call.json:
        call.note(", ".join(f"{name} {n}" for name, n in counts.items()) or "0")
    if out is not None:
        write_bytes(out, report_csv(lines, call.language))
    if counts.get("refused"):
        call.exit_code = 3
