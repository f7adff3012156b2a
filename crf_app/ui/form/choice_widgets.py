"""Coded answers: all options as buttons, one of up to seven, or several at once.

They speak as the line edits of `item_widgets.py` do: `set_text` and `text` hold codes, `edited` is sent when
the answer is given.  A key that fits one option only, and a click, give the answer at once; a key that fits
several moves among them and the answer is given on leaving.  A first answer given by its key is sent as
`picked` too, so that the cursor goes on without Enter.  Many options are in `choice_list.py`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QFrame,
    QRadioButton,
    QWidget,
)

from crf_app.model.item_def import CodeList, CodeListItem
from crf_app.ui import style
from crf_app.ui.widgets.flow_layout import FlowLayout
from crf_app.ui.widgets.wrapping import wrapped

STAYS = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _texts(option: CodeListItem, language: str) -> tuple[str, ...]:
    return folded(option.coded_value), folded(option.decode.in_language(language)), folded(option.decode.en)


def matches(options: Sequence[CodeListItem], typed: str, language: str) -> list[int]:
    """Which options a key means: the code itself, else the start of code or words, else the place."""
    key = folded(typed)
    exact = [n for n, one in enumerate(options) if folded(one.coded_value) == key]
    if exact:
        return exact
    starts = [
        n for n, one in enumerate(options) if any(text.startswith(key) for text in _texts(one, language))
    ]
    if starts or not key.isdigit():
        return starts
    place = int(key) - 1
    return [place] if 0 <= place < len(options) else []


def leaves_field(event: QKeyEvent) -> bool:
    """Keys that belong to the page: Ctrl+Enter, Ctrl+P, Ctrl+N …, but not copy, paste, undo."""
    control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
    return control and event.key() in (
        Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_P, Qt.Key.Key_N, Qt.Key.Key_L, Qt.Key.Key_K,
        Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
    )  # fmt: skip


#: pixels at 100 % beside an option's words (indicator, margins), and the least width for words
_BESIDE_WORDS, _LEAST = 52, 56
_ANY = 10_000  # the width of a choice that has no place yet


class Choice(QFrame):
    """What the three kinds of coded answers share: saved and chosen codes, keys, leaving."""

    edited = Signal(str)
    typing = Signal()
    stepped = Signal(int)
    picked = Signal()
    moved = Signal(int)
    missing_asked = Signal()
    given_up = Signal()
    entered = Signal()

    def __init__(self, code_list: CodeList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.options = code_list.items
        self.language = "en"
        self.saved = ""
        self._text = ""
        self._tried: str | None = None
        self._read_only = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)

    def text(self) -> str:
        """The chosen code or codes `A;B`; for a list, what was typed if it is no code."""
        return self._text

    @property
    def dirty(self) -> bool:
        return self.text() != self.saved

    def fitted_height(self, width: int) -> int:
        """The height that it needs at this width."""
        return self.sizeHint().height()

    def set_text(self, text: str) -> None:
        """Show what is saved."""
        self.saved, self._tried = text, None
        self._show(text)

    def begin(self, text: str) -> None:
        """Another record begins with this saved answer."""
        self.set_text(text)

    def set_draft(self, text: str, *, tried: bool) -> None:
        """Show what was chosen and is not saved."""
        self._tried = text if tried else None
        self._show(text)

    def _show(self, text: str) -> None:
        self._text = text
        self._paint_choice()

    def _paint_choice(self) -> None:
        raise NotImplementedError

    def set_language(self, language: str) -> None:
        self.language = language

    def setReadOnly(self, read_only: bool) -> None:
        self._read_only = read_only

    def isReadOnly(self) -> bool:
        return self._read_only

    def selectAll(self) -> None:
        """For a choice the whole answer is always what a key replaces."""

    def select(self) -> None:
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def changed_since_tried(self) -> bool:
        """Chosen anew since the choice was refused."""
        return self.text() != self._tried

    def untried(self) -> None:
        """The choice was not looked at: the next leaving sends it again."""
        self._tried = None

    def commit(self) -> None:
        text = self.text()
        if self.dirty and text != self._tried:
            self._tried = text
            self.edited.emit(text)

    def go_back(self) -> None:
        self.set_text(self.saved)
        self.given_up.emit()

    def _choose(self, text: str, *, now: bool) -> None:
        if self._read_only:
            self._paint_choice()
            return
        self._show(text)
        self.typing.emit()
        if now:
            self.commit()

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if modifiers not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            event.ignore()
        elif event.key() in ENTER:
            self.commit()
            self.stepped.emit(-1 if modifiers else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.go_back()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._choose("", now=False)
        elif not self._own_key(event):
            event.ignore()

    def _own_key(self, event: QKeyEvent) -> bool:
        raise NotImplementedError

    def focusInEvent(self, event: QFocusEvent, /) -> None:
        super().focusInEvent(event)
        if event.reason() not in STAYS:
            self.entered.emit()

    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        super().focusOutEvent(event)
        if event.reason() not in STAYS:
            self.commit()

    def focusNextPrevChild(self, next_: bool, /) -> bool:
        self.commit()
        return super().focusNextPrevChild(next_)

    def wheelEvent(self, event: QWheelEvent, /) -> None:
        event.ignore()


class _Buttons(Choice):
    """Options as buttons in a row that wraps; the buttons are clicked, the keys come to the row."""

    BUTTON: type[QAbstractButton] = QRadioButton

    def __init__(self, code_list: CodeList, parent: QWidget | None = None) -> None:
        super().__init__(code_list, parent)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        now = style.current()
        layout = FlowLayout(self, gap=16, line_gap=now.px(now.gap) if now.touch else 0)
        layout.setContentsMargins(8, 2, 8, 2)
        self.buttons = [self._button(n) for n in range(len(self.options))]
        for button in self.buttons:
            layout.addWidget(button)
        self.current = 0
        self._wrapped_for = (0, "")

    def _button(self, place: int) -> QAbstractButton:
        button = self.BUTTON(self)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setAutoExclusive(False)
        button.clicked.connect(lambda _=False, n=place: self._clicked(n))
        return button

    def set_language(self, language: str) -> None:
        super().set_language(language)
        for button, option in zip(self.buttons, self.options, strict=True):
            button.setAccessibleName(option.decode.in_language(language))
        self._wrap_words(self._wrapped_for[0] or _ANY)

    def fitted_height(self, width: int) -> int:
        self._wrap_words(width)
        return self.heightForWidth(width)

    def _wrap_words(self, width: int) -> None:
        """A long option takes several lines, so that nothing is cut off."""
        if self._wrapped_for == (width, self.language):
            return
        self._wrapped_for = (width, self.language)
        room = width - style.current().px(_BESIDE_WORDS)
        for button, option in zip(self.buttons, self.options, strict=True):
            words = option.decode.in_language(self.language)
            text = wrapped(words, button.fontMetrics(), max(room, style.current().px(_LEAST)))
            if button.text() != text.replace("&", "&&"):
                button.setText(text.replace("&", "&&"))
        self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self._wrap_words(event.size().width())

    def minimumSizeHint(self) -> QSize:
        now = style.current()
        return QSize(now.px(_LEAST), now.px(28))

    def setReadOnly(self, read_only: bool) -> None:
        super().setReadOnly(read_only)
        for button in self.buttons:
            button.setEnabled(not read_only)

    def _clicked(self, place: int) -> None:
        raise NotImplementedError

    def _chosen(self) -> list[str]:
        raise NotImplementedError

    def begin(self, text: str) -> None:
        self._mark(0)
        super().begin(text)

    def _paint_choice(self) -> None:
        chosen = self._chosen()
        for button, option in zip(self.buttons, self.options, strict=True):
            button.setChecked(option.coded_value in chosen)

    def _mark(self, place: int) -> None:
        self.current = place
        for number, button in enumerate(self.buttons):
            marked = number == place and self.hasFocus()
            if button.property("current") != marked:
                button.setProperty("current", marked)
                button.style().unpolish(button)
                button.style().polish(button)

    def focusInEvent(self, event: QFocusEvent, /) -> None:
        super().focusInEvent(event)
        self._mark(self.current)

    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        super().focusOutEvent(event)
        self._mark(self.current)

    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def _arrow(self, event: QKeyEvent) -> int:
        """-1, +1 for Left and Right; 0 for other keys.  Up and Down belong to tables."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moved.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        return {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)


class ChoiceRow(_Buttons):
    """One of up to seven options."""

    def compact(self) -> None:
        """Small buttons close together, for a column of a table."""
        layout = self.layout()
        assert isinstance(layout, FlowLayout)
        layout.set_gap(style.current().gap if style.current().touch else 4)
        layout.setContentsMargins(0, 0, 0, 0)
        for button in self.buttons:
            button.setProperty("kind", "mini")

    def large(self) -> None:
        """Big buttons, for a finger."""
        layout, now = self.layout(), style.current()
        assert isinstance(layout, FlowLayout)
        edge = now.px(8)
        layout.set_gap(edge, edge)
        layout.setContentsMargins(edge, edge, edge, edge)
        for button in self.buttons:
            button.setProperty("kind", "boxed")

    def suggest(self, code: str) -> None:
        """A dashed outline round the option that is suggested, "" for none; it is not chosen."""
        for button, option in zip(self.buttons, self.options, strict=True):
            wanted = bool(code) and option.coded_value == code
            if bool(button.property("suggested")) != wanted:
                button.setProperty("suggested", wanted)
                button.style().unpolish(button)
                button.style().polish(button)

    def _chosen(self) -> list[str]:
        return [self._text]

    def _paint_choice(self) -> None:
        super()._paint_choice()
        for number, option in enumerate(self.options):
            if option.coded_value == self._text:
                self._mark(number)

    def _clicked(self, place: int) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._choose(self.options[place].coded_value, now=True)

    def _own_key(self, event: QKeyEvent) -> bool:
        step = self._arrow(event)
        if step:
            self._mark((self.current + step) % len(self.options))
            return True
        if event.key() == Qt.Key.Key_Space:
            self._choose(self.options[self.current].coded_value, now=True)
            return True
        if not event.text().strip():
            return event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down)
        found = matches(self.options, event.text(), self.language)
        if found:
            chosen = next((n for n in found if n > self._place()), found[0])
            first = not self.text() and not self._read_only
            self._choose(self.options[chosen].coded_value, now=len(found) == 1)
            if first and len(found) == 1:
                self.picked.emit()
        return True

    def _place(self) -> int:
        codes = [option.coded_value for option in self.options]
        return codes.index(self._text) if self._text in codes else -1


class MultiChoice(_Buttons):
    """Several options, stored `A;B` in the order of the list; given on leaving."""

    BUTTON = QCheckBox

    def _chosen(self) -> list[str]:
        return self._text.split(";")

    def _clicked(self, place: int) -> None:
        if not self.hasFocus():
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._toggle(place)

    def _toggle(self, place: int) -> None:
        self._mark(place)
        codes = set(self._chosen()) ^ {self.options[place].coded_value}
        self._choose(";".join(o.coded_value for o in self.options if o.coded_value in codes), now=False)

    def _own_key(self, event: QKeyEvent) -> bool:
        step = self._arrow(event)
        if step:
            self._mark((self.current + step) % len(self.options))
            return True
        if event.key() == Qt.Key.Key_Space:
            self._toggle(self.current)
            return True
        if not event.text().strip():
            return event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down)
        found = matches(self.options, event.text(), self.language)
        if len(found) == 1:
            self._toggle(found[0])
        elif found:
            self._mark(next((n for n in found if n > self.current), found[0]))
        return True
