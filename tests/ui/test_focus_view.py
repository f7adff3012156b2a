"""One field at a time with a keypad: the same host, the same saving, nothing lost on the way in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from crf_app.model.def_base import Text
from crf_app.model.item_def import ItemDef
from crf_app.ui import style, words
from crf_app.ui.form.focus_view import FocusView
from crf_app.ui.form.item_widgets import DateEdit, NumberEdit, TimeEdit
from crf_app.ui.form.keypad import ONCE_MS, Keypad
from crf_app.ui.pages.form import FormPageWidget

SYS, DIA, ALT = "I.VS.SYSBP", "I.VS.DIABP", "I.LBC.ALT"


class Bed:
    """A form, and what is seen of it when one field is shown large."""

    def __init__(self, qtbot: Any, desk: Any, form: str) -> None:
        self.desk, self.qtbot, self.key = desk, qtbot, desk.key(form)
        qtbot.waitExposed(desk.window)
        desk.window.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is desk.window)
        self.open()

    def open(self) -> None:
        self.desk.window.show_form(self.key)
        QApplication.processEvents()

    @property
    def page(self) -> FormPageWidget:
        page = self.desk.window.page
        assert isinstance(page, FormPageWidget)
        return page

    @property
    def focus(self) -> FocusView:
        return self.page.focus

    @property
    def at(self) -> str:
        assert self.focus.current is not None
        return self.focus.current.key.item

    def row(self, oid: str) -> Any:
        form = self.desk.session.study.forms[self.key.form_oid]
        found = self.page.view.row(f"{form.group_of[oid].oid}/{oid}")
        assert found is not None
        return found

    def value(self, oid: str) -> str | None:
        assert self.page.shown is not None
        return next(one for one in self.page.shown.lines if one.key.item == oid).state.answer.value

    def go(self, oid: str) -> None:
        self.page.go_to(self.row(oid).key)
        QApplication.processEvents()

    def press(self, *keys: Any) -> None:
        for key in keys:
            target = QApplication.focusWidget()
            assert target is not None
            if isinstance(key, str):
                QTest.keyClicks(target, key)
            elif isinstance(key, tuple):
                QTest.keyClick(target, key[0], key[1])
            else:
                QTest.keyClick(target, key)
            QApplication.processEvents()

    def tap(self, *names: str) -> None:
        for name in names:
            button = self.focus.keypad.keys[name]
            assert button.isEnabled(), name
            self.focus.keypad._last = ""  # another finger, another moment
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
            QApplication.processEvents()


Open = Callable[[str], Bed]


@pytest.fixture
def bed(qtbot: Any, desk: Any) -> Open:
    def open_form(form: str = "F.VS") -> Bed:
        one = Bed(qtbot, desk("made.nurse"), form)
        one.press("y", Qt.Key.Key_Return) if form == "F.VS" else None
        return one

    return open_form


@pytest.fixture
def at_200(bed: Open, qapp: QApplication) -> Iterator[Open]:
    """A window of 640 x 400 pixels at 200 %."""

    def open_form(form: str = "F.VS") -> Bed:
        one = bed(form)
        style.apply(qapp, "light", 2.0)
        one.desk.window.resize(1280, 800)
        one.open()
        return one

    return open_form


def test_f4_shows_one_field_large_and_f4_the_list_again(bed: Open) -> None:
    one = bed("F.VS")
    one.go(SYS)
    one.press(Qt.Key.Key_F4)
    assert one.focus.isVisible() and one.at == SYS and not one.page.view.isVisible()
    one.press(Qt.Key.Key_F4)
    assert not one.focus.isVisible() and one.page.view.isVisible()
    assert one.page.current is one.row(SYS) and one.row(SYS).input.hasFocus()


def test_a_value_is_saved_by_keys_and_the_next_field_comes(bed: Open) -> None:
    one = bed("F.VS")
    one.go(SYS)
    one.press(Qt.Key.Key_F4, "128", Qt.Key.Key_Return)
    assert one.value(SYS) == "128" and one.at == DIA
    one.press((Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier))
    assert one.at == SYS
    one.press(Qt.Key.Key_Down)
    assert one.at == DIA
    one.press((Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier))
    assert one.at == SYS


def test_a_value_is_saved_by_the_keypad_alone(bed: Open) -> None:
    one = bed("F.VS")
    one.go(SYS)
    one.press(Qt.Key.Key_F4)
    one.tap("1", "2", "9", "erase", "8", "next")
    assert one.value(SYS) == "128" and one.at == DIA


def test_what_is_typed_comes_along_both_ways_and_is_not_saved_by_it(bed: Open) -> None:
    one = bed("F.VS")
    one.go(SYS)
    one.press("12", Qt.Key.Key_F4)
    assert one.row(SYS) is one.focus.current and one.row(SYS).input.text() == "12"
    assert one.value(SYS) is None
    one.press("8", Qt.Key.Key_F4)
    assert one.row(SYS) is one.page.current and one.row(SYS).input.text() == "128"
    assert one.value(SYS) is None
    one.press(Qt.Key.Key_Return)
    assert one.value(SYS) == "128"


def test_refused_text_is_kept_large_and_in_the_list(bed: Open) -> None:
    one = bed("F.VS")
    one.go(SYS)
    one.press(Qt.Key.Key_F4, "12,8O", Qt.Key.Key_Return)
    large = one.focus.current
    assert large is not None and large.status == "unsaved" and one.at == SYS
    assert large.under is not None and large.under.isVisible()
    one.press(Qt.Key.Key_Down)
    assert one.at == DIA
    one.press(Qt.Key.Key_F4)
    assert one.row(SYS).status == "unsaved" and one.row(SYS).input.text() == "12,8O"


def test_a_finding_opens_under_the_large_field_and_enter_twice_goes_on(bed: Open) -> None:
    one = bed("F.VS")
    one.go(SYS)
    one.press(Qt.Key.Key_F4, "210", Qt.Key.Key_Return)
    large = one.focus.current
    assert one.at == SYS and large is not None and large.under is not None and large.under.isVisible()
    assert large.tone == "soft"
    one.press(Qt.Key.Key_Return)
    assert one.at == DIA and one.value(SYS) == "210"


def test_no_value_by_keypad_and_letter(bed: Open) -> None:
    one = bed("F.VS")
    one.go(SYS)
    one.press(Qt.Key.Key_F4)
    one.tap("missing")
    one.press("n")
    assert one.row(SYS).line.state.answer.missing == "ND" and one.at == DIA


def test_choices_are_big_buttons_without_digits(bed: Open) -> None:
    one = bed("F.VS")
    one.go("I.VS.VSPERF")
    one.press(Qt.Key.Key_F4)
    assert one.focus.current is not None
    buttons = one.focus.current.input.findChildren(QWidget)
    assert buttons and all(
        b.height() >= 44 for b in buttons if b.isVisible() and b.property("kind") == "boxed"
    )
    assert not one.focus.keypad.keys["7"].isEnabled() and one.focus.keypad.keys["next"].isEnabled()


def test_another_form_shows_nothing_of_the_one_before(bed: Open) -> None:
    one = bed("F.VS")
    one.go(SYS)
    one.press(Qt.Key.Key_F4, "12x")
    one.key = one.desk.key("F.LBC")
    one.open()
    assert all(not row.key.item.startswith("I.VS") for row in one.focus.rows.values())
    one.page.room.close_large()
    one.key = one.desk.key("F.VS")
    one.open()
    assert one.row(SYS).input.text() == "12x" and one.value(SYS) is None


def test_at_200_percent_the_field_comes_large_and_nothing_is_clipped(at_200: Open) -> None:
    one = at_200("F.VS")
    assert one.focus.isVisible() and not one.desk.window.shell.rail.isVisible()
    one.go(SYS)
    one.press("210", Qt.Key.Key_Return)
    one.qtbot.wait(20)
    window = one.desk.window
    pad = one.focus.keypad
    for key in pad.keys.values():
        corner = key.mapTo(window, key.rect().bottomRight())
        assert corner.x() < window.width() and corner.y() < window.height() - window.shell.status.height()
        assert key.width() >= 88 and key.height() >= 88  # 44 at 100 %
    assert one.focus.current is not None
    field = one.focus.current.input
    left = field.mapTo(window, QPoint(0, 0)).x()
    assert left + field.width() <= pad.mapTo(window, QPoint(0, 0)).x()  # the keypad never covers the field
    for said in one.focus.findChildren(QLabel):
        if said.isVisible() and not said.wordWrap() and said.text():
            assert said.width() >= said.fontMetrics().horizontalAdvance(said.text()), said.text()
    for button in one.focus.current.findChildren(QPushButton):
        assert button.mapTo(one.focus.current, button.rect().topRight()).x() <= one.focus.current.width()


def test_all_results_goes_back_to_the_list_and_stays_there(at_200: Open) -> None:
    one = at_200("F.LBC")
    link = one.desk.window.shell.status.link
    assert one.focus.isVisible() and link.isVisible() and "results" in link.text()
    QTest.mouseClick(link, Qt.MouseButton.LeftButton)
    assert one.page.view.isVisible() and not link.isVisible() and one.desk.window.shell.rail.isVisible()
    one.key = one.desk.key("F.VS")
    one.open()
    assert not one.focus.isVisible()


def test_the_language_switches_and_the_typed_text_stays(bed: Open) -> None:
    one = bed("F.VS")
    one.go(SYS)
    one.press(Qt.Key.Key_F4, "12")
    words.set_language("zh")
    assert one.focus.keypad.keys["next"].text() == "下一项"
    assert one.row(SYS).input.text() == "12" and one.at == SYS


def test_signing_out_takes_the_large_field_away(bed: Open) -> None:
    one = bed("F.VS")
    one.go(SYS)
    one.press(Qt.Key.Key_F4, "12")
    one.desk.window.sign_out()
    assert (
        one.desk.window.findChild(FocusView) is None or not one.desk.window.findChild(FocusView).isVisible()
    )


# the keypad alone


def item(data_type: str, *, lab: bool = False) -> ItemDef:
    return ItemDef(oid="I.X.Y", question=Text(en="x", zh="x"), data_type=data_type, lab=lab)  # type: ignore[arg-type]


class Moments:
    """Milliseconds that pass when the test says so."""

    now = 1000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def pad(qtbot: Any) -> Callable[..., tuple[Keypad, Any, Moments]]:
    def make(field: Any, of: ItemDef) -> tuple[Keypad, Any, Moments]:
        moments = Moments()
        keypad = Keypad(moments)
        qtbot.addWidget(keypad)
        qtbot.addWidget(field)
        keypad.show_field(field, of)
        return keypad, field, moments

    return make


def tap(keypad: Keypad, moments: Moments, *names: str, after: int = 500) -> None:
    for name in names:
        moments.now += after
        keypad.keys[name].pressed.emit()


def test_a_second_tap_on_the_same_key_within_120_ms_counts_once(pad: Any) -> None:
    keypad, field, moments = pad(NumberEdit(), item("integer"))
    tap(keypad, moments, "5")
    tap(keypad, moments, "5", after=ONCE_MS - 1)
    assert field.text() == "5"
    tap(keypad, moments, "6", after=ONCE_MS - 1)  # another key is another tap
    assert field.text() == "56"
    tap(keypad, moments, "6", after=ONCE_MS + 1)
    assert field.text() == "566"


def test_below_and_above_the_limit_by_the_same_key(pad: Any) -> None:
    keypad, field, moments = pad(NumberEdit(), item("decimal", lab=True))
    tap(keypad, moments, "left", "5")
    assert field.text() == "<5"
    tap(keypad, moments, "left")
    assert field.text() == ">5"
    tap(keypad, moments, "left", "right", "1")
    assert field.text() == "5.1"


def test_a_number_that_is_no_result_has_no_limit_sign(pad: Any) -> None:
    keypad, _, _ = pad(NumberEdit(), item("integer"))
    assert not keypad.keys["left"].isEnabled() and not keypad.keys["right"].isEnabled()
    keypad, _, _ = pad(NumberEdit(), item("decimal"))
    assert not keypad.keys["left"].isEnabled() and keypad.keys["right"].isEnabled()


def test_today_and_now_are_one_tap(pad: Any) -> None:
    keypad, field, moments = pad(DateEdit(), item("date"))
    tap(keypad, moments, "2", "left")
    assert field.text() == "t" and keypad.keys["left"].text() == "Today"
    keypad, field, moments = pad(TimeEdit(), item("time"))
    assert keypad.keys["left"].text() == "Now"
    tap(keypad, moments, *"14", "right", "0", "2")
    assert field.text() == "14:02"


def test_no_key_takes_the_cursor(pad: Any) -> None:
    keypad, _, _ = pad(NumberEdit(), item("integer"))
    assert all(key.focusPolicy() == Qt.FocusPolicy.NoFocus for key in keypad.keys.values())
    assert all(key.accessibleName() or key.text() for name, key in keypad.keys.items() if name != "right")
