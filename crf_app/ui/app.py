"""Builds the window, in order, by hand: font, style, frame, first page; then loads the heavy libraries.

Sign-in reads `vault.json` alone, so the first picture does not wait for database, rules or paper; a thread
started after the first paint imports those while the password is typed.  `sys.excepthook` is one of the three
broad handlers: a fault of ours gets a code, a line in the log and a quiet notice, never patient data.
"""

from __future__ import annotations

import gc
import importlib
import logging
import sys
import threading
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from crf_app.errors import CrfError
from crf_app.model.clock import Clock
from crf_app.settings.diagnostics import start_log, stop_log
from crf_app.settings.faults import fault_code, fault_places
from crf_app.settings.folders import home_folder, make_home
from crf_app.settings.shipped import resource
from crf_app.ui import style, trace, words
from crf_app.ui.main_window import MainWindow
from crf_app.ui.renewal import Renewal, take_over
from crf_app.ui.rolling import RollingBackups

#: imported in a thread after the first paint; the order is that of their first use
HEAVY = (
    "crf_app.actions.session",
    "sqlite_utils",
    "cel_expr_python",
    "crf_app.ui.shell",
    "crf_app.ui.pages.my_day",
    "crf_app.ui.pages.subjects",
    "crf_app.ui.pages.casebook",
    "crf_app.ui.pages.form",
    "crf_app.ui.pages.pdf_preview",
    "crf_app.ui.pages.sync",
    "reportlab.pdfgen.canvas",
    "pypdfium2",
    "crf_app.export",  # before pyhanko: keeps its HTTP clients out
    "pyhanko.sign.signers",
)
_log = logging.getLogger(__name__)


def run(home: Path | None = None, clock: Clock | None = None) -> int:
    """The window, until it is closed.  Returns the exit code; a refusal at the start is said on stderr."""
    trace.mark("start")
    app = application()
    place = home or home_folder()
    try:
        make_home(place)
        log = start_log(place)
        window = build(app, place, clock)
    except CrfError as refusal:
        sys.stderr.write(f"{refusal.sentence('en')}\n{refusal.sentence('zh')}\n")
        return refusal.exit_code
    sys.excepthook = FaultHook(window)
    window.renewal = Renewal(window)
    take_over(window)
    first = FirstPaint(window)
    first.painted.connect(_on_painted)
    window.show()
    code = app.exec()
    stop_log(log)
    return code


def application() -> QApplication:
    """The one QApplication of this process."""
    found = QApplication.instance()
    if isinstance(found, QApplication):
        return found
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    QGuiApplication.setDesktopFileName("crf-app")  # the desktop finds icon and name in crf-app.desktop
    return QApplication(["crf-app", "-style", "fusion"])


def build(app: QApplication, home: Path, clock: Clock | None = None) -> MainWindow:
    """Font, style and frame with its first page.  Raises CrfError (font missing, vault damaged)."""
    style.load_font()
    app.setFont(style.font(style.current()))  # before any widget: a sheet keeps the face that it finds
    window = MainWindow(home, clock)
    window.rolling = RollingBackups(window)
    shown = window.preferences
    look = shown.theme, shown.scale / 100, window.density.wanted(shown.density)
    style.choose(*look)
    window.start()
    style.apply(app, *look)
    return window


class FirstPaint(QObject):
    """Sends `painted` once, after the window has drawn its first picture."""

    painted = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self.painted.emit)
        return False


class FaultHook:
    """The exception hook of one window: log a code, say it, go on.  What was committed stays committed."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def __call__(self, kind: type[BaseException], bug: BaseException, trail: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        if isinstance(bug, CrfError):
            self._window.refuse(bug)
            return
        places = fault_places(kind, trail)
        code = fault_code(places)
        _log.error("fault %s: %s", code, " < ".join(places))
        self._window.tell(words.both("frame.bug", code=code), "hard")


def warm_up() -> None:
    """Import the heavy libraries, read all words; what came until then stays and is not collected."""
    try:
        for name in HEAVY:
            importlib.import_module(name)
        words.table()
    finally:
        gc.freeze()
        # no collection of everything that lives, which stops the window for 100 to 200 ms in an export:
        # lock and sign-out do one, when nobody types
        gc.set_threshold(700, 10, 1_000_000)
        gc.enable()


def _on_painted() -> None:
    trace.mark("window.painted")
    QGuiApplication.setWindowIcon(QIcon(str(resource("desktop/crf-app.png"))))
    threading.Thread(target=warm_up, name="warm-up").start()
