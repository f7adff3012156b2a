"""The cover over a locked screen: nothing of the study shows, what was typed stays beneath it.

It says who works here, since when it is locked, and what must not be forgotten meanwhile (`cover_lines` of
the window, where it has them: a clock that runs, a prompt that is due; never an answer or a name).
The same person goes on with her password; somebody else signs her out first, and the cards come.  The focus
stays inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from crf_app.actions.session import Session, check_password
from crf_app.errors import CrfError
from crf_app.ui import style, words
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.widgets.parts import button, centred, column, frame, label, picture, row
from crf_app.ui.widgets.password_edit import PasswordEdit

if TYPE_CHECKING:
    from crf_app.actions.study.editions import Edition
    from crf_app.ui.main_window import MainWindow

_EVERY_MS = 15_000


class LockCover(Speaking):
    """Covers the whole window until the password is right."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self.window_, self._session = window, session
        self.setProperty("kind", "cover")
        self.setObjectName("lock_cover")
        self.password = PasswordEdit("lock_password")
        self.open = button("", "primary", clicked=self.send)
        self.other = button("", "", "sign_out", clicked=window.sign_out)
        self.notice, self.work = Notice(), label("", "value", wrap=True)
        self.work.hide()
        self._since = f"{window.clock.now():%H:%M}"
        self.who, self.due = label("", "value", wrap=True), label("", "sub", "soft", wrap=True)
        self.who.setObjectName("lock_who")
        self.due.setObjectName("cover_lines")
        self._build(session.name)
        self._say_who()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.say_due)
        self._timer.start(_EVERY_MS)
        self.say_due()
        self.setGeometry(window.rect())
        self.show()
        self.raise_()
        self.password.setFocus(Qt.FocusReason.ActiveWindowFocusReason)

    def send(self) -> None:
        """Compare the password; the wrong try is counted and recorded."""
        typed = self.password.take()
        if not typed:
            return
        self.open.setEnabled(False)
        session = self._session
        self.window_.worker.run(lambda: _opened(session, typed), self._on_right, self._on_wrong)

    def say_work(self, text: str) -> None:
        """Long work goes on beneath the cover: how far it is; "" when it has ended."""
        self.work.setText(words.say("work.at_lock", text=text) if text else "")
        self.work.setVisible(bool(text))

    def say_due(self) -> None:
        """What runs or is due while nobody sees the page."""
        lines: list[str] = getattr(self.window_, "cover_lines", list)()
        self.due.setText("\n".join(lines))
        self.due.setAccessibleName(self.due.text())
        self.due.setVisible(bool(lines))

    def retranslate(self) -> None:
        super().retranslate()
        self._say_who()
        self.say_due()
        self.password.retranslate()
        self.notice.retranslate()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Opaque, whatever lies beneath."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), style.current().qcolor("bg"))
        painter.end()

    def focusNextPrevChild(self, following: bool) -> bool:
        """Tab stays on the cover."""
        round_ = [self.password, self.open, self.other]
        focused = self.focusWidget()
        at = next((place for place, widget in enumerate(round_) if widget is focused), -1)
        round_[(at + (1 if following else -1)) % len(round_)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _on_right(self, edition: Edition | None) -> None:
        self.window_.unlock(edition)

    def _on_wrong(self, refusal: CrfError) -> None:
        self.open.setEnabled(True)
        self.notice.refuse(refusal, "hard")
        self.password.setFocus()

    def _say_who(self) -> None:
        role = words.say(f"role.{self._session.role}")
        said = words.say("interruption.since", name=self._session.name, role=role, when=self._since)
        self.who.setText(said)

    def _build(self, person: str) -> None:
        now = style.current()
        page = column()
        self.setLayout(page)
        page.addStretch(1)
        page.addLayout(centred(self._card(person, now.px(460))))
        page.addStretch(2)

    def _card(self, person: str, width: int) -> QWidget:
        made, box = frame("card"), column(12, 24)
        made.setLayout(box)
        made.setFixedWidth(width)
        title, stays, who = label("", "page"), label("", "sub", wrap=True), label("", "label")
        hint = label("", "hint", wrap=True)
        head = row(12)
        head.addWidget(picture("lock", "accent", 28))
        head.addWidget(title, 1)
        self.speak(title.setText, "lock.title")
        self.speak(stays.setText, "lock.stays", name=person)
        self.speak(who.setText, "lock.password", name=person)
        self.speak(self.password.setAccessibleName, "lock.password", name=person)
        self.speak(self.open.setText, "lock.open")
        self.speak(self.other.setText, "lock.other")
        self.speak(hint.setText, "lock.other_hint", name=person)
        self.open.setObjectName("unlock")
        self.other.setObjectName("change_person")
        self.password.returnPressed.connect(self.send)
        line = row(12)
        line.addWidget(self.password, 1)
        line.addWidget(self.open)
        box.addLayout(head)
        for widget in (self.who, self.due, stays, who):
            box.addWidget(widget)
        box.addLayout(line)
        box.addWidget(self.notice)
        box.addWidget(self.work)
        box.addWidget(frame("line"))
        box.addWidget(self.other)
        box.addWidget(hint)
        return made


def _opened(session: Session, password: str) -> Edition | None:
    """The password is right: the version of the study whose day has come meanwhile.  Runs in the worker."""
    check_password(session, password)
    return session.version_in_force()
