"""Plays keys into the real window: what a person's hands do, for the demo without a screen.

It knows keys, focus and pictures, and nothing of studies.  Waiting lets the event loop run, so that
threads of the program go on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from crf_app.ui.main_window import MainWindow

_STEP_MS = 20
_LIMIT_MS = 60_000
_KEYS = {"Enter": Qt.Key.Key_Return, "Esc": Qt.Key.Key_Escape, "Tab": Qt.Key.Key_Tab, "Down": Qt.Key.Key_Down,
         "Up": Qt.Key.Key_Up, "F9": Qt.Key.Key_F9, "Right": Qt.Key.Key_Right}  # fmt: skip
_WITH = {"Ctrl": Qt.KeyboardModifier.ControlModifier, "Alt": Qt.KeyboardModifier.AltModifier,
         "Shift": Qt.KeyboardModifier.ShiftModifier}  # fmt: skip


class Stuck(RuntimeError):
    """The window did not come to where the journey expected it: a fault of ours."""


class Player:
    """Types into `window` and takes its picture."""

    def __init__(self, window: MainWindow, pictures: Path) -> None:
        self.window, self._pictures, self.keys = window, pictures, 0
        self.taken: list[Path] = []

    @property
    def focused(self) -> QWidget:
        """Where the cursor is.  Raises Stuck when it is nowhere."""
        found = QApplication.focusWidget()
        if found is None:
            raise Stuck("the cursor is nowhere")
        return found

    @property
    def name(self) -> str:
        """The object name under the cursor: a form's field is named by its local address."""
        found = QApplication.focusWidget()
        while found is not None and not found.objectName().startswith("IG."):
            found = found.parentWidget()
        return found.objectName() if found is not None else ""

    def type(self, text: str) -> None:
        for letter in text:
            QTest.keyClicks(self.focused, letter)
            self.keys += 1
        self.wait(0)

    def press(self, key: str) -> None:
        """One key with its modifiers: `Enter`, `Ctrl+L`, `Alt+1`."""
        *held, last = key.split("+")
        modifier = Qt.KeyboardModifier.NoModifier
        for one in held:
            modifier |= _WITH[one]
        code = _KEYS[last] if last in _KEYS else Qt.Key(ord(last.upper()))
        QTest.keyClick(self.focused, code, modifier)
        self.keys += 1
        self.wait(0)

    def wait(self, ms: int = _STEP_MS) -> None:
        loop = QEventLoop()
        QTimer.singleShot(ms, loop.quit)
        loop.exec()

    def until(self, reached: Callable[[], bool], what: str) -> None:
        """Let the window work until `reached`.  Raises Stuck after a minute."""
        for _ in range(_LIMIT_MS // _STEP_MS):
            if reached():
                return
            self.wait()
        raise Stuck(what)

    def picture(self, name: str) -> Path:
        """The window as it is now, as a PNG."""
        self.wait(_STEP_MS * 5)
        self._pictures.mkdir(parents=True, exist_ok=True)
        path = self._pictures / f"{name}.png"
        self.window.grab().save(str(path), None, 0)  # 0: the smallest file
        self.taken.append(path)
        return path
