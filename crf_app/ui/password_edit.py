"""A password field with an eye.  Nothing typed here is remembered, shown elsewhere or logged."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit

from crf_app.ui import icons, words


class PasswordEdit(QLineEdit):
    """Dots, until the eye is pressed; the input method stays off in both."""

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setProperty("kind", "tall")
        self.setMaxLength(1024)
        self._eye = QAction(icons.icon("eye", "text2", 18), "", self)
        self._eye.setCheckable(True)
        self._eye.toggled.connect(self._show)
        self.addAction(self._eye, QLineEdit.ActionPosition.TrailingPosition)
        self._set_mode(QLineEdit.EchoMode.Password)
        self.retranslate()

    def take(self) -> str:
        """What was typed; the field is empty afterwards."""
        typed = self.text()
        self.clear()
        self._eye.setChecked(False)
        return typed

    def retranslate(self) -> None:
        self._eye.setText(words.say("sign_in.show_password"))
        self._eye.setToolTip(words.say("sign_in.show_password"))

    def _show(self, on: bool) -> None:
        self._set_mode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password)
        self._eye.setIcon(icons.icon("kept" if on else "eye", "text2", 18))

    def _set_mode(self, mode: QLineEdit.EchoMode) -> None:
        """Qt takes the hints back with each mode; a password that is shown is not to be learnt either."""
        self.setEchoMode(mode)
        hints = Qt.InputMethodHint
        self.setInputMethodHints(
            hints.ImhHiddenText
            | hints.ImhSensitiveData
            | hints.ImhNoAutoUppercase
            | hints.ImhNoPredictiveText
        )
