"""A central to measure with: the embedded PostgreSQL as shipped, one empty database after another.

`fsync` and `synchronous_commit` stay on; each measured run begins with an empty central and a checkpoint.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from crf_app.central import database, devices
from crf_app.central.keys import CentralKeys
from crf_app.crypto.keys import Ed25519Key, X25519Key

NOW = "2026-11-22T10:00:00.000Z"
STUDY, ENV = "MADEUP", "test"


@dataclass
class CentralPlace:
    """The server, central's keys, and a database that knows the devices and holds nothing else."""

    server: database.Server
    keys: CentralKeys
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def enrol(self, requests: Sequence[bytes]) -> None:
        """Make the database that all others are copied from."""
        self._run("CREATE DATABASE template_of_all")
        with database.connect(self.at("template_of_all")) as conn:
            database.create(conn, STUDY, ENV)
            for request in requests:
                devices.device_add(conn, request, now=NOW)
            conn.execute("CREATE TABLE plain (LIKE audit_record INCLUDING DEFAULTS)")
            conn.execute("ALTER TABLE plain ADD PRIMARY KEY (device, epoch, seq, branch, site)")

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The name of an empty central; dropped afterwards."""
        name = f"central_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE template_of_all")
        self._run("CHECKPOINT")
        try:
            yield name
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection[Any]]:
        with self.empty() as name, database.connect(self.at(name)) as conn:
            yield conn

    def at(self, name: str) -> database.Server:
        return database.Server(psycopg.conninfo.make_conninfo(self.server.dsn, dbname=name))

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.server.dsn, autocommit=True) as conn:
            conn.execute(statement)  # type: ignore[arg-type]


@contextmanager
def central_place() -> Iterator[CentralPlace]:
    folder = Path(tempfile.mkdtemp(prefix="crf-bench-central-"))
    server = database.reach(None, folder / "data")
    try:
        with database.connect(server) as conn:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                row = conn.execute(f"SHOW {name}").fetchone()  # type: ignore[arg-type]
                assert row == ("on",), name
        yield CentralPlace(server, CentralKeys(STUDY, ENV, Ed25519Key.generate(), X25519Key.generate()))
    finally:
        server.stop()
        shutil.rmtree(folder)
