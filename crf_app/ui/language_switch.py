"""English | 中文: two buttons that change every word at once."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QWidget

from crf_app.ui import words
from crf_app.ui.widgets.parts import button, row

_NAMES = {"en": "English", "zh": "中文"}


class LanguageSwitch(QWidget):
    """Each language is written in itself, whatever is on screen."""

    def __init__(self) -> None:
        super().__init__()
        box = row(0)
        self.setLayout(box)
        group = QButtonGroup(self)
        self.buttons = {}
        for code, text in _NAMES.items():
            made = button(text, "segment")
            made.setCheckable(True)
            made.setObjectName(f"language_{code}")
            made.setAccessibleName(text)
            made.toggled.connect(lambda on, code=code: words.set_language(code) if on else None)
            group.addButton(made)
            box.addWidget(made)
            self.buttons[code] = made
        self.follow()

    def follow(self) -> None:
        """Press the button of the language on screen."""
        self.buttons[words.language()].setChecked(True)
