"""What is done while a dose is given: bag, two people, start, interruption, end, a reaction.

Each is one action of `actions/dose/administering.py`; a second key or a reason is asked for in the bar of
the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crf_app.actions.changes import Changes
from crf_app.actions.dose import administering
from crf_app.actions.dose.administration import Checker
from crf_app.actions.notes import NotePlace
from crf_app.actions.scanning import Scanned
from crf_app.errors import CrfError, ReasonRequired
from crf_app.ui import words
from crf_app.ui.dose.proof_sheet import ProofSheet
from crf_app.ui.form.under_row import Content, Option
from crf_app.ui.typed.drafts import drafts_of

if TYPE_CHECKING:
    from crf_app.ui.pages.administration import AdministrationPage
    from crf_app.ui.typed.notes import Notes

PRODUCT, PEOPLE, RUNNING, AFTER = 1, 2, 3, 4


class AdministrationActs:
    """The acts of one page of a dose."""

    def __init__(self, page: AdministrationPage) -> None:
        self._page = page
        self._again: Callable[[str], object] | None = None  # what a typed reason goes on with
        self._place: NotePlace | None = None  # where that reason is kept while it is typed
        page.bar.chosen.connect(self._chosen)
        page.bar.writing.connect(self._written)
        page.bar.given_up.connect(self._give_up)

    def take_product(self, scanned: Scanned, reason: str | None = None) -> None:
        """The label of a bag; another one than is recorded wants a reason."""
        page = self._page
        try:
            changes = administering.take_product(page.session, page.key, scanned.parts, reason)
        except ReasonRequired as refusal:
            self._again = lambda words_: self.take_product(scanned, words_)
            self._ask_reason(NotePlace("bar", page.key.subject, page.key.path, "product"), refusal)
            return
        except CrfError as refusal:
            page.notice.refuse(refusal, "hard")
            return
        self._reason_stored()
        page.on_saved(changes)
        page.go_to_step(PRODUCT)
        page.notice.say(words.both("dose.bag_taken"), "ok")

    def _ask_reason(self, place: NotePlace, refusal: ReasonRequired) -> None:
        """What was typed for it before comes back, also after a stop: then the scan asks for it again."""
        notes, self._place = self._notes, place
        ask = words.say("form.reason_text")
        self._ask(Content("edited", words.pick(refusal.texts), ask="again", ask_words=ask))
        if (noted := notes.at(place)) is not None:
            self._page.bar.give_back(noted.text, notes.said(place))

    @property
    def _notes(self) -> Notes:
        return drafts_of(self._page.window_).notes

    def _written(self, _ask: str, text: str) -> None:
        if self._place is not None:
            self._notes.typing(self._place, text)

    def _reason_stored(self) -> None:
        """Or given up."""
        if self._place is not None:
            self._notes.done(self._place)
            self._place = None

    def start(self) -> None:
        """The dose starts; from then on the letters on the buttons act."""
        page = self._page
        self._act(lambda: administering.start_now(page.session, page.key))
        if page.dose.started is not None:
            page.setFocus()

    def go_on(self) -> None:
        page = self._page
        self._act(lambda: administering.go_on(page.session, page.key))

    def ask_pause(self) -> None:
        """The reasons of an interruption; a letter or a digit picks one."""
        page = self._page
        if page.dose.said.pause is None or not page.timer.pause.isVisibleTo(page):
            return
        item = page.shown.form.items[page.dose.said.pause[3]]
        codes = page.shown.study.offered_lists[item.code_list or ""].items
        options = tuple(
            Option(f"pause:{one.coded_value}", words.pick(one.decode), str(n))
            for n, one in enumerate(codes, 1)
        )
        time = f"{page.window_.clock.now():%H:%M}"
        self._ask(Content("edited", words.say("dose.pause_why", time=time), options=options, letters=True))

    def ask_end(self) -> None:
        """One key opens the question, a second one ends it."""
        page = self._page
        if page.timer.stop.isVisibleTo(page):
            time = f"{page.window_.clock.now():%H:%M}"
            option = Option("end", words.say("dose.end_yes"), "1")
            self._ask(Content("soft", words.say("dose.end_sure", time=time), options=(option,), letters=True))

    def ask_reaction(self) -> None:
        page = self._page
        if page.prompt.react.isVisibleTo(page):
            option = Option("react", words.say("dose.reaction_yes"), "1")
            self._ask(Content("hard", words.say("dose.reaction_sure"), options=(option,), letters=True))

    def ask_proof(self, one: Checker) -> None:
        """The sheet of an own password; the first check is offered to who is at work."""
        page = self._page
        first = page.session.user if all(not other.user for other in page.dose.checkers) else ""
        label = page.shown.header.label
        page.window_.show_sheet(ProofSheet(page.window_, one.key, one.question, label, self._proven, first))

    def _proven(self, changes: Changes) -> None:
        page = self._page
        page.on_saved(changes)
        if page.step == PEOPLE:
            page.go_to_step(PEOPLE if page.people.buttons else RUNNING)

    def _chosen(self, name: str, text: str) -> None:
        page = self._page
        self._close_bar()
        if name == "again" and self._again is not None:
            again, self._again = self._again, None
            again(text)
            return
        kind, _, code = name.partition(":")
        if kind == "pause":
            self._act(lambda: administering.pause(page.session, page.key, code))
        elif kind == "end":
            self._act(lambda: administering.end_now(page.session, page.key), step=AFTER)
        elif kind == "react":
            self._react()

    def _react(self) -> None:
        page = self._page
        try:
            log, part = administering.record_reaction(page.session, page.key)
        except CrfError as refusal:
            page.notice.refuse(refusal)
            return
        page.window_.show_row(log, part)

    def _act(self, action: Callable[[], Changes], step: int | None = None) -> None:
        page = self._page
        page.notice.clear()
        try:
            changes = action()
        except CrfError as refusal:
            page.notice.refuse(refusal, "hard")
            return
        page.on_saved(changes)
        if step is not None and step != page.step:
            page.go_to_step(step)

    def _ask(self, content: Content) -> None:
        self._page.bar.show_content(content)
        self._page.bar.take_focus()

    def _give_up(self) -> None:
        self._reason_stored()
        self._close_bar()

    def _close_bar(self) -> None:
        self._page.bar.show_content(None)
        self._page.setFocus()
