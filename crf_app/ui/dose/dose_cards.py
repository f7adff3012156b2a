"""The cards of a dose beside its time: the label, the people who checked, what is due, what to watch for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from crf_app.actions.dose.administration import Checker, Dose, PromptView
from crf_app.actions.form_page import Line
from crf_app.model.definition import Study
from crf_app.ui import style, words
from crf_app.ui.dose.dose_timer import Card, clock_text, span_words
from crf_app.ui.form import line_words
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.rail import face
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.parts import button, clear, column, frame, label, picture, row


class BagCard(Card):
    """What the label says, item by item, each with whether something about it is open."""

    def __init__(self) -> None:
        super().__init__("dose_bag")
        self.title, self._facts = label("", "card", wrap=True), QGridLayout()
        head = row(10)
        head.addWidget(picture("scan", "ok", 22), 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.title, 1)
        self.box.addLayout(head)
        self._place = QWidget()
        self._place.setLayout(self._facts)
        self._facts.setContentsMargins(0, 0, 0, 0)
        self.box.addWidget(self._place)
        self.box.addStretch(1)

    def set_small(self, *, small: bool) -> None:
        """Its name alone: once the dose runs the bag was looked at, and its answers are one step away."""
        self._place.setVisible(not small)
        self.set_low(self.title, low=small)

    def show_lines(self, lines: list[Line], subject: str, study: Study, most: int) -> None:
        """The answers of the product; the loudest finding names the card."""
        clear(self._facts)
        shown = [one for one in lines if not one.state.answer.empty]
        hard = any(one.status == "hard" for one in lines)
        state = "bag_hard" if hard else "bag_fits" if shown else "bag_not"
        self.title.setText(words.say(f"dose.{state}", label=subject))
        style.set_state(self.title, "hard" if hard else "")
        for n, line in enumerate(sorted(shown, key=_loudness)[:most]):
            good = line.status in ("saved", "derived", "locked", "answered")
            icon, colour = ("check", "ok") if good else ("hard" if line.status == "hard" else "soft",) * 2
            text = line_words.spoken(study, line.state.item, line.state.answer, line.lists)
            unit = shown_unit(line.state.item.unit)
            self._facts.addWidget(label(words.pick(line.state.item.question), "small", wrap=True), n, 0)
            self._facts.addWidget(picture(icon, colour, 16), n, 1)
            self._facts.addWidget(label(f"{text} {unit}".strip(), "small", colour if not good else ""), n, 2)
        self._facts.setColumnStretch(2, 1)


def _loudness(line: Line) -> int:
    """What needs a look first, then what the label says in numbers and times."""
    if line.status in ("hard", "soft", "query", "conflict"):
        return 0
    return (
        1
        if line.state.item.data_type in ("decimal", "integer", "datetime") and not line.state.item.derived
        else 2
    )


class PeopleCard(Card):
    """The people who confirmed, and a button for who is missing; `confirm(checker)` opens the sheet."""

    def __init__(self, confirm: Callable[[Checker], object]) -> None:
        super().__init__("dose_people")
        self._confirm = confirm
        self._shown: tuple[tuple[Checker, ...], bool, bool, str] | None = None
        self._lines, self._small = column(4), False
        self.buttons: list[QPushButton] = []
        self.title, head = label("", "card", wrap=True), row(10)
        head.addWidget(picture("subjects", "ok", 22), 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.title, 1)
        self.box.addLayout(head)
        self.box.addLayout(self._lines)
        self.box.addStretch(1)

    def set_small(self, *, small: bool) -> None:
        """One line of names once both have confirmed and the dose runs."""
        self._small = small
        self.set_low(self.title, low=small)

    def show_people(self, checkers: tuple[Checker, ...], *, may: bool) -> None:
        """The same people again change nothing: the cursor stays on its button."""
        small = self._small and all(one.user for one in checkers)
        shown = (checkers, may, small, words.language())
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._lines)
        self.buttons = []
        names = ", ".join(one.name for one in checkers)
        self.title.setText(
            words.say("dose.people_small", people=names) if small else words.say("dose.people")
        )
        if small:
            return
        for one in checkers:
            self._lines.addLayout(self._line(one, may=may))
        for made in self.buttons:
            made.show()  # at once: a button that is shown later takes the cursor later, and a key goes astray

    def _line(self, one: Checker, *, may: bool) -> QGridLayout:
        line = QGridLayout()
        line.setColumnStretch(1, 1)
        line.setVerticalSpacing(0)
        question = words.pick(one.question)
        if one.user:
            round_ = label()
            round_.setPixmap(face(one.name))
            line.addWidget(round_, 0, 0, 2, 1)
            role = words.say(f"role.{one.role}")
            line.addWidget(label(words.say("queries.by", name=one.name, role=role), "value", wrap=True), 0, 1)
            line.addWidget(label(words.say("dose.confirmed", time=one.at), "small"), 1, 1)
            line.addWidget(picture("done", "ok", 20), 0, 2, 2, 1)
            return line
        line.addWidget(picture("todo", "text2", 20), 0, 0, 2, 1)
        line.addWidget(label(question, "value", wrap=True), 0, 1)
        line.addWidget(label(words.say("dose.waits"), "small"), 1, 1)
        if may:
            made = button(words.say("dose.confirm"), "" if self.buttons else "primary")
            made.clicked.connect(lambda _checked=False, one=one: self._confirm(one))
            made.setAccessibleName(f"{words.say('dose.confirm')} {question}")
            made.setObjectName(f"confirm_{len(self.buttons)}")
            self.buttons.append(made)
            line.addWidget(made, 0, 2, 2, 1)
        return line


class WatchCard(Card):
    """What to watch for: a check of the study in words.  It asks, it does not order."""

    def __init__(self) -> None:
        super().__init__("dose_watch")
        self.title, self._lines, self.asks = (
            label("", "value", wrap=True),
            column(3),
            label("", "hint", wrap=True),
        )
        self.box.addWidget(self.title)
        self.box.addLayout(self._lines)
        self.box.addWidget(self.asks)
        self.box.addStretch(1)
        self.speak(self.asks.setText, "dose.asks")
        self._shown: tuple[object, ...] = ()

    def show_dose(self, dose: Dose) -> None:
        shown = (dose.watch, words.language())
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._lines)
        self.title.setText(words.say("dose.watch", check=dose.said.watch))
        for one in dose.watch:
            line = row(6)
            line.addWidget(label("•", "small"), 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(label(words.pick(one), "small", wrap=True), 1)
            self._lines.addLayout(line)


class PromptCard(Card):
    """The next observation with its time, and the way to a reaction."""

    def __init__(self, take: Callable[[], object], react: Callable[[], object]) -> None:
        super().__init__("dose_prompt")
        self.name, self.due, self.chime = (
            label("", "card", wrap=True),
            label("", "small"),
            label("", "hint", wrap=True),
        )
        self.take, self.react = KeyButton("", "T"), KeyButton("", "R")
        self.take.setProperty("kind", "primary")
        self.take.clicked.connect(lambda: take())
        self.take.setObjectName("dose_take")
        self.react.setObjectName("dose_react")
        self.react.setProperty("kind", "stop")
        self.react.clicked.connect(lambda: react())
        line, said = row(10, 12), column(2)
        self._icon = picture("clock", "accent", 22)
        for widget in (self.name, self.due, self.chime):
            said.addWidget(widget)
        line.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(said, 1)
        line.addWidget(self.take)
        self.ground = frame("tinted", line)
        self.box.addWidget(self.ground)
        self.box.addStretch(1)
        self.box.addWidget(self.react)
        self.speak(self.chime.setText, "dose.chime")

    def show_dose(self, dose: Dose, *, may: bool) -> None:
        self.react.setVisible(may and dose.started is not None and bool(dose.said.reaction_log))
        self.take.setVisible(may)

    def tick(self, prompt: PromptView | None, now: datetime) -> None:
        """What is due; amber and with words once it is late."""
        late = (
            prompt is not None and prompt.due is not None and now > prompt.due and prompt.state == "overdue"
        )
        self.ground.setProperty("kind", "soft" if late else "tinted")
        style.set_state(self.due, "soft" if late else "")
        self.ground.style().unpolish(self.ground)
        self.ground.style().polish(self.ground)
        if prompt is None or prompt.due is None:
            self.name.setText(words.say("dose.none_due"))
            self.due.setText("")
            return
        self.name.setText(words.say("dose.next", name=words.pick(prompt.name)))
        time, left = f"{prompt.due:%H:%M}", prompt.due - now
        if left > timedelta(0):
            text = words.say(
                "dose.due",
                time=time,
                left=clock_text(left)[-5:] if left < timedelta(hours=1) else span_words(left),
            )
        elif late:
            text = words.say("dose.overdue", time=time, left=span_words(-left))
        else:
            text = words.say("dose.due_now", time=time)
        self.due.setText(text)

    def retranslate(self) -> None:
        super().retranslate()
        self.react.set_words(words.say("dose.reaction"))
        self.take.set_words(words.say("dose.take"))
