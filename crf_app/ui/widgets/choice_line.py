"""A choice shown, not hidden in a list: two to seven buttons of which one is pressed, or a counted filter."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QPushButton, QWidget

from crf_app.ui.widgets.count_pill import CountPill
from crf_app.ui.widgets.flow_layout import FlowLayout
from crf_app.ui.widgets.parts import button


class ChoiceLine(QWidget):
    """Buttons by code; `chosen` is sent when a person chooses."""

    chosen = Signal(str)

    def __init__(
        self,
        object_name: str,
        names: Mapping[str, str],
        code: str = "",
        kind: str = "segment",
        *,
        counted: bool = False,
    ) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self._buttons: dict[str, QPushButton] = {}
        group = QButtonGroup(self)
        box = FlowLayout(self, 8)
        for one, name in names.items():
            made = CountPill() if counted else button(name, kind)
            made.setCheckable(True)
            made.setObjectName(f"{object_name}_{one}")
            made.setAccessibleName(name)
            made.clicked.connect(lambda _checked=False, one=one: self.chosen.emit(one))
            group.addButton(made)
            box.addWidget(made)
            self._buttons[one] = made
        if code in self._buttons:
            self._buttons[code].setChecked(True)

    @property
    def code(self) -> str:
        """The pressed one; empty when none is."""
        return next((one for one, made in self._buttons.items() if made.isChecked()), "")

    def choose(self, code: str) -> None:
        self._buttons[code].setChecked(True)

    def count(self, names: Mapping[str, tuple[str, int]]) -> None:
        """Name and number of each; made with `counted`."""
        for one, (text, n) in names.items():
            made = self._buttons[one]
            assert isinstance(made, CountPill)
            made.show_count(text, n)

    def name(self, names: Mapping[str, str]) -> None:
        """Say the names again, in another language."""
        for one, text in names.items():
            self._buttons[one].setText(text)
            self._buttons[one].setAccessibleName(text)
