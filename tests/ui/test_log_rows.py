"""Rows of a log by keys: Ctrl+N begins one, Ctrl+D copies the one above without its dates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.actions.enter_data import enter_form, enter_value
from crf_app.actions.rows import add_row
from crf_app.model.keys import FormKey, ItemKey

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
