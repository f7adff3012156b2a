"""A real PostgreSQL for all tests of central: one server a session, one database a test."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "sync"))

from central_simulator import Central, Databases, embedded_server

from crf_app.central import database


@pytest.fixture(scope="session")
def server() -> Iterator[database.Server]:
    with embedded_server() as started:
        yield started


@pytest.fixture(scope="session")
def databases(server: database.Server) -> Databases:
    return Databases(server)


@pytest.fixture
def new_central(databases: Databases) -> Iterator[Callable[[], Central]]:
    """Makes an empty central; the one made before in the same test is dropped."""
    made: list[Central] = []

    def drop() -> None:
        while made:
            databases.drop(made.pop())

    def make() -> Central:
        drop()
        made.append(databases.new())
        return made[-1]

    yield make
    drop()


@pytest.fixture
def central(new_central: Callable[[], Central]) -> Central:
    return new_central()
