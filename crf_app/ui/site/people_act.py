"""What is asked under the list of people: before a reset, withdrawal, change, removal or a new data key.

It says in a sentence what will happen, takes what is needed and a reason; Esc leaves everything as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QWidget

from crf_app.actions.people.accounts import UserRow
from crf_app.model.workflow import ROLES
from crf_app.ui import words
from crf_app.ui.widgets.choice_line import ChoiceLine
from crf_app.ui.widgets.parts import button, clear, column, label, row
from crf_app.ui.widgets.password_edit import PasswordEdit

ACTS: Final = ("reset", "revoke", "change", "remove", "rotate")


class PeopleAct(QFrame):
    """One question at a time; `given` gets the act's name when the button is pressed."""

    def __init__(self, given: Callable[[str], object]) -> None:
        super().__init__()
        self._given = given
        self.act = ""
        self.one: UserRow | None = None
        self.setProperty("kind", "tinted")
        self.setObjectName("people_act")
        self._box = column(6, 12)
        self.setLayout(self._box)
        self._fields()
        self.hide()

    def ask(self, act: str, one: UserRow | None) -> None:
        """Build it for this act and person; the first field has the focus."""
        clear(self._box)
        self._fields()
        self.act, self.one = act, one
        shown = one.name if one is not None else ""
        self._box.addWidget(label(words.say(f"people.{act}_title", name=shown), "value", wrap=True))
        self._box.addWidget(label(words.say(f"people.{act}_hint", name=shown), "small", wrap=True))
        asked: list[tuple[str, QWidget]] = []
        if act == "reset":
            asked.append(("account.one_time", self.one_time))
        if act == "change" and one is not None:
            self.name.setText(one.name)
            roles = {role: words.say(f"role.{role}") for role in ROLES}
            self.role = ChoiceLine("act_role", roles, one.role)
            asked += [("first_run.name", self.name), ("first_run.role", self.role)]
        asked.append(("people.reason", self.reason))
        for key, field in asked:
            self._ask(key, field)
        self._buttons(act)
        self.show()
        asked[0][1].setFocus()

    @property
    def user(self) -> str:
        return "" if self.one is None else self.one.user

    def retranslate(self) -> None:
        """The same question in the other language; what was typed stays."""
        if not self.act:
            return
        typed = [one.text() for one in (self.one_time, self.name, self.reason)]
        role = self.role.code
        self.ask(self.act, self.one)
        for field, text in zip((self.one_time, self.name, self.reason), typed, strict=True):
            field.setText(text)
        if role:
            self.role.choose(role)

    def close_it(self) -> None:
        """Nothing is wanted any more; what was typed is gone."""
        self.act = ""
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_it()
        else:
            super().keyPressEvent(event)

    def _fields(self) -> None:
        self.one_time, self.name, self.reason = PasswordEdit("act_one_time"), QLineEdit(), QLineEdit()
        self.role = ChoiceLine("act_role", {})
        self.name.setObjectName("act_name")
        self.reason.setObjectName("act_reason")
        for one in (self.reason, self.one_time):
            one.returnPressed.connect(lambda: self._given(self.act))

    def _ask(self, key: str, field: QWidget) -> None:
        said = label(words.say(key), "label")
        said.setBuddy(field)
        field.setAccessibleName(words.say(key))
        self._box.addWidget(said)
        self._box.addWidget(field)

    def _buttons(self, act: str) -> None:
        line = row(8)
        do = button(words.say(f"people.{act}_do"), "primary", clicked=lambda: self._given(self.act))
        do.setObjectName("act_do")
        leave = button(words.say("people.leave"), "", clicked=self.close_it)
        leave.setObjectName("act_leave")
        line.addStretch(1)
        line.addWidget(leave)
        line.addWidget(do)
        self._box.addLayout(line)
