"""`check`: load study definitions strictly, list every problem, and what is doubtful in those that load.

`--explain` prints one rule instead: see `check_explain.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from crf_app.actions.study.checking import StudyFiles, read_files, warnings_of
from crf_app.cli.check_explain import print_explanation
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line
from crf_app.errors import DefinitionError


@click.command("check", cls=Verb, short_help=verb_line("check"))
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Exit code 3 also for warnings.")
@click.option("--explain", metavar="OID", help="Print a rule, or the rules of an item, a group or a form.")
@click.option("--with", "given", multiple=True, metavar="NAME=VALUE",
              help="A value to try the explained rule with; what is not given is missing.")  # fmt: skip
@pass_call
def check(
    call: Invocation, folders: tuple[Path, ...], strict: bool, explain: str | None, given: tuple[str, ...]
) -> None:
    """Check study definitions; every problem is listed, and one is enough for exit code 3.

    A study that loads is then looked through and each of its rules is tried with corner values of what it
    reads, at most 20,000 times: what never or always holds, hidden required fields, unused code lists, texts
    in one language only, contradictory limits, overlapping windows, equal messages. These are warnings: exit
    code 0 without --strict.
    """
    values = _values(given, explain)
    for folder in (one for named in folders for one in _studies(named)):
        try:
            files = read_files(folder)
        except DefinitionError as refusal:
            call.exit_code = refusal.exit_code
            _problems(call, folder, refusal)
            continue
        if explain is not None:
            print_explanation(call, files, explain, values)
        elif _checked(call, files) and strict:
            call.exit_code = DefinitionError.exit_code


def _values(given: tuple[str, ...], explain: str | None) -> Mapping[str, str]:
    if given and explain is None:
        raise click.UsageError("--with goes with --explain OID.")
    wrong = next((one for one in given if "=" not in one), None)
    if wrong is not None:
        raise click.UsageError(f"Write --with NAME=VALUE, such as VS.SYSBP=128, in place of {wrong!r}.")
    return {name.strip(): value for name, _, value in (one.partition("=") for one in given)}


def _studies(folder: Path) -> list[Path]:
    """The folder itself, or the studies that lie in it (`forms/`)."""
    if (folder / "study.toml").exists():
        return [folder]
    return sorted(path.parent for path in folder.glob("*/study.toml")) or [folder]


def _checked(call: Invocation, files: StudyFiles) -> int:
    """Say what the study holds and what is doubtful; how many warnings there are."""
    study = files.study
    progress = None if call.json or not sys.stderr.isatty() else _progress
    warnings = warnings_of(files, progress=progress)
    items = sum(len(form.items) for form in study.form)
    checks = sum(len(form.condition) for form in study.form)
    said = {
        "folder": str(files.folder),
        "ok": True,
        "study": study.oid,
        "version": study.version,
        "sha256": study.sha256,
        "events": len(study.event),
        "forms": len(study.form),
        "items": items,
        "conditions": checks,
        "code_lists": len(study.code_list),
        "warnings": [one.as_json() for one in warnings],
    }
    if not call.json:
        for one in warnings:
            _line(call, files.folder, one.problem.as_json(), call.text("warning: ", "警告："))
    counted = f"; {len(warnings)} warning{'s' if len(warnings) > 1 else ''}" if warnings else ""
    call.say(
        said,
        f"{files.folder}: {study.oid} {study.version}: {len(study.event)} visits, {len(study.form)} forms, "
        f"{items} items, {checks} checks, {len(study.code_list)} code lists{counted}",
    )
    return len(warnings)


def _progress(done: int, total: int) -> None:
    """How many rules were tried, on one line of the terminal that is wiped at the end."""
    click.echo("\r\x1b[K" if done == total else f"\r{done}/{total}", err=True, nl=False)


def _problems(call: Invocation, folder: Path, refusal: DefinitionError) -> None:
    if call.json:
        call.row({"folder": str(folder), "ok": False} | refusal.as_json(call.language))
        return
    for one in refusal.details.get("problems", []):  # type: ignore[attr-defined]
        _line(call, folder, one)
    call.refuse(refusal)


def _line(call: Invocation, folder: Path, one: Mapping[str, Any], kind: str = "") -> None:
    """A problem or a warning on a line: where, what, and what may be meant."""
    hint = call.text(one["hint"], one["hint_zh"])
    words = call.text(one["message"], one["message_zh"]) + (f" ({hint})" if hint else "")
    click.echo(f"{folder / one['file']}:{one['line']} {one['oid']} {kind}{words}".replace("  ", " "))
