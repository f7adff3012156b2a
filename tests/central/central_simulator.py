"""Centrals with their databases, and devices that enrol there: shared by the tests here and `make soak`."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from ledger_simulator import ENV, SITE, STUDY, Device

from crf_app.central import database, devices, receive
from crf_app.central.keys import CentralKeys
from crf_app.crypto.certificates import make_site_certificate
from crf_app.crypto.keys import Ed25519Key, P256Key, X25519Key
from crf_app.sync import enrolment

NOW = "2026-11-22T10:00:00.000Z"
SITE_KEY = P256Key.generate()
SITE_CERTIFICATE = make_site_certificate(SITE_KEY, STUDY, SITE, datetime(2026, 11, 22, tzinfo=UTC))


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


@dataclass
class Databases:
    """Empty centrals on one server: one database each, copied from a migrated template."""

    server: database.Server
    template: str = ""
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.template = self._create("")
        with database.connect(self._at(self.template)) as conn:
            database.create(conn, STUDY, ENV)

    def new(self) -> Central:
        own = self._at(self._create(f"TEMPLATE {self.template}"))
        return Central(own, database.connect(own), KEYS)

    def drop(self, central: Central) -> None:
        name = central.conn.info.dbname
        central.conn.close()
        with psycopg.connect(self.server.dsn, autocommit=True) as conn:
            conn.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]

    def _create(self, how: str) -> str:
        name = f"central_{next(self._numbers)}"
        with psycopg.connect(self.server.dsn, autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name} {how}")  # type: ignore[arg-type]
        return name

    def _at(self, name: str) -> database.Server:
        return database.Server(psycopg.conninfo.make_conninfo(self.server.dsn, dbname=name))


@contextmanager
def embedded_server() -> Iterator[database.Server]:
    """Not under pytest's own folder: PostgreSQL runs as another user there when we are root, and every
    other pytest session takes away that user's right to pass through."""
    folder = Path(tempfile.mkdtemp(prefix="crf-postgres-"))
    started = database.reach(None, folder / "data")
    with psycopg.connect(started.dsn, autocommit=True) as conn:  # hundreds of databases come and go
        conn.execute("ALTER SYSTEM SET fsync = off")
        conn.execute("SELECT pg_reload_conf()")
    try:
        yield started
    finally:
        started.stop()
        shutil.rmtree(folder)


KEYS = CentralKeys(STUDY, ENV, Ed25519Key.generate(), X25519Key.generate())
