"""What the buttons and keys of the form page do: complete, sign, paper, open again, add and strike out rows.

Each saves the field first; what cannot be saved stops it there.  A refusal stands inline on the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crf_app.actions.changes import Changes
from crf_app.actions.completing import complete_form, reopen_form
from crf_app.actions.notes import NotePlace
from crf_app.actions.proposals import proposal
from crf_app.actions.row_copies import Filled, copy_row, restore_row
from crf_app.actions.rows import add_row, remove_row
from crf_app.actions.signing import Signed, SignedVisit, signing_sheet
from crf_app.actions.standing import BLOCKING
from crf_app.errors import CrfError, NotComplete
from crf_app.model.keys import FormKey
from crf_app.ui.form.proposal_sheet import ProposalSheet
from crf_app.ui.form.under_row import Content
from crf_app.ui.pages.paste_sheet import PasteSheet
from crf_app.ui.pages.signing_sheet import SigningSheet
from crf_app.ui.typed.drafts import drafts_of
from crf_app.ui.words import say

if TYPE_CHECKING:
    from crf_app.ui.form.item_row import ItemRow
    from crf_app.ui.pages.form import FormPageWidget
    from crf_app.ui.typed.notes import Notes


class FormActs:
    """The acts of one page."""

    def __init__(self, page: FormPageWidget) -> None:
        self._page = page

    def pressed(self, name: str) -> None:
        acts: dict[str, Callable[[], None]] = {
            "missing": lambda: self.ask("missing"), "pdf": self.pdf, "reopen": self._ask_reopen,
            "complete": self.complete, "sign": self.sign, "paste": self.paste,
        }  # fmt: skip
        acts[name]()

    def ask(self, what: str) -> None:
        if self._page.current is not None:
            self._page.entry.ask(self._page.current, "missing" if what == "missing" else "query")

    def leave_field(self) -> bool:
        """Save the field before something else; False when it could not be saved."""
        if self._page.current is not None:
            self._page.current.input.commit()
        kept, rows = self._page.entry.kept(), self._page.view.made()
        if not {row.key for row in rows}.issuperset(kept):
            rows = self._page.view.rows()  # nothing else waits in a row that nobody has seen yet
        waiting = next((row for row in rows if row.pending is not None), None)
        if waiting is not None:
            waiting.input.select()
            return False
        shown = [row.key for row in rows]
        elsewhere = [key for key in kept if key not in shown]
        if elsewhere:
            self._page.go_to(elsewhere[0])
        return not elsewhere

    def complete(self) -> None:
        """Complete, or the list of what is open."""
        if not self.leave_field():
            return
        try:
            changes = complete_form(self._page.session, self._page.key)
        except NotComplete as refusal:
            self._page.notice.refuse(refusal)
            points = self._page.shown.open_points if self._page.shown is not None else ()
            self._page.points.show_points([one for one in points if one.kind in BLOCKING])
        except CrfError as refusal:
            self._page.notice.refuse(refusal)
        else:
            self._page.points.hide()
            self._page.on_saved(changes)
            self._page.at_end(1)

    def sign(self) -> None:
        """The signing sheet over the page."""
        if not self.leave_field():
            return
        try:
            sheet = signing_sheet(self._page.session, self._page.key)
        except CrfError as refusal:
            self._page.notice.refuse(refusal)
            return
        self._page.window_.show_sheet(
            SigningSheet(self._page.window_, sheet, self._on_signed, self._sign_again)
        )

    def _sign_again(self) -> None:
        """After the paper was read: the form and its sheet."""
        window, key = self._page.window_, self._page.key
        window.show_form(key)
        self.sign()

    def _on_signed(self, signed: Signed | SignedVisit) -> None:
        self._page.on_saved(signed.changes)
        assert isinstance(signed, Signed)  # one form was asked for
        name = signed.file_name
        self._page.notice.say({one: say("form.signed_now", one, file=name) for one in ("en", "zh")}, "ok")

    def pdf(self) -> None:
        if self.leave_field():
            self._page.window_.show_pdf(self._page.key)

    def paste(self) -> None:
        """The sheet for a laboratory's report; only on a form that holds results."""
        if self._page.foot.buttons["paste"].isHidden() or not self.leave_field():
            return
        self._page.window_.show_sheet(PasteSheet(self._page.window_, self._page.key, self._page.on_saved))

    def propose(self, row: ItemRow | None = None) -> None:
        """The sheet with the row that the result under the cursor proposes."""
        here = row or self._page.current
        if here is None or not self.leave_field():
            return
        try:
            one = proposal(self._page.session, here.key)
        except CrfError as refusal:
            self._page.refuse(refusal)
            return
        self._page.window_.show_sheet(
            ProposalSheet(self._page.window_, one, lambda filled: self._on_proposed(one.key, filled))
        )

    def _on_proposed(self, key: FormKey, filled: Filled) -> None:
        """The row is there: its log opens at it."""
        page = self._page
        page.on_saved(filled.changes)
        page.window_.show_row(key, filled.changes.row)
        if filled.left_out:
            said = {one: _left_out(filled, one, "proposal.left_out") for one in ("en", "zh")}
            page.notice.say(said, "soft")

    # the bar above the form asks for a reason; what is typed there is kept as other sentences are

    def _ask_reopen(self) -> None:
        self._ask_in_bar("reopen", "form.reopen_why")

    def ask_remove(self, part: str) -> None:
        """Why a row is removed, or why one that was removed comes back."""
        shown = self._page.shown
        rows = shown.rows.get(part.partition("~")[0], ()) if shown is not None else ()
        row = next((one for one in rows if one.part == part), None)
        if row is None:
            return
        back = row.removed is not None
        ask, why = ("restore", "log.back_why") if back else ("remove", "form.remove_why")
        self._ask_in_bar(f"{ask}:{part}", why)

    def _ask_in_bar(self, ask: str, why: str) -> None:
        bar = self._page.bar
        bar.show_content(None)
        bar.show_content(Content("edited", say(why), ask=ask, ask_words=say("form.reason_text")))
        noted = self._notes.at(self._bar_place(ask))
        if noted is not None:
            bar.give_back(noted.text, self._notes.said(self._bar_place(ask)))
        bar.take_focus()

    def ask_again(self, ask: str) -> None:
        """What the bar asked before, where it can still be asked: after a stop, or in the other language."""
        kind, _, part = ask.partition(":")
        if kind != "reopen":
            self.ask_remove(part)
        elif self._page.shown is not None and "reopen" in self._page.shown.may:
            self._ask_reopen()

    def written(self, ask: str, text: str) -> None:
        """A key changed what is typed in the bar."""
        self._notes.typing(self._bar_place(ask), text)

    @property
    def _notes(self) -> Notes:
        return drafts_of(self._page.window_).notes

    def _bar_place(self, ask: str) -> NotePlace:
        return NotePlace("bar", self._page.key.subject, self._page.key.path, ask)

    def close_bar(self) -> None:
        """Given up: what was typed is not wanted any more."""
        if self._page.bar.content is not None:
            self._notes.done(self._bar_place(self._page.bar.content.ask))
        self._page.bar.show_content(None)
        self._page.back_to_field()

    def on_bar(self, name: str, text: str) -> None:
        kind, _, part = name.partition(":")
        if kind == "reopen":
            self._act(name, lambda: reopen_form(self._page.session, self._page.key, text))
        elif kind == "restore":
            self._act(name, lambda: restore_row(self._page.session, self._page.key, part, text))
        else:
            self._act(name, lambda: remove_row(self._page.session, self._page.key, part, text))

    def _act(self, asked: str, action: Callable[[], Changes]) -> None:
        try:
            changes = action()
        except CrfError as refusal:
            self._page.notice.refuse(refusal)
            return
        self._notes.done(self._bar_place(asked))
        self._page.bar.show_content(None)
        self._page.on_saved(changes)
        self._page.back_to_field()

    def add_row(self, group: str) -> None:
        if not self.leave_field():
            return
        try:
            changes = add_row(self._page.session, self._page.key, group)
        except CrfError as refusal:
            self._page.notice.refuse(refusal)
            return
        self._page.on_saved(changes)
        self._page.go_to_part(changes.row)

    def copy_row(self, group: str) -> None:
        """The row under the cursor once more, else the last one; what could not be copied is said."""
        if not self.leave_field() or self._page.shown is None:
            return
        live = [row.part for row in self._page.shown.rows.get(group, ()) if row.state != "deleted"]
        here = self._page.current.key.group if self._page.current is not None else ""
        if not live:
            return
        try:
            filled = copy_row(self._page.session, self._page.key, here if here in live else live[-1])
        except CrfError as refusal:
            self._page.notice.refuse(refusal)
            return
        self._page.on_saved(filled.changes)
        self._page.go_to_part(filled.changes.row)
        if filled.left_out:
            self._page.notice.say({one: _left_out(filled, one) for one in ("en", "zh")}, "soft")


def _left_out(filled: Filled, language: str, head: str = "form.not_copied") -> str:
    """What stayed out of a row, and why."""
    lines = [
        f"{question.in_language(language)}: {refusal.sentence(language)}"
        for question, refusal in filled.left_out
    ]
    return "\n".join([say(head, language), *lines])
