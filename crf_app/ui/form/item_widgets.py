"""One widget for each data type; all speak `set_text`, `text`, signal `edited`.

`edited` is sent when the field is left (Enter, Tab, a click elsewhere), never while typing.  No validator
stands in between: what cannot be read stays in the field and the page says why.  Nothing changes a value
that was not typed: no wheel, no arrows, no spin box, no combo box.  Choices are in `choice_widgets.py`.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from crf_app.model.item_def import CodeList, ItemDef
from crf_app.model.typed import narrow
from crf_app.ui.form.choice_list import ChoiceList
from crf_app.ui.form.choice_widgets import STAYS, ChoiceRow, MultiChoice, leaves_field

MAX_BUTTONS = 7
#: keys that follow each other faster than this come from a scanner and are never a command
SCAN_MS = 30


class TextEdit(QLineEdit):
    """A line of text.  Enter saves and steps on, Esc goes back to the saved text."""

    edited = Signal(str)  # left with another text than the saved one
    typing = Signal()  # a key changed the text
    stepped = Signal(int)  # Enter +1, Shift+Enter -1
    moved = Signal(int)  # Down +1, Up -1
    missing_asked = Signal()  # n in a number or a date
    given_up = Signal()  # Esc
    entered = Signal()  # the cursor came in

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.saved = ""
        self.forced = False  # the same text in another unit is a change too
        self._tried: str | None = None
        self.textEdited.connect(self._on_typing)

    def text(self) -> str:
        return super().text()

    @property
    def dirty(self) -> bool:
        """Typed, and not the saved text."""
        return self.forced or self.text() != self.saved

    def fitted_height(self, width: int) -> int:
        """The height that it needs at this width."""
        return self.sizeHint().height()

    def set_text(self, text: str) -> None:
        """Show what is saved."""
        self.saved, self._tried, self.forced = text, None, False
        if super().text() != text:
            self.setText(text)
            if self.hasFocus():
                self.selectAll()
            else:
                self.setCursorPosition(0)  # of a long text the beginning is seen

    def begin(self, text: str) -> None:
        """Another record begins with this saved text: what was typed cannot be undone back into the field."""
        self.saved, self._tried, self.forced = text, None, False
        self.setText(text)
        self.setCursorPosition(0)

    def set_draft(self, text: str, *, tried: bool) -> None:
        """Show what was typed and is not saved; what was tried and refused is not tried again by itself."""
        self._tried = text if tried else None
        if super().text() != text:
            self.setText(text)

    @property
    def changed_since_tried(self) -> bool:
        """Typed on since the text was refused."""
        return self.text() != self._tried

    def untried(self) -> None:
        """The text was not looked at: the next leaving sends it again."""
        self._tried = None

    def commit(self) -> None:
        """Send `edited` when the text is another than the saved one, and than the one refused before."""
        text = self.text()
        if self.dirty and (self.forced or text != self._tried):
            self._tried = text
            self.edited.emit(text)

    def select(self) -> None:
        """Take the cursor, all selected."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.selectAll()

    def _on_typing(self) -> None:
        self.typing.emit()

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        plain = modifiers in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(-1 if modifiers else 1)
        elif plain and event.key() == Qt.Key.Key_Escape:
            self.go_back()
        elif plain and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moved.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        elif modifiers & (Qt.KeyboardModifier.AltModifier) or leaves_field(event):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _enter(self, step: int) -> None:
        self.commit()
        self.stepped.emit(step)

    def go_back(self) -> None:
        """Back to the saved text, all selected.  Never discards a saved value."""
        self.set_text(self.saved)
        self.selectAll()
        self.given_up.emit()

    def focusInEvent(self, event: QFocusEvent, /) -> None:
        super().focusInEvent(event)
        if event.reason() not in STAYS:
            if event.reason() != Qt.FocusReason.MouseFocusReason:
                self.selectAll()
            self.entered.emit()

    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        super().focusOutEvent(event)
        if event.reason() not in STAYS:
            self.deselect()
            self.commit()

    def focusNextPrevChild(self, next_: bool, /) -> bool:
        self.commit()  # before the next stop is chosen: a finding may open one
        return super().focusNextPrevChild(next_)

    def wheelEvent(self, event: QWheelEvent, /) -> None:
        event.ignore()  # the page scrolls, the value stays

    def dragEnterEvent(self, event: QEvent, /) -> None:
        event.ignore()  # no drag has an effect on data


class _PlainEdit(TextEdit):
    """Digits and signs only: the input method is off, full-width signs are read as ASCII, `n` = not done."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._n_timer = QTimer(self)
        self._n_timer.setSingleShot(True)
        self._n_timer.setInterval(SCAN_MS)
        self._n_timer.timeout.connect(self.missing_asked)
        self._no_input_method()

    def _no_input_method(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.setInputMethodHints(Qt.InputMethodHint.ImhPreferLatin | Qt.InputMethodHint.ImhNoPredictiveText)

    def text(self) -> str:
        return narrow(super().text())

    def set_text(self, text: str) -> None:
        super().set_text(text)
        self.saved = self.text()  # words of a missing value may hold full-width signs

    def begin(self, text: str) -> None:
        self._n_timer.stop()
        super().begin(text)
        self.saved = self.text()

    def setReadOnly(self, read_only: bool, /) -> None:
        super().setReadOnly(read_only)
        self._no_input_method()  # Qt switches it on again here

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if self._n_timer.isActive():  # a burst: the n was a letter of a scan
            self._n_timer.stop()
            self.insert("n")
        if self._is_not_done(event):
            self._n_timer.start()
            return
        super().keyPressEvent(event)

    def _is_not_done(self, event: QKeyEvent) -> bool:
        whole = not super().text() or super().text() == self.selectedText()
        bare = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        return whole and bare and event.key() == Qt.Key.Key_N and not self.isReadOnly()


class NumberEdit(_PlainEdit):
    """Digits as they are typed, right-aligned; a laboratory result may begin with `<` or `>`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class DateEdit(_PlainEdit):
    """`2026-10-06`, `20261006`, `t`, `-1`, `+2`; partial dates where the item allows them."""


class TimeEdit(_PlainEdit):
    """`14:02`, `1402`, `t` for now."""


class DateTimeEdit(_PlainEdit):
    """`2026-10-06 14:02`; shown with a space, stored with `T`."""


ItemWidget = TextEdit | ChoiceRow | ChoiceList | MultiChoice

#: data type → widget of an item without a code list
WIDGETS: dict[str, type[TextEdit]] = {
    "text": TextEdit,
    "integer": NumberEdit,
    "decimal": NumberEdit,
    "date": DateEdit,
    "partialDate": DateEdit,
    "time": TimeEdit,
    "datetime": DateTimeEdit,
}


def make(item: ItemDef, code_list: CodeList | None, parent: QWidget | None = None) -> ItemWidget:
    """The widget in which `item` is answered."""
    if code_list is None:
        return WIDGETS[item.data_type](parent)
    if item.link is not None:
        return ChoiceList(code_list, parent)  # its rows become more
    if item.multiple:
        return MultiChoice(code_list, parent)
    if len(code_list.items) <= MAX_BUTTONS:
        return ChoiceRow(code_list, parent)
    return ChoiceList(code_list, parent)
