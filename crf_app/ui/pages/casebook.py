"""One subject at a glance: visits by forms, each cell with icon, word and sentence; the logs as tabs above.

What costs no evaluation is shown at once, the rest is read in short steps; until then a cell says that it is
being read.  Arrow keys move the ring, Enter opens, Space shows the answers, the line below tells the cell in
a sentence.  U, N and what they ask: `casebook_acts.py`; what the matrix shows: `matrix_looks.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from crf_app.actions.casebook import Casebook, Cell, Log, Visit, casebook, cell_at, last_entry, logs
from crf_app.actions.changes import Changes
from crf_app.actions.form_page import form_page
from crf_app.model.keys import FormKey
from crf_app.model.workflow import Step
from crf_app.ui import style, words
from crf_app.ui.casebook.casebook_ask import AskPanel
from crf_app.ui.casebook.casebook_tabs import CasebookTabs, Tab
from crf_app.ui.casebook.cell_looks import look_of
from crf_app.ui.casebook.form_preview import FormPreview
from crf_app.ui.casebook.matrix_looks import MatrixLooks
from crf_app.ui.casebook.matrix_rows import MatrixRow, is_log, rows_of
from crf_app.ui.casebook.matrix_view import MatrixView
from crf_app.ui.casebook.subject_history_list import SubjectHistoryList
from crf_app.ui.casebook.visit_words import window_sentence
from crf_app.ui.in_steps import InSteps
from crf_app.ui.page import Page
from crf_app.ui.pages.casebook_acts import CasebookActs
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.list_view import LookList
from crf_app.ui.widgets.parts import button, column, label, row, scrolled
from crf_app.ui.widgets.table_models import Look

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


_FEW: Final = 6  # forms that are read before the first look
_AMBER: Final = frozenset({"soft", "hard", "query", "answered", "conflict", "resign"})
VISITS, OTHER, HISTORY = "visits", "other", "history"


class CasebookPage(Page):
    """The matrix of one subject, and what lies beside it."""

    rail = "subjects"
    help_topic = "casebook"

    def __init__(self, window: MainWindow, uid: str) -> None:
        super().__init__(window)
        self.uid = uid
        self.book: Casebook = casebook(window.session, uid, evaluate=False)
        self.cells = dict(self.book.cells)
        self.logs: list[Log] = []
        self.visits: list[Visit] = []
        self.rows: list[MatrixRow] = []
        self.open_sets: set[str] = set()
        self._places: dict[tuple[str, str], tuple[int, int]] = {}  # visit and form → place on screen
        self._ring: tuple[int, int] | None = None  # where `begin` put it, until every form is read
        self.rest = InSteps(self)
        self.table = MatrixView()
        self.tabs = CasebookTabs(self.show_tab)
        self.acts = CasebookActs(self)
        self.panel = AskPanel(self.acts.given, self.acts.close)
        self.history = SubjectHistoryList(self.acts.ask_subject)
        self.others = LookList(1, 40)
        self.parts = QStackedWidget()
        self.sentence, self.window_line = label("", "sub"), label("", "small")
        self.extra, self.not_done, self.sign = KeyButton("", "U"), KeyButton("", "N"), KeyButton("", "Ctrl ↵")
        self.paper = button("", "", "print", clicked=self.show_paper)
        self._build()
        self._read()
        self.refresh()

    # what the frame asks

    def begin(self) -> None:
        """The ring stands on the first form that is due, else on the first one that is open.

        It goes there again when every form is read, unless somebody has moved it.
        """
        self.table.setFocus()
        self._open_for(self._first())
        self._go_first()
        self._ring = self._ring_now() if self.rest.working else None

    def leave(self) -> None:
        self.rest.stop()
        self.history.steps.stop()

    def hideEvent(self, event: QHideEvent) -> None:
        if not event.spontaneous():
            self.leave()  # nothing is read for a page that is gone
        super().hideEvent(event)

    def made_anew(self) -> CasebookPage:
        """The same page for another version of the study."""
        return CasebookPage(self.window_, self.uid)

    def refresh(self, changes: Changes | None = None) -> None:
        if changes is not None:
            self.book = casebook(self.window_.session, self.uid, evaluate=False)
            self._read()
            if self.part == HISTORY:
                self.history.show_history(self.window_.session, self.uid)
        self.window_.set_subject(self.book.header)
        self.logs = logs(self.window_.session, self.uid)
        self.show_matrix()
        self._say_tabs()
        self._say_others()
        self._say_mistake()

    def retranslate(self) -> None:
        super().retranslate()
        self._say_buttons()
        self.history.retranslate()

    # the matrix

    def show_matrix(self) -> None:
        """Rows, heads and cells anew; the ring stays on its form."""
        here, book = self.here(), self.book
        self.visits = [one for one in book.visits if not is_log(one)]
        asked = {form for event, form in self.cells if any(one.event == event for one in self.visits)}
        forms = [form for form in book.forms if form.oid in asked]
        self.rows = rows_of(self.window_.session.study, forms, self.open_sets)
        looks = MatrixLooks(self)
        names = [looks.name(one) for one in self.rows]
        self.table.show_matrix([looks.head(one) for one in self.visits], names, looks.all())
        sets = {n: one.event in self.open_sets for n, one in enumerate(self.rows) if one.members}
        of_event = {self.rows[n].event: n for n in sets}
        inside = {n: of_event[one.event] for n, one in enumerate(self.rows) if one.inside}
        self.table.show_sets(sets, inside)
        self._places = {
            (visit.event, form.oid): (n, m)
            for m, visit in enumerate(self.visits)
            for n, one in enumerate(self.rows)
            for form in (one.members if one.members and one.event not in self.open_sets else (one.form,))
            if form is not None
        }
        self.table.setAccessibleName(words.say("casebook.table", label=book.header.label))
        self.table.say_corner(*looks.corner())
        if here is not None and here in self._places:
            self.table.go_to(*self._places[here])
        self._say_cell()

    def place_of(self, form: str, event: str) -> tuple[int, int]:
        """Row and column of a form of a visit; those of its set where that is closed."""
        return self._places[event, form]

    def here(self) -> tuple[str, str] | None:
        """(visit, form) under the ring; the first form of a closed set."""
        index = self.table.currentIndex()
        if not index.isValid() or index.row() >= len(self.rows) or index.column() >= len(self.visits):
            return None
        one = self.rows[index.row()]
        form = one.form or (one.members[0] if one.members else None)
        return (self.visits[index.column()].event, form.oid) if form is not None else None

    def current(self) -> Cell | None:
        """The cell under the ring; None on a set and where there is none."""
        here = self.here()
        if here is None or self.rows[self.table.currentIndex().row()].members:
            return None
        return self.cells.get(here)

    def current_visit(self) -> Visit | None:
        index = self.table.currentIndex()
        return self.visits[index.column()] if index.isValid() else None

    def fold(self, at: int, open_it: bool) -> None:
        """Open or close the set in row `at`; the ring stays in it."""
        event, place = self.rows[at].event, self.table.currentIndex().column()
        (self.open_sets.add if open_it else self.open_sets.discard)(event)
        self.show_matrix()
        self.table.go_to(at, place)

    def open_cell(self, at: int, place: int) -> None:
        """Open the form of a cell that exists; a set opens or closes."""
        one = self.rows[at]
        if one.members:
            self.fold(at, one.event not in self.open_sets)
            return
        cell = self.cells.get((self.visits[place].event, one.form.oid if one.form else ""))
        if cell is not None:
            self.window_.open_form(cell.key)

    def show_paper(self) -> None:
        """The paper of the form under the ring."""
        cell = self.current()
        if cell is not None:
            self.window_.show_pdf(cell.key)

    def preview(self) -> None:
        """The answers of the form under the ring, only to be read."""
        cell = self.current()
        if cell is None:
            return
        page, window = form_page(self.window_.session, cell.key), self.window_

        def open_form() -> None:
            window.hide_sheet()
            window.show_form(page.key)

        window.show_sheet(FormPreview(page, window.hide_sheet, open_form))

    # the tabs

    @property
    def part(self) -> str:
        """What is shown: the visits, other forms or the history."""
        return (VISITS, OTHER, HISTORY)[self.parts.currentIndex()]

    def show_tab(self, name: str) -> None:
        """Go to a part of this page, or to a log's own page."""
        if name not in (VISITS, OTHER, HISTORY):
            self.tabs.mark(self.part)
            self.window_.show_form(next(one.key for one in self.logs if one.form.oid == name))
            return
        self.parts.setCurrentIndex((VISITS, OTHER, HISTORY).index(name))
        self.tabs.mark(name)
        if name == HISTORY:
            self.history.show_history(self.window_.session, self.uid)
        widget: QWidget = {VISITS: self.table, OTHER: self.others, HISTORY: self.history}[name]
        widget.setFocus()

    def _say_tabs(self) -> None:
        tabs = [Tab(VISITS, words.say("casebook_tabs.visits"))]
        for one in self.logs:
            if one.count is not None:
                cell = self.cells.get((one.key.event, one.form.oid))
                amber = cell is not None and cell.state in _AMBER
                said = words.say("casebook_tabs.open" if amber else "casebook_tabs.rows", n=one.count)
                short = words.pick(one.form.short_name or one.form.name)
                tabs.append(Tab(one.form.oid, words.pick(one.form.name), one.count, amber, said, short))
        if self._once():
            tabs.append(Tab(OTHER, words.say("casebook_tabs.other")))
        tabs.append(Tab(HISTORY, words.say("casebook_tabs.history")))
        self.tabs.show_tabs(tabs, self.part)
        self.tabs.setAccessibleName(words.say("casebook_tabs.name"))

    def _once(self) -> list[Log]:
        """Forms of no visit that hold no rows."""
        return [one for one in self.logs if one.count is None]

    def _say_others(self) -> None:
        visit = next((one for one in self.book.visits if is_log(one)), None)
        rows = [
            [
                Look(words.pick(one.form.name)),
                replace(look_of(cell, words.pick(one.form.name), visit, today=True), tint="")
                if visit is not None and (cell := self.cells.get((one.key.event, one.form.oid))) is not None
                else Look(),
            ]
            for one in self._once()
        ]
        self.others.looks.show(["", ""], rows)
        self.others.fit()
        self.others.setAccessibleName(words.say("casebook_tabs.other"))
        if rows and not self.others.currentIndex().isValid():
            self.others.setCurrentIndex(self.others.looks.index(0, 0))

    # reading in steps

    def _read(self) -> None:
        """A few forms at once, before anything is shown; many between the window's events."""
        self.cells, self._places = dict(self.book.cells), {}
        waiting = self.book.waiting
        self.rest.begin(self._reading(waiting), self._all_read)
        if len(waiting) <= _FEW:
            self.rest.step()

    def _reading(self, waiting: Iterable[FormKey]) -> Iterator[None]:
        for key in waiting:
            self.cells[key.event, key.form] = cell_at(self.window_.session, key)
            if (place := self._places.get((key.event, key.form))) is not None:
                self._show_read(*place)
            yield

    def _show_read(self, at: int, place: int) -> None:
        self.table.show_look(at, place, MatrixLooks(self).look(self.rows[at], self.visits[place]))
        if (at, place) == self._ring_now():
            self._say_cell()

    def _all_read(self) -> None:
        """Columns as wide as their words; the ring where it belongs, if nobody has moved it."""
        self.table.settle()
        if self.logs:
            self._say_tabs()
            self._say_others()
        if self._ring is not None and self._ring == self._ring_now():
            self._open_for(self._first())
            self._go_first()
        self._ring = None

    def _ring_now(self) -> tuple[int, int]:
        here = self.table.currentIndex()
        return here.row(), here.column()

    def now(self) -> date:
        return self.window_.clock.now().date()

    def is_today(self, visit: Visit) -> bool:
        """Whether the visit takes place today, or is due and has no date yet."""
        window = visit.window
        return window.actual == self.now() or (window.actual is None and window.state == "due")

    def _first(self) -> tuple[str, str] | None:
        """(visit, form) of the first form that is due, else of the first one that is open."""
        order = {form.oid: n for n, form in enumerate(self.book.forms)}
        every = [
            ((visit.event, form), cell.state, self.is_today(visit))
            for visit in self.visits
            for form in sorted(
                (one for event, one in self.cells if event == visit.event), key=order.__getitem__
            )
            if (cell := self.cells[visit.event, form]) is not None and visit.mistake is None
        ]
        open_now = [one for one in every if one[1] != "closed"] or every
        waiting = [one for one in open_now if one[1] == "started" or (one[1] == "todo" and one[2])]
        held = {one.event for one in self.visits if one.window.actual is not None}
        begun = [one for one in open_now if one[1] == "todo" and one[0][0] in held]
        found = waiting or begun or open_now
        return found[0][0] if found else None

    def _open_for(self, first: tuple[str, str] | None) -> None:
        """A set is open when the form that is due lies in it."""
        if first is None or first not in self._places:
            return
        at, _ = self._places[first]
        if self.rows[at].members:
            self.open_sets.add(self.rows[at].event)
            self.show_matrix()

    def _go_first(self) -> None:
        self.table.go_to(*self._places.get(self._first() or ("", ""), (0, 0)))

    # words

    def _say_cell(self) -> None:
        here = self.table.currentIndex()
        if not here.isValid() or here.row() >= len(self.rows):
            return
        look = self.table.looks.look(here.row(), here.column())
        said, cell = look.said, self.current()
        if cell is not None and cell.state == "started":
            said = self._entered(cell, self.visits[here.column()]) or said
        keys = "" if self.rows[here.row()].members else words.say("casebook_rows.keys")
        self.sentence.setText(f"{said} {keys}" if look.said else "")
        self._say_sign()
        text, state = window_sentence(self.visits[here.column()])
        self.window_line.setText(text)
        style.set_state(self.window_line, state)
        self._fit_foot()

    def _fit_foot(self) -> None:
        """Both sentences in one line; else that of the cell alone, in two lines where it needs them."""
        if style.current().compact:
            return
        room = self.table.width() - style.current().px(16)
        wide = self.sentence.fontMetrics().horizontalAdvance(self.sentence.text())
        beside = self.window_line.fontMetrics().horizontalAdvance(self.window_line.text())
        self.window_line.setHidden(wide + beside > room)
        self.sentence.setWordWrap(wide > room)

    def _entered(self, cell: Cell, visit: Visit) -> str:
        """Who entered the last answer and when."""
        last = last_entry(self.window_.session, cell.key)
        if last is None:
            return ""
        today = last.day == self.now().isoformat()
        at = words.say("casebook_rows.today_at", time=last.time) if today else words.say(
            "casebook_rows.on_day", date=last.day
        )  # fmt: skip
        state = words.say(
            "casebook_rows.entered", None, answered=cell.answered, asked=cell.asked, name=last.name, at=at
        )
        form = words.pick(self.window_.session.study.forms[cell.key.form].name)
        return words.say("casebook.cell", form=form, visit=visit.definition.short_name, state=state)

    def _say_mistake(self) -> None:
        """A subject that was made by mistake says so on top, as long as it is one."""
        data = self.window_.session.subject(self.uid)
        self.acts.say_subject(data.mistake)

    def _say_buttons(self) -> None:
        self.extra.set_words(words.say("casebook.extra"))
        self.not_done.set_words(words.say("casebook_ask.not_done"))
        self._say_sign()

    def _say_sign(self) -> None:
        """The visit under the ring is the one that is signed."""
        visit = self.current_visit()
        short = visit.definition.short_name if visit is not None else ""
        self.sign.set_words(words.say("sign.visit_button", visit=short))

    # how it is put together

    def _build(self) -> None:
        box = column(4)
        now = style.current()
        box.setContentsMargins(now.px(24), now.px(2), now.px(24), now.px(2))
        self.speak(self.paper.setText, "casebook_rows.print")
        self._say_buttons()
        for made, object_name, act in (
            (self.extra, "extra_visit", self.acts.ask_extra),
            (self.not_done, "not_done", self.acts.ask_not_done),
            (self.sign, "sign_visit", self.acts.sign_visit),
        ):
            made.setObjectName(object_name)
            made.clicked.connect(lambda _=False, act=act: act())
        self.paper.setToolTip("Ctrl+P")
        self.paper.setObjectName("paper")
        if not self._may_add():
            self.extra.hide()
        if not self.window_.session.verdict(Step.ENTER).allowed:
            self.not_done.hide()
        if not self.window_.session.verdict(Step.SIGN_APPROVE).allowed:
            self.sign.hide()
        QShortcut(QKeySequence("Ctrl+P"), self).activated.connect(self.show_paper)
        QShortcut(QKeySequence("Alt+Up"), self).activated.connect(self.window_.show_subjects)
        self._lay_out(box)
        self.table.setObjectName("casebook")
        self.others.setObjectName("other_forms")
        self.sentence.setObjectName("cell_sentence")
        self.others.opened.connect(lambda at, _: self.window_.show_form(self._once()[at].key))
        self.table.opened.connect(self.open_cell)
        self.table.moved.connect(lambda *_: self._say_cell())
        self.table.folded.connect(self.fold)
        self.table.asked.connect(self._on_key)

    def _on_key(self, name: str) -> None:
        acts = {
            "extra": self.acts.ask_extra, "not_done": self.acts.ask_not_done, "preview": self.preview,
            "sign": self.acts.sign_visit,
        }  # fmt: skip
        acts[name]()

    def _lay_out(self, box: QVBoxLayout) -> None:
        now, top = style.current(), row(8)
        buttons = row(8)
        for one in (self.sign, self.not_done, self.extra, self.paper):
            one.setProperty("kind", "bar")
            buttons.addWidget(one)
        if now.compact:
            box.addWidget(self.tabs)
            buttons.addStretch(1)
            box.addLayout(buttons)
        else:
            top.addWidget(self.tabs, 1)
            top.addLayout(buttons)
            box.addLayout(top)
        box.addWidget(self.panel)
        box.addWidget(self.notice)
        matrix = QWidget()
        inside = column(4)
        matrix.setLayout(inside)
        inside.addWidget(self.table, 1)
        foot: QHBoxLayout | QVBoxLayout = column(0) if now.compact else row(16)
        for line in (self.sentence, self.window_line):
            line.setWordWrap(now.compact)
        foot.addWidget(self.sentence, 1)
        foot.addWidget(self.window_line)
        inside.addLayout(foot)
        for part in (matrix, self.others, self.history):
            self.parts.addWidget(part)
        box.addWidget(self.parts, 1)
        if now.compact:
            self.table.setMinimumHeight(now.px(230))
            page = column(0)
            page.addWidget(scrolled(box))
            self.setLayout(page)
        else:
            self.setLayout(box)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_foot()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.panel.isVisible():
            self.acts.close()
        else:
            super().keyPressEvent(event)

    def _may_add(self) -> bool:
        repeating = any(one.repeating and not one.until for one in self.window_.session.study.event)
        return repeating and self.window_.session.verdict(Step.ADD_SUBJECT).allowed
