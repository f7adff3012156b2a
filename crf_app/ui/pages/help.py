"""The keys, on a sheet over the page.  Esc closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout

from crf_app.ui import style
from crf_app.ui.page import Speaking
from crf_app.ui.widgets.parts import button, column, label, row

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_LEFT = 2  # headings in the left column
#: heading → (keys as printed on them, key of the words)
KEYS: dict[str, tuple[tuple[str, str], ...]] = {
    "everywhere": (
        ("Ctrl+L", "lock"), ("F1", "help"), ("Ctrl+K", "find"), ("Ctrl+1 … Ctrl+5", "pages"),
        ("Tab, Shift+Tab", "tab"), ("Esc", "esc"),
    ),
    "casebook": (
        ("← ↑ → ↓", "arrows"), ("Enter", "enter"), ("Space", "look"), ("U", "extra"), ("N", "leave_out"),
        ("Ctrl+P", "paper"), ("Alt+↑", "up"),
    ),
    "form": (
        ("Enter, Shift+Enter", "save"), ("Ctrl+Enter", "complete"), ("F9, Shift+F9", "points"),
        ("Ctrl+PgDn, Ctrl+PgUp", "form"), ("Alt+PgDn, Alt+PgUp", "step"), ("Ctrl+N", "row"),
        ("Ctrl+Shift+V", "paste"),
    ),
    "field": (
        ("t, -1, +2", "date"), ("n, Alt+N", "not_done"), ("< >", "operator"), ("F5 F6 F8", "sum"),
        ("Alt+Q", "query"), ("Alt+M", "note"),
    ),
    "finding": (("Alt+1 … Alt+3", "reason"), ("F2 F3 F4", "quick"), ("F7", "read")),
}  # fmt: skip


class HelpSheet(Speaking):
    """Two columns: the key, what it does."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        now = style.current()
        title = label("", "page")
        self.speak(title.setText, "help.title")
        self.done = button("", clicked=window.hide_sheet)
        self.done.setObjectName("close_help")
        self.speak(self.done.setText, "frame.close")
        self.setFocusProxy(self.done)
        head = row(8)
        head.addWidget(title, 1)
        head.addWidget(self.done)
        left, right = column(8), column(8)
        for place, (heading, keys) in enumerate(KEYS.items()):
            (left if place < _LEFT else right).addLayout(self._part(heading, keys))
        for side in (left, right):
            side.addStretch(1)
        grid: QHBoxLayout | QVBoxLayout = column(8) if now.compact else row(32)
        grid.addLayout(left, 1)
        grid.addLayout(right, 1)
        box = column(8)
        box.addLayout(head)
        box.addLayout(grid)
        box.addStretch(1)
        self.setLayout(box)

    def _part(self, heading: str, keys: tuple[tuple[str, str], ...]) -> QGridLayout:
        """A heading with its keys."""
        now, grid = style.current(), QGridLayout()
        grid.setHorizontalSpacing(now.px(16))
        grid.setVerticalSpacing(now.px(4))
        grid.setColumnStretch(1, 1)
        said = label("", "card")
        self.speak(said.setText, f"help.{heading}")
        grid.addWidget(said, 0, 0, 1, 2)
        for line, (pressed, key) in enumerate(keys, 1):
            what = label("", wrap=True)
            self.speak(what.setText, f"help.k_{key}")
            grid.addWidget(label(pressed, "value"), line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(what, line, 1)
        return grid
