"""A form's rows are kept and put to the next record: nothing of one record may reach another."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.rows import add_row
from crf_app.actions.session import sign_in
from crf_app.actions.subjects import add_subject, find_subject
from crf_app.errors import StoreDamaged
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui import words
from crf_app.ui.pages import form as form_module
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.typed.drafts import drafts_of

SYS, PULSE = "IG.VS/I.VS.SYSBP", "IG.VS/I.VS.PULSE"
CREAT = "I.LBC.CREAT"


class Two:
    """Two subjects at one window, both with vital signs taken."""

    def __init__(self, desk: Any, qtbot: Any) -> None:
        self.window, self.session = desk.window, desk.session
        qtbot.waitExposed(self.window)
        self.window.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is self.window)
        add_subject(self.session, "ZN008")
        self.uids = (desk.uid, find_subject(self.session, "ZN008"))
        self.put(1, "I.IC.DSSTDAT_IC", "2026-08-20", "F.IC", "SE.SCR")
        for n in (0, 1):
            self.put(n, "I.VS.VSPERF", "Y")
        self.put(1, "I.VS.SYSBP", "131")

    def key(self, n: int, form: str = "F.VS", event: str = "SE.V1") -> FormKey:
        return FormKey(self.uids[n], event, form)

    def put(self, n: int, oid: str, text: str, form: str = "F.VS", event: str = "SE.V1") -> None:
        group = self.session.study.forms[form].group_of[oid].oid
        enter_value(self.session, ItemKey(self.key(n, form, event), group, oid), text)

    def open(self, n: int, form: str = "F.VS", event: str = "SE.V1") -> FormPageWidget:
        self.window.show_form(self.key(n, form, event))
        QApplication.processEvents()
        assert isinstance(self.window.page, FormPageWidget)
        return self.window.page

    def row(self, local: str) -> Any:
        found = self.window.page.view.row(local)
        assert found is not None
        return found

    def type(self, local: str, keys: str) -> None:
        self.row(local).input.select()
        QTest.keyClicks(QApplication.focusWidget(), keys)

    def stored(self, n: int, local: str, form: str = "F.VS", event: str = "SE.V1") -> str | None:
        lines = form_page(self.session, self.key(n, form, event)).lines
        return next(line for line in lines if line.key.local == local).state.answer.value


@pytest.fixture
def two(desk: Callable[..., Any], qtbot: Any) -> Two:
    return Two(desk(), qtbot)


def texts(two: Two) -> dict[str, str]:
    return {row.key.local: row.input.text() for row in two.window.page.view.rows()}


def as_new(two: Two, n: int, form: str = "F.VS", event: str = "SE.V1") -> dict[str, str]:
    """What the fields of the record show on a page that was made for it."""
    made = FormPageWidget(two.window)
    made.open(two.key(n, form, event))
    made.resize(two.window.page.size())
    made._begin()
    found = {row.key.local: row.input.text() for row in made.view.rows()}
    made.deleteLater()
    return found


def test_the_rows_are_the_same_and_the_record_is_another(two: Two) -> None:
    two.open(0)
    before = two.row(SYS)
    two.open(1)
    assert two.row(SYS) is before and before.key.subject == two.uids[1]
    assert before.input.text() == "131"
    assert all(row.key.form_key == two.key(1) for row in two.window.page.view.rows())
    two.open(0)
    assert before.input.text() == "" and before.status == "empty"


@pytest.mark.parametrize("typed", ["128", "12x"])
def test_what_is_typed_for_one_subject_is_never_shown_or_saved_for_another(two: Two, typed: str) -> None:
    two.open(0)
    two.type(SYS, typed)
    two.open(1)
    row = two.row(SYS)
    assert row.input.text() == "131" and not row.input.dirty and row.pending is None
    assert row.under is None or row.under.content is None
    for one in two.window.page.view.rows():
        one.input.commit()
    assert two.stored(1, SYS) == "131"
    two.open(0)
    assert two.row(SYS).input.text() == typed
    assert two.stored(0, SYS) == ("128" if typed == "128" else None)


def test_typing_kept_behind_the_lock_goes_back_to_its_own_subject(two: Two) -> None:
    two.open(0)
    two.type(SYS, "12")
    two.window.lock()
    two.window.show_form(two.key(1))
    assert two.row(SYS).input.text() == "131"
    assert two.stored(0, SYS) is None and two.stored(1, SYS) == "131"
    two.window.unlock()
    two.open(0)
    assert two.row(SYS).input.text() == "12" and two.row(SYS).status == "unsaved"


def test_undo_does_not_bring_back_the_text_of_another_subject(two: Two) -> None:
    two.put(0, "I.VS.SYSBP", "131")
    two.open(0)
    two.row(SYS).input.select()
    for key in (Qt.Key.Key_End, Qt.Key.Key_7, Qt.Key.Key_Backspace):
        QTest.keyClick(QApplication.focusWidget(), key)
    assert two.row(SYS).input.isUndoAvailable()
    two.open(1)
    field = two.row(SYS).input
    field.select()
    for _ in range(4):
        QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert field.text() == "131"


def test_a_reason_that_was_begun_for_one_subject_is_gone_for_the_other(two: Two) -> None:
    for n in (0, 1):
        two.put(n, "I.VS.PULSE", "190")
    two.open(0)
    row = two.row(PULSE)
    row.input.select()
    QTest.keyClick(row.input, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    QTest.keyClicks(row.under.line, "seen by A, made up")
    two.open(1)
    assert two.row(PULSE).asking == "" and two.row(PULSE).under.line is None
    assert "190" in two.row(PULSE).under.content.sentence
    assert not any(
        "made up" in one.text() for one in two.window.page.view.findChildren(QLineEdit) if one.isVisible()
    )


def test_a_question_about_the_whole_form_closes_with_its_record(two: Two) -> None:
    page = two.open(0)
    page.acts.pressed("reopen")
    assert page.bar.line is not None
    QTest.keyClicks(page.bar.line, "for A, made up")
    page.points.show_points(page.shown.open_points)
    two.open(1)
    assert page.bar.content is None and page.bar.line is None
    assert page.points.isHidden() and page.points.count() == 0


def test_a_key_that_waits_does_not_act_on_the_next_subject(two: Two, qtbot: Any) -> None:
    two.open(0)
    row = two.row(PULSE)
    row.input.select()
    QTest.keyClick(row.input, Qt.Key.Key_N)
    two.open(1)
    QTest.qWait(60)
    assert two.row(PULSE).asking == "" and two.row(PULSE).input.text() == ""


def test_a_unit_chosen_for_one_subject_is_not_used_for_another(two: Two) -> None:
    for n in (0, 1):
        two.put(n, "I.LBC.LBPERF", "Y", "F.LBC")
    page = two.open(0, "F.LBC")
    local = f"{page.shown.form.group_of[CREAT].oid}/{CREAT}"
    two.row(local).unit_button.click()
    assert two.row(local).unit == "mg/dL"
    two.open(1, "F.LBC")
    assert two.row(local).unit is None and "mol" in two.row(local).unit_button.text()
    two.type(local, "64")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    line = next(one for one in form_page(two.session, two.key(1, "F.LBC")).lines if one.key.local == local)
    assert line.state.answer.unit != "mg/dL"


def test_rows_of_a_list_belong_to_their_own_subject(two: Two) -> None:
    where = ("F.AE", "SE.LOG")
    for n in (0, 1):
        two.put(n, "I.AE.AEYN", "Y", *where)
    part = add_row(two.session, two.key(0, *where), "IG.AE").row
    two.open(0, *where)
    two.type(f"{part}/I.AE.AETERM", "Fever, made up")
    two.type(f"{part}/I.AE.AESTDAT", "2026-02-30")
    page = two.open(1, *where)
    rows = page.view.sections[-1].list
    assert rows.fields == [] and rows.part == "" and rows.table.looks.rowCount() == 0
    assert not drafts_of(two.window).of_form(two.session.user, two.key(1, *where))
    two.open(0, *where)
    assert two.row(f"{part}/I.AE.AETERM").input.text() == "Fever, made up"
    assert two.row(f"{part}/I.AE.AESTDAT").input.text() == "2026-02-30"


@pytest.mark.parametrize("form", ["F.VS", "F.LBC", "F.VSI", "F.CP", "F.DM"])
def test_a_kept_page_shows_what_a_new_one_shows(two: Two, form: str) -> None:
    event = "SE.SCR" if form == "F.DM" else "SE.V1"
    two.open(0, form, event)
    two.open(1, form, event)
    assert texts(two) == as_new(two, 1, form, event)
    two.open(0, form, event)
    assert texts(two) == as_new(two, 0, form, event)


def test_no_field_stands_under_a_name_when_the_record_cannot_be_read(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = two.open(0)

    def damaged(*_: Any) -> Any:
        raise StoreDamaged("The data file is damaged.", "数据文件已损坏。")

    monkeypatch.setattr(form_module, "form_page", damaged)
    with pytest.raises(StoreDamaged):
        two.window.show_form(two.key(1))
    assert page.view.rows() == [] and not page.may_write()
    assert not any(one.isVisible() for one in page.view.findChildren(QLineEdit))
    monkeypatch.undo()
    two.open(1)
    assert two.row(SYS).input.text() == "131"


def test_a_kept_form_speaks_the_language_of_now(two: Two) -> None:
    two.open(0)
    two.window.show_casebook(two.uids[0])
    words.set_language("zh")
    two.open(1)
    assert two.row(_perf(two)).input.buttons[0].text() == "是"
    assert two.window.page.forms.back.text() == words.say("form.casebook", "zh")


def _perf(two: Two) -> str:
    return f"{two.window.page.shown.form.group_of['I.VS.VSPERF'].oid}/I.VS.VSPERF"


def test_another_person_gets_no_kept_page(two: Two) -> None:
    page = two.open(0)
    home = two.window.home
    two.window.sign_out()
    session = sign_in(home, "made.doctor", "made up for a test 1")
    two.window.signed_in(session)
    two.session = session
    assert two.open(1) is not page


def test_the_form_is_whole_soon_after_its_first_paint(two: Two, qtbot: Any) -> None:
    page = two.open(0, "F.LBC")
    sheet = page.view.area
    qtbot.waitUntil(lambda: sheet._work is None, timeout=3000)
    QApplication.processEvents()
    shown = [row for row in page.view.rows() if row.isVisible()]
    for above, below in pairwise(shown):
        places = [one.mapTo(sheet.canvas, QPoint(0, 0)).y() for one in (above, below)]
        assert places[0] <= places[1]


def of_rows(two: Two) -> list[Any]:
    """Every row that was made, whether it belongs to the open record or waits for it."""
    return [row for section in two.window.page.view.area.sections for row in section._each()]


def bind_half(two: Two) -> None:
    """Just opened for the second subject, before anything was painted: some rows wait for her."""
    two.put(0, "I.LBC.LBPERF", "Y", "F.LBC")
    two.put(1, "I.LBC.LBPERF", "Y", "F.LBC")
    two.put(0, CREAT, "64", "F.LBC")
    two.window.resize(1280, 480)
    two.open(0, "F.LBC")
    two.window.page.view.rows()
    two.window.show_form(two.key(1, "F.LBC"))
    assert any(not row.bound for row in of_rows(two))


def test_a_row_that_waits_for_its_record_is_not_seen_not_heard_and_not_kept(two: Two) -> None:
    bind_half(two)
    page = two.window.page
    waiting = [row for row in of_rows(two) if not row.bound]
    there = page.view.made()
    for row in waiting:
        assert row not in there and not page.view.holds(row) and row.isHidden()
        assert page.view.row_there(row.key.local) is None
        row.input.edited.emit("77")
        row.input.missing_asked.emit()
        row.input.entered.emit()
        assert row.asking == "" and row.pending is None and row is not page.current
    page.entry.keep_typed()
    for n in (0, 1):
        assert not drafts_of(two.window).of_form(two.session.user, two.key(n, "F.LBC"))
        lines = form_page(two.session, two.key(n, "F.LBC")).lines
        assert all(line.state.answer.value != "77" for line in lines)


def test_a_row_that_waits_is_bound_for_whoever_goes_there(two: Two) -> None:
    bind_half(two)
    page = two.window.page
    last = next(row for row in reversed(of_rows(two)) if not row.bound)
    local = last.key.local
    assert page.view.row(local) is last and last.key.form_key == two.key(1, "F.LBC")
    assert texts(two) == as_new(two, 1, "F.LBC")
    assert last.bound and not last.input.signalsBlocked()


def test_tab_goes_through_the_rows_of_the_open_record_only(two: Two) -> None:
    bind_half(two)
    page = two.window.page
    page.view.row_there(page.view.first_stop(page.shown)).input.select()
    for _ in range(len(page.shown.lines)):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        if page.current is not None:
            assert page.current.key.form_key == two.key(1, "F.LBC")


def test_the_rest_is_bound_soon_after_the_paint(two: Two, qtbot: Any) -> None:
    bind_half(two)
    qtbot.waitUntil(lambda: all(row.bound for row in of_rows(two)), timeout=3000)
    found = texts(two)
    assert found == as_new(two, 1, "F.LBC") and "64" not in found.values()


def test_a_record_that_is_left_while_its_rows_wait_mixes_with_no_other(two: Two) -> None:
    bind_half(two)
    two.window.show_form(two.key(0, "F.LBC"))
    assert all(row.key.form_key == two.key(0, "F.LBC") for row in two.window.page.view.made())
    two.window.show_casebook(two.uids[0])
    QTest.qWait(30)
    two.open(0, "F.LBC")
    assert texts(two) == as_new(two, 0, "F.LBC")


def test_the_rows_of_a_form_that_was_left_belong_to_nobody(two: Two) -> None:
    bind_half(two)
    sheet, page = two.window.page.view.area, two.window.page
    two.window.show_casebook(two.uids[1])
    QTest.qWait(30)
    assert sheet.made() == [] and page.view.rows() == [] and sheet._work is None
    sheet.finish()
    assert sheet.made() == []


def test_another_language_while_rows_wait_is_spoken_by_all_of_them(two: Two) -> None:
    bind_half(two)
    words.set_language("zh")
    two.window.page.retranslate()
    rows = two.window.page.view.rows()
    assert all(row.bound for row in of_rows(two))
    assert all(row.line.state.item.question.zh in row.input.accessibleName() for row in rows)


@pytest.mark.parametrize("form", ["F.VSI", "F.AE"])
def test_a_grid_and_a_list_are_hidden_with_their_record(two: Two, form: str) -> None:
    page = two.open(0, form, "SE.LOG" if form == "F.AE" else "SE.V1")
    sheet = page.view.area
    page.view.show_nothing()
    for section in sheet.sections:
        assert section.isHidden() and section.made() == []
        assert section.grid is None or section.grid.isHidden()
        assert section.list is None or (section.list.isHidden() and section.list.fields == [])
