"""`user`: the people of this device and their passwords."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from crf_app.actions.people import accounts, people_changes
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verbs, verb_line


@click.group("user", cls=Verbs, short_help=verb_line("user"))
def user() -> None:
    """People: add, list, certify, witness, lock, reset, change, remove; passwords."""


@user.command("add")
@click.argument("user_id", metavar="USER")
@click.argument("name")
@click.argument("role")
@pass_call
def add(call: Invocation, user_id: str, name: str, role: str) -> None:
    """Add a person. Secret lines: your password, the new person's one-time password."""
    _, one_time = call.secrets("your password", "the one-time password")
    with call.session() as session:
        accounts.add_user(session, user_id, name, role, one_time)
    call.say(
        {"ok": True, "user": user_id, "role": role},
        f"{user_id} added as {role}; the password must be changed.",
    )


@user.command("list")
@pass_call
def list_(call: Invocation) -> None:
    """List everybody, with role, state and fingerprint of the signing key."""
    with call.session() as session:
        for one in accounts.list_users(session):
            marks = " certified" * one.certified + " witnessed" * one.witnessed
            call.say(
                asdict(one),
                f"{one.user}  {one.name}  {one.role}  {one.state}{marks}  {one.fingerprint}".rstrip(),
            )


@user.command("passwd")
@pass_call
def passwd(call: Invocation) -> None:
    """Change your own password. Secret lines: the old one, the new one."""
    old, new = call.secrets("the old password", "the new password")
    with call.session() as session:
        accounts.change_password(session, old, new)
        mine = next(one.fingerprint for one in accounts.list_users(session) if one.user == session.user)
        call.say(
            {"ok": True, "user": session.user, "fingerprint": mine},
            f"{session.user}: password changed. {mine}",
        )


@user.command("certify")
@click.argument("user_id", metavar="USER")
@pass_call
def certify(call: Invocation, user_id: str) -> None:
    """Issue the certificate of a person who has chosen the own password."""
    with call.session() as session:
        accounts.certify(session, user_id)
        _show_one(call, accounts.list_users(session), user_id)


@user.command("witness")
@click.argument("user_id", metavar="USER")
@click.option("--fingerprint", required=True, metavar="TEXT", help="As the person read it out.")
@pass_call
def witness(call: Invocation, user_id: str, fingerprint: str) -> None:
    """Confirm that a key belongs to this person, after comparing the fingerprint."""
    if not fingerprint.strip():
        raise click.UsageError("Give the fingerprint that the person read out.")
    with call.session() as session:
        accounts.witness(session, user_id, fingerprint)
        _show_one(call, accounts.list_users(session), user_id)


@user.command("lock")
@click.argument("user_id", metavar="USER")
@pass_call
def lock(call: Invocation, user_id: str) -> None:
    """Nobody signs in under this user id until it is unlocked."""
    with call.session() as session:
        accounts.lock_user(session, user_id)
        _show_one(call, accounts.list_users(session), user_id)


@user.command("unlock")
@click.argument("user_id", metavar="USER")
@pass_call
def unlock(call: Invocation, user_id: str) -> None:
    """End a lock, also one by wrong passwords."""
    with call.session() as session:
        accounts.unlock_user(session, user_id)
        _show_one(call, accounts.list_users(session), user_id)


_why = click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the audit trail.")


@user.command("revoke")
@click.argument("user_id", metavar="USER")
@_why
@pass_call
def revoke(call: Invocation, user_id: str, reason: str) -> None:
    """Withdraw a person's certificate; what was signed before stays valid. A reset gives a new key."""
    from crf_app.actions.people.revoking import revoke_certificate

    with call.session() as session:
        revoke_certificate(session, user_id, reason)
        _show_one(call, accounts.list_users(session), user_id)


@user.command("revocations")
@click.argument("out", metavar="FILE", type=click.Path(path_type=Path))
@pass_call
def revocations(call: Invocation, out: Path) -> None:
    """Write the site's revocation list (DER) for who checks signed PDFs elsewhere."""
    from crf_app.actions.people.revoking import revocation_list
    from crf_app.settings.files import write_file

    with call.session() as session:
        write_file(out, revocation_list(session))
    call.say({"ok": True, "path": str(out)}, str(out))


@user.command("reset")
@click.argument("user_id", metavar="USER")
@_why
@pass_call
def reset(call: Invocation, user_id: str, reason: str) -> None:
    """Give a one-time password again. Secret lines: your password, the one-time password."""
    _, one_time = call.secrets("your password", "the one-time password")
    with call.session() as session:
        people_changes.reset_user(session, user_id, one_time, reason)
        _show_one(call, accounts.list_users(session), user_id)


@user.command("change")
@click.argument("user_id", metavar="USER")
@click.option("--name", default=None, metavar="TEXT", help="The printed name from now on.")
@click.option("--role", default=None, metavar="ROLE", help="The role from now on.")
@_why
@pass_call
def change(call: Invocation, user_id: str, name: str | None, role: str | None, reason: str) -> None:
    """Give a person another printed name or role; what was signed keeps the earlier one."""
    with call.session() as session:
        before = next((one for one in accounts.list_users(session) if one.user == user_id), None)
        name_now, role_now = (before.name, before.role) if before else ("", "")
        people_changes.change_person(session, user_id, name or name_now, role or role_now, reason)
        _show_one(call, accounts.list_users(session), user_id)


@user.command("remove")
@click.argument("user_id", metavar="USER")
@_why
@pass_call
def remove(call: Invocation, user_id: str, reason: str) -> None:
    """Remove a person, and change the data key so that nothing written later is open to them."""
    with call.session() as session:
        people_changes.remove_user(session, user_id, reason)
        said = {"ok": True, "user": user_id, "generation": session.keys.generation}
    call.say(said, f"{user_id} was removed; the data have a new key.")


def _show_one(call: Invocation, users: list[accounts.UserRow], user_id: str) -> None:
    one = next(row for row in users if row.user == user_id)
    said = [one.state, *["certified"] * one.certified, *["witnessed"] * one.witnessed]
    call.say({"ok": True} | asdict(one), f"{one.user}: {', '.join(said)}")
