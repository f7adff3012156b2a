"""A whole visit signed in the window: by keyboard alone, stopped, refused, read first, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_form, enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.session import sign_in, sign_out
from crf_app.actions.subjects import find_subject
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui import style, words
from crf_app.ui.pages.casebook import CasebookPage
from crf_app.ui.pages.pdf_preview import PdfPreviewPage
from crf_app.ui.pages.signing_sheet import SigningSheet

PASSWORD = "made up for a test 1"
SYSBP = "IG.VS/I.VS.SYSBP"
VALUES = {"VSDAT": "2026-10-06", "SYSBP": "128", "DIABP": "78", "PULSE": "72", "RESP": "16",
          "TEMP": "36.6", "WEIGHT": "61"}  # fmt: skip
KEY, CONTROL = Qt.Key, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def doctor(qtbot: Any, desk: Callable[[str], Any], site: Any, tmp_path: Path) -> Any:
    """The investigator before the casebook; of day 1 two forms are complete, one value of them corrected."""
    nurse = sign_in(tmp_path / "home", "made.nurse", PASSWORD)
    uid = find_subject(nurse, "ZN007")
    signs, score = FormKey(uid, "SE.V1", "F.VS"), FormKey(uid, "SE.V1", "F.MELD")
    enter_form(
        nurse, signs, {"IG.VS.PERF/I.VS.VSPERF": "Y"} | {f"IG.VS/I.VS.{k}": v for k, v in VALUES.items()}
    )
    enter_value(nurse, ItemKey(signs, "IG.VS", "I.VS.SYSBP"), "126", reason="made up: source corrected")
    enter_form(nurse, score, {"IG.MELD.PERF/I.MELD.RSPERF": "N", "IG.MELD.PERF/I.MELD.RSREASND": "!UNK"})
    for key in (signs, score):
        complete_form(nurse, key)
    sign_out(nurse)
    one = desk("made.doctor")
    qtbot.waitExposed(one.window)
    one.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is one.window)
    one.window.show_casebook(one.uid)
    one.window.page.rest.finish()
    one.window.page.acts.go_to_visit("SE.V1")
    return one


def press(key: Qt.Key, control: bool = False) -> None:
    QTest.keyClick(QApplication.focusWidget(), key, CONTROL if control else Qt.KeyboardModifier.NoModifier)
    QApplication.processEvents()


def sheet_of(one: Any) -> SigningSheet:
    content = one.window.shell.sheet.content
    assert isinstance(content, SigningSheet)
    return content


def opened(one: Any) -> SigningSheet:
    press(KEY.Key_Return, control=True)
    return sheet_of(one)


def send(one: Any, password: str = PASSWORD) -> SigningSheet:
    """Ctrl+Enter, the first meaning, Tab to the password, Enter: no mouse."""
    sheet = opened(one)
    press(KEY.Key_Space)
    for _ in sheet.meanings:
        press(KEY.Key_Tab)
    assert QApplication.focusWidget() is sheet.password
    QTest.keyClicks(sheet.password, password)
    QTest.keyClick(sheet.password, KEY.Key_Return)
    return sheet


def ended(one: Any) -> None:
    one.window.worker.wait()
    QApplication.processEvents()


def signatures(one: Any) -> list[bool]:
    pages = [form_page(one.session, one.key(form)) for form in ("F.VS", "F.MELD", "F.SV")]
    return [page.signature is not None and page.signature.valid for page in pages]


def test_a_visit_is_signed_by_keyboard_and_the_casebook_shows_it(doctor: Any) -> None:
    tops = set(QApplication.topLevelWidgets())
    send(doctor)
    ended(doctor)
    page = doctor.window.page
    assert isinstance(page, CasebookPage) and doctor.window.shell.sheet is None
    assert set(QApplication.topLevelWidgets()) == tops
    assert signatures(doctor) == [True, True, False]
    page.rest.finish()
    assert [page.cells["SE.V1", form].state for form in ("F.VS", "F.MELD")] == ["signed", "signed"]
    assert page.notice.words.text().startswith("Visit V1: 2 forms, ")
    assert page.table.hasFocus() and verify(doctor.session).sound


def test_the_sheet_lists_what_is_signed_and_why_the_rest_is_left_out(doctor: Any) -> None:
    sheet = opened(doctor)
    assert (
        sheet.title.text() == "Sign visit V1, day 1" and sheet.sign_button.accessibleName() == "Sign visit V1"
    )
    rows = {one.text: one for one in _looks(sheet)}
    assert rows["Vital signs"].said == "Vital signs, 8 values, 1 changed after first entry"
    assert rows["Visit"].said.startswith("Left out: Visit date and status. Not complete, 2 of ")
    assert sheet.count.text() == f"2 forms, {len(sheet.sheet.left_out)} left out"
    assert "Made-up Investigator, investigator" in sheet.as_name.text()
    words.set_language("zh")
    doctor.window.shell.retranslate()
    assert sheet.title.text() == "签署访视 V1（第1天）" and "份表单，不签" in sheet.count.text()
    assert any("首次录入后有修改" in one.said for one in _looks(sheet))


def _looks(sheet: SigningSheet) -> list[Any]:
    looks = sheet.forms.list.looks
    return [looks.look(at, 0) for at in range(looks.rowCount())]


def test_the_changes_since_entry_are_told_in_words_and_the_focus_stays(doctor: Any) -> None:
    sheet = opened(doctor)
    press(KEY.Key_F8)
    said = sheet.forms.changes.toPlainText()
    assert "Systolic blood pressure: 128 → 126" in said and "made up: source corrected, Made-up Nurse" in said
    assert sheet.changes_button.accessibleName() == "Back to the forms"
    for _ in range(12):
        press(KEY.Key_Tab)
        assert sheet.isAncestorOf(QApplication.focusWidget())
    press(KEY.Key_F8)
    assert sheet.forms.list.hasFocus()


def test_a_form_is_read_on_paper_and_the_sheet_comes_back(doctor: Any) -> None:
    sheet = opened(doctor)
    sheet.forms.list.setFocus()
    press(KEY.Key_Down)
    assert sheet.read_button.accessibleName() == "Read MELD first"
    press(KEY.Key_F7)
    ended(doctor)
    page = doctor.window.page
    assert (
        isinstance(page, PdfPreviewPage)
        and page.key.form == "F.MELD"
        and page.back.text() == "Back to signing"
    )
    page.back.click()
    assert isinstance(doctor.window.page, CasebookPage) and sheet_of(doctor).sheet.whole_visit


def test_stopped_nothing_is_signed_and_the_sheet_says_so(doctor: Any) -> None:
    sheet = send(doctor)
    doctor.window.long.show_now()
    assert doctor.window.long.cover is not None and sheet.busy
    QTest.keyClick(doctor.window.long.cover, KEY.Key_Escape)
    ended(doctor)
    assert sheet_of(doctor) is sheet and sheet.notice.words.text() == "Stopped. Nothing is signed."
    assert signatures(doctor) == [False] * 3 and sheet.password.hasFocus() and sheet.password.text() == ""


def test_a_wrong_password_signs_nothing(doctor: Any) -> None:
    sheet = send(doctor, "made up and wrong")
    ended(doctor)
    assert sheet_of(doctor) is sheet and sheet.notice.isVisible() and signatures(doctor) == [False] * 3


def test_who_leaves_while_a_visit_is_signed_leaves_it_unsigned(
    doctor: Any, desk: Callable[[str], Any]
) -> None:
    send(doctor)
    doctor.window.sign_out()
    QApplication.processEvents()
    doctor.window.close()
    again = desk("made.doctor")
    assert signatures(again) == [False] * 3 and verify(again.session).sound


def test_the_time_in_the_line_goes_on_and_stops_when_the_person_leaves(doctor: Any) -> None:
    sheet = opened(doctor)
    press(KEY.Key_Space)
    assert "14:02:31" in sheet.will_read.text() and sheet._clock.isActive()
    doctor.window.clock.at += timedelta(seconds=7)
    sheet._clock.timeout.emit()
    assert "14:02:38" in sheet.will_read.text()
    doctor.window.sign_out()
    assert not sheet._clock.isActive()
    sheet._say_line()  # what the event loop still held speaks of nobody who is gone


def test_where_nothing_can_be_signed_the_casebook_says_how_the_forms_stand(doctor: Any) -> None:
    doctor.window.page.acts.go_to_visit("SE.V2")
    press(KEY.Key_Return, control=True)
    page = doctor.window.page
    assert doctor.window.shell.sheet is None and "not begun" in page.notice.words.text()
    assert page.sign.accessibleName() == "Sign V2"


def test_a_nurse_sees_no_way_to_sign_a_visit(desk: Callable[[str], Any]) -> None:
    one = desk("made.nurse")
    one.window.show_casebook(one.uid)
    one.window.page.acts.go_to_visit("SE.V1")
    assert one.window.page.sign.isHidden()
    one.window.page.table.setFocus()
    QTest.keyClick(one.window.page.table, KEY.Key_Return, CONTROL)
    assert one.window.shell.sheet is None and isinstance(one.window.page, CasebookPage)


def test_review_leads_to_the_sheet_of_the_whole_visit(doctor: Any) -> None:
    doctor.window.show_review()
    QApplication.processEvents()
    press(KEY.Key_Return, control=True)
    assert isinstance(doctor.window.page, CasebookPage)
    assert [one.key.event for one in sheet_of(doctor).sheet.forms] == ["SE.V1", "SE.V1"]


def test_the_field_with_the_focus_is_whole_in_sight_at_200_percent(doctor: Any, qapp: QApplication) -> None:
    style.apply(qapp, "light", 2.0)
    doctor.window.resize(1280, 800)
    doctor.window.show_casebook(doctor.uid)
    doctor.window.page.rest.finish()
    doctor.window.page.acts.go_to_visit("SE.V1")
    sheet = opened(doctor)
    for _ in range(2 * len(sheet.meanings) + 6):
        press(KEY.Key_Tab)
        here = QApplication.focusWidget()
        assert here.visibleRegion().boundingRect().height() == here.height(), here.objectName()
