"""What the keys do in a field: dates in two keys, reasons by letter only, keys counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.ui.pages.form import FormPageWidget

ENTER = Qt.Key.Key_Return
ALT = Qt.KeyboardModifier.AltModifier


class Keys:
    """Types into the form and counts."""

    def __init__(self, qtbot: Any, desk: Any, form: str) -> None:
        self.desk, self.key, self.count = desk, desk.key(form), 0
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

    @property
    def at(self) -> str:
        assert self.page.current is not None
        return self.page.current.key.item

    def row(self, oid: str) -> Any:
        form = self.desk.session.study.forms[self.key.form_oid]
        found = self.page.view.row(f"{form.group_of[oid].oid}/{oid}")
        assert found is not None
        return found

    def answer(self, oid: str) -> Any:
        return self.row(oid).line.state.answer

    def press(self, *keys: Any) -> None:
        for key in keys:
            target = QApplication.focusWidget()
            assert target is not None
            if isinstance(key, str):
                QTest.keyClicks(target, key)
                self.count += len(key)
            else:
                QTest.keyClick(target, *(key if isinstance(key, tuple) else (key,)))
                self.count += 1
            QApplication.processEvents()

    def enter(self, oid: str, *keys: Any) -> None:
        self.row(oid).input.select()
        QApplication.processEvents()
        self.press(*keys)


Open = Callable[[str], Keys]


@pytest.fixture
def form(qtbot: Any, desk: Any) -> Open:
    def open_form(name: str = "F.VS") -> Keys:
        one = Keys(qtbot, desk("made.nurse"), name)
        if name == "F.VS":
            one.press("y", ENTER)
        return one

    return open_form


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("t", "2026-10-06"), ("-1", "2026-10-05"), ("yesterday", "2026-10-05"), ("20261006", "2026-10-06"),
     ("4 oct", "2026-10-04")],
)  # fmt: skip
def test_a_date_is_echoed_in_full(form: Open, typed: str, stored: str) -> None:
    one = form("F.VS")
    one.enter("I.VS.VSDAT", typed, ENTER)
    assert one.answer("I.VS.VSDAT").value == stored
    assert one.row("I.VS.VSDAT").input.text() == stored


@pytest.mark.parametrize(("key", "stored"), [(Qt.Key.Key_1, "2026-10-06"), (Qt.Key.Key_2, "2026-06-10")])
def test_a_date_with_two_readings_is_chosen_by_one_key_never_guessed(
    form: Open, key: Qt.Key, stored: str
) -> None:
    one = form("F.VS")
    one.enter("I.VS.VSDAT", "6/10", ENTER)
    row = one.row("I.VS.VSDAT")
    assert one.answer("I.VS.VSDAT").value is None and row.status == "unsaved"
    assert [option.words for option in row.under.content.options] == ["2026-10-06", "2026-06-10"]
    one.press((key, ALT))
    assert one.answer("I.VS.VSDAT").value == stored and row.pending is None
    assert row.input.text() == stored


@pytest.mark.parametrize(("typed", "stored"), [("t", "14:02"), ("1402", "14:02"), ("1402".translate(
    {ord(c): ord(c) + 0xFEE0 for c in "1402"}), "14:02")])  # fmt: skip
def test_a_time_is_echoed_with_its_colon(form: Open, typed: str, stored: str) -> None:
    one = form("F.VS")
    one.row("I.VS.VSTIM").input.select()
    field = one.row("I.VS.VSTIM").input
    field.insert(typed) if not typed.isascii() else one.press(typed)
    one.press(ENTER)
    assert one.answer("I.VS.VSTIM").value == stored


def test_a_digit_never_chooses_a_reason(form: Open) -> None:
    one = form("F.VS")
    one.enter("I.VS.SYSBP", (Qt.Key.Key_N, ALT))
    one.press("1", "2")
    assert one.answer("I.VS.SYSBP").missing is None and one.at == "I.VS.SYSBP"
    one.press("u")
    assert one.answer("I.VS.SYSBP").missing == "UNK" and one.at == "I.VS.DIABP"


def test_alt_n_gives_the_reasons_also_in_a_choice(form: Open) -> None:
    one = form("F.VS")
    one.enter("I.VS.VSPOS", (Qt.Key.Key_N, ALT), "n")
    assert one.answer("I.VS.VSPOS").missing == "ND"


def test_vital_signs_take_at_most_1_3_keys_a_character(form: Open) -> None:
    one = form("F.VS")
    typed = {"SYSBP": "128", "DIABP": "76", "PULSE": "72", "RESP": "16", "TEMP": "36.8"}
    one.row("I.VS.SYSBP").input.select()
    one.count = 0
    for name, text in typed.items():
        assert one.at == f"I.VS.{name}"
        one.press(text, ENTER)
    assert {name: one.answer(f"I.VS.{name}").value for name in typed} == typed
    digits = sum(map(len, typed.values()))
    assert one.count == digits + len(typed)  # one key beside the value, no more


@pytest.fixture
def still(monkeypatch: Any) -> list[float]:
    """The clock of the keys, in seconds: it stands until a test moves it."""
    seconds = [100.0]
    monkeypatch.setattr("crf_app.ui.form.form_entry.monotonic", lambda: seconds[0])
    return seconds


def test_enter_after_the_key_of_a_choice_leaves_no_question_out(form: Open, still: list[float]) -> None:
    one = form("F.VS")  # answers the first question with its letter and Enter
    assert one.at == "I.VS.VSDAT" and one.answer("I.VS.VSPERF").value == "Y"
    one.press(ENTER)
    assert one.at == "I.VS.VSTIM"


def test_the_key_of_a_choice_leads_on_and_a_later_enter_too(
    qtbot: Any, desk: Any, still: list[float]
) -> None:
    one = Keys(qtbot, desk("made.nurse"), "F.VS")
    one.press("y")
    assert one.at == "I.VS.VSDAT" and one.answer("I.VS.VSPERF").value == "Y"
    still[0] += 1.1
    one.press(ENTER)
    assert one.at == "I.VS.VSTIM"


def test_enter_after_typing_is_never_taken_for_the_key_before(
    qtbot: Any, desk: Any, still: list[float]
) -> None:
    one = Keys(qtbot, desk("made.nurse"), "F.VS")
    one.press("y", "t", ENTER)
    assert one.at == "I.VS.VSTIM" and one.answer("I.VS.VSDAT").value
    one.enter("I.VS.VSPERF", "n")  # another answer than the saved one wants its Enter
    assert one.at == "I.VS.VSPERF"
