"""A button that holds lines of words in a layout: as high as they need at its width."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QLayout, QPushButton, QSizePolicy


class CardButton(QPushButton):
    """`hold` gives it its content; a click on a word is a click on the button."""

    def hold(self, content: QLayout) -> None:
        """Show `content`; its labels let the mouse through."""
        self.setLayout(content)
        both = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        both.setHeightForWidth(content.hasHeightForWidth())
        self.setSizePolicy(both)  # a button is never narrower than its words in one line; this one wraps
        for inner in self.findChildren(QLabel):
            inner.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        held = self.layout()
        return held.sizeHint() if held is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        held = self.layout()
        return held.minimumSize() if held is not None else super().minimumSizeHint()

    def hasHeightForWidth(self) -> bool:
        held = self.layout()
        return held is not None and held.hasHeightForWidth()

    def heightForWidth(self, width: int, /) -> int:
        held = self.layout()
        return held.heightForWidth(width) if held is not None else -1
