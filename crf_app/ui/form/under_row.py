"""The one place under a field: finding, reason for change, missing reason, query, refused text.

It opens inside the page, never as a window, covers nothing and takes no focus by itself.  What it says is
worked out in `under_content.py`; here it is only shown, and a press, Alt+1 … or a typed reason goes back as
`chosen(name, text)`.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from crf_app.ui import style
from crf_app.ui.form.item_widgets import TextEdit
from crf_app.ui.widgets.flow_layout import FlowLayout
from crf_app.ui.widgets.key_button import KeyButton


@dataclass(frozen=True, slots=True)
class Option:
    """One button: its name for the page, the words, and the key shown on its badge."""

    name: str
    words: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What stands under a field.  `tone` is a status of the style: soft, hard, query, edited."""

    tone: str
    sentence: str
    more: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    hint: str = ""
    ask: str = ""  # name under which a typed reason comes back; "" = no line to type in
    ask_words: str = ""
    letters: bool = False  # a bare letter picks a button (reasons for a missing value)


class UnderRow(QFrame):
    """Sentence, buttons, hint; with a line to type a reason in after "other"."""

    chosen = Signal(str, str)  # name of the option, typed text ("" for a button)
    given_up = Signal()
    writing = Signal(str, str)  # what is asked, the text so far: a key changed it

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content: Content | None = None
        self.setObjectName("under_row")
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.sentence = _label("finding", self)
        self.more = _label("hint", self)
        self.hint = _label("hint", self)
        self.buttons: list[QPushButton] = []
        self.line: TextEdit | None = None
        self._place = QWidget(self)
        self._flow = FlowLayout(self._place)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 2, 16, 10)
        self._layout.setSpacing(6)
        for part in (self.sentence, self.more, self._place, self.hint):
            self._layout.addWidget(part)
        self.hide()

    def show_content(self, content: Content | None) -> None:
        """Open, change or close; the same content again changes nothing (the cursor stays)."""
        if content == self.content:
            return
        typed = self.line.text() if self.line is not None and self._asks_the_same(content) else ""
        held = self.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
        self.content = content
        self._clear()
        if content is None:
            self.hide()
            return
        self.setProperty("state", content.tone)
        for label, words in ((self.sentence, content.sentence), (self.more, "\n".join(content.more)),
                             (self.hint, content.hint)):  # fmt: skip
            label.setText(words)
            label.setVisible(bool(words))
        style.set_state(self.sentence, content.tone)
        self._fill(content)
        self.style().unpolish(self)
        self.style().polish(self)
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
        if typed and self.line is not None:
            self.line.setText(typed)
        if held:
            self.take_focus()

    def _asks_the_same(self, content: Content | None) -> bool:
        return content is not None and self.content is not None and content.ask == self.content.ask

    def _fill(self, content: Content) -> None:
        for option in content.options:
            button = KeyButton(option.words, option.key, self._place)
            button.setObjectName(f"under.{option.name}")
            button.setProperty("kind", "reason")
            button.clicked.connect(lambda _=False, name=option.name: self.chosen.emit(name, ""))
            self._flow.addWidget(button)
            self.buttons.append(button)
        self._place.setVisible(bool(content.options))
        if content.ask:
            self.line = TextEdit(self)
            self.line.setObjectName(f"under.{content.ask}")
            self.line.setAccessibleName(content.ask_words)
            self.line.setPlaceholderText(content.ask_words)
            self.line.stepped.connect(lambda _step: self._typed())
            self.line.given_up.connect(self.given_up)
            self.line.textEdited.connect(lambda text, ask=content.ask: self.writing.emit(ask, text))
            self._layout.insertWidget(2, self.line)
        now = style.current()
        edge = now.px(10) if content.letters else 0
        self._layout.setContentsMargins(edge, now.px(2), now.px(16), now.px(10))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if content.letters else Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(content.sentence)

    def _clear(self) -> None:
        for button in self.buttons:
            self._flow.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = []
        if self.line is not None:
            self._layout.removeWidget(self.line)
            self.line.hide()
            self.line.deleteLater()
            self.line = None

    def _typed(self) -> None:
        if self.line is not None and self.content is not None and self.line.text().strip():
            self.chosen.emit(self.content.ask, self.line.text().strip())

    def give_back(self, text: str, said: str) -> None:
        """What was typed here before goes back into the line, with the words when that was."""
        if self.line is not None and not self.line.text():
            self.line.setText(text)
            self.hint.setText("\n".join(filter(None, (said, self.content.hint if self.content else ""))))
            self.hint.show()

    def take_focus(self) -> None:
        """The person asked for it (n, other reason): the cursor comes here."""
        if self.line is not None:
            self.line.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.content is not None and self.content.letters:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def press(self, key: str) -> bool:
        """Choose by the key on a badge ("Alt 1", "Esc").  False when no button has it."""
        for option in self.content.options if self.content else ():
            if option.key == key:
                self.chosen.emit(option.name, "")
                return True
        return False

    def stops(self) -> list[QWidget]:
        """What Tab visits here, in order."""
        if self.content is None:
            return []
        first: list[QWidget] = [self.line] if self.line is not None else []
        return first + list(self.buttons)

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        elif not (self.content and self.content.letters and self._letter(event)):
            event.ignore()

    def _letter(self, event: QKeyEvent) -> bool:
        bare = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        key = event.text().strip().casefold()
        if not bare or not key or self.content is None:
            return False
        for option in self.content.options:
            if key == option.key.casefold():
                self.chosen.emit(option.name, "")
                return True
        return True


def _label(kind: str, parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setProperty("role", kind)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.hide()
    return label
