"""A page before anybody is signed in: one column in the middle, its title and the two languages beside it."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from crf_app.ui import style
from crf_app.ui.language_switch import LanguageSwitch
from crf_app.ui.page import Speaking
from crf_app.ui.widgets.parts import centred, column, label, row, scrolled


class OuterPage(Speaking):
    """What the first run, a restore and coming in by cards have in common."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "page")
        self.switch = LanguageSwitch()

    def retranslate(self) -> None:
        super().retranslate()
        self.switch.follow()

    def begin_column(self, key: str) -> QVBoxLayout:
        """The column with `key.title` and `key.hint` at its head."""
        now, box, head = style.current(), column(14), row(16)
        box.setContentsMargins(0, now.px(28), 0, now.px(28))
        title, hint = label("", "home", wrap=True), label("", "sub", wrap=True)
        self.speak(title.setText, f"{key}.title")
        self.speak(hint.setText, f"{key}.hint")
        head.addWidget(title, 1)
        head.addWidget(self.switch)
        box.addLayout(head)
        box.addWidget(hint)
        return box

    def end_column(self, box: QVBoxLayout) -> None:
        """The column stands in the middle of the page and scrolls where it is higher."""
        now, middle, page = style.current(), QWidget(), column(0)
        middle.setLayout(box)
        middle.setFixedWidth(now.px(640) if now.scale < 1.6 else now.px(520))
        page.addWidget(scrolled(centred(middle)))
        self.setLayout(page)

    def ask_for(self, box: QVBoxLayout, field: QLineEdit, key: str) -> None:
        """A field under its name."""
        title = label("", "label")
        title.setBuddy(field)
        self.speak(title.setText, key)
        self.speak(field.setAccessibleName, key)
        box.addWidget(title)
        box.addWidget(field)
