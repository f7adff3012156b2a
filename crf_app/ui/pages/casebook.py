"""One subject at a glance: visits by forms, each cell with icon, word and sentence.

What costs no evaluation is shown at once, the rest is read in short steps; until then a cell says that it is
being read.  Arrow keys move the ring, Enter opens, the line below tells the cell in a sentence.  An extra
visit asks for its reason in a panel above the matrix, not in a window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from crf_app.actions.casebook import Casebook, Visit, casebook, cell_at
from crf_app.actions.changes import Changes
from crf_app.actions.subjects import add_visit
from crf_app.errors import CrfError
from crf_app.model.definition import FormDef
from crf_app.model.keys import FormKey
from crf_app.model.schedule import study_day
from crf_app.model.workflow import Step
from crf_app.ui import style, words
from crf_app.ui.cell_looks import look_of
from crf_app.ui.in_steps import InSteps
from crf_app.ui.matrix_view import MatrixView
from crf_app.ui.page import Page
from crf_app.ui.parts import button, column, frame, label, row, scrolled
from crf_app.ui.table_models import Look
from crf_app.ui.visit_header import VisitHead
from crf_app.ui.visit_words import date_line, day_line, window_sentence

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


_FEW = 6  # forms that are read before the first look


class CasebookPage(Page):
    """The matrix of one subject."""

    rail = "subjects"

    def __init__(self, window: MainWindow, uid: str) -> None:
        super().__init__(window)
        self.uid = uid
        self._book: Casebook = casebook(window.session, uid, evaluate=False)
        self._cells = dict(self._book.cells)
        self._places: dict[tuple[str, str], tuple[int, int]] = {}  # visit and form → place on screen
        self._ring: tuple[int, int] | None = None  # where `begin` put it, until every form is read
        self.rest = InSteps(self)
        self.table = MatrixView()
        self.sentence, self.window_line = label("", "sub"), label("", "small")
        self.extra = button("", "", "plus", clicked=self.ask_extra)
        self.paper = button("", "", "print", clicked=self.show_paper)
        self.reason = QLineEdit()
        self.panel = self._extra_panel()
        self._build()
        self._read()
        self.refresh()

    def begin(self) -> None:
        """The ring stands on the first form that is due, else on the first one that is open.

        It goes there again when every form is read, unless somebody has moved it.
        """
        self.table.setFocus()
        first = self._first()
        self.table.go_to(*first)
        self._ring = first if self.rest.working else None

    def leave(self) -> None:
        self.rest.stop()

    def hideEvent(self, event: QHideEvent) -> None:
        if not event.spontaneous():
            self.rest.stop()  # nothing is read for a page that is gone
        super().hideEvent(event)

    def made_anew(self) -> CasebookPage:
        """The same page for another version of the study."""
        return CasebookPage(self.window_, self.uid)

    def refresh(self, changes: Changes | None = None) -> None:
        if changes is not None:
            self._book = casebook(self.window_.session, self.uid, evaluate=False)
            self._read()
        book = self._book
        self.window_.set_subject(book.header)
        heads = [self._head(visit) for visit in book.visits]
        rows = [[self._look(visit, form) for visit in book.visits] for form in book.forms]
        self.table.show_matrix(heads, [self._form_name(form) for form in book.forms], rows)
        self._places = {
            (visit.event, form.oid): (n, m)
            for m, visit in enumerate(book.visits)
            for n, form in enumerate(book.forms)
        }
        self.table.setAccessibleName(words.say("casebook.table", label=book.header.label))
        self._say_corner()
        self._say_cell()

    def _read(self) -> None:
        """A few forms at once, before anything is shown; many between the window's events."""
        self._cells, self._places = dict(self._book.cells), {}
        waiting = self._book.waiting
        self.rest.begin(self._reading(waiting), self._all_read)
        if len(waiting) <= _FEW:
            self.rest.step()

    def _reading(self, waiting: Iterable[FormKey]) -> Iterator[None]:
        for key in waiting:
            self._cells[key.event, key.form] = cell_at(self.window_.session, key)
            if (place := self._places.get((key.event, key.form))) is not None:
                self._show_read(*place)
            yield

    def _show_read(self, at: int, place: int) -> None:
        self.table.show_look(at, place, self._look(self._book.visits[place], self._book.forms[at]))
        if (at, place) == self._ring_now():
            self._say_cell()

    def _all_read(self) -> None:
        """Columns as wide as their words; the ring where it belongs, if nobody has moved it."""
        self.table.settle()
        if self._ring is not None and self._ring == self._ring_now():
            self.table.go_to(*self._first())
        self._ring = None

    def _ring_now(self) -> tuple[int, int]:
        here = self.table.currentIndex()
        return here.row(), here.column()

    def open_cell(self, at: int, place: int) -> None:
        """Open the form of a cell that exists."""
        cell = self._cells.get((self._book.visits[place].event, self._book.forms[at].oid))
        if cell is not None:
            self.window_.show_form(cell.key)

    def show_paper(self) -> None:
        """The paper of the form under the ring."""
        cell = self._current()
        if cell is not None:
            self.window_.show_pdf(cell)

    def ask_extra(self) -> None:
        """Open the panel for an extra visit."""
        if not self.extra.isHidden():
            self.panel.show()
            self.reason.setFocus()

    def add_extra(self) -> None:
        """Add it, with its reason."""
        event = next(one.oid for one in self.window_.session.study.event if one.repeating and not one.until)
        try:
            done = add_visit(self.window_.session, self.uid, event, self.reason.text())
        except CrfError as refusal:
            self.notice.refuse(refusal)
            self.reason.setFocus()
            return
        self.close_extra()
        self.window_.say_saved(done)
        place = next((n for n, visit in enumerate(self._book.visits) if visit.event == done.row), -1)
        if place >= 0:
            at = next(n for n, form in enumerate(self._book.forms)
                      if (done.row, form.oid) in self._cells)  # fmt: skip
            self.table.go_to(at, place)

    def close_extra(self) -> None:
        self.panel.hide()
        self.reason.clear()
        self.notice.clear()
        self.table.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.panel.isVisible():
            self.close_extra()
        else:
            super().keyPressEvent(event)

    # reading

    def _current(self) -> FormKey | None:
        here = self.table.currentIndex()
        if not here.isValid():
            return None
        cell = self._cells.get((self._book.visits[here.column()].event, self._book.forms[here.row()].oid))
        return cell.key if cell else None

    def _head(self, visit: Visit) -> VisitHead:
        name = visit.definition.short_name
        date_ = date_line(visit, self._now())
        return VisitHead(name, day_line(visit), date_, visit.window, self._is_today(visit))

    def _now(self) -> date:
        return self.window_.clock.now().date()

    def _look(self, visit: Visit, form: FormDef) -> Look:
        cell = self._cells.get((visit.event, form.oid))
        today = self._is_today(visit)
        if cell is None:
            return Look(tint="accent_soft" if today else "", empty=True)
        return look_of(cell, words.pick(form.name), visit, today=today)

    def _is_today(self, visit: Visit) -> bool:
        return visit.window.actual == self._now() or (
            visit.window.actual is None and visit.window.state == "due"
        )

    def _form_name(self, form: FormDef) -> str:
        return words.pick(form.short_name or form.name)

    def _first(self) -> tuple[int, int]:
        book = self._book
        every = [
            (n, m, cell.state == "started" or (cell.state == "todo" and self._is_today(visit)), cell.state)
            for m, visit in enumerate(book.visits)
            for n, form in enumerate(book.forms)
            if (cell := self._cells.get((visit.event, form.oid))) is not None
        ]
        open_now = [one for one in every if one[3] != "closed"] or every
        waiting = [one for one in open_now if one[2]] or open_now
        return waiting[0][:2] if waiting else (0, 0)

    def _say_corner(self) -> None:
        study = self.window_.session.study
        if not any(fact.name == "DAY1" for fact in study.subject_facts):
            self.table.say_corner("", "", self._now().isoformat())  # nothing is counted from a day 1
            return
        day1 = next((one.window.actual for one in self._book.visits if one.definition.day == 1), None)
        known = self.window_.session.subject(self.uid).day1() or day1
        day = study_day(self._now(), known) if known else None
        title = words.say("casebook.today", day=day) if day is not None else words.say("casebook.no_day1")
        self.table.say_corner(title, words.say("casebook.follow"), self._now().isoformat())

    def _say_cell(self) -> None:
        here = self.table.currentIndex()
        if not here.isValid():
            return
        look = self.table.looks.look(here.row(), here.column())
        self.sentence.setText(f"{look.said} {words.say('casebook.keys')}" if look.said else "")
        text, state = window_sentence(self._book.visits[here.column()])
        self.window_line.setText(text)
        style.set_state(self.window_line, state)

    # how it is put together

    def _build(self) -> None:
        box = column(10)
        now = style.current()
        box.setContentsMargins(now.px(24), now.px(12), now.px(24), now.px(12))
        title = label("", "page")
        self.speak(title.setText, "casebook.title")
        self.speak(self.extra.setText, "casebook.extra")
        self.speak(self.paper.setText, "casebook.paper")
        self.extra.setObjectName("extra_visit")
        self.extra.setToolTip("U")
        self.paper.setToolTip("Ctrl+P")
        self.paper.setObjectName("paper")
        if not self._may_add():
            self.extra.hide()
        QShortcut(QKeySequence("Ctrl+P"), self).activated.connect(self.show_paper)
        QShortcut(QKeySequence("Alt+Up"), self).activated.connect(self.window_.show_subjects)
        top = row(8)
        top.addWidget(title, 1)
        top.addWidget(self.extra)
        top.addWidget(self.paper)
        box.addLayout(top)
        box.addWidget(self.panel)
        box.addWidget(self.notice)
        box.addWidget(self.table, 1)
        foot: QHBoxLayout | QVBoxLayout = column(0) if now.compact else row(16)
        for line in (self.sentence, self.window_line):
            line.setWordWrap(now.compact)
        foot.addWidget(self.sentence, 1)
        foot.addWidget(self.window_line)
        box.addLayout(foot)
        if now.compact:
            self.table.setMinimumHeight(now.px(230))
            page = column(0)
            page.addWidget(scrolled(box))
            self.setLayout(page)
        else:
            self.setLayout(box)
        self.table.setObjectName("casebook")
        self.sentence.setObjectName("cell_sentence")
        self.table.opened.connect(self.open_cell)
        self.table.moved.connect(lambda *_: self._say_cell())
        self.table.extra.connect(self.ask_extra)

    def _may_add(self) -> bool:
        repeating = any(one.repeating and not one.until for one in self.window_.session.study.event)
        return repeating and self.window_.session.verdict(Step.ADD_SUBJECT).allowed

    def _extra_panel(self) -> QFrame:
        made, box = frame("tinted"), column(8, 14)
        made.setLayout(box)
        made.setObjectName("extra_panel")
        title, hint = label("", "value"), label("", "hint")
        self.speak(title.setText, "casebook.extra_title")
        self.speak(hint.setText, "casebook.extra_hint")
        self.speak(self.reason.setAccessibleName, "casebook.extra_reason")
        self.reason.setObjectName("extra_reason")
        self.reason.returnPressed.connect(self.add_extra)
        add, cancel = button("", "primary", clicked=self.add_extra), button("", clicked=self.close_extra)
        self.speak(add.setText, "casebook.extra_add")
        self.speak(cancel.setText, "casebook.cancel")
        line = row(8)
        line.addWidget(self.reason, 1)
        line.addWidget(add)
        line.addWidget(cancel)
        box.addWidget(title)
        box.addLayout(line)
        box.addWidget(hint)
        made.hide()
        return made
