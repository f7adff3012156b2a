"""A home with made-up people, set up once and copied for each test, and a way to call the program.

Set-up goes through the actions with the cheapest allowed Argon2id, so that a sign-in costs little here.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crf_app import cli
from crf_app.actions import enter_data, subjects
from crf_app.actions.people import accounts, first_run
from crf_app.actions.session import sign_in, sign_out
from crf_app.crypto.passwords import LIGHT
from crf_app.model.keys import FormKey

sys.path.insert(0, str(Path(__file__).parent))  # kill_rounds

FORMS = Path(__file__).parents[2] / "forms" / "hucmsc"
ADMIN, INVESTIGATOR, NURSE = "lantern harbour kite", "violet anchor meadow", "copper willow stream"
PASSWORDS = {"ada": ADMIN, "ivo": INVESTIGATOR, "nia": NURSE}
ONE_TIME = "seven lakes and boats"


@pytest.fixture(scope="session")
def home_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ada administrator, ivo investigator, nia nurse; one subject ZN001 who consented, no other answers."""
    home = tmp_path_factory.mktemp("made") / "home"
    people = [
        first_run.NewPerson("ada", "Made-up Administrator", "administrator", ADMIN, own_password=True),
        first_run.NewPerson("ivo", "Made-up Investigator", "investigator", INVESTIGATOR, own_password=True),
    ]
    first_run.init(home, FORMS, first_run.Place("001", "D1"), people, cost=LIGHT)
    session = sign_in(home, "ada", ADMIN)
    accounts.add_user(session, "nia", "Made-up Nurse", "nurse", ONE_TIME, cost=LIGHT)
    sign_out(session)
    session = sign_in(home, "nia", ONE_TIME)
    accounts.change_password(session, ONE_TIME, NURSE, cost=LIGHT)
    sign_out(session)
    session = sign_in(home, "nia", NURSE)
    uid = subjects.add_subject(session, "ZN001").subject
    consent = {"IG.IC/I.IC.DSSTDAT_IC": "2026-01-05"}
    enter_data.enter_form(session, FormKey(uid, "SE.SCR", "F.IC"), consent)
    sign_out(session)
    return home


@pytest.fixture
def home(home_made: Path, tmp_path: Path) -> Path:
    """A copy of the home for one test."""
    return Path(shutil.copytree(home_made, tmp_path / "home"))


@dataclass(frozen=True)
class Said:
    """What a call left: exit code, both outputs."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[Any]:
        """Every line of stdout as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self) -> Any:
        (one,) = self.rows
        return one


class Opened(list[tuple[Path | None, Path | None]]):
    """Stands for the window: remembers with which home it was opened."""

    def __call__(
        self, home: Path | None = None, journey: Path | None = None, study: Path | None = None
    ) -> int:
        self.append((home, journey))
        return 0


Run = Callable[..., Said]


@pytest.fixture
def window() -> Opened:
    return Opened()


@pytest.fixture
def run(
    tmp_path: Path,
    window: Opened,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """`run("put", "ZN001", …, home=, as_="nia", secret="line\\nline", stdin=b"…")` in this process."""
    monkeypatch.delenv("CRF_HOME", raising=False)
    monkeypatch.delenv("CRF_CENTRAL_DSN", raising=False)

    def call(
        *argv: str, home: Path | None = None, as_: str = "", secret: str | None = None, stdin: bytes = b""
    ) -> Said:
        text = PASSWORDS.get(as_, "") if secret is None else secret
        file = tmp_path / "secret"
        file.write_text(text, "utf-8")
        monkeypatch.setenv("CRF_SECRET_FILE", str(file))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        common = [*(["--home", str(home)] if home else []), *(["--as", as_] if as_ else [])]
        code = cli.main([*common, *argv], window)
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Said(code, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the started programs keep their compiled modules, so that only the first one compiles."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def program(home: Path, tmp_path: Path, compiled: Path) -> tuple[list[str], dict[str, str]]:
    """(command, environment) of the real program on this test's home, signed in as nia by secret file."""
    secret = tmp_path / "nia.secret"
    secret.write_text(NURSE + "\n", "utf-8")
    environment = os.environ | {
        "CRF_SECRET_FILE": str(secret),
        "CRF_HOME": str(home),
        "PYTHONPYCACHEPREFIX": str(compiled),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONUNBUFFERED": "",
    }
    return [sys.executable, "-m", "crf_app", "--as", "nia"], environment
