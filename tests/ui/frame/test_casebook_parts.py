"""Tabs, the row that opens, preview and history of the casebook, by keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from crf_app.actions.enter_data import enter_value
from crf_app.actions.rows import add_row
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui import style, words
from crf_app.ui.casebook.matrix_rows import sets_of
from crf_app.ui.pages.casebook import CasebookPage
from crf_app.ui.pages.form import FormPageWidget

KEY = Qt.Key


@pytest.fixture
def page(at_work, new_subject) -> CasebookPage:
    window = at_work("nurse")
    window.resize(1280, 800)
    uid = new_subject(window.session, "ZN007")
    log = FormKey(uid, "SE.LOG", "F.AE")
    enter_value(window.session, ItemKey(log, "IG.AEYN", "I.AE.AEYN"), "Y")
    add_row(window.session, log, "IG.AE")
    window.show_casebook(uid)
    window.page.rest.finish()
    return window.page


def test_forms_that_one_visit_alone_asks_share_a_row(page, study):
    (event,) = sets_of(study)
    assert event == "SE.SCR" and "F.IC" in sets_of(study)[event] and "F.VS" not in sets_of(study)[event]
    assert page.table.looks.headerData(1, Qt.Orientation.Vertical).startswith("Screening set (6 forms)")


def test_right_and_enter_open_the_row_left_closes_it(page, qtbot):
    page.fold(1, open_it=False)
    many = page.table.looks.rowCount()
    for opening in (KEY.Key_Right, KEY.Key_Return):
        page.table.go_to(1, 0)
        qtbot.keyClick(page.table, opening)
        assert page.table.looks.rowCount() == many + 6 and page.table.currentIndex().row() == 1
        qtbot.keyClick(page.table, KEY.Key_Down)
        assert page.here() == ("SE.SCR", "F.IC")
        qtbot.keyClick(page.table, KEY.Key_Left)  # also from inside
        assert page.table.looks.rowCount() == many and page.table.currentIndex().row() == 1


def test_no_column_is_a_log_and_all_visits_have_room(page):
    assert "SE.LOG" not in {one.event for one in page.visits} and len(page.visits) == 12
    QApplication.processEvents()
    page.fold(1, open_it=False)
    assert page.table.horizontalScrollBar().maximum() == 0
    assert page.table.rowHeight(0) >= style.current().px(24)
    assert page.table.verticalScrollBar().maximum() == 0


def test_a_tab_counts_rows_and_opens_the_log(page, window, qtbot):
    tab = page.tabs.buttons["F.AE"]
    assert tab.tab.count == 1 and tab.accessibleDescription().startswith("1 row")
    tab.setFocus()
    qtbot.keyClick(tab, KEY.Key_Return)
    assert isinstance(window.page, FormPageWidget) and window.page.key.path == "SE.LOG/F.AE"


def test_tabs_that_have_no_room_are_announced_by_an_arrow(page, qtbot):
    tabs = page.tabs
    assert not tabs._after.isVisible() and not tabs._before.isVisible()
    tabs.setFixedWidth(300)
    qtbot.waitUntil(tabs._after.isVisible)
    assert not tabs._before.isVisible() and tabs._after.accessibleName() == "More tabs"
    while tabs._after.isVisible():
        qtbot.mouseClick(tabs._after, Qt.MouseButton.LeftButton)
    assert tabs._before.isVisible()
    last = tabs.buttons["history"]
    assert tabs.viewport().rect().contains(last.mapTo(tabs.viewport(), last.rect().center()))


def test_tabs_move_by_arrows(page, qtbot):
    first = page.tabs.buttons["visits"]
    first.setFocus()
    qtbot.keyClick(first, KEY.Key_Right)
    assert page.tabs.buttons["F.AE"].hasFocus()
    qtbot.keyClick(page.tabs.buttons["F.AE"], KEY.Key_Left)
    assert first.hasFocus()


def test_other_forms_of_the_subject_are_a_list(page, window, qtbot):
    page.show_tab("other")
    found = [page.others.looks.look(n, 0).text for n in range(page.others.looks.rowCount())]
    assert "End of study" in found and page.others.hasFocus()
    qtbot.keyClick(page.others, KEY.Key_Return)
    assert isinstance(window.page, FormPageWidget) and window.page.key.event == "SE.LOG"


def test_the_history_is_newest_first_in_words(page, window, qtbot):
    window.say_saved(
        enter_value(window.session, ItemKey(FormKey(page.uid, "SE.V1", "F.VS"), "IG.VS", "I.VS.TEMP"), "36.6")
    )
    page.show_tab("history")
    page.history.steps.finish()
    rows = page.history.list.looks
    assert "36.6" in "".join(rows.look(n, 3).text for n in range(3)) and page.history.list.hasFocus()
    assert rows.look(rows.rowCount() - 1, 3).text.startswith("Status") or rows.rowCount() > 3
    assert "ZN007" in "".join(rows.look(n, 3).text for n in range(rows.rowCount()))


def test_space_shows_the_answers_and_space_closes(page, window, qtbot):
    page.open_sets.add("SE.SCR")
    page.show_matrix()
    page.table.go_to(*page.place_of("F.IC", "SE.SCR"))
    qtbot.keyClick(page.table, KEY.Key_Space)
    shown = QApplication.focusWidget()
    assert shown.objectName() == "preview" and shown.looks.look(0, 1).text == "2026-01-05"
    qtbot.keyClick(shown, KEY.Key_Space)
    assert page.table.hasFocus()


def test_all_of_it_speaks_chinese(page):
    words.set_language("zh")
    assert page.tabs.buttons["history"].text() == "历史" and page.not_done.text() == "未做"
    assert page.table.looks.headerData(1, Qt.Orientation.Vertical).startswith("筛选期表单（6 个）")
