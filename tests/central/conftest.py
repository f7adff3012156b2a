"""A real PostgreSQL for all tests of central: one server a session, one database a test."""

import itertools
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "sync"))

from central_simulator import KEYS, Central
from ledger_simulator import ENV, STUDY

from crf_app.central import database

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[database.Server]:
    """Not under pytest's own folder: PostgreSQL runs as another user there when we are root, and every
    other pytest session takes away that user's right to pass through."""
    folder = Path(tempfile.mkdtemp(prefix="crf-postgres-"))
    started = database.reach(None, folder / "data")
    with psycopg.connect(started.dsn, autocommit=True) as conn:  # hundreds of databases come and go
        conn.execute("ALTER SYSTEM SET fsync = off")
        conn.execute("SELECT pg_reload_conf()")
    yield started
    started.stop()
    shutil.rmtree(folder)


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
    """Makes an empty central; the one made before in the same test is dropped."""
    made: list[tuple[str, Central]] = []

    def drop() -> None:
        while made:
            name, central = made.pop()
            central.conn.close()
            with psycopg.connect(server.dsn, autocommit=True) as conn:
                conn.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def make() -> Central:
        drop()
        name = f"central_{next(_numbers)}"
        with psycopg.connect(server.dsn, autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        own = database.Server(_dsn(server, name))
        made.append((name, Central(own, database.connect(own), KEYS)))
        return made[-1][1]

    yield make
    drop()


@pytest.fixture
def central(new_central: Callable[[], Central]) -> Central:
    return new_central()


def _dsn(server: database.Server, name: str) -> str:
    return psycopg.conninfo.make_conninfo(server.dsn, dbname=name)
