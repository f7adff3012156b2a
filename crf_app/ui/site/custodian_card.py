"""Custodian cards on the People page: whether there are any, a new set to print, reading two of them back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from crf_app.actions.people.people_here import cards_state
from crf_app.errors import CrfError
from crf_app.model.workflow import Step
from crf_app.settings.files import write_file
from crf_app.ui import files, style, words
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.widgets.parts import button, column, frame, label, row

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class CustodianCard(Speaking):
    """For the administrator only."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window_ = window
        self.state, self.notice = label("", "value", wrap=True), Notice()
        self.make = button("", "", "file", clicked=self.ask)
        self.one, self.other = QLineEdit(), QLineEdit()
        self.right = button("", "primary", "check", clicked=self.confirm)
        self.reading = QWidget()
        self._build()
        self.refresh()
        if not window.session.verdict(Step.MANAGE_USERS).allowed:
            self.hide()

    def refresh(self) -> None:
        """Read again what the vault says of cards."""
        state = cards_state(self.window_.home)
        self.state.setText(words.say(f"cards.{state}"))
        style.set_state(self.state, "" if state == "ready" else "soft")

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        self.refresh()

    def ask(self) -> None:
        path = files.ask_save(self, words.say("cards.save_title"), "custodian-cards.pdf")
        if path is not None:
            self.make_set(path)

    def make_set(self, out: Path) -> None:
        """Three new cards, written to `out`; then two of them are asked for."""
        from crf_app.actions.people.custodians import cards_pdf, make_cards

        try:
            write_file(out, cards_pdf(make_cards(self.window_.session)))
        except CrfError as refusal:
            self.notice.refuse(refusal)
            return
        self.notice.say(words.both("cards.made", path=out.name), "ok")
        self.reading.show()
        self.one.setFocus()
        self.refresh()

    def confirm(self) -> None:
        """Two cards as they stand on paper; refused, what was typed stays."""
        from crf_app.actions.people.custodians import confirm_cards

        try:
            changes = confirm_cards(self.window_.session, self.one.text(), self.other.text())
        except CrfError as refusal:
            self.notice.refuse(refusal)
            self.one.setFocus()
            return
        self.one.clear()
        self.other.clear()
        self.reading.hide()
        self.notice.say(words.both("cards.right"), "ok")
        self.window_.say_saved(changes)
        self.refresh()

    # how it is put together

    def _build(self) -> None:
        box = column(8, 20)
        title = label("", "card")
        self.speak(title.setText, "cards.title")
        hint = label("", "small", wrap=True)
        self.speak(hint.setText, "cards.hint")
        for one in (title, self.state, hint, self.notice):
            box.addWidget(one)
        self.make.setObjectName("make_cards")
        self.speak(self.make.setText, "cards.make")
        inside = column(6)
        for field, key in ((self.one, "one"), (self.other, "other")):
            said = label("", "label")
            said.setBuddy(field)
            field.setObjectName(f"card_{key}")
            self.speak(said.setText, f"recover.{key}")
            self.speak(field.setAccessibleName, f"recover.{key}")
            field.returnPressed.connect(self.confirm)
            inside.addWidget(said)
            inside.addWidget(field)
        self.right.setObjectName("cards_right")
        self.speak(self.right.setText, "cards.confirm")
        inside.addWidget(self.right, 0, Qt.AlignmentFlag.AlignRight)
        self.reading.setLayout(inside)
        box.addWidget(self.reading)
        if cards_state(self.window_.home) != "unread":
            self.reading.hide()
        line = row(0)
        line.addWidget(self.make)
        line.addStretch(1)
        box.addLayout(line)
        outer = column(0)
        outer.addWidget(frame("card", box))
        self.setLayout(outer)
