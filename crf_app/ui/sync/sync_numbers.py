"""Three numbers in a row: on this device, in a bundle, central has it; below what waits, and the buttons.

The numbers are values, as in the line at the foot of the window; signatures, answers and all other records
are said in words beside the buttons.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel

from crf_app.ui import style
from crf_app.ui.day.day_words import spaced
from crf_app.ui.page import Speaking
from crf_app.ui.widgets.parts import button, column, frame, label, picture, row
from crf_app.ui.words import say

_NUMBERS: Final = (
    ("here", "laptop", "text2", "sunken"),
    ("sent", "only_here", "accent", "tinted"),
    ("safe", "shield", "ok", "sunken"),
)
COUNTING: Final = "…"


class SyncNumbers(Speaking):
    """`numbers` and `subs` by name; `said`: the sentence, `make`: the one button, `other`: another place."""

    def __init__(self, make: Callable[[], object], other: Callable[[], object]) -> None:
        super().__init__()
        self.numbers: dict[str, QLabel] = {}
        self.subs: dict[str, QLabel] = {}
        self.said = label("", "value", wrap=True)
        self.said.setObjectName("bundle_said")
        self.other = button("", "", "usb", clicked=other)
        self.other.setObjectName("other_place")
        self.make = button("", "primary", "only_here", clicked=make)
        self.make.setObjectName("make_bundle")
        self._build()

    def show_number(self, name: str, count: int | None, sub: str) -> None:
        """`count` is None while it is being counted."""
        self.numbers[name].setText(COUNTING if count is None else spaced(count))
        self.subs[name].setText(say("exchange.counting") if count is None else sub)

    def _build(self) -> None:
        compact = style.current().compact
        box = column(14, 12 if compact else 22)
        grid = QGridLayout()
        grid.setSpacing(style.current().px(8))
        for place, one in enumerate(_NUMBERS):
            grid.addWidget(self._number(*one), 0, 2 * place)
            if place < len(_NUMBERS) - 1:
                grid.addWidget(picture("next"), 0, 2 * place + 1, Qt.AlignmentFlag.AlignVCenter)
            grid.setColumnStretch(2 * place, 1)
        box.addLayout(grid)
        lines, only, line = column(2), label("", "small", wrap=True), row(8)
        self.speak(only.setText, "sync.only_central")
        self.speak(self.other.setText, "exchange.other_place")
        lines.addWidget(self.said)
        lines.addWidget(only)
        if compact:
            box.addLayout(lines)
        else:
            line.addLayout(lines, 1)
        line.addWidget(self.other)
        line.addWidget(self.make)
        box.addLayout(line)
        around = column(0)
        around.addWidget(frame("card", box))
        self.setLayout(around)

    def _number(self, name: str, icon: str, colour: str, ground: str) -> QFrame:
        box, head, title = column(4, 8 if style.current().compact else 14), row(10), label("", "value")
        self.speak(title.setText, f"sync.{name}")
        head.addWidget(picture(icon, colour, 22))
        head.addWidget(title, 1)
        self.numbers[name] = label("", "count", {"sent": "accent", "safe": "ok"}.get(name, ""))
        self.numbers[name].setObjectName(f"number_{name}")
        self.subs[name] = label("", "small", wrap=True)
        box.addLayout(head)
        box.addWidget(self.numbers[name])
        box.addWidget(self.subs[name])
        return frame(ground, box)
