"""People of this device: who may sign and why not yet; add, certify, witness, lock, unlock.

A button is offered only where the person at work may press it; the action asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QLineEdit

from crf_app.actions.accounts import (
    UserRow,
    add_user,
    certify,
    list_users,
    lock_user,
    unlock_user,
    witness,
)
from crf_app.actions.changes import Changes
from crf_app.errors import CrfError
from crf_app.model.workflow import ROLES, Step
from crf_app.ui import style, words
from crf_app.ui.choice_line import ChoiceLine
from crf_app.ui.list_view import LookList
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.parts import button, column, frame, label, row
from crf_app.ui.password_edit import PasswordEdit
from crf_app.ui.table_models import Look

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_HEAD = ("name", "user", "role", "state", "key", "fingerprint")
_STEPS = ("certify", "witness", "lock_user", "unlock_user")


class PeoplePanel(Speaking):
    """The list, what can be done with the chosen person, and a form for a new one."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window_ = window
        self._people: list[UserRow] = []
        self.table = LookList(0, 40)
        self.notice = Notice()
        self.typed = QLineEdit()
        self.buttons = {name: button("", "", clicked=getattr(self, f"do_{name}")) for name in _STEPS}
        self.name, self.user, self.one_time = QLineEdit(), QLineEdit(), PasswordEdit("one_time")
        self.role = ChoiceLine("new_role", self._roles(), "nurse")
        self._build()

    @property
    def chosen(self) -> UserRow | None:
        """The person whose row has the ring."""
        at = self.table.currentIndex().row()
        return self._people[at] if 0 <= at < len(self._people) else None

    def refresh(self) -> None:
        """Read the people again; the ring stays on its person."""
        at = max(self.table.currentIndex().row(), 0)
        self._people = list_users(self.window_.session)
        head = [words.say(f"account.head_{name}") for name in _HEAD]
        self.table.looks.show(head, [_looks(one) for one in self._people])
        self.table.fit()
        self.table.setFixedHeight(style.current().px(44 + 40 * len(self._people)))
        self.table.selectRow(min(at, len(self._people) - 1))
        self._offer()

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        self.one_time.retranslate()
        self.role.name(self._roles())

    def do_add(self) -> None:
        """A new person with a one-time password."""
        session, name = self.window_.session, self.name.text().strip()
        user, role, secret = self.user.text().strip(), self.role.code, self.one_time.text()
        if self._act(lambda: add_user(session, user, name, role, secret), "account.added", name):
            self.one_time.take()
            for field in (self.name, self.user):
                field.clear()

    def do_certify(self) -> None:
        self._with_chosen(lambda user: certify(self.window_.session, user), "account.certified")

    def do_witness(self) -> None:
        typed = self.typed.text().strip()
        self._with_chosen(lambda user: witness(self.window_.session, user, typed or "-"), "account.witnessed")
        self.typed.clear()

    def do_lock_user(self) -> None:
        self._with_chosen(lambda user: lock_user(self.window_.session, user), "")

    def do_unlock_user(self) -> None:
        self._with_chosen(lambda user: unlock_user(self.window_.session, user), "")

    def _with_chosen(self, step: Callable[[str], Changes], key: str) -> None:
        one = self.chosen
        if one is not None:
            self._act(lambda: step(one.user), key, one.name)

    def _act(self, step: Callable[[], Changes], key: str, name: str) -> bool:
        try:
            changes = step()
        except CrfError as refusal:
            self.notice.refuse(refusal)
            return False
        self.notice.clear()
        if key:
            self.notice.say(words.both(key, name=name), "ok")
        self.window_.say_saved(changes)
        return True

    def _offer(self) -> None:
        one, session = self.chosen, self.window_.session
        offered = _offered(one) if one is not None and one.user != session.user else set()
        rights = {"certify": Step.CERTIFY, "witness": Step.WITNESS}
        for name, made in self.buttons.items():
            allowed = session.verdict(rights.get(name, Step.MANAGE_USERS)).allowed
            made.setVisible(name in offered and allowed)
        self.typed.setVisible(not self.buttons["witness"].isHidden())
        self._typed_title.setVisible(not self.typed.isHidden())

    def _roles(self) -> dict[str, str]:
        return {role: words.say(f"role.{role}") for role in ROLES}

    # how it is put together

    def _build(self) -> None:
        title = label("", "card")
        self.speak(title.setText, "account.people")
        self.speak(self.table.setAccessibleName, "account.list_name")
        self.speak(self.typed.setAccessibleName, "account.typed_fingerprint")
        self.table.setObjectName("people")
        self.typed.setObjectName("typed_fingerprint")
        self.table.moved.connect(lambda *_: self._offer())
        self._typed_title = label("", "label")
        self.speak(self._typed_title.setText, "account.typed_fingerprint")
        steps = row(8)
        steps.addWidget(self._typed_title)
        steps.addWidget(self.typed)
        for name, made in self.buttons.items():
            made.setObjectName(name)
            self.speak(made.setText, f"account.{name}")
            steps.addWidget(made)
        steps.addStretch(1)
        box = column(10)
        self.setLayout(box)
        for widget in (title, self.notice, self.table):
            box.addWidget(widget)
        box.addLayout(steps)
        self.new_person = self._new_person()
        box.addWidget(self.new_person)
        if not self.window_.session.verdict(Step.MANAGE_USERS).allowed:
            self.new_person.hide()

    def _new_person(self) -> QFrame:
        box = column(6, 20)
        title = label("", "card")
        self.speak(title.setText, "account.add_title")
        box.addWidget(title)
        keys = ("first_run.name", "first_run.user", "account.one_time")
        for field, key in zip((self.name, self.user, self.one_time), keys, strict=True):
            said = label("", "label")
            said.setBuddy(field)
            self.speak(said.setText, key)
            self.speak(field.setAccessibleName, key)
            box.addWidget(said)
            box.addWidget(field)
        self.name.setObjectName("new_name")
        self.user.setObjectName("new_user")
        self.speak(self.role.setAccessibleName, "first_run.role")
        add = button("", "primary", "plus", clicked=self.do_add)
        add.setObjectName("add_person")
        self.speak(add.setText, "account.add")
        box.addWidget(self.role)
        line = row(0)
        line.addStretch(1)
        line.addWidget(add)
        box.addLayout(line)
        return frame("card", box)


def _offered(one: UserRow) -> set[str]:
    """What can be done with this person now."""
    out = {"unlock_user"} if one.state == "locked" else {"lock_user"}
    if one.fingerprint and not one.certified:
        out.add("certify")
    if one.certified and not one.witnessed:
        out.add("witness")
    return out


def _key_state(one: UserRow) -> tuple[str, str, str]:
    """Word, icon and colour of the signing key."""
    if not one.fingerprint:
        return "none", "todo", "text2"
    if not one.certified:
        return "uncertified", "soft", "soft"
    if not one.witnessed:
        return "unwitnessed", "soft", "soft"
    return "ready", "shield", "ok"


def _looks(one: UserRow) -> list[Look]:
    word, icon, colour = _key_state(one)
    locked, state = one.state == "locked", words.say(f"account.state_{one.state}")
    return [
        Look(one.name, bold=True),
        Look(one.user, colour="text2"),
        Look(words.say(f"role.{one.role}"), colour="text2"),
        Look(state, "locked" if locked else "", "soft" if locked else "text2"),
        Look(words.say(f"account.key_{word}"), icon, colour),
        Look(one.fingerprint, colour="text2"),
    ]
