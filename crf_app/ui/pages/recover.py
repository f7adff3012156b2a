"""Nobody can sign in: two of three custodian cards let one new administrator in (ADR-0027).

It stands alone, reached from "Somebody else" on the sign-in page.  What was typed stays when it is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLineEdit, QWidget

from crf_app.errors import CrfError
from crf_app.ui import words
from crf_app.ui.outer_page import OuterPage
from crf_app.ui.page import Notice
from crf_app.ui.widgets.parts import button, column, frame, row
from crf_app.ui.widgets.password_edit import PasswordEdit

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class RecoverPage(OuterPage):
    """One column: two cards, who comes in, the own password, one button."""

    help_topic = "recover"

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window_ = window
        self.one, self.other = QLineEdit(), QLineEdit()
        self.user, self.name = QLineEdit(), QLineEdit()
        self.password, self.again = PasswordEdit("recover_password"), PasswordEdit("recover_again")
        self.fields = {
            "one": self.one, "other": self.other, "user": self.user, "name": self.name,
            "password": self.password, "again": self.again,
        }  # fmt: skip
        self.notice = Notice()
        self.go, self.back = button("", "primary", clicked=self.send), button("", clicked=window.start)
        self.done = False
        self._build()

    def begin(self) -> None:
        self.one.setFocus()

    def send(self) -> None:
        """Come in; when it is done the button leads to sign-in."""
        if self.done:
            self.window_.start()
            return
        empty = next((one for one in self.fields.values() if not one.text().strip()), None)
        if empty is not None:
            self.notice.say(words.both("first_run.missing", what=empty.accessibleName()), "soft")
            empty.setFocus()
            return
        name, password = self.name.text().strip(), self.password.text()
        if password != self.again.text():
            self.notice.say(words.both("first_run.differ", name=name), "soft")
            self.password.setFocus()
            return
        self.notice.clear()
        self.go.setEnabled(False)
        home, clock, cards = self.window_.home, self.window_.clock, (self.one.text(), self.other.text())
        user = self.user.text().strip()

        def work() -> None:
            from crf_app.actions.people.custodians import NewPerson, recover

            recover(home, cards, NewPerson(user, name, "administrator", password, own_password=True), clock)

        self.window_.worker.run(work, self._on_done, self._on_refused)

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        self.password.retranslate()
        self.again.retranslate()
        if self.done:
            self.go.setText(words.say("restore.sign_in"))

    def _on_done(self, _: object) -> None:
        self.done = True
        for field in self.fields.values():
            field.clear()
        self.form.hide()
        self.back.hide()
        self.notice.say(words.both("recover.done"), "ok")
        self.go.setEnabled(True)
        self.go.setText(words.say("restore.sign_in"))
        self.go.setFocus()

    def _on_refused(self, refusal: CrfError) -> None:
        self.go.setEnabled(True)
        self.notice.refuse(refusal, "hard" if refusal.exit_code == 4 else "soft")
        self.one.setFocus()

    # how it is put together

    def _build(self) -> None:
        box = self.begin_column("recover")
        self.form = self._form()
        box.addWidget(self.form)
        box.addWidget(self.notice)
        line = row(8)
        line.addStretch(1)
        for one, name, key in ((self.back, "back", "restore.back"), (self.go, "go", "recover.go")):
            one.setObjectName(f"recover_{name}")
            self.speak(one.setText, key)
            line.addWidget(one)
        box.addLayout(line)
        box.addStretch(1)
        self.end_column(box)

    def _form(self) -> QWidget:
        box = column(6, 18)
        keys = {"name": "first_run.name", "user": "first_run.user", "password": "first_run.password",
                "again": "first_run.again"}  # fmt: skip
        for name, field in self.fields.items():
            field.setObjectName(f"recover_{name}")
            self.ask_for(box, field, keys.get(name, f"recover.{name}"))
        self.again.returnPressed.connect(self.send)
        return frame("card", box)
