"""The own password: changed by hand, or at the first sign-in with a one-time password.

With a one-time password this is the only page there is; afterwards the frame opens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from crf_app.actions.changes import Changes
from crf_app.actions.people.accounts import change_password
from crf_app.errors import CrfError
from crf_app.ui import style, words
from crf_app.ui.language_switch import LanguageSwitch
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.widgets.parts import button, centred, column, frame, label, row
from crf_app.ui.widgets.password_edit import PasswordEdit

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

FIELDS = ("old", "new", "again")


class PasswordForm(Speaking):
    """Three fields and a button; `changed` is called with the commit."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window_ = window
        self.fields = {name: PasswordEdit(f"{name}_password") for name in FIELDS}
        self.notice = Notice()
        self.save = button("", "primary", clicked=self.send)
        self.save.setObjectName("change_password")
        box = column(6)
        self.setLayout(box)
        for name, field in self.fields.items():
            title = label("", "label")
            title.setBuddy(field)
            self.speak(title.setText, f"own_password.{name}")
            self.speak(field.setAccessibleName, f"own_password.{name}")
            field.returnPressed.connect(self._next)
            box.addWidget(title)
            box.addWidget(field)
        self.speak(self.save.setText, "own_password.save")
        box.addWidget(self.notice)
        line = row(0)
        line.addStretch(1)
        line.addWidget(self.save)
        box.addSpacing(style.current().px(6))
        box.addLayout(line)

    def send(self) -> None:
        """Change it, off the window's thread: the key derivation is slow on purpose."""
        old, new, again = (self.fields[name].text() for name in FIELDS)
        if new != again:
            self.notice.say(words.both("own_password.differ"), "soft")
            self._empty("new", "again")
            return
        session = self.window_.session
        self.save.setEnabled(False)
        self.window_.worker.run(lambda: change_password(session, old, new), self._on_done, self._on_refused)

    def on_changed(self, changes: Changes) -> None:
        """Said inline; a page that must do more overrides this."""
        self.notice.say(words.both("own_password.done"), "ok")
        self.window_.say_saved(changes)

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        for field in self.fields.values():
            field.retranslate()

    def _next(self) -> None:
        empty = [field for field in self.fields.values() if not field.text()]
        if empty:
            empty[0].setFocus()
        else:
            self.send()

    def _on_done(self, changes: Changes) -> None:
        self.save.setEnabled(True)
        self._empty(*FIELDS)
        self.on_changed(changes)

    def _on_refused(self, refusal: CrfError) -> None:
        self.save.setEnabled(True)
        self.notice.refuse(refusal, "hard")
        self.fields["old"].setFocus()

    def _empty(self, *names: str) -> None:
        for name in names:
            self.fields[name].take()
        self.fields[names[0]].setFocus()


class _FirstPasswordForm(PasswordForm):
    def on_changed(self, changes: Changes) -> None:
        self.window_.signed_in(self.window_.session)


class MustChangePage(Speaking):
    """Stands alone after a sign-in with a one-time password."""

    help_topic = "account"

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.setProperty("kind", "page")
        self.form = _FirstPasswordForm(window)
        now = style.current()
        box = column(12, 40)
        self.setLayout(box)
        self.switch = LanguageSwitch()
        top = row(0)
        top.addStretch(1)
        top.addWidget(self.switch)
        title, why = label("", "home"), label("", "sub", wrap=True)
        self.speak(title.setText, "own_password.title")
        self.speak(why.setText, "own_password.why")
        card = QWidget()
        inner = column(12)
        card.setLayout(inner)
        card.setFixedWidth(now.px(480))
        ground_box = column(0, 22)
        ground_box.addWidget(self.form)
        for widget in (title, why):
            inner.addWidget(widget)
        inner.addWidget(frame("card", ground_box))
        leave = button("", "link", "sign_out", clicked=window.sign_out)
        leave.setObjectName("sign_out")
        self.speak(leave.setText, "account.sign_out")
        inner.addLayout(centred(leave))
        box.addLayout(top)
        box.addLayout(centred(card))
        box.addStretch(1)

    def begin(self) -> None:
        self.form.fields["old"].setFocus()

    def retranslate(self) -> None:
        super().retranslate()
        self.form.retranslate()
        self.switch.follow()
