"""`init`: make a home ready with a study and its first two people, who are both present."""

from __future__ import annotations

from pathlib import Path

import click

from crf_app.actions.people import first_run
from crf_app.actions.people.first_run import NewPerson, Place
from crf_app.cli.files import PATH
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line


@click.command("init", cls=Verb, short_help=verb_line("init"))
@click.option("--study", "folder", required=True, type=PATH, metavar="DIR", help="Folder of the definition.")
@click.option("--site", required=True, help="Short code of the site.")
@click.option("--device", required=True, help="Short code of this computer.")
@click.option(
    "--env",
    default="test",
    show_default=True,
    type=click.Choice(first_run.ENVIRONMENTS),
    help="test marks all data as made up.",
)
@click.option(
    "--person",
    "people",
    required=True,
    multiple=True,
    nargs=3,
    metavar="USER NAME ROLE",
    help="Give it twice or more; one of them is the administrator.",
)
@pass_call
def init(
    call: Invocation, folder: Path, site: str, device: str, env: str, people: tuple[tuple[str, str, str], ...]
) -> None:
    """Set up a home with a study and its first people.

    The secret source holds one line a person, in the order of --person: the password that this
    person chose.
    """
    secrets = call.secrets(*(f"password of {user}" for user, _, _ in people))
    new = [
        NewPerson(user, name, role, secret, True)
        for (user, name, role), secret in zip(people, secrets, strict=True)
    ]
    study = first_run.init(call.home, folder, Place(site, device, env), new)
    said = {
        "home": str(call.home),
        "study": study.oid,
        "version": study.version,
        "sha256": study.sha256,
        "site": site,
        "device": device,
        "env": env,
        "people": [one.user for one in new],
    }
    call.say(said, f"{call.home}: {study.oid} {study.version}, site {site}, device {device}, {env}")
