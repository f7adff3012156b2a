"""`desktop`: the program in the menu of this user's desktop (Linux)."""

from __future__ import annotations

import click

from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, Verbs, verb_line
from crf_app.settings.desktop_entry import add_entry, remove_entry


@click.group("desktop", cls=Verbs, short_help=verb_line("desktop"))
def desktop() -> None:
    """The program's entry in the menu of a Linux desktop, with its icon.

    For this user, or for all: XDG_DATA_HOME=/usr/local/share.
    """


@desktop.command("add", cls=Verb)
@pass_call
def add(call: Invocation) -> None:
    """Write the entry; again after the program's folder was moved."""
    path = add_entry()
    call.say(
        {"ok": True, "entry": str(path)},
        call.text(f"{path}: the program is in the menu now.", f"{path}：程序已加入菜单。"),
    )


@desktop.command("remove", cls=Verb)
@pass_call
def remove(call: Invocation) -> None:
    """Take the entry and its icon away; data and program stay."""
    removed = remove_entry()
    call.say(
        {"ok": True, "removed": removed},
        call.text("The menu entry is removed.", "菜单项已移除。")
        if removed
        else call.text("There was no menu entry.", "没有菜单项。"),
    )
