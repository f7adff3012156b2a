"""Targets: 24 pixels for mouse and keys, 44 for a finger; they follow the hand only when a page opens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QInputDevice, QKeyEvent, QMouseEvent, QPointingDevice, QTouchEvent, QWindow
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QPlainTextEdit, QWidget

from crf_app.settings import Preferences, read_preferences, write_preferences
from crf_app.ui import style
from crf_app.ui.density import Density
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.pages.sign_in import SignInPage

LEAST = {"desk": 24, "touch": 44}


def too_small(ground: QWidget, least: int) -> set[str]:
    """What can be pressed or typed in and is smaller than `least`; a sign inside a line is part of it."""
    out = set()
    for one in ground.findChildren(QWidget):
        pressed = isinstance(one, (QAbstractButton, QLineEdit, QPlainTextEdit))
        if not pressed or not one.isVisible() or isinstance(one.parent(), QLineEdit):
            continue
        if min(one.width(), one.height()) < least:
            words = one.text() if isinstance(one, QAbstractButton) else ""
            kind = one.property("kind")
            out.add(f"{type(one).__name__} {kind} {one.objectName()} {words} {one.width()}x{one.height()}")
    return out


@pytest.fixture(params=["desk", "touch"])
def dressed(request: Any, qapp: QApplication, desk: Any) -> Iterator[tuple[Any, str]]:
    """A window in this density, and the density."""
    made = desk("made.nurse")
    window = made.window
    window.preferences = Preferences(density=request.param)
    window.take_density()
    window._build_shell()
    window.resize(1400, 900)
    yield made, request.param
    style.apply(qapp, "light", 1.0)


@pytest.mark.parametrize(("form", "event"), [("F.VS", "SE.V1"), ("F.LBC", "SE.V1")])
def test_targets_of_a_form(dressed: tuple[Any, str], form: str, event: str, qtbot: Any) -> None:
    made, density = dressed
    made.window.show_form(made.key(form, event))
    page = made.window.page
    assert isinstance(page, FormPageWidget)
    qtbot.waitUntil(lambda: not page.view.making)
    assert too_small(page, LEAST[density]) == set()


def test_targets_of_the_list_of_subjects_and_the_casebook(dressed: tuple[Any, str], qtbot: Any) -> None:
    made, density = dressed
    made.window.show_subjects()
    QApplication.processEvents()
    assert too_small(made.window.page, LEAST[density]) == set()
    made.window.show_casebook(made.uid)
    qtbot.wait(20)
    assert too_small(made.window.page, LEAST[density]) == set()


def test_targets_of_the_sign_in(dressed: tuple[Any, str], qtbot: Any) -> None:
    made, density = dressed
    made.window.sign_out()
    QApplication.processEvents()
    page = made.window.findChild(SignInPage)
    assert page is not None
    assert too_small(page, LEAST[density]) == set()


def test_the_keypad_stands_beside_the_fields_for_a_finger_only(dressed: tuple[Any, str], qtbot: Any) -> None:
    made, density = dressed
    made.window.show_form(made.key("F.VS"))
    page = made.window.page
    QApplication.processEvents()
    assert page.pad.isVisible() is (density == "touch")
    if density == "touch":
        assert not page.pad.geometry().intersects(page.card.geometry())
        assert page.pad.x() > page.card.x()
        made.window.preferences = Preferences(density="touch", keypad="left")
        page.room.fit()
        page.layout().activate()
        assert page.pad.x() < page.card.x()


def touch(kind: QEvent.Type) -> QTouchEvent:
    device = QPointingDevice(
        "made up", 7, QInputDevice.DeviceType.TouchScreen, QPointingDevice.PointerType.Finger,
        QInputDevice.Capability.Position, 1, 1,
    )  # fmt: skip
    return QTouchEvent(kind, device)


def test_the_last_input_says_which_hand_works(qapp: QApplication) -> None:
    window, density = QWindow(), Density()
    density.watch(window)
    assert density.wanted("auto") == "desk"
    QApplication.sendEvent(window, touch(QEvent.Type.TouchBegin))
    assert density.wanted("auto") == "touch" and density.wanted("desk") == "desk"
    QApplication.sendEvent(
        window, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "a")
    )
    assert density.wanted("auto") == "desk" and density.wanted("touch") == "touch"
    QApplication.sendEvent(window, touch(QEvent.Type.TouchBegin))
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    at = QPointF(1, 1)
    QApplication.sendEvent(window, QMouseEvent(QEvent.Type.MouseButtonPress, at, at, left, left, none))
    assert density.wanted("auto") == "desk"


def test_targets_change_when_a_page_opens_never_under_the_finger(desk: Any, qapp: QApplication) -> None:
    made = desk("made.nurse")
    window = made.window
    window.density.seen = "desk"
    window.show_form(made.key("F.VS"))
    window.density.seen = "touch"
    QApplication.processEvents()
    assert style.current().density == "desk"
    window.show_casebook(made.uid)
    assert style.current().density == "touch"
    window.density.seen = "desk"
    window.show_subjects()
    assert style.current().density == "desk"


def test_density_and_side_come_back(tmp_path: Any) -> None:
    chosen = Preferences(density="touch", keypad="left")
    write_preferences(tmp_path, chosen)
    assert read_preferences(tmp_path) == chosen
    (tmp_path / "settings.json").write_text('{"density": "huge", "keypad": 3}')
    assert (read_preferences(tmp_path).density, read_preferences(tmp_path).keypad) == ("auto", "right")
