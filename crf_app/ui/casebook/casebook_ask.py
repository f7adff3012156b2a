"""The panel above the matrix that asks before something is recorded: never a window.

One question, perhaps a choice of what is meant, a date, a list of reasons and free words.  Enter anywhere
stores it, Esc leaves everything as it is; a refusal stands on the page and what was typed stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QLineEdit, QListWidget, QRadioButton

from crf_app.ui import style
from crf_app.ui.widgets.parts import button, clear, column, label, row


@dataclass(frozen=True, slots=True)
class Question:
    """What the panel asks.

    `scopes`: (name, words) of what may be meant, the first one chosen; `reasons`: scope → (code, words) to
    choose from, none chosen; `date`: the text that stands in its field, None: no date.
    """

    name: str
    title: str
    hint: str
    button: str
    words: str
    scopes: Sequence[tuple[str, str]] = ()
    reasons: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    date: str | None = None
    date_name: str = ""
    reasons_name: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was given; `scope` and `code` are empty where there was no choice."""

    name: str
    scope: str
    code: str
    words: str
    date: str


class AskPanel(QFrame):
    """Shows one `Question`; `given` gets the `Reply`, `closed` is called when nothing is wanted."""

    def __init__(self, given: Callable[[Reply], object], closed: Callable[[], object]) -> None:
        super().__init__()
        self._given, self._closed = given, closed
        self.question: Question | None = None
        self.setProperty("kind", "tinted")
        self.setObjectName("ask_panel")
        self._box = column(6, 12)
        self.setLayout(self._box)
        self.words, self.date, self.reasons = QLineEdit(), QLineEdit(), QListWidget()
        self.scopes: list[QRadioButton] = []
        self.hide()

    def ask(self, question: Question, cancel: str) -> None:
        """Build the question anew and put the focus where typing begins."""
        clear(self._box)
        self.question = question
        self._group = QButtonGroup(self)
        self._box.addWidget(label(question.title, "value", wrap=True))
        self.scopes = [self._scope(n, words) for n, (_, words) in enumerate(question.scopes)]
        if self.scopes:
            line = row(8)
            for one in self.scopes:
                line.addWidget(one)
            line.addStretch(1)
            self._box.addLayout(line)
        self.reasons = self._reasons(question)
        self.date = self._field("ask_date", question.date_name)
        self.words = self._field("ask_words", question.words)
        self._box.addWidget(self.reasons)
        last = row(8)
        last.addWidget(self.date)
        last.addWidget(self.words, 1)
        last.addWidget(button(question.button, "primary", clicked=self.give))
        last.addWidget(button(cancel, clicked=self._closed))
        self._box.addLayout(last)
        self._box.addWidget(label(question.hint, "hint", wrap=True))
        self._show_parts()
        self.show()
        (self.reasons if self.reasons.isVisibleTo(self) else self.words).setFocus()

    def give(self) -> None:
        """Give what is there now."""
        assert self.question is not None
        chosen = self.reasons.currentItem() if self.reasons.isVisibleTo(self) else None
        code = chosen.data(Qt.ItemDataRole.UserRole) if chosen is not None and chosen.isSelected() else ""
        self._given(Reply(self.question.name, self.scope, code, self.words.text(), self.date.text()))

    @property
    def scope(self) -> str:
        """The name of what is meant; "" where there is no choice."""
        assert self.question is not None
        at = next((n for n, one in enumerate(self.scopes) if one.isChecked()), -1)
        return self.question.scopes[at][0] if at >= 0 else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.give()
        elif event.key() == Qt.Key.Key_Escape:
            self._closed()
        else:
            super().keyPressEvent(event)

    def _scope(self, n: int, words: str) -> QRadioButton:
        made = QRadioButton(words)
        made.setObjectName(f"ask_scope.{n}")
        made.setChecked(n == 0)
        made.toggled.connect(lambda _on: self._show_parts())
        self._group.addButton(made)
        return made

    def _field(self, object_name: str, accessible: str) -> QLineEdit:
        made = QLineEdit()
        made.setObjectName(object_name)
        made.setAccessibleName(accessible)
        made.setPlaceholderText(accessible)
        return made

    def _reasons(self, question: Question) -> QListWidget:
        """First letters pick, arrows move; nothing is chosen at first."""
        made = _Reasons(self.give)
        made.setObjectName("ask_reasons")
        made.setAccessibleName(question.reasons_name)
        return made

    def _fill_reasons(self, reasons: Sequence[tuple[str, str]]) -> None:
        """Those of another scope; a choice made before is dropped with them."""
        made = self.reasons
        if [made.item(n).data(Qt.ItemDataRole.UserRole) for n in range(made.count())] == [
            code for code, _ in reasons
        ]:
            return
        made.clear()
        for code, words in reasons:
            made.addItem(words)
            made.item(made.count() - 1).setData(Qt.ItemDataRole.UserRole, code)
        line = max(made.sizeHintForRow(0), style.current().px(22)) if reasons else 0
        made.setFixedHeight(line * min(len(reasons), 6) + style.current().px(6))

    def _show_parts(self) -> None:
        question = self.question
        assert question is not None
        reasons = question.reasons.get(self.scope, ())
        self._fill_reasons(reasons)
        self.reasons.setHidden(not reasons)
        self.date.setHidden(question.date is None)
        if question.date is not None and not self.date.text():
            self.date.setText(question.date)
            self.date.setMaximumWidth(style.current().px(150))


class _Reasons(QListWidget):
    """Enter stores, it does not edit."""

    def __init__(self, give: Callable[[], object]) -> None:
        super().__init__()
        self._give = give

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._give()
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)
