"""Sentences being typed outside the fields survive lock, person and program, each at its own place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.actions.completing import reopen_form
from crf_app.actions.notes import NotePlace
from crf_app.actions.queries import open_query, queries
from crf_app.model.keys import ItemKey
from crf_app.model.record import Draft
from crf_app.store import drafts as stored
from crf_app.store import notes as stored_notes
from crf_app.store import reads
from crf_app.ui import words
from crf_app.ui.pages.casebook import CasebookPage
from crf_app.ui.pages.queries import QueriesPage
from crf_app.ui.typed.drafts import drafts_of
from crf_app.ui.typed.notes import Notes

from .test_drafts import PULSE, SYS, Bed


@pytest.fixture
def bed(desk: Callable[..., Any]) -> Iterator[Bed]:
    made = Bed(desk())
    yield made
    for window in made.more:
        window.close()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def notes_of(bed: Bed) -> Notes:
    return drafts_of(bed.window).notes


def on_disk(bed: Bed, user: str = "made.nurse") -> dict[str, str]:
    conn = bed.session.store.conn
    return {one.place.what: one.text for one in stored_notes.of_user(conn, user)}


def a_second_passes(bed: Bed) -> None:
    timer = notes_of(bed).timer
    assert timer.isActive() and timer.interval() <= 1000
    timer.timeout.emit()


def ask_two(bed: Bed) -> list[str]:
    """Two queries of the investigator; the nurse is at work again."""
    bed.put("I.VS.PULSE", "72")
    bed.put("I.VS.SYSBP", "128")
    bed.window.sign_out()
    bed.come("made.doctor")
    for item in ("I.VS.PULSE", "I.VS.SYSBP"):
        open_query(bed.session, ItemKey(bed.key, "IG.VS", item), f"Made up: {item}?")
    threads = [one.thread for one in queries(bed.session)]
    bed.window.sign_out()
    bed.come("made.nurse")
    return threads


def type_answer(bed: Bed, text: str) -> QueriesPage:
    bed.window.show_queries()
    page = bed.window.page
    assert isinstance(page, QueriesPage)
    page.table.selectRow(0)
    page.answer.setFocus()
    QTest.keyClicks(page.answer, text)
    return page


def test_an_answer_to_a_query_survives_a_stop_and_one_key_goes_back_to_it(bed: Bed) -> None:
    ask_two(bed)
    asked = type_answer(bed, "made-up half")._here
    assert on_disk(bed) == {}
    a_second_passes(bed)
    assert on_disk(bed) == {"reply": "made-up half"}
    assert stored.of_user(bed.session.store.conn, "made.nurse") == []
    bed.stop("again")
    bar = bed.bar()
    assert bar is not None and bar.go.hasFocus()
    assert bar.words.text().startswith("The program stopped at 14:02. ZN007, ")
    assert 'the answer to a query "made-up half" was being typed' in bar.words.text()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    page = bed.window.page
    assert isinstance(page, QueriesPage) and page._here == asked
    assert page.answer.toPlainText() == "made-up half" and page.answer.hasFocus()
    assert page.detail.came_back.text() == "Typed by you at 14:02, when the program stopped. Not stored yet."
    page.table.selectRow(1)
    assert page.answer.toPlainText() == "" and page.detail.came_back.isHidden()
    page.table.selectRow(0)
    assert page.answer.toPlainText() == "made-up half"
    page.send_answer()
    assert on_disk(bed) == {} and [one.status for one in queries(bed.session)].count("Answered") == 1


def test_another_person_never_sees_it_and_it_comes_back_to_its_own(bed: Bed) -> None:
    ask_two(bed)
    type_answer(bed, "made-up secret")
    bed.window.lock()
    assert on_disk(bed) == {"reply": "made-up secret"}
    bed.window.sign_out()
    bed.come("made.doctor")
    assert bed.bar() is None
    bed.window.show_queries()
    page = bed.window.page
    assert isinstance(page, QueriesPage) and page.answer.toPlainText() == ""
    bed.window.sign_out()
    bed.come("made.nurse")
    bar = bed.bar()
    assert bar is not None and "stopped" not in bar.words.text()
    bar.go.click()
    assert isinstance(bed.window.page, QueriesPage)
    assert bed.window.page.answer.toPlainText() == "made-up secret"


def test_a_reason_of_a_correction_comes_back_with_its_correction(bed: Bed) -> None:
    bed.put("I.VS.PULSE", "72")
    heads = reads.form_row(bed.session.store.conn, bed.key)
    done = Draft("form.status", bed.uid, bed.key.path, heads.heads if heads else (), value="complete")
    bed.session.commit([done])  # as if all of it were answered: a correction wants its reason from now on
    bed.session.forget()
    bed.open()
    row = bed.type(PULSE, "75")
    QTest.keyClick(row.input, Qt.Key.Key_Return)
    other = next(one for one in row.under.buttons if one.objectName().endswith("OTHER"))
    other.click()
    QTest.keyClicks(row.under.line, "made-up reas")
    drafts_of(bed.window).write()
    assert on_disk(bed) == {"change": "made-up reas"} and bed.on_disk() == {PULSE: "75"}
    bed.stop("again")
    bed.open()
    row = bed.row(PULSE)
    assert row.input.text() == "75" and row.under.line.text() == "made-up reas"
    assert "Typed by you at 14:02" in row.under.hint.text() and bed.row(SYS).under is None
    row.under.take_focus()
    QTest.keyClick(row.under.line, Qt.Key.Key_End)
    QTest.keyClicks(row.under.line, "on")
    QTest.keyClick(row.under.line, Qt.Key.Key_Return)
    assert bed.stored(PULSE) == "75" and on_disk(bed) == {} and bed.on_disk() == {}


def test_the_words_about_a_finding_come_back_and_esc_gives_them_up(bed: Bed) -> None:
    bed.put("I.VS.PULSE", "190")
    bed.open()
    row = bed.row(PULSE)
    row.host.choose(row, "answer:OTHER", "")
    QTest.keyClicks(row.under.line, "made-up monitor")
    a_second_passes(bed)
    bed.stop("again")
    bed.open()
    row = bed.row(PULSE)
    assert row.under.line.text() == "made-up monitor"
    row.under.take_focus()
    QTest.keyClick(row.under.line, Qt.Key.Key_Escape)
    assert row.under.line is None and on_disk(bed) == {} and bed.stored(PULSE) == "190"


def test_a_query_being_asked_comes_back_under_its_field(bed: Bed) -> None:
    bed.put("I.VS.PULSE", "72")
    bed.window.sign_out()
    bed.come("made.doctor")
    bed.open()
    bed.window.page.entry.ask(bed.row(PULSE), "query")
    QTest.keyClicks(bed.row(PULSE).under.line, "made-up ques")
    a_second_passes(bed)
    bed.stop("again", "made.doctor")
    bar = bed.bar()
    assert bar is not None and 'a query "made-up ques"' in bar.words.text()
    bar.go.click()
    row = bed.row(PULSE)
    assert row.asking == "query" and row.under.line.text() == "made-up ques" and row.under.line.hasFocus()
    QTest.keyClick(row.under.line, Qt.Key.Key_Return)
    assert [one.texts["en"] for one in queries(bed.session)] == ["made-up ques"]
    assert on_disk(bed, "made.doctor") == {}


def test_the_words_of_not_done_come_back_to_their_cell_and_cancel_forgets_them(bed: Bed) -> None:
    bed.window.show_casebook(bed.uid)
    page = bed.window.page
    assert isinstance(page, CasebookPage)
    page.table.go_to(*page.place_of("F.PE", "SE.V1"))
    page.acts.ask_not_done()
    QTest.keyClicks(page.panel.words, "made-up why")
    a_second_passes(bed)
    place = NotePlace("ask", bed.uid, "SE.V1/F.PE", "mark")
    assert notes_of(bed).at(place) is not None
    bed.stop("again")
    bar = bed.bar()
    assert bar is not None and 'a reason "made-up why"' in bar.words.text()
    bar.go.click()
    page = bed.window.page
    assert isinstance(page, CasebookPage) and page.panel.words.text() == "made-up why"
    assert "Typed by you at 14:02" in page.notice.words.text()
    page.acts.close()
    assert on_disk(bed) == {}
    page.table.go_to(*page.place_of("F.VS", "SE.V1"))
    page.acts.ask_not_done()
    assert page.panel.words.text() == ""


def closed_form(bed: Bed) -> Any:
    """The form as if all of it were answered and completed."""
    heads = reads.form_row(bed.session.store.conn, bed.key)
    done = Draft("form.status", bed.uid, bed.key.path, heads.heads if heads else (), value="complete")
    bed.session.commit([done])
    bed.session.forget()
    return bed.open()


def test_the_reason_to_open_a_form_again_comes_back_with_its_question(bed: Bed) -> None:
    page = closed_form(bed)
    page.acts.pressed("reopen")
    QTest.keyClicks(page.bar.line, "made-up wh")
    a_second_passes(bed)
    assert on_disk(bed) == {"bar": "made-up wh"}
    bed.stop("again")
    bar = bed.bar()
    assert bar is not None and 'a reason "made-up wh" was being typed' in bar.words.text()
    bar.go.click()
    page = bed.window.page
    assert page.bar.line.text() == "made-up wh" and page.bar.line.hasFocus()
    assert "Typed by you at 14:02" in page.bar.hint.text()
    QTest.keyClick(page.bar.line, Qt.Key.Key_End)
    QTest.keyClicks(page.bar.line, "y")
    QTest.keyClick(page.bar.line, Qt.Key.Key_Return)
    row = reads.form_row(bed.session.store.conn, bed.key)
    assert row is not None and row.status == "open" and on_disk(bed) == {}
    last = [one for _, one in reads.records_of_kind(bed.session.store.conn, "form.status")][-1]
    assert last.reason == "made-up why"


def test_esc_gives_the_reason_of_a_form_up_and_the_other_language_keeps_it(bed: Bed) -> None:
    page = closed_form(bed)
    page.acts.pressed("reopen")
    QTest.keyClicks(page.bar.line, "made-up")
    words.set_language("zh")
    assert page.bar.line.text() == "made-up" and "重新" in page.bar.sentence.text()
    words.set_language("en")
    assert page.bar.line.text() == "made-up"
    bed.window.show_casebook(bed.uid)
    page = bed.open()
    page.acts.pressed("reopen")
    assert page.bar.line.text() == "made-up"
    QTest.keyClick(page.bar.line, Qt.Key.Key_Escape)
    assert page.bar.content is None and on_disk(bed) == {}
    page.acts.pressed("reopen")
    assert page.bar.line.text() == ""


def test_a_form_that_may_not_be_opened_again_asks_for_no_reason(bed: Bed) -> None:
    """Somebody opened it meanwhile: the text waits, and is not asked for."""
    page = closed_form(bed)
    page.acts.pressed("reopen")
    QTest.keyClicks(page.bar.line, "made-up")
    drafts_of(bed.window).write()
    reopen_form(bed.session, bed.key, "made up, somebody else")
    page = bed.open()
    page.acts.ask_again("reopen")
    assert page.bar.content is None
