"""A real window on the made home: sign-in, or one person at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from crf_app.actions.session import sign_in
from crf_app.ui import style, words
from crf_app.ui.main_window import MainWindow


@pytest.fixture
def window(home: Path, clock, qapp: QApplication) -> Iterator[MainWindow]:
    """The window of the made home, not started: `window.start()` shows the cards."""
    style.load_font()
    words.set_language("en")
    made = MainWindow(home, clock)
    words.set_language("en")
    style.apply(qapp, "light", 1.0)
    made.show()
    made.activateWindow()
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # no loop runs that would do it
    words.set_language("en")
    style.apply(qapp, "light", 1.0)
    qapp.processEvents()


@pytest.fixture
def at_work(window: MainWindow, clock, password: str) -> Callable[[str], MainWindow]:
    """at_work("nurse") signs that made-up person in and gives the window."""

    def open_for(user: str = "nurse") -> MainWindow:
        window.signed_in(sign_in(window.home, user, password, clock))
        QApplication.processEvents()
        return window

    return open_for


@pytest.fixture
def settle(window: MainWindow) -> Callable[[], None]:
    """Wait for the worker and let the window take what came."""

    def until_done() -> None:
        window.worker.wait()
        QApplication.processEvents()

    return until_done
