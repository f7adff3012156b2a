"""One input in its twelve states, drawn with the program's own widgets and style sheet into one PNG.

    python tools/widget_states.py states.png [light|dark] [en|zh]

Looked at when the sheet, the icons or the words of a state change.  Values are made up.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from crf_app.ui import style, words
from crf_app.ui.app import application
from crf_app.ui.form.item_widgets import NumberEdit
from crf_app.ui.form.state_words import more
from crf_app.ui.widgets.parts import column, frame, label, picture, row
from crf_app.ui.widgets.row_paint import MARKS, mark_words

#: state and a made-up text, in the order of the picture; "focus" is an empty field with the cursor
STATES: Final = (
    ("empty", ""), ("focus", "12"), ("typing", "128"), ("saved", "128"), ("soft", "268"), ("hard", "42.0"),
    ("query", "19.8"), ("answered", "365"), ("locked", "1.30"), ("hidden", "2024-05-11"), ("derived", "35.2"),
    ("not_done", "Not done"),
)  # fmt: skip


def board() -> QWidget:
    """Two columns of six, each with field, icon, word and what it means."""
    ground = QWidget()
    ground.setProperty("kind", "page")
    grid = QGridLayout(ground)
    for place, (state, text) in enumerate(STATES):
        grid.addWidget(_one(state, text), place % 6, place // 6)
    return ground


def _one(state: str, text: str) -> QWidget:
    now = style.current()
    field = NumberEdit()
    field.setText(text)
    field.setFixedWidth(now.px(208))
    field.setProperty("state", state)
    field.setReadOnly(state in ("locked", "hidden", "derived", "not_done"))
    field.setObjectName(state)
    said: QVBoxLayout = column(2)
    if state in MARKS or state == "empty":
        said.addWidget(label(mark_words(state) or words.say("form.status_empty"), "value"))
    said.addWidget(label(more(state), "small"))
    line = row(12)
    line.addWidget(field)
    name, colour = MARKS.get(state, ("todo", "text2"))
    line.addWidget(picture(name, colour, 18), 0, Qt.AlignmentFlag.AlignTop)
    line.addLayout(said, 1)
    return frame("card", _padded(line))


def _padded(inside: QHBoxLayout) -> QVBoxLayout:
    box = column(0, 12)
    box.addLayout(inside)
    return box


def main(path: str, theme: str = "light", language: str = "en") -> None:
    app = application()
    style.load_font()
    words.set_language(language)
    style.apply(app, theme, 1.0)
    ground = board()
    ground.resize(1000, 560)
    ground.show()
    ground.activateWindow()
    focus = ground.findChild(NumberEdit, "focus")
    assert focus is not None
    focus.setFocus()
    app.processEvents()
    ground.grab().save(str(Path(path)))


if __name__ == "__main__":
    main(*sys.argv[1:])
