"""The right panel: the field with the cursor, its trend, earlier values (F6), history (F8), ask or tell.

What a value means and the rule behind it (F5) is one key away.  The panel reads what the ledger says of one
item on each move of the cursor; nothing can be typed here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from crf_app.actions.earlier import Earlier, earlier_values
from crf_app.actions.history import HistoryStep, explain, history
from crf_app.actions.lab.lab_reading import LabReading, lab_reading
from crf_app.actions.proposals import log_name, may_propose
from crf_app.model.definition import Study
from crf_app.model.number_text import number_text
from crf_app.model.workflow import Step
from crf_app.rules.ranges import Reference
from crf_app.ui import style
from crf_app.ui.form import line_words
from crf_app.ui.form.trend_card import TrendCard
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.program_words import who, why
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.parts import clear, column, label, picture, row, rule
from crf_app.ui.words import language, pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import Line
    from crf_app.actions.session import Session

WIDTH = 216
_STEPS = 2


class HistoryPanel(QFrame):
    """Shows one line; `show_line` again after each commit.

    `ask` asks a query, `note` opens the comment of the field, `back` returns to it, `results` shows all
    results of the subject, `propose` starts a row of a log from the result.
    """

    def __init__(
        self,
        session: Session,
        ask: Callable[[], object],
        note: Callable[[], object],
        back: Callable[[], object],
        results: Callable[[], object],
        propose: Callable[[], object],
    ) -> None:
        super().__init__()
        self._session = session
        self._line: Line | None = None
        self.whole = False  # every step, not only the latest
        self.rule_open = False  # F5: what it means, and the rule
        self.setProperty("kind", "card")
        self.setFixedWidth(style.current().px(WIDTH))
        self.title, self.unit = label("", "card", wrap=True), label("", "label")
        self.card = TrendCard(session, back, results)
        self._box = column(4)
        self.ask, self.note = KeyButton("", "Alt Q"), KeyButton("", "Alt M")
        self.propose = KeyButton("", "Alt E")
        self.propose.setObjectName("propose_row")
        self.propose.clicked.connect(lambda: propose())
        self.ask.setObjectName("ask_query")
        self.note.setObjectName("add_note")
        self.ask.clicked.connect(lambda: ask())
        self.note.clicked.connect(lambda: note())
        self.source = label("", "label", wrap=True)
        self.source.setObjectName("range_source")
        self._clock = picture("history", "text3", 16)
        self._asking = label("", "row_name")
        self._arrange()
        self.retranslate()

    def _arrange(self) -> None:
        now = style.current()
        inner, whole = QWidget(), column(4)
        inner.setProperty("kind", "canvas")
        whole.setContentsMargins(now.px(14), now.px(12), now.px(10), now.px(8))
        head = row(8)
        head.addWidget(self.title, 1)
        head.addWidget(self.unit, 0, Qt.AlignmentFlag.AlignBottom)
        whole.addLayout(head)
        whole.addWidget(self.card)
        whole.addLayout(self._box)
        whole.addStretch(1)
        inner.setLayout(whole)
        self._scroll = scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, now.px(10))
        outer.addWidget(scroll, 1)
        outer.addLayout(self._foot())

    def _foot(self) -> QVBoxLayout:
        """What is said back, and which range stands: always in sight."""
        now, foot = style.current(), column(6)
        foot.setContentsMargins(now.px(14), 0, now.px(14), 0)
        foot.addWidget(rule())
        foot.addWidget(self._asking)
        foot.addWidget(self.ask)
        foot.addWidget(self.note)
        foot.addWidget(self.propose)
        line = row(6)
        line.addWidget(self._clock, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.source, 1)
        foot.addLayout(line)
        return foot

    def retranslate(self) -> None:
        self.ask.set_words(say("form.ask_query"))
        self.note.set_words(say("plots.note"))
        self.propose.set_words(say("proposal.start", form=pick(log_name(self._session.study))))
        self._asking.setText(say("plots.ask_or_tell"))
        may = self._session.verdict(Step.OPEN_QUERY).allowed
        self.ask.setVisible(may)
        if self._line is not None:
            self.show_line(self._line, note=not self.note.isHidden())
        else:
            self.empty()

    def empty(self) -> None:
        """Another record: nothing is said until the cursor stands somewhere."""
        self._line, self.whole, self.rule_open = None, False, False
        self.title.setText("")
        self.unit.setText("")
        self.card.hide()
        self.note.hide()
        self.propose.hide()
        self._asking.setVisible(not self.ask.isHidden())
        self._say_source("")
        clear(self._box)

    def show_line(self, line: Line, *, note: bool = False) -> None:
        """Read and show everything about this item; `note`: a comment can be written at it."""
        if self._line is None or self._line.key != line.key:
            self.rule_open = False
        self._line = line
        item = line.state.item
        clear(self._box)
        self.title.setText(pick(item.question))
        self.unit.setText(shown_unit(item.unit))
        self.card.show_line(line)
        if item.help:
            self._add(pick(item.help), "hint")
        self._rule(line)
        self._title("earlier", "F6")
        self._earlier(line, earlier_values(self._session, line.key))
        self._title("history", "F8")
        self._history(history(self._session, line.key))
        self.note.setVisible(note)
        self.propose.setVisible(may_propose(self._session, line.state))
        self._asking.setVisible(note or not self.propose.isHidden() or not self.ask.isHidden())
        reference = line.state.reference
        self._say_source(_source_words(self._session.study, reference) if reference else "")

    def _say_source(self, words: str) -> None:
        self.source.setText(words)
        for part in (self.source, self._clock):
            part.setVisible(bool(words))

    def show_rule(self) -> None:
        """F5: the sum, or what the value means and the rule; again: folded."""
        if self._line is None:
            return
        self.rule_open = not self.rule_open
        self.show_line(self._line, note=not self.note.isHidden())
        if self.rule_open:
            QTimer.singleShot(0, self, self._show_rule_whole)

    def _show_rule_whole(self) -> None:
        """The rule in sight, from its title on."""
        title = self.findChild(QLabel, "rule_title")
        if title is not None and isValid(title):
            self._scroll.ensureWidgetVisible(title, 0, self._scroll.viewport().height() // 2)

    def _rule(self, line: Line) -> None:
        """Grade and change in a line; folded behind F5 the sum, or what the value means and each rule."""
        reading = lab_reading(self._session, line.key)
        if reading is not None and (words := _in_short(reading)):
            self._add(words, "small")
        if line.state.item.derived:
            name, sentences = "sum", [explain(self._session, line.key)[language()]]
        else:
            name, sentences = "reading", [one[language()] for one in reading.rule] if reading else []
        if not sentences:
            return
        self._title(name, "F5").setObjectName("rule_title")
        for sentence in sentences if self.rule_open else ():
            self._add(sentence, "small")

    def _title(self, name: str, key: str) -> QLabel:
        self._box.addSpacing(style.current().px(2))
        self._box.addWidget(rule())
        head, title = row(8), label(say(f"form.panel_{name}"), "row_name", wrap=True)
        head.addWidget(title, 1)
        head.addWidget(label(key, "key"), 0, Qt.AlignmentFlag.AlignTop)
        self._box.addLayout(head)
        return title

    def _earlier(self, line: Line, found: list[Earlier]) -> None:
        if not found:
            self._add(say("form.no_earlier"), "hint")
            return
        grid = QGridLayout()
        grid.setVerticalSpacing(style.current().px(4))
        grid.setHorizontalSpacing(style.current().px(8))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        base = self.card.trend.base if self.card.trend is not None else ""
        for number, one in enumerate(found):
            grid.addWidget(label(_day_words(one, base), "small", wrap=True), number, 0)
            words = line_words.spoken(self._session.study, line.state.item, one.answer, line.lists)
            for place, said, role in ((1, words, "value"), (2, self.card.times_of(one.key), "small")):
                value = label(said, role, wrap=place == 1)
                value.setAlignment(right)
                grid.addWidget(value, number, place)
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
        today = step.when[:10] == f"{self._session.clock.now():%Y-%m-%d}"
        self._add(f"{step.when[11:19] if today else step.when[:16]}  {who(step.user, step.name)}", "label")
        if step.kind.startswith("item."):
            old, new = self._value(step.old), self._value(step.new)
            self._add(f"{old} → {new}", "value")
        else:
            self._add(say(f"form.step_{step.kind.replace('.', '_')}"), "value")
        if step.reason:
            self._add(why(step.user, step.reason), "hint")

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


def _day_words(one: Earlier, base: str) -> str:
    """`Day 22`, `Day 1·base`; the visit's name before day 1 and without a day."""
    named = one.day is None or one.day < 0
    words = pick(one.event.name) if named else say("form.day", day=one.day)
    return say("plots.base", day=words) if one.key == base else words


def _in_short(reading: LabReading) -> str:
    """`Suggested grade 3·5.83 × the last visit`."""
    parts = [] if reading.grade is None else [say("plots.grade", grade=reading.grade)]
    if reading.delta is not None and reading.delta.times is not None:
        parts.append(say("plots.change", times=number_text(reading.delta.times)))
    return "·".join(parts)


def _source_words(study: Study, reference: Reference) -> str:
    """Which table a range comes from, and since when it stands there."""
    one = reference.site
    if one is None:
        return say("plots.range_of_study", version=study.version)
    if one.valid_from is None:
        return say("plots.range_of_lab", laboratory=one.laboratory)
    return say("plots.range_since", laboratory=one.laboratory, day=one.valid_from)
