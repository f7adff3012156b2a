"""One query at the right: where it stands, the value now and before, the thread, and the place for an answer.

Quick answers are texts to be changed, never sent by themselves.  What may be done is decided by the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QWidget

from crf_app.actions.earlier import Earlier
from crf_app.actions.enter_data import shown
from crf_app.actions.queries import QueryStep, QueryView
from crf_app.model.keys import Answer
from crf_app.ui import icons, style, words
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.program_words import why
from crf_app.ui.queries.query_due import Due, due_words
from crf_app.ui.widgets.flow_layout import FlowLayout
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.parts import button, clear, column, frame, label, picture, row, rule

#: keys that put a quick answer into the field
QUICK = {"F2": "corrected", "F3": "source", "F4": "not_available"}
_FEW = 3  # earlier values that are shown


class QueryDetail(Speaking):
    """`send`, `close` and `go` are called for their buttons."""

    def __init__(
        self, send: Callable[[], object], close: Callable[[], object], go: Callable[[], object]
    ) -> None:
        super().__init__()
        self.setObjectName("query_detail")
        self.title, self.state = label("", "card", wrap=True), label("", "chip", "query")
        self.mark, self.due = picture("query", "query", 16), label("", "small", wrap=True)
        self.value, self.before_title, self.before = label("", "name"), label("", "label"), label("", "sub")
        self.steps, self.answer, self.notice = column(8), QPlainTextEdit(), Notice()
        self.why_not = label("", "small", wrap=True)
        self.answer_title, self.came_back = label("", "value"), label("", "small", "soft", wrap=True)
        self.send = KeyButton("", "Ctrl ↵")
        self.send.clicked.connect(lambda: send())
        self.close_, self.go = button("", clicked=close), button("", clicked=go)
        self._quick: list[tuple[str, KeyButton]] = []
        self._asking = QWidget()
        self._build()

    def show_view(self, view: QueryView, now: datetime, due: Due | None, *, mine: bool) -> None:
        """The words of one thread; the value comes by `show_value`."""
        item, visit = words.pick(view.item), words.pick(view.visit)
        self.title.setText(words.say("queries.head", label=view.label, item=item, visit=visit))
        self.state.setText(status_words(view.status, mine=mine))
        waits = view.status in ("Open", "Answered")
        style.set_state(self.state, "query" if waits else "")
        icon = "query" if view.status == "Open" else "answered" if waits else "done"
        self.mark.setPixmap(icons.pixmap(icon, "query" if waits else "text2", 16))
        said = due_words(view, due)
        self.due.setText(said)
        self.due.setVisible(bool(said))
        style.set_state(self.due, "soft" if due is not None and due.soon and waits else "")
        clear(self.steps)
        first = words.pick(view.texts)
        for n, step in enumerate(view.steps):
            self.steps.addLayout(_bubble(view, step, first if n == 0 else step.text, now))

    def show_value(self, answer: Answer, earlier: Sequence[Earlier]) -> None:
        """The value that stands now, with its unit, and those of earlier visits, newest first."""
        said = " ".join(filter(None, (shown(answer), shown_unit(answer.unit) if answer.unit else "")))
        self.value.setText(said or words.say("queries.no_value"))
        few = list(earlier[:_FEW])
        visits = ", ".join(one.event.short_name for one in few)
        self.before_title.setText(words.say("queries.earlier", visits=visits) if few else "")
        self.before.setText(",  ".join(shown(one.answer) for one in few))

    def say_came_back(self, said: str) -> None:
        """When the text in the answer was typed, where it came back."""
        self.came_back.setText(said)
        self.came_back.setVisible(bool(said))

    def show_rights(self, *, answer: bool, close: bool, why_not: str) -> None:
        """What the person may do with it; `why_not` in words where there is something to answer."""
        self._asking.setVisible(answer or close)
        self.send.setVisible(answer)
        self.close_.setVisible(close)
        self.why_not.setText(why_not)
        self.why_not.setVisible(bool(why_not))

    def put(self, name: str) -> None:
        """A quick answer into the field, to be changed before it is sent."""
        if self._asking.isVisibleTo(self):
            self.answer.setPlainText(words.say(f"queries.text_{name}"))
            self.answer.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.answer.selectAll()

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        for name, made in self._quick:
            made.set_words(words.say(f"queries.quick_{name}"))
        self.send.set_words(words.say("queries.send"))

    # how it is put together

    def _build(self) -> None:
        box = column(12, 20)
        head = row(8)
        head.addWidget(self.title, 1)
        head.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.state, 0, Qt.AlignmentFlag.AlignTop)
        box.addLayout(head)
        box.addWidget(self.due)
        box.addWidget(self._place())
        box.addLayout(self.steps)
        box.addStretch(1)
        box.addWidget(self.why_not)
        box.addWidget(self.notice)
        box.addWidget(self._asking)
        self._ask_part()
        card = frame("card", box)
        around = column(0)
        around.addWidget(card)
        self.setLayout(around)
        self.speak(self.go.setText, "queries.go")
        self.speak(self.close_.setText, "queries.close")
        self.speak(self.answer_title.setText, "queries.your_answer")
        self.speak(self.answer.setAccessibleName, "queries.your_answer")
        self.retranslate()

    def _place(self) -> QFrame:
        """Value now, earlier values, and the way to the field."""
        title = label("", "label")
        self.speak(title.setText, "queries.value_now")
        line, now, before = row(16, 12), column(2), column(2)
        for part, widgets in ((now, (title, self.value)), (before, (self.before_title, self.before))):
            for widget in widgets:
                part.addWidget(widget)
        line.addLayout(now, 1)
        line.addLayout(before, 1)
        line.addWidget(self.go, 0, Qt.AlignmentFlag.AlignVCenter)
        self.go.setObjectName("query_go")
        return frame("sunken", line)

    def _ask_part(self) -> None:
        box = column(8)
        box.setContentsMargins(0, 0, 0, 0)
        self.came_back.hide()
        self.answer.setObjectName("query_answer")
        self.answer.setTabChangesFocus(True)
        self.answer.setMaximumHeight(style.current().px(88))
        self.send.setObjectName("send_answer")
        self.send.setProperty("kind", "primary")
        hint, paper = label("", "small"), label("", "hint", wrap=True)
        self.speak(hint.setText, "queries.quick")
        self.speak(paper.setText, "queries.paper")
        quick = QWidget()
        line = FlowLayout(quick, style.current().px(8))
        for key, name in QUICK.items():
            made = KeyButton("", key)
            made.setObjectName(f"quick_{name}")
            made.clicked.connect(lambda _checked=False, name=name: self.put(name))
            line.addWidget(made)
            self._quick.append((name, made))
        foot = row(8)
        foot.addWidget(paper, 1)
        foot.addWidget(self.close_)
        foot.addWidget(self.send)
        for widget in (self.answer_title, self.came_back, self.answer, hint, quick, rule()):
            box.addWidget(widget)
        box.addLayout(foot)
        self._asking.setLayout(box)


def status_words(status: str, *, mine: bool) -> str:
    """The state of a thread, with whom it waits for."""
    return words.say("queries.status_mine" if mine and status == "Open" else f"queries.status_{status}")


def when_words(when: str, now: datetime) -> str:
    """`today 12:04`, or day and time; `when` is local, `2026-10-06 14:02:31 +08:00`."""
    day, time = when[:10], when[11:16]
    return words.say("queries.today", time=time) if day == now.date().isoformat() else f"{day} {time}"


def _bubble(view: QueryView, step: QueryStep, text: str, now: datetime) -> QHBoxLayout:
    """One step of the thread: what is asked stands left, what is answered right."""
    answered = step.kind == "query.answer"
    box, head = column(2, 10), row(8)
    head.addWidget(label(_who(view, step), "value", "accent" if answered else "query"), 1)
    head.addWidget(label(when_words(step.when, now), "hint"))
    box.addLayout(head)
    said = why(step.role, text) or words.say(f"queries.step_{step.kind.partition('.')[2]}")
    box.addWidget(label(said, wrap=True))
    around = row(0)
    if answered:
        around.addStretch(1)
    around.addWidget(frame("tinted" if answered else "query", box), 5)
    if not answered:
        around.addStretch(1)
    return around


def _who(view: QueryView, step: QueryStep) -> str:
    role = words.say(f"role.{step.role}")
    if step.role != "system":
        return words.say("queries.by", name=step.name, role=role)
    return f"{role}, {check_words(view)}" if view.check else role


def check_words(view: QueryView) -> str:
    """The check that asks, by the study's number for it."""
    return words.say("queries.check", check=view.number) if view.number else words.say("queries.range_check")
