"""`study versions`, `study amend`, `study migrate`: a study that changes while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from crf_app.actions.study import amendments, migrating
from crf_app.actions.study.migrating import Move
from crf_app.actions.subjects import find_subject
from crf_app.cli.files import PATH
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.study_diff import tell
from crf_app.model.def_base import Text

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("versions")
@pass_call
def versions(call: Invocation) -> None:
    """Every version of the definition that was put in force here: from which day, by whom, why."""
    with call.session() as session:
        for one in amendments.versions(session):
            said = one.activation
            row = {"version": said.version, "state": one.state, "from": said.valid_from, "user": said.user,
                   "at": said.at, "reason": said.reason, "sha256": said.sha256}  # fmt: skip
            day = said.valid_from or said.at[:10]
            call.say(
                row, f"{said.version:8} {one.state:9} {day}  {said.user}  {said.sha256[:12]}  {said.reason}"
            )


@click.command("amend")
@click.argument("folder", metavar="DEFINITION", type=PATH)
@click.option("--from", "day", type=_DAY, help="First day of the new version; today where not given.")
@click.option("--reason", default="", help="Why: the amendment and its approval.")
@click.option("--dry-run", is_flag=True, help="Say what would change; store nothing.")
@pass_call
def amend(call: Invocation, folder: Path, day: datetime | None, reason: str, dry_run: bool) -> None:
    """Put DEFINITION, a folder or an ODM file, in force for this site; begun forms keep their version."""
    with call.session() as session:
        if dry_run:
            tell(call, amendments.amendment(session, folder))
            return
        first = day.date() if day else session.clock.now().date()
        done = amendments.activate(session, folder, first, reason)
        last = amendments.versions(session)[-1].activation
    said = {
        "ok": True,
        "version": last.version,
        "sha256": last.sha256,
        "from": last.valid_from,
        "at": done.at,
    }
    call.say(said, f"{last.version}  {last.valid_from}  {last.sha256}")


@click.command("migrate")
@click.argument("subjects", nargs=-1)
@click.option("--to", default="", help="The version to move to; the one in force where not given.")
@click.option("--reason", default="", help="Why these forms are moved.")
@click.option("--dry-run", is_flag=True, help="Say for each form what it would mean; store nothing.")
@pass_call
def migrate(call: Invocation, subjects: Sequence[str], to: str, reason: str, dry_run: bool) -> None:
    """Move begun forms of SUBJECTS (all, where none is named) to another version of the definition."""
    with call.session() as session:
        uids = [find_subject(session, one) for one in subjects]
        moves = list(migrating.plan(session, uids, to))
        if not dry_run:
            migrating.migrate(session, uids, reason, to)
    for move in moves:
        call.say(_fields(move), _words(move, call.language))
    if not moves:
        call.say({"moves": 0}, _NOTHING.in_language(call.language))


_NOTHING = Text(en="Every form stands under this version already.", zh="所有表单均已是此版本。")


def _fields(move: Move) -> dict[str, object]:
    def both(words: Sequence[Text]) -> list[dict[str, str]]:
        return [dict(one.pairs) for one in words]

    return {
        "subject": move.label,
        "event": move.key.event,
        "form": move.key.form,
        "from": move.before,
        "to": move.to,
        "status": move.status,
        "stays": dict(move.stays.pairs) if move.stays else None,
        "asked_anew": both(move.asked_anew),
        "no_longer": both(move.no_longer),
        "kept": move.kept,
    }


def _words(move: Move, language: str) -> str:
    say = _SAID[language]
    head = f"{move.label}  {move.visit.in_language(language)}  {move.form.in_language(language)}  "
    if move.stays is not None:
        return f"{head}{say['stays'].format(move.before)} {move.stays.in_language(language)}"
    lines = [f"{head}{move.before} → {move.to}  {say['kept'].format(move.kept)}"]
    lines += [f"    {say['anew']} {one.in_language(language)}" for one in move.asked_anew]
    lines += [f"    {say['gone']} {one.in_language(language)}" for one in move.no_longer]
    return "\n".join(lines)


_SAID = {
    "en": {
        "stays": "stays in version {}.",
        "kept": "answers kept: {}",
        "anew": "asked anew:",
        "gone": "no longer collected, kept:",
    },
    "zh": {
        "stays": "保持第 {} 版。",
        "kept": "保留答案 {} 项",
        "anew": "需新填写：",
        "gone": "不再收集，保留：",
    },
}
