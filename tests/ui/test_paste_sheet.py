"""Paste a report into the open form: preview, take out, reason, enter; the form shows the values."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.actions.enter_data import enter_value
from crf_app.model.keys import ItemKey
from crf_app.ui import words
from crf_app.ui.pages.paste_sheet import PasteSheet

REPORT = "丙氨酸氨基转移酶\t268\t↑\tU/L\nAST\t30\tU/L\nMade-up test\t5\n"


@pytest.fixture
def sheet(desk: Any, qtbot: Any) -> Any:
    def opened(text: str = REPORT, form: str = "F.LBC", user: str = "made.nurse") -> tuple[Any, Any]:
        one = desk(user)
        QApplication.clipboard().setText(text)
        one.window.show_form(one.key(form))
        QApplication.processEvents()
        return one, one.window

    return opened


def _open(window: Any) -> PasteSheet:
    target = QApplication.focusWidget() or window.page
    QTest.keyClick(
        target, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    QApplication.processEvents()
    found = window.shell.sheet.content
    assert isinstance(found, PasteSheet)
    return found


def _value(one: Any, name: str) -> str | None:
    form = one.session.study.forms["F.LBC"]
    local = f"{form.group_of[f'I.LBC.{name}'].oid}/I.LBC.{name}"
    return one.session.subject(one.uid).state(one.key("F.LBC")).items[local].answer.value


def test_report_from_the_clipboard_is_previewed_and_entered(sheet: Any) -> None:
    one, window = sheet()
    paste = _open(window)
    assert [line.outcome for line in paste.plan] == ["new", "new", "unknown"] and paste.accepted == {1, 2}
    assert _value(one, "ALT") is None
    paste.toggle(1)
    assert paste.accepted == {1} and paste.table.looks.look(1, 1).text == words.say("lab.out_left")
    QTest.keyClick(paste.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert (_value(one, "ALT"), _value(one, "AST")) == ("268", None)
    assert [line.outcome for line in paste.report.lines] == ["entered", "left", "unknown"]
    assert paste.report.isVisible() and not paste.table.isVisible()
    QTest.keyClick(paste.close_button, Qt.Key.Key_Escape)
    assert window.shell.sheet is None
    row = window.page.view.row(next(line.key.local for line in paste.plan if line.key))
    assert row.input.text() == "268"


def test_value_that_changes_asks_for_a_reason(sheet: Any) -> None:
    one, window = sheet("AST\t30\tU/L")
    group = one.session.study.forms["F.LBC"].group_of["I.LBC.AST"].oid
    enter_value(one.session, ItemKey(one.key("F.LBC"), group, "I.LBC.AST"), "60")
    paste = _open(window)
    assert paste.reason.isVisible() and paste.plan[0].outcome == "differs"
    paste.enter()
    assert _value(one, "AST") == "60" and paste.report.lines[0].outcome == "refused"
    window.hide_sheet()
    paste = _open(window)
    paste.reason.setText("corrected report")
    paste.enter()
    assert _value(one, "AST") == "30"


def test_report_of_another_subject_shows_no_line(sheet: Any) -> None:
    _, window = sheet("ZN008\nALT\t46")
    paste = _open(window)
    assert paste.plan == [] and "Nothing was written" in paste.notice.words.text()
    assert not paste.enter_button.isEnabled()
    paste.text.setPlainText("")
    assert paste.none.isVisible() and not paste.notice.isVisible()


def test_only_a_laboratory_form_and_who_may_enter_is_offered_it(sheet: Any) -> None:
    _, window = sheet(form="F.VS")
    assert not window.page.foot.buttons["paste"].isVisible()
    QTest.keyClick(
        QApplication.focusWidget() or window.page,
        Qt.Key.Key_V,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    assert window.shell.sheet is None


def test_sheet_follows_the_language(sheet: Any) -> None:
    _, window = sheet()
    paste = _open(window)
    words.set_language("zh")
    assert paste.enter_button.text().startswith("录入") or "录入" in paste.enter_button.accessibleName()
    assert paste.table.looks.look(0, 1).text == "新值"
    words.set_language("en")
