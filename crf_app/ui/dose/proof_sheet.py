"""A person confirms something with her own password while somebody else is at work: who, password, button.

The password is taken from its field and kept nowhere; comparing it runs in the worker.  Typing the first
letters picks the person, Enter goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QRadioButton, QWidget

from crf_app.actions.changes import Changes
from crf_app.actions.people.own_password import confirm
from crf_app.actions.people.proving import Proven, prove, who_may_prove
from crf_app.errors import CrfError, ReasonRequired
from crf_app.model.def_base import Text
from crf_app.model.keys import ItemKey
from crf_app.ui import style, words
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.widgets.flow_layout import FlowLayout
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.parts import column, label, picture, row
from crf_app.ui.widgets.password_edit import PasswordEdit

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class ProofSheet(Speaking):
    """Confirms one item; `done(changes)` after it is on disk."""

    def __init__(
        self,
        window: MainWindow,
        key: ItemKey,
        question: Text,
        subject: str,
        done: Callable[[Changes], object],
        first: str = "",
    ) -> None:
        super().__init__()
        self.setObjectName("proof_sheet")
        self._window, self._key, self._question, self._subject, self._done = (
            window,
            key,
            question,
            subject,
            done,
        )
        self.busy = False
        self.people = who_may_prove(window.session)
        self.notice, self.password = Notice(), PasswordEdit("proof_password")
        self.reason, self.reason_title = QLineEdit(), label("", "label")
        self._group = QButtonGroup(self)
        self.buttons: list[QRadioButton] = []
        self.send = KeyButton("", "↵")
        self.close_button = KeyButton("", "Esc")
        self._build()
        at = next((n for n, one in enumerate(self.people) if one.user == first), -1)
        if at >= 0:
            self.buttons[at].setChecked(True)
        self.setFocusProxy(self.password if at >= 0 else self.buttons[0])
        self.retranslate()

    @property
    def user(self) -> str:
        """Who is chosen; empty for nobody."""
        at = self._group.checkedId()
        return self.people[at].user if at >= 0 else ""

    def confirm(self) -> None:
        """Compare the password aside, then record it as hers."""
        typed = self.password.take()
        if not typed or not self.user or self.busy:
            (self.password if self.user else self.buttons[0]).setFocus()
            return
        self.busy = True
        session, user = self._window.session, self.user
        self._window.worker.run(lambda: prove(session, user, typed), self._proven, self._refused)

    def _proven(self, person: Proven) -> None:
        self.busy = False
        try:
            changes = confirm(self._window.session, self._key, person, self.reason.text().strip() or None)
        except ReasonRequired as refusal:
            self.reason.show()
            self.reason_title.show()
            self.reason.setFocus()
            self.notice.refuse(refusal)
            return
        except CrfError as refusal:
            self._refused(refusal)
            return
        self._window.hide_sheet()
        self._done(changes)

    def _refused(self, refusal: CrfError) -> None:
        self.busy = False
        self.notice.refuse(refusal, "hard")
        self.password.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        letter = event.text().casefold()
        on_people = isinstance(self.focusWidget(), QRadioButton)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.password.setFocus() if on_people else self.confirm()
        elif on_people and letter.isalnum():
            found = next(
                (n for n, one in enumerate(self.people) if one.name.casefold().startswith(letter)), -1
            )
            if found >= 0:
                self.buttons[found].setChecked(True)
                self.buttons[found].setFocus()
        else:
            super().keyPressEvent(event)

    def retranslate(self) -> None:
        super().retranslate()
        self.password.retranslate()
        self.notice.retranslate()
        self.send.set_words(words.say("proof.send"))
        self.close_button.set_words(words.say("proof.close"))
        for one, made in zip(self.people, self.buttons, strict=True):
            made.setText(f"{one.name}\n{words.say(f'role.{one.role}')}")
        self._title.setText(words.say("proof.title", question=words.pick(self._question)))
        self._name()

    def _name(self) -> None:
        chosen = next((one.name for one in self.people if one.user == self.user), "…")
        said = words.say("proof.password", name=chosen)
        self._password_title.setText(said)
        self.password.setAccessibleName(said)

    def _build(self) -> None:
        box, head = column(12), row(10)
        self.setMinimumWidth(style.current().px(440))
        self._title, said, who = label("", "card", wrap=True), label("", "sub", wrap=True), label("", "value")
        self._password_title = label("", "label")
        head.addWidget(picture("shield", "accent", 24))
        head.addWidget(self._title, 1)
        head.addWidget(self.close_button)
        self.speak(said.setText, "proof.said", label=self._subject)
        self.speak(who.setText, "proof.who")
        self.speak(self.reason_title.setText, "history.f_reason")
        self.speak(self.reason.setAccessibleName, "history.f_reason")
        self.reason.setObjectName("proof_reason")
        self.reason.setProperty("kind", "plain")
        self.reason.hide()
        self.reason_title.hide()
        self.send.setProperty("kind", "primary")
        self.send.setObjectName("proof_send")
        self.send.clicked.connect(self.confirm)
        self.close_button.clicked.connect(self._window.hide_sheet)
        self.password.returnPressed.connect(self.confirm)
        place = QWidget()
        line = FlowLayout(place, style.current().px(8))
        for n, _ in enumerate(self.people):
            made = QRadioButton()
            made.setProperty("kind", "boxed")
            made.setObjectName(f"proof_person_{n}")
            self._group.addButton(made, n)
            self.buttons.append(made)
            line.addWidget(made)
        self._group.idToggled.connect(lambda *_: self._name())
        foot = row(12)
        foot.addWidget(self.password, 1)
        foot.addWidget(self.send)
        box.addLayout(head)
        for widget in (said, who, place, self.notice, self.reason_title, self.reason, self._password_title):
            box.addWidget(widget)
        box.addLayout(foot)
        self.setLayout(box)
