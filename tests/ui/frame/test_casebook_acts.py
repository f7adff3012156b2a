"""Extra visit, not done, made by mistake: one key, one question, one Enter; and back again."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from crf_app.actions.enter_data import enter_value
from crf_app.actions.subjects import add_visit
from crf_app.model.keys import FormKey, ItemKey
from crf_app.store import marks
from crf_app.ui import words
from crf_app.ui.pages.casebook import CasebookPage

ENTER, KEY = Qt.Key.Key_Return, Qt.Key


@pytest.fixture
def page(at_work, new_subject) -> CasebookPage:
    window = at_work("nurse")
    uid = new_subject(window.session, "ZN007")
    window.show_casebook(uid)
    window.page.rest.finish()
    return window.page


def look(page: CasebookPage, form: str, event: str):
    return page.table.looks.look(*page.place_of(form, event))


def types(qtbot, text: str = "", key: KEY | None = None) -> None:
    """Into whatever has the focus, as a person does."""
    if text:
        qtbot.keyClicks(QApplication.focusWidget(), text)
    if key is not None:
        qtbot.keyClick(QApplication.focusWidget(), key)


def test_an_extra_visit_is_two_actions_and_has_its_date(page, qtbot):
    actions = 0
    types(qtbot, key=KEY.Key_U)
    actions += 1
    types(qtbot, "made-up swelling")  # the answer itself
    types(qtbot, key=ENTER)
    actions += 1
    event = page.here()[0]
    assert actions == 2 and event.startswith("SE.UNS~") and page.table.hasFocus()
    data = page.window_.session.subject(page.uid)
    assert data.actual(event).isoformat() == "2026-11-22" == page.now().isoformat()
    assert dict(data.added)[event] == "made-up swelling"


def test_another_date_is_typed_and_a_wrong_one_stays_in_the_panel(page, qtbot):
    types(qtbot, key=KEY.Key_U)
    types(qtbot, "made-up swelling")
    page.panel.date.setText("not a day")
    types(qtbot, key=ENTER)
    assert (
        page.notice.isVisible() and page.panel.isVisible() and page.panel.words.text() == "made-up swelling"
    )
    page.panel.date.setText("2026-11-20")
    types(qtbot, key=ENTER)
    assert page.window_.session.subject(page.uid).actual(page.here()[0]).isoformat() == "2026-11-20"


def test_n_and_a_letter_mark_a_form_and_the_sentence_says_why(page, qtbot):
    page.table.go_to(*page.place_of("F.LBC", "SE.V1"))
    types(qtbot, key=KEY.Key_N)
    assert page.panel.reasons.hasFocus() and page.panel.reasons.currentRow() < 1
    types(qtbot, "Sample")
    types(qtbot, key=ENTER)
    one = look(page, "F.LBC", "SE.V1")
    assert (one.icon, one.text) == (
        "not_done",
        "Not done",
    ) and "Sample could not be used" in page.sentence.text()
    words.set_language("zh")
    assert "标本不可用" in page.sentence.text()


def test_without_a_reason_nothing_is_marked(page, qtbot):
    page.table.go_to(*page.place_of("F.LBC", "SE.V1"))
    types(qtbot, key=KEY.Key_N)
    types(qtbot, key=ENTER)
    assert page.notice.isVisible() and page.panel.isVisible()
    types(qtbot, key=KEY.Key_Escape)
    assert page.table.hasFocus() and look(page, "F.LBC", "SE.V1").icon == "todo"


def test_the_same_key_opens_it_again_with_a_reason(page, qtbot):
    page.table.go_to(*page.place_of("F.LBC", "SE.V1"))
    types(qtbot, key=KEY.Key_N)
    types(qtbot, "R", ENTER)
    types(qtbot, key=KEY.Key_N)
    assert page.panel.words.hasFocus()
    types(qtbot, "made-up: the sample was found", ENTER)
    assert look(page, "F.LBC", "SE.V1").icon == "todo" and not page.panel.isVisible()


def test_a_whole_visit_is_marked_and_opened_again(page, qtbot):
    page.table.go_to(*page.place_of("F.LBC", "SE.V2"))
    types(qtbot, key=KEY.Key_N)
    page.panel.scopes[1].setChecked(True)
    types(qtbot, "R", ENTER)
    assert look(page, "F.LBC", "SE.V2").icon == "not_done"
    assert page.window_line.text() == "V2 did not take place"
    types(qtbot, key=KEY.Key_N)
    types(qtbot, "made-up: the wrong visit", ENTER)
    assert look(page, "F.LBC", "SE.V2").icon == "todo"
    assert not page.window_.session.subject(page.uid).missed("SE.V2")


def test_a_form_with_answers_is_refused_in_words(page, window, qtbot):
    key = ItemKey(FormKey(page.uid, "SE.V1", "F.VS"), "IG.VS", "I.VS.TEMP")
    window.say_saved(enter_value(window.session, key, "36.6"))
    page.table.go_to(*page.place_of("F.VS", "SE.V1"))
    types(qtbot, key=KEY.Key_N)
    types(qtbot, "R", ENTER)
    assert "1 answer" in page.notice.words.text() and page.panel.isVisible()


def test_a_visit_made_by_mistake_is_struck_through_and_counts_again(page, window, qtbot):
    event = add_visit(window.session, page.uid, "SE.UNS", "made-up swelling", "2026-11-20").row
    window.show_casebook(page.uid)
    page = window.page
    page.table.go_to(*page.place_of("F.VS", event))
    types(qtbot, key=KEY.Key_N)
    page.panel.scopes[2].setChecked(True)
    page.panel.words.setFocus()
    types(qtbot, "made-up: somebody else", ENTER)
    place = next(n for n, one in enumerate(page.visits) if one.event == event)
    assert page.table.head._heads[place].struck and look(page, "F.VS", event).struck
    page.table.go_to(*page.place_of("F.VS", event))
    types(qtbot, key=KEY.Key_N)
    types(qtbot, "made-up: it was right", ENTER)
    assert not look(page, "F.VS", event).struck


def test_a_subject_made_by_mistake_says_so_on_top(page, window, qtbot):
    page.show_tab("history")
    qtbot.mouseClick(page.history.mistake, Qt.MouseButton.LeftButton)
    types(qtbot, "made-up: twice", ENTER)
    assert marks.mistaken_subject(window.session.store.conn, page.uid) is not None
    assert page.notice.isVisible() and "does not count" in page.notice.words.text()
    qtbot.mouseClick(page.history.mistake, Qt.MouseButton.LeftButton)
    types(qtbot, "made-up: it was right", ENTER)
    assert not page.notice.isVisible()


def test_who_may_not_enter_is_not_asked(at_work, new_subject, window, qtbot):
    at_work("nurse")
    uid = new_subject(window.session, "ZN007")
    window.sign_out()
    at_work("investigator")
    window.show_casebook(uid)
    types(qtbot, key=KEY.Key_N)
    assert window.page.not_done.isHidden() and not window.page.panel.isVisible()
