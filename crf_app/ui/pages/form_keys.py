"""What the keys do on the form page, wherever the cursor is; the fields take their own keys first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QPushButton

from crf_app.ui.form.lab_row import Companion, LabRow

if TYPE_CHECKING:
    from crf_app.ui.pages.form import FormPageWidget

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FormKeys:
    """The table of keys of one page."""

    def __init__(self, page: FormPageWidget) -> None:
        self._page = page

    def press(self, event: QKeyEvent) -> bool:
        """True when the key was for the page."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        key = Qt.Key(event.key())
        if control and shift and key == Qt.Key.Key_V:
            self._page.acts.paste()
            return True
        return (
            self._control_key(key) if control else self._alt_key(key) if alt else self._plain_key(key, shift)
        )

    def _control_key(self, key: Qt.Key) -> bool:
        page = self._page
        acts: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key.Key_Return: self._primary, Qt.Key.Key_Enter: self._primary, Qt.Key.Key_P: page.acts.pdf,
            Qt.Key.Key_N: self._new_row, Qt.Key.Key_D: self._copy_row,
            Qt.Key.Key_PageDown: lambda: page.ways.to_other_form(1),
            Qt.Key.Key_PageUp: lambda: page.ways.to_other_form(-1),
        }  # fmt: skip
        if key in acts:
            acts[key]()
        return key in acts

    def _primary(self) -> None:
        self._page.room.close_large()
        for name in ("complete", "sign"):
            if self._page.foot.buttons[name].isVisibleTo(self._page.foot):
                self._page.acts.pressed(name)
                return

    def _new_row(self) -> None:
        if (group := self._rows_of()) and "enter" in self._page.entry.may:
            self._page.acts.add_row(group)

    def _copy_row(self) -> None:
        if (group := self._rows_of()) and "enter" in self._page.entry.may:
            self._page.acts.copy_row(group)

    def _rows_of(self) -> str:
        """The first group of the form that repeats; empty where none does."""
        return next((one.group.oid for one in self._page.view.sections if one.list is not None), "")

    def _alt_key(self, key: Qt.Key) -> bool:
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            under = self._page.current.under if self._page.current is not None else None
            return under is not None and under.press(f"Alt {key - Qt.Key.Key_0}")
        acts: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key.Key_N: lambda: self._page.acts.ask("missing"),
            Qt.Key.Key_Q: lambda: self._page.acts.ask("query"),
            Qt.Key.Key_M: self.write_note,
            Qt.Key.Key_E: lambda: self._page.acts.propose(),
            Qt.Key.Key_PageDown: lambda: self._page.steps.press(1),
            Qt.Key.Key_PageUp: lambda: self._page.steps.press(-1),
            Qt.Key.Key_Up: lambda: self._page.window_.show_casebook(self._page.key.subject),
        }  # fmt: skip
        if key in acts:
            acts[key]()
        return key in acts

    def write_note(self) -> None:
        """The comment of the laboratory result under the cursor."""
        self._page.room.close_large()
        row = self._page.current.parent() if isinstance(self._page.current, Companion) else self._page.current
        if isinstance(row, LabRow):
            row.write_comment()

    def _plain_key(self, key: Qt.Key, shift: bool) -> bool:
        if key in _ENTER:
            return self._press_focused()
        if key == Qt.Key.Key_F9:
            self._page.ways.to_point(-1 if shift else 1)
        elif key == Qt.Key.Key_F4:
            self._page.room.switch_large()
        elif key in (Qt.Key.Key_F5, Qt.Key.Key_F6):
            self._page.open_panel(key)
        elif key == Qt.Key.Key_F8:
            self._page.open_history()
        elif key == Qt.Key.Key_Escape and not self._page.points.isHidden():
            self._page.points.hide()
            self._page.back_to_field()
        else:
            return False
        return True

    def _press_focused(self) -> bool:
        here = QApplication.focusWidget()
        if isinstance(here, QPushButton) and here.isEnabled():
            here.click()
            return True
        return False
