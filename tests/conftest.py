"""What all tests share: the real study, a home with four made-up people, sessions, and a clock that stands.

Tests run without a screen unless QT_QPA_PLATFORM says otherwise.  The only fake is the clock.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if os.environ.get("CI"):
    # the same examples in every run: chance finds bugs at home, it does not decide a landing
    settings.register_profile("ci", derandomize=True)
    settings.load_profile("ci")

if TYPE_CHECKING:
    from crf_app.actions.session import Session
    from crf_app.model.definition import Study
    from crf_app.rules.expression import Rules

FORMS = Path(__file__).resolve().parents[1] / "forms" / "hucmsc"
PASSWORD = "lantern harbour kite"  # of the four made-up people
PEOPLE = (
    ("admin", "Made-up Administrator", "administrator"),
    ("investigator", "Made-up Investigator", "investigator"),
    ("coordinator", "Made-up Coordinator", "coordinator"),
    ("nurse", "Made-up Nurse", "nurse"),
)
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=timezone(timedelta(hours=8)))


@dataclass
class FrozenClock:
    """Time that stands until a test moves it."""

    at: datetime = NOW
    seconds: float = 1000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    def move(self, **span: float) -> None:
        """move(days=1), move(seconds=30): wall clock and monotonic clock together."""
        step = timedelta(**span)
        self.at += step
        self.seconds += step.total_seconds()


@pytest.fixture(scope="session")
def study() -> Study:
    """The definition in forms/hucmsc."""
    from crf_app.model.load import load

    return load(FORMS).study


@pytest.fixture(scope="session")
def rules(study: Study) -> Rules:
    """Its rules, compiled once."""
    from crf_app.rules.expression import compile_study

    return compile_study(study)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(scope="session")
def password() -> str:
    """The password of each of the four made-up people."""
    return PASSWORD


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the study and four people, each with password, certificate and witness.  Never opened."""
    from crf_app.actions.people import accounts, first_run
    from crf_app.actions.session import sign_in, sign_out
    from crf_app.crypto.passwords import LIGHT

    home, clock = tmp_path_factory.mktemp("made") / "home", FrozenClock()
    first = [
        first_run.NewPerson(user, name, role, PASSWORD, own_password=True) for user, name, role in PEOPLE[:2]
    ]
    first_run.init(home, FORMS, first_run.Place("001", "D1", "test"), first, clock=clock, cost=LIGHT)
    once = "one-time made-up words"
    admin = sign_in(home, "admin", PASSWORD, clock)
    for user, name, role in PEOPLE[2:]:
        accounts.add_user(admin, user, name, role, once, cost=LIGHT)
    sign_out(admin)
    for user, _, _ in PEOPLE[2:]:
        person = sign_in(home, user, once, clock)
        accounts.change_password(person, once, PASSWORD, cost=LIGHT)
        sign_out(person)
    admin = sign_in(home, "admin", PASSWORD, clock)
    for user, _, _ in PEOPLE[2:]:
        accounts.certify(admin, user)
    sign_out(admin)
    investigator = sign_in(home, "investigator", PASSWORD, clock)
    for user, _, _ in PEOPLE[2:]:
        accounts.witness(investigator, user)
    sign_out(investigator)
    return home


@pytest.fixture(scope="session")
def new_subject() -> Callable[..., str]:
    """new_subject(session, "ZN001") → uid of a new subject whose consent is recorded: its forms are open."""
    from crf_app.actions.enter_data import enter_value
    from crf_app.actions.subjects import add_subject, next_number
    from crf_app.model.keys import FormKey, ItemKey

    def made(session: Session, label: str = "", consent: str = "2026-01-05") -> str:
        uid = add_subject(session, label or next_number(session)).subject
        form = FormKey(uid, "SE.SCR", "F.IC")
        enter_value(session, ItemKey(form, "IG.IC", "I.IC.DSSTDAT_IC"), consent)
        return uid

    return made


@pytest.fixture
def home(made_home: Path, tmp_path: Path) -> Path:
    """A copy of the made home for one test."""
    return Path(shutil.copytree(made_home, tmp_path / "home"))


@pytest.fixture
def session(home: Path, clock: FrozenClock) -> Iterator[Callable[..., Session]]:
    """session("nurse") signs that person in (the user id is the role, `admin` for the administrator).

    One person at a time works on a home: the next call signs the one before out.  Another home may be
    named: session("nurse", other_home).
    """
    from crf_app.actions.session import sign_in, sign_out

    open_now: dict[Path, Session] = {}

    def signed_in(user: str, where: Path | None = None, password: str = PASSWORD) -> Session:
        place = where or home
        user = "admin" if user == "administrator" else user
        if place in open_now:
            sign_out(open_now.pop(place))
        open_now[place] = sign_in(place, user, password, clock)
        return open_now[place]

    yield signed_in
    for one in open_now.values():
        sign_out(one)
