"""`gen`: made-up data from a seed into an existing home of the environment `test`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from crf_app.actions.demo.generate import PROFILES, generate
from crf_app.actions.demo.made_up_study import write_study
from crf_app.actions.session import Session
from crf_app.actions.study.definitions import study_folders
from crf_app.cli.files import PATH
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line
from crf_app.settings.shipped import forms_folder


def shipped(session: Session) -> Path | None:
    """The folder of this home's study, if it comes with the program: it holds the made-up values."""
    known = study_folders(forms_folder())
    return next((one.folder for one in known if one.oid == session.study.oid), None)


@click.command("gen", cls=Verb, short_help=verb_line("gen"))
@click.option(
    "--profile", type=click.Choice(list(PROFILES)), default="W0", show_default=True, help="How much."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same answers.")
@click.option("--subjects", type=click.IntRange(min=1), help="This many subjects in place of the profile's.")
@click.option(
    "--records", type=click.IntRange(min=1), help="Stop after the subject that reaches this many records."
)
@click.option(
    "--study", "folder", type=PATH, metavar="DIR", help="The definition's folder, for its made-up values."
)
@click.option(
    "--definition",
    type=PATH,
    metavar="DIR",
    help="Write the profile's made-up study into this new folder; no home is needed.",
)
@pass_call
def gen(
    call: Invocation,
    profile: str,
    seed: int,
    subjects: int | None,
    records: int | None,
    folder: Path | None,
    definition: Path | None,
) -> None:
    """Add made-up subjects to this home; only in the environment test."""
    if definition is not None:
        write_study(definition, PROFILES[profile].shape)
        call.say({"ok": True, "profile": profile, "folder": str(definition)}, f"made-up study: {definition}")
        return
    with call.session() as session:
        began = time.monotonic()
        made = generate(session, profile, seed, folder or shipped(session), subjects, records, call.note)
        seconds = time.monotonic() - began
    said = {
        "ok": True,
        "profile": profile,
        "seed": seed,
        "subjects": made.subjects,
        "records": made.records,
        "seconds": round(seconds, 3),
    }
    call.say(said, f"{made.subjects} made-up subjects, {made.records} records, {seconds:.1f} s")
