"""Everybody in the study on this device: find by number, open, add the next one.

Typing a number narrows the list, Enter opens the only hit.  The next free number is proposed, never taken
without the button.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar, overload

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from crf_app.actions.changes import Changes
from crf_app.actions.subject_list import SubjectList, SubjectName, SubjectRow
from crf_app.actions.subjects import add_subject, free_number
from crf_app.errors import CrfError
from crf_app.model.definition import Study
from crf_app.model.workflow import Step
from crf_app.ui import style, words
from crf_app.ui.page import Page
from crf_app.ui.widgets.list_view import LookList
from crf_app.ui.widgets.parts import button, column, label, row
from crf_app.ui.widgets.search_edit import SearchEdit
from crf_app.ui.widgets.table_models import Look

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_HEAD = ("subject", "status", "group", "day1", "next", "due", "queries", "sign", "here")
_AT_ONCE = 24  # a screen of lines and some
_Cell = TypeVar("_Cell")


def columns(study: Study) -> tuple[str, ...]:
    """The columns that say something in this study.

    Without groups there is none to show; without day 1 nothing is planned from it.
    """
    left_out = {"group"} if not study.arms else set()
    if not any(fact.name == "DAY1" for fact in study.subject_facts):
        left_out |= {"day1", "due"}
    return tuple(name for name in _HEAD if name not in left_out)


class SubjectsPage(Page):
    """The list, the search, the next free number."""

    rail = "subjects"

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._list = SubjectList(window.session)
        self._shown: list[SubjectName] = []
        self._columns = columns(window.session.study)
        self._read = ReadWhenSeen(self._list, self._columns)
        self.search, self.number = SearchEdit(), QLineEdit()
        self.add = button("", "primary", "plus", clicked=self.add_one)
        self.flow = button("", clicked=window.show_flow)
        self.plots = button("", clicked=window.show_plots)
        self.table = LookList(self._columns.index("next"))
        self.count, self.empty = label("", "sub"), label("", "sub")
        self._build()
        self.refresh()

    def begin(self) -> None:
        """The search waits for a number."""
        self.search.setFocus()

    def made_anew(self) -> SubjectsPage:
        """The same page for another version of the study."""
        return SubjectsPage(self.window_)

    def refresh(self, changes: Changes | None = None) -> None:
        if changes is not None:
            self._list = SubjectList(self.window_.session)
        study, names = self.window_.session.study, self._list.names
        self._read = ReadWhenSeen(self._list, self._columns)
        self.table.widest = _only(_widest(study, names), self._columns)
        self.count.setText(words.say("subjects.count", n=len(names), planned=study.planned_subjects))
        if not self.number.isModified():
            self.number.setText(free_number(study, {one.label for one in names}))
        self._narrow()
        self.table.fit()

    def add_one(self) -> None:
        """Add the subject whose number stands in the field, and open it."""
        try:
            done = add_subject(self.window_.session, self.number.text())
        except CrfError as refusal:
            self.notice.refuse(refusal)
            self.number.setFocus()
            return
        self.window_.say_saved(done)
        self.window_.show_casebook(done.subject)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and self.search.hasFocus() and self._shown:
            self.table.setFocus()
            self.table.selectRow(0)
        else:
            super().keyPressEvent(event)

    def _narrow(self) -> None:
        text = self.search.text().strip().casefold()
        self._shown = [one for one in self._list.names if text in one.label.casefold()]
        head = [words.say(f"subjects.head_{name}") for name in self._columns]
        self.table.looks.show(head, self._read.among(self._shown))
        self.table.setVisible(bool(self._shown))
        key = "subjects.nothing_found" if self._list.names else "subjects.none"
        self.empty.setText(words.say(key, text=self.search.text().strip()))
        self.empty.setVisible(not self._shown)

    def _open_found(self) -> None:
        exact = [one for one in self._shown if one.label.casefold() == self.search.text().strip().casefold()]
        hits = exact or self._shown
        if len(hits) == 1:
            self.window_.show_casebook(hits[0].uid)
        elif hits:
            self.table.setFocus()
            self.table.selectRow(0)

    def _build(self) -> None:
        now = style.current()
        box = column(12, 24)
        self.setLayout(box)
        box.addLayout(self._top())
        box.addWidget(self.notice)
        box.addWidget(self.table, 1)
        box.addWidget(self.empty)
        box.addStretch(0)
        self.table.setObjectName("subject_table")
        self.speak(self.table.setAccessibleName, "subjects.list_name")
        self.table.opened.connect(lambda place, _: self.window_.show_casebook(self._shown[place].uid))
        self.search.setMinimumWidth(now.px(270))

    def _top(self) -> QHBoxLayout:
        now = style.current()
        title = label("", "page")
        self.speak(title.setText, "subjects.title")
        lines = column(0)
        lines.addWidget(title)
        lines.addWidget(self.count)
        self.search.setObjectName("find")
        self.speak(self.search.setPlaceholderText, "subjects.find")
        self.speak(self.search.setAccessibleName, "subjects.find_name")
        self.search.textChanged.connect(lambda _: self._narrow())
        self.search.returnPressed.connect(self._open_found)
        self.number.setObjectName("new_number")
        self.number.setProperty("kind", "tall")
        self.number.setFixedWidth(now.px(110))
        self.speak(self.number.setAccessibleName, "subjects.new_number")
        self.number.returnPressed.connect(self.add_one)
        self.add.setObjectName("add_subject")
        self.speak(self.add.setText, "subjects.add")
        may_add = self.window_.session.verdict(Step.ADD_SUBJECT).allowed
        top = row(8)
        top.addLayout(lines, 1)
        self.flow.setObjectName("show_flow")
        if not self.window_.session.study.flow:
            self.flow.hide()
        self.speak(self.flow.setText, "subjects.flow")
        self.speak(self.flow.setToolTip, "subjects.flow_tip")
        self.plots.setObjectName("show_plots")
        self.speak(self.plots.setText, "plots.open")
        self.speak(self.plots.setToolTip, "plots.open_tip")
        QShortcut(QKeySequence("Alt+G"), self).activated.connect(self.plots.click)
        if now.compact:
            lines.addWidget(self.search)
            side = row(8)
            side.addWidget(self.flow)
            side.addWidget(self.plots)
            side.addStretch(1)
            lines.addLayout(side)
        else:
            top.addWidget(self.flow)
            top.addWidget(self.plots)
            top.addWidget(self.search)
        top.addSpacing(now.px(16))
        for widget in (self.number, self.add):
            top.addWidget(widget)
            if not may_add:
                widget.hide()
        return top


class ReadWhenSeen:
    """The looks of subjects, read some at a time when the table first asks for one of them."""

    def __init__(self, listed: SubjectList, shown: Sequence[str] = _HEAD) -> None:
        self._list, self._columns = listed, shown
        self._known: dict[str, list[Look]] = {}

    def among(self, shown: Sequence[SubjectName]) -> Sequence[Sequence[Look]]:
        """The rows of a narrowed list."""
        return _Rows(self, shown)

    def looks(self, shown: Sequence[SubjectName], place: int) -> list[Look]:
        found = self._known.get(shown[place].uid)
        if found is None:
            wanted = [one for one in shown[place : place + _AT_ONCE] if one.uid not in self._known]
            self._known |= {row.uid: _only(_looks(row), self._columns) for row in self._list.rows(wanted)}
            found = self._known[shown[place].uid]
        return found


class _Rows(Sequence[Sequence[Look]]):
    def __init__(self, read: ReadWhenSeen, shown: Sequence[SubjectName]) -> None:
        self._read, self._shown = read, shown

    def __len__(self) -> int:
        return len(self._shown)

    @overload
    def __getitem__(self, place: int) -> Sequence[Look]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Sequence[Look]]: ...
    def __getitem__(self, place: int | slice) -> Sequence[Look] | Sequence[Sequence[Look]]:
        if isinstance(place, slice):
            return _Rows(self._read, self._shown[place])
        return self._read.looks(self._shown, place)


def _only(cells: Sequence[_Cell], shown: Sequence[str]) -> list[_Cell]:
    """Of the cells of all columns those that are shown."""
    return [cell for name, cell in zip(_HEAD, cells, strict=True) if name in shown]


def _widest(study: Study, names: Sequence[SubjectName]) -> list[list[Look]]:
    """The widest looks of each column, so that no row is read for it and no column moves while typing."""
    day, counted = "0000-00-00", "000"
    states = {one.status for one in names} | {"screening", "enrolled"}
    return [
        [Look(max((one.label for one in names), key=len, default=""), bold=True)],
        [
            *(Look(_status(status)) for status in sorted(states)),
            *(Look(words.pick(status.name)) for status in study.status),
        ],
        [Look(), *(Look(words.pick(arm.short_name)) for arm in study.arms)],
        [Look(day)],
        [Look(words.pick(event.name)) for event in study.event],
        [Look(day, "late", bold=True)],
        [Look(counted, "query", bold=True)],
        [Look(counted, "signed")],
        [Look(counted, "only_here")],
    ]


def _looks(one: SubjectRow) -> list[Look]:
    """One subject as cells; zero is not shown, loud counts have their icon."""
    late = one.next_state == "overdue"
    due = Look(one.next_due, "late" if late else "", "soft" if late else "text2", late)
    arm, following = (words.pick(text) if text else "" for text in (one.arm, one.next_event))
    return [
        Look(one.label, bold=True),
        Look(words.pick(one.state) if one.state else _status(one.status), colour="text2"),
        Look(arm, colour="text2"),
        Look(one.day1, colour="text2"),
        Look(following),
        due,
        _count(one.open_queries, "query", "query"),
        _count(one.waiting_signature, "signed", "text"),
        _count(one.only_here, "only_here", "text2"),
    ]


def _count(n: int, icon: str, colour: str) -> Look:
    return Look(str(n), icon, colour, n > 0 and colour == "query") if n else Look()


def _status(status: str) -> str:
    key = f"subject_status.{status}"
    return words.say(key) if key in words.table() else status
