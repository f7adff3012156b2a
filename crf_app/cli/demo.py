"""`demo`: a ready site with made-up people and subjects, then the window on it."""

from __future__ import annotations

from pathlib import Path

import click

from crf_app.actions.demo.demo_site import PASSWORD, PEOPLE, SUBJECTS, make_demo_site
from crf_app.actions.session import home_state
from crf_app.actions.study.definitions import largest_study
from crf_app.cli.files import PATH
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line
from crf_app.settings.shipped import forms_folder


@click.command("demo", cls=Verb, short_help=verb_line("demo"))
@click.argument("folder", required=False, type=PATH, metavar="[DIR]")
@click.option("--study", "definition", type=PATH, metavar="DIR", help="Folder of the definition.")
@click.option(
    "--subjects", default=SUBJECTS, show_default=True, type=click.IntRange(1, 500), help="How many subjects."
)
@click.option("--no-window", is_flag=True, help="Only make the site.")
@pass_call
def demo(
    call: Invocation, folder: Path | None, definition: Path | None, subjects: int, no_window: bool
) -> None:
    """Make a demo site in DIR/home, if it is not there yet, and open the window on it.

    All names, values and dates are made up; the site's environment is test. Without a screen the
    window plays the whole journey by itself and leaves its files in DIR.
    """
    place = (folder or Path("demo")).expanduser().absolute()
    home, study = place / "home", definition or largest_study(forms_folder())
    if home_state(home) == "empty":
        make_demo_site(home, study, call.note, subjects)
    users = [{"user": user, "name": name, "role": role} for user, name, role in PEOPLE]
    call.say(
        {"ok": True, "home": str(home), "made_up": True, "password": PASSWORD, "people": users},
        "\n".join(
            [
                f"{home}: all people, subjects and values are made up.",
                *(f"  {one['user']}: {one['role']}" for one in users),
                f"  password of all: {PASSWORD}",
            ]
        ),
    )
    if not no_window:
        call.exit_code = call.window(home, journey=place, study=study)
