"""What a person does in a field becomes an action: enter, give a reason, no value, answer, ask, resolve.

The one place of the form page that changes data.  A refusal never takes the text away: it stays in its field,
marked "not saved", with the sentence under it, and goes back only to the record in which it was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from crf_app.actions.changes import Changes
from crf_app.actions.enter_data import enter_value, mark_missing, resolve
from crf_app.actions.findings import answer_finding
from crf_app.actions.notes import NotePlace
from crf_app.actions.proposals import log_name, may_propose
from crf_app.actions.queries import answer_query, open_query
from crf_app.errors import Busy, CrfError, NotAllowed, ReasonRequired, StorageError
from crf_app.model.definition import Study
from crf_app.model.keys import ItemKey
from crf_app.model.workflow import Step
from crf_app.ui import trace
from crf_app.ui.form.item_row import ItemRow
from crf_app.ui.form.under_content import (
    OTHER,
    Asking,
    Pending,
    Rights,
    change_words,
    content,
    finding_words,
    unsettled,
)
from crf_app.ui.form.under_row import Content
from crf_app.ui.form.unit_words import split_unit
from crf_app.ui.typed.drafts import Drafts
from crf_app.ui.typed.kept_texts import KeptTexts
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import FormPage
    from crf_app.actions.session import Session
    from crf_app.ui.form.form_view import FormView


_HABIT = 1.0  # seconds in which an Enter after the key of a choice belongs to that key


class EntryPage(Protocol):
    """What the entry needs of its page."""

    session: Session
    view: FormView
    shown: FormPage | None

    def may_write(self) -> bool:
        """False while the screen is locked or the page goes: typed text is kept, not written."""

    def on_saved(self, changes: Changes) -> None: ...
    def on_entered(self, row: ItemRow) -> None: ...
    def refuse(self, refusal: CrfError) -> None: ...
    def at_end(self, by: int) -> None:
        """Enter in the last field, Shift+Enter in the first."""

    def confirm(self, row: ItemRow) -> None:
        """The sheet in which a person answers by her own password."""


class FormEntry:
    """The host of the rows."""

    def __init__(self, page: EntryPage, drafts: Drafts) -> None:
        self._page, self._drafts = page, drafts
        self._stay: ItemRow | None = None
        self._led: tuple[ItemRow, float] | None = None
        self._head = ""
        self.kept_texts = KeptTexts(page, drafts)
        #: starts a row of a log from the result of a row; None where the page has no such way
        self.propose: Callable[[ItemRow], object] | None = None

    @property
    def study(self) -> Study:
        return self._page.shown.study if self._page.shown is not None else self._page.session.study

    @property
    def may(self) -> frozenset[str]:
        return self._page.shown.may if self._page.shown is not None else frozenset()

    def _rights(self) -> Rights:
        session = self._page.session
        return Rights(
            explain_hard="explain" in self.may,
            answer=session.verdict(Step.ANSWER_QUERY).allowed,
            resolve="resolve" in self.may,
            confirm="enter" in self.may,
        )

    def under(self, row: ItemRow) -> Content | None:
        rights = replace(self._rights(), propose=self._propose_words(row))
        said = content(self.study, row.line, row.pending, row.asking, rights, self._query_text(row))
        return self.kept_texts.under(row, said)

    def _propose_words(self, row: ItemRow) -> str:
        """The button that starts a row from this result; empty where it proposes none."""
        session = self._page.session
        if self.propose is None or not may_propose(session, row.line.state):
            return ""
        return say("proposal.start", form=pick(log_name(session.study)))

    def _query_text(self, row: ItemRow) -> str:
        points = self._page.shown.open_points if self._page.shown is not None else ()
        found = [one.texts["en"] for one in points if one.kind == "query" and one.key == row.key]
        return found[-1] if found else ""

    # sentences that are being typed under a field

    def writing(self, row: ItemRow, ask: str, text: str) -> None:
        self._drafts.notes.typing(self._note(row, ask), text)

    def written(self, row: ItemRow, ask: str) -> tuple[str, str]:
        place = self._note(row, ask)
        noted = self._drafts.notes.at(place)
        return (noted.text, self._drafts.notes.said(place)) if noted is not None else ("", "")

    def _note(self, row: ItemRow, ask: str) -> NotePlace:
        thread = row.line.query.thread if row.line.query is not None and ask == "reply" else ""
        return NotePlace(ask, row.key.subject, row.key.path, thread)

    def _stored(self, row: ItemRow, *asks: str) -> None:
        """What was typed under the field is stored, or given up."""
        for ask in asks:
            self._drafts.notes.done(self._note(row, ask))

    def _ask_again(self) -> None:
        """After the form was built: what was being asked under a field is asked again, with its text."""
        shown = self._page.shown
        places = self._drafts.notes.of(shown.key.subject, shown.key.path) if shown is not None else []
        for place in places:
            row = self._page.view.row(place.path.removeprefix(f"{shown.key.path}/")) if shown else None
            if row is not None and _fits(row, place.what):
                row.asking = "query" if place.what == "query" else "other"
                row.refresh()

    def begin(self) -> None:
        """Another record: nothing of what was asked or typed for the one before is meant any more."""
        self._stay, self._led, self._head = None, None, ""
        self.kept_texts.begin()

    # entering

    def commit(self, row: ItemRow, text: str) -> None:
        if not self._page.may_write():
            row.input.untried()
            return
        trace.mark("edit.done")
        self._stay = None
        value, unit = split_unit(row.line.state.item, text)
        self._try(row, Pending("refused", value, unit or row.unit, None, {}), None)

    def _try(self, row: ItemRow, wanted: Pending, reason: str | None, *, by_itself: bool = False) -> None:
        session, key = self._page.session, row.key
        try:
            with self.kept_texts.settling(key):
                if wanted.missing is not None:
                    changes = mark_missing(session, key, wanted.missing, reason)
                else:
                    changes = enter_value(session, key, wanted.text, wanted.unit, reason)
        except ReasonRequired as refusal:
            self._wait(row, replace(wanted, kind="reason", sentence=refusal.texts), by_itself=by_itself)
        except (StorageError, Busy) as refusal:
            refused = replace(wanted, kind="storage", sentence=refusal.texts, reason=reason or "")
            self._wait(row, refused, by_itself=by_itself)
            self.kept_texts.try_again(self._again)
        except CrfError as refusal:
            refused = replace(wanted, kind="refused", sentence=refusal.texts, readings=_readings(refusal))
            self._wait(row, refused, by_itself=by_itself)
        else:
            trace.mark("edit.durable")
            self._done(row, changes, by_itself=by_itself)

    def _wait(self, row: ItemRow, pending: Pending, *, by_itself: bool) -> None:
        """Not saved: the text stays, what is missing opens under it."""
        row.pending, row.asking = pending, ""
        self.typed(row)
        if not by_itself:
            self._stay = row
        row.refresh()
        if not by_itself:
            self._page.view.show_row(row)

    def _done(self, row: ItemRow, changes: Changes, *, by_itself: bool = False) -> None:
        row.pending, row.asking = None, ""
        row.input.set_text(row.input.text())
        self._stored(row, "change")
        self.kept_texts.saved(row.key, changes)
        self._page.on_saved(changes)
        if unsettled(row.line) and not by_itself:
            self._stay = row
            self._page.view.show_row(row)

    def _again(self) -> None:
        """The disk refused: once more, for what was not changed since."""
        for row in self.kept_texts.to_try_again():
            if row.pending is not None:
                self._try(row, row.pending, row.pending.reason or None, by_itself=True)

    # moving

    def step(self, row: ItemRow, by: int) -> None:
        if self._of_the_key_before(row, by):
            return
        self._save_typed(row)
        if not self._stays(row) and self._go(row, by) is None:
            self._page.at_end(by)

    def picked(self, row: ItemRow) -> None:
        """A first answer by the key of an option: the cursor goes on as with Enter, which may still come."""
        here = row if self._stays(row) else self._go(row, 1)
        self._led = (here, monotonic()) if here is not None else None

    def _of_the_key_before(self, row: ItemRow, by: int) -> bool:
        """Who presses Enter after each choice leaves no question out and passes no finding unread."""
        led, self._led = self._led, None
        return led is not None and by > 0 and led[0] is row and monotonic() - led[1] < _HABIT

    def _stays(self, row: ItemRow) -> bool:
        """Something has just opened under the field: the cursor stays once."""
        stays, self._stay = self._stay, None
        if stays is row:
            row.input.selectAll()
        return stays is row

    def _go(self, row: ItemRow, by: int) -> ItemRow | None:
        target = self._page.view.after(row, by)
        if target is not None:
            target.input.select()
        return target

    def move(self, row: ItemRow, by: int) -> None:
        target = self._page.view.beside(row, by)
        if target is not None:
            row.input.commit()
            target.input.select()

    def entered(self, row: ItemRow) -> None:
        if self._stay is not row:
            self._stay = None
        self.kept_texts.entered(row)
        self._page.on_entered(row)

    # asking and answering

    def ask(self, row: ItemRow, what: Asking) -> None:
        if what == "missing" and not row.open_to_type:
            return
        asks = self._page.session.verdict(Step.OPEN_QUERY)
        if what == "query" and not asks.allowed:
            self._page.refuse(NotAllowed(asks.en, asks.zh))
            return
        row.asking = what
        row.refresh()
        if row.under is not None:
            row.under.take_focus()
            self._page.view.show_row(row)

    def give_up(self, row: ItemRow) -> None:
        """Esc: close what was asked, then take back what was typed."""
        if row.asking:
            row.asking = ""
            self._stored(row, "change", "answer", "query", "use")
        else:
            self.kept_texts.give_up(row)
            row.pending = None
            row.unit = row.line.state.answer.unit
            row.input.set_text(row.input.saved)
            self._drafts.keep(self._page.session.user, row.key, None)
        row.show_line(row.line)
        row.input.select()

    def choose(self, row: ItemRow, name: str, text: str) -> None:
        kind, _, code = name.partition(":")
        if kind == "retype":
            row.input.select()
        elif kind == "missing":
            self._missing(row, code)
        elif kind == "confirm":
            self._page.confirm(row)
        elif kind == "change":
            self._change(row, code, text)
        elif kind == "retry" and row.pending is not None:
            row.input.select()
            self._try(row, row.pending, row.pending.reason or None)
        elif kind == "save_typed":
            row.input.select()
            self.step(row, 1)
        elif kind == "meant":
            self._meant(row, code)
        elif kind == "drop_typed":
            row.input.go_back()
        elif self.kept_texts.choose(row, kind):
            return
        elif kind == "answer":
            self._answer(row, code, text)
        elif kind == "use":
            self._use(row, code, text)
        elif kind == "propose" and self.propose is not None:
            self.propose(row)
        else:
            self._ask_or_reply(row, kind, text)

    def _meant(self, row: ItemRow, text: str) -> None:
        """A text that can be read in two ways: this one."""
        row.input.select()
        row.input.set_draft(text, tried=True)
        self._try(row, Pending("refused", text, row.unit, None, {}), None)
        if row.pending is None:
            self.step(row, 1)

    def _missing(self, row: ItemRow, code: str) -> None:
        row.input.select()
        self._try(row, Pending("refused", "", None, code, {}), None)
        if row.pending is None:
            self.step(row, 1)

    def _change(self, row: ItemRow, code: str, text: str) -> None:
        if row.pending is None:
            return
        if code == OTHER:
            self.ask(row, "other")
            return
        wanted = row.pending
        row.input.select()
        self._try(row, wanted, text or change_words(self.study, code))

    def _answer(self, row: ItemRow, code: str, text: str) -> None:
        if code == OTHER:
            self.ask(row, "other")
            return
        waiting = unsettled(row.line)
        if not waiting:
            return
        words = text or finding_words(self.study, code)
        self._act(row, lambda: answer_finding(self._page.session, row.key, waiting[0].check, words))

    def _use(self, row: ItemRow, head: str, text: str) -> None:
        if head:
            self._head = head
            self.ask(row, "other")
        else:
            self._act(row, lambda: resolve(self._page.session, row.key, self._head, text))

    def _ask_or_reply(self, row: ItemRow, kind: str, text: str) -> None:
        thread = row.line.query.thread if row.line.query is not None else ""
        if kind == "reply" and thread:
            self._act(row, lambda: answer_query(self._page.session, thread, text))
        elif kind == "query":
            self._act(row, lambda: open_query(self._page.session, row.key, text))

    def _act(self, row: ItemRow, action: Action) -> None:
        """Something that is no value: the cursor goes back to the field."""
        try:
            changes = action()
        except CrfError as refusal:
            self._page.refuse(refusal)
            return
        self._stored(row, "reply", "answer", "query", "use")
        row.asking = ""
        row.input.select()
        self._page.on_saved(changes)

    # typed and not saved

    def _save_typed(self, row: ItemRow) -> None:
        """Enter on a text that came back: now it is meant."""
        pending = row.pending
        if pending is not None and pending.kind == "draft" and row.input.text() == pending.text:
            row.input.untried()
            row.input.commit()

    def typed(self, row: ItemRow) -> None:
        self._led = None
        self.kept_texts.typed(row)

    def keep_typed(self, *, away: bool = False) -> None:
        """Before the page goes: what is typed and not saved waits for its form.  `away`: it is left."""
        self.kept_texts.keep_all(away=away)

    def keep(self, row: ItemRow) -> None:
        self.kept_texts.keep(row)

    def kept(self) -> list[ItemKey]:
        """Fields of this form whose text waits, also those that are not on the screen now."""
        return self.kept_texts.keys()

    def give_back_all(self) -> None:
        """After the form was built: every typed text into its field."""
        for key in self.kept():
            row = self._page.view.row(key.local)
            if row is not None:
                self.give_back(row)
        self._ask_again()

    def give_back(self, row: ItemRow) -> None:
        self.kept_texts.give_back(row)


def _fits(row: ItemRow, what: str) -> bool:
    """Whether what was being typed under a field can be asked there again now."""
    if what == "change":
        return row.pending is not None and row.pending.kind == "reason"
    if row.pending is not None or row.line.alternatives:
        return False  # of a conflict the value is chosen first, then the reason comes back
    return what == "query" or (what == "answer" and bool(unsettled(row.line)))


def _readings(refusal: CrfError) -> tuple[str, ...]:
    """What the refused text can mean, where there are two ways to read it."""
    found = refusal.details.get("readings", ())
    return found if isinstance(found, tuple) else ()


class Action(Protocol):
    def __call__(self) -> Changes: ...
