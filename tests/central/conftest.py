"""A real PostgreSQL for all tests of central: one server a session, one database a test."""

import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "sync"))

from ledger_simulator import ENV, SITE, STUDY, Device

from crf_app.central import database, devices, receive
from crf_app.central.keys import CentralKeys
from crf_app.crypto.certificates import make_site_certificate
from crf_app.crypto.keys import Ed25519Key, P256Key, X25519Key
from crf_app.sync import enrolment

NOW = "2026-11-22T10:00:00.000Z"
SITE_KEY = P256Key.generate()
SITE_CERTIFICATE = make_site_certificate(SITE_KEY, STUDY, SITE, datetime(2026, 11, 22, tzinfo=UTC))
_numbers = itertools.count()


def request_of(device: Device, site_key: P256Key = SITE_KEY, certificate: bytes = SITE_CERTIFICATE) -> bytes:
    """The enrolment request of a simulated device; its chain begins with the device.enrol record."""
    identity = enrolment.DeviceIdentity(
        STUDY,
        ENV,
        device.site,
        device.name,
        device.epoch,
        "made-up laptop",
        device.sign.public,
        device.box.public,
    )
    value = enrolment.enrol_value(identity, site_key.sign)
    record = device.make("device.enrol", subject=None, def_=None, key=device.name, value=value)
    return enrolment.write_request(identity, certificate, record, NOW, device.sign.sign)


@dataclass
class Central:
    """One central with its database."""

    server: database.Server
    conn: psycopg.Connection[Any]
    keys: CentralKeys

    def enrol(self, *names: str) -> list[Device]:
        made = [Device(name) for name in names]
        for device in made:
            devices.device_add(self.conn, request_of(device), now=NOW)
        return made

    def ingest(self, data: bytes) -> receive.Ingested:
        return receive.ingest(self.conn, self.keys, data, now=NOW)

    def bundle(self, device: Device, first: int = 1, last: int | None = None) -> bytes:
        return device.bundle(first, last, [self.keys.box.public]).data

    def one(self, sql: str, *values: object) -> Any:
        row = self.conn.execute(sql, values).fetchone()  # type: ignore[arg-type]
        return row[0] if row else None


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[database.Server]:
    folder = tmp_path_factory.mktemp("postgres")
    started = database.reach(None, folder / "data")
    yield started
    started.stop()


@pytest.fixture(scope="session")
def template(server: database.Server) -> str:
    """A migrated, empty central to copy."""
    name = f"template_{next(_numbers)}"
    with psycopg.connect(server.dsn, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}")
    with database.connect(database.Server(_dsn(server, name))) as conn:
        database.create(conn, STUDY, ENV)
    return name


@pytest.fixture
def new_central(server: database.Server, template: str) -> Iterator[Callable[[], Central]]:
    made: list[Central] = []

    def make() -> Central:
        name = f"central_{next(_numbers)}"
        with psycopg.connect(server.dsn, autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        own = database.Server(_dsn(server, name))
        made.append(Central(own, database.connect(own), KEYS))
        return made[-1]

    yield make
    for central in made:
        central.conn.close()


@pytest.fixture
def central(new_central: Callable[[], Central]) -> Central:
    return new_central()


KEYS = CentralKeys(STUDY, ENV, Ed25519Key.generate(), X25519Key.generate())


def _dsn(server: database.Server, name: str) -> str:
    return psycopg.conninfo.make_conninfo(server.dsn, dbname=name)
