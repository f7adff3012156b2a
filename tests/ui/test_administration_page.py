"""The page of a dose by keys alone: five steps, two people, start, observations, interruption, end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from crf_app.actions.dose.administration import dose
from crf_app.actions.enter_data import enter_form
from crf_app.actions.scanning import read_scan
from crf_app.model.keys import FormKey
from crf_app.model.record import Draft
from crf_app.store import notes as stored_notes
from crf_app.store import reads
from crf_app.ui import words
from crf_app.ui.dose.proof_sheet import ProofSheet
from crf_app.ui.pages.administration import AdministrationPage
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.typed.drafts import drafts_of

from .conftest import PASSWORD, Desk

LABEL = "MSC-2610-0913-02|5.0e7|100|2026-10-06T18:00"


@pytest.fixture
def bed(desk: Callable[[str], Desk], qtbot: Any) -> tuple[Desk, AdministrationPage]:
    """The nurse at the first dose of a subject of the medium group."""
    at = desk("made.nurse")
    enter_form(at.session, at.key("F.GA"), {"IG.GA/I.GA.ARMCD": "MED"})
    qtbot.waitExposed(at.window)
    at.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is at.window)
    at.window.open_form(at.key("F.EX"))
    page = at.window.page
    assert isinstance(page, AdministrationPage)
    return at, page


@pytest.fixture
def ready(bed: Any, qtbot: Any) -> tuple[Desk, AdministrationPage]:
    """The bag is known and two people have confirmed it: the cursor stands on Start."""
    at, page = bed
    page.on_scan(read_scan(at.session.study, LABEL))
    confirm_both(at, page, qtbot)
    return at, page


def press(*keys: Qt.Key | str, alt: bool = False) -> None:
    held = Qt.KeyboardModifier.AltModifier if alt else Qt.KeyboardModifier.NoModifier
    for one in keys:
        here = QApplication.focusWidget()
        assert here is not None
        if isinstance(one, str):
            QTest.keyClicks(here, one)
        else:
            QTest.keyClick(here, one, held)
    QApplication.processEvents()


def confirm_both(at: Desk, page: AdministrationPage, qtbot: Any) -> None:
    page.go_to_step(2)
    for letter in ("", "Made-up Investigator"):
        qtbot.waitUntil(lambda: page.people.buttons[0].hasFocus())
        press(Qt.Key.Key_Return)
        sheet = at.window.shell.sheet.content
        assert isinstance(sheet, ProofSheet)
        if letter:
            place = next(n for n, one in enumerate(sheet.people) if one.name == letter)
            sheet.buttons[place].setChecked(True)
            press(Qt.Key.Key_Return)
        qtbot.waitUntil(lambda sheet=sheet: sheet.password.hasFocus())
        press(PASSWORD, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: at.window.shell.sheet is None)


def test_a_dose_opens_on_its_steps_and_all_questions_stay_one_key_away(bed: Any) -> None:
    at, page = bed
    assert page.step == 0 and [card.look.name for card in page.steps.cards][2] == "people"
    press(Qt.Key.Key_Up, alt=True)
    assert isinstance(at.window.page, FormPageWidget)


def test_two_people_confirm_with_their_own_passwords(bed: Any, qtbot: Any) -> None:
    at, page = bed
    confirm_both(at, page, qtbot)
    records = [one.record for one in reads.records_of_form(at.session.store.conn, at.key("F.EX"))]
    assert [one.user for one in records if "IDCHK" in (one.key or "")] == ["made.nurse", "made.doctor"]
    assert page.step == 3 and page.timer.start.isVisible()


def test_a_button_that_is_made_anew_takes_the_cursor_at_once(bed: Any) -> None:
    """Else the next Enter presses whatever button the cursor fell on meanwhile."""
    _, page = bed
    page.go_to_step(2)
    first, *others = page.dose.checkers
    done = replace(first, user="made.nurse", name="Made-up Nurse", role="investigator", at="13:40")
    page.people.show_people((done, *others), may=True)
    page.people.buttons[0].setFocus()
    assert page.people.buttons[0].hasFocus()


def test_a_wrong_password_stays_on_the_sheet_in_words(bed: Any, qtbot: Any) -> None:
    at, page = bed
    page.go_to_step(2)
    press(Qt.Key.Key_Return)
    press("not the password at all", Qt.Key.Key_Return)
    sheet = at.window.shell.sheet.content
    qtbot.waitUntil(lambda: sheet.notice.isVisible())
    assert not any(one.user for one in dose(at.session, at.key("F.EX")).checkers)


def test_a_scanned_label_fills_the_bag_and_a_wrong_one_writes_nothing(bed: Any) -> None:
    at, page = bed
    wrong = read_scan(at.session.study, LABEL.replace("5.0e7", "2.5e7"))
    before = at.session.store.end.seq
    assert page.on_scan(wrong) and "Do not infuse" in page.notice.words.text()
    assert at.session.store.end.seq == before + 1  # the refusal alone
    assert page.on_scan(read_scan(at.session.study, LABEL))
    assert dose(at.session, at.key("F.EX")).amount == 50_000_000 and page.step == 1


def test_a_reason_for_another_bag_waits_for_the_scan_that_asks_for_it_again(bed: Any) -> None:
    at, page = bed
    page.on_scan(read_scan(at.session.study, LABEL))
    row = reads.form_row(at.session.store.conn, page.key)
    done = Draft("form.status", page.key.subject, page.key.path, row.heads, value="complete")
    at.session.commit([done])  # as if all of it were answered: a correction wants its reason from now on
    at.session.forget()
    other = read_scan(at.session.study, LABEL.replace("0913-02", "0913-03"))
    assert page.on_scan(other)
    QTest.keyClicks(page.bar.line, "made-up wh")
    drafts_of(at.window).write()
    at.window.open_form(at.key("F.EX"))
    page = at.window.page
    assert page.bar.content is None and page.on_scan(other)
    assert page.bar.line.text() == "made-up wh" and page.bar.hint.text()
    QTest.keyClick(page.bar.line, Qt.Key.Key_End)
    QTest.keyClicks(page.bar.line, "y")
    QTest.keyClick(page.bar.line, Qt.Key.Key_Return)
    conn = at.session.store.conn
    reasons = {one.reason for _, one in reads.records_of_kind(conn, "item.set") if one.reason}
    assert "made-up why" in reasons and not stored_notes.of_user(conn, "made.nurse")


def test_start_pause_go_on_and_stop_by_keys_and_no_bare_key_ends_it(ready: Any) -> None:
    at, page = ready
    press(Qt.Key.Key_Return)  # the cursor stands on Start
    key = at.key("F.EX")
    assert dose(at.session, key).running
    page.setFocus()
    press(Qt.Key.Key_P)
    press("1")
    assert dose(at.session, key).paused_since is not None
    press(Qt.Key.Key_P)
    assert dose(at.session, key).paused_since is None
    press(Qt.Key.Key_S)
    assert dose(at.session, key).ended is None and page.bar.isVisible()
    press("1")
    assert dose(at.session, key).ended is not None and page.step == 4


def test_take_now_goes_to_the_row_that_is_due(ready: Any) -> None:
    _, page = ready
    press(Qt.Key.Key_Return)
    page.take_now()
    here = QApplication.focusWidget()
    while here is not None and not here.objectName().startswith("IG."):
        here = here.parentWidget()
    assert here is not None and here.objectName().startswith("IG.VSI~M15/")


def test_only_the_column_of_one_time_point_is_open(ready: Any) -> None:
    """The others show their answers in words; a head or a place in a column opens it and takes the cursor."""
    at, page = ready
    enter_form(at.session, at.key("F.VSI"), {"IG.VSI~PRE/I.VSI.SYSBP": "124"})
    press(Qt.Key.Key_Return)
    page.take_now()
    grid = page._part._grid()
    assert grid.shown_code == "M15"
    open_cells = {one.key.row for one in grid.cells if one.input.isVisible()}
    assert open_cells == {"M15"}
    assert {row.key.row for row in page._part.view.fields()} == {"M15"}
    heads = {one.code: one for one in grid._heads_of_times}
    assert heads["PRE"].accessibleDescription() == "begun, Systolic blood pressure 124"
    assert heads["M15"].moment.words == "14:17" and heads["EOI"].moment.words == ""
    heads["PRE"].setFocus()
    press(Qt.Key.Key_Space)
    assert grid.shown_code == "PRE" and page._part.current.key.local == "IG.VSI~PRE/I.VSI.VSDAT"
    cell = next(one for one in grid.cells if one.key.local == "IG.VSI~M30/I.VSI.PULSE")
    QTest.mouseClick(cell, Qt.MouseButton.LeftButton)
    assert grid.shown_code == "M30" and page._part.current.key.row == "M30"


def test_what_is_typed_in_a_column_and_not_saved_stays_in_sight(ready: Any) -> None:
    _, page = ready
    press(Qt.Key.Key_Return)
    page.take_now()
    part, grid = page._part, page._part._grid()
    part.go_to("IG.VSI~M15/I.VSI.PULSE")
    press("7x", Qt.Key.Key_Return)
    next(one for one in grid._heads_of_times if one.code == "M30").click()
    field = part.view.row_there("IG.VSI~M15/I.VSI.PULSE").input
    assert grid.shown_code == "M30" and field.isVisible() and field.text() == "7x"


def test_up_and_down_stay_in_the_column(ready: Any) -> None:
    _, page = ready
    press(Qt.Key.Key_Return)
    page.take_now()
    page._part.go_to("IG.VSI~M15/I.VSI.SYSBP")
    press(Qt.Key.Key_Down)
    assert page._part.current.key.local == "IG.VSI~M15/I.VSI.DIABP"
    press(Qt.Key.Key_Up)
    assert page._part.current.key.local == "IG.VSI~M15/I.VSI.SYSBP"


def test_an_observation_that_is_late_says_so_in_its_head(ready: Any) -> None:
    at, page = ready
    press(Qt.Key.Key_Return)
    at.window.clock.at += timedelta(minutes=23)
    page.refresh()
    heads = {one.code: one for one in page._part._grid()._heads_of_times}
    assert heads["M15"].moment.state == "overdue"


def test_a_reaction_is_recorded_in_two_keys(ready: Any) -> None:
    at, page = ready
    press(Qt.Key.Key_Return)
    page.setFocus()
    press(Qt.Key.Key_R)
    press("1")
    opened = at.window.page
    assert isinstance(opened, FormPageWidget) and opened.key == FormKey(at.uid, "SE.LOG", "F.AE")
    assert opened.current is not None and opened.current.key.group_oid == "IG.AE"


def test_every_word_of_the_page_follows_the_language(bed: Any) -> None:
    _, page = bed
    for step in range(5):
        page.go_to_step(step)
        words.set_language("zh")
        assert page.steps.cards[0].accessibleName().startswith("第1步")
        words.set_language("en")


def test_what_is_typed_in_a_step_waits_when_another_one_opens(bed: Any) -> None:
    at, page = bed
    page.go_to_step(1)
    part = page._part
    part.go_to("IG.EX.PROD/I.EX.X_VIAB")
    press("9x")
    page.go_to_step(0)
    page.go_to_step(1)
    assert page._part.view.row("IG.EX.PROD/I.EX.X_VIAB").input.text() == "9x"
    assert at.session.subject(at.uid).values(at.key("F.EX")).get("IG.EX.PROD/I.EX.X_VIAB") is None


def test_the_lock_screen_reminds_of_what_is_due(ready: Any) -> None:
    at, _ = ready
    press(Qt.Key.Key_Return)
    at.window.clock.at += timedelta(minutes=16)
    at.window.lock()
    assert at.window.cover is not None
    said = [one.text() for one in at.window.cover.findChildren(QLabel)]
    assert any("ZN007: 15 min after start is due since 14:17" in one for one in said)
