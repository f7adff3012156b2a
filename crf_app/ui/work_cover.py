"""The bar of long work over the window: what is done, how far it is, and the way to stop it.

The cover itself has the focus, so that an Enter typed ahead does not stop the work; Esc stops it, Tab reaches
the button.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar

from crf_app.ui import style, words
from crf_app.ui.page import Speaking
from crf_app.ui.widgets.parts import button, centred, column, frame, label, row

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow
    from crf_app.ui.worker import Task

_SHADE: Final = QColor(22, 32, 42, 110)
_STEPS: Final = 1000  # of the bar; the work's own numbers may be bytes


class WorkCover(Speaking):
    """Covers the window until the work has ended; `stop` is called by the button and by Esc."""

    def __init__(self, window: MainWindow, stop: Callable[[], object]) -> None:
        super().__init__(window)
        self._stop = stop
        self.setObjectName("work_cover")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.title, self.far = label("", "card", wrap=True), label("", "value", wrap=True)
        self.hint = label("", "hint", wrap=True)
        self.bar = QProgressBar()
        self.bar.setObjectName("work_bar")
        self.bar.setTextVisible(False)
        self.button = button("", "", "close", clicked=stop)
        self.button.setObjectName("stop_work")
        self._build()
        self.setGeometry(window.rect())
        self.show()
        self.raise_()

    def show_task(self, task: Task, far: str, *, closing: bool) -> None:
        """Say what runs and how far it is; `closing`: the window closes after it."""
        title = words.say(f"work.{task.kind}")
        self.title.setText(title)
        self.far.setText(far)
        self.hint.setText(words.say("work.closing" if closing else f"work.{task.kind}_hint"))
        self.button.setEnabled(not task.stopping)
        self.bar.setRange(0, _STEPS if task.of else 0)
        if task.of:
            self.bar.setValue(min(task.done, task.of) * _STEPS // task.of)
        for widget in (self, self.bar):
            widget.setAccessibleName(title)
            widget.setAccessibleDescription(far)

    def focusNextPrevChild(self, following: bool) -> bool:
        """Tab goes between the cover and its button."""
        (self.button if self.hasFocus() and self.button.isEnabled() else self).setFocus()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._stop()
        event.accept()  # nothing reaches what lies beneath

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), _SHADE)
        painter.end()

    def _build(self) -> None:
        self.speak(self.button.setText, "work.stop")
        box = column(12, 24)
        box.addWidget(self.title)
        box.addWidget(self.bar)
        box.addWidget(self.far)
        box.addWidget(self.hint)
        line = row(8)
        line.addStretch(1)
        line.addWidget(self.button)
        box.addLayout(line)
        card = frame("sheet", box)
        card.setFixedWidth(style.current().px(440))
        page = column()
        page.addStretch(1)
        page.addLayout(centred(card))
        page.addStretch(2)
        self.setLayout(page)
