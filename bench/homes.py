"""Homes to measure in: made-up people, made-up study, made-up data from a seed, in a temporary folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from crf_app.actions.demo.demo_site import PASSWORD, PLACE, make_people
from crf_app.actions.demo.generate import PROFILES, Generated, generate
from crf_app.actions.demo.made_up_study import write_study
from crf_app.actions.demo.made_up_subject import WalkingClock
from crf_app.actions.people.first_run import Place
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.crypto.passwords import LIGHT
from crf_app.model.clock import SystemClock

SEED = 1


@contextmanager
def made_home(profile: str = "W0", place: Place = PLACE) -> Iterator[Path]:
    """A home with people and the profile's made-up study, without subjects; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="crf-bench-") as folder:
        study, home = Path(folder) / "study", Path(folder) / "home"
        write_study(study, PROFILES[profile].shape)
        make_people(home, study, WalkingClock(SystemClock().now() - timedelta(days=420)), LIGHT, place)
        yield home


@contextmanager
def session_of(home: Path, user: str = "nurse") -> Iterator[Session]:
    session = sign_in(home, user, PASSWORD, SystemClock())
    try:
        yield session
    finally:
        sign_out(session)


def fill(
    home: Path, profile: str = "W0", subjects: int | None = None, records: int | None = None
) -> Generated:
    """Made-up subjects from the seed."""
    with session_of(home) as session:
        return generate(session, profile, SEED, None, subjects, records)
