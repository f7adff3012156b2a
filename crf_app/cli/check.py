"""`check`: load study definitions strictly and list every problem with file, line, OID and hint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crf_app.actions.definitions import check_study
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line
from crf_app.errors import DefinitionError


@click.command("check", cls=Verb, short_help=verb_line("check"))
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path))
@pass_call
def check(call: Invocation, folders: tuple[Path, ...]) -> None:
    """Check study definitions; every problem is listed, and one is enough for exit code 3."""
    for folder in (one for named in folders for one in _studies(named)):
        try:
            study = check_study(folder)
        except DefinitionError as refusal:
            call.exit_code = refusal.exit_code
            _problems(call, folder, refusal)
            continue
        items = sum(len(form.items) for form in study.form)
        checks = sum(len(form.condition) for form in study.form)
        said = {
            "folder": str(folder),
            "ok": True,
            "study": study.oid,
            "version": study.version,
            "sha256": study.sha256,
            "events": len(study.event),
            "forms": len(study.form),
            "items": items,
            "conditions": checks,
            "code_lists": len(study.code_list),
        }
        call.say(
            said,
            f"{folder}: {study.oid} {study.version}: {len(study.event)} visits, {len(study.form)} forms, "
            f"{items} items, {checks} checks, {len(study.code_list)} code lists",
        )


def _studies(folder: Path) -> list[Path]:
    """The folder itself, or the studies that lie in it (`forms/`)."""
    if (folder / "study.toml").exists():
        return [folder]
    return sorted(path.parent for path in folder.glob("*/study.toml")) or [folder]


def _problems(call: Invocation, folder: Path, refusal: DefinitionError) -> None:
    if call.json:
        call.row({"folder": str(folder), "ok": False} | refusal.as_json(call.language))
        return
    listed: Any = refusal.details.get("problems", [])
    for one in listed:
        words, hint = _words(call, one)
        place = f"{folder / one['file']}:{one['line']}"
        click.echo(f"{place} {one['oid']} {words}{hint}".replace("  ", " "))
    call.refuse(refusal)


def _words(call: Invocation, one: dict[str, Any]) -> tuple[str, str]:
    hint = call.text(one["hint"], one["hint_zh"])
    return call.text(one["message"], one["message_zh"]), f" ({hint})" if hint else ""
