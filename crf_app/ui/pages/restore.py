"""Make this computer's home from a backup: which file, whose password, and how far it is.

It stands alone: nobody is signed in.  Reached from the first run, and from sign-in over a damaged store.
What lies in the home is moved aside whole; refused or stopped, everything is as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QLineEdit, QRadioButton, QWidget

from crf_app.actions.safekeeping.restoring import Restored, holds_something, restore
from crf_app.actions.sync.disks import removable_disks
from crf_app.errors import CrfError
from crf_app.ui import words
from crf_app.ui.files import ask_file
from crf_app.ui.outer_page import OuterPage
from crf_app.ui.page import Notice
from crf_app.ui.widgets.parts import button, column, frame, label, row
from crf_app.ui.widgets.password_edit import PasswordEdit

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_MOST: Final = 6


class RestorePage(OuterPage):
    """One column: the files that were found, who one is, one button."""

    help_topic = "restore"

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window_ = window
        self.files: list[Path] = list(_found(window.home))
        self._group, self._list = QButtonGroup(self), column(8)
        self.user, self.password = QLineEdit(), PasswordEdit("restore_password")
        self.older = QCheckBox()
        self.notice = Notice()
        self.go, self.back = button("", "primary", clicked=self.send), button("", clicked=window.start)
        self._done: Restored | None = None
        self._build()

    def begin(self) -> None:
        first = self._group.checkedButton()
        (self.user if first is None else first).setFocus()

    def add_file(self, path: Path) -> None:
        """Offer this file too, chosen."""
        self.files.append(path)
        self._offer(path).setChecked(True)
        self.none.hide()

    def send(self) -> None:
        """Restore; when it is done the button leads to sign-in."""
        if self._done is not None:
            self.window_.start()
            return
        user, chosen = self.user.text().strip(), self._group.checkedId()
        typed = self.password.take()
        if chosen < 0 or not user or not typed:
            self.notice.say(words.both("restore.missing"), "soft")
            (self.password if user else self.user).setFocus()
            return
        archive, home, clock = self.files[chosen], self.window_.home, self.window_.clock
        older = self.older.isChecked()
        self.notice.clear()
        self.go.setEnabled(False)
        self.window_.worker.run_long(
            "restore",
            lambda progress: restore(
                home, archive, user, typed, move_aside=True, older=older, clock=clock, progress=progress
            ),
            self._on_done,
            self._on_refused,
        )

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        self.password.retranslate()
        if self._done is not None:
            self.go.setText(words.say("restore.sign_in"))

    def _on_done(self, done: Restored) -> None:
        self._done = done
        end = f"{done.earlier_epoch}/{done.seq} {done.hash[:12]}"
        said = words.both(
            "restore.done", site=done.site, device=done.device, n=done.records, end=end, epoch=done.epoch
        )
        more = [] if done.enrolled else [words.both("restore.request")]
        more += [] if done.aside is None else [words.both("restore.moved", path=done.aside)]
        self.notice.say({code: " ".join([said[code], *(one[code] for one in more)]) for code in said}, "ok")
        self.form.hide()
        self.back.hide()
        self.go.setEnabled(True)
        self.go.setText(words.say("restore.sign_in"))
        self.go.setFocus()

    def _on_refused(self, refusal: CrfError) -> None:
        self.go.setEnabled(True)
        self.notice.refuse(refusal, "hard" if refusal.exit_code == 4 else "soft")
        self.older.setVisible(self.older.isChecked() or bool(refusal.details.get("older")))
        (self.older if self.older.isVisible() else self.password).setFocus()

    # how it is put together

    def _build(self) -> None:
        box = self.begin_column("restore")
        self.form = self._form()
        box.addWidget(self.form)
        box.addWidget(self.notice)
        line = row(8)
        line.addStretch(1)
        for one, key in ((self.back, "back"), (self.go, "go")):
            one.setObjectName(f"restore_{key}")
            self.speak(one.setText, f"restore.{key}")
            line.addWidget(one)
        box.addLayout(line)
        box.addStretch(1)
        self.end_column(box)

    def _form(self) -> QWidget:
        box = column(8, 18)
        which = label("", "card")
        self.speak(which.setText, "restore.which")
        box.addWidget(which)
        box.addLayout(self._list)
        for path in self.files:
            self._offer(path)
        self.none = label("", "sub", "soft", wrap=True)
        self.speak(self.none.setText, "restore.nothing")
        box.addWidget(self.none)
        self.none.setVisible(not self.files)
        if self.files:
            self._group.button(0).setChecked(True)
        other = button("", "", "file", clicked=self._ask)
        other.setObjectName("restore_file")
        self.speak(other.setText, "restore.file")
        box.addWidget(other, 0, Qt.AlignmentFlag.AlignLeft)
        self.user.setObjectName("restore_user")
        for field, key in ((self.user, "who"), (self.password, "password")):
            self.ask_for(box, field, f"restore.{key}")
        self.user.returnPressed.connect(self.password.setFocus)
        self.password.returnPressed.connect(self.send)
        self.older.setObjectName("restore_older")
        self.speak(self.older.setText, "restore.older")
        box.addWidget(self.older)
        self.older.hide()
        if holds_something(self.window_.home):
            aside = label("", "hint", wrap=True)
            self.speak(aside.setText, "restore.aside")
            box.addWidget(aside)
        return frame("card", box)

    def _offer(self, path: Path) -> QRadioButton:
        made = QRadioButton(path.name)
        made.setToolTip(str(path))
        made.setAccessibleDescription(str(path))
        self._group.addButton(made, len(self._group.buttons()))
        self._list.addWidget(made)
        return made

    def _ask(self) -> None:
        path = ask_file(self, words.say("restore.file_title"))
        if path is not None:
            self.add_file(path)


def _found(home: Path) -> Iterator[Path]:
    """The newest backups of the home and of every stick; those whose name ends with a time come first."""
    places = [home / "backups", *(disk.path for disk in removable_disks())]
    found = [one for place in places if place.is_dir() for one in place.glob("*.crfbackup") if one.is_file()]
    yield from sorted(found, key=_age, reverse=True)[:_MOST]


def _age(path: Path) -> str:
    stamped = re.search(r"\d{8}T\d{6}Z", path.name)
    return stamped[0] if stamped else ""
