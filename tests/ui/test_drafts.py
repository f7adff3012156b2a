"""Typed text survives lock, person and program; it comes back to its field with what, whose and when."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.actions import drafts as kept_drafts
from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.session import Session, sign_in
from crf_app.actions.subjects import find_subject
from crf_app.errors import StorageFull
from crf_app.model.keys import FormKey, ItemKey
from crf_app.store import drafts as stored
from crf_app.store import ledger
from crf_app.ui import words
from crf_app.ui.form import form_entry
from crf_app.ui.main_window import MainWindow
from crf_app.ui.typed.drafts import AGAIN_MS, WITHIN_MS, drafts_of
from crf_app.ui.typed.waiting_bar import WaitingBar
from crf_app.ui.typed.waiting_sheet import WaitingSheet

PASSWORD = "made up for a test 1"
SYS, PULSE, NOTE = "IG.VS/I.VS.SYSBP", "IG.VS/I.VS.PULSE", "IG.VS/I.VS.VSCOM"


class Bed:
    """One window after the other on one home, as after each start of the program."""

    def __init__(self, desk: Any) -> None:
        self.window: MainWindow = desk.window
        self.home, self.clock, self.uid = desk.window.home, desk.window.clock, desk.uid
        self.more: list[MainWindow] = []
        self.put("I.VS.VSPERF", "Y")

    @property
    def session(self) -> Session:
        return self.window.session

    @property
    def key(self) -> FormKey:
        return FormKey(self.uid, "SE.V1", "F.VS")

    def put(self, item: str, text: str) -> None:
        group = self.session.study.forms["F.VS"].group_of[item].oid
        enter_value(self.session, ItemKey(self.key, group, item), text)

    def open(self) -> Any:
        self.window.show_form(self.key)
        QApplication.processEvents()
        return self.window.page

    def row(self, local: str) -> Any:
        return self.window.page.view.row(local)

    def type(self, local: str, keys: str) -> Any:
        row = self.row(local)
        row.input.select()
        QTest.keyClicks(row.input, keys)
        return row

    def a_second_passes(self) -> None:
        drafts = drafts_of(self.window)
        assert drafts.timer.isActive() and drafts.timer.interval() <= 1000
        drafts.timer.timeout.emit()

    def stop(self, name: str, user: str = "made.nurse") -> None:
        """As after kill -9: the files as they are now, and a new program on them."""
        there = self.home.parent / name
        shutil.copytree(self.home, there, ignore=shutil.ignore_patterns("*-shm", "*.lock", "lock"))
        self.home = there
        self.start(user)

    def start(self, user: str) -> None:
        window = MainWindow(self.home, self.clock)
        self.more.append(window)
        window.show()
        self.window = window
        self.come(user)

    def come(self, user: str) -> None:
        self.window.signed_in(sign_in(self.home, user, PASSWORD, self.clock))
        QApplication.processEvents()

    def bar(self) -> WaitingBar | None:
        found = self.window.shell.findChild(WaitingBar) if self.window.shell is not None else None
        return found if found is not None and not found.isHidden() else None

    def said_saved(self) -> str:
        return self.window.shell.status.saved.text()

    def stored(self, local: str) -> str | None:
        lines = form_page(self.session, self.key).lines
        return next(line for line in lines if line.key.local == local).state.answer.value

    def on_disk(self, user: str = "made.nurse") -> dict[str, str]:
        return {one.key.local: one.text for one in stored.of_user(self.session.store.conn, user)}


@pytest.fixture
def bed(desk: Callable[..., Any]) -> Iterator[Bed]:
    made = Bed(desk())
    yield made
    for window in made.more:
        window.close()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_a_text_is_on_disk_within_a_second_of_the_first_key(bed: Bed, qtbot: Any) -> None:
    bed.open()
    bed.type(PULSE, "7")
    timer = drafts_of(bed.window).timer
    assert timer.isActive() and timer.remainingTime() <= WITHIN_MS < 1000
    QTest.qWait(60)
    before = timer.remainingTime()
    bed.type(SYS, "1")
    assert timer.remainingTime() <= before  # more keys do not put it off
    qtbot.waitUntil(lambda: bed.on_disk().get(SYS) == "1", timeout=1500)
    assert bed.stored(SYS) is None


def test_a_value_that_is_saved_leaves_nothing_behind_and_writes_once(bed: Bed) -> None:
    bed.open()
    bed.type(PULSE, "72")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert bed.stored(PULSE) == "72" and bed.on_disk() == {}
    bed.type(SYS, "12")
    bed.a_second_passes()
    assert bed.on_disk() == {SYS: "12"}
    QTest.keyClicks(bed.row(SYS).input, "8")
    QTest.keyClick(bed.row(SYS).input, Qt.Key.Key_Return)
    assert bed.stored(SYS) == "128" and bed.on_disk() == {}  # gone in the transaction of the value


def test_after_a_stop_the_person_is_told_and_one_key_goes_to_the_field(bed: Bed) -> None:
    bed.open()
    bed.type(PULSE, "7")
    bed.a_second_passes()
    bed.stop("again")
    bar = bed.bar()
    assert bar is not None
    said = bar.words.text()
    assert said.startswith("The program stopped at 14:02. ZN007, ") and '"7" was being typed' in said
    assert bar.go.hasFocus()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert bed.bar() is None  # the words stand at the field now
    row = bed.row(PULSE)
    assert row.input.hasFocus() and row.input.text() == "7" and row.status == "unsaved"
    assert "Typed by you at 14:02, when the program stopped" in row.under.content.sentence
    assert bed.stored(PULSE) is None
    QTest.keyClick(row.input, Qt.Key.Key_End)
    QTest.keyClicks(row.input, "2")
    QTest.keyClick(row.input, Qt.Key.Key_Return)
    assert bed.stored(PULSE) == "72" and bed.on_disk() == {}
    QApplication.processEvents()
    assert bed.bar() is None


def test_enter_saves_what_came_back_and_passing_through_does_not(bed: Bed) -> None:
    bed.open()
    bed.type(PULSE, "72")
    bed.a_second_passes()
    bed.stop("again")
    bed.open()
    row = bed.row(PULSE)
    row.input.select()
    bed.row(SYS).input.select()
    assert bed.stored(PULSE) is None and row.status == "unsaved"
    bed.window.show_casebook(bed.uid)
    assert bed.stored(PULSE) is None
    bed.open()
    row = bed.row(PULSE)
    assert row.input.text() == "72"
    row.input.select()
    QTest.keyClick(row.input, Qt.Key.Key_Return)
    assert bed.stored(PULSE) == "72"


def test_after_signing_out_nothing_says_that_the_program_stopped(bed: Bed) -> None:
    bed.open()
    bed.type(PULSE, "7")
    bed.window.sign_out()
    bed.come("made.nurse")
    bed.window.show_subjects()
    QApplication.processEvents()
    bar = bed.bar()
    assert (
        bar is not None
        and "stopped" not in bar.words.text()
        and '"7" was being typed at 14:02' in bar.words.text()
    )
    words.set_language("zh")
    assert "14:02" in bar.words.text() and '正在输入"7"' in bar.words.text()


def test_the_place_comes_back_after_another_person(bed: Bed) -> None:
    bed.open()
    bed.type(PULSE, "7")
    bed.window.lock()
    bed.window.sign_out()
    bed.come("made.doctor")
    assert bed.bar() is None
    bed.window.sign_out()
    bed.come("made.nurse")
    row = bed.row(PULSE)
    assert row.input.hasFocus() and row.input.text() == "7" and row.status == "unsaved"
    assert "Typed by you at 14:02" in row.under.content.sentence


def test_nobody_has_to_go_there(bed: Bed) -> None:
    bed.open()
    bed.type(PULSE, "7")
    bed.a_second_passes()
    bed.stop("again")
    page = bed.window.page
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert bed.bar() is None and bed.window.page is page and page.isAncestorOf(QApplication.focusWidget())
    assert bed.on_disk() == {PULSE: "7"}
    bed.open()
    assert bed.row(PULSE).input.text() == "7"


def test_another_person_sees_that_a_text_waits_and_never_what_it_says(bed: Bed) -> None:
    bed.open()
    bed.type(PULSE, "79")
    bed.window.lock()
    bed.window.sign_out()
    bed.come("made.doctor")
    bed.open()
    row = bed.row(PULSE)
    assert row.input.text() == "" and row.pending is None
    assert row.under.content.more == (
        "Made-up Nurse began to type here at 14:02. The text is not saved and waits for Made-up Nurse.",
    )
    shown = [one.text() for one in bed.window.findChildren(type(row.under.more))]
    assert not any("79" in text for text in shown)


def test_what_another_person_saved_meanwhile_is_said(bed: Bed, session_of: Callable[..., Session]) -> None:
    bed.open()
    bed.type(PULSE, "7")
    bed.a_second_passes()
    bed.window.lock()
    bed.window.sign_out()
    other = session_of(bed.home, "made.second", bed.clock)
    enter_value(other, ItemKey(bed.key, "IG.VS", "I.VS.PULSE"), "88")
    kept_drafts_closed(other)
    bed.come("made.nurse")
    row = bed.row(PULSE)
    assert row.input.text() == "7" and bed.stored(PULSE) == "88"
    assert 'Since then Made-up Second Nurse saved "88".' in row.under.content.sentence


def test_esc_goes_back_and_can_be_taken_back(bed: Bed) -> None:
    bed.open()
    bed.type(PULSE, "7")
    bed.a_second_passes()
    bed.stop("again")
    bed.open()
    row = bed.row(PULSE)
    row.input.select()
    QTest.keyClick(row.input, Qt.Key.Key_Escape)
    assert row.input.text() == "" and row.pending is None and 'Dropped: "7"' in row.under.content.sentence
    QTest.keyClick(row.input, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert row.input.text() == "7" and row.status == "unsaved"
    QTest.keyClick(row.input, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert row.input.text() == ""
    bed.row(SYS).input.select()
    drafts_of(bed.window).write()
    assert bed.on_disk() == {} and row.under.content is None


def test_a_text_whose_field_is_not_asked_any_more_is_shown_with_why(bed: Bed) -> None:
    bed.open()
    bed.type(PULSE, "7")
    bed.a_second_passes()
    bed.put("I.VS.VSPERF", "N")  # as by a bundle
    bed.stop("again")
    bar = bed.bar()
    assert bar is not None and bar.go.isHidden() and "not asked now" in bar.words.text()
    bar.all.click()
    sheet = bed.window.shell.sheet.content
    assert isinstance(sheet, WaitingSheet) and set(sheet.buttons) == {"copy0", "drop0"}
    sheet.buttons["copy0"].click()
    assert QApplication.clipboard().text() == "7"
    sheet.buttons["drop0"].click()
    assert set(sheet.buttons) == {"undo0"}
    sheet.buttons["undo0"].click()
    assert set(sheet.buttons) == {"copy0", "drop0"}
    drafts_of(bed.window).write()
    assert bed.on_disk() == {PULSE: "7"}
    bed.open()
    bed.window.show_casebook(bed.uid)
    drafts_of(bed.window).write()
    assert bed.on_disk() == {PULSE: "7"}  # opening and leaving the form takes nothing away


def test_what_is_saved_already_is_dropped_when_its_form_opens(bed: Bed) -> None:
    bed.put("I.VS.PULSE", "72")
    kept_drafts.write(
        bed.session, [kept_drafts.Typing(ItemKey(bed.key, "IG.VS", "I.VS.PULSE"), "72", None, "", "")], []
    )
    bed.stop("again")
    row = bed.open().view.row(PULSE)
    drafts_of(bed.window).write()
    assert row.pending is None and row.status == "saved" and bed.on_disk() == {}


def test_a_disk_that_refuses_keeps_the_text_in_memory_says_so_and_tries_again(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    bed.open()

    def full(*_: Any) -> None:
        raise StorageFull("The disk is full.", "磁盘已满。")

    monkeypatch.setattr(stored, "write", full)
    bed.type(PULSE, "7")
    bed.a_second_passes()
    drafts = drafts_of(bed.window)
    assert "kept in this window only" in bed.window.shell.notice.words.text()
    assert drafts.timer.isActive() and drafts.timer.interval() == AGAIN_MS == 5000
    bed.window.lock()
    bed.window.sign_out()
    monkeypatch.undo()
    bed.come("made.nurse")
    assert bed.row(PULSE).input.text() == "7"
    drafts.timer.timeout.emit()
    assert bed.on_disk() == {PULSE: "7"}


def test_a_value_that_the_disk_refused_is_tried_again_and_then_saved(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of window.md 9; nothing says "Saved" before the transaction is on disk."""
    bed.open()

    def full(*_: Any, **__: Any) -> Any:
        raise StorageFull("Not saved: this device is full.", "未能保存：磁盘已满。")

    monkeypatch.setattr(ledger, "append", full)
    before = bed.said_saved()
    bed.clock.at += timedelta(minutes=1)
    row = bed.type(PULSE, "72")
    QTest.keyClick(row.input, Qt.Key.Key_Return)
    assert row.pending.kind == "storage" and row.status == "unsaved"
    assert "Not saved" in row.under.content.sentence and "Trying again every 5 s" in row.under.content.hint
    assert bed.said_saved() == before
    again = row.host.kept_texts._timer
    assert again.isActive() and again.interval() == 5000
    again.timeout.emit()
    assert row.pending.kind == "storage" and again.isActive()
    monkeypatch.undo()
    bed.row(SYS).input.select()
    again.timeout.emit()
    assert bed.stored(PULSE) == "72" and row.pending is None and bed.row(SYS).input.hasFocus()
    assert bed.said_saved() == "Saved on this device 14:03:31"


def test_nothing_says_saved_between_the_key_and_the_commit(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, bool]] = []
    bed.open()
    bed.clock.at += timedelta(minutes=1)
    row = bed.row(PULSE)
    before = form_entry.enter_value

    def looked_at(*args: Any) -> Any:
        seen.append((row._status(), "14:03" in bed.said_saved()))
        changes = before(*args)
        seen.append((row._status(), "14:03" in bed.said_saved()))
        return changes

    monkeypatch.setattr(form_entry, "enter_value", looked_at)
    bed.type(PULSE, "72")
    QTest.keyClick(row.input, Qt.Key.Key_Return)
    assert seen == [("typing", False), ("typing", False)]
    assert row.status == "saved" and bed.said_saved() == "Saved on this device 14:03:31"


def kept_drafts_closed(session: Session) -> None:
    from crf_app.actions.session import sign_out

    sign_out(session)


@pytest.fixture
def session_of() -> Callable[..., Session]:
    """session_of(home, user, clock): a second nurse, made by the administrator, signed in."""

    def made(home: Path, user: str, clock: Any) -> Session:
        from crf_app.actions.people.accounts import add_user, change_password
        from crf_app.actions.session import sign_out
        from crf_app.crypto.passwords import LIGHT

        once = "one-time made-up words"
        admin = sign_in(home, "made.admin", PASSWORD, clock)
        add_user(admin, user, "Made-up Second Nurse", "nurse", once, cost=LIGHT)
        sign_out(admin)
        person = sign_in(home, user, once, clock)
        change_password(person, once, PASSWORD, cost=LIGHT)
        sign_out(person)
        return sign_in(home, user, PASSWORD, clock)

    return made


def test_the_next_day_the_date_is_said_too(bed: Bed) -> None:
    bed.open()
    bed.type(PULSE, "7")
    bed.a_second_passes()
    bed.clock.at += timedelta(days=1)
    bed.stop("again")
    assert bed.bar() is not None and "stopped at 2026-10-06 14:02" in bed.bar().words.text()
    assert find_subject(bed.session, "ZN007") == bed.uid
