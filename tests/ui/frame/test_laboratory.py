"""The laboratory's page: ranges are seen, added, changed, ended, imported; files come back whole."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from crf_app.actions.lab.lab_ranges import list_ranges
from crf_app.ui import words

ALT = {"laboratory": "Made-up laboratory", "item": "LBC.ALT", "low": "9", "high": "50"}


@pytest.fixture
def page(at_work):
    def opened(user: str = "coordinator"):
        window = at_work(user)
        window.show_account()
        window.page.findChild(QPushButton, "open_laboratory").click()
        return window.page

    return opened


def fill(page, **texts: str) -> None:
    for name, text in texts.items():
        page.ranges.fields[name].setText(text)


def test_empty_page_says_that_the_defaults_stand_and_the_first_field_has_the_cursor(page):
    mine = page()
    assert mine.ranges.none.isVisible() and not mine.ranges.table.isVisible()
    assert QApplication.focusWidget() is mine.ranges.fields["laboratory"]


def test_range_is_added_by_keyboard_alone(page, qtbot):
    mine = page()
    for name in mine.ranges.fields:
        target = QApplication.focusWidget()
        assert target is mine.ranges.fields[name]
        QTest.keyClicks(target, ALT.get(name, ""))
        QTest.keyClick(target, Qt.Key.Key_Tab)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)  # past the reason
    assert QApplication.focusWidget() is mine.ranges.buttons["add"]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    (row,) = list_ranges(mine.window_.session)
    assert (row.range.item, row.range.high) == ("LBC.ALT", "50")
    assert mine.ranges.table.isVisible() and not mine.ranges.none.isVisible()
    assert mine.ranges.fields["item"].text() == ""


def test_refusal_stands_inline_and_what_was_typed_stays(page):
    mine = page()
    fill(mine, **ALT | {"low": "60"})
    mine.ranges.do_add()
    assert "above the upper limit" in mine.ranges.notice.words.text()
    assert mine.ranges.fields["low"].text() == "60" and list_ranges(mine.window_.session) == []
    mine.ranges.do_change()
    assert mine.ranges.notice.words.text() == words.say("lab.choose_first")


def test_chosen_range_is_changed_and_ended_with_a_reason(page):
    mine = page()
    fill(mine, **ALT)
    mine.ranges.do_add()
    mine.ranges.table.selectRow(0)
    assert mine.ranges.fields["high"].text() == "50"
    fill(mine, high="60")
    mine.ranges.do_change()
    assert "Why" in mine.ranges.notice.words.text()
    mine.ranges.reason.setText("typing error")
    mine.ranges.do_change()
    fill(mine, valid_to="2026-10-31")
    mine.ranges.reason.setText("new analyser")
    mine.ranges.do_end()
    (row,) = list_ranges(mine.window_.session)
    assert (row.range.high, row.range.valid_to) == ("60", "2026-10-31")


def test_file_of_ranges_comes_back_line_by_line_and_the_report_is_saved(page, settle, tmp_path):
    mine = page()
    file, out = tmp_path / "ranges.csv", tmp_path / "report.csv"
    file.write_text("laboratory,item,high\nA,ALT,50\nA,XYZ,5\n", "utf-8")
    mine.ranges.import_path(file)
    settle()
    report = mine.ranges.report
    assert report.isVisible() and report.table.looks.rowCount() == 2
    words.set_language("zh")
    assert "未录入" in report.table.looks.look(1, 1).text
    words.set_language("en")
    report.save_to(out)
    assert out.read_text("utf-8-sig").count("\n") == 3
    file.write_bytes(b"\x00")
    mine.ranges.import_path(file)
    settle()
    assert "text file" in mine.ranges.notice.words.text()


def test_nurse_sees_ranges_and_imports_results_but_changes_no_range(page, settle, tmp_path, new_subject):
    mine = page("nurse")
    assert not mine.ranges.form.isVisible() and mine.results is not None
    new_subject(mine.window_.session, "ZN001")
    results = mine.results
    for what, text in (("subject", "No"), ("visit", "Visit"), ("test", "Item"), ("value", "Result")):
        results.columns[what].setText(text)
    results.name.setText("hospital")
    results.tests.setPlainText("谷丙 = LBC.ALT\nnonsense")
    results.do_keep()
    assert "name = test" in results.notice.words.text()
    results.tests.setPlainText("谷丙 = LBC.ALT\n")
    results.do_keep()
    for field in results.columns.values():
        field.clear()
    results.load()
    assert results.columns["value"].text() == "Result" and "LBC.ALT" in results.tests.toPlainText()
    file = tmp_path / "results.csv"
    file.write_text("No,Visit,Item,Result\nZN001,V1,谷丙,46\nZN001,V1,胆红,4\n", "utf-8")
    for dry_run, first in ((True, "would"), (False, "entered")):
        results.import_path(file, dry_run=dry_run)
        settle()
        assert [one.outcome for one in results.report.lines] == [first, "refused"]


def test_administrator_keeps_ranges_and_sees_no_results(page):
    mine = page("admin")
    assert mine.ranges.form.isVisible() and mine.results is None
    mine.back.click()
    assert type(mine.window_.page).__name__ == "AccountPage"
