"""A dose at the bedside: five steps, the fields of each, the cards of what runs, and what is due.

It shows a `Dose` and does what `actions/dose/administering.py` offers; every answer goes the one way of a
form's entry.  Times are those that were stored, so the page may close and come back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from crf_app.actions.changes import Changes
from crf_app.actions.dose.administration import Dose, PromptView, dose
from crf_app.actions.form_page import FormPage, form_page
from crf_app.actions.scanning import Scanned
from crf_app.model.keys import FormKey
from crf_app.ui import style, words
from crf_app.ui.dose.dose_cards import BagCard, PeopleCard, PromptCard, WatchCard
from crf_app.ui.dose.dose_looks import first_step, step_looks
from crf_app.ui.dose.dose_observations import Observations
from crf_app.ui.dose.dose_steps import DoseSteps
from crf_app.ui.dose.dose_timer import TimerCard
from crf_app.ui.form.form_part import FormPart
from crf_app.ui.form.item_row import ItemRow
from crf_app.ui.form.under_row import UnderRow
from crf_app.ui.page import Page
from crf_app.ui.pages.administration_acts import PEOPLE, PRODUCT, RUNNING, AdministrationActs
from crf_app.ui.widgets.choice_line import ChoiceLine
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.parts import column, frame, label, row, scrolled

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_TICK_MS, _CHIME_AGAIN_MS = 1000, 60_000
_FACTS = 4  # lines of the label that are shown


class _Room(QFrame):
    """What the cards leave of the page: the fields scroll in it, and time, bag and people stay in sight."""

    def __init__(self, content: QVBoxLayout) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self.setLayout(content)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)

    def hasHeightForWidth(self) -> bool:
        return False


class AdministrationPage(Page):
    """One dose of one subject."""

    rail = "subjects"
    help_topic = "infusion"

    def __init__(self, window: MainWindow, key: FormKey, step: int | None = None) -> None:
        super().__init__(window)
        self.setObjectName("administration_page")
        self.key = key
        self.session = window.session
        self.shown: FormPage = form_page(self.session, key)
        self.dose: Dose = dose(self.session, key)
        self.step = step if step is not None else -1
        self.title, self.sub = label("", "page"), label("", "sub", wrap=True)
        self.all = KeyButton("", "Alt ↑")
        self.steps = DoseSteps()
        self.bar = UnderRow()
        self.acts = do = AdministrationActs(self)
        acts: dict[str, Callable[[], object]] = {
            "start": do.start, "pause": do.ask_pause, "go_on": do.go_on, "stop": do.ask_end,
        }  # fmt: skip
        self.timer, self.bag = TimerCard(acts), BagCard()
        self.people = PeopleCard(do.ask_proof)
        self.prompt = PromptCard(self.take_now, do.ask_reaction)
        self.watch = WatchCard()
        self.which = ChoiceLine("dose_which", {"observations": "", "record": ""}, "observations", kind="tab")
        self.parts: dict[str, FormPart] = {}
        self.fields = QStackedWidget()
        self._chimed: set[tuple[str, int]] = set()
        self._clock = QTimer(self)
        self._clock.timeout.connect(self.tick)
        self._build()
        self._show()

    def begin(self) -> None:
        """Whose record it is, then the step that is worked on."""
        self.window_.set_subject(self.shown.header, words.pick(self.shown.visit.definition.name))
        self.go_to_step(self.step if self.step >= 0 else first_step(self.shown, self.dose))
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
        self.shown, self.dose = form_page(self.session, self.key), dose(self.session, self.key)
        self.window_.set_subject(self.shown.header, words.pick(self.shown.visit.definition.name))
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
        if step == PEOPLE and self.people.buttons:
            self.people.buttons[0].setFocus()
        elif step == RUNNING and self.dose.started is None and self.timer.start.isVisibleTo(self):
            self.timer.start.setFocus()
        elif self._part is not None:
            self._part.focus_first()

    @property
    def _name(self) -> str:
        """Which fields stand below: those of the step, or the observations while it runs and after."""
        kinds = [name for name, _ in self.dose.said.steps]
        observing = (
            self.step >= RUNNING and self.dose.observed is not None and self.which.code == "observations"
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
            part.reached.connect(self._show_reached)
            self.fields.addWidget(part)
        observed = self.dose.observed
        if isinstance(part, Observations) and observed is not None:
            part.show_dose(self.dose, form_page(self.session, observed))
        else:
            part.show_page(self.shown)
        self.fields.setCurrentWidget(part)
        self.fields_card.setVisible(self.step != PEOPLE)

    def _make_part(self, name: str) -> FormPart:
        said = self.dose.said
        hooks = (self.on_saved, self.notice.refuse, self._at_end)
        if name == "observations":
            return Observations(self.window_, said.observed or "", *hooks)
        return FormPart(self.window_, dict(said.steps)[name], *hooks)

    def _show_reached(self, row: ItemRow) -> None:
        """Where the window is low the whole page scrolls: the field and what follows come into sight."""
        below = style.current().px(60)
        QTimer.singleShot(0, row, lambda: self._scroll.ensureWidgetVisible(row.input, 0, below))

    def _at_end(self, by: int) -> None:
        """Enter in the last field goes on to the next step, as far as the start."""
        if by > 0 and self.step < RUNNING:
            self.go_to_step(self.step + 1)
        elif by < 0 < self.step < RUNNING:
            self.go_to_step(self.step - 1)
        else:
            self.setFocus()

    def on_saved(self, changes: Changes) -> None:
        """After each commit of this page or of its fields."""
        self.notice.clear()
        if changes.at:
            self.window_.say_saved(changes)
        else:
            self.refresh()

    def on_scan(self, scanned: Scanned) -> bool:
        """The label of a bag: looked at first, entered if it fits."""
        if scanned.kind != "product":
            return False
        self.acts.take_product(scanned)
        return True

    def take_now(self) -> None:
        """To the row of the observations that is due."""
        prompt = self._next()
        self.which.choose("observations")
        self.go_to_step(max(self.step, RUNNING))
        if prompt is not None and isinstance(self._part, Observations):
            self._part.go_to_row(prompt.row)

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
        page, now = self.shown, self.window_.clock.now()
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
        self.watch.show_dose(self.dose)
        running = self.step >= RUNNING
        self.bag.set_small(small=running)
        self.people.set_small(small=running)
        for card in (self.timer, self.prompt):
            card.setVisible(running)
        self.watch.setVisible(running and bool(self.dose.watch))
        self.people.setVisible(self.step in (PEOPLE, RUNNING))
        self.bag.setVisible(self.step in (PRODUCT, PEOPLE, RUNNING))
        self.which.setVisible(self.step >= RUNNING and self.dose.observed is not None)
        if page.closed is not None:
            self.notice.say({"en": page.closed.en, "zh": page.closed.zh}, "soft")

    def retranslate(self) -> None:
        for part in (self.timer, self.people, self.prompt, self.watch):
            part.retranslate()
        for shown in self.parts.values():
            shown.relabel()
        self.all.set_words(words.say("dose.all"))
        self.which.name({one: words.say(f"dose.{one}") for one in ("observations", "record")})
        super().retranslate()

    # keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        alt = event.modifiers() == Qt.KeyboardModifier.AltModifier
        key, do = Qt.Key(event.key()), self.acts
        letters: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key.Key_P: do.go_on if self.dose.paused_since is not None else do.ask_pause,
            Qt.Key.Key_S: do.ask_end if self.dose.started is not None else do.start,
            Qt.Key.Key_R: do.ask_reaction,
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
        self.which.chosen.connect(lambda _: self.go_to_step(self.step))
        box, head = column(8), row(12)
        box.setContentsMargins(*(now.px(one) for one in (24, 8, 24, 10)))
        head.addWidget(self.title)
        head.addWidget(self.sub, 1)
        if now.compact:
            self.sub.hide()
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
        self.fields_card: QWidget = frame("card", below) if now.compact else _Room(below)
        self.fields_card.setMinimumHeight(now.px(214))
        box.addWidget(self.fields_card, 1)
        page = column(0)
        self._scroll = scrolled(box)
        page.addWidget(self._scroll)
        self.setLayout(page)
        self.retranslate()

    def _cards(self) -> QHBoxLayout | QVBoxLayout:
        """Time, label and people, what is due: side by side where there is room."""
        compact = style.current().compact
        line: QHBoxLayout | QVBoxLayout = column(12) if compact else row(12)
        middle = column(8)
        middle.addWidget(self.bag)
        middle.addWidget(self.people)
        middle.addWidget(self.watch, 1)
        line.addWidget(self.timer, 6)
        line.addLayout(middle, 7)
        line.addWidget(self.prompt, 7)
        return line
