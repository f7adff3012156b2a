"""The right panel: the field with the cursor, its sum (F5), earlier values (F6), history (F8), a question.

It reads what the ledger says of one item, on each move of the cursor; nothing can be typed here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from crf_app.actions.earlier import Earlier, earlier_values
from crf_app.actions.history import HistoryStep, explain, history
from crf_app.actions.lab_reading import lab_reading
from crf_app.model.workflow import Step
from crf_app.ui import line_words, style
from crf_app.ui.key_button import KeyButton
from crf_app.ui.parts import clear, column, label, row, rule
from crf_app.ui.unit_words import shown_unit
from crf_app.ui.words import language, pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import Line
    from crf_app.actions.session import Session

WIDTH = 216
_STEPS = 4


class HistoryPanel(QFrame):
    """Shows one line; `show_line` again after each commit."""

    def __init__(self, session: Session, ask: Callable[[], object]) -> None:
        super().__init__()
        self._session = session
        self._line: Line | None = None
        self.whole = False  # F8: every step, not only the latest
        self.setProperty("kind", "card")
        self.setFixedWidth(style.current().px(WIDTH))
        inner = QWidget()
        inner.setProperty("kind", "canvas")
        self._box = column(6)
        now = style.current()
        self._box.setContentsMargins(now.px(14), now.px(12), now.px(14), now.px(12))
        inner.setLayout(self._box)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        self.ask = KeyButton("", "Alt Q")
        self.ask.setObjectName("ask_query")
        self.ask.clicked.connect(lambda: ask())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, now.px(10))
        outer.addWidget(scroll, 1)
        foot = row(0)
        foot.setContentsMargins(now.px(14), 0, now.px(14), 0)
        foot.addWidget(self.ask)
        outer.addLayout(foot)
        self.retranslate()

    def retranslate(self) -> None:
        self.ask.set_words(say("form.ask_query"))
        self.ask.setVisible(self._session.verdict(Step.OPEN_QUERY).allowed)
        if self._line is not None:
            self.show_line(self._line)

    def empty(self) -> None:
        """Another record: nothing is said until the cursor stands somewhere."""
        self._line, self.whole = None, False
        clear(self._box)

    def show_line(self, line: Line) -> None:
        """Read and show everything about this item."""
        self._line = line
        item = line.state.item
        clear(self._box)
        self._add(pick(item.question), "card")
        if item.unit:
            self._add(shown_unit(item.unit), "label")
        if item.help:
            self._add(pick(item.help), "hint")
        self._reading(line)
        if item.derived:
            self._title("sum", "F5")
            self._add(explain(self._session, line.key)[language()], "small")
        self._title("earlier", "F6")
        self._earlier(line, earlier_values(self._session, line.key))
        self._title("history", "F8")
        self._history(history(self._session, line.key))
        self._box.addStretch(1)

    def _reading(self, line: Line) -> None:
        """Range, flag, grade and change of a laboratory result, each with its rule."""
        reading = lab_reading(self._session, line.key)
        if reading is None:
            return
        self._title("reading", "")
        for sentence in reading.rule:
            self._add(sentence[language()], "small")

    def _title(self, name: str, key: str) -> None:
        self._box.addSpacing(style.current().px(4))
        self._box.addWidget(rule())
        head = row(8)
        head.addWidget(label(say(f"form.panel_{name}"), "row_name"), 1)
        if key:
            head.addWidget(label(key, "key"))
        self._box.addLayout(head)

    def _earlier(self, line: Line, found: list[Earlier]) -> None:
        if not found:
            self._add(say("form.no_earlier"), "hint")
            return
        grid = QGridLayout()
        grid.setVerticalSpacing(style.current().px(6))
        for number, one in enumerate(found):
            day = say("form.day", day=one.day) if one.day is not None else pick(one.event.name)
            grid.addWidget(label(day, "small", wrap=True), number, 0)
            words = line_words.spoken(self._session.study, line.state.item, one.answer, line.lists)
            value = label(words, "value", wrap=True)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(value, number, 1)
        grid.setColumnStretch(1, 1)
        self._box.addLayout(grid)

    def _history(self, steps: list[HistoryStep]) -> None:
        if not steps:
            self._add(say("form.no_history"), "hint")
            return
        shown = list(reversed(steps))
        for step in shown if self.whole else shown[:_STEPS]:
            self._step(step)
        if not self.whole and len(shown) > _STEPS:
            self._add(say("form.more_steps", n=len(shown) - _STEPS), "hint")

    def _step(self, step: HistoryStep) -> None:
        who = say("role.system") if step.user == "system" else step.name
        self._add(f"{step.when[:19]}  {who}", "label")
        if step.kind.startswith("item."):
            old, new = self._value(step.old), self._value(step.new)
            self._add(f"{old} → {new}", "value")
        else:
            self._add(say(f"form.step_{step.kind.replace('.', '_')}"), "value")
        if step.reason:
            self._add(step.reason, "hint")

    def _value(self, text: str) -> str:
        """A stored text in words: codes decoded, an empty field said."""
        assert self._line is not None
        if not text:
            return say("form.empty")
        study, item = self._session.study, self._line.state.item
        if any(one.code == text for one in study.missing_reasons) and item.choices is None:
            return line_words.missing_words(study, text)
        code_list = {**study.code_lists, **self._line.lists}.get(item.choices or "")
        known = (
            [code_list.by_code[one] for one in text.split(";") if one in code_list.by_code]
            if code_list
            else []
        )
        return "; ".join(pick(one.decode) for one in known) if known else text

    def _add(self, words: str, role: str) -> QLabel:
        made = label(words, role, wrap=True)
        self._box.addWidget(made)
        return made
