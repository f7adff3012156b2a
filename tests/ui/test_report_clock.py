"""The hours of a report stand at the head of its log and on "my day"; Enter opens the row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.actions.clocks import subjects_with_clocks
from crf_app.actions.enter_data import enter_value
from crf_app.actions.rows import add_row, remove_row
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui import words
from crf_app.ui.pages.form import FormPageWidget

from .conftest import Desk


class Report:
    """A made-up report of which the site knew three hours ago."""

    def __init__(self, at: Desk) -> None:
        self.at, self.key = at, FormKey(at.uid, "SE.LOG", "F.SAE")
        self.part = add_row(at.session, self.key, "IG.SAE").row
        self.enter("X_SAEAWR", 0)

    def enter(self, name: str, hours: int) -> Any:
        moment = self.at.session.clock.now() - timedelta(hours=3 - hours)
        cell = ItemKey(self.key, self.part, f"I.SAE.{name}")
        return enter_value(self.at.session, cell, f"{moment:%Y-%m-%dT%H:%M}")


def ready(at: Desk, qtbot: Any) -> None:
    qtbot.waitExposed(at.window)
    at.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is at.window)


def test_my_day_begins_with_the_report_and_enter_opens_its_row(
    desk: Callable[[str], Desk], qtbot: Any
) -> None:
    at = desk("made.nurse")
    report = Report(at)
    ready(at, qtbot)
    at.window.show_day()
    page = at.window.page
    (line,) = page.reports.lines
    assert line.title.text() == "ZN007 Serious adverse event reports, row 1"
    assert line.said.text() == "20 h 59 min left. Due 7 Oct 11:02, 24 h from 11:02"
    assert line.said.property("state") == "soft" and line.said.text() in line.button.accessibleName()
    here = QApplication.focusWidget()
    assert here is line.button
    QTest.keyClick(here, Qt.Key.Key_Return)
    assert isinstance(at.window.page, FormPageWidget)
    assert at.window.page.current.key.group == report.part


def test_the_words_follow_the_clock_and_turn_when_it_is_late(desk: Callable[[str], Desk]) -> None:
    at = desk("made.nurse")
    Report(at)
    at.window.show_day()
    clocks = at.window.page.reports
    assert clocks.timer.isActive()
    at.window.clock.at += timedelta(hours=23, minutes=5)
    clocks.timer.timeout.emit()
    line = clocks.lines[0]
    assert line.said.text() == "Overdue by 2 h 5 min. Was due 11:02, 24 h from 6 Oct 11:02"
    assert line.said.property("state") == "hard"
    words.set_language("zh")
    assert at.window.page.reports.lines[0].said.text().startswith("已超 2")


def test_the_head_of_a_log_says_it_and_falls_silent_when_it_is_reported(desk: Callable[[str], Desk]) -> None:
    at = desk("made.nurse")
    report = Report(at)
    at.window.show_form(FormKey(at.uid, "SE.LOG", "F.AE"))
    page = at.window.page
    assert page.reports.isVisibleTo(page) and len(page.reports.lines) == 1
    at.window.show_form(at.key("F.VS"))
    assert not at.window.page.reports.isVisibleTo(at.window.page)
    at.window.show_form(report.key)
    page = at.window.page
    page.on_saved(report.enter("X_SAERPT", 2))
    assert not page.reports.isVisibleTo(page) and not page.reports.timer.isActive()


def test_whose_clock_runs_is_read_without_their_records(desk: Callable[[str], Desk]) -> None:
    at = desk("made.nurse")
    report = Report(at)
    asked = [at.uid, "nobody"]
    assert subjects_with_clocks(at.session, asked) == [at.uid]
    report.enter("X_SAERPT", 2)
    assert subjects_with_clocks(at.session, asked) == []
    other = Report(at)
    assert subjects_with_clocks(at.session, asked) == [at.uid]
    remove_row(at.session, other.key, other.part, "made-up reason")
    assert subjects_with_clocks(at.session, asked) == []
