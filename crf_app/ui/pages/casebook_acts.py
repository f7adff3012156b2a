"""What the casebook asks and records: an extra visit, not done, made by mistake, and taking those back.

Each is one question in the panel above the matrix and one Enter.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from crf_app.actions import mistakes, not_done
from crf_app.actions.changes import Changes
from crf_app.actions.completing import reopen_form
from crf_app.actions.mark_words import Mark, mistake_words
from crf_app.actions.notes import NotePlace
from crf_app.actions.signing import Signed, SignedVisit, visit_sheet
from crf_app.actions.subjects import add_visit
from crf_app.errors import CrfError
from crf_app.ui import words
from crf_app.ui.casebook.casebook_ask import Question, Reply
from crf_app.ui.pages.signing_sheet import SigningSheet, count_words
from crf_app.ui.typed.drafts import drafts_of
from crf_app.ui.typed.notes import NoteField

if TYPE_CHECKING:
    from crf_app.actions.casebook import Cell, Visit
    from crf_app.ui.main_window import MainWindow
    from crf_app.ui.pages.casebook import CasebookPage

FORM, VISIT, MISTAKE = "form", "visit", "mistake"


class CasebookActs:
    """The acts of one casebook page."""

    def __init__(self, page: CasebookPage) -> None:
        self._page = page
        self._cell: Cell | None = None
        self._visit: Visit | None = None
        self._note: NoteField | None = None

    def ask_extra(self) -> None:
        """U: why, and when; the day is today until somebody says another one."""
        page = self._page
        if page.extra.isHidden():
            return
        self._cell = self._visit = None
        dated = page.window_.session.study.visit_date is not None
        self._ask(
            Question(
                "extra",
                words.say("casebook_ask.extra_title"),
                words.say("casebook_ask.extra_hint"),
                words.say("casebook.extra_add"),
                words.say("casebook.extra_reason"),
                date=page.now().isoformat() if dated else None,
                date_name=words.say("casebook_ask.date"),
            )
        )

    def ask_not_done(self) -> None:
        """N: the form under the ring, its whole visit, or that this was made by mistake; or back again."""
        page = self._page
        self._cell, self._visit = page.current(), page.current_visit()
        if page.not_done.isHidden() or self._visit is None:
            return
        name = self._visit.definition.short_name
        if self._visit.mistake is not None:
            self._ask_back("counts", "casebook_ask.counts_title", "casebook_ask.counts", visit=name)
        elif self._cell is not None and self._cell.state == "not_done":
            form = words.pick(page.window_.session.study.forms[self._cell.key.form].name)
            self._ask_back("again", "casebook_ask.again_title", "casebook_ask.again", what=form)
        elif self._visit.window.state == "missed":
            self._ask_back("visit_again", "casebook_ask.again_title", "casebook_ask.again", what=name)
        else:
            self._ask_marks(self._cell, self._visit)

    def _ask_marks(self, cell: Cell | None, visit: Visit) -> None:
        session, name = self._page.window_.session, visit.definition.short_name
        scopes = []
        if cell is not None:
            form = words.pick(session.study.forms[cell.key.form].name)
            scopes.append((FORM, words.say("casebook_ask.this_form", form=form)))
        scopes.append((VISIT, words.say("casebook_ask.this_visit", visit=name)))
        if visit.definition.repeating:
            scopes.append((MISTAKE, words.say("casebook_ask.visit_mistake", visit=name)))
        uid = self._page.uid
        reasons = {
            FORM: [(code, words.pick(text)) for code, text in not_done.reasons(session)],
            VISIT: [
                (code, words.pick(text)) for code, text in not_done.visit_reasons(session, uid, visit.event)
            ],
        }
        self._ask(
            Question(
                "mark",
                words.say("casebook_ask.not_done_title"),
                words.say("casebook_ask.not_done_hint"),
                words.say("casebook_ask.store"),
                words.say("casebook_ask.words"),
                scopes,
                reasons,
                reasons_name=words.say("casebook_ask.reasons"),
            )
        )

    def _ask(self, question: Question) -> None:
        """The question in the panel; words that were typed for it before and not stored stand in it again."""
        page = self._page
        page.panel.ask(question, words.say("casebook.cancel"))
        path = self._cell.key.path if self._cell is not None else self._visit.event if self._visit else ""
        place, notes = NotePlace("ask", page.uid, path, question.name), drafts_of(page.window_).notes

        def say(said: str) -> None:
            if said:
                page.notice.say({code: notes.said(place, code) for code in words.LANGUAGES})

        self._note = NoteField(notes, page.panel.words.setText, say)
        page.panel.words.textEdited.connect(self._note.typed)
        self._note.begin(place)

    def ask_again(self, place: NotePlace) -> None:
        """The question for which something was being typed, where it can still be asked."""
        page, (event, _, form) = self._page, place.path.partition("/")
        if place.more == "extra":
            self.ask_extra()
        elif place.more in ("subject", "subject_counts"):
            self.ask_subject()
        elif (event, form) in page.cells:
            page.table.go_to(*page.place_of(form, event))
            self.ask_not_done()
        else:
            self.go_to_visit(event)
            self.ask_not_done()

    def ask_subject(self) -> None:
        """Under the history: the whole subject was made by mistake, or was not."""
        page = self._page
        self._cell = self._visit = None
        name, mark = page.book.header.label, page.window_.session.subject(page.uid).mistake
        if mark is None:
            self._ask_back("subject", "casebook_ask.subject_title", "casebook_ask.subject_mark", label=name)
        else:
            self._ask_back(
                "subject_counts", "casebook_ask.subject_counts_title", "casebook_ask.counts", label=name
            )

    def _ask_back(self, name: str, title: str, do: str, **values: object) -> None:
        """A question that wants a reason only."""
        self._ask(
            Question(
                name,
                words.say(title, None, **values),
                words.say("casebook_ask.hint"),
                words.say(do),
                words.say("casebook.extra_reason"),
            )
        )

    def say_subject(self, mark: Mark | None) -> None:
        """A subject that was made by mistake says so on top; the button under the history follows."""
        page = self._page
        key = "subject_mistake" if mark is None else "subject_counts"
        page.history.mistake.setText(words.say(f"casebook_ask.{key}"))
        page.history.mistake.setVisible(not page.extra.isHidden())
        if mark is not None:
            texts = mistake_words(mark, subject=True)
            page.notice.say(dict(texts.pairs), "soft")

    def sign_visit(self, event: str = "") -> None:
        """Ctrl+Enter: the sheet that signs the visit under the ring, or `event`."""
        page, visit = self._page, self._page.current_visit()
        if page.sign.isHidden() or not (event or visit):
            return
        event = event or visit.event  # type: ignore[union-attr]
        page.notice.clear()
        try:
            sheet = visit_sheet(page.window_.session, page.uid, event)
        except CrfError as refusal:
            page.notice.refuse(refusal)
            return
        window, uid = page.window_, page.uid
        again = partial(sign_visit_of, window, uid, event)
        window.show_sheet(SigningSheet(window, sheet, self._on_signed, again))

    def _on_signed(self, done: Signed | SignedVisit) -> None:
        page = self._page
        page.window_.say_saved(done.changes)
        assert isinstance(done, SignedVisit)  # a visit was asked for
        event = done.forms[0].key.event
        visit = next(one for one in page.book.visits if one.event == event).definition.short_name
        n, left = len(done.forms), len(done.left_out)
        forms = {one: count_words(n, left, one) for one in ("en", "zh")}
        said = {one: words.say("sign.visit_signed", one, visit=visit, forms=forms[one]) for one in forms}
        page.notice.say(said, "ok")

    def given(self, reply: Reply) -> None:
        """Do what was asked; a refusal stands on the page and the panel stays."""
        act = self._act(reply)
        try:
            done = act()
        except CrfError as refusal:
            self._page.notice.refuse(refusal)
            return
        self.close()
        self._page.window_.say_saved(done)
        if reply.name == "extra":
            self.go_to_visit(done.row)

    def _act(self, reply: Reply) -> Callable[[], Changes]:
        session, uid, text = self._page.window_.session, self._page.uid, reply.words
        if reply.name == "extra":
            kinds = (one.oid for one in session.study.event if one.repeating and not one.until)
            return lambda: add_visit(session, uid, next(kinds), text, reply.date)
        if reply.name == "subject":
            return lambda: mistakes.subject_mistake(session, uid, text)
        if reply.name == "subject_counts":
            return lambda: mistakes.subject_counts_again(session, uid, text)
        assert self._visit is not None
        event, cell = self._visit.event, self._cell
        if reply.name == "counts":
            return lambda: mistakes.visit_counts_again(session, uid, event, text)
        if reply.scope == MISTAKE:
            return lambda: mistakes.visit_mistake(session, uid, event, text)
        if reply.name == "visit_again" or (reply.name == "again" and self._of_visit()):
            return lambda: not_done.visit_done_after_all(session, uid, event, text)
        if reply.scope == VISIT:
            return lambda: not_done.visit_not_done(session, uid, event, reply.code, text)
        assert cell is not None
        if reply.name == "again":
            return lambda: reopen_form(session, cell.key, text)
        return lambda: not_done.form_not_done(session, cell.key, reply.code, text)

    def _of_visit(self) -> bool:
        """Whether the cell was marked with its whole visit."""
        data = self._page.window_.session.subject(self._page.uid)
        mark = data.not_done.get(self._cell.key) if self._cell is not None else None
        return mark is not None and bool(mark.event)

    def close(self) -> None:
        """Nothing is wanted any more."""
        page = self._page
        page.panel.hide()
        if self._note is not None:
            self._note.done()
            self._note = None
        page.notice.clear()
        page.acts.say_subject(page.window_.session.subject(page.uid).mistake)
        (page.table if page.part == "visits" else page.history).setFocus()

    def go_to_visit(self, event: str) -> None:
        """The ring goes to the first form of a visit."""
        page = self._page
        found = [(form, where) for where, form in page.cells if where == event]
        order = {form.oid: n for n, form in enumerate(page.book.forms)}
        if found:
            page.table.go_to(*page.place_of(min(found, key=lambda one: order[one[0]])[0], event))


def sign_visit_of(window: MainWindow, uid: str, event: str) -> None:
    """The casebook of that subject, with the sheet that signs that visit."""
    from crf_app.ui.pages.casebook import CasebookPage

    window.show_casebook(uid)
    page = window.page
    if isinstance(page, CasebookPage):
        page.acts.go_to_visit(event)
        page.acts.sign_visit(event)
