"""Which hand works: a finger, or mouse and keys.  Targets follow when a page opens, never under the finger.

Watches the native window, which every touch, click and key passes.  A mouse event that the system made out of
a touch is a touch.  A preference of "desk" or "touch" stands above what was seen.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent, QWindow

_OWN = Qt.MouseEventSource.MouseEventNotSynthesized


class Density(QObject):
    """`seen` is "touch" after a touch and "desk" after a key or a click; at first "desk"."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.seen = "desk"
        self._window: QWindow | None = None

    def wanted(self, preference: str) -> str:
        """The density that a page opens with."""
        return self.seen if preference == "auto" else preference

    def watch(self, window: QWindow | None) -> None:
        """Begin with the native window that shows the program."""
        if window is not None and window is not self._window:
            window.installEventFilter(self)
            self._window = window

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.TouchBegin:
            self.seen = "touch"
        elif kind == QEvent.Type.KeyPress:
            self.seen = "desk"
        elif kind == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            self.seen = "desk" if event.source() == _OWN else "touch"
        return super().eventFilter(watched, event)
