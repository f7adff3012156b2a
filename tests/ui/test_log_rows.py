"""Rows of a log by keys: Ctrl+N begins one, Ctrl+D copies the one above without its dates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.actions.enter_data import enter_form, enter_value
from crf_app.actions.row_copies import fill_row
from crf_app.actions.rows import add_row
from crf_app.model.keys import Answer, FormKey, ItemKey

from .conftest import Desk


def test_ctrl_d_copies_the_row_above_without_its_dates(desk: Callable[[str], Desk], qtbot: Any) -> None:
    at = desk("made.nurse")
    key = FormKey(at.uid, "SE.LOG", "F.AE")
    enter_value(at.session, ItemKey(key, "IG.AEYN", "I.AE.AEYN"), "Y")
    first = add_row(at.session, key, "IG.AE").row
    enter_form(
        at.session, key, {f"{first}/I.AE.AETERM": "made-up fever", f"{first}/I.AE.AESTDAT": "2026-10-06"}
    )
    qtbot.waitExposed(at.window)
    at.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is at.window)
    at.window.show_row(key, first)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    rows = at.session.subject(at.uid).live_rows(key)["IG.AE"]
    values = at.session.subject(at.uid).values(key)
    assert len(rows) == 2
    assert values[f"IG.AE~{rows[1]}/I.AE.AETERM"].value == "made-up fever"
    assert f"IG.AE~{rows[1]}/I.AE.AESTDAT" not in values
    assert at.window.page.current.key.group == f"IG.AE~{rows[1]}"


def test_tab_goes_to_the_list_its_buttons_and_the_time_line(desk: Callable[[str], Desk], qtbot: Any) -> None:
    """By keys alone: from the question to the rows, their buttons, then the chosen row's fields."""
    one = desk("made.nurse")
    qtbot.waitExposed(one.window)
    one.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is one.window)
    key = FormKey(one.uid, "SE.LOG", "F.AE")
    enter_form(one.session, key, {"IG.AEYN/I.AE.AEYN": "Y"})
    made = fill_row(one.session, key, "IG.AE", {"I.AE.AETERM": Answer("Fever (made up)"),
                                               "I.AE.AESTDAT": Answer("2026-10-01")})  # fmt: skip
    one.window.show_row(key, made.changes.row)
    page, passed = one.window.page, []
    page.go_to(ItemKey(key, "IG.AEYN", "I.AE.AEYN"))
    for _ in range(6):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        QApplication.processEvents()
        passed.append(QApplication.focusWidget())
    rows, line = page.view.sections[-1].list, page.view.sections[-1].time_line
    assert passed[:4] == [rows.table, rows.add_button, rows.remove_button, line.plot]
    assert passed[4] is rows.fields[0].input
    QTest.keyClick(passed[5], Qt.Key.Key_Backtab)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Backtab)
    assert QApplication.focusWidget() is line.plot


def test_the_list_stays_in_sight_beside_the_last_field(desk: Callable[[str], Desk], qtbot: Any) -> None:
    one = desk("made.nurse")
    key = FormKey(one.uid, "SE.LOG", "F.AE")
    enter_form(one.session, key, {"IG.AEYN/I.AE.AEYN": "Y"})
    made = fill_row(one.session, key, "IG.AE", {"I.AE.AETERM": Answer("Fever (made up)")})
    one.window.show_row(key, made.changes.row)
    QApplication.processEvents()
    page = one.window.page
    rows, area = page.view.sections[-1].list, page.view.area
    assert rows.beside
    page.go_to(rows.fields[-1].key)
    QApplication.processEvents()
    assert area.verticalScrollBar().value() > 200
    assert rows.table.visibleRegion().boundingRect().height() == rows.table.height()
    area.verticalScrollBar().setValue(0)
    QApplication.processEvents()
    assert rows.table.mapTo(rows, rows.table.rect().topLeft()).y() < 20
