"""The five counts at the head of "my day": each is a button, two of them filter, three open their list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from crf_app.ui import icons, style, words
from crf_app.ui.widgets.card_button import CardButton
from crf_app.ui.widgets.parts import column, label, picture, row

#: count → icon, its colour, and the state of the number where it is not zero
COUNTS: Final = {
    "due": ("clock", "accent", ""),
    "overdue": ("late", "soft", "soft"),
    "sign": ("signed", "text2", ""),
    "queries": ("query", "query", "query"),
    "here": ("only_here", "text2", ""),
}
FILTERS: Final = ("due", "overdue")


class CountButton(CardButton):
    """Icon, number, title, one line of words."""

    def __init__(self, count: str, pressed: Callable[[str], object]) -> None:
        super().__init__()
        icon, colour, self._loud = COUNTS[count]
        now = style.current()
        self.count = count
        self.setProperty("kind", "count")
        self.setObjectName(f"count_{count}")
        self.setCheckable(count in FILTERS)
        self.setAutoDefault(True)
        self._icon, self.icon_name, self.colour = picture(icon, colour, 20), icon, colour
        self.number, self.title, self.sub = (
            label("", "count"),
            label("", "value", wrap=True),
            label("", "small", wrap=True),
        )
        lines, box = column(0), row(6 if now.compact else 12)
        box.setContentsMargins(*(now.px(n) for n in ((8, 4, 4, 4) if now.compact else (16, 6, 8, 6))))
        box.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        for line in (self.number, self.title, self.sub):
            lines.addWidget(line)
        lines.addStretch(1)
        box.addLayout(lines, 1)
        self.hold(box)
        self.clicked.connect(lambda _checked=False: pressed(count))

    def say(self, count: str, sub: str) -> None:
        """The number (or "…" while it is being read) and the line under the title."""
        title = words.say(f"my_day.{self.count}")
        style.set_state(self.number, self._loud if count not in ("0", "…") else "")
        for part, text in ((self.number, count), (self.title, title), (self.sub, sub)):
            part.setText(text)
        self.sub.setVisible(bool(sub) and not style.current().compact)
        self.setAccessibleName(words.say("my_day.count_name", title=title, count=count, sub=sub))
        self.setAccessibleDescription(
            words.say("my_day.count_filters" if self.count in FILTERS else "my_day.count_opens")
        )
        self._icon.setPixmap(icons.pixmap(self.icon_name, self.colour, 20))


class Counts(QWidget):
    """All five in a row; where there is little room, three."""

    def __init__(self, pressed: Callable[[str], object]) -> None:
        super().__init__()
        now = style.current()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(now.px(4 if now.compact else 8))
        self.buttons = {name: CountButton(name, pressed) for name in COUNTS}
        self._wide = 0
        self.fit(3 if now.compact else len(COUNTS))

    def fit(self, wide: int) -> None:
        """So many beside each other."""
        if wide == self._wide:
            return
        self._wide = wide
        for place, button in enumerate(self.buttons.values()):
            self._grid.addWidget(button, place // wide, place % wide)
        for place in range(len(COUNTS)):
            self._grid.setColumnStretch(place, 1 if place < wide else 0)

    def chosen(self) -> str:
        """The count by which the page is filtered; empty for everything."""
        return next((name for name, button in self.buttons.items() if button.isChecked()), "")

    def only(self, count: str) -> None:
        """At most one filter at a time."""
        for name, button in self.buttons.items():
            button.setChecked(name == count)
