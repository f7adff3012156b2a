"""A sheet over the page: the only thing that may cover one.  A child widget, not a window.

The focus stays inside, Esc closes, and the field that had the focus gets it back.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from crf_app.ui import style

_SHADE = QColor(22, 32, 42, 110)


class Sheet(QWidget):
    """Shows `content` in the middle of `area`, the rest shaded; `closed` is called by Esc."""

    def __init__(self, area: QWidget, content: QWidget) -> None:
        super().__init__(area)
        self.content = content
        self._before = QApplication.focusWidget()
        self.setObjectName("sheet")
        ground = QFrame()
        ground.setProperty("kind", "sheet")
        inner = QVBoxLayout(ground)
        inner.setContentsMargins(*(style.current().px(n) for n in (24, 20, 24, 20)))
        inner.addWidget(content)
        self._scroll = scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(ground)
        box = QVBoxLayout(self)
        margin = style.current().px(24)
        side = style.current().px(16) if style.current().compact else margin * 4
        box.setContentsMargins(side, margin, side, margin)
        box.addWidget(scroll)
        self.setGeometry(area.rect())
        self.show()
        self.raise_()
        content.setFocus()
        if not self.isAncestorOf(QApplication.focusWidget() or self):
            self.focusNextPrevChild(True)

    def give_back(self) -> None:
        """The focus returns to where it was."""
        if self._before is not None and isValid(self._before) and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.ActiveWindowFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), _SHADE)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        pages = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}
        if event.key() in pages:
            bar = self._scroll.verticalScrollBar()
            bar.setValue(bar.value() + pages[Qt.Key(event.key())] * bar.pageStep())
        elif event.key() == Qt.Key.Key_Escape:
            window = self.window()
            hide = getattr(window, "hide_sheet", None)
            if hide is not None:
                hide()
        else:
            super().keyPressEvent(event)
