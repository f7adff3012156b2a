"""A made-up site for the window's tests: real store, real study, real key events; only the clock is set."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from crf_app.actions.enter_data import enter_value
from crf_app.actions.people.first_run import NewPerson, Place, init
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.actions.subjects import add_subject, find_subject
from crf_app.crypto.passwords import LIGHT
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui import style, words
from crf_app.ui.main_window import MainWindow

PASSWORD = "made up for a test 1"
PEOPLE = (
    NewPerson("made.nurse", "Made-up Nurse", "nurse", PASSWORD, own_password=True),
    NewPerson("made.doctor", "Made-up Investigator", "investigator", PASSWORD, own_password=True),
    NewPerson("made.admin", "Made-up Administrator", "administrator", PASSWORD, own_password=True),
)


@dataclass
class SetClock:
    """Stands still at a made-up afternoon."""

    at: datetime = field(default=datetime(2026, 10, 6, 14, 2, 31, tzinfo=timezone(timedelta(hours=8))))

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the shipped study, three people and one subject; tests work on copies."""
    home = tmp_path_factory.mktemp("site") / "home"
    home.mkdir()
    clock = SetClock()
    folder = Path(__file__).parents[2] / "forms" / "hucmsc"
    init(home, folder, Place("S01", "WARD01"), PEOPLE, clock, LIGHT)
    session = sign_in(home, "made.nurse", PASSWORD, clock)
    add_subject(session, "ZN007")
    uid = find_subject(session, "ZN007")
    for event, form, group, item, text in (
        ("SE.SCR", "F.IC", "IG.IC", "I.IC.DSSTDAT_IC", "2026-08-20"),
        ("SE.SCR", "F.DM", "IG.DM", "I.DM.SEX", "F"),
        ("SE.V1", "F.SV", "IG.SV", "I.SV.SVOCCUR", "Y"),
        ("SE.V1", "F.SV", "IG.SV", "I.SV.SVSTDAT", "2026-10-06"),
    ):
        enter_value(session, ItemKey(FormKey(uid, event, form), group, item), text)
    sign_out(session)
    return home


@dataclass
class Desk:
    """A window with one person at work, and the made-up subject."""

    window: MainWindow
    session: Session
    uid: str

    def key(self, form: str, event: str = "SE.V1") -> FormKey:
        return FormKey(self.uid, event, form)


def dress(app: QApplication) -> None:
    """Light and 100 %; a sheet that is there already is not set again, which is slow."""
    now = style.current()
    if (now.theme, now.scale) != ("light", 1.0) or not app.styleSheet():
        style.apply(app, "light", 1.0)


@pytest.fixture
def desk(site: Path, tmp_path: Path, qapp: QApplication) -> Iterator[Callable[[str], Desk]]:
    """`desk("made.nurse")` opens the window with that person signed in, at light and 100 %, in English."""
    opened: list[Desk] = []
    home = tmp_path / "home"
    shutil.copytree(site, home)
    style.load_font()
    dress(qapp)
    words.set_language("en")

    def open_desk(user: str = "made.nurse") -> Desk:
        clock = SetClock()
        window = MainWindow(home, clock)
        window.show()
        session = sign_in(home, user, PASSWORD, clock)
        window.signed_in(session)
        made = Desk(window, session, find_subject(session, "ZN007"))
        opened.append(made)
        return made

    yield open_desk
    for one in opened:
        one.window.close()
        one.window.deleteLater()
    words.set_language("en")
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    dress(qapp)
    qapp.processEvents()
