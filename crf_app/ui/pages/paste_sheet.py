"""Paste a laboratory's report into the open form: the text, what becomes of each line, then enter.

The preview is read anew while the text changes; Enter or Space on a line takes it out or in.  Nothing is
stored before the button (Ctrl+Enter); afterwards the list is the report, a line for every line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit

from crf_app.actions.changes import Changes
from crf_app.actions.lab.lab_paste import TAKEN, PasteLine, enter_paste, plan_paste
from crf_app.errors import CrfError
from crf_app.model.keys import Answer, FormKey
from crf_app.ui import style, words
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.site.report_list import ReportList, outcome_look
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.list_view import LookList
from crf_app.ui.widgets.parts import column, label, row
from crf_app.ui.widgets.table_models import Look

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_HEAD: Final = ("line", "outcome", "what")
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PasteSheet(Speaking):
    """`entered` is called with what changed, after at least one value was stored."""

    def __init__(self, window: MainWindow, key: FormKey, entered: Callable[[Changes], object]) -> None:
        super().__init__()
        self.setObjectName("paste_sheet")
        self._window, self._key, self._entered = window, key, entered
        self.plan: list[PasteLine] = []
        self.accepted: set[int] = set()
        self.notice, self.report = Notice(), ReportList("paste_report")
        self.text, self.reason = QPlainTextEdit(), QLineEdit()
        self.table = LookList(2, 36)
        self.enter_button, self.close_button = KeyButton("", "Ctrl ↵"), KeyButton("", "Esc")
        self.text.setTabChangesFocus(True)
        self._build()
        self.text.textChanged.connect(self.look)
        self.text.setPlainText(QApplication.clipboard().text())
        self.setFocusProxy(self.text)

    def look(self) -> None:
        """Read the text again; nothing is stored."""
        self.notice.clear()
        try:
            self.plan = plan_paste(self._window.session, self._key, self.text.toPlainText())
        except CrfError as refusal:
            self.plan = []
            self.notice.refuse(refusal)
        self.accepted = {one.line for one in self.plan if one.outcome in TAKEN}
        self._show()

    def toggle(self, at: int) -> None:
        """Take a line out, or in again."""
        one = self.plan[at]
        if one.outcome in TAKEN:
            self.accepted ^= {one.line}
            self._show()
            self.table.selectRow(at)

    def enter(self) -> None:
        """Store the accepted lines; the report takes the place of the preview."""
        if not self.accepted:
            return
        session = self._window.session
        try:
            lines = enter_paste(session, self._key, self.plan, self.accepted, self.reason.text())
        except CrfError as refusal:
            self.notice.refuse(refusal)
            return
        self.report.show_lines(lines)
        for part in (self.text, self.table, self.reason, self._reason_said, self.enter_button, self.none):
            part.hide()
        done = sum(one.outcome == "entered" for one in lines)
        self.notice.say(words.both("lab.paste_done", n=done), "ok" if done else "soft")
        self.close_button.setFocus()
        if done:
            self._entered(Changes(frozenset({str(self._key)}), f"{session.clock.now():%H:%M:%S}"))

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        self.report.retranslate()
        self._show()

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() in _ENTER:
            self.enter()
        elif event.key() == Qt.Key.Key_Space and self.table.hasFocus():
            self.toggle(self.table.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def _show(self) -> None:
        head = [words.say(f"lab.head_{name}") for name in _HEAD]
        head += [words.say(f"lab.{name}") for name in ("paste_head_now", "paste_head_new", "head_message")]
        self.table.looks.show(head, [self._looks(one) for one in self.plan])
        self.table.fit()
        self.table.setVisible(bool(self.plan) and self.report.isHidden())
        self.none.setVisible(not self.plan and self.report.isHidden())
        differs = any(one.outcome == "differs" and one.line in self.accepted for one in self.plan)
        for part in (self.reason, self._reason_said):
            part.setVisible(differs and self.report.isHidden())
        self.enter_button.set_words(words.say("lab.paste_enter", n=len(self.accepted)))
        self.enter_button.setEnabled(bool(self.accepted))
        self.close_button.set_words(words.say("frame.close"))

    def _looks(self, one: PasteLine) -> list[Look]:
        left = one.outcome in TAKEN and one.line not in self.accepted
        what = words.pick(one.item.question) if one.item is not None else one.text.strip()[:40]
        return [
            Look(str(one.line), right=True),
            outcome_look("left" if left else one.outcome),
            Look(what, bold=one.item is not None),
            Look(_shown(one.now), colour="text2", right=True),
            Look(_shown(one.answer), bold=True, right=True),
            Look(one.texts[words.language()], colour="text2"),
        ]

    def _build(self) -> None:
        now = style.current()
        title, hint = label("", "page"), label("", "sub", wrap=True)
        self.speak(title.setText, "lab.paste_title")
        self.speak(hint.setText, "lab.paste_hint")
        self.none = label("", "sub")
        self.speak(self.none.setText, "lab.paste_empty")
        self.speak(self.text.setAccessibleName, "lab.paste_text")
        self.speak(self.text.setPlaceholderText, "lab.paste_text")
        self.speak(self.table.setAccessibleName, "lab.paste_lines")
        self._reason_said = label("", "label")
        self._reason_said.setBuddy(self.reason)
        self.speak(self._reason_said.setText, "lab.paste_reason")
        self.speak(self.reason.setAccessibleName, "lab.paste_reason")
        for widget, name in ((self.text, "text"), (self.table, "table"), (self.reason, "reason"),
                             (self.enter_button, "enter"), (self.close_button, "close")):  # fmt: skip
            widget.setObjectName(f"paste.{name}")
        self.text.setFixedHeight(now.px(120))
        self.table.setMinimumHeight(now.px(240))
        self.table.opened.connect(lambda at, _column: self.toggle(at))
        self.enter_button.setProperty("kind", "primary")
        self.enter_button.clicked.connect(self.enter)
        self.close_button.clicked.connect(self._window.hide_sheet)
        head, foot = row(12), row(12)
        head.addWidget(title, 1)
        head.addWidget(self.close_button)
        foot.addWidget(self._reason_said)
        foot.addWidget(self.reason, 1)
        foot.addStretch(1)
        foot.addWidget(self.enter_button)
        box = column(10)
        self.setLayout(box)
        box.addLayout(head)
        for part in (hint, self.text, self.notice, self.none, self.table, self.report):
            box.addWidget(part)
        box.addLayout(foot)


def _shown(answer: Answer) -> str:
    if answer.value is None:
        return answer.missing or ""
    return f"{answer.value} {shown_unit(answer.unit)}".strip()
