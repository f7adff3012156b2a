"""The signing sheet: shows exactly what is signed, keeps the focus, asks the password, says what broke."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.session import sign_in, sign_out
from crf_app.actions.subjects import find_subject
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.pages.signing_sheet import SigningSheet

PASSWORD = "made up for a test 1"
VALUES = {"VSPERF": "Y", "VSDAT": "2026-10-06", "SYSBP": "128", "DIABP": "78", "PULSE": "72", "RESP": "16",
          "TEMP": "36.6", "WEIGHT": "61"}  # fmt: skip


@pytest.fixture
def doctor(qtbot: Any, desk: Callable[[str], Any], site: Any, tmp_path: Any) -> Any:
    """The investigator before a completed form, the signing sheet open."""
    nurse = sign_in(tmp_path / "home", "made.nurse", PASSWORD)
    key = FormKey(find_subject(nurse, "ZN007"), "SE.V1", "F.VS")
    form = nurse.study.forms["F.VS"]
    for name, text in VALUES.items():
        oid = f"I.VS.{name}"
        enter_value(nurse, ItemKey(key, form.group_of[oid].oid, oid), text)
    complete_form(nurse, key)
    sign_out(nurse)
    one = desk("made.doctor")
    qtbot.waitExposed(one.window)
    one.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is one.window)
    one.window.show_form(key)
    QApplication.processEvents()
    tops = set(QApplication.topLevelWidgets())
    one.window.page.foot.buttons["sign"].click()
    assert set(QApplication.topLevelWidgets()) == tops
    QApplication.processEvents()
    return one


def sheet_of(one: Any) -> SigningSheet:
    content = one.window.shell.sheet.content
    assert isinstance(content, SigningSheet)
    return content


def choose_and_send(sheet: SigningSheet, password: str) -> None:
    sheet.meanings[0].setChecked(True)
    sheet.password.setText(password)
    QTest.keyClick(sheet.password, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def choose_and_sign(sheet: SigningSheet, password: str) -> None:
    window = sheet.window()
    choose_and_send(sheet, password)
    window.worker.wait()
    QApplication.processEvents()


def test_it_shows_what_is_signed_and_presets_no_meaning(doctor: Any) -> None:
    sheet = sheet_of(doctor)
    assert len(sheet.meanings) > 1 and sheet.chosen == ""
    assert sheet.sheet.sha256[:8] in sheet.hash.text()
    looks = sheet.forms.list.looks
    assert [looks.look(0, place).text for place in (0, 1)] == ["Vital signs", "8 values"]
    assert sheet.as_name.text() == "Made-up Investigator, investigator"
    sheet.meanings[0].setChecked(True)
    assert sheet.sheet.meanings[0].text.en in sheet.will_read.text()


def test_the_focus_stays_in_the_sheet(doctor: Any) -> None:
    sheet = sheet_of(doctor)
    for _ in range(12):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert sheet.isAncestorOf(QApplication.focusWidget())


def test_nothing_is_signed_without_a_meaning(doctor: Any) -> None:
    sheet = sheet_of(doctor)
    sheet.password.setText(PASSWORD)
    QTest.keyClick(sheet.password, Qt.Key.Key_Return)
    assert doctor.window.shell.sheet is not None
    assert sheet.notice.isVisible()
    assert form_page(doctor.session, doctor.window.page.key).signature is None


def test_a_wrong_password_is_said_and_the_sheet_stays(doctor: Any) -> None:
    sheet = sheet_of(doctor)
    choose_and_sign(sheet, "made up and wrong")
    assert sheet.notice.isVisible() and sheet.password.text() == ""
    assert form_page(doctor.session, doctor.window.page.key).signature is None


def test_signing_closes_the_sheet_and_the_page_says_by_whom(doctor: Any) -> None:
    choose_and_sign(sheet_of(doctor), PASSWORD)
    page = doctor.window.page
    assert isinstance(page, FormPageWidget)
    assert doctor.window.shell.sheet is None
    assert page.shown is not None and page.shown.signature is not None and page.shown.signature.valid
    assert "Made-up Investigator" in page.head.signature.text()
    assert page.head.state.text() == "Signed"
    assert not page.foot.buttons["sign"].isVisible()


def test_while_it_signs_the_sheet_stays_and_nothing_else_comes(doctor: Any) -> None:
    sheet, window, page = sheet_of(doctor), doctor.window, doctor.window.page
    choose_and_send(sheet, PASSWORD)
    assert sheet.busy and sheet.notice.isVisible() and not sheet.sign_button.isEnabled()
    QTest.keyClick(sheet.password, Qt.Key.Key_Escape)
    QTest.keyClick(sheet, Qt.Key.Key_F7)
    sheet.sign()
    window.go("subjects")
    assert window.page is page and window.shell.sheet is not None and window.shell.sheet.content is sheet
    window.worker.wait()
    QApplication.processEvents()
    assert window.shell.sheet is None and page.shown.signature.valid


def test_who_leaves_while_it_signs_finds_the_signature_later(doctor: Any, desk: Callable[[str], Any]) -> None:
    key = doctor.window.page.key
    choose_and_send(sheet_of(doctor), PASSWORD)
    doctor.window.sign_out()
    QApplication.processEvents()
    assert doctor.window.shell is None
    doctor.window.close()
    signature = form_page(desk("made.doctor").session, key).signature
    assert signature is not None and signature.valid


def test_a_later_change_shows_the_signature_as_broken(
    doctor: Any, qtbot: Any, desk: Callable[[str], Any]
) -> None:
    choose_and_sign(sheet_of(doctor), PASSWORD)
    key = doctor.window.page.key
    doctor.window.close()
    nurse = desk("made.nurse")
    enter_value(nurse.session, ItemKey(key, "IG.VS", "I.VS.SYSBP"), "126", reason="made up: source corrected")
    nurse.window.show_form(key)
    QApplication.processEvents()
    assert nurse.window.page.head.state.text() == "Re-sign"
    assert "no longer covers" in nurse.window.page.head.signature.text()


def test_escape_closes_the_sheet_and_nothing_is_signed(doctor: Any) -> None:
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert doctor.window.shell.sheet is None
    assert form_page(doctor.session, doctor.window.page.key).signature is None
