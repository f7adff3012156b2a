"""A field to search in: a glass before the words, as large as they are."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from crf_app.ui import style
from crf_app.ui.widgets.parts import picture


class SearchEdit(QLineEdit):
    """The glass is no button, and its size follows the scale, which an action of the field does not do."""

    def __init__(self) -> None:
        super().__init__()
        now = style.current()
        self.setProperty("kind", "search")
        self.setTextMargins(now.px(26), 0, 0, 0)
        self.inside = QHBoxLayout(self)
        self.inside.setContentsMargins(now.px(12), 0, now.px(8), 0)
        glass = picture("search", "text2", 18)
        glass.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.inside.addWidget(glass, 0, Qt.AlignmentFlag.AlignVCenter)
        self.inside.addStretch(1)
