"""Automatic backups of a window: looked at every ten minutes and when the person leaves.

They are written in a thread of their own, over a connection of their own: nobody waits for one, and typing
goes on.  Only what needs a person is said: a backup that could not be written, a second place that is not
there.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer

from crf_app.errors import CrfError
from crf_app.ui import words
from crf_app.ui.worker import Worker

if TYPE_CHECKING:
    from crf_app.actions.safekeeping.rolling import LogLine
    from crf_app.actions.session import Session
    from crf_app.ui.main_window import MainWindow

LOOK_MS: Final = 10 * 60 * 1000
_log = logging.getLogger(__name__)


class RollingBackups(QObject):
    """One for a window; `leave` is called before the session closes, `wait` before the program ends."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._worker = Worker(self)
        self._told = ""  # the second place whose absence was said
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Write one if it is due; not while long work has the store."""
        session = self._window.session_or_none
        if session is not None and not self._worker.working and not self._window.long.running:
            self._write(session, leaving=False)

    def leave(self, session: Session) -> None:
        """The person leaves: what was recorded is backed up; the thread goes on after the store closed."""
        self._told = ""
        self._write(session, leaving=True)

    def wait(self, seconds: float | None = None) -> bool:
        """Until the last one is written, or for so long; whether it is."""
        return self._worker.wait(seconds)

    def _write(self, session: Session, *, leaving: bool) -> None:
        from crf_app.actions.safekeeping.rolling import begin, is_due, run

        try:
            if not is_due(session, leaving=leaving):
                return
            job = begin(session)
        except CrfError as refusal:
            self._on_refused(refusal)
            return
        self._worker.run(lambda: run(job), self._on_written, self._on_refused)

    def _on_written(self, line: LogLine) -> None:
        if line.second_refused and line.second != self._told:
            self._told = line.second
            self._window.tell(words.both("backups.second_missing", place=line.second), "soft")

    def _on_refused(self, refusal: CrfError) -> None:
        _log.warning("automatic backup refused: %s", refusal.code)
        self._window.refuse(refusal)
