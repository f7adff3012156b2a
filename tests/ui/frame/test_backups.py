"""Backups by themselves, the card on "This device", and a home made again from a backup by hand."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from crf_app.actions.safekeeping import keeping
from crf_app.actions.safekeeping.rolling import backup_log_of
from crf_app.actions.session import sign_in, sign_out
from crf_app.actions.subjects import add_subject
from crf_app.settings.preferences import write_preferences
from crf_app.ui import style, words
from crf_app.ui.main_window import MainWindow
from crf_app.ui.pages import restore as restore_module
from crf_app.ui.pages.restore import RestorePage
from crf_app.ui.pages.sign_in import SignInPage
from crf_app.ui.rolling import RollingBackups


@pytest.fixture
def kept(home: Path, clock, password: str, tmp_path: Path) -> Path:
    coordinator = sign_in(home, "coordinator", password, clock)
    made = keeping.backup(coordinator, tmp_path / "kept.crfbackup")
    sign_out(coordinator)
    return made.path


def test_signing_out_backs_up_what_was_recorded_and_nothing_twice(window, at_work):
    window.rolling = RollingBackups(window)
    at_work("nurse")
    add_subject(window.session, "ZN001")
    window.sign_out()
    window.rolling.wait()
    (line,) = backup_log_of(window.home)
    assert line.what == "rolling" and (window.home / "backups" / line.name).stat().st_size == line.size
    at_work("nurse")
    window.rolling.look()
    window.sign_out()
    window.rolling.wait()
    assert len(backup_log_of(window.home)) == 1


def test_every_two_hours_while_somebody_works(window, at_work, clock):
    window.rolling = RollingBackups(window)
    at_work("nurse")
    window.rolling.look()
    window.rolling.wait()
    QApplication.processEvents()
    add_subject(window.session, "ZN001")
    window.rolling.look()
    window.rolling.wait()
    assert len(backup_log_of(window.home)) == 1, "not yet"
    clock.move(hours=2, minutes=1)
    window.rolling.look()
    window.rolling.wait()
    assert len(backup_log_of(window.home)) == 2


def test_closing_the_window_waits_for_the_last_backup(window, at_work):
    window.rolling = RollingBackups(window)
    at_work("nurse")
    window.close()
    assert [one.refused for one in backup_log_of(window.home)] == [""]
    assert window.session_or_none is None


def test_an_absent_second_place_is_said_once(window, at_work, tmp_path):
    window.rolling = RollingBackups(window)
    write_preferences(window.home, replace(window.preferences, backup_folder=str(tmp_path / "no stick")))
    at_work("nurse")
    window.rolling.look()
    window.rolling.wait()
    QApplication.processEvents()
    assert "no stick" in window.shell.notice.words.text()


def test_the_card_backs_up_drills_and_chooses_a_second_place(at_work, settle, tmp_path):
    window = at_work("coordinator")
    window.show_device()
    card = window.page.backups
    assert "No second place" in card.place.text()
    card.use_second(tmp_path)
    assert card.place.text() == f"Second place: {tmp_path}"
    card.drill.click()
    settle()
    assert "There is no backup yet" in card.said.words.text()
    card.now.setFocus()
    QTest.keyClick(card.now, Qt.Key.Key_Return)
    settle()
    assert "is written" in card.said.words.text() and list(tmp_path.glob("rolling_*.crfbackup"))
    card.drill.click()
    settle()
    assert card.said.words.text().startswith("The backup can be restored.")
    said = [one.text() for one in card.findChildren(QLabel)]
    assert sum("passed in" in one for one in said) == 1 and sum("chain end 1/" in one for one in said) >= 1
    words.set_language("zh")
    assert card.said.words.text().startswith("备份可以恢复") and "第二备份位置" in card.place.text()
    assert not (window.home / "backups" / "drill").exists()


@pytest.fixture
def fresh(tmp_path: Path, clock, qapp, monkeypatch):
    """An empty home whose first run is open; no stick is looked for."""
    monkeypatch.setattr(restore_module, "removable_disks", list)
    words.set_language("en")
    style.apply(qapp, "light", 1.0)
    (tmp_path / "new home").mkdir()
    window = MainWindow(tmp_path / "new home", clock)
    words.set_language("en")
    window.show()
    window.activateWindow()
    window.start()
    yield window
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _fill(page: RestorePage, qtbot, user: str, password: str) -> None:
    page.user.clear()
    qtbot.keyClicks(page.user, user)
    qtbot.keyClicks(page.password, password)
    qtbot.keyClick(page.password, Qt.Key.Key_Return)
    page.window_.worker.wait()
    QApplication.processEvents()


def test_a_new_computer_is_restored_by_hand_and_one_signs_in(fresh, kept, qtbot, password):
    fresh.page.findChild(QPushButton, "restore").click()
    page = fresh.page
    assert isinstance(page, RestorePage) and page.none.isVisible()
    page.send()
    assert "Choose a backup" in page.notice.words.text()
    page.add_file(kept)
    _fill(page, qtbot, "admin", "not this one")
    assert page.notice.isVisible() and not page.form.isHidden()
    _fill(page, qtbot, "admin", password)
    assert page.notice.words.text().startswith("Restored: site 001, device D1") and page.form.isHidden()
    assert page.notice.words.text().endswith("the device goes on as epoch 2.")
    assert fresh.focusWidget() is page.go
    qtbot.keyClick(page.go, Qt.Key.Key_Return)
    assert isinstance(fresh.page, SignInPage)


def test_a_restore_can_be_stopped_and_one_can_go_back(fresh, kept, qtbot, password, monkeypatch):
    fresh.show_restore()
    page = fresh.page
    page.add_file(kept)
    real = restore_module.restore

    def stopped(*args, progress, **more):
        def step(done, of=None, /):
            page.window_.worker.cancel()
            progress(done, of)

        return real(*args, progress=step, **more)

    monkeypatch.setattr(restore_module, "restore", stopped)
    _fill(page, qtbot, "admin", password)
    assert page.notice.words.text() == "Stopped. Nothing was written."
    assert [one.name for one in fresh.home.iterdir() if one.suffix in (".db", "")] == []
    page.back.click()
    assert fresh.page.findChild(QPushButton, "restore") is not None


def test_sign_in_over_a_damaged_store_offers_the_backup_and_moves_the_rest_aside(
    window, kept, home, qtbot, password, settle, monkeypatch
):
    monkeypatch.setattr(restore_module, "removable_disks", list)
    data = b"\0" * 9000
    (home / "study.db").write_bytes(data)
    (home / "backups").mkdir(exist_ok=True)
    shutil.copy(kept, home / "backups" / "before_m003_drafts.crfbackup")
    shutil.copy(kept, home / "backups" / "rolling_HUCMSC_001_D1_20261122T010000Z.crfbackup")
    window.start()
    page = window.page
    assert page.restore is None
    page.choose(next(card for card in page.cards if card.user == "admin"))
    qtbot.keyClicks(page.password, password)
    qtbot.keyClick(page.password, Qt.Key.Key_Return)
    settle()
    assert "Restore the last backup" in page.notice.words.text()
    page.restore.click()
    page = window.page
    assert [one.name[:8] for one in page.files] == ["rolling_", "before_m"]
    _fill(page, qtbot, "admin", password)
    assert "Moved aside" in page.notice.words.text(), page.notice.words.text()
    (aside,) = home.glob("set_aside_*")
    assert (aside / "study.db").read_bytes() == data


def test_an_older_backup_is_taken_only_when_it_is_meant(window, kept, home, qtbot, password, session):
    add_subject(session("nurse"), "ZN001")
    sign_out(session("nurse"))
    window.show_restore()
    page = window.page
    page.add_file(kept)
    _fill(page, qtbot, "admin", password)
    assert "the backup ends at 1/" in page.notice.words.text() and page.older.isVisible()
    page.older.click()
    _fill(page, qtbot, "admin", password)
    assert page.notice.words.text().startswith("Restored: ")


def test_a_damaged_store_that_is_only_read_leads_to_restore_and_is_not_backed_up(at_work, settle, kept, home):
    window = at_work("coordinator")
    window.show_device()
    assert not window.page.again.isVisible()
    window.page.window_.session.store.only_read(damaged=True)
    window.page.refresh()
    assert window.page.again.isVisible()
    window.page.backups.now.click()
    settle()
    assert "damaged" in window.page.backups.said.words.text()
    assert list((home / "backups").glob("*.crfbackup")) == []
    window.page.again.click()
    assert isinstance(window.page, RestorePage) and window.session_or_none is None
