"""Every state of a field has its own look, icon and word; colour never stands alone."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from crf_app.ui import style, words
from crf_app.ui.form.item_widgets import NumberEdit
from crf_app.ui.form.state_words import EXPLAINED, meaning
from crf_app.ui.widgets.row_paint import MARKS, mark_words

#: state → colour of the ground in the middle of an empty field
GROUNDS = {
    "saved": "surface", "typing": "surface", "soft": "soft_bg", "hard": "hard_bg", "query": "query_bg",
    "answered": "surface", "derived": "sunken", "hidden": "quiet_bg", "not_done": "sunken",
    "unsaved": "hard_bg", "conflict": "soft_bg",
}  # fmt: skip
#: state → colour of the left edge
EDGES = {
    "saved": "edge", "typing": "control", "soft": "soft_line", "hard": "hard_line", "query": "query",
    "answered": "query", "derived": "sunken", "not_done": "sunken",
}  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ground_and_edge_of_every_state_are_tokens(theme: str, qapp: QApplication, qtbot: Any) -> None:
    now = style.apply(qapp, theme, 1.0)
    for state, ground in GROUNDS.items():
        field = NumberEdit()
        qtbot.addWidget(field)
        style.set_state(field, state)
        field.resize(120, 30)
        picture = field.grab().toImage()
        middle = QPoint(picture.width() // 2, picture.height() // 2)
        assert picture.pixelColor(middle) == now.qcolor(ground), state
        if state in EDGES:
            assert picture.pixelColor(QPoint(0, picture.height() // 2)) == now.qcolor(EDGES[state]), state
    style.apply(qapp, "light", 1.0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_state_has_its_own_icon_and_word(language: str) -> None:
    words.set_language(language)
    said = [mark_words(state) for state in MARKS]
    words.set_language("en")
    assert all(said) and len(set(said)) == len(MARKS)
    assert len({icon for icon, _ in MARKS.values()}) == len(MARKS)


def test_a_state_is_explained_where_its_word_is_not_enough() -> None:
    assert meaning("typing") == "Typing: Enter or leaving saves it"
    assert meaning("hidden").startswith("Kept, not collected: ")
    assert meaning("saved") == "" and meaning("soft") == ""
    assert len({meaning(state) for state in EXPLAINED}) == len(EXPLAINED)
