"""Central: the same ledger in PostgreSQL, for the command line of the data management centre.

Central receives and never edits.  Without a DSN the embedded server of the folder is used; the folder also
holds `central.json` (keys under a secret) and `central.pub` (to carry to the devices).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crf_app.model.clock import Clock, SystemClock, utc_text
from crf_app.settings.folders import refuse_network_folder

if TYPE_CHECKING:
    from crf_app.central.devices import Device
    from crf_app.central.receive import Ingested
    from crf_app.central.verify import Verified
    from crf_app.sync.bundle import WrittenBundle

PUBLIC = "central.pub"


@dataclass(frozen=True, slots=True)
class CentralPlace:
    """Where central's files lie and how its database is reached (`dsn` None = embedded)."""

    folder: Path
    dsn: str | None = None


@contextmanager
def _connected(place: CentralPlace) -> Iterator[Any]:
    from crf_app.central.database import connect, reach

    server = reach(place.dsn, place.folder)
    try:
        with connect(server) as conn:
            yield conn
    finally:
        server.stop()


def init(place: CentralPlace, study: str, env: str, secret: str) -> str:
    """Make keys and database; returns the fingerprint that the devices compare.  Raises WrongState."""
    from crf_app.central.database import create
    from crf_app.central.keys import create_keys
    from crf_app.crypto.passwords import check_policy, password_bytes
    from crf_app.sync.central_public import read_central_public

    check_policy(secret, [study])
    place.folder.mkdir(parents=True, exist_ok=True)
    refuse_network_folder(place.folder)
    with _connected(place) as conn:
        create_keys(place.folder, study, env, password_bytes(secret))
        create(conn, study, env)
    return read_central_public((place.folder / PUBLIC).read_bytes()).fingerprint


def device_add(
    place: CentralPlace, request: bytes, expected: str | None = None, clock: Clock | None = None
) -> Device:
    """Take in a device by its request file.  Raises IdentityRefused."""
    from crf_app.central import devices

    with _connected(place) as conn:
        return devices.device_add(conn, request, now=_now(clock), expected=expected)


def device_revoke(place: CentralPlace, device: str, reason: str, clock: Clock | None = None) -> list[Device]:
    from crf_app.central import devices

    with _connected(place) as conn:
        return devices.device_revoke(conn, device, now=_now(clock), reason=reason)


def device_list(place: CentralPlace) -> list[Device]:
    from crf_app.central import devices

    with _connected(place) as conn:
        return devices.device_list(conn)


def ingest(
    place: CentralPlace,
    secret: str,
    bundles: list[tuple[str, Callable[[], bytes]]],
    clock: Clock | None = None,
) -> Iterator[tuple[str, Ingested | Exception]]:
    """Take in bundles one by one: (name, what became of it or its refusal)."""
    from crf_app.central import receive
    from crf_app.central.keys import unlock_keys
    from crf_app.crypto.passwords import password_bytes
    from crf_app.errors import CrfError

    keys = unlock_keys(place.folder, password_bytes(secret))
    with _connected(place) as conn:
        for name, read in bundles:
            try:
                yield name, receive.ingest(conn, keys, read(), now=_now(clock))
            except CrfError as refusal:
                yield name, refusal


def receipt(place: CentralPlace, secret: str, device: str, clock: Clock | None = None) -> WrittenBundle:
    """The signed receipt for one device.  Raises NotFound, WrongState."""
    from crf_app.central import feed
    from crf_app.central.keys import unlock_keys
    from crf_app.crypto.passwords import password_bytes

    keys = unlock_keys(place.folder, password_bytes(secret))
    with _connected(place) as conn:
        return feed.receipt(conn, keys, device, now=_now(clock))


def verify(place: CentralPlace) -> Verified:
    from crf_app.central import verify as checking

    with _connected(place) as conn:
        return checking.verify(conn)


def state_hash(place: CentralPlace) -> str:
    from crf_app.central import state

    with _connected(place) as conn:
        return state.state_hash(conn)


def _now(clock: Clock | None) -> str:
    return utc_text((clock or SystemClock()).now())
