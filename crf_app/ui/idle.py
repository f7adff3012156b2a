"""Nobody has typed or moved for a while: then the screen locks.

Watches the native window, which every key, click and touch passes, not each widget; the timer can be given
so that a test need not wait.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QWindow

MINUTE_MS = 60 * 1000
_LIFE = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
    }
)


class Idle(QObject):
    """Sends `idle` after `milliseconds` without a key, a click, a movement or a touch."""

    idle = Signal()

    def __init__(self, parent: QObject, milliseconds: int) -> None:
        super().__init__(parent)
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(milliseconds)
        self.timer.timeout.connect(self.idle)
        self._window: QWindow | None = None

    def watch(self, window: QWindow | None) -> None:
        """Begin with the native window that shows the program."""
        if window is not None and window is not self._window:
            window.installEventFilter(self)
            self._window = window

    def start(self) -> None:
        self.timer.start()

    def stop(self) -> None:
        self.timer.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.timer.isActive() and event.type() in _LIFE:
            self.timer.start()
        return super().eventFilter(watched, event)
