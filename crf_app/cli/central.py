"""`central`: the data centre's side, on PostgreSQL by DSN or on the embedded server.

Central's own secret is the first secret line; `--as` is not needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import click

from crf_app.actions.sync import central_site
from crf_app.actions.sync.central_site import CentralPlace
from crf_app.cli.files import PATH, read_bytes, write_bytes
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb, Verbs, verb_line
from crf_app.errors import CrfError

SECRET: Final = "central's secret"
_BUNDLES: Final = "*.crf"


def _place(context: click.Context, _: click.Parameter, value: Any) -> Any:
    """Keep a place option wherever it stands."""
    if value is not None:
        context.find_root().meta[str(_.name)] = value
    return value


def _options() -> list[click.Option]:
    return [
        click.Option(
            ["--dsn"],
            expose_value=False,
            callback=_place,
            metavar="DSN",
            help="PostgreSQL to use; also CRF_CENTRAL_DSN. Without it the embedded server.",
        ),
        click.Option(
            ["--central-home"],
            expose_value=False,
            callback=_place,
            type=PATH,
            metavar="DIR",
            help="Folder of central's keys and embedded server; also CRF_CENTRAL_HOME.",
        ),
    ]


class CentralVerb(Verb):
    """A verb that also takes where central is."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.params += _options()


class CentralVerbs(Verbs):
    command_class = CentralVerb


def place_of(call: Invocation) -> CentralPlace:
    """From the options, else the environment, else `central` in the home."""
    said = click.get_current_context().find_root().meta
    folder = said.get("central_home") or os.environ.get("CRF_CENTRAL_HOME") or call.home / "central"
    return CentralPlace(
        Path(folder).expanduser().absolute(), said.get("dsn") or os.environ.get("CRF_CENTRAL_DSN") or None
    )


@click.group("central", cls=CentralVerbs, short_help=verb_line("central"))
def central() -> None:
    """The central database: it receives and never edits."""


@central.command("init")
@click.option("--study", required=True, metavar="OID", help="The study's id.")
@click.option(
    "--env",
    default="test",
    show_default=True,
    type=click.Choice(["test", "production"]),
    help="As on the devices.",
)
@pass_call
def init(call: Invocation, study: str, env: str) -> None:
    """Make keys and database. Secret line: the secret for central's keys."""
    (secret,) = call.secrets(SECRET)
    place = place_of(call)
    its = central_site.init(place, study, env, secret)
    public = place.folder / central_site.PUBLIC
    call.say(
        {"ok": True, "study": study, "env": env, "public": str(public), "fingerprint": its},
        f"{public}\n{its}",
    )


@central.group("device", cls=CentralVerbs)
def device() -> None:
    """Computers that may send: add, list, revoke."""


class Enrolled(Protocol):
    """What is printed of a computer that central knows."""

    @property
    def site(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def epoch(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def added_at(self) -> str: ...
    @property
    def revoked_at(self) -> str | None: ...


def _device_fields(one: Enrolled) -> dict[str, Any]:
    return {
        "site": one.site,
        "device": one.device,
        "epoch": one.epoch,
        "name": one.name,
        "fingerprint": one.fingerprint,
        "added_at": one.added_at,
        "revoked_at": one.revoked_at,
    }


@device.command("add")
@click.argument("request", type=PATH)
@click.option(
    "--fingerprint", metavar="TEXT", help="As it was read out at the device; another one is refused."
)
@pass_call
def add(call: Invocation, request: Path, fingerprint: str | None) -> None:
    """Take in a computer by its request file; its fingerprint is shown."""
    one = central_site.device_add(place_of(call), read_bytes(request), fingerprint)
    call.say({"ok": True} | _device_fields(one), _device_line(call, one))


@device.command("list")
@pass_call
def list_(call: Invocation) -> None:
    """List all computers."""
    for one in central_site.device_list(place_of(call)):
        call.say(_device_fields(one), _device_line(call, one))


@device.command("revoke")
@click.argument("name", metavar="DEVICE")
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
@pass_call
def revoke(call: Invocation, name: str, reason: str) -> None:
    """Refuse this computer's bundles from now on; what it sent before stays."""
    for one in central_site.device_revoke(place_of(call), name, reason):
        call.say({"ok": True} | _device_fields(one), _device_line(call, one))


def _device_line(call: Invocation, one: Enrolled) -> str:
    state = (
        call.text(f"withdrawn {one.revoked_at[:10]}", f"已停用 {one.revoked_at[:10]}")
        if one.revoked_at
        else ""
    )
    return f"{one.site} {one.device}.{one.epoch}  {one.fingerprint}  {state}".rstrip()


@central.command("ingest")
@click.argument("sources", nargs=-1, required=True, type=PATH, metavar="FILE|DIR|-...")
@pass_call
def ingest(call: Invocation, sources: tuple[Path, ...]) -> None:
    """Take in bundles; a refused one does not stop the rest. Secret line: central's secret."""
    (secret,) = call.secrets(SECRET)
    bundles = list(_bundles(sources))
    codes = {0}
    for name, outcome in central_site.ingest(place_of(call), secret, bundles):
        if isinstance(outcome, CrfError):
            codes.add(outcome.exit_code)
            call.say(
                {"file": name, "ok": False} | outcome.as_json(call.language),
                f"{name}: {outcome.sentence(call.language)}",
            )
            continue
        assert not isinstance(outcome, Exception)
        said = {
            "file": name,
            "ok": True,
            "state": outcome.state,
            "bundle": outcome.bundle,
            "device": outcome.device,
            "epoch": outcome.epoch,
            "first": outcome.first,
            "last": outcome.last,
            "new": outcome.new,
            "receipt": outcome.number,
            "forked": outcome.forked,
            "released": [one.bundle for one in outcome.released],
            "message": call.of(outcome.texts),
        }
        call.say(said, f"{name}: {call.of(outcome.texts)}")
    call.exit_code = max(codes)


def _bundles(sources: tuple[Path, ...]) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """(name, how to read it): files as named, the bundles of a folder by name."""
    for source in sources:
        files = sorted(source.glob(_BUNDLES)) if source.is_dir() else [source]
        for file in files:
            yield str(file), partial(read_bytes, file)


@central.command("receipt")
@click.argument("name", metavar="DEVICE")
@click.argument("out", type=PATH)
@pass_call
def receipt(call: Invocation, name: str, out: Path) -> None:
    """Write the signed receipt for a computer to OUT. Secret line: central's secret."""
    (secret,) = call.secrets(SECRET)
    made = central_site.receipt(place_of(call), secret, name)
    path = out / f"{name}_receipt.crf" if out.is_dir() else out
    write_bytes(path, made.data)
    call.say({"ok": True, "receipt": str(path), "device": name, "size": len(made.data)}, str(path))


@central.command("verify")
@pass_call
def verify(call: Invocation) -> None:
    """Check every chain, seal and current value."""
    found = central_site.verify(place_of(call))
    call.exit_code = 0 if found.ok else 4
    listed = [call.text(en, zh) for en, zh in found.problems]
    said = {
        "ok": found.ok,
        "records": found.records,
        "chains": found.chains,
        "units": found.units,
        "problems": listed,
    }
    call.say(said, "\n".join([call.of(found.texts), *listed]))


@central.command("state-hash")
@pass_call
def state_hash(call: Invocation) -> None:
    """One hash over the data; equal at the device right after ingest."""
    value = central_site.state_hash(place_of(call))
    call.say({"state_hash": value}, value)
