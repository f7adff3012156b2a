"""Slow work (password, paper, bundle) off the window's own thread, one piece at a time.

`run` returns at once; `done(result)` or `failed(refusal)` comes back in the window's thread.  `run_long` is
for what may take seconds: the work says how far it is and may be stopped (`long_work.py` shows it).  What is
not a refusal is our bug: it goes to `sys.excepthook` like any other.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from crf_app.errors import Cancelled, CrfError

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from crf_app.model.progress import Progress

Done = Callable[[Any], object]
Failed = Callable[[CrfError], object]


class Task:
    """One long piece of work: which, how far, whether the person stopped it.  It is the work's `Progress`.

    `kind`: key of its words ("bundle").  Only whole numbers pass between the threads.
    """

    def __init__(self, kind: str) -> None:
        self.kind, self.done = kind, 0
        self.of: int | None = None
        self._stop = threading.Event()

    def __call__(self, done: int, of: int | None = None, /) -> None:
        self.done, self.of = done, of
        if self._stop.is_set():
            raise Cancelled

    def stop(self) -> None:
        """The work ends at its next step."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()


class Worker(QObject):
    """Runs one function at a time in a thread of its own."""

    busy = Signal(bool)
    began = Signal(object)  # a Task
    ended = Signal(object)  # a Task, before `done` or `failed` is called
    _came = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # one lasting Python thread: a pool of Qt's takes the thread's Python state away between two pieces of
        # work, and a C++ library that remembered it (CEL) then ends the process
        self._pool: ThreadPoolExecutor | None = None  # made for the first piece of work: not at the start
        self._last: Future[None] | None = None
        self._came.connect(self._on_came)
        self._waiting = self._begun = self._forgotten = 0
        self._tasks: list[Task] = []

    def run(self, work: Callable[[], Any], done: Done, failed: Failed) -> None:
        """Do `work` aside; exactly one of `done` and `failed` follows."""
        self._begin(work, done, failed, None)

    def run_long(self, kind: str, work: Callable[[Progress], Any], done: Done, failed: Failed) -> None:
        """As `run`, for work that says how far it is; stopped by the person, `failed(Cancelled)` follows
        unless the work says itself what it did until then."""
        task = Task(kind)
        self._tasks.append(task)
        self._begin(lambda: work(task), done, failed, task)
        self.began.emit(task)

    def _begin(self, work: Callable[[], Any], done: Done, failed: Failed, task: Task | None) -> None:
        self._waiting += 1
        self._begun += 1
        number = self._begun
        self.busy.emit(True)
        self._last = self._thread().submit(
            lambda: self._came.emit((number, task, _outcome(work, done, failed)))
        )

    def _thread(self) -> ThreadPoolExecutor:
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(1, "worker")
        return self._pool

    @property
    def working(self) -> bool:
        """Whether something was begun whose result has not come."""
        return self._waiting > 0

    @property
    def task(self) -> Task | None:
        """The long piece of work that runs."""
        return self._tasks[0] if self._tasks else None

    def cancel(self) -> None:
        """The person stops what is long; short work goes to its end."""
        for task in self._tasks:
            task.stop()

    def wait(self, seconds: float | None = None) -> bool:
        """Until everything that was started has ended, or for so long; whether it has."""
        from concurrent.futures import TimeoutError as NotYet

        if self._last is not None:
            try:
                self._last.result(seconds)
            except NotYet:
                return False
        return True

    def stop(self) -> None:
        """The person leaves: what is long stops, the rest ends, nobody hears of it any more."""
        self.cancel()
        self.wait()
        self._forgotten = self._begun
        self._tasks.clear()

    def _on_came(self, came: tuple[int, Task | None, Callable[[], object]]) -> None:
        number, task, call = came
        self._waiting -= 1
        if task in self._tasks:
            self._tasks.remove(task)
        self.busy.emit(self._waiting > 0)
        if number <= self._forgotten:
            return
        if task is not None:
            self.ended.emit(task)
        call()


def _outcome(work: Callable[[], Any], done: Done, failed: Failed) -> Callable[[], object]:
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
