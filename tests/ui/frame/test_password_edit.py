"""A password is never learnt by an input method, shown or hidden."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from crf_app.ui.widgets.password_edit import PasswordEdit


@pytest.mark.parametrize("presses", [0, 1, 2])
def test_no_input_method_learns_the_password_also_when_it_is_shown(qtbot, presses):
    field = PasswordEdit("password")
    qtbot.addWidget(field)
    for _ in range(presses):
        field.eye.click()
    shown = QLineEdit.EchoMode.Normal if presses == 1 else QLineEdit.EchoMode.Password
    assert field.echoMode() == shown
    hints = Qt.InputMethodHint
    for hint in (hints.ImhSensitiveData, hints.ImhNoPredictiveText, hints.ImhNoAutoUppercase):
        assert hint in field.inputMethodHints()
