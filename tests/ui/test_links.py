"""A field that names a row of another form: its list has the rows in words, and it takes the number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.actions import rows
from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.model.keys import ItemKey
from crf_app.ui import words
from crf_app.ui.form.choice_list import ChoiceList
from crf_app.ui.pages.form import FormPageWidget


class Reports:
    """The report form of a subject with one adverse event, open in the window."""

    def __init__(self, desk: Any) -> None:
        self.desk, self.session = desk, desk.session
        self.log = desk.key("F.AE", "SE.LOG")
        enter_value(self.session, ItemKey(self.log, "IG.AEYN", "I.AE.AEYN"), "Y")
        self.event("Made-up headache", "2026-10-07")
        self.key = desk.key("F.SAE", "SE.LOG")
        self.part = rows.add_row(self.session, self.key, "IG.SAE").row
        self.cell = ItemKey(self.key, self.part, "I.SAE.X_SAEAE")
        desk.window.show_form(self.key)
        QApplication.processEvents()

    def event(self, term: str, day: str) -> str:
        part: str = rows.add_row(self.session, self.log, "IG.AE").row
        enter_value(self.session, ItemKey(self.log, part, "I.AE.AETERM"), term)
        self.last = enter_value(self.session, ItemKey(self.log, part, "I.AE.AESTDAT"), day)
        return part.partition("~")[2]

    @property
    def field(self) -> ChoiceList:
        page = self.desk.window.page
        assert isinstance(page, FormPageWidget)
        row = page.view.row(self.cell.local)
        assert row is not None and isinstance(row.input, ChoiceList)
        return row.input

    @property
    def stored(self) -> str | None:
        lines = form_page(self.session, self.key).lines
        return next(line for line in lines if line.key == self.cell).state.answer.value

    def type(self, text: str) -> None:
        self.field.select()
        QTest.keyClicks(self.field.line, text)


@pytest.fixture
def reports(desk: Callable[..., Any], qtbot: Any) -> Reports:
    made = desk()
    qtbot.waitExposed(made.window)
    return Reports(made)


def _offered(field: ChoiceList) -> list[str]:
    return [field.list.item(n).text() for n in range(field.list.count())]


def test_typing_offers_the_rows_in_words_and_enter_takes_one(reports: Reports) -> None:
    reports.type("head")
    assert _offered(reports.field) == ["1 · Made-up headache · 2026-10-07"]
    QTest.keyClick(reports.field.line, Qt.Key.Key_Return)
    assert reports.stored is not None and len(reports.stored) == 10
    assert reports.field.line.text() == "1 · Made-up headache · 2026-10-07"


def test_the_number_alone_is_understood(reports: Reports) -> None:
    uid = reports.event("Made-up nausea", "2026-10-08")
    reports.desk.window.show_form(reports.key)
    reports.type("#2")
    QTest.keyClick(reports.field.line, Qt.Key.Key_Return)
    assert reports.stored == uid


def test_a_row_added_meanwhile_is_offered(reports: Reports) -> None:
    reports.event("Made-up nausea", "2026-10-08")
    reports.desk.window.ledger_changed.emit(reports.last)
    QApplication.processEvents()
    reports.type("nau")
    assert _offered(reports.field) == ["2 · Made-up nausea · 2026-10-08"]


def test_a_row_that_was_removed_is_said_and_asked_about(reports: Reports) -> None:
    uid = reports.event("Made-up nausea", "2026-10-08")
    enter_value(reports.session, reports.cell, "#2")
    rows.remove_row(reports.session, reports.log, f"IG.AE~{uid}", "typed twice")
    reports.desk.window.show_form(reports.key)
    QApplication.processEvents()
    assert reports.field.line.text() == "2 · Made-up nausea · 2026-10-08 · removed"
    words.set_language("zh")
    reports.desk.window.show_form(reports.key)
    QApplication.processEvents()
    row = reports.desk.window.page.view.row(reports.cell.local)
    assert row.status == "hard" and "此处所指的行已不存在" in row.under.content.sentence
