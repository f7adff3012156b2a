"""Long work in the window: a bar with words after 0.4 s, Esc stops it, lock and close are said and clean."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from crf_app.actions.safekeeping import keeping
from crf_app.actions.sync.disks import Disk
from crf_app.errors import Cancelled
from crf_app.store.check_report import Report
from crf_app.ui import words
from crf_app.ui.pages import this_device
from crf_app.ui.worker import Task

WAIT_MS = 5000


class Slow:
    """Work of 200 steps that goes on only while the test lets it."""

    def __init__(self) -> None:
        self.go, self.told, self.refused = threading.Event(), [], []
        self.steps = 0

    def __call__(self, progress) -> str:
        for step in range(200):
            progress(step, 200)
            self.steps = step
            if step >= 12:
                time.sleep(0.005)
                if self.go.wait(0.005):
                    break
        return "ended"

    def start(self, window, kind: str = "print") -> None:
        window.worker.run_long(kind, self, self.told.append, self.refused.append)


@pytest.fixture
def slow():
    made = Slow()
    yield made
    made.go.set()


def shown(window) -> bool:
    return window.long.cover is not None


def test_short_work_shows_nothing(at_work, settle):
    window = at_work("nurse")
    came = []
    window.worker.run_long("print", lambda progress: progress(1, 2), came.append, came.append)
    settle()
    assert came == [None] and not shown(window)


def test_after_a_moment_a_bar_says_how_far_it_is_and_the_page_cannot_be_touched(at_work, slow, qtbot):
    window = at_work("nurse")
    window.show_subjects()
    window.page.search.setFocus()
    slow.start(window)
    assert not shown(window)
    qtbot.waitUntil(lambda: shown(window) and slow.steps > 12, timeout=WAIT_MS)
    window.long.look()
    cover = window.long.cover
    assert cover.far.text().startswith("Page ") and cover.far.text().endswith(" of 200")
    assert cover.bar.value() > 0 and cover.accessibleName() == "Sending to the printer"
    assert cover.hasFocus() and not window.page.isEnabled()
    QTest.keyClick(cover, Qt.Key.Key_Return)  # typed ahead: stops nothing
    QTest.keyClick(cover, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert window.worker.task is not None and not window.worker.task.stopping
    words.set_language("zh")
    assert cover.far.text().startswith("第 ") and cover.title.text() == "正在发送至打印机"
    slow.go.set()
    qtbot.waitUntil(lambda: slow.told == ["ended"], timeout=WAIT_MS)
    assert not shown(window) and window.page.isEnabled() and window.page.search.hasFocus()


@pytest.mark.parametrize("by", ["esc", "button"])
def test_esc_or_the_button_stops_it_in_words(at_work, slow, qtbot, by):
    window = at_work("nurse")
    slow.start(window)
    qtbot.waitUntil(lambda: shown(window), timeout=WAIT_MS)
    cover = window.long.cover
    if by == "esc":
        QTest.keyClick(cover, Qt.Key.Key_Escape)
    else:
        QTest.keyClick(cover, Qt.Key.Key_Tab)
        assert QApplication.focusWidget().objectName() == "stop_work"
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert cover.far.text() == "Stopping…"
    qtbot.waitUntil(lambda: bool(slow.refused), timeout=WAIT_MS)
    assert isinstance(slow.refused[0], Cancelled) and slow.told == [] and not shown(window)


def test_going_elsewhere_shows_what_runs_instead(at_work, slow):
    window = at_work("nurse")
    window.show_sync()
    page = window.page
    slow.start(window)
    window.go("queries")
    assert window.page is page and shown(window)


def test_locked_it_goes_on_and_the_cover_says_so(at_work, slow, qtbot, password, settle):
    window = at_work("nurse")
    slow.start(window)
    window.lock()
    qtbot.waitUntil(lambda: "Sending to the printer" in window.cover.work.text(), timeout=WAIT_MS)
    assert window.cover.work.isVisible() and window.cover.password.hasFocus()
    slow.go.set()
    qtbot.waitUntil(lambda: slow.told == ["ended"], timeout=WAIT_MS)
    assert not window.cover.work.isVisible() and window.locked
    QTest.keyClicks(window.cover.password, password)
    QTest.keyClick(window.cover.password, Qt.Key.Key_Return)
    settle()
    assert not window.locked and window.page.isEnabled()


def test_another_person_stops_it_and_hears_nothing_of_it(at_work, slow, settle):
    window = at_work("nurse")
    slow.start(window)
    window.lock()
    window.sign_out()
    settle()
    assert slow.told == slow.refused == [] and not window.worker.working and not shown(window)


def test_the_window_closes_after_the_work_has_stopped(at_work, qtbot):
    window = at_work("nurse")
    stopped, refused = threading.Event(), []

    def deaf(progress) -> None:
        """A step that takes longer than a window may be still."""
        stopped.wait(10)
        progress(1, 2)

    window.worker.run_long("backup", deaf, refused.append, refused.append)
    began = time.monotonic()
    assert not window.close() and time.monotonic() - began < 0.5
    assert shown(window) and "closes" in window.long.cover.hint.text() and window.isVisible()
    stopped.set()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=WAIT_MS)
    assert isinstance(refused[0], Cancelled)


def test_every_kind_of_work_has_its_words():
    for kind in (
        "paper",
        "print",
        "bundle",
        "apply",
        "verify",
        "backup",
        "results",
        "csv",
        "odm_out",
        "odm_in",
    ):
        for name in ("", "_at", "_n", "_hint"):
            assert words.say(f"work.{kind}{name}", done=1, of=2, n=1)


def test_a_task_raises_only_after_it_was_stopped():
    task = Task("print")
    task(1, 2)
    assert (task.done, task.of) == (1, 2)
    task.stop()
    with pytest.raises(Cancelled):
        task(2, 2)


# this device


@pytest.fixture
def device(at_work):
    def opened(user: str = "coordinator"):
        window = at_work(user)
        window.show_account()
        window.page.findChild(QPushButton, "open_device").click()
        return window.page

    return opened


def test_check_says_that_the_data_are_whole(device, window, settle):
    page = device("nurse")
    assert QApplication.focusWidget().objectName() == "device_check"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    settle()
    assert page.checked.words.text().startswith("Whole. ") and not page.problems.isVisible()
    assert page.findChild(QPushButton, "device_to_folder") is None, "a nurse makes no backup"


def test_damage_is_listed_with_what_to_do(device, settle):
    page = device()
    conn = page.window_.session.store.conn
    conn.execute("DELETE FROM form_data")
    conn.execute("UPDATE seal SET seq = seq + 1")
    page.check.click()
    settle()
    assert "Enter nothing more" in page.checked.words.text() and page.problems.isVisible()
    assert len(page.problems.lines) >= 1
    words.set_language("zh")
    assert "请勿在本机继续录入" in page.checked.words.text()


def test_backup_to_a_stick_by_keyboard_and_its_time_and_place(device, settle, tmp_path, monkeypatch):
    monkeypatch.setattr(this_device, "removable_disks", lambda: [Disk(tmp_path, "MADE-UP", 10**10)])
    page = device()
    assert page.last.text() == "No backup was made here yet."
    stick = page.findChild(QPushButton, "backup_disk_0")
    stick.setFocus()
    QTest.keyClick(stick, Qt.Key.Key_Return)
    settle()
    made = next(tmp_path.glob("*.crfbackup"))
    assert made.name in page.kept.words.text() and str(made) in page.last.text()
    assert keeping.last_backup(page.window_.session).path == str(made)


def test_a_backup_that_is_stopped_leaves_nothing_on_the_stick(device, qtbot, tmp_path, monkeypatch):
    page = device()
    began, go_on = threading.Event(), threading.Event()
    real = keeping.backup

    def slowly(session, out: Path, progress):
        def held(done, of=None):
            began.set()
            go_on.wait(10)
            progress(done, of)

        return real(session, out, held)

    monkeypatch.setattr(keeping, "backup", slowly)
    page.backup_to(tmp_path / "stick") if (tmp_path / "stick").mkdir() is None else None
    assert began.wait(10)
    page.window_.long.show_now()
    QTest.keyClick(page.window_.long.cover, Qt.Key.Key_Escape)
    go_on.set()
    qtbot.waitUntil(lambda: page.kept.isVisible(), timeout=WAIT_MS)
    assert page.kept.words.text() == "Stopped. Nothing was written."
    assert list((tmp_path / "stick").iterdir()) == [] and not page.window_.session.store.conn.in_transaction


def test_data_go_out_and_come_back(device, settle, tmp_path, monkeypatch, new_subject):
    page = device()
    new_subject(page.window_.session, "ZN001")
    page.csv_to(tmp_path / "csv")
    page.odm_to(tmp_path / "d.xml")
    settle()
    settle()
    assert (tmp_path / "csv" / "values.csv").exists() and (tmp_path / "d.xml").exists()
    page.odm_from(tmp_path / "d.xml")
    settle()
    assert page.moved.words.text().startswith("1 subjects read, 0 new, 0 answers")
    page.odm_from(tmp_path / "none.xml")
    settle()
    assert "none.xml" in page.moved.words.text()


def test_who_may_not_export_sees_no_export(device):
    assert device("nurse").findChild(QPushButton, "device_csv") is None


def test_a_report_counts_what_was_looked_at():
    assert Report().sound
