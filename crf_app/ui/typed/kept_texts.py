"""The typed texts of the open form: kept while they are typed, given back with what, whose and when.

A text that comes back is marked "not saved" and is stored by Enter or by typing on, never by passing through
its field.  Where nothing may be entered now it stands under its field to be read and copied.  Of somebody
else's text only that it waits is said.  What a disk refused is tried again every few seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from crf_app.actions.changes import Changes
from crf_app.actions.drafts import Others, saved_by, settling
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui.form.item_row import ItemRow
from crf_app.ui.form.item_widgets import TextEdit
from crf_app.ui.form.under_content import Pending
from crf_app.ui.form.under_row import Content, Option
from crf_app.ui.typed.drafts import AGAIN_MS, Drafts, Typed
from crf_app.ui.typed.typed_words import said_text, said_when
from crf_app.ui.words import LANGUAGES, say

if TYPE_CHECKING:
    from crf_app.ui.form.form_entry import EntryPage


class KeptTexts:
    """Between the rows of one page and the window's drafts."""

    def __init__(self, page: EntryPage, drafts: Drafts) -> None:
        self._page, self._drafts = page, drafts
        self._rows: dict[ItemKey, ItemRow] = {}  # typed in since they were kept last
        self._dropped: dict[ItemKey, Typed] = {}
        self._refused: dict[ItemKey, str] = {}  # texts that the disk refused
        self._others: tuple[FormKey, dict[ItemKey, Others]] | None = None
        self._timer: QTimer | None = None

    @property
    def _user(self) -> str:
        return self._page.session.user

    def begin(self) -> None:
        """Another record."""
        self._rows, self._dropped, self._refused, self._others = {}, {}, {}, None

    # keeping

    def typed(self, row: ItemRow) -> None:
        """A key changed the text: it is on disk soon, unless it is saved before."""
        self._rows[row.key] = row
        self._drafts.typing(self._collect)

    def _collect(self) -> None:
        rows, self._rows = self._rows, {}
        for key, row in rows.items():
            if isValid(row) and row.bound and row.key == key:
                self.keep(row)

    def keep_all(self, *, away: bool) -> None:
        for row in self._page.view.made():
            self.keep(row, away=away)
        self._rows = {}

    def keep(self, row: ItemRow, *, away: bool = False) -> None:
        if row.pending is not None or row.input.dirty:
            came_back = row.pending is not None and row.pending.kind == "draft"
            typed = Typed(row.input.text(), row.unit, row.pending, row.input.saved, away or came_back)
            self._drafts.keep(self._user, row.key, typed)
        elif row.open_to_type:  # else nobody could have taken it back
            self._drafts.keep(self._user, row.key, None)

    @contextmanager
    def settling(self, key: ItemKey) -> Iterator[None]:
        """Around the entry of a value: what was kept of it goes in the same transaction."""
        if self._drafts.on_disk(self._user, key):
            with settling(self._page.session, key):
                yield
        else:
            yield

    def saved(self, key: ItemKey, changes: Changes) -> None:
        self._dropped.pop(key, None)
        self._refused.pop(key, None)
        self._rows.pop(key, None)
        if changes.at:
            self._drafts.saved(self._user, key)
        else:
            self._drafts.keep(self._user, key, None)

    # giving back

    def keys(self) -> list[ItemKey]:
        shown = self._page.shown
        if shown is None:
            return []
        there = {line.key for line in shown.lines}  # a row may have been struck out
        return [key for key in self._drafts.of_form(self._user, shown.key) if key in there]

    def _of(self, row: ItemRow) -> Typed | None:
        return self._drafts.of_form(self._user, row.key.form_key).get(row.key)

    def give_back(self, row: ItemRow) -> None:
        """Into its field, if something may be typed there; what is saved by now is done."""
        typed = self._of(row)
        if typed is None or not row.open_to_type:
            return
        same_unit = (typed.unit or row.unit) == row.unit
        if typed.text == row.input.saved and same_unit and typed.pending is None:
            self._drafts.keep(self._user, row.key, None)
            return
        pending = self._with_words(row, typed)
        row.pending, row.unit = pending, typed.unit or row.unit
        row.input.set_draft(typed.text, tried=pending is not None)
        if isinstance(row.input, TextEdit) and typed.text == row.input.saved:
            row.input.forced = not same_unit
        row.refresh()

    def _with_words(self, row: ItemRow, typed: Typed) -> Pending | None:
        """A text whose form was left comes back with what, whose, when; a refused one with its refusal."""
        if not typed.away or (typed.pending is not None and typed.pending.kind != "draft"):
            return typed.pending
        sentence = {code: self._sentence(row, typed, code) for code in LANGUAGES}
        return Pending("draft", typed.text, typed.unit, None, sentence)

    def _sentence(self, row: ItemRow, typed: Typed, code: str) -> str:
        stopped = typed.kept is not None and not typed.kept.ended
        key = "interruption.stopped_in" if stopped else "interruption.yours"
        said = say(key, code, when=self._when(typed), text=self._text(row, typed, code))
        if row.input.saved == typed.base:
            return said
        now = row.input.saved
        then = "interruption.since_then" if now else "interruption.since_empty"
        name = saved_by(self._page.session, row.key)
        return f"{said} {say(then, code, name=name, value=now)}"

    def _when(self, typed: Typed) -> str:
        return said_when(typed.since, self._page.session.clock)

    def _text(self, row: ItemRow, typed: Typed, code: str | None = None) -> str:
        return said_text(row.line.state.item, row.host.study, typed.text, code)

    # under the field

    def under(self, row: ItemRow, said: Content | None) -> Content | None:
        """What stands there for a typed text, where nothing more urgent does."""
        if row.key in self._dropped and row.pending is None:
            text = self._text(row, self._dropped[row.key])
            undo = Option("undo_drop", say("interruption.undo"), "Alt 1")
            return Content("edited", say("interruption.dropped", text=text), options=(undo,))
        if not row.open_to_type and (typed := self._of(row)) is not None:
            return self._to_read(row, typed)
        return self._of_others(row, said) if said is None or said.tone == "note" else said

    def _to_read(self, row: ItemRow, typed: Typed) -> Content:
        copy = Option("copy_typed", say("interruption.copy"), "Alt 1")
        drop = Option("drop_kept", say("interruption.drop"), "Alt 2")
        words = say("interruption.fixed", when=self._when(typed), text=self._text(row, typed))
        return Content("edited", words, options=(copy, drop))

    def _of_others(self, row: ItemRow, said: Content | None) -> Content | None:
        form = row.key.form_key
        if self._others is None or self._others[0] != form:
            self._others = (form, self._drafts.others(form))
        other = self._others[1].get(row.key)
        if other is None:
            return said
        when = said_when(other.since, self._page.session.clock)
        words = say("interruption.others", name=other.name, when=when)
        return Content("note", "", more=(*(said.more if said else ()), words))

    def choose(self, row: ItemRow, name: str) -> bool:
        """One of the buttons above; False for any other."""
        if name == "undo_drop" and row.key in self._dropped:
            self._drafts.keep(self._user, row.key, self._dropped.pop(row.key))
            self.give_back(row)
            row.input.select()
        elif name == "copy_typed" and (typed := self._of(row)) is not None:
            QApplication.clipboard().setText(typed.text)
        elif name == "drop_kept" and (typed := self._of(row)) is not None:
            self._dropped[row.key] = typed
            self._drafts.keep(self._user, row.key, None)
            row.refresh()
        else:
            return False
        return True

    def give_up(self, row: ItemRow) -> None:
        """Esc on a text that came back: it can be found again until another field is entered."""
        if row.pending is not None and row.pending.kind == "draft":
            typed = self._of(row) or Typed(row.pending.text, row.unit, row.pending, row.input.saved)
            self._dropped[row.key] = replace(typed, away=True)

    def entered(self, row: ItemRow) -> None:
        """Another field has the cursor: what was dropped before is dropped."""
        gone = [key for key in self._dropped if key != row.key]
        for key in gone:
            del self._dropped[key]
            other = self._page.view.row_there(key.local)
            if other is not None:
                other.refresh()

    # a disk that refuses

    def try_again(self, again: Callable[[], None]) -> None:
        """`again` is called in a few seconds."""
        if self._timer is None:
            self._timer = QTimer(self._page.view)
            self._timer.setSingleShot(True)
            self._timer.setInterval(AGAIN_MS)
            self._timer.timeout.connect(again)
        self._timer.start()

    def to_try_again(self) -> list[ItemRow]:
        """The rows whose text the disk refused and nobody changed since."""
        found = [row for row in self._page.view.made() if row.pending and row.pending.kind == "storage"]
        if found and not self._page.may_write() and self._timer is not None:
            self._timer.start()
            return []
        return [row for row in found if not row.input.changed_since_tried]
