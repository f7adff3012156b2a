"""`restore`: a backup becomes a home on a clean computer."""

from __future__ import annotations

from pathlib import Path

import click

from crf_app.actions.safekeeping.restoring import Restored
from crf_app.actions.safekeeping.restoring import restore as restore_backup
from crf_app.cli.files import PATH
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, verb_line


@click.command("restore", cls=Verb, short_help=verb_line("restore"))
@click.argument("backup", type=PATH)
@click.option("--move-aside", is_flag=True, help="Move what the home holds into a dated folder of it first.")
@click.option("--older", is_flag=True, help="Also from a backup that knows less than what is moved aside.")
@click.option(
    "--epoch",
    type=click.IntRange(min=2),
    metavar="N",
    help="Number of the new epoch, where central knows a later one than the backup.",
)
@pass_call
def restore(call: Invocation, backup: Path, move_aside: bool, older: bool, epoch: int | None) -> None:
    """Make an empty home from BACKUP, opened by the password of a person in it.

    The device goes on in a new epoch, with new keys: central takes its bundles after `device request` here
    and `central device-add` there.  Nothing in the home is ever written over.
    """
    if not call.user:
        raise click.UsageError("Say who you are with --as USER.")
    (password,) = call.secrets("password")
    done = restore_backup(
        call.home, backup, call.user, password, epoch=epoch, move_aside=move_aside, older=older
    )
    call.say(_fields(call, done), _line(call, done))


def _fields(call: Invocation, done: Restored) -> dict[str, object]:
    return {
        "ok": True,
        "home": str(call.home),
        "study": done.study,
        "site": done.site,
        "device": done.device,
        "epoch": done.epoch,
        "continues": {"epoch": done.earlier_epoch, "seq": done.seq, "hash": done.hash},
        "records": done.records,
        "enrolled": done.enrolled,
        "aside": str(done.aside) if done.aside else None,
    }


def _line(call: Invocation, done: Restored) -> str:
    lines = [
        f"{call.home}: {done.study}, site {done.site}, device {done.device}, {done.records} records",
        f"chain end {done.earlier_epoch}/{done.seq} {done.hash}; it goes on as epoch {done.epoch}",
    ]
    if done.aside:
        lines.append(call.text(f"Moved aside: {done.aside}", f"原有文件已移至：{done.aside}"))
    if not done.enrolled:
        lines.append(call.text("An administrator makes the request to central.", "请由管理员生成登记申请。"))
    return "\n".join(lines)
