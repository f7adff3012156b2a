"""Queries and conflicts: filters with counts, the list, and one of them with its thread at the right.

What this person can answer now stands first, then the oldest.  A thread never disappears; a closed one is
read only.  A conflict is a query nobody asked: it waits in the same list until somebody chooses a value.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from crf_app.actions.changes import Changes
from crf_app.actions.earlier import earlier_values
from crf_app.actions.enter_data import resolve
from crf_app.actions.notes import NotePlace
from crf_app.actions.queries import QueryView, answer_query, close_query, queries
from crf_app.actions.sync.conflicts import conflicts
from crf_app.errors import CrfError
from crf_app.model.keys import Answer
from crf_app.model.workflow import Step
from crf_app.ui import style, words
from crf_app.ui.page import Page
from crf_app.ui.queries.query_cards import FILTERS, Asked, card_of, in_filter, in_order
from crf_app.ui.queries.query_due import due_of
from crf_app.ui.queries.query_list import QueryList
from crf_app.ui.queries.query_thread import QUICK, QueryDetail
from crf_app.ui.sync.conflict_card import ConflictCard
from crf_app.ui.typed.drafts import drafts_of
from crf_app.ui.typed.notes import NoteField
from crf_app.ui.widgets.choice_line import ChoiceLine
from crf_app.ui.widgets.parts import column, frame, label, row, scrolled

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class QueriesPage(Page):
    """List left, one query right."""

    rail = "queries"

    def __init__(self, window: MainWindow, only: str = "open") -> None:
        super().__init__(window)
        self._all: list[Asked] = []
        self._shown: list[Asked] = []
        self._here = ""
        self.filter = ChoiceLine("query_filter", dict.fromkeys(FILTERS, ""), only, counted=True)
        self.table = QueryList()
        self.count, self.none = label("", "sub"), label("", "sub", wrap=True)
        self._head_right = label("", "head")
        self.detail = QueryDetail(self.send_answer, self.close_one, self.go_to_form)
        self.conflict = ConflictCard(self.use_value, self.go_to_form)
        self.notice = self.detail.notice
        self.answer, self.send, self.why_not = self.detail.answer, self.detail.send, self.detail.why_not
        notes = drafts_of(window).notes
        self._reply = NoteField(notes, self.answer.setPlainText, self.detail.say_came_back)
        self._reason = NoteField(notes, self.conflict.reason.setText, self.conflict.say_came_back)
        self.answer.textChanged.connect(lambda: self._reply.typed(self.answer.toPlainText()))
        self.conflict.reason.textChanged.connect(self._reason.typed)
        self.side = QStackedWidget()
        self._build()
        self.refresh()

    def begin(self) -> None:
        self.table.setFocus()

    def made_anew(self) -> QueriesPage:
        """The same page for another version of the study."""
        return QueriesPage(self.window_, self.filter.code)

    def refresh(self, changes: Changes | None = None) -> None:
        session = self.window_.session
        asked = [Asked(one.thread, one, None, self._mine(one)) for one in queries(session)]
        may = session.verdict(Step.RESOLVE).allowed
        both = [Asked(str(one.key), None, one, may) for one in conflicts(session)]
        self._all = [*asked, *both]
        counts = {name: sum(in_filter(one, name, self._now()) for one in self._all) for name in FILTERS}
        self.filter.count({one: (words.say(f"queries.filter_{one}"), n) for one, n in counts.items()})
        days = self._days
        head = words.say("queries.head_right") if days is None else words.say("queries.head_days", n=days)
        self._head_right.setText(head)
        self.count.setText(words.say("queries.count", n=counts["open"]))
        self._list()

    def show_at(self, place: int) -> None:
        """Show the query of a row of the list."""
        one = self._shown[place]
        if one.id != self._here:
            self._here = one.id
            self.detail.notice.clear()
            self.conflict.notice.clear()
            self._reply.begin(None if one.view is None else _note("reply", one))
            self._reason.begin(None if one.conflict is None else _note("use", one))
        if one.conflict is not None:
            self.conflict.show_conflict(one.conflict, self._now(), may=one.mine)
            self.side.setCurrentWidget(self.conflict)
        elif one.view is not None:
            self._show_thread(one.view, mine=one.mine)
            self.side.setCurrentWidget(self.detail)

    def send_answer(self) -> None:
        if self.send.isVisibleTo(self.detail):
            self._act(lambda: answer_query(self.window_.session, self._here, self.answer.toPlainText()))

    def close_one(self) -> None:
        self._act(lambda: close_query(self.window_.session, self._here, self.answer.toPlainText()))

    def use_value(self, record: str, reason: str) -> None:
        """One of the values of a conflict."""
        one = self._current().conflict
        if one is not None:
            self._act(lambda: resolve(self.window_.session, one.key, record, reason))

    def go_to_form(self) -> None:
        """The field in which the question stands."""
        key = self._current().key
        self.window_.show_form(key.form_key)
        go_to = getattr(self.window_.page, "go_to", None)
        if go_to is not None:
            go_to(key)

    def show_thread(self, id_: str) -> None:
        """One thread with the cursor in its answer; every filter is tried for it."""
        for name in (self.filter.code, *FILTERS):
            at = next((n for n, one in enumerate(self._shown) if one.id == id_), None)
            if at is not None:
                self.table.selectRow(at)
                self.show_at(at)
                self._enter()
                return
            self.filter.choose(name)
            self._list()

    def _current(self) -> Asked:
        return next(one for one in self._all if one.id == self._here)

    def _act(self, step: Callable[[], Changes]) -> None:
        try:
            changes = step()
        except CrfError as refusal:
            shown = self.side.currentWidget()
            (self.conflict if shown is self.conflict else self.detail).notice.refuse(refusal)
            (self.conflict.reason if shown is self.conflict else self.answer).setFocus()
            return
        (self._reason if self.side.currentWidget() is self.conflict else self._reply).done()
        self.window_.say_saved(changes)
        self.table.setFocus()

    def _show_thread(self, view: QueryView, *, mine: bool) -> None:
        session, is_open = self.window_.session, view.status in ("Open", "Answered")
        self.detail.show_view(view, self._now(), due_of(view.opened, self._now(), self._days), mine=mine)
        data = session.subject(view.subject)
        answer = data.values(view.key.form_key).get(view.key.local, Answer())
        self.detail.show_value(answer, earlier_values(session, view.key))
        verdict = session.verdict(_answer_step(view))
        closes = is_open and session.verdict(Step.CLOSE_QUERY).allowed and not view.check
        why = "" if verdict.allowed or not is_open else words.pick({"en": verdict.en, "zh": verdict.zh})
        self.detail.show_rights(answer=is_open and verdict.allowed, close=closes, why_not=why)

    def _mine(self, view: QueryView) -> bool:
        """Whether it waits for something this person may do."""
        session = self.window_.session
        if view.status == "Open":
            return session.verdict(_answer_step(view)).allowed
        return view.status == "Answered" and session.verdict(Step.CLOSE_QUERY).allowed and not view.check

    def _list(self) -> None:
        now = self._now()
        self._shown = in_order([one for one in self._all if in_filter(one, self.filter.code, now)])
        self.table.show_cards([card_of(one, now, self._days) for one in self._shown])
        self._card.setVisible(bool(self._shown))
        self.none.setVisible(not self._shown)
        self.side.setVisible(bool(self._shown))
        at = next((n for n, one in enumerate(self._shown) if one.id == self._here), 0)
        if self._shown:
            self.table.selectRow(at)
            self.show_at(at)

    @property
    def _days(self) -> int | None:
        return self.window_.session.study.query_days

    def _now(self) -> datetime:
        return self.window_.clock.now()

    def _enter(self) -> None:
        if self.side.currentWidget() is self.conflict:
            self.conflict.take_focus()
        elif self.answer.isVisibleTo(self):
            self.answer.setFocus()

    # how it is put together

    def retranslate(self) -> None:
        for part in (self.detail, self.conflict):
            part.retranslate()
        super().retranslate()

    def _build(self) -> None:
        title = label("", "home")
        self.speak(title.setText, "queries.title")
        self.speak(self.none.setText, "queries.none")
        self.speak(self.table.setAccessibleName, "queries.list_name")
        self.speak(self.filter.setAccessibleName, "queries.filter_name")
        self.table.setObjectName("query_list")
        self.filter.chosen.connect(lambda _: self._list())
        self.table.moved.connect(lambda place, _: self.show_at(place))
        self.table.opened.connect(lambda *_: self._enter())
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.send_answer)
        for key, name in QUICK.items():
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.activated.connect(lambda name=name: self.detail.put(name))
        for part in (self.detail, self.conflict):
            self.side.addWidget(part)
        self._card = self._list_card()
        compact = style.current().compact
        self.table.setMinimumHeight(style.current().px(180))
        box = column(4)
        margins = (24, 18, 24, 12)
        box.setContentsMargins(*(style.current().px(one) for one in margins))
        for widget in (title, self.count):
            box.addWidget(widget)
        box.addSpacing(style.current().px(8))
        box.addWidget(self.filter)
        box.addSpacing(style.current().px(8))
        box.addWidget(self.none)
        both: QHBoxLayout | QVBoxLayout = column(12) if compact else row(16)
        both.addWidget(self._card, 1)
        both.addWidget(self.side, 1)
        box.addLayout(both, 1)
        box.addStretch(0)
        if not compact:
            self.setLayout(box)
            return
        page = column(0)
        page.addWidget(scrolled(box))
        self.setLayout(page)

    def _list_card(self) -> QWidget:
        """Head, list and what it is sorted by."""
        box, head = column(0), row(0)
        now = style.current()
        left, order = label("", "head"), label("", "small")
        for place, key in ((left, "head_left"), (order, "order")):
            self.speak(place.setText, f"queries.{key}")
        head.setContentsMargins(now.px(16), now.px(5), now.px(16), now.px(5))
        head.addWidget(left, 1)
        head.addWidget(self._head_right)
        order.setContentsMargins(now.px(16), now.px(8), now.px(16), now.px(10))
        box.addWidget(frame("table_head", head))
        box.addWidget(self.table, 1)
        box.addWidget(order)
        return frame("card", box)


def _note(what: str, one: Asked) -> NotePlace:
    """Where the answer to a query, or the reason of a choice, is kept while it is typed."""
    return NotePlace(what, one.key.subject, one.key.path, one.id if what == "reply" else "")


def _answer_step(view: QueryView) -> Step:
    """What answering it takes: a hard check is explained by the investigator only."""
    return Step.EXPLAIN_HARD if view.severity == "hard" else Step.ANSWER_QUERY
