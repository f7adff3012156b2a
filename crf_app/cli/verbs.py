"""All verbs by name, each loaded when it is used; the common options before or after the verb.

`crf-app --help` reads this table alone, so that it is quick.  A verb's own file says what it takes.
"""

from __future__ import annotations

import importlib
from keyword import iskeyword
from pathlib import Path
from typing import Any, Final

import click

from crf_app.cli.invocation import Invocation

PROGRAM: Final = "crf-app"

#: verb → (module in this package, what it does in a line); the attribute has the verb's name
VERBS: Final[dict[str, tuple[str, str]]] = {
    "init": ("init", "Set up a home with a study and its first two people."),
    "check": ("check", "Check study definitions; list every problem."),
    "study": ("study", "Show the study of this home."),
    "user": ("user", "People: add, list, certify, witness, lock, reset, change, remove; passwords."),
    "keys": ("keys", "The data key: a new one; custodian cards, and coming in by two of them."),
    "login": ("login", "Check a password."),
    "subject": ("subject", "Subjects: add, list, schedule."),
    "visit": ("visit", "Add an unscheduled visit."),
    "put": ("put", "Enter values, each one durable before it is acknowledged."),
    "confirm": ("confirm", "Answer by a person's own password: who checked, who watched."),
    "row": ("row", "Rows that people add: copy, remove, restore."),
    "get": ("get", "Print the values of a subject, a visit or a form."),
    "lab": ("lab", "The laboratory: reference ranges, reports, files of results."),
    "audit": ("audit", "Print the audit trail."),
    "query": ("query", "Queries: list, answer, open, close."),
    "complete": ("form_steps", "Say that a form is complete."),
    "reopen": ("form_steps", "Open a form again that is complete or was not done."),
    "not-done": ("marking", "Say that a form or a visit was not done, with its reason."),
    "mistake": ("marking", "Say that an extra visit or a subject was made by mistake."),
    "sign": ("form_steps", "Sign a complete form, or a whole visit."),
    "pdf": ("pdf", "Forms and plots on paper: a form, a blank form, plots, verify a PDF."),
    "export": ("export", "Export the study's data: CSV, or CDISC ODM."),
    "import": ("export", "Take over clinical data from a CDISC ODM file."),
    "device": ("device", "This computer: enrolment request, central's keys."),
    "bundle": ("bundle", "Bundles: make, inspect, apply."),
    "central": ("central", "The central database."),
    "backup": ("keeping", "Write a checked backup; or try whether the newest can be restored."),
    "backups": ("backups", "What was backed up here; the second place."),
    "restore": ("restore", "Make a home from a backup on a clean computer."),
    "archive": ("archive", "Write the whole ledger in plain text, for long keeping."),
    "verify": ("keeping", "Check every byte of the store."),
    "state-hash": ("keeping", "One hash over the data; equal here and at central."),
    "rebuild": ("keeping", "Make the folded tables anew from the ledger."),
    "demo": ("demo", "A ready demo site with made-up subjects."),
    "desktop": ("desktop", "The program in the menu of a Linux desktop."),
    "gen": ("gen", "Made-up data for tests and benchmarks."),
    "diagnostic": ("keeping", "Write the diagnostic file; it holds no patient data."),
}


def _keep(name: str) -> Any:
    """Store a common option in the Invocation; a later one wins, an absent one changes nothing."""

    def callback(context: click.Context, option: click.Parameter, value: Any) -> None:
        if value is not None and value is not False:
            _refuse_what_is_no_text(context, option, value)
            call = context.find_object(Invocation)
            assert call is not None
            setattr(call, name, value)

    return callback


def common_options(*, hidden: bool) -> list[click.Option]:
    """The options that every verb takes, before or after its name."""

    def option(names: list[str], kept: str, help_: str, **more: Any) -> click.Option:
        return click.Option(
            names, expose_value=False, callback=_keep(kept), hidden=hidden, help=help_, **more
        )

    return [
        option(
            ["--home"],
            "home_named",
            "Where the store lies; also CRF_HOME.",
            type=click.Path(path_type=Path),
            metavar="DIR",
        ),
        option(["--as"], "user", "Who you are.", metavar="USER"),
        option(
            ["--secret-fd"],
            "secret_fd",
            "File descriptor to read secrets from, one a line, your password "
            "first; or a file that CRF_SECRET_FILE names.",
            type=click.IntRange(min=0),
            metavar="N",
        ),
        option(["--json"], "json", "One JSON object, or one a line, on stdout.", is_flag=True),
        option(
            ["--lang"],
            "language",
            "Language of sentences; English by default.",
            type=click.Choice(["en", "zh"]),
        ),
    ]


def _refuse_what_is_no_text(context: click.Context, param: click.Parameter, value: Any) -> None:
    """Bytes that are not UTF-8 come as lone surrogates: no name in any store has them (a path may)."""
    if isinstance(value, tuple | list):
        for one in value:
            _refuse_what_is_no_text(context, param, one)
    elif isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise click.BadParameter("This is not text in UTF-8.", context, param)


class Verb(click.Command):
    """A command that also takes the common options; its help names only its own."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.params += common_options(hidden=True)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, args)
        for param in self.params:
            if param.name is not None and not isinstance(param.type, click.Path):
                _refuse_what_is_no_text(ctx, param, ctx.params.get(param.name))
        return rest


class Verbs(click.Group):
    """A verb with verbs of its own (`user add`)."""

    command_class = Verb
    group_class = type

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.params += common_options(hidden=True)


class Program(click.Group):
    """`crf-app`: knows its verbs by name and loads a verb's file when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"crf_app.cli.{VERBS[cmd_name][0]}")
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(module, f"{name}_" if iskeyword(name) else name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, line) for name, (_, line) in VERBS.items()])


def verb_line(name: str) -> str:
    """What a verb does, from the table."""
    return VERBS[name][1]


crf_app = Program(
    PROGRAM,
    params=common_options(hidden=False),
    help="Offline electronic case report forms. Without a verb the window opens; `crf-app --smoke` tries the "
    "program on a made-up site of its own, without a screen.",
    epilog="Options may stand before or after the verb. Exit codes: 0 done, 2 usage or no screen for the "
    "window, 3 refused by a rule, 4 something was altered, 5 identity refused, 6 newer version or conflict, "
    "7 in use or account locked, 8 storage, 9 larger than agreed, 70 a fault of the program.",
    context_settings={"help_option_names": ["--help"], "max_content_width": 100},
)
