"""The form page with real key events on a real store: what is typed, what is saved, what is said."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget

from crf_app.actions.enter_data import enter_value, mark_missing
from crf_app.actions.form_page import Line, form_page
from crf_app.actions.session import sign_in
from crf_app.errors import StorageFull
from crf_app.model.keys import ItemKey
from crf_app.ui import style, words
from crf_app.ui.form import form_entry, lab_row
from crf_app.ui.form.choice_widgets import ChoiceRow
from crf_app.ui.form.field_row import FieldRow
from crf_app.ui.form.under_content import Rights, content
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.pages.value_history import ValueHistoryPage
from crf_app.ui.typed.drafts import drafts_of

VS, LBC = "IG.VS", "IG.LBC"
SYS, DIA, PULSE = "I.VS.SYSBP", "I.VS.DIABP", "I.VS.PULSE"
Open = Callable[..., "Hand"]


class Hand:
    """A person at the keyboard of one form."""

    def __init__(self, qtbot: Any, desk: Any, form: str, event: str) -> None:
        self.desk, self.qtbot, self.key = desk, qtbot, desk.key(form, event)
        qtbot.waitExposed(desk.window)
        desk.window.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is desk.window)
        desk.window.show_form(self.key)
        QApplication.processEvents()

    @property
    def page(self) -> FormPageWidget:
        page = self.desk.window.page
        assert isinstance(page, FormPageWidget)
        return page

    def local(self, oid: str) -> str:
        form = self.desk.session.study.forms[self.key.form_oid]
        return f"{form.group_of[oid].oid}/{oid}"

    def row(self, oid: str) -> Any:
        found = self.page.view.row(oid if "/" in oid else self.local(oid))
        assert found is not None
        return found

    def line(self, oid: str) -> Line:
        """The line as the ledger has it now, read anew."""
        local = oid if "/" in oid else self.local(oid)
        page = form_page(self.desk.session, self.key)
        return next(line for line in page.lines if line.key.local == local)

    def value(self, oid: str) -> str | None:
        return self.line(oid).state.answer.value

    def go(self, oid: str) -> None:
        self.row(oid).input.select()
        QApplication.processEvents()

    def keys(self, *keys: Any) -> None:
        """Text is typed, a key is pressed, in the widget that has the focus."""
        for key in keys:
            target = QApplication.focusWidget()
            assert target is not None
            if isinstance(key, str) and not key.isascii():
                QApplication.sendEvent(
                    target, QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, key)
                )
            elif isinstance(key, str):
                QTest.keyClicks(target, key)
            elif isinstance(key, tuple):
                QTest.keyClick(target, key[0], key[1])
            else:
                QTest.keyClick(target, key)
            QApplication.processEvents()

    def enter(self, oid: str, text: str) -> None:
        self.go(oid)
        self.keys(text, Qt.Key.Key_Return)

    @property
    def focus(self) -> str:
        """Object name of the field with the cursor."""
        here = QApplication.focusWidget()
        while here is not None and not here.objectName():
            here = here.parentWidget()
        return here.objectName().partition("/")[2] or here.objectName() if here is not None else ""

    def under(self, oid: str) -> str:
        under = self.row(oid).under
        return under.content.sentence if under is not None and under.content is not None else ""


ALT1 = (Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
ALT3 = (Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
CTRL_ENTER = (Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


@pytest.fixture
def hand(qtbot: Any, desk: Any) -> Open:
    def open_form(form: str = "F.VS", event: str = "SE.V1", user: str = "made.nurse") -> Hand:
        return Hand(qtbot, desk(user), form, event)

    return open_form


@pytest.fixture
def vs(hand: Open) -> Hand:
    """Vital signs with the gate answered."""
    one = hand("F.VS")
    one.enter("I.VS.VSPERF", "y")
    return one


def test_a_value_is_saved_on_enter_and_the_cursor_goes_to_the_next_field(vs: Hand) -> None:
    vs.enter(SYS, "128")
    assert vs.value(SYS) == "128"
    assert vs.focus == DIA
    assert vs.desk.window.shell.status.saved.text() == "Saved on this device 14:02:31"


def test_nothing_is_checked_or_saved_while_typing(vs: Hand) -> None:
    vs.go(SYS)
    vs.keys("999")
    assert vs.value(SYS) is None
    assert vs.under(SYS) == ""
    assert vs.row(SYS).status == "typing"


def test_text_in_a_number_stays_in_its_field_marked_not_saved(vs: Hand) -> None:
    vs.enter(SYS, "12,8O")
    assert vs.row(SYS).input.text() == "12,8O"
    assert vs.row(SYS).status == "unsaved"
    assert "12,8O" in vs.under(SYS)
    assert vs.value(SYS) is None
    assert vs.focus == SYS
    vs.keys(Qt.Key.Key_Return)
    assert vs.focus == DIA
    assert vs.row(SYS).input.text() == "12,8O"


def test_the_30th_of_february_is_refused_in_words(vs: Hand) -> None:
    vs.enter("I.VS.VSDAT", "2026-02-30")
    assert "no day 30" in vs.under("I.VS.VSDAT")
    assert vs.value("I.VS.VSDAT") is None


def test_t_is_today(vs: Hand) -> None:
    vs.enter("I.VS.VSDAT", "t")
    assert vs.value("I.VS.VSDAT") == "2026-10-06"
    assert vs.row("I.VS.VSDAT").input.text() == "2026-10-06"


def test_full_width_digits_are_read(vs: Hand) -> None:
    vs.enter(SYS, "１２８")
    assert vs.value(SYS) == "128"


def test_escape_goes_back_to_the_saved_text(vs: Hand) -> None:
    vs.enter(SYS, "128")
    vs.go(SYS)
    vs.keys("77", Qt.Key.Key_Escape)
    assert vs.row(SYS).input.text() == "128"
    assert vs.value(SYS) == "128"


def test_a_finding_opens_in_the_page_and_takes_no_cursor(vs: Hand) -> None:
    tops = set(QApplication.topLevelWidgets())
    above = vs.row("I.VS.VSDAT").y()
    vs.enter(PULSE, "190")
    assert "190" in vs.under(PULSE)
    assert vs.row(PULSE).under.isVisible()
    assert vs.focus == PULSE
    assert set(QApplication.topLevelWidgets()) == tops
    assert vs.row("I.VS.VSDAT").y() == above
    vs.keys(Qt.Key.Key_Return)
    assert vs.focus != PULSE
    assert vs.row(PULSE).under.isVisible()


def test_a_soft_finding_is_answered_with_alt_1(vs: Hand) -> None:
    vs.enter(PULSE, "190")
    assert vs.line(PULSE).status == "soft"
    vs.keys(ALT1)
    line = vs.line(PULSE)
    assert list(line.settled.values()) == ["Same on the source document"]
    assert vs.under(PULSE) == ""
    assert vs.focus == PULSE


def test_another_reason_is_typed_under_the_field(vs: Hand) -> None:
    vs.enter(PULSE, "190")
    vs.keys(ALT3)
    vs.keys("seen on the monitor, made up", Qt.Key.Key_Return)
    assert list(vs.line(PULSE).settled.values()) == ["seen on the monitor, made up"]
    assert vs.focus == PULSE


def test_a_hard_finding_is_kept_shown_and_corrected(vs: Hand) -> None:
    vs.enter(SYS, "90")
    vs.enter(DIA, "95")
    assert vs.line(SYS).status == "hard"
    assert vs.row(SYS).input.property("state") == "hard"
    assert vs.value(DIA) == "95"
    vs.enter(DIA, "60")
    assert vs.line(SYS).status == "saved"
    assert vs.under(SYS) == ""


def test_a_choice_is_given_by_its_letter_and_opens_what_depends_on_it(vs: Hand) -> None:
    assert vs.value("I.VS.VSPERF") == "Y"
    assert vs.row(SYS).isVisible()
    vs.go("I.VS.VSPERF")
    vs.keys("n")
    assert vs.value("I.VS.VSPERF") == "N"
    assert not vs.row(SYS).isVisible()
    assert vs.row("I.VS.VSREASND").isVisible()


def test_a_value_that_is_no_longer_asked_is_shown_as_kept(vs: Hand) -> None:
    vs.enter(SYS, "128")
    vs.go("I.VS.VSPERF")
    vs.keys("n")
    assert vs.row(SYS).isVisible()
    assert vs.row(SYS).status == "hidden"
    assert vs.row(SYS).input.isReadOnly()
    assert vs.value(SYS) == "128"


def test_not_done_by_n_and_a_letter(vs: Hand) -> None:
    vs.go(PULSE)
    vs.keys("n")
    vs.qtbot.waitUntil(lambda: vs.row(PULSE).asking == "missing", timeout=1000)
    vs.keys("n")
    assert vs.line(PULSE).state.answer.missing == "ND"
    assert vs.row(PULSE).input.text() == "Not done"
    vs.go(PULSE)
    vs.keys("78", Qt.Key.Key_Return)
    assert vs.value(PULSE) == "78"


def test_an_n_in_a_burst_is_a_letter_of_a_scan(vs: Hand) -> None:
    vs.go(PULSE)
    QTest.keyClicks(vs.row(PULSE).input, "n12")
    QTest.qWait(60)
    assert vs.row(PULSE).asking == ""
    assert vs.row(PULSE).input.text() == "n12"


def test_the_wheel_changes_nothing(vs: Hand) -> None:
    vs.enter(SYS, "128")
    vs.go(SYS)
    for oid in (SYS, "I.VS.VSPERF"):
        widget = vs.row(oid).input
        before = widget.text()
        at = QPointF(5, 5)
        event = QWheelEvent(at, widget.mapToGlobal(at), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
                            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
        QApplication.sendEvent(widget, event)
        assert widget.text() == before


def complete_vital_signs(one: Hand) -> None:
    values = {"I.VS.VSDAT": "t", SYS: "128", DIA: "78", PULSE: "72", "I.VS.RESP": "16", "I.VS.TEMP": "36.6",
              "I.VS.WEIGHT": "61"}  # fmt: skip
    for oid, text in values.items():
        one.enter(oid, text)


def test_complete_lists_what_is_open_with_the_first_one_focused(vs: Hand) -> None:
    vs.enter(SYS, "128")
    vs.keys(CTRL_ENTER)
    points = vs.page.points
    assert points.isVisible() and points.hasFocus() and points.currentRow() == 0
    assert points.count() == len(vs.page.shown.open_points)
    first = vs.page.shown.open_points[0].key.item
    vs.keys(Qt.Key.Key_Return)
    assert vs.focus == first
    assert not points.isVisible()


def test_complete_correct_with_a_reason_and_reopen(vs: Hand) -> None:
    complete_vital_signs(vs)
    vs.go(SYS)
    vs.keys(CTRL_ENTER)
    assert vs.page.shown.status == "complete"
    vs.enter(SYS, "126")
    assert vs.value(SYS) == "128"
    assert vs.row(SYS).status == "unsaved"
    assert "128" in vs.under(SYS) and "126" in vs.under(SYS)
    vs.keys(ALT1)
    assert vs.value(SYS) == "126"
    assert vs.page.shown.status == "complete"
    vs.page.foot.buttons["reopen"].click()
    vs.keys("made up: one value was missing", Qt.Key.Key_Return)
    assert vs.page.shown.status == "open"


def test_escape_takes_back_a_correction_without_a_reason(vs: Hand) -> None:
    complete_vital_signs(vs)
    vs.keys(CTRL_ENTER)
    vs.enter(SYS, "126")
    vs.keys(Qt.Key.Key_Escape)
    assert vs.row(SYS).input.text() == "128"
    assert vs.row(SYS).pending is None and vs.under(SYS) == ""


def test_a_result_below_the_limit_and_another_unit(hand: Open) -> None:
    lab = hand("F.LBC")
    lab.enter("I.LBC.LBPERF", "y")
    lab.enter("I.LBC.ALT", "<5")
    assert lab.value("I.LBC.ALT") == "<5"
    lab.go("I.LBC.CREAT")
    lab.keys("1.2 mg/dL")
    assert lab.row("I.LBC.CREAT").conversion() == "= 106.08 µmol/L"
    lab.keys(Qt.Key.Key_Return)
    answer = lab.line("I.LBC.CREAT").state.answer
    assert (answer.value, answer.unit) == ("1.2", "mg/dL")


def test_another_unit_leaves_range_and_flag_visible(hand: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    for name in ("draw", "draw_flag"):
        monkeypatch.setattr(lab_row, name, lambda _painter, _place, *said, **_how: drawn.extend(said))
    lab = hand("F.LBC")
    lab.enter("I.LBC.LBPERF", "y")
    lab.enter("I.LBC.BILI", "3.1 mg/dL")
    drawn.clear()
    lab.row("I.LBC.BILI").grab()
    assert {"= 53.01 µmol/L", "≤ 21.0", "H", "2.5 × ULN"} <= set(drawn)


def test_the_unit_button_changes_the_unit_of_what_is_typed(hand: Open) -> None:
    lab = hand("F.LBC")
    lab.enter("I.LBC.LBPERF", "y")
    lab.go("I.LBC.CREAT")
    lab.row("I.LBC.CREAT").unit_button.click()
    lab.keys("1.2", Qt.Key.Key_Return)
    assert lab.line("I.LBC.CREAT").state.answer.unit == "mg/dL"


def test_a_flagged_result_asks_whether_it_is_significant(hand: Open) -> None:
    lab = hand("F.LBC")
    lab.enter("I.LBC.LBPERF", "y")
    assert lab.row("I.LBC.ALT").significance is None
    lab.enter("I.LBC.ALT", "90")
    row = lab.row("I.LBC.ALT")
    assert row.line.state.flag == "H"
    assert row.significance.isVisible()
    assert lab.focus == "I.LBC.AST"
    QTest.mouseClick(row.significance.input.buttons[0], Qt.MouseButton.LeftButton)
    assert lab.value("I.LBC.ALT_CLSIG") == "Y"


def test_derived_values_follow_and_are_no_stop(hand: Open) -> None:
    lab = hand("F.LBC")
    lab.enter("I.LBC.LBPERF", "y")
    lab.enter("I.LBC.ALB", "30.0")
    lab.enter("I.LBC.PROT", "66.4")
    assert lab.row("I.LBC.GLOBUL").input.text() == "36.4"
    assert lab.focus == "I.LBC.BILI"
    lab.row("I.LBC.GLOBUL").input.setFocus()
    lab.keys(Qt.Key.Key_F5)
    said = [label.text() for label in lab.page.panel.findChildren(QLabel)]
    assert any("LBC.PROT - LBC.ALB" in text for text in said)


def test_an_unknown_code_stays_as_it_was_typed(hand: Open) -> None:
    one = hand("F.VSI")
    one.enter("I.VSI.VSPERF", "y")
    local = one.page.view.sections[-1].grid.cells[2].key.local
    row = one.row(local)
    row.input.select()
    one.keys("upside down", Qt.Key.Key_Return)
    assert "upside down" in row.under.content.sentence
    assert row.input.text() == "upside down"
    assert one.value(local) is None


def test_up_and_down_stay_in_the_column_of_a_grid(hand: Open) -> None:
    one = hand("F.VSI")
    one.enter("I.VSI.VSPERF", "y")
    cells = [cell for cell in one.page.view.sections[-1].grid.cells if cell.key.item == "I.VSI.SYSBP"]
    cells[0].input.select()
    one.keys("124", Qt.Key.Key_Down)
    assert QApplication.focusWidget() is cells[1].input
    assert one.value(cells[0].key.local) == "124"


def test_a_grid_becomes_fields_where_there_is_no_room(hand: Open, qapp: QApplication) -> None:
    one = hand("F.VSI")
    one.enter("I.VSI.VSPERF", "y")
    style.apply(qapp, "light", 2.0)
    one.desk.window.show_form(one.key)
    QApplication.processEvents()
    row = one.row("IG.VSI~PRE/I.VSI.SYSBP")
    assert isinstance(row, FieldRow)
    assert one.page.view.area.horizontalScrollBar().maximum() == 0
    row.input.select()
    one.keys("124", Qt.Key.Key_Return)
    assert one.value("IG.VSI~PRE/I.VSI.SYSBP") == "124"


def test_enter_on_a_calculated_value_goes_on_from_its_place(hand: Open) -> None:
    lab = hand("F.LBC")
    lab.enter("I.LBC.LBPERF", "y")
    lab.go("I.LBC.GLOBUL")
    lab.keys(Qt.Key.Key_Return)
    assert lab.focus == "I.LBC.BILI"


def said(rows: Any, row: int, column: int) -> str:
    return str(rows.table.looks.look(row, column).text)


def test_rows_are_added_and_struck_out_with_a_reason(hand: Open) -> None:
    ae = hand("F.AE", "SE.LOG")
    ae.enter("I.AE.AEYN", "y")
    ae.keys((Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier))
    ae.keys("Fever, made up", Qt.Key.Key_Return)
    rows = ae.page.view.sections[-1].list
    assert said(rows, 0, 1) == "Fever, made up"
    rows.remove_button.click()
    ae.keys("made up: entered twice", Qt.Key.Key_Return)
    assert [row.state for row in ae.page.shown.rows["IG.AE"]] == ["deleted"]
    assert rows.fields == []


def test_a_struck_row_stays_readable_and_comes_back_with_a_reason(hand: Open) -> None:
    ae = hand("F.AE", "SE.LOG")
    ae.enter("I.AE.AEYN", "y")
    ae.keys((Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier))
    ae.keys("Fever, made up", Qt.Key.Key_Return)
    rows = ae.page.view.sections[-1].list
    part = rows.part
    rows.remove_button.click()
    ae.keys("made up: entered twice", Qt.Key.Key_Return)
    look = rows.table.looks.look(0, 1)
    assert look.struck and "made up: entered twice" in look.said and "Made-up Nurse" in look.said
    assert rows.part == part and rows.remove_button.text().startswith("Bring back")
    shown = [one.text() for one in rows.findChildren(QLabel) if one.isVisibleTo(rows)]
    assert "Fever, made up" in shown
    rows.remove_button.click()
    ae.keys("made up: it was another fever", Qt.Key.Key_Return)
    assert [row.state for row in ae.page.shown.rows["IG.AE"]] == ["live"]
    assert ae.value(f"{part}/I.AE.AETERM") == "Fever, made up"
    assert rows.fields and not rows.table.looks.look(0, 1).struck


def test_up_and_down_choose_a_row_and_enter_goes_into_it(hand: Open) -> None:
    ae = hand("F.AE", "SE.LOG")
    ae.enter("I.AE.AEYN", "y")
    for term in ("Fever, made up", "Cough, made up"):
        ae.keys((Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier))
        ae.keys(term, Qt.Key.Key_Return)
    rows = ae.page.view.sections[-1].list
    last = rows.part
    rows.table.setFocus()
    ae.keys(Qt.Key.Key_Up)
    assert rows.part != last and rows.fields[0].input.text() == "Fever, made up"
    assert QApplication.focusWidget() is rows.table
    ae.keys(Qt.Key.Key_Return)
    assert QApplication.focusWidget() is rows.fields[0].input


def test_refused_text_in_one_row_waits_while_another_row_is_open(hand: Open) -> None:
    ae = hand("F.AE", "SE.LOG")
    ae.enter("I.AE.AEYN", "y")
    new_row = (Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    ae.keys(new_row)
    ae.keys("Fever, made up", Qt.Key.Key_Return)
    rows = ae.page.view.sections[-1].list
    start = f"{rows.part}/I.AE.AESTDAT"
    ae.enter(start, "2026-02-30")
    ae.keys(new_row)
    assert ae.row(start).pending is not None and rows.table.looks.rowCount() == 1
    ae.keys(Qt.Key.Key_Escape, new_row)
    assert rows.table.looks.rowCount() == 2
    second = f"{rows.part}/I.AE.AESTDAT"
    ae.enter(second, "2026-02-31")
    rows.table.selectRow(0)
    assert ae.page.view.row(start).input.text() == ""
    ae.keys(CTRL_ENTER)
    assert rows.part == second.partition("/")[0]
    assert ae.row(second).input.text() == "2026-02-31" and ae.row(second).status == "unsaved"


def test_typed_text_survives_the_lock_and_is_not_saved_by_it(vs: Hand) -> None:
    vs.go(SYS)
    vs.keys("12")
    vs.desk.window.lock()
    QApplication.processEvents()
    assert vs.value(SYS) is None
    assert vs.row(SYS).input.text() == "12"
    vs.desk.window.unlock()
    QApplication.processEvents()
    assert vs.focus == SYS
    vs.row(SYS).input.end(False)
    vs.keys("8", Qt.Key.Key_Return)
    assert vs.value(SYS) == "128"


@pytest.mark.parametrize("locked", [True, False])
def test_signing_out_writes_nothing_and_her_typing_waits_for_her(vs: Hand, locked: bool) -> None:
    vs.go(SYS)
    vs.keys("12")
    window = vs.desk.window
    if locked:
        window.lock()
        vs.row(SYS).input.commit()
        assert vs.value(SYS) is None
    key, home = vs.row(SYS).key, window.home
    window.sign_out()
    again = sign_in(home, "made.nurse", "made up for a test 1")
    assert form_page(again, key.form_key).answered == 1
    window.signed_in(again)
    window.show_form(key.form_key)
    QApplication.processEvents()
    assert vs.row(SYS).input.text() == "12" and vs.row(SYS).status == "unsaved"


def test_what_is_typed_stays_when_others_change_the_form(vs: Hand) -> None:
    vs.enter(DIA, "78")
    vs.go(SYS)
    vs.keys("12")
    widget = QApplication.focusWidget()
    changes = enter_value(vs.desk.session, vs.row(PULSE).key, "72")
    vs.desk.window.say_saved(changes)
    QApplication.processEvents()
    assert vs.row(PULSE).input.text() == "72"
    assert QApplication.focusWidget() is widget
    assert vs.row(SYS).input.text() == "12" and vs.row(SYS).status == "typing"


def test_typed_text_and_cursor_stay_when_the_window_becomes_narrow(vs: Hand) -> None:
    vs.enter(PULSE, "7x")
    vs.go(SYS)
    vs.keys("12")
    before = vs.row(SYS)
    vs.desk.window.resize(700, 700)
    vs.qtbot.waitUntil(lambda: vs.row(SYS) is not before)
    assert vs.row(SYS).input.text() == "12" and vs.focus == SYS
    assert vs.row(PULSE).input.text() == "7x" and vs.row(PULSE).status == "unsaved"
    assert vs.value(SYS) is None
    vs.row(SYS).input.end(False)
    vs.keys("8", Qt.Key.Key_Return)
    assert vs.value(SYS) == "128"


def test_leaving_the_page_saves_the_field_into_its_own_record(vs: Hand) -> None:
    vs.go(SYS)
    vs.keys("128")
    vs.keys((Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier))
    assert vs.page.key.form == "F.PE"
    assert vs.value(SYS) == "128"


def test_refused_text_comes_back_with_its_form_and_only_there(vs: Hand) -> None:
    vs.enter(SYS, "12x")
    vs.desk.window.show_form(vs.desk.key("F.VS", "SE.SCR"))
    QApplication.processEvents()
    assert all(row.pending is None for row in vs.page.view.rows())
    vs.desk.window.show_form(vs.key)
    QApplication.processEvents()
    assert vs.row(SYS).input.text() == "12x"
    assert vs.row(SYS).status == "unsaved"
    assert "12x" in vs.under(SYS)


def test_full_storage_keeps_the_text_and_tries_again_when_asked(
    vs: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, room = form_entry.enter_value, [False]

    def full(*args: Any) -> Any:
        if not room[0]:
            raise StorageFull("The disk is full. Free some space.", "磁盘已满，请腾出空间。")
        return real(*args)

    monkeypatch.setattr(form_entry, "enter_value", full)
    vs.enter(SYS, "128")
    assert vs.row(SYS).input.text() == "128"
    assert "full" in vs.under(SYS)
    vs.keys(ALT1)
    assert vs.value(SYS) is None
    room[0] = True
    vs.keys(ALT1)
    assert vs.value(SYS) == "128"


def test_the_language_switches_and_typed_text_stays(vs: Hand) -> None:
    vs.go(SYS)
    vs.keys("12")
    words.set_language("zh")
    QApplication.processEvents()
    assert vs.row(SYS).question.startswith("收缩压")
    assert vs.row(SYS).input.text() == "12"
    assert vs.row("I.VS.VSPERF").input.buttons[0].text() == "是"
    assert vs.focus == SYS
    assert vs.page.foot.buttons["complete"].text() == "完成本表"


def test_tab_visits_the_fields_in_the_order_of_the_definition(vs: Hand) -> None:
    vs.go("I.VS.VSPERF")
    seen = []
    for _ in range(40):
        vs.keys(Qt.Key.Key_Tab)
        if not vs.focus.startswith("I.VS."):
            break
        seen.append(vs.focus)
    items = vs.desk.session.study.forms["F.VS"].items
    wanted = [
        oid for oid in items if vs.row(oid).isVisible() and not items[oid].derived and oid != "I.VS.VSPERF"
    ]
    assert seen == wanted


def test_f9_goes_round_the_open_points(vs: Hand) -> None:
    vs.go(DIA)
    vs.keys(Qt.Key.Key_F9)
    assert vs.focus == PULSE
    vs.keys((Qt.Key.Key_F9, Qt.KeyboardModifier.ShiftModifier))
    assert vs.focus == DIA


def test_f8_shows_the_history_of_the_value(vs: Hand) -> None:
    vs.enter(SYS, "128")
    vs.enter(SYS, "126")
    vs.go(SYS)
    vs.keys(Qt.Key.Key_F8)
    history = vs.desk.window.page
    assert isinstance(history, ValueHistoryPage)
    newest, first = (history.table.looks.look(n, 0) for n in (0, 1))
    assert (newest.old, newest.new) == ("128", "126") and (first.fresh, first.new) == (True, "128")
    QTest.keyClick(history.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert vs.page.isVisible() and vs.focus == SYS


def test_alt_up_on_a_button_of_the_foot_goes_to_the_casebook(vs: Hand) -> None:
    vs.page.foot.buttons["complete"].setFocus()
    vs.keys((Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier))
    assert type(vs.desk.window.page).__name__ == "CasebookPage"


def test_a_whole_chemistry_panel_by_keys_alone(hand: Open) -> None:
    """At most 1.3 keys a character, the cursor never lost."""
    lab = hand("F.LBC")
    lab.enter("I.LBC.LBPERF", "y")
    values = {
        "ALB": "31.2", "PROT": "66.4", "BILI": "41.6", "BILDIR": "19.8", "ALT": "135", "AST": "112",
        "ALP": "120", "GGT": "138", "X_CHE": "4100", "LDH": "190", "UREA": "5.1", "CREAT": "64.2",
        "URATE": "330", "SODIUM": "138.2", "K": "4.12", "CL": "102.8", "CA": "2.25", "CHOL": "3.42",
        "TRIG": "1.10", "HDL": "1.20", "LDL": "2.10", "GLUC": "5.5",
    }  # fmt: skip
    lab.go("I.LBC.ALB")
    keys = 0
    for name, text in values.items():
        assert lab.focus == f"I.LBC.{name}"
        lab.keys(text, Qt.Key.Key_Return)
        keys += len(text) + 1
    assert {name: lab.value(f"I.LBC.{name}") for name in values} == values
    assert keys / sum(map(len, values.values())) <= 1.3


def test_the_keys_that_leave_the_form(vs: Hand) -> None:
    vs.go(SYS)
    vs.keys("128", (Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier))
    assert type(vs.desk.window.page).__name__ == "PdfPreviewPage"
    vs.desk.window.show_form(vs.key)
    QApplication.processEvents()
    assert vs.row(SYS).input.text() == "128"
    vs.go(SYS)
    vs.keys((Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier))
    assert type(vs.desk.window.page).__name__ == "CasebookPage"


def test_a_finding_is_announced_and_described(vs: Hand) -> None:
    vs.enter(PULSE, "190")
    row = vs.row(PULSE)
    assert "190 is unusual" in row.input.accessibleDescription()
    assert "190 is unusual" in row.under.accessibleName()
    assert row.input.accessibleName() == "Pulse rate, beats/min"


@pytest.mark.parametrize(("language", "word"), [("en", "Optional"), ("zh", "选填")])
def test_a_question_that_may_stay_empty_says_so_to_a_screen_reader(
    hand: Open, language: str, word: str
) -> None:
    one = hand("F.LBC")
    words.set_language(language)
    spoken = {
        row.line.state.mandatory: row for row in one.page.view.rows() if not row.line.state.item.derived
    }
    assert set(spoken) == {True, False}
    assert spoken[False].input.accessibleDescription().split("; ")[0] == word
    assert word not in spoken[True].input.accessibleDescription().split("; ")


def test_every_field_has_name_description_and_address(hand: Open) -> None:
    for form in ("F.VS", "F.LBC", "F.EX", "F.CP"):
        one = hand(form)
        for row in one.page.view.rows():
            assert row.input.objectName() == row.key.local
            assert row.input.accessibleName()
            assert row.input.accessibleDescription()
        one.desk.window.close()


def test_the_investigator_reads_and_cannot_type(hand: Open) -> None:
    one = hand("F.VS", user="made.doctor")
    assert all(row.input.isReadOnly() for row in one.page.view.rows())
    assert not one.page.foot.buttons["complete"].isVisible()


def test_the_investigator_explains_a_hard_finding(vs: Hand, desk: Any, qtbot: Any) -> None:
    vs.enter(SYS, "90")
    vs.enter(DIA, "95")
    assert not vs.row(SYS).under.press("Alt 1")
    vs.desk.window.close()
    one = Hand(qtbot, desk("made.doctor"), "F.VS", "SE.V1")
    one.go(SYS)
    one.keys(ALT1)
    one.keys("measured three times, made up", Qt.Key.Key_Return)
    assert list(one.line(SYS).settled.values()) == ["measured three times, made up"]
    assert one.under(SYS) == ""


def test_a_question_opens_under_the_field_and_is_answered_there(vs: Hand, desk: Any, qtbot: Any) -> None:
    vs.enter(SYS, "128")
    vs.desk.window.close()
    one = Hand(qtbot, desk("made.doctor"), "F.VS", "SE.V1")
    one.go(SYS)
    one.keys((Qt.Key.Key_Q, Qt.KeyboardModifier.AltModifier))
    one.keys("Left or right arm, made up?", Qt.Key.Key_Return)
    assert one.line(SYS).status == "query"
    one.desk.window.close()
    nurse = Hand(qtbot, desk("made.nurse"), "F.VS", "SE.V1")
    assert nurse.under(SYS) == "Left or right arm, made up?"
    nurse.go(SYS)
    nurse.keys(Qt.Key.Key_Tab)
    nurse.keys("Left, made up.", Qt.Key.Key_Return)
    assert nurse.line(SYS).status == "answered"
    assert nurse.focus == SYS


def test_nobody_sees_what_another_person_typed(vs: Hand, desk: Any) -> None:
    vs.enter(SYS, "12x")
    drafts = drafts_of(vs.desk.window)
    vs.page.leave()
    assert drafts.of_form("made.nurse", vs.key)
    assert not drafts.of_form("made.doctor", vs.key)


def test_a_typed_reason_survives_the_language_switch(vs: Hand) -> None:
    vs.enter(PULSE, "190")
    vs.keys(ALT3)
    vs.keys("half a rea")
    words.set_language("zh")
    QApplication.processEvents()
    assert vs.row(PULSE).under.line.text() == "half a rea"
    assert "190" in vs.under(PULSE) and "请" in vs.under(PULSE)


def test_a_long_reason_for_no_value_is_shown_whole_and_saves_nothing_by_itself(vs: Hand) -> None:
    mark_missing(vs.desk.session, vs.row(PULSE).key, "UNUSABLE")
    for language in ("en", "zh"):
        words.set_language(language)
        vs.desk.window.show_form(vs.key)
        QApplication.processEvents()
        row = vs.row(PULSE)
        reason = next(one for one in vs.desk.session.study.missing_reasons if one.code == "UNUSABLE")
        assert reason.text.in_language(language) in row.aside
        vs.go(PULSE)
        vs.keys(Qt.Key.Key_Return)
        assert row.pending is None
        assert vs.line(PULSE).state.answer.missing == "UNUSABLE"


def test_two_values_of_two_devices_wait_for_a_choice(vs: Hand) -> None:
    line = replace(vs.row(SYS).line, status="conflict", alternatives=(("a" * 64, "148"), ("b" * 64, "143")))
    study = vs.desk.session.study
    chooser = content(study, line, None, "", Rights(resolve=True))
    reader = content(study, line, None, "", Rights())
    assert chooser is not None and [one.words for one in chooser.options] == ["148", "143"]
    assert "148 / 143" in chooser.sentence
    assert reader is not None and reader.options == ()
    vs.row(SYS).show_line(line)
    assert vs.row(SYS).input.isReadOnly()


@pytest.mark.parametrize("scale_and_language", [(1.0, "en"), (1.0, "zh"), (1.5, "en"), (2.0, "zh")])
def test_no_words_are_clipped(hand: Open, scale_and_language: tuple[float, str], qapp: QApplication) -> None:
    scale, language = scale_and_language
    one = hand("F.CP")
    style.apply(qapp, "light", scale)
    words.set_language(language)
    one.desk.window.show_form(one.key)
    QApplication.processEvents()

    def nothing_is_clipped() -> None:
        for widget in one.page.findChildren(QWidget):
            if isinstance(widget, QLabel) and widget.isVisible() and not widget.wordWrap() and widget.text():
                assert widget.width() >= widget.fontMetrics().horizontalAdvance(widget.text()), widget.text()
            if isinstance(widget, QPushButton) and widget.isVisible():
                assert widget.width() >= widget.minimumSizeHint().width(), widget.text()
            if isinstance(widget, ChoiceRow) and widget.isVisible():
                assert all(button.width() >= button.sizeHint().width() for button in widget.buttons)

    one.qtbot.waitUntil(nothing_is_clipped)  # the rows below are made in steps


@pytest.mark.parametrize(("scale", "width"), [(1.0, 1280), (1.5, 1280), (2.0, 1280), (2.0, 1024)])
def test_the_buttons_under_a_laboratory_form_stand_whole_in_one_line(
    hand: Open, scale: float, width: int, qapp: QApplication
) -> None:
    one = hand("F.LBC")
    style.apply(qapp, "light", scale)
    one.desk.window.resize(width, 800)
    one.desk.window.show_form(one.key)
    QApplication.processEvents()
    foot = one.page.foot
    for button in foot.buttons.values():
        if button.isVisible():
            assert foot.rect().contains(button.geometry()), button.text()
            assert button.width() > button.fontMetrics().horizontalAdvance(button.text()), button.text()
    if foot.hint.isVisible():
        assert foot.hint.width() >= foot.hint.fontMetrics().horizontalAdvance(foot.hint.text())


def test_opening_and_entering_are_quick(hand: Open) -> None:
    """A guard with room for a loaded machine; the figures are in the bench."""
    one = hand("F.LBC")
    one.enter("I.LBC.LBPERF", "y")
    start = time.perf_counter()
    one.desk.window.show_form(one.key)
    opened = time.perf_counter() - start
    one.go("I.LBC.ALB")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    field.setText("31")
    start = time.perf_counter()
    QTest.keyClick(field, Qt.Key.Key_Return)
    entered = time.perf_counter() - start
    assert opened < 0.6 and entered < 0.2, (opened, entered)


def test_the_word_optional_goes_when_another_answer_makes_an_item_mandatory(hand: Open) -> None:
    one = hand("F.SV", "SE.V2")
    assert "optional" in one.row("I.SV.SVSTDAT").question
    one.enter("I.SV.SVOCCUR", "y")
    assert "optional" not in one.row("I.SV.SVSTDAT").question


def test_the_head_of_the_results_stays_in_sight_while_they_scroll(qtbot: Any, desk: Any) -> None:
    one = desk("made.nurse")
    qtbot.waitExposed(one.window)
    key = one.key("F.LBC")
    group = one.session.study.forms["F.LBC"].group_of["I.LBC.LBPERF"].oid
    enter_value(one.session, ItemKey(key, group, "I.LBC.LBPERF"), "Y")
    one.window.show_form(key)
    QApplication.processEvents()
    sheet = one.window.page.view.area
    bar = sheet.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 200)
    head = next(section.head for section in one.window.page.view.sections if section.head is not None)
    assert sheet._head is None or not sheet._head.isVisible()
    bar.setValue(head.mapTo(sheet.canvas, head.rect().topLeft()).y() + 100)
    kept = sheet._head
    assert kept.isVisible() and kept.y() == 0 and kept.width() == head.width()
    assert kept.mapToGlobal(kept.rect().topLeft()).x() == head.mapToGlobal(head.rect().topLeft()).x()
    bar.setValue(0)
    assert not kept.isVisible()


def test_opening_a_form_asks_the_store_at_most_five_times(vs: Hand, qtbot: Any) -> None:
    """Its values, rows and findings are at hand once the subject was read; what is asked is beside them."""
    at = vs.desk
    asked: list[str] = []
    for form in ("F.VS", "F.PE", "F.VS"):  # the first time also reads what is kept from then on
        asked.clear()
        at.session.store.conn.set_trace_callback(asked.append)
        at.window.show_form(at.key(form))
        qtbot.wait(300)  # the panel and the trends come a little later
        at.session.store.conn.set_trace_callback(None)
    assert 0 < len(asked) <= 5, asked
