"""The first look at a casebook: states that need an evaluation follow step by step, none is ever wrong."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from crf_app.actions.casebook import READING, casebook
from crf_app.actions.enter_data import enter_value
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui import in_steps, words
from crf_app.ui.pages.casebook import CasebookPage

BEGUN = (
    ("F.SV", "IG.SV", "I.SV.SVOCCUR", "Y"),
    ("F.SV", "IG.SV", "I.SV.SVSTDAT", "2026-11-20"),
    ("F.DM", "IG.DM", "I.DM.SEX", "F"),
    ("F.VS", "IG.VS", "I.VS.TEMP", "36.8"),
)


@pytest.fixture
def subject(at_work, new_subject, monkeypatch) -> tuple:
    """(window, uid) of a subject with forms begun, nothing of it evaluated; a step has room for one form."""
    window = at_work("nurse")
    uid = new_subject(window.session, "ZN007")
    for form, group, item, text in BEGUN:
        enter_value(window.session, ItemKey(FormKey(uid, "SE.SCR", form), group, item), text)
    window.session.forget()
    monkeypatch.setattr(in_steps, "STEP", 0.0)
    return window, uid


def states(page: CasebookPage) -> dict:
    """What each visit's form shows; every set is opened for it."""
    page.open_sets = set(page.window_.session.study.events)
    page.show_matrix()
    return {
        place: page.table.looks.look(*at).icon for place, at in page._places.items() if place in page.cells
    }


def true_states(window, uid: str) -> dict:
    found = casebook(window.session, uid).cells.items()
    return {place: cell.state for place, cell in found if place[0] != "SE.LOG"}


def test_every_state_that_is_shown_is_true_or_says_that_it_is_being_read(subject, qtbot):
    window, uid = subject
    window.show_casebook(uid)
    page = window.page
    seen = [states(page)]
    beats: list[int] = []
    timer = QTimer(page)
    timer.timeout.connect(lambda: beats.append(1))
    timer.start(0)
    while page.rest.working:
        QApplication.processEvents()
        seen.append(states(page))
    waiting = [sum(state == READING for state in one.values()) for one in seen]
    assert waiting[0] > 0 and waiting == sorted(waiting, reverse=True) and waiting[-1] == 0
    assert beats  # the window went on meanwhile
    truth = true_states(window, uid)
    assert seen[-1] == truth
    assert all(state in (READING, truth[place]) for one in seen for place, state in one.items())


def test_a_cell_that_is_being_read_has_no_word_but_a_sentence(subject):
    window, uid = subject
    window.show_casebook(uid)
    page = window.page
    for language, said in (("en", "being read, its state follows"), ("zh", "正在读取")):
        words.set_language(language)
        page.retranslate()
        found = [page.table.looks.look(n, 0) for n in range(page.table.looks.rowCount())]
        waiting = [
            look for look, one in zip(found, page.rows, strict=True) if look.icon == READING and one.form
        ]
        assert waiting and all(look.text == "" and said in look.said and not look.ground for look in waiting)


def test_the_ring_goes_where_it_belongs_when_all_is_read_but_not_from_where_a_person_put_it(subject, qtbot):
    window, uid = subject
    window.show_casebook(uid)
    first = window.page
    first.rest.finish()
    assert first.here() == first._first()
    window.session.forget()
    window.show_casebook(uid)
    second = window.page
    second.table.go_to(0, 0)
    qtbot.keyClick(second.table, Qt.Key.Key_Down)
    there = second._ring_now()
    second.rest.finish()
    assert second._ring_now() == there


def test_a_commit_while_forms_are_read_is_seen(subject):
    window, uid = subject
    window.show_casebook(uid)
    page = window.page
    key = ItemKey(FormKey(uid, "SE.SCR", "F.VS"), "IG.VS", "I.VS.TEMP")
    window.say_saved(enter_value(window.session, key, "52", reason="made up"))
    page.rest.finish()
    assert states(page) == true_states(window, uid)
    assert states(page)["SE.SCR", "F.VS"] == "hard"


def test_nothing_is_read_for_a_page_that_was_left(subject):
    window, uid = subject
    window.show_casebook(uid)
    page = window.page
    assert page.rest.working
    window.sign_out()
    assert not page.rest.working


def test_the_list_of_a_visit_fills_in_after_the_form(subject, qtbot):
    window, uid = subject
    window.show_form(FormKey(uid, "SE.SCR", "F.IC"))
    page = window.page
    assert page.forms.unread() and page.key not in page.forms.unread()
    qtbot.waitUntil(lambda: not page.forms.unread())
    truth = true_states(window, uid)
    assert {entry.cell.key.form: entry.cell.state for entry in page.forms._made} == {
        form: state for (event, form), state in truth.items() if event == "SE.SCR"
    }
