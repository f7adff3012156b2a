"""A fresh computer is set up by hand, without a shell."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QRadioButton

from crf_app.actions.people import first_run
from crf_app.actions.people.people_here import home_place, people
from crf_app.crypto.passwords import LIGHT
from crf_app.settings.shipped import forms_folder
from crf_app.ui import style, words
from crf_app.ui.main_window import MainWindow
from crf_app.ui.pages import first_run as page_module
from crf_app.ui.pages.sign_in import SignInPage


@pytest.fixture
def fresh(tmp_path: Path, clock, qapp, monkeypatch):
    words.set_language("en")
    style.apply(qapp, "light", 1.0)
    light = lambda *args: first_run.init(*args, cost=LIGHT)  # noqa: E731
    monkeypatch.setattr(page_module, "init", light)
    window = MainWindow(tmp_path / "new home", clock)
    words.set_language("en")
    (tmp_path / "new home").mkdir()
    window.show()
    window.start()
    yield window
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def fill(qtbot, page, secrets=("lantern harbour kite", "copper violin dune")) -> None:
    qtbot.keyClicks(page.site, "S01")
    qtbot.keyClicks(page.device, "WARD01")
    for person, (name, user), secret in zip(
        page.people,
        (("Made-up Administrator", "admin"), ("Made-up Coordinator", "coord")),
        secrets,
        strict=True,
    ):
        for field, text in zip(person.fields, (name, user, secret, secret), strict=True):
            qtbot.keyClicks(field, text)


def test_two_people_set_up_a_computer_and_then_sign_in(fresh, qtbot):
    fill(qtbot, fresh.page)
    qtbot.keyClick(fresh.page.make, Qt.Key.Key_Return)
    fresh.worker.wait()
    QApplication.processEvents()
    assert isinstance(fresh.page, SignInPage)
    assert [(one.user, one.role) for one in people(fresh.home)] == [
        ("admin", "administrator"), ("coord", "coordinator")
    ]  # fmt: skip
    assert home_place(fresh.home).device == "WARD01"


def test_nothing_is_written_while_something_is_empty(fresh, qtbot):
    qtbot.keyClick(fresh.page.make, Qt.Key.Key_Return)
    assert "Site code" in fresh.page.notice.words.text() and fresh.page.site.hasFocus()
    assert not (fresh.home / "vault.json").exists()


def test_two_passwords_that_differ_are_said_with_the_name(fresh, qtbot):
    fill(qtbot, fresh.page)
    fresh.page.people[1].again.setText("copper violin dome")
    qtbot.keyClick(fresh.page.make, Qt.Key.Key_Return)
    assert "Made-up Coordinator" in fresh.page.notice.words.text()
    assert not (fresh.home / "vault.json").exists()


def test_a_guessable_password_is_refused_inline(fresh, qtbot):
    fill(qtbot, fresh.page, ("password password", "copper violin dune"))
    qtbot.keyClick(fresh.page.make, Qt.Key.Key_Return)
    fresh.worker.wait()
    QApplication.processEvents()
    assert fresh.page.notice.isVisible() and fresh.page.make.isEnabled()
    assert not (fresh.home / "vault.json").exists()


def test_made_up_data_is_the_default_environment(fresh):
    assert fresh.page.env.code == "test"


def test_a_study_that_lies_elsewhere_is_chosen_by_its_folder(fresh, qtbot, tmp_path, monkeypatch):
    folder = tmp_path / "other study"
    shutil.copytree(forms_folder() / "hucmsc", folder)
    text = (folder / "study.toml").read_text("utf-8")
    (folder / "study.toml").write_text(text.replace('oid = "HUCMSC"', 'oid = "OTHER"', 1), "utf-8")
    monkeypatch.setattr(page_module, "ask_folder", lambda *_: folder)
    qtbot.mouseClick(fresh.page.findChild(QPushButton, "other_study"), Qt.MouseButton.LeftButton)
    assert fresh.page.findChild(QRadioButton, "study_OTHER").isChecked()
    fill(qtbot, fresh.page)
    qtbot.keyClick(fresh.page.make, Qt.Key.Key_Return)
    fresh.worker.wait()
    QApplication.processEvents()
    assert home_place(fresh.home).study == "OTHER"


def test_a_folder_without_a_definition_is_refused_in_its_place(fresh, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(page_module, "ask_folder", lambda *_: tmp_path)
    offered = len(fresh.page.studies)
    qtbot.mouseClick(fresh.page.findChild(QPushButton, "other_study"), Qt.MouseButton.LeftButton)
    assert (
        len(fresh.page.studies) == offered and fresh.page.findChild(QRadioButton, "study_HUCMSC").isChecked()
    )
    said = fresh.page.findChildren(QLabel, "notice")
    assert any(one.isVisible() and "codelists.toml" in one.text() for one in said)


@pytest.fixture
def workbook(tmp_path):
    from openpyxl import Workbook

    made = Workbook()
    sheet = made.active
    sheet.title = "survey"
    for row in (("type", "name", "label", "relevant"), ("text", "a", "A"), ("text", "b", "B", "${a} = '1'")):
        sheet.append(row)
    made.save(tmp_path / "pulse.xlsx")
    return tmp_path / "pulse.xlsx"


def settle(fresh) -> None:
    fresh.worker.wait()
    QApplication.processEvents()


def test_a_study_is_read_from_a_workbook_and_its_report_stands_before_one_goes_on(
    fresh, qtbot, workbook, monkeypatch
):
    monkeypatch.setattr(page_module, "ask_file", lambda *_: workbook)
    file = fresh.page.findChild(QPushButton, "study_file")
    file.setFocus()
    qtbot.keyClick(file, Qt.Key.Key_Return)
    settle(fresh)
    assert (workbook.parent / "pulse" / "study.toml").exists()
    assert fresh.page.findChild(QRadioButton, "study_pulse").isChecked()
    report = fresh.page.report
    assert report.isVisible() and report.lines.hasFocus()
    assert "I.PULSE.B, asked when: ${a} = '1'  [survey 3]" in report.lines.toPlainText()
    words.set_language("zh")
    assert "I.PULSE.B，填写条件：${a} = '1'" in report.lines.toPlainText()
    assert str(workbook.parent / "pulse") in report.where.text()
    words.set_language("en")
    qtbot.keyClick(report.lines, Qt.Key.Key_Tab)
    assert not report.lines.hasFocus()
    fill(qtbot, fresh.page)
    qtbot.keyClick(fresh.page.make, Qt.Key.Key_Return)
    settle(fresh)
    assert home_place(fresh.home).study == "pulse"


def test_a_file_that_is_no_study_is_refused_in_its_place(fresh, qtbot, tmp_path, monkeypatch):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\x00")
    monkeypatch.setattr(page_module, "ask_file", lambda *_: tmp_path / "photo.jpg")
    qtbot.mouseClick(fresh.page.findChild(QPushButton, "study_file"), Qt.MouseButton.LeftButton)
    settle(fresh)
    said = [one.text() for one in fresh.page.findChildren(QLabel, "notice") if one.isVisible()]
    assert any("photo.jpg cannot be read as a workbook" in text for text in said)
    assert not fresh.page.report.isVisible() and not (tmp_path / "photo").exists()
