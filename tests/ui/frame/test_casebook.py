"""The matrix: cells in icon, word and sentence; arrows, Enter, extra visit."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from crf_app.actions.enter_data import enter_value
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui import words
from crf_app.ui.pages.casebook import CasebookPage
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.pages.pdf_preview import PdfPreviewPage


@pytest.fixture
def page(at_work, new_subject) -> CasebookPage:
    window = at_work("nurse")
    uid = new_subject(window.session, "ZN007")
    visit = ItemKey(FormKey(uid, "SE.SCR", "F.SV"), "IG.SV", "I.SV.SVSTDAT")
    enter_value(window.session, ItemKey(visit.form_key, "IG.SV", "I.SV.SVOCCUR"), "Y")
    enter_value(window.session, visit, "2026-11-22")
    window.show_casebook(uid)
    return window.page


def cell(page: CasebookPage) -> tuple[str, str]:
    event, form = page.here()
    return form, event


def test_the_ring_stands_on_the_form_that_was_begun(page):
    assert page.table.hasFocus() and cell(page) == ("F.SV", "SE.SCR")
    assert page.table.looks.look(*_at(page)).icon == "started"


def test_the_line_below_tells_the_cell_and_the_window_in_sentences(page):
    assert page.sentence.text().startswith(
        "Visit date and status, visit SCR: 2 of 4 answered, by Made-up Nurse, last at 09:00. "
    )
    words.set_language("zh")
    assert "访视 SCR" in page.sentence.text()
    assert page.table.looks.headerData(0, Qt.Orientation.Vertical) != "Visit"


def test_arrows_jump_over_cells_that_do_not_exist(page, qtbot):
    page.table.go_to(page.place_of("F.MH", "SE.SCR")[0], 0)
    qtbot.keyClick(page.table, Qt.Key.Key_Right)  # the screening set opens
    page.table.go_to(*page.place_of("F.SU", "SE.SCR"))
    qtbot.keyClick(page.table, Qt.Key.Key_Right)
    assert cell(page) == ("F.SU", "SE.SCR")
    qtbot.keyClick(page.table, Qt.Key.Key_Down)
    assert cell(page) == ("F.VS", "SE.SCR")


def test_enter_opens_the_form_and_alt_up_comes_back(page, window, qtbot):
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert isinstance(window.page, FormPageWidget) and window.page.key.form == "F.SV"
    assert window.shell.header.subject == page.uid


def test_the_visit_of_today_is_tinted(page):
    assert page.table.looks.look(0, 0).tint == "accent_soft"
    assert page.table.looks.look(0, 1).tint == ""


def test_a_screen_reader_gets_the_sentence_of_a_cell(page):
    index = page.table.looks.index(0, 0)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole).startswith(
        "Visit date and status, visit SCR: started"
    )


def test_an_extra_visit_asks_for_its_reason_inline(page, window, qtbot):
    before = len(page.visits)
    qtbot.keyClick(page.table, Qt.Key.Key_U)
    assert page.panel.isVisible() and page.panel.words.hasFocus()
    qtbot.keyClick(page.panel.words, Qt.Key.Key_Return)
    assert page.notice.isVisible() and len(page.visits) == before
    qtbot.keyClicks(page.panel.words, "made-up swelling of the legs")
    qtbot.keyClick(page.panel.words, Qt.Key.Key_Return)
    assert len(page.visits) == before + 1 and not page.panel.isVisible()
    assert cell(page)[1].startswith("SE.UNS~") and page.table.hasFocus()
    assert "made-up swelling" in page.window_line.text()


def test_escape_leaves_the_extra_visit_alone(page, qtbot):
    before = len(page.visits)
    qtbot.keyClick(page.table, Qt.Key.Key_U)
    qtbot.keyClicks(page.panel.words, "half")
    qtbot.keyClick(page.panel.words, Qt.Key.Key_Escape)
    assert not page.panel.isVisible() and page.table.hasFocus() and len(page.visits) == before


def test_ctrl_p_shows_the_paper_of_the_form_under_the_ring(page, window, qtbot):
    qtbot.keyClick(page.table, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert isinstance(window.page, PdfPreviewPage) and window.page.key.form == "F.SV"


def test_a_commit_elsewhere_repaints_the_cell_and_keeps_the_ring(page, window):
    page.table.go_to(*_place(page, "F.IC", "SE.SCR"))
    key = ItemKey(FormKey(page.uid, "SE.SCR", "F.DM"), "IG.DM", "I.DM.SEX")
    window.say_saved(enter_value(window.session, key, "F"))
    assert page.table.looks.look(*_place(page, "F.DM", "SE.SCR")).icon == "started"
    assert cell(page) == ("F.IC", "SE.SCR")
    assert "Female" in window.shell.header.accessibleName()


def _at(page: CasebookPage) -> tuple[int, int]:
    return page.table.currentIndex().row(), page.table.currentIndex().column()


def _place(page: CasebookPage, form: str, event: str) -> tuple[int, int]:
    at, _ = page.place_of(form, event)
    if page.rows[at].members:
        page.fold(at, open_it=True)
    return page.place_of(form, event)
