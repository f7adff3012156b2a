"""Two devices, two values: both with who, where and when; one is chosen, with a reason.

Nothing is preset.  The card stands beside the list of queries.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtWidgets import QButtonGroup, QLineEdit, QRadioButton

from crf_app.actions.sync.conflicts import Alternative, ConflictView
from crf_app.ui import words
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.queries.query_thread import when_words
from crf_app.ui.widgets.parts import button, clear, column, frame, label, picture, row


class ConflictCard(Speaking):
    """`use(record, reason)` is called for the chosen value; `go` opens the field."""

    def __init__(self, use: Callable[[str, str], object], go: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("conflict_card")
        self._use = use
        self.title = label("", "card", wrap=True)
        self.reason, self.notice = QLineEdit(), Notice()
        self.came_back = label("", "small", "soft", wrap=True)
        self.go = button("", clicked=go)
        self.use = button("", "primary", clicked=self.send)
        self._values, self._group = column(8), QButtonGroup(self)
        self._heads: list[str] = []
        self._build()

    def show_conflict(self, view: ConflictView, now: datetime, *, may: bool) -> None:
        """The values; `may`: whether this person chooses."""
        item, visit = words.pick(view.item), words.pick(view.visit)
        self.title.setText(words.say("queries.head", label=view.label, item=item, visit=visit))
        for old in self._group.buttons():
            self._group.removeButton(old)
        clear(self._values)
        self._heads = [one.record for one in view.values]
        for n, one in enumerate(view.values):
            made = QRadioButton(_said(one, now))
            made.setProperty("kind", "boxed")
            made.setEnabled(may)
            self._group.addButton(made, n)
            self._values.addWidget(made)
        self.reason.setEnabled(may)
        self._ready()

    def say_came_back(self, said: str) -> None:
        """When the reason was typed, where it came back."""
        self.came_back.setText(said)
        self.came_back.setVisible(bool(said))

    def take_focus(self) -> None:
        """The first value: where a choice begins."""
        first = self._group.button(0)
        if first is not None:
            first.setFocus()

    def send(self) -> None:
        if self._group.checkedId() >= 0:
            self._use(self._heads[self._group.checkedId()], self.reason.text())

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()

    def _ready(self) -> None:
        self.use.setEnabled(self._group.checkedId() >= 0 and bool(self.reason.text().strip()))

    def _build(self) -> None:
        box, head, foot = column(10, 20), row(10), row(8)
        why, stands, title = label("", "small", wrap=True), label("", "value", "soft"), label("", "label")
        head.addWidget(picture("conflict", "soft", 20))
        head.addWidget(self.title, 1)
        self.speak(why.setText, "queries.conflict_said")
        self.speak(stands.setText, "queries.conflict_stands")
        self.speak(title.setText, "queries.reason")
        self.speak(self.reason.setAccessibleName, "queries.reason")
        self.speak(self.reason.setPlaceholderText, "queries.reason_hint")
        self.speak(self.use.setText, "queries.use")
        self.speak(self.go.setText, "queries.go")
        self.reason.setObjectName("conflict_reason")
        self.reason.setProperty("kind", "plain")
        self.use.setObjectName("conflict_use")
        self.reason.textChanged.connect(lambda _: self._ready())
        self.reason.returnPressed.connect(self.send)
        self._group.idToggled.connect(lambda *_: self._ready())
        stands.setWordWrap(True)
        box.addLayout(head)
        box.addWidget(why)
        box.addLayout(self._values)
        self.came_back.hide()
        for widget in (stands, title, self.came_back, self.reason, self.notice):
            box.addWidget(widget)
        foot.addWidget(self.go)
        foot.addStretch(1)
        foot.addWidget(self.use)
        box.addLayout(foot)
        box.addStretch(1)
        around = column(0)
        around.addWidget(frame("card", box))
        self.setLayout(around)


def _said(one: Alternative, now: datetime) -> str:
    value = " ".join(filter(None, (one.value, shown_unit(one.unit) if one.unit else "")))
    when = when_words(one.when, now)
    return f"{value}\n{words.say('queries.from_device', name=one.name, device=one.device, when=when)}"
