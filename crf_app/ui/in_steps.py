"""Work in the window's own thread, in steps of about 8 ms with the window's events between them.

For what must be read from the session's own store and evaluation, so that no other thread may do it.  A
step that breaks off ends the work and goes to `sys.excepthook` like any other slot.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from PySide6.QtCore import QObject, QTimer

#: seconds of one step: a key that is pressed meanwhile waits no longer
STEP: Final = 0.008
#: yielded by work that waits for something else in this thread: the step ends, so that the other can go on
WAITS: Final = object()


class InSteps(QObject):
    """One piece of work at a time; `begin` of another one drops the one before."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.step)
        self._work: Iterator[object] | None = None
        self._done: Callable[[], object] = lambda: None

    @property
    def working(self) -> bool:
        """Whether something is left to do."""
        return self._work is not None

    def begin(self, work: Iterator[object], done: Callable[[], object] = lambda: None) -> None:
        """Go on with `work` once the window has painted; `done` follows its end."""
        self._work, self._done = work, done
        self._timer.start(0)

    def step(self) -> None:
        """As many pieces as have room in one step."""
        until = time.perf_counter() + STEP
        self._go(lambda piece: piece is WAITS or time.perf_counter() > until)

    def finish(self) -> None:
        """Everything that is left, now."""
        self._go(lambda _: False)

    def stop(self) -> None:
        """Drop what is left."""
        self._timer.stop()
        self._work = None

    def _go(self, enough: Callable[[object], bool]) -> None:
        work, self._work = self._work, None  # a piece that breaks off is not tried again
        self._timer.stop()
        for piece in work or ():
            if enough(piece):
                self._work = work
                self._timer.start(0)
                return
        if work is not None:
            self._done()
