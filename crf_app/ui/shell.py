"""The inside of the frame after sign-in: banner, rail, header, notice, the page, status bar, sheets."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from crf_app.model.clock import Clock
from crf_app.ui import style
from crf_app.ui.header import PatientHeader
from crf_app.ui.in_steps import InSteps
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.rail import Rail
from crf_app.ui.sheet import Sheet
from crf_app.ui.status import StatusBar
from crf_app.ui.widgets.parts import column, frame, label, picture, row


class Shell(Speaking):
    """Holds one page; `go` is called with an entry of the rail."""

    def __init__(self, go: Callable[[str], object], entries: tuple[str, ...], clock: Clock) -> None:
        super().__init__()
        self.setProperty("kind", "page")
        self.rail = Rail(go, entries)
        self.header, self.status, self.notice = PatientHeader(), StatusBar(clock), Notice()
        self.pages = QStackedWidget()
        self.sheet: Sheet | None = None
        self.banner = self._made_up()
        right = column(0)
        for widget in (self.header, self.notice):
            right.addWidget(widget)
        right.addWidget(self.pages, 1)
        right.addWidget(self.status)
        self._middle = right
        self._bar: QWidget | None = None
        both = row(0)
        both.addWidget(self.rail)
        both.addLayout(right, 1)
        all_ = column(0)
        all_.addWidget(self.banner)
        all_.addLayout(both, 1)
        self.setLayout(all_)

    @property
    def page(self) -> QWidget | None:
        """The page that is open."""
        return self.pages.currentWidget()

    def put(self, page: QWidget) -> None:
        """Show `page` in place of the one before, which is told and goes, unless it is one that is kept."""
        self.hide_sheet()
        self.notice.clear()
        old = self.page
        if page is not old:
            self._tell(old)
            self.hold(page)
            self.pages.setCurrentWidget(page)
            self._drop(old)
        self.rail.light(getattr(page, "rail", "subjects"))
        begin = getattr(page, "begin", None)
        if begin is not None:
            begin()

    def only_page(self, words: str, back: Callable[[], object] | None, *, low: bool = False) -> None:
        """The page takes the room of the rail where the window is `low`; the status bar has its way back."""
        self.rail.setVisible(back is None or not low)
        self.status.show_link(words, back)

    def show_bar(self, bar: QWidget) -> None:
        """Something to be told over every page until it is put away."""
        if self._bar is not None:
            self._middle.removeWidget(self._bar)
            self._bar.deleteLater()
        self._bar = bar
        self._middle.insertWidget(2, bar)
        bar.show()

    def hold(self, page: QWidget) -> None:
        """A page that is not shown yet gets its place and its size."""
        if self.pages.indexOf(page) < 0:
            page.setGeometry(self.pages.rect())
            self.pages.addWidget(page)

    def leave_page(self, *, forget: bool = False) -> None:
        """The frame goes: tell the open page; `forget`: the person has left, nothing is written any more."""
        if self.page is not None:
            if not forget:
                self._tell(self.page)
            self.page.hide()
        for steps in self.findChildren(InSteps):
            steps.stop()  # what is left would read a store that is closed

    def _tell(self, old: QWidget | None) -> None:
        leave = getattr(old, "leave", None)
        if leave is not None:
            leave()
        here = self.pages.focusWidget()
        if here is not None:
            here.clearFocus()  # else a field of the next page would get the cursor by chance

    def _drop(self, old: QWidget | None) -> None:
        if old is not None and not getattr(old, "kept", False):
            self.pages.removeWidget(old)
            old.deleteLater()

    def show_sheet(self, content: QWidget) -> None:
        """Cover the page; the focus stays in the sheet until it closes."""
        self.hide_sheet()
        self.sheet = Sheet(self, content)
        self._place_sheet()
        for part in self._beneath():
            part.setEnabled(False)

    def _beneath(self) -> list[QWidget]:
        return [self.pages, self.rail, *([self._bar] if self._bar is not None else [])]

    @property
    def bar(self) -> QWidget | None:
        """What is told over every page, unless it was put away."""
        return self._bar if self._bar is not None and not self._bar.isHidden() else None

    @property
    def busy(self) -> bool:
        """Whether the sheet's work runs: it cannot be closed and no page comes."""
        return self.sheet is not None and bool(getattr(self.sheet.content, "busy", False))

    def hide_sheet(self) -> None:
        if self.sheet is None or self.busy:
            return
        sheet, self.sheet = self.sheet, None
        for part in self._beneath():
            part.setEnabled(True)
        sheet.give_back()
        sheet.hide()
        sheet.deleteLater()

    def retranslate(self) -> None:
        super().retranslate()
        parts = (self.rail, self.header, self.status, self.notice, self._bar, self.page)
        for part in (*parts, self.sheet.content if self.sheet else None):
            say_again = getattr(part, "retranslate", None)
            if say_again is not None:
                say_again()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_sheet()

    def _place_sheet(self) -> None:
        if self.sheet is not None:
            left, top = self.rail.width(), self.header.height() if self.header.isVisible() else 0
            top += self.banner.height() if self.banner.isVisible() else 0
            height = self.height() - top - self.status.height()
            self.sheet.setGeometry(left, top, self.width() - left, height)

    def _made_up(self) -> QWidget:
        made, box = frame("banner"), row(8)
        now = style.current()
        box.setContentsMargins(now.px(16), now.px(3), now.px(16), now.px(3))
        made.setLayout(box)
        made.setObjectName("made_up")
        said = label("", "small", "soft")
        said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.speak(said.setText, "frame.made_up")
        self.speak(made.setAccessibleName, "frame.made_up")
        box.addWidget(picture("info", "soft", 16), 0, Qt.AlignmentFlag.AlignVCenter)
        box.addWidget(said, 1)
        return made
