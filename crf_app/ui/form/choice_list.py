"""One answer of many: typing filters a list under the field, Down moves in it, Enter takes it.

The list is a part of the page, not a window.  What is no option is given as typed, for the parser to judge.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QScrollArea, QVBoxLayout, QWidget

from crf_app.model.item_def import CodeList, CodeListItem
from crf_app.ui.form.choice_widgets import ENTER, STAYS, Choice, folded, leaves_field

_LIST_ROWS = 6


class _Line(QLineEdit):
    """The line of a ChoiceList: keys go to the choice first."""

    def __init__(self, choice: ChoiceList) -> None:
        super().__init__(choice)
        self.choice = choice

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if not self.choice.handle_key(event):
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent, /) -> None:
        super().focusInEvent(event)
        if event.reason() not in STAYS:
            self.selectAll()
            self.choice.entered.emit()

    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        super().focusOutEvent(event)
        if event.reason() not in STAYS:
            self.choice.leave()

    def wheelEvent(self, event: QWheelEvent, /) -> None:
        event.ignore()

    def focusNextPrevChild(self, next_: bool, /) -> bool:
        self.choice.leave()
        return super().focusNextPrevChild(next_)


class ChoiceList(Choice):
    """One of many options: typing filters the list under the field, Down moves in it, Enter takes it."""

    def __init__(self, code_list: CodeList, parent: QWidget | None = None) -> None:
        super().__init__(code_list, parent)
        self._known: Mapping[str, CodeListItem] = code_list.by_code  # also what was once an option
        self._bare = code_list.oid.startswith("IG.")  # rows: their uid says nothing to a person
        self.line = _Line(self)
        self.list = QListWidget(self)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.hide()
        self.destroyed.connect(self.list.deleteLater)  # while open it is a child of the form
        self.list.itemClicked.connect(self._picked)
        self.line.textEdited.connect(self._on_typing)
        self.setFocusProxy(self.line)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line)

    def setAccessibleName(self, name: str, /) -> None:
        """The cursor stands in the line, so that a reader hears what the line is called."""
        super().setAccessibleName(name)
        self.line.setAccessibleName(name)

    def setAccessibleDescription(self, description: str, /) -> None:
        super().setAccessibleDescription(description)
        self.line.setAccessibleDescription(description)

    def _words(self, code: str) -> str:
        known = self._known.get(code)
        return known.decode.in_language(self.language) if known is not None else code

    def offer(self, options: tuple[CodeListItem, ...], known: Mapping[str, CodeListItem]) -> None:
        """Other options from now on; what was typed and is not saved stays."""
        if options == self.options and known == self._known:
            return
        typed = self.line.text() != self._words(self._text)
        self.options, self._known = options, known
        if not typed:
            self._paint_choice()

    def _paint_choice(self) -> None:
        self.line.setText(self._words(self._text))
        self.list.hide()

    def set_language(self, language: str) -> None:
        typed = self.line.text() != self._words(self._text)
        super().set_language(language)
        if not typed:
            self.line.setText(self._words(self._text))

    def setReadOnly(self, read_only: bool) -> None:
        super().setReadOnly(read_only)
        self.line.setReadOnly(read_only)

    def selectAll(self) -> None:
        self.line.selectAll()

    def select(self) -> None:
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)
        self.line.selectAll()

    def _on_typing(self, typed: str) -> None:
        self._text = self._code_of(typed)
        self._fill(typed)
        self.typing.emit()

    def _code_of(self, typed: str) -> str:
        """The code that the text is, by code or words; else the text itself, for the parser to judge."""
        key = folded(typed)
        for option in self.options:
            if key in (folded(option.coded_value), folded(option.decode.en), folded(option.decode.zh)):
                return option.coded_value
        return typed.strip()

    def _listed(self, option: CodeListItem) -> str:
        """What is typed for an option, and its words."""
        words = option.decode.in_language(self.language)
        return words if self._bare or option.coded_value == words else f"{option.coded_value}  {words}"

    def _fill(self, typed: str) -> None:
        key = folded(typed)
        self.list.clear()
        for option in self.options:
            code = f"#{option.decode.en}" if self._bare else option.coded_value
            if key in folded(f"{code} {option.decode.en} {option.decode.zh}"):
                row = QListWidgetItem(self._listed(option))
                row.setData(Qt.ItemDataRole.UserRole, option.coded_value)
                self.list.addItem(row)
        if self.list.count() and typed.strip():
            self.list.setCurrentRow(0)
        self._place_list()

    def _place_list(self) -> None:
        """Over the rows below (or above, at the foot of the form): a child of the form, never a window."""
        ground = self._ground()
        rows = min(self.list.count(), _LIST_ROWS)
        height = rows * max(self.list.sizeHintForRow(0), 28) + 8
        width = max(self.line.width(), self.list.sizeHintForColumn(0) + 40)
        at = self.line.mapTo(ground, QPoint(0, self.line.height() + 2))
        if at.y() + height > ground.height() and at.y() - self.line.height() - height > 0:
            at.setY(at.y() - self.line.height() - height - 4)
        left = max(min(at.x(), ground.width() - width), 0)
        if self.list.parentWidget() is not ground:
            self.list.setParent(ground)
        self.list.setGeometry(left, at.y(), width, height)
        self.list.raise_()
        self.list.setVisible(rows > 0)
        self._bring_into_view()

    def _bring_into_view(self) -> None:
        area = self.parentWidget()
        while area is not None:
            if isinstance(area, QScrollArea):
                area.ensureWidgetVisible(self.list, 0, 4)
            area = area.parentWidget()

    def _ground(self) -> QWidget:
        """The canvas on which the form's rows stand; without one, the window."""
        found = self.parentWidget()
        while found is not None and found.property("kind") != "canvas" and not found.isWindow():
            found = found.parentWidget()
        return found or self

    def _picked(self, row: QListWidgetItem) -> None:
        self._choose(str(row.data(Qt.ItemDataRole.UserRole)), now=True)

    def handle_key(self, event: QKeyEvent) -> bool:
        """True when the key was for the choice and not for the line."""
        key = event.key()
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if modifiers & Qt.KeyboardModifier.AltModifier or leaves_field(event):
            event.ignore()  # for the page
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            return False  # copy, paste, undo
        elif key in ENTER:
            self._take(-1 if modifiers else 1)
        elif key == Qt.Key.Key_Escape:
            self.go_back()
            self.line.selectAll()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._move(1 if key == Qt.Key.Key_Down else -1)
        else:
            return False
        return True

    def _take(self, step: int) -> None:
        row = self.list.currentItem()
        if self.list.isVisible() and row is not None:
            self._choose(str(row.data(Qt.ItemDataRole.UserRole)), now=False)
        self.commit()
        self.stepped.emit(step)

    def _move(self, step: int) -> None:
        if not self.list.isVisible():
            self._fill("")
        rows = self.list.count()
        if rows:
            self.list.setCurrentRow((self.list.currentRow() + step) % rows)

    def hideEvent(self, event: QHideEvent, /) -> None:
        self.list.hide()
        super().hideEvent(event)

    def leave(self) -> None:
        """The cursor goes: what was typed is given, whether it is an option or not."""
        self.list.hide()
        self.commit()

    def _own_key(self, event: QKeyEvent) -> bool:
        return self.handle_key(event)
