"""A password field with an eye.  Nothing typed here is remembered, shown elsewhere or logged."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLineEdit, QToolButton

from crf_app.ui import icons, style, words


class PasswordEdit(QLineEdit):
    """Dots, until the eye is pressed; the input method stays off in both."""

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setProperty("kind", "tall")
        self.setMaxLength(1024)
        self.eye = QToolButton(self)  # as tall as the field: an action's button stays small at any size
        self.eye.setCheckable(True)
        self.eye.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.eye.setCursor(Qt.CursorShape.ArrowCursor)
        self.eye.setIcon(icons.icon("eye", "text2", 18))
        self.eye.setIconSize(QSize(style.current().px(18), style.current().px(18)))
        self.eye.toggled.connect(self._show)
        self._set_mode(QLineEdit.EchoMode.Password)
        self.retranslate()

    def take(self) -> str:
        """What was typed; the field is empty afterwards."""
        typed = self.text()
        self.clear()
        self.eye.setChecked(False)
        return typed

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        side = self.height()
        self.setTextMargins(0, 0, side, 0)
        self.eye.setGeometry(self.width() - side, 0, side, side)

    def retranslate(self) -> None:
        self.eye.setAccessibleName(words.say("sign_in.show_password"))
        self.eye.setToolTip(words.say("sign_in.show_password"))

    def _show(self, on: bool) -> None:
        self._set_mode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password)
        self.eye.setIcon(icons.icon("kept" if on else "eye", "text2", 18))

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
