"""The right patient by scan: opens, confirms, or stops everything when the wristband is another subject's.

A scan goes to the open page first (`on_scan(scanned)`, True when it took it), except a wristband while a
record is open: that is compared here, always.  When it is another one, the header turns hard and names both,
the page takes nothing, and what is being typed is neither written nor lost.  The refusal is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from crf_app.actions.scanning import Scanned, read_scan, record_other_subject, subject_of
from crf_app.errors import CrfError
from crf_app.ui import words

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_SHOWN = 40  # characters of a code that nobody knows


class WristbandGuard(QObject):
    """One for a window; `forget` when the person leaves."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.checked: dict[str, str] = {}  # uid → time of the matching scan, in this session
        self.other: Scanned | None = None
        self._before: QWidget | None = None

    @property
    def stops(self) -> bool:
        """Whether a wrong wristband was scanned and nothing is taken until somebody decides."""
        return self.other is not None

    def forget(self) -> None:
        """Another person works: she has scanned nothing yet."""
        self.checked.clear()
        self.other = None

    def on_text(self, text: str) -> None:
        """The scanner sent a text."""
        window = self._window
        if window.shell is None or window.locked:
            return
        scanned = read_scan(window.session.study, text)
        if scanned is None:
            window.tell(words.both("scan.unknown", text=text[:_SHOWN]), "soft")
        elif scanned.kind == "subject":
            self._wristband(scanned)
        elif not self._page_takes(scanned):
            window.tell(words.both("scan.not_here"), "soft")

    def open_other(self) -> None:
        """This is somebody else: open that record.  What was typed waits at the one that was open."""
        other = self.other
        uid = subject_of(self._window.session, other.subject) if other is not None else None
        if uid is None:
            return
        self._window.show_casebook(uid)  # the page that goes may not write: it is still stopped
        self._go_on()
        self._note(uid)

    def scan_again(self) -> None:
        """The scan was a mistake, or will be repeated: back to where the cursor was."""
        self._go_on()
        before = self._before
        if before is not None and isValid(before):
            before.setFocus()

    def _wristband(self, scanned: Scanned) -> None:
        window = self._window
        uid, header = (
            subject_of(window.session, scanned.subject),
            window.shell.header if window.shell else None,
        )
        opened = header.subject if header is not None else ""
        if opened and uid == opened:
            self._go_on()
            self._note(opened)
            self._page_takes(scanned)
        elif opened:
            self._stop(scanned, known=uid is not None)
        elif self._page_takes(scanned):
            return
        elif uid is None:
            window.tell(words.both("scan.no_subject", label=scanned.subject), "soft")
        else:
            window.show_casebook(uid)
            self._note(uid)

    def _page_takes(self, scanned: Scanned) -> bool:
        sheet = self._window.shell.sheet if self._window.shell is not None else None
        taker = getattr(sheet.content if sheet is not None else self._window.page, "on_scan", None)
        return taker is not None and bool(taker(scanned))

    def _note(self, uid: str) -> None:
        """The wristband was the right one."""
        self.checked[uid] = f"{self._window.clock.now():%H:%M}"
        if self._window.shell is not None:
            self._window.shell.header.show_checked(self.checked)

    def _stop(self, scanned: Scanned, *, known: bool) -> None:
        shell = self._window.shell
        assert shell is not None
        self._window.hide_sheet()  # whatever was about to be done there was for somebody else
        if not self.stops:
            self._before = QApplication.focusWidget()
        self.other = scanned
        self.checked.pop(shell.header.subject, None)
        for part in (shell.pages, shell.rail):
            part.setEnabled(False)
        shell.header.stop(scanned.subject, self.open_other if known else None, self.scan_again)
        try:
            record_other_subject(self._window.session, shell.header.label, scanned)
        except CrfError as refusal:
            self._window.refuse(refusal)

    def _go_on(self) -> None:
        if not self.stops:
            return
        self.other = None
        shell = self._window.shell
        if shell is not None:
            for part in (shell.pages, shell.rail):
                part.setEnabled(shell.sheet is None)
            shell.header.go_on()
