"""Where help opens: over the page, over a sheet, over the sign-in or over the lock.

Which topic is asked of what is in use: the sheet, else the page (`help_topic`).  Help over another sheet, or
where nobody is signed in, covers the whole window; what lies beneath stays as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow
    from crf_app.ui.sheet import Sheet


class HelpPlace(QObject):
    """One for a window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.sheet: Sheet | None = None  # over everything; a page's own is the shell's

    @property
    def topic(self) -> str:
        """What help is about now."""
        window = self._window
        if window.locked:
            return "lock"
        shown = window.shell.sheet.content if window.shell and window.shell.sheet else None
        own = str(getattr(shown, "help_topic", ""))
        return own or str(getattr(window.page, "help_topic", "") or "my_day")

    def show(self) -> None:
        """Open the page of help; F1 in it closes it."""
        from crf_app.ui.pages.help import HelpSheet
        from crf_app.ui.pages.help_page import HelpPage

        window, shell = self._window, self._window.shell
        if window.long.running:
            return
        beneath = shell.sheet.content if shell is not None and shell.sheet is not None else None
        if self.sheet is not None or isinstance(beneath, HelpPage | HelpSheet):
            window.hide_sheet()
            return
        content = HelpPage(window, self.topic)
        if shell is None or beneath is not None or window.locked:
            self._cover(content)
        else:
            window.show_sheet(content)

    def show_keys(self) -> None:
        """All keys in place of the page of help."""
        from crf_app.ui.pages.help import HelpSheet

        over = self.sheet is not None
        self._window.hide_sheet()
        content = HelpSheet(self._window)
        if over:
            self._cover(content)
        else:
            self._window.show_sheet(content)

    def hide(self) -> bool:
        """Close what covers the whole window; whether there was anything."""
        if self.sheet is None:
            return False
        sheet, self.sheet = self.sheet, None
        self._hold(True)
        sheet.give_back()
        sheet.hide()
        sheet.deleteLater()
        return True

    def place(self) -> None:
        """The window has another size."""
        if self.sheet is not None:
            self.sheet.setGeometry(self._window.rect())

    def retranslate(self) -> None:
        say_again = getattr(self.sheet.content if self.sheet else None, "retranslate", None)
        if say_again is not None:
            say_again()

    def _cover(self, content: QWidget) -> None:
        from crf_app.ui.sheet import Sheet

        self.sheet = Sheet(self._window, content)
        self._hold(False)

    def _hold(self, free: bool) -> None:
        """What lies beneath cannot be reached."""
        window = self._window
        if free:
            window.release_page()
        else:
            window.hold_page()
        if window.cover is not None:
            window.cover.setEnabled(free)
