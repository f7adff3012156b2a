"""`study show`: the definition that this home works with, read from its store; `study flow`: its subjects."""

from __future__ import annotations

import click

from crf_app.actions.flow import flow as participant_flow
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.study_diff import diff
from crf_app.cli.study_export import study_export
from crf_app.cli.study_import import study_import
from crf_app.cli.study_versions import amend, migrate, versions
from crf_app.cli.verbs import Verbs, verb_line
from crf_app.model.definition import Study
from crf_app.model.retired import forms_asked


@click.group("study", cls=Verbs, short_help=verb_line("study"))
def study() -> None:
    """The study of this home."""


for verb in (study_import, study_export, diff, versions, amend, migrate):
    study.add_command(verb)


@study.command("show")
@pass_call
def show(call: Invocation) -> None:
    """Visits and forms of the study, with version and hash of its definition."""
    with call.session() as session:
        if call.json:
            call.row(
                {"site": session.site, "device": session.device, "env": session.env} | _fields(session.study)
            )
        else:
            _print(call, session.study)


@study.command("flow")
@pass_call
def flow(call: Invocation) -> None:
    """Participant flow counted from the data: each line of the study, whole and by group."""
    with call.session() as session:
        arms = session.study.arms
        if arms and not call.json:
            head = "  ".join(f"{arm.short_name.in_language(call.language):>8}" for arm in arms)
            click.echo(f"{'':>6}  {head}")
        for line in participant_flow(session):
            name = line.name.in_language(call.language)
            cells = "  ".join(f"{line.by_arm.get(arm.code, 0):>8}" for arm in arms)
            said = {"line": line.code, "name": name, "subjects": line.subjects, "by_arm": dict(line.by_arm)}
            call.say(said, f"{line.subjects:>6}  {cells}  {name}")


def _fields(one: Study) -> dict[str, object]:
    return {
        "study": one.oid,
        "version": one.version,
        "sha256": one.sha256,
        "name": one.name.model_dump(exclude_defaults=True),
        "title": one.title.model_dump(exclude_defaults=True),
        "protocol": one.protocol,
        "subject_format": one.subject_format,
        "arms": [{"code": arm.code, "name": arm.name.model_dump(exclude_defaults=True)} for arm in one.arms],
        "events": [
            {
                "oid": event.oid,
                "name": event.name.model_dump(exclude_defaults=True),
                "forms": list(forms_asked(event)),
            }
            for event in one.event
        ],
        "forms": [
            {"oid": form.oid, "name": form.name.model_dump(exclude_defaults=True), "items": list(form.items)}
            for form in one.form
        ],
        "meanings": [meaning.code for meaning in one.meanings],
        "missing_reasons": [reason.code for reason in one.missing_reasons],
    }


def _print(call: Invocation, one: Study) -> None:
    click.echo(f"{one.oid} {one.version}  {one.title.in_language(call.language)}\n{one.sha256}")
    for event in one.event:
        forms = " ".join(oid.removeprefix("F.") for oid in forms_asked(event))
        click.echo(f"{event.oid.removeprefix('SE.'):8} {event.name.in_language(call.language)}: {forms}")
    for form in one.form:
        click.echo(
            f"{form.oid.removeprefix('F.'):8} {form.name.in_language(call.language)}: {len(form.items)} items"
        )
