"""A dose at the bedside: five steps, the fields of each, the cards of what runs, and what is due.

It shows a `Dose` (`actions/administration.py`) and does what `actions/administering.py` offers; every answer
goes the one way of a form's entry.  Times are those that were stored, so the page may close and come back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from crf_app.actions import administering
from crf_app.actions.administration import Checker, Dose, PromptView, dose
from crf_app.actions.changes import Changes
from crf_app.actions.form_page import FormPage, form_page
from crf_app.actions.scanning import Scanned
from crf_app.errors import CrfError, ReasonRequired
from crf_app.model.keys import FormKey
from crf_app.ui import style, words
from crf_app.ui.choice_line import ChoiceLine
from crf_app.ui.dose_cards import BagCard, PeopleCard, PromptCard
from crf_app.ui.dose_looks import first_step, step_looks
from crf_app.ui.dose_steps import DoseSteps
from crf_app.ui.dose_timer import TimerCard
from crf_app.ui.form_part import FormPart
from crf_app.ui.key_button import KeyButton
from crf_app.ui.page import Page
from crf_app.ui.parts import column, frame, label, row, scrolled
from crf_app.ui.proof_sheet import ProofSheet
from crf_app.ui.under_row import Content, Option, UnderRow

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_TICK_MS, _CHIME_AGAIN_MS = 1000, 60_000
_PEOPLE, _RUNNING = 2, 3
_FACTS = 4  # lines of the label that are shown


class AdministrationPage(Page):
    """One dose of one subject."""

    rail = "subjects"
    help_topic = "infusion"

    def __init__(self, window: MainWindow, key: FormKey, step: int | None = None) -> None:
        super().__init__(window)
        self.setObjectName("administration_page")
        self.key = key
        self.session = window.session
        self._page: FormPage = form_page(self.session, key)
        self.dose: Dose = dose(self.session, key)
        self.step = step if step is not None else -1
        self.title, self.sub = label("", "page"), label("", "sub", wrap=True)
        self.all = KeyButton("", "Alt ↑")
        self.steps = DoseSteps()
        acts: dict[str, Callable[[], object]] = {
            "start": self.start, "pause": self.ask_pause, "go_on": self.go_on, "stop": self.ask_end,
        }  # fmt: skip
        self.timer, self.bag = TimerCard(acts), BagCard()
        self.people = PeopleCard(self.ask_proof)
        self.prompt = PromptCard(self.take_now, self.ask_reaction)
        self.bar = UnderRow()
        self.which = ChoiceLine("dose_which", {"observations": "", "record": ""}, "observations", kind="tab")
        self.parts: dict[str, FormPart] = {}
        self.fields = QStackedWidget()
        self._again: Callable[[str], object] | None = None  # what a typed reason goes on with
        self._chimed: set[tuple[str, int]] = set()
        self._clock = QTimer(self)
        self._clock.timeout.connect(self.tick)
        self._build()
        self._show()

    def begin(self) -> None:
        """Whose record it is, then the step that is worked on."""
        self.window_.set_subject(self._page.header, words.pick(self._page.visit.definition.name))
        self.go_to_step(self.step if self.step >= 0 else first_step(self._page, self.dose))
        self._clock.start(_TICK_MS)

    def made_anew(self) -> AdministrationPage:
        """The same page for another version of the study."""
        return AdministrationPage(self.window_, self.key, self.step)

    def leave(self) -> None:
        self._clock.stop()
        for part in self.parts.values():
            part.leave()

    def hideEvent(self, event: QHideEvent) -> None:
        if not event.spontaneous():
            self._clock.stop()
        super().hideEvent(event)

    def refresh(self, changes: Changes | None = None) -> None:
        """Read again; the fields that are there keep what is typed and the cursor."""
        if (
            changes is not None
            and changes.keys
            and not any(one.startswith(f"{self.key.subject}/") for one in changes.keys)
        ):
            return
        self._page, self.dose = form_page(self.session, self.key), dose(self.session, self.key)
        self.window_.set_subject(self._page.header, words.pick(self._page.visit.definition.name))
        self._show()
        self._show_fields()

    # steps

    def go_to_step(self, step: int) -> None:
        """Show one of the five; the cursor goes where its work begins."""
        if step != self.step and self._part is not None:
            self._part.leave()
        self.step = step
        self._show()
        self._show_fields()
        if step == _PEOPLE and self.people.buttons:
            self.people.buttons[0].setFocus()
        elif step == _RUNNING and self.dose.started is None and self.timer.start.isVisibleTo(self):
            self.timer.start.setFocus()
        elif self._part is not None:
            self._part.focus_first()

    @property
    def _name(self) -> str:
        """Which fields stand below: those of the step, or the observations while it runs and after."""
        kinds = [name for name, _ in self.dose.said.steps]
        observing = (
            self.step >= _RUNNING and self.dose.observed is not None and self.which.code == "observations"
        )
        return "observations" if observing else kinds[max(self.step, 0)]

    @property
    def _part(self) -> FormPart | None:
        return self.parts.get(self._name)

    def _show_fields(self) -> None:
        name = self._name
        part = self.parts.get(name)
        if part is None:
            part = self.parts[name] = self._make_part(name)
            self.fields.addWidget(part)
        observed = self.dose.observed
        observing = name == "observations" and observed is not None
        part.show_page(
            form_page(self.session, observed) if observing and observed is not None else self._page
        )
        self.fields.setCurrentWidget(part)
        self.fields_card.setVisible(self.step != _PEOPLE)

    def _make_part(self, name: str) -> FormPart:
        said = self.dose.said
        groups = (said.observed or "",) if name == "observations" else dict(said.steps)[name]
        return FormPart(self.window_, groups, self._saved, self.notice.refuse, self._at_end)

    def _at_end(self, by: int) -> None:
        """Enter in the last field goes on to the next step, as far as the start."""
        if by > 0 and self.step < _RUNNING:
            self.go_to_step(self.step + 1)
        elif by < 0 < self.step < _RUNNING:
            self.go_to_step(self.step - 1)
        else:
            self.setFocus()

    def _saved(self, changes: Changes) -> None:
        self.notice.clear()
        if changes.at:
            self.window_.say_saved(changes)
        else:
            self.refresh()

    # what is done

    def on_scan(self, scanned: Scanned) -> bool:
        """The label of a bag: looked at first, entered if it fits."""
        if scanned.kind != "product":
            return False
        self._take_product(scanned, None)
        return True

    def _take_product(self, scanned: Scanned, reason: str | None) -> None:
        """Another label than the one that is recorded wants a reason."""
        try:
            changes = administering.take_product(self.session, self.key, scanned.parts, reason)
        except ReasonRequired as refusal:
            self._again = lambda words_: self._take_product(scanned, words_)
            ask = words.say("form.reason_text")
            self._ask(Content("edited", words.pick(refusal.texts), ask="again", ask_words=ask))
            return
        except CrfError as refusal:
            self.notice.refuse(refusal, "hard")
            return
        self._saved(changes)
        self.go_to_step(1)
        self.notice.say(words.both("dose.bag_taken"), "ok")

    def start(self) -> None:
        """The dose starts; from then on the letters on the buttons act."""
        self._act(lambda: administering.start_now(self.session, self.key))
        if self.dose.started is not None:
            self.setFocus()

    def go_on(self) -> None:
        self._act(lambda: administering.go_on(self.session, self.key))

    def ask_pause(self) -> None:
        """The reasons of an interruption; a letter or a digit picks one."""
        if self.dose.said.pause is None or not self.timer.pause.isVisibleTo(self):
            return
        item = self._page.form.items[self.dose.said.pause[3]]
        codes = self._page.study.offered_lists[item.code_list or ""].items
        options = tuple(
            Option(f"pause:{one.coded_value}", words.pick(one.decode), str(n))
            for n, one in enumerate(codes, 1)
        )
        time = f"{self.window_.clock.now():%H:%M}"
        self._ask(Content("edited", words.say("dose.pause_why", time=time), options=options, letters=True))

    def ask_end(self) -> None:
        """One key opens the question, a second one ends it."""
        if self.timer.stop.isVisibleTo(self):
            time = f"{self.window_.clock.now():%H:%M}"
            option = Option("end", words.say("dose.end_yes"), "1")
            self._ask(Content("soft", words.say("dose.end_sure", time=time), options=(option,), letters=True))

    def ask_reaction(self) -> None:
        if self.prompt.react.isVisibleTo(self):
            option = Option("react", words.say("dose.reaction_yes"), "1")
            self._ask(Content("hard", words.say("dose.reaction_sure"), options=(option,), letters=True))

    def ask_proof(self, one: Checker) -> None:
        """The sheet of an own password; the first check is offered to who is at work."""
        first = self.session.user if all(not other.user for other in self.dose.checkers) else ""
        label_ = self._page.header.label
        self.window_.show_sheet(ProofSheet(self.window_, one.key, one.question, label_, self._proven, first))

    def _proven(self, changes: Changes) -> None:
        self._saved(changes)
        if self.step == _PEOPLE:
            self.go_to_step(_PEOPLE if self.people.buttons else _RUNNING)

    def take_now(self) -> None:
        """To the row of the observations that is due."""
        prompt, said = self._next(), self.dose.said
        self.which.choose("observations")
        self.go_to_step(max(self.step, _RUNNING))
        if prompt is not None and self._part is not None and self.dose.observed is not None:
            shown = self._part.shown
            stops = (
                [one.key.local for one in shown.lines if one.key.group == f"{said.observed}~{prompt.row}"]
                if shown
                else []
            )
            if stops:
                self._part.go_to(stops[0])

    def _chosen(self, name: str, text: str) -> None:
        self._close_bar()
        if name == "again" and self._again is not None:
            again, self._again = self._again, None
            again(text)
            return
        kind, _, code = name.partition(":")
        if kind == "pause":
            self._act(lambda: administering.pause(self.session, self.key, code))
        elif kind == "end":
            self._act(lambda: administering.end_now(self.session, self.key), step=4)
        elif kind == "react":
            self._react()

    def _react(self) -> None:
        try:
            log, part = administering.record_reaction(self.session, self.key)
        except CrfError as refusal:
            self.notice.refuse(refusal)
            return
        self.window_.show_row(log, part)

    def _act(self, action: Callable[[], Changes], step: int | None = None) -> None:
        self.notice.clear()
        try:
            changes = action()
        except CrfError as refusal:
            self.notice.refuse(refusal, "hard")
            return
        self._saved(changes)
        if step is not None and step != self.step:
            self.go_to_step(step)

    def _ask(self, content: Content) -> None:
        self.bar.show_content(content)
        self.bar.take_focus()

    def _close_bar(self) -> None:
        self.bar.show_content(None)
        self.setFocus()

    # showing

    def tick(self) -> None:
        """What runs: once a second, from the stored times."""
        now = self.window_.clock.now()
        prompt = self._next()
        self.timer.tick(self.dose, now)
        if prompt is not None and prompt.due is not None and prompt.state == "waiting" and prompt.due <= now:
            self.dose = dose(self.session, self.key)
            prompt = self._next()
            self._show()
        self.prompt.tick(prompt, now)
        self._chime(prompt)

    def _next(self) -> PromptView | None:
        return self.dose.next_prompt()

    def _chime(self, prompt: PromptView | None) -> None:
        """Once when it is due, once more a minute later."""
        now = self.window_.clock.now()
        if prompt is None or prompt.due is None or prompt.due > now or self.window_.locked:
            return
        passed = int((now - prompt.due).total_seconds() * 1000)
        mark = (prompt.row, 0 if passed < _CHIME_AGAIN_MS else 1)
        if mark not in self._chimed and passed < 2 * _CHIME_AGAIN_MS:
            self._chimed.add(mark)
            QApplication.beep()

    def _show(self) -> None:
        page, now = self._page, self.window_.clock.now()
        name = words.pick(page.form.short_name or page.form.name)
        key = "dose.title" if self.dose.number else "dose.title_plain"
        self.title.setText(words.say(key, form=name, number=self.dose.number, planned=self.dose.planned))
        self.setAccessibleName(self.title.text())
        self.sub.setText(words.say("dose.sub", visit=words.pick(page.visit.definition.name)))
        may = "enter" in page.may
        lines = {line.key.item: line for line in page.lines}
        product = [
            line
            for line in page.lines
            if line.key.group_oid in self.dose.said.product and line.state.collected
        ]
        self.steps.show_steps(step_looks(page, self.dose), self.step)
        self.timer.show_dose(self.dose, lines, may=may)
        self.timer.tick(self.dose, now)
        self.bag.show_lines(product, page.header.label, page.study, _FACTS)
        self.people.show_people(self.dose.checkers, may=may)
        self.prompt.show_dose(self.dose, may=may)
        self.prompt.tick(self._next(), now)
        self.timer.setVisible(self.step >= _RUNNING)
        self.prompt.setVisible(self.step >= _RUNNING)
        self.people.setVisible(self.step in (_PEOPLE, _RUNNING))
        self.bag.setVisible(self.step in (1, _PEOPLE, _RUNNING))
        self.which.setVisible(self.step >= _RUNNING and self.dose.observed is not None)
        if page.closed is not None:
            self.notice.say({"en": page.closed.en, "zh": page.closed.zh}, "soft")

    def retranslate(self) -> None:
        for part in (self.timer, self.people, self.prompt):
            part.retranslate()
        for shown in self.parts.values():
            shown.relabel()
        self.all.set_words(words.say("dose.all"))
        self.which.name({one: words.say(f"dose.{one}") for one in ("observations", "record")})
        super().retranslate()

    # keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        alt = event.modifiers() == Qt.KeyboardModifier.AltModifier
        key = Qt.Key(event.key())
        letters: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key.Key_P: self.go_on if self.dose.paused_since is not None else self.ask_pause,
            Qt.Key.Key_S: self.ask_end if self.dose.started is not None else self.start,
            Qt.Key.Key_R: self.ask_reaction,
            Qt.Key.Key_T: self.take_now,
        }
        if alt and Qt.Key.Key_1 <= key <= Qt.Key.Key_5:
            self.go_to_step(key - Qt.Key.Key_1)
        elif key in letters and (alt or not event.modifiers()) and (alt or self.dose.started is not None):
            letters[key]()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            here = QApplication.focusWidget()
            click = getattr(here, "click", None)
            if click is not None:
                click()
        else:
            super().keyPressEvent(event)

    def show_all(self) -> None:
        """Every question of the form, on its own page."""
        self.window_.show_form(self.key)

    # how it is put together

    def _build(self) -> None:
        now = style.current()
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.all.setObjectName("dose_all")
        self.all.clicked.connect(self.show_all)
        QShortcut(QKeySequence("Alt+Up"), self).activated.connect(self.show_all)
        self.steps.chosen.connect(self.go_to_step)
        self.bar.chosen.connect(self._chosen)
        self.bar.given_up.connect(self._close_bar)
        self.which.chosen.connect(lambda _: self.go_to_step(self.step))
        box, head = column(8), row(12)
        box.setContentsMargins(*(now.px(one) for one in (24, 8, 24, 10)))
        lines = column(0)
        lines.addWidget(self.title)
        lines.addWidget(self.sub)
        head.addLayout(lines, 1)
        head.addWidget(self.all)
        box.addLayout(head)
        box.addWidget(self.steps)
        box.addWidget(self.notice)
        box.addWidget(self.bar)
        box.addLayout(self._cards())
        below = column(0)
        below.addWidget(self.which)
        below.addWidget(self.fields, 1)
        below.setContentsMargins(now.px(4), now.px(2), now.px(4), now.px(4))
        self.fields_card: QWidget = frame("card", below)
        self.fields_card.setMinimumHeight(now.px(214))
        box.addWidget(self.fields_card, 1)
        page = column(0)
        page.addWidget(scrolled(box))
        self.setLayout(page)
        self.retranslate()

    def _cards(self) -> QHBoxLayout | QVBoxLayout:
        """Time, label and people, what is due: side by side where there is room."""
        compact = style.current().compact
        line: QHBoxLayout | QVBoxLayout = column(12) if compact else row(12)
        middle = column(8)
        middle.addWidget(self.bag)
        middle.addWidget(self.people)
        line.addWidget(self.timer, 6)
        line.addLayout(middle, 7)
        line.addWidget(self.prompt, 7)
        return line
