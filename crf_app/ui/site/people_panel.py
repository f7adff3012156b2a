"""People of this device: who may sign and why not yet; add, certify, withdraw, witness, lock, reset, remove.

A button is offered only where the person at work may press it; the action asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QWidget

from crf_app.actions.changes import Changes
from crf_app.actions.people.accounts import (
    UserRow,
    add_user,
    certify,
    list_users,
    lock_user,
    unlock_user,
    witness,
)
from crf_app.actions.people.people_changes import change_person, reset_user
from crf_app.actions.people.revoking import revoke_certificate
from crf_app.actions.people.rotating import NewKey, begin_new_key, copy_under_new_key, go_over
from crf_app.errors import CrfError
from crf_app.model.workflow import ROLES, Step
from crf_app.ui import style, words
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.site.custodian_card import CustodianCard
from crf_app.ui.site.people_act import PeopleAct
from crf_app.ui.widgets.choice_line import ChoiceLine
from crf_app.ui.widgets.list_view import LookList
from crf_app.ui.widgets.parts import button, column, frame, label, row
from crf_app.ui.widgets.password_edit import PasswordEdit
from crf_app.ui.widgets.table_models import Look

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_HEAD = ("name", "user", "role", "state", "key", "fingerprint")
_ROW = 44  # a finger finds it
_STEPS = ("certify", "witness", "lock_user", "unlock_user")
_ASKED = ("reset", "revoke", "change", "remove")  # what is asked for first, in `PeopleAct`


class PeoplePanel(Speaking):
    """The list, what can be done with the chosen person, and a form for a new one."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window_ = window
        self._people: list[UserRow] = []
        self.table = LookList(0, _ROW)
        self.notice = Notice()
        self.typed = QLineEdit()
        self.buttons = {name: button("", "", clicked=getattr(self, f"do_{name}")) for name in _STEPS}
        self.act = PeopleAct(self.do_asked)
        self.cards = CustodianCard(window)
        for name in (*_ASKED, "rotate"):
            made = self.buttons[name] = button("", "", clicked=partial(self.ask, name))
            made.setObjectName(f"people_{name}")
            self.speak(made.setText, f"people.{name}")
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
        self.table.setFixedHeight(style.current().px(44 + _ROW * len(self._people)))
        self.table.selectRow(min(at, len(self._people) - 1))
        self._offer()

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        self.one_time.retranslate()
        self.act.retranslate()
        self.cards.retranslate()
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

    def ask(self, act: str, _checked: bool = False) -> None:
        """Open the question; a new key has to do with nobody in the list."""
        self.notice.clear()
        self.act.ask(act, self.chosen if act in _ASKED else None)
        QTimer.singleShot(0, self.act, self._in_sight)  # after it has its height

    def _in_sight(self) -> None:
        above: QWidget | None = self
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if above is not None:
            above.ensureWidgetVisible(self.act, 0, style.current().px(16))

    def do_asked(self, act: str) -> None:
        """What `PeopleAct` asked for; a refusal leaves it open, with what was typed."""
        session, asked = self.window_.session, self.act
        user, reason = asked.user, asked.reason.text().strip()
        if act == "reset":
            done = self._act(
                lambda: reset_user(session, user, asked.one_time.text(), reason), "people.reset_done", user
            )
        elif act == "revoke":
            done = self._act(lambda: revoke_certificate(session, user, reason), "people.revoke_done", user)
        elif act == "change":
            name, role = asked.name.text(), asked.role.code
            done = self._act(
                lambda: change_person(session, user, name, role, reason), "people.change_done", name
            )
        else:
            self._rotate(reason, user if act == "remove" else None)
            return
        if done:
            asked.close_it()

    def _rotate(self, reason: str, leaving: str | None) -> None:
        """The copy is made off this thread; the file changes its place here, in a moment."""
        session = self.window_.session
        try:
            new = begin_new_key(session, reason, leaving)
        except CrfError as refusal:
            self.notice.refuse(refusal)
            return
        self.window_.worker.run_long(
            "rotate",
            lambda progress: copy_under_new_key(session, new, progress),
            self._on_copied,
            self.notice.refuse,
        )

    def _on_copied(self, new: NewKey) -> None:
        key = "people.rotate_done" if new.leaving is None else "people.remove_done"
        if self._act(lambda: go_over(self.window_.session, new), key, new.leaving or ""):
            self.act.close_it()
        elif self.window_.session.store.closed:  # the disk refused in the last moment: sign-in finishes it
            self.window_.sign_out()

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
        offered.add("rotate")
        rights = {"certify": Step.CERTIFY, "witness": Step.WITNESS, "revoke": Step.CERTIFY}
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
        for name in _STEPS:
            made = self.buttons[name]
            made.setObjectName(name)
            self.speak(made.setText, f"account.{name}")
            steps.addWidget(made)
        steps.addWidget(self.buttons["revoke"])  # of the certificate, as the steps beside it
        steps.addStretch(1)
        box = column(10)
        self.setLayout(box)
        for widget in (title, self.notice, self.table):
            box.addWidget(widget)
        box.addLayout(steps)
        box.addLayout(self._changes())
        box.addWidget(self.act)
        self.new_person = self._new_person()
        box.addWidget(self.new_person)
        box.addWidget(self.cards)
        if not self.window_.session.verdict(Step.MANAGE_USERS).allowed:
            self.new_person.hide()

    def _changes(self) -> QHBoxLayout:
        """The person who forgot, has another role or leaves; and the key of the data by itself."""
        line = row(8)
        for name in ("reset", "change", "remove", "rotate"):
            line.addWidget(self.buttons[name])
        line.addStretch(1)
        return line

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
    out.update(act for act in _ASKED if act != "revoke" or one.certified)
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
