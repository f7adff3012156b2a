"""A scanner is told from a person by its pace, and a wrong wristband stops everything.

Keys come through the native window, as a keyboard's do; each carries the time at which it was pressed.
"""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QEvent, QMimeData, Qt
from PySide6.QtGui import QInputMethodEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from crf_app.model.keys import FormKey
from crf_app.store import ledger, reads
from crf_app.ui import words
from crf_app.ui.pages.casebook import CasebookPage
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.pages.subjects import SubjectsPage
from crf_app.ui.scanner import LEAST

LABEL = "MSC-2610-0913-02|5.0e7|100|2026-10-06T18:00"


class Hands:
    """Presses keys into the native window at times of its own."""

    def __init__(self, window):
        self.window, self.ms = window, 1000

    def key(self, key, text="", after=5, modifiers=Qt.KeyboardModifier.NoModifier, repeat=False):
        self.ms += after
        event = QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text, repeat)
        event.setTimestamp(self.ms)
        QApplication.sendEvent(self.window.windowHandle(), event)

    def type(self, text, gap=5):
        for letter in text:
            if letter.isupper():
                self.key(Qt.Key.Key_Shift, after=0, modifiers=Qt.KeyboardModifier.ShiftModifier)
            self.key(QKeySequence(letter)[0].key() if letter.isalnum() else Qt.Key.Key_unknown, letter, gap)

    def enter(self, gap=5):
        self.key(Qt.Key.Key_Return, "\r", gap)

    def scan(self, text):
        self.ms += 1000
        self.type(text)
        self.enter()

    def settle(self):
        self.window.scanner._on_time()  # the 30 ms are over
        QApplication.processEvents()


@pytest.fixture
def desk_of_two(at_work, new_subject):
    """The nurse's window with two subjects: ZN007 whose vital signs are open, and ZN009."""
    window = at_work("nurse")
    uids = {label: new_subject(window.session, label) for label in ("ZN007", "ZN009")}
    window.uids, window.hands, window.heard = uids, Hands(window), []
    window.scanner.scanned.connect(window.heard.append)
    return window


def open_vital_signs(window, label="ZN007"):
    window.show_form(FormKey(window.uids[label], "SE.SCR", "F.VS"))
    QApplication.processEvents()
    field = next(row.input for row in window.page.view.fields() if row.key.item == "I.VS.SYSBP")
    field.select()
    return field


def answers(window):
    return [one.record for one in ledger.entries(window.session.store.conn, "kind = 'item.set'")]


# a scan is no typing


def test_a_scan_leaves_nothing_in_the_field_and_does_not_move_the_cursor(desk_of_two):
    field = open_vital_signs(desk_of_two)
    field.setText("12")
    before = len(answers(desk_of_two))
    desk_of_two.hands.scan("ZN007")
    assert desk_of_two.heard == ["ZN007"]
    assert field.text() == "12" and field.hasFocus() and len(answers(desk_of_two)) == before


def test_keys_through_the_real_window_are_a_scan(desk_of_two, qtbot):
    desk_of_two.show_subjects()
    handle = desk_of_two.windowHandle()
    for letter in "ZN009":
        QTest.keyClick(handle, letter)
    QTest.keyClick(handle, Qt.Key.Key_Return)
    assert desk_of_two.heard == ["ZN009"] and isinstance(desk_of_two.page, CasebookPage)


def test_a_scan_is_never_a_command(desk_of_two):
    desk_of_two.show_casebook(desk_of_two.uids["ZN007"])
    desk_of_two.hands.scan("UUUUUU")  # U is the extra visit
    assert desk_of_two.heard == ["UUUUUU"]
    assert isinstance(desk_of_two.page, CasebookPage) and desk_of_two.page.table.hasFocus()
    assert "UUUUUU" in desk_of_two.shell.notice.words.text()


def test_after_the_prefix_any_pace_is_a_scan(desk_of_two):
    field = open_vital_signs(desk_of_two)
    desk_of_two.hands.key(Qt.Key.Key_F12)
    desk_of_two.hands.type("ZN007", gap=200)
    desk_of_two.hands.enter(gap=200)
    assert desk_of_two.heard == ["ZN007"] and field.text() == ""


def test_a_prefix_without_an_end_is_dropped(desk_of_two):
    field = open_vital_signs(desk_of_two)
    desk_of_two.hands.key(Qt.Key.Key_F12)
    desk_of_two.hands.type("ZN0")
    desk_of_two.hands.settle()
    desk_of_two.hands.type("1", gap=100)
    desk_of_two.hands.settle()
    assert desk_of_two.heard == [] and field.text() == "1"


# typing is no scan


@pytest.mark.parametrize("gaps", [(31,) * 12, (10, 10, 10, 45) * 3, (5, 80, 5, 60) * 3])
def test_a_fast_typist_is_no_scanner(desk_of_two, gaps):
    field = open_vital_signs(desk_of_two)
    for digit, gap in zip("123456789012", gaps, strict=True):
        desk_of_two.hands.type(digit, gap)
    desk_of_two.hands.settle()
    assert desk_of_two.heard == [] and field.text() == "123456789012"


def test_a_short_burst_is_no_scan_and_enter_still_saves(desk_of_two):
    open_vital_signs(desk_of_two)
    desk_of_two.hands.type("128")
    assert LEAST > 3
    desk_of_two.hands.enter()
    assert answers(desk_of_two)[-1].value == "128" and desk_of_two.heard == []


def test_fast_keys_without_enter_reach_their_field_in_order(desk_of_two):
    field = open_vital_signs(desk_of_two)
    desk_of_two.hands.type("1283456")
    assert field.text() == ""
    desk_of_two.hands.settle()
    assert field.text() == "1283456"


def test_held_keys_reach_their_field_before_another_page_comes(desk_of_two):
    open_vital_signs(desk_of_two)
    desk_of_two.hands.type("12")
    desk_of_two.show_subjects()
    assert answers(desk_of_two)[-1].value == "12"


def test_pasted_and_composed_text_is_no_scan(desk_of_two):
    desk_of_two.show_subjects()
    search = desk_of_two.page.search
    search.setFocus()
    data = QMimeData()
    data.setText("ZN007")
    QApplication.clipboard().setMimeData(data)
    desk_of_two.hands.key(Qt.Key.Key_V, "\x16", modifiers=Qt.KeyboardModifier.ControlModifier)
    composed = QInputMethodEvent()
    composed.setCommitString("受试者七号")
    QApplication.sendEvent(search, composed)
    desk_of_two.hands.enter()
    assert desk_of_two.heard == [] and search.text() == "ZN007受试者七号"


def test_a_key_held_down_is_no_scan(desk_of_two):
    field = open_vital_signs(desk_of_two)
    desk_of_two.hands.type("1")
    for _ in range(8):
        desk_of_two.hands.key(Qt.Key.Key_1, "1", repeat=True)
    desk_of_two.hands.enter()
    assert desk_of_two.heard == [] and field.text() != "" and answers(desk_of_two)[-1].value == "111111111"


def test_nobody_is_scanned_while_the_screen_is_locked(desk_of_two):
    open_vital_signs(desk_of_two)
    desk_of_two.lock()
    desk_of_two.hands.scan("ZN009")
    assert desk_of_two.heard == [] and desk_of_two.cover.isVisible()


def test_no_page_acts_on_a_bare_letter_before_the_scanner_sees_it(desk_of_two):
    window = desk_of_two
    lists = (window.show_day, window.show_subjects, window.show_queries, window.show_review)
    for show in (*lists, lambda: window.show_casebook(window.uids["ZN007"])):
        show()
        keys = [one.key().toString() for one in desk_of_two.findChildren(QShortcut)]
        assert [one for one in keys if len(one) == 1] == []


# the right patient


def test_a_wristband_opens_its_subject_where_none_is_open(desk_of_two):
    desk_of_two.hands.scan("ZN009")
    assert desk_of_two.shell.header.label == "ZN009"
    assert "Wristband scanned" in desk_of_two.shell.header.accessibleName()


def test_an_unknown_wristband_says_so_and_opens_nothing(desk_of_two):
    desk_of_two.show_subjects()
    desk_of_two.hands.scan("ZN099")
    assert isinstance(desk_of_two.page, SubjectsPage)
    assert "ZN099" in desk_of_two.shell.notice.words.text()


def test_the_matching_wristband_is_said_in_the_header_for_this_subject_only(desk_of_two):
    open_vital_signs(desk_of_two)
    assert "Wristband" not in desk_of_two.shell.header.accessibleName()
    desk_of_two.hands.scan("ZN007")
    assert "Wristband scanned 09:00" in desk_of_two.shell.header.accessibleName()
    desk_of_two.show_casebook(desk_of_two.uids["ZN009"])
    assert "Wristband" not in desk_of_two.shell.header.accessibleName()


def stopped(window, scanned="ZN009"):
    """The vital signs of ZN007 are open, "12" is typed, and another wristband is scanned."""
    field = open_vital_signs(window)
    window.hands.type("12", gap=100)
    window.hands.settle()
    before = len(answers(window))
    window.hands.scan(scanned)
    return field, before


def test_another_wristband_stops_entry_and_names_both(desk_of_two):
    field, before = stopped(desk_of_two)
    header = desk_of_two.shell.header
    assert header.property("state") == "hard"
    assert (
        header.accessibleName() == "This wristband is ZN009. The open record is ZN007. Nothing was written."
    )
    assert not field.isEnabled() and len(answers(desk_of_two)) == before
    words.set_language("zh")
    assert "ZN009" in header.accessibleName() and "未写入" in header.accessibleName()


def test_the_wrong_wristband_is_in_the_ledger(desk_of_two):
    stopped(desk_of_two)
    (one,) = [record for _, record in reads.records_of_kind(desk_of_two.session.store.conn, "session.refuse")]
    said = json.loads(one.value)
    assert said["code"] == "other_subject" and said["where"] == "ZN007" and said["scanned"] == "ZN009"


def test_scan_again_goes_back_to_the_field_with_what_was_typed(desk_of_two, qtbot):
    field, before = stopped(desk_of_two)
    desk_of_two.shell.header.findChild(object, "scan_again").click()
    assert field.isEnabled() and field.hasFocus() and field.text() == "12"
    assert desk_of_two.shell.header.property("state") != "hard" and len(answers(desk_of_two)) == before


def test_the_other_record_opens_and_typed_text_goes_into_neither(desk_of_two):
    _, before = stopped(desk_of_two)
    desk_of_two.shell.header.findChild(object, "open_other").click()
    QApplication.processEvents()
    assert desk_of_two.shell.header.label == "ZN009" and isinstance(desk_of_two.page, CasebookPage)
    assert desk_of_two.page.isEnabled() and len(answers(desk_of_two)) == before
    field = open_vital_signs(desk_of_two)
    assert field.text() == "12"  # it waited where it was typed


def test_scanning_the_right_wristband_after_the_wrong_one_goes_on(desk_of_two):
    field, _ = stopped(desk_of_two)
    desk_of_two.hands.scan("ZN007")
    assert field.isEnabled() and "Wristband scanned" in desk_of_two.shell.header.accessibleName()


def test_a_wristband_of_nobody_here_offers_no_record(desk_of_two):
    stopped(desk_of_two, "ZN099")
    header = desk_of_two.shell.header
    assert "ZN099, which is not on this device" in header.accessibleName()
    assert header.findChild(object, "open_other") is None


def test_keys_that_go_elsewhere_wait_until_somebody_decides(desk_of_two):
    stopped(desk_of_two)
    desk_of_two.go("subjects")
    assert isinstance(desk_of_two.page, FormPageWidget)


def test_a_label_is_for_the_page_that_takes_it(desk_of_two, monkeypatch):
    desk_of_two.show_subjects()
    desk_of_two.hands.scan(LABEL)
    assert "product label" in desk_of_two.shell.notice.words.text()
    taken = []
    monkeypatch.setattr(SubjectsPage, "on_scan", lambda page, one: taken.append(one) or True, raising=False)
    desk_of_two.hands.scan(LABEL)
    assert taken[0].parts["I.EX.ECREFID"] == "MSC-2610-0913-02"


def test_a_scan_in_the_search_opens_and_is_not_typed(desk_of_two):
    desk_of_two.show_day()
    desk_of_two.page.search.setFocus()
    desk_of_two.hands.scan("ZN007")
    assert desk_of_two.shell.header.label == "ZN007"
    assert QApplication.focusWidget() is not None and not isinstance(QApplication.focusWidget(), QLineEdit)


def test_another_person_has_scanned_nothing_yet(desk_of_two, clock, password):
    from crf_app.actions.session import sign_in

    desk_of_two.hands.scan("ZN007")
    desk_of_two.sign_out()
    desk_of_two.signed_in(sign_in(desk_of_two.home, "coordinator", password, clock))
    desk_of_two.show_casebook(desk_of_two.uids["ZN007"])
    assert "Wristband" not in desk_of_two.shell.header.accessibleName()
