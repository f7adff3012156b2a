"""After a sign-out the program begins anew in its own process: no key and no password stays in memory.

Python and Qt copy texts as they like and wipe none of them; only memory that is given back to the system is
empty.  So once the store is closed and what still runs has ended (a backup), the process executes the same
program again on the same home: same window place, language and look, everybody's place to return to.  The
places go through a pipe, never through a file, the arguments or the environment.  The quick lock does not do
this.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from PySide6.QtCore import QByteArray, QObject, QTimer

if TYPE_CHECKING:
    from pathlib import Path

    from crf_app.ui.main_window import MainWindow

GEOMETRY: Final = "CRF_GEOMETRY"
PLACES: Final = "CRF_PLACES"
_LOOK_MS: Final = 50
_MOST: Final = 60_000  # bytes that a pipe holds without a reader
_log = logging.getLogger(__name__)

Execute = Callable[[Sequence[str]], None]


class Renewal(QObject):
    """One for the window of the running program; tests sign out without it."""

    def __init__(self, window: MainWindow, execute: Execute | None = None) -> None:
        super().__init__(window)
        self._window, self._execute = window, execute or execute_again
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)

    def begin(self) -> None:
        """Nobody is signed in any more: nothing can be typed until the program is back."""
        self._enable(False)
        self._timer.start()
        self._look()

    def _look(self) -> None:
        window = self._window
        if not window.worker.wait(0) or (window.rolling is not None and not window.rolling.wait(0)):
            return
        self._timer.stop()
        try:
            hand_over(window)
            self._execute(command(window.home))
        except OSError as reason:  # the system does not start a program now: sign-in goes on as it was
            _log.error("the process was not begun anew: %s", reason.errno)
        self._enable(True)

    def _enable(self, on: bool) -> None:
        if (content := self._window.centralWidget()) is not None:
            content.setEnabled(on)


def command(home: Path) -> list[str]:
    """How this program was started, with the window on `home`."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--home", str(home)]
    own = len(sys.orig_argv) - (len(sys.argv) - 1)
    return [sys.executable, *sys.orig_argv[1:own], "--home", str(home)]


def execute_again(words: Sequence[str]) -> NoReturn:
    """The same process with new memory; on Windows, which cannot do that, a new process and an end.

    Raises OSError.
    """
    if sys.platform == "win32":
        import subprocess  # not before the first picture

        subprocess.Popen(list(words))
        os._exit(0)
    os.execv(words[0], list(words))


def hand_over(window: MainWindow) -> None:
    """Where the window stands, and where each person was, for the program that begins."""
    os.environ[GEOMETRY] = bytes(window.saveGeometry().toBase64().data()).decode()
    said = json.dumps(window.interruption.places()).encode()
    if sys.platform == "win32" or len(said) > _MOST:
        return
    reading, writing = os.pipe()
    os.write(writing, said)
    os.set_inheritable(reading, True)
    os.environ[PLACES] = str(reading)


def take_over(window: MainWindow) -> None:
    """What `hand_over` left, where the program was begun by it."""
    geometry, places = os.environ.pop(GEOMETRY, ""), os.environ.pop(PLACES, "")
    if geometry:
        window.restoreGeometry(QByteArray.fromBase64(geometry.encode()))
    if not places:
        return
    try:
        handle = int(places)
        if not stat.S_ISFIFO(os.fstat(handle).st_mode):
            return
        with os.fdopen(handle, "rb") as pipe:
            window.interruption.know_places(json.loads(pipe.read(_MOST)))
    except (OSError, ValueError, TypeError, AttributeError):
        _log.warning("the places to return to cannot be read")
