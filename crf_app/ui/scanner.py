"""A barcode scanner that types like a keyboard: what it sends is one scan, never a command or field text.

A person's keys and a scanner's arrive the same way.  A scanner's follow each other within 30 ms and end with
Enter; a site may also set its prefix to F12, then everything until Enter is the scan.  So a key that could
begin a scan is held for those 30 ms before its field gets it: nothing has to be taken back afterwards.

Watches the native window, which every key passes once.  Keys without a time are no person's and no
scanner's (they were sent by this program or a test) and pass.  Composed text and pasted text are no keys.
The time is that of the keyboard, not of their arrival, where the desktop gives it.  Single letters that act
on a page must be keys of its widgets, not `QShortcut`s, which would act before the window sees the key.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QWindow
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

#: keys of a scanner follow each other within this time
GAP_MS: Final = 30
#: the shortest scan: so many characters that are followed by Enter as fast
LEAST: Final = 5
#: after the prefix the rest must come within this time
PREFIX_MS: Final = 2000
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
#: pressed together with a character, or without any effect of their own
_SILENT: Final = (Qt.Key.Key_Shift, Qt.Key.Key_CapsLock, Qt.Key.Key_AltGr, Qt.Key.Key_NumLock)
_COMMANDS: Final = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)
_POINTING: Final = frozenset(
    {QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin, QEvent.Type.TabletPress, QEvent.Type.Wheel}
)


class Scanner(QObject):
    """Sends `scanned` with the text of a scan; everything else goes on to where it was meant."""

    scanned = Signal(str)

    def __init__(self, parent: QObject, gap_ms: int = GAP_MS) -> None:
        super().__init__(parent)
        self.gap = gap_ms
        self.on = False  # only while a person is at work and sees the page
        self._held: list[QKeyEvent] = []
        self._target: QWidget | None = None
        self._last = 0
        self._prefixed = False
        self._window: QWindow | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_time)

    def watch(self, window: QWindow | None) -> None:
        """Begin with the native window that shows the program."""
        if window is not None and window is not self._window:
            window.installEventFilter(self)
            self._window = window

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self.on and self._key(event)
        if event.type() in _POINTING:
            self.give_up()
        return False

    def give_up(self) -> None:
        """What is held is no scan: its field gets it now.  Called before a page goes."""
        self._timer.stop()
        held, self._held, self._prefixed = self._held, [], False
        target = self._target if self._target is not None and isValid(self._target) else None
        for event in held:
            receiver = target or QApplication.focusWidget()
            if receiver is not None:
                QApplication.sendEvent(receiver, event)
                target = QApplication.focusWidget()  # a key may move the cursor

    def forget(self) -> None:
        """Drop what is held: nobody is at work any more."""
        self._timer.stop()
        self._held, self._prefixed = [], False

    def _key(self, event: QKeyEvent) -> bool:
        """True when the key is kept here."""
        if event.timestamp() == 0:
            return False
        if event.key() == Qt.Key.Key_F12 and not event.modifiers():
            self.give_up()
            self._prefixed, self._target = True, QApplication.focusWidget()
            self._timer.start(PREFIX_MS)
            return True
        if event.key() in _SILENT:
            return False
        return self._after_prefix(event) if self._prefixed else self._burst(event)

    def _after_prefix(self, event: QKeyEvent) -> bool:
        if event.key() in _ENTER:
            self._send()
        elif event.key() == Qt.Key.Key_Escape:
            self.forget()
        elif _is_character(event):
            self._held.append(_copy(event))
        return True

    def _burst(self, event: QKeyEvent) -> bool:
        follows = bool(self._held) and 0 <= event.timestamp() - self._last <= self.gap
        if event.key() in _ENTER and follows and len(self._held) >= LEAST and not event.isAutoRepeat():
            self._send()
            return True
        if self._held and not follows:
            self.give_up()
        if not _is_character(event):
            self.give_up()
            return False
        if not self._held:
            self._target = QApplication.focusWidget()
        self._held.append(_copy(event))
        self._last = event.timestamp()
        self._timer.start(self.gap)
        return True

    def _send(self) -> None:
        text = "".join(one.text() for one in self._held)
        self.forget()
        if text:
            self.scanned.emit(text)

    def _on_time(self) -> None:
        if self._prefixed:
            self.forget()  # a prefix whose scan did not come to its end: never field text
        else:
            self.give_up()


def _is_character(event: QKeyEvent) -> bool:
    """A sign that a barcode may hold: plain or full width, typed once, without a command's modifier."""
    text = event.text()
    if len(text) != 1 or event.isAutoRepeat() or event.modifiers() & _COMMANDS:
        return False
    return " " <= text <= "~" or "\uff01" <= text <= "\uff5e"


def _copy(event: QKeyEvent) -> QKeyEvent:
    """The same key without its time, so that it passes when it is sent on."""
    return QKeyEvent(event.type(), event.key(), event.modifiers(), event.text(), False, event.count())
