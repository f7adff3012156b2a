"""Long work as a person sees it: a bar with words after 0.4 s, a button and Esc that stop it.

The window stays alive meanwhile, but nothing beneath the bar can be touched: the work has the store.  Over a
locked screen only the words are shown.  Closing the window stops the work first, in words.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from crf_app.ui import words
from crf_app.ui.worker import Task

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow
    from crf_app.ui.work_cover import WorkCover

SHOWN_AFTER_S: Final = 0.4
CLOSES_AFTER_S: Final = 0.08  # a window that is still for longer is felt
_EVERY_MS: Final = 100
_MB: Final = 10**6
_BYTES: Final = ("backup",)  # kinds whose steps are bytes


def progress_words(task: Task) -> str:
    """ "Page 12 of 200"; while nobody knows of how many: "Subject 12"; before the first step: "" """
    if task.stopping:
        return words.say("work.stopping")
    if not task.of:
        return words.say(f"work.{task.kind}_n", done=task.done) if task.done else words.say("work.begins")
    done, of = min(task.done, task.of), task.of
    if task.kind in _BYTES:
        return words.say(f"work.{task.kind}_at", done=f"{done / _MB:.1f}", of=f"{of / _MB:.1f}")
    return words.say(f"work.{task.kind}_at", done=done, of=of)


class LongWork(QObject):
    """Watches the worker and shows what takes long; one for a window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.cover: WorkCover | None = None
        self._since = 0.0
        self._closing = False
        self._before: QWidget | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.look)
        window.worker.began.connect(self._on_began)
        window.worker.ended.connect(self._on_ended)

    @property
    def running(self) -> bool:
        """Whether a long piece of work has the store."""
        return self._window.worker.task is not None

    def look(self) -> None:
        """Show how far it is, once it takes long."""
        if self.running and time.monotonic() - self._since >= SHOWN_AFTER_S:
            self.show_now()

    def show_now(self) -> None:
        """Show the bar at once: the person wants to do something else."""
        task = self._window.worker.task
        if task is None:
            return
        if self.cover is None:
            self._cover()
        assert self.cover is not None
        self.cover.show_task(task, progress_words(task), closing=self._closing)
        lock = self._window.cover
        if lock is not None:
            self.cover.stackUnder(lock)
            what, far = words.say(f"work.{task.kind}"), progress_words(task)
            lock.say_work(words.say("work.both", what=what, far=far))

    def stop(self) -> None:
        """The person stops the work; it ends at its next step."""
        self._window.worker.cancel()
        self.show_now()

    def may_close(self) -> bool:
        """Stop the work for a window that closes; False: it closes by itself when the work has ended."""
        worker = self._window.worker
        if not self.running:
            return True
        worker.cancel()
        if worker.wait(CLOSES_AFTER_S):
            worker.stop()
            self.clear()
            return True
        self._closing = True
        self.show_now()
        return False

    def clear(self) -> None:
        """Nothing runs any more: the page is as it was, the focus where it was."""
        self._timer.stop()
        if self.cover is None:
            return
        cover, self.cover = self.cover, None
        self._window.release_page()
        focused = cover.isAncestorOf(QApplication.focusWidget() or self._window)
        cover.hide()
        cover.deleteLater()
        if self._window.cover is not None:
            self._window.cover.say_work("")
        elif focused and self._before is not None and isValid(self._before):
            self._before.setFocus(Qt.FocusReason.ActiveWindowFocusReason)

    def place(self) -> None:
        """The window has another size."""
        if self.cover is not None:
            self.cover.setGeometry(self._window.rect())

    def retranslate(self) -> None:
        if self.cover is not None:
            self.cover.retranslate()
            self.look()

    def _cover(self) -> None:
        from crf_app.ui.work_cover import WorkCover

        self._before = QApplication.focusWidget()
        self.cover = WorkCover(self._window, self.stop)
        self._window.hold_page()
        if not self._window.locked:
            self.cover.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_began(self, _: Task) -> None:
        if not self._timer.isActive():
            self._since = time.monotonic()
            self._timer.start()

    def _on_ended(self, _: Task) -> None:
        if self.running:
            return
        self.clear()
        if self._closing:
            self._closing = False
            QTimer.singleShot(0, self._window, self._window.close)
