"""Queries as a list with their threads: read, answer, close, go to the form.

What can be answered now stands first, then by age.  A thread never disappears; a closed one is read only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout

from crf_app.actions.changes import Changes
from crf_app.actions.queries import QueryStep, QueryView, answer_query, close_query, queries
from crf_app.errors import CrfError
from crf_app.model.workflow import Step
from crf_app.ui import style, words
from crf_app.ui.choice_line import ChoiceLine
from crf_app.ui.list_view import LookList
from crf_app.ui.page import Page
from crf_app.ui.parts import button, clear, column, frame, label, row, scrolled
from crf_app.ui.table_models import Look

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_HEAD = ("subject", "sentence", "status", "opened")
_FILTERS = {"open": ("Open",), "answered": ("Answered",), "closed": ("Closed", "Cancelled")}
_ICONS = {"Open": "query", "Answered": "answered", "Closed": "done", "Cancelled": "done"}


class QueriesPage(Page):
    """List left, thread right."""

    rail = "queries"

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._all: list[QueryView] = []
        self._shown: list[QueryView] = []
        self._thread = ""
        self.filter = ChoiceLine("query_filter", self._filter_names({}), "open")
        self.table = LookList(1, 56)
        self.count, self.none = label("", "sub"), label("", "sub")
        self.head, self.place, self.steps = label("", "card", wrap=True), label("", "small"), column(8)
        self.answer, self.why_not = QPlainTextEdit(), label("", "small", wrap=True)
        self.send = button("", "primary", clicked=self.send_answer)
        self.close_ = button("", clicked=self.close_one)
        self.go = button("", clicked=self.go_to_form)
        self.detail = self._detail()
        self._build()
        self.refresh()

    def begin(self) -> None:
        self.table.setFocus()
        if self._shown:
            self.table.selectRow(0)

    def made_anew(self) -> QueriesPage:
        """The same page for another version of the study."""
        return QueriesPage(self.window_)

    def refresh(self, changes: Changes | None = None) -> None:
        self._all = queries(self.window_.session)
        counts = {name: sum(one.status in states for one in self._all) for name, states in _FILTERS.items()}
        self.filter.name(self._filter_names(counts))
        self.count.setText(words.say("queries.count", n=counts["open"] + counts["answered"]))
        self._list()

    def show_thread(self, place: int) -> None:
        """Show the thread of a row of the list."""
        one = self._shown[place]
        if one.thread != self._thread:
            self.answer.clear()
            self.notice.clear()
        self._thread = one.thread
        self.head.setText(f"{one.label}, {words.pick(one.item)}")
        self.place.setText(f"{words.pick(one.form)}, {words.pick(one.visit)}")
        clear(self.steps)
        self.steps.addWidget(_bubble(_asker(one), one.opened, words.pick(one.texts), "query"))
        for step in one.steps[1:]:
            self.steps.addWidget(_bubble(self._who(step), step.when, step.text, _ground(step)))
        session, is_open = self.window_.session, one.status in ("Open", "Answered")
        verdict = session.verdict(Step.EXPLAIN_HARD if one.severity == "hard" else Step.ANSWER_QUERY)
        may_answer = is_open and verdict.allowed
        self.why_not.setVisible(is_open and not verdict.allowed)
        self.why_not.setText(words.pick({"en": verdict.en, "zh": verdict.zh}))
        may_close = is_open and session.verdict(Step.CLOSE_QUERY).allowed and not one.check
        self.answer.setVisible(may_answer or may_close)
        self._answer_title.setVisible(may_answer or may_close)
        self.send.setVisible(may_answer)
        self.close_.setVisible(may_close)
        self.detail.show()

    def send_answer(self) -> None:
        self._act(lambda text: answer_query(self.window_.session, self._thread, text))

    def close_one(self) -> None:
        self._act(lambda text: close_query(self.window_.session, self._thread, text))

    def go_to_form(self) -> None:
        """The form in which the question stands."""
        one = next(one for one in self._all if one.thread == self._thread)
        self.window_.show_form(one.key.form_key)

    def _act(self, step: Callable[[str], Changes]) -> None:
        try:
            changes = step(self.answer.toPlainText())
        except CrfError as refusal:
            self.notice.refuse(refusal)
            self.answer.setFocus()
            return
        self.answer.clear()
        self.window_.say_saved(changes)
        self.table.setFocus()

    def _list(self) -> None:
        states = _FILTERS[self.filter.code]
        self._shown = [one for one in self._all if one.status in states]
        head = [words.say(f"queries.head_{name}") for name in _HEAD]
        self.table.looks.show(head, [_looks(one) for one in self._shown])
        self.table.fit()
        self.table.setVisible(bool(self._shown))
        self.none.setVisible(not self._shown)
        at = next((n for n, one in enumerate(self._shown) if one.thread == self._thread), 0)
        self.detail.setVisible(bool(self._shown))
        if self._shown:
            self.table.selectRow(at)
            self.show_thread(at)

    def _who(self, step: QueryStep) -> str:
        role = words.say(f"role.{step.role}")
        return role if step.role == "system" else f"{step.user}, {role}"

    def _filter_names(self, counts: dict[str, int]) -> dict[str, str]:
        return {name: f"{words.say(f'queries.filter_{name}')}  {counts.get(name, 0)}" for name in _FILTERS}

    # how it is put together

    def _build(self) -> None:
        title = label("", "page")
        self.speak(title.setText, "queries.title")
        self.speak(self.none.setText, "queries.none")
        self.speak(self.table.setAccessibleName, "queries.list_name")
        self.table.setObjectName("query_list")
        self.filter.chosen.connect(lambda _: self._list())
        self.table.moved.connect(lambda place, _: self.show_thread(place))
        self.table.opened.connect(lambda place, _: self.answer.setFocus())
        box = column(6, 24)
        for widget in (title, self.count, self.filter):
            box.addWidget(widget)
        left = column(8)
        left.addWidget(self.table, 1)
        left.addWidget(self.none)
        left.addStretch(0)
        compact = style.current().compact
        self.table.setMinimumHeight(style.current().px(160))
        both: QHBoxLayout | QVBoxLayout = column(12) if compact else row(16)
        both.addLayout(left, 1)
        both.addWidget(self.detail, 1)
        box.addSpacing(style.current().px(6))
        box.addLayout(both, 1)
        if not compact:
            self.setLayout(box)
            return
        page = column(0)
        page.addWidget(scrolled(box))
        self.setLayout(page)

    def _detail(self) -> QFrame:
        box = column(8, 20)
        head = row(8)
        lines = column(0)
        lines.addWidget(self.head)
        lines.addWidget(self.place)
        head.addLayout(lines, 1)
        head.addWidget(self.go)
        self._answer_title = label("", "value")
        self.speak(self.go.setText, "queries.go")
        self.speak(self._answer_title.setText, "queries.your_answer")
        self.speak(self.answer.setAccessibleName, "queries.your_answer")
        self.speak(self.send.setText, "queries.send")
        self.speak(self.close_.setText, "queries.close")
        self.answer.setObjectName("query_answer")
        self.answer.setTabChangesFocus(True)
        self.answer.setMaximumHeight(style.current().px(88))
        self.send.setObjectName("send_answer")
        self.send.setToolTip("Ctrl+Enter")
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.send_answer)
        box.addLayout(head)
        box.addLayout(self.steps)
        box.addStretch(1)
        box.addWidget(self.why_not)
        box.addWidget(self.notice)
        box.addWidget(self._answer_title)
        box.addWidget(self.answer)
        line = row(8)
        line.addStretch(1)
        line.addWidget(self.close_)
        line.addWidget(self.send)
        box.addLayout(line)
        return frame("card", box)


def _looks(one: QueryView) -> list[Look]:
    colour = "query" if one.status in ("Open", "Answered") else "text2"
    return [
        Look(one.label, _ICONS[one.status], colour, True),
        Look(words.pick(one.texts), sub=f"{words.pick(one.item)}, {words.pick(one.visit)}"),
        Look(words.say(f"queries.status_{one.status}"), "", colour, one.status == "Open"),
        Look(one.opened[:16], colour="text2"),
    ]


def _asker(one: QueryView) -> str:
    if one.check:
        return f"{words.say('role.system')}, {words.say('queries.check', check=one.check)}"
    first = one.steps[0] if one.steps else None
    return f"{first.user}, {words.say(f'role.{first.role}')}" if first else ""


def _ground(step: QueryStep) -> str:
    return "tinted" if step.kind == "query.answer" else "sunken"


def _bubble(who: str, when: str, text: str, ground: str) -> QFrame:
    """One step of a thread."""
    box = column(2, 10)
    head = row(8)
    head.addWidget(label(who, "value", "query" if ground == "query" else ""), 1)
    head.addWidget(label(when[:16], "hint"))
    box.addLayout(head)
    if text:
        box.addWidget(label(text, wrap=True))
    return frame(ground, box)
