"""Ctrl+L and idleness cover the screen; what was typed stays; another person signs in anew."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from crf_app.settings.preferences import read_preferences
from crf_app.ui import style, words
from crf_app.ui.idle import MINUTE_MS
from crf_app.ui.pages.sign_in import SignInPage
from crf_app.ui.typed import interruption


@pytest.fixture
def locked(at_work, qtbot):
    window = at_work("nurse")
    qtbot.keyClicks(window.page.search, "ZN0")
    qtbot.keyClick(window.page.search, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    return window


def test_ctrl_l_covers_the_whole_window(locked):
    assert locked.locked and locked.cover.isVisible()
    assert locked.cover.geometry() == locked.rect() and locked.cover.password.hasFocus()
    picture = locked.grab().toImage()
    corner = picture.pixelColor(5, 5)
    assert corner == style.current().qcolor("bg")  # not the banner that lies beneath


def test_what_was_typed_is_back_after_the_password(locked, qtbot, settle, password):
    qtbot.keyClicks(locked.cover.password, password)
    qtbot.keyClick(locked.cover.password, Qt.Key.Key_Return)
    settle()
    assert not locked.locked and locked.cover is None
    assert locked.page.search.text() == "ZN0" and locked.page.search.hasFocus()


def test_a_wrong_password_stays_locked_and_is_said(locked, qtbot, settle):
    qtbot.keyClicks(locked.cover.password, "not the password")
    qtbot.keyClick(locked.cover.password, Qt.Key.Key_Return)
    settle()
    assert locked.locked and "4 tries left" in locked.cover.notice.words.text()


def test_no_key_reaches_what_lies_beneath(locked, qtbot):
    page = locked.page
    for key in (Qt.Key.Key_K, Qt.Key.Key_3, Qt.Key.Key_L):
        qtbot.keyClick(locked.cover.password, key, Qt.KeyboardModifier.ControlModifier)
    assert locked.page is page and locked.shell.sheet is None
    stops = set()
    for _ in range(6):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        stops.add(QApplication.focusWidget().objectName())
    assert stops == {"lock_password", "unlock", "change_person"}


def test_the_cover_follows_the_size_of_the_window(locked):
    locked.resize(1400, 900)
    QApplication.processEvents()
    assert locked.cover.geometry() == locked.rect()


def test_five_idle_minutes_lock_and_a_key_starts_them_anew(at_work, qtbot):
    window = at_work("nurse")
    assert window.idle.timer.interval() == 5 * MINUTE_MS == 300_000
    window.idle.timer.setInterval(10_000)
    window.idle.timer.start()
    event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Shift, Qt.KeyboardModifier.NoModifier)
    window.idle.timer.setInterval(9_000)
    before = window.idle.timer.remainingTime()
    QApplication.sendEvent(window.windowHandle(), event)
    assert window.idle.timer.isActive() and window.idle.timer.remainingTime() >= before - 50
    window.idle.timer.setInterval(20)
    window.idle.timer.start()
    qtbot.waitUntil(lambda: window.locked, timeout=2000)


def test_another_person_signs_in_after_the_first_is_signed_out(locked, qtbot):
    before = locked.session
    qtbot.keyClick(locked.cover.other, Qt.Key.Key_Return)
    assert isinstance(locked.page, SignInPage) and locked.shell is None and locked.cover is None
    assert locked._session is None and not locked.locked
    with pytest.raises(Exception, match="closed"):
        before.store.conn.execute("SELECT 1")


def test_the_cover_says_who_since_when_and_what_is_due(at_work, qtbot):
    window = at_work("nurse")
    window.cover_lines = lambda: ["Dose: vital signs are due since 09:00"]
    window.lock()
    assert window.cover.who.text() == "Made-up Nurse, Nurse, locked since 09:00"
    assert window.cover.due.isVisible() and "due since 09:00" in window.cover.due.text()
    words.set_language("zh")
    assert window.cover.who.text() == "Made-up Nurse（护士），09:00 起锁屏"


def test_nothing_due_leaves_no_empty_line(locked):
    assert not locked.cover.due.isVisible()


def test_the_idle_minutes_are_chosen_and_remembered(at_work, qtbot):
    window = at_work("nurse")
    window.show_account()
    qtbot.mouseClick(window.page.idle._buttons["2"], Qt.MouseButton.LeftButton)
    assert window.idle.timer.interval() == 2 * MINUTE_MS
    assert read_preferences(window.home).idle == 2


def test_an_hour_behind_the_lock_signs_out(locked, qtbot, monkeypatch):
    """The keys leave the memory; what was typed is on disk before."""
    locked.unlock()
    monkeypatch.setattr(interruption, "SIGN_OUT_MS", 30)
    locked.lock()
    qtbot.waitUntil(lambda: isinstance(locked.page, SignInPage), timeout=2000)
    assert locked._session is None and interruption.drafts_of(locked)._session is None


def test_cursor_and_selection_are_as_before_the_lock(at_work, qtbot):
    window = at_work("nurse")
    window.show_subjects()
    field = window.page.search
    field.setFocus()
    qtbot.keyClicks(field, "ZN0")
    field.setSelection(1, 2)
    window.lock()
    window.unlock()
    assert field.hasFocus() and field.selectedText() == "N0"
