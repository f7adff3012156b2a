"""A dose that runs stands first on "my day" with what limits it and what comes; Enter goes to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.actions.dose.doses_now import doses_now
from crf_app.actions.enter_data import enter_form
from crf_app.ui import words
from crf_app.ui.pages.administration import AdministrationPage

from .conftest import Desk


def thawed(at: Desk, minutes: int) -> None:
    """The dose was thawed so long ago, and was not started."""
    moment = at.session.clock.now() - timedelta(minutes=minutes)
    enter_form(at.session, at.key("F.GA"), {"IG.GA/I.GA.ARMCD": "MED"})
    given = {f"IG.EX.GIVEN/I.EX.{name}": "Y" for name in ("ECYN", "X_PRESAFE")}
    enter_form(at.session, at.key("F.EX"), given)
    enter_form(at.session, at.key("F.EX"), {"IG.EX.PROD/I.EX.X_PRODFRM": "FROZEN"})
    enter_form(at.session, at.key("F.EX"), {"IG.EX.PROD/I.EX.X_THAWDTM": f"{moment:%Y-%m-%dT%H:%M}"})


def started(at: Desk, minutes: int) -> None:
    """The dose runs for so long."""
    moment = at.session.clock.now() - timedelta(minutes=minutes)
    thawed(at, minutes + 20)
    answers = {"IG.EX/I.EX.ECSTDAT": f"{moment:%Y-%m-%d}", "IG.EX/I.EX.ECSTTIM": f"{moment:%H:%M}"}
    enter_form(at.session, at.key("F.EX"), answers)


def shown(at: Desk, qtbot: Any) -> Any:
    qtbot.waitExposed(at.window)
    at.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is at.window)
    at.window.show_day()
    return at.window.page


def test_a_thawed_dose_shows_its_limit_before_it_starts(desk: Callable[[str], Desk], qtbot: Any) -> None:
    at = desk("made.nurse")
    thawed(at, 31)
    (line,) = shown(at, qtbot).doses.lines
    assert line.title.text().startswith("ZN007 Infusion")
    assert line.said.text() == "Not started yet · Thaw to now: 58 min left, until 15:01"
    assert line.said.property("state") == "soft"


def test_a_dose_that_runs_shows_what_comes_and_enter_goes_there(
    desk: Callable[[str], Desk], qtbot: Any
) -> None:
    at = desk("made.nurse")
    started(at, 12)
    page = shown(at, qtbot)
    (line,) = page.doses.lines
    assert line.said.text() == (
        "Running since 13:50 · Thaw to now: 57 min left, until 15:00 · "
        "15 min after start is due 14:05, in 2 min"
    )
    here = QApplication.focusWidget()
    assert here is line.button
    at.window.clock.at += timedelta(minutes=20)
    page.doses.tick()
    assert "15 min after start was due 14:05, 17 min ago" in line.said.text()
    assert line.said.property("state") == "hard"
    QTest.keyClick(here, Qt.Key.Key_Return)
    opened = at.window.page
    assert isinstance(opened, AdministrationPage) and opened.key == at.key("F.EX")


def test_the_line_follows_the_language(desk: Callable[[str], Desk], qtbot: Any) -> None:
    at = desk("made.nurse")
    started(at, 12)
    page = shown(at, qtbot)
    words.set_language("zh")
    try:
        (line,) = page.doses.lines
        assert line.said.text().startswith("自 13:50 进行中·")
    finally:
        words.set_language("en")


def test_a_dose_of_last_week_is_no_matter_of_the_day(desk: Callable[[str], Desk]) -> None:
    at = desk("made.nurse")
    started(at, 12)
    assert len(doses_now(at.session, [(at.uid, "ZN007")])) == 1
    at.window.clock.at += timedelta(days=7)
    assert doses_now(at.session, [(at.uid, "ZN007")]) == []
