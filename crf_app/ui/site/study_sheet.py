"""What the sheets of the study have in common: title, place for a sentence, work aside, a close button.

While the work runs the sheet cannot be closed and no page comes, so nothing else reads the store meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from crf_app.errors import CrfError
from crf_app.ui import style, words
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.parts import column, label, row

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class StudySheet(Speaking):
    """A sheet with slow work.  `progress(done, all)` may be emitted from the worker."""

    progress = Signal(int, int)

    def __init__(self, window: MainWindow, title: str) -> None:
        super().__init__()
        self.window_, self.busy = window, False
        self.notice, self.waits = Notice(), label("", "sub")
        self._doing: tuple[str, tuple[int, int] | None] = ("", None)
        self.close_button = KeyButton("", "Esc")
        self.close_button.setObjectName("close_sheet")
        self.close_button.clicked.connect(window.hide_sheet)
        self.speak(self.close_button.set_words, "frame.close")
        self.setFocusProxy(self.close_button)
        said = label("", "page")
        self.speak(said.setText, title)
        head = row(12)
        head.addWidget(said, 1)
        head.addWidget(self.close_button)
        self.box: QVBoxLayout = column(10)
        self.box.addLayout(head)
        self.setLayout(self.box)
        self.progress.connect(self._on_progress)
        self.waits.hide()

    @property
    def here(self) -> bool:
        """False when the person left while the work ran."""
        return isValid(self) and self.window_.shell is not None

    def work(
        self, doing: str, work: Callable[[], Any], done: Callable[[Any], object],
        failed: Callable[[CrfError], object],
    ) -> None:  # fmt: skip
        """Do `work` aside; `doing` is said meanwhile."""
        self._wait(doing)
        self.window_.worker.run(
            work,
            lambda result: self._ended(lambda: done(result)),
            lambda why: self._ended(lambda: failed(why)),
        )

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        self._say_doing()

    def field(self, key: str, name: str) -> tuple[QLabel, QLineEdit, Notice, QVBoxLayout]:
        """A field under its label, with a place for its refusal: the label, the field, the place, all."""
        made, said, why, box = QLineEdit(), label("", "label"), Notice(), column(4)
        made.setObjectName(name)
        made.setProperty("kind", "plain")
        said.setBuddy(made)
        self.speak(said.setText, key)
        self.speak(made.setAccessibleName, key)
        for part in (said, made, why):
            box.addWidget(part)
        box.addStretch(1)
        return said, made, why, box

    def go_to(self, part: QWidget) -> None:
        """The cursor there, in view once the layout knows what opened beside it."""
        part.setFocus()
        QTimer.singleShot(0, self, lambda: self._bring(part))

    def _bring(self, part: QWidget) -> None:
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        inside = above.widget() if above is not None else None
        if above is None or inside is None:
            return
        if part.height() > above.viewport().height() // 2:  # its beginning, where not all has room
            top = part.mapTo(inside, part.rect().topLeft()).y()
            above.verticalScrollBar().setValue(top - style.current().px(56))
        else:
            above.ensureWidgetVisible(part, 0, style.current().px(64))

    def _ended(self, call: Callable[[], object]) -> None:
        if not self.here:
            return
        self._wait("")
        call()

    def _wait(self, doing: str) -> None:
        self.busy, self._doing = bool(doing), (doing, None)
        self.close_button.setEnabled(not doing)
        if doing:
            self.notice.clear()
        self._say_doing()
        self.waits.setVisible(bool(doing))

    def _on_progress(self, done: int, all_: int) -> None:
        if self.busy:
            self._doing = (self._doing[0], (done, all_))
            self._say_doing()

    def _say_doing(self) -> None:
        key, far = self._doing
        if key:
            more = words.say("study.progress", n=far[0], all=far[1]) if far else ""
            self.waits.setText(f"{words.say(key)} {more}".strip())
            self.waits.setAccessibleName(self.waits.text())
