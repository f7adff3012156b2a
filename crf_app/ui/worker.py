"""Slow work (password, paper, bundle) off the window's own thread, one piece at a time.

`run` returns at once; `done(result)` or `failed(refusal)` comes back in the window's thread.  What is not a
refusal is our bug: it goes to `sys.excepthook` like any other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from crf_app.errors import CrfError

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor


class Worker(QObject):
    """Runs one function at a time in a thread of its own."""

    busy = Signal(bool)
    _came = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # one lasting Python thread: a pool of Qt's takes the thread's Python state away between two pieces of
        # work, and a C++ library that remembered it (CEL) then ends the process
        self._pool: ThreadPoolExecutor | None = None  # made for the first piece of work: not at the start
        self._last: Future[None] | None = None
        self._came.connect(self._on_came)
        self._waiting = 0

    def run(
        self, work: Callable[[], Any], done: Callable[[Any], object], failed: Callable[[CrfError], object]
    ) -> None:
        """Do `work` aside; exactly one of `done` and `failed` follows."""
        self._waiting += 1
        self.busy.emit(True)
        self._last = self._thread().submit(lambda: self._came.emit(_outcome(work, done, failed)))

    def _thread(self) -> ThreadPoolExecutor:
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(1, "worker")
        return self._pool

    @property
    def working(self) -> bool:
        """Whether something was begun whose result has not come."""
        return self._waiting > 0

    def wait(self) -> None:
        """Until everything that was started has ended; called before the program leaves."""
        if self._last is not None:
            self._last.result()

    def _on_came(self, call: Callable[[], object]) -> None:
        self._waiting -= 1
        self.busy.emit(self._waiting > 0)
        call()


def _outcome(
    work: Callable[[], Any], done: Callable[[Any], object], failed: Callable[[CrfError], object]
) -> Callable[[], object]:
    """What to call in the window's thread.  One of the three broad handlers (house rule 9)."""
    try:
        result = work()
    except CrfError as refusal:
        said = refusal
        return lambda: failed(said)
    except Exception as bug:  # noqa: BLE001
        caught = bug
        return lambda: sys.excepthook(type(caught), caught, caught.__traceback__)
    return lambda: done(result)
