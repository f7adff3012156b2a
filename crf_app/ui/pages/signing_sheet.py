"""Sign a form: what is signed, what it means, as whom, the record hash, the line as it will print, password.

The one sheet that covers a page; a child widget, the focus stays in it, Esc closes it.  Nothing is preset
unless there is only one meaning.  The password is taken from its field and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QRadioButton, QVBoxLayout, QWidget

from crf_app.actions.signing import Sheet, Signed, sign_form
from crf_app.errors import AccountLocked, CrfError, WrongPassword
from crf_app.model.keys import FormKey
from crf_app.ui.key_button import KeyButton
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.parts import column, frame, label, picture, row, rule
from crf_app.ui.password_edit import PasswordEdit
from crf_app.ui.words import both, language, pick, say

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class SigningSheet(Speaking):
    """`signed` is called after the signature is committed."""

    help_topic = "signing"

    def __init__(
        self, window: MainWindow, key: FormKey, sheet: Sheet, signed: Callable[[Signed], object]
    ) -> None:
        super().__init__()
        self.setObjectName("signing_sheet")
        self._window, self._key, self.sheet, self._signed = window, key, sheet, signed
        self.busy = False
        self.notice = Notice()
        self.meanings: list[QRadioButton] = []
        self.password = PasswordEdit("sign.password")
        self.password.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.password.returnPressed.connect(self.sign)
        self.will_read = label("", "small", wrap=True)
        self.will_read.setObjectName("sign.will_read")
        self.sign_button = KeyButton("", "Ctrl ↵")
        self.sign_button.setObjectName("sign.sign")
        self.sign_button.setProperty("kind", "primary")
        self.sign_button.clicked.connect(self.sign)
        self.close_button = KeyButton("", "Esc")
        self.close_button.setObjectName("sign.close")
        self.close_button.clicked.connect(window.hide_sheet)
        self.read_button = KeyButton("", "F7")
        self.read_button.setObjectName("sign.read")
        self.read_button.clicked.connect(self.read_first)
        self._arrange()
        if len(sheet.meanings) == 1:
            self.meanings[0].setChecked(True)
        self.retranslate()
        self.setFocusProxy(self.password if len(sheet.meanings) == 1 else self.meanings[0])

    def _arrange(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        head = row(12)
        head.addWidget(picture("pen", "accent", 26))
        self.title = label("", "page")
        head.addWidget(self.title, 1)
        head.addWidget(self.close_button)
        box.addLayout(head)
        self.covers = label("", "sub", wrap=True)
        box.addWidget(self.covers)
        sides = QHBoxLayout()
        sides.setSpacing(32)
        sides.addLayout(self._what(), 3)
        sides.addLayout(self._how(), 2)
        box.addLayout(sides)
        box.addWidget(self.notice)
        box.addWidget(rule())
        foot = row(12)
        foot.addWidget(self.will_read, 1)
        foot.addWidget(self.sign_button)
        box.addLayout(foot)

    def _what(self) -> QVBoxLayout:
        side = column(8)
        self.what_title = label("", "value")
        side.addWidget(self.what_title)
        inner = column(10, 14)
        self.lines = [label("", "value" if number == 0 else "", wrap=True) for number in range(4)]
        for number, line in enumerate(self.lines):
            one = row(10)
            if number == 0:
                one.addWidget(picture("done", "ok", 18))
            one.addWidget(line, 1)
            inner.addLayout(one)
        side.addWidget(frame("card", inner))
        self.version = label("", "small")
        self.hash = label("", "small", wrap=True)
        self.hash.setObjectName("sign.hash")
        self.hash.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        side.addWidget(self.version)
        side.addWidget(self.hash)
        side.addWidget(self.read_button, 0, Qt.AlignmentFlag.AlignLeft)
        side.addStretch(1)
        return side

    def _how(self) -> QVBoxLayout:
        side = column(8)
        self.meaning_title = label("", "value")
        side.addWidget(self.meaning_title)
        for meaning in self.sheet.meanings:
            one = QRadioButton()
            one.setObjectName(f"sign.meaning.{meaning.code}")
            one.setProperty("kind", "boxed")
            one.toggled.connect(lambda _on: self._say_line())
            self.meanings.append(one)
            side.addWidget(one)
        self.as_title, self.as_name = label("", "label"), label("", "card")
        self.password_title = label("", "label")
        self.password_title.setBuddy(self.password)
        for widget in (self.as_title, self.as_name, self.password_title, self.password):
            side.addWidget(widget)
        side.addStretch(1)
        return side

    @property
    def chosen(self) -> str:
        """Code of the meaning; "" while none is chosen."""
        pairs = zip(self.sheet.meanings, self.meanings, strict=True)
        return next((meaning.code for meaning, button in pairs if button.isChecked()), "")

    def retranslate(self) -> None:
        super().retranslate()
        page = self.sheet.page
        form, visit = pick(page.form.name), pick(page.visit.definition.name)
        self.title.setText(say("sign.title", form=form))
        self.covers.setText(say("sign.covers"))
        self.what_title.setText(say("sign.what"))
        said = (
            f"{page.header.label}  {form}  {visit}",
            say("sign.values", n=self.sheet.values),
            say("sign.changed", n=self.sheet.changed),
            say("sign.checks", n=sum(one.answered_checks for one in self.sheet.forms)),
        )
        for line, words in zip(self.lines, said, strict=True):
            line.setText(words)
        self.version.setText(say("sign.version", version=page.version))
        self.hash.setText(say("sign.hash", hash=_grouped(self.sheet.sha256)))
        self.meaning_title.setText(say("sign.meaning"))
        for meaning, one in zip(self.sheet.meanings, self.meanings, strict=True):
            one.setText(pick(meaning.text))
        self.as_title.setText(say("sign.signed_as"))
        self.as_name.setText(self.sheet.signed_as)
        self.password_title.setText(say("sign.password"))
        self.password.setAccessibleName(say("sign.password"))
        self.password.retranslate()
        self.sign_button.set_words(say("sign.sign"))
        self.close_button.set_words(say("sign.close"))
        self.read_button.set_words(say("sign.read"))
        self.notice.retranslate()
        self._say_line()

    def _say_line(self) -> None:
        meaning = next((one for one in self.sheet.meanings if one.code == self.chosen), None)
        line = self.sheet.will_read(meaning, language()) if meaning else ""
        self.will_read.setText(say("sign.will_read", line=line) if line else say("sign.choose"))

    def read_first(self) -> None:
        """The whole form as PDF; the sheet opens again from there."""
        self._window.hide_sheet()
        self._window.show_pdf(self._key)

    def sign(self) -> None:
        """One transaction, made aside; a refusal is said here and the sheet stays."""
        if self.busy:
            return
        if not self.chosen:
            self.notice.say({one: say("sign.choose", one) for one in ("en", "zh")}, "soft")
            self.meanings[0].setFocus()
            return
        tongue = "zh" if language() == "zh" else "en"
        session, key, typed, meaning = self._window.session, self._key, self.password.take(), self.chosen
        self._wait(True)
        self._window.worker.run(
            lambda: sign_form(session, key, typed, meaning, tongue),  # type: ignore[arg-type]
            self._on_done,
            self._on_refused,
        )

    def _on_done(self, done: Signed) -> None:
        self._wait(False)
        if self._window.shell is not None:  # else the person has left meanwhile; the signature stands
            self._window.hide_sheet()
            self._signed(done)

    def _on_refused(self, refusal: CrfError) -> None:
        self._wait(False)
        self.notice.refuse(refusal, "hard")
        if isinstance(refusal, WrongPassword | AccountLocked):
            self.password.setFocus()

    def _wait(self, waiting: bool) -> None:
        """While it signs the sheet stays and nothing else can be done in this record."""
        self.busy = waiting
        for one in (self.sign_button, self.close_button, self.read_button, *self.meanings):
            one.setEnabled(not waiting)
        self.password.setReadOnly(waiting)
        if waiting:
            self.notice.say(both("frame.working"))
        else:
            self.notice.clear()

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.sign()
        elif event.key() == Qt.Key.Key_F7 and not self.busy:
            self.read_first()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, next_: bool, /) -> bool:
        """The focus goes round inside the sheet."""
        stops: list[QWidget] = [
            *self.meanings,
            self.password,
            self.read_button,
            self.sign_button,
            self.close_button,
        ]
        here = self.focusWidget()
        at = stops.index(here) if here in stops else -1
        stops[(at + (1 if next_ else -1)) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)
        return True


def _grouped(text: str) -> str:
    """A hash in groups of eight, so that people can compare it."""
    return " ".join(text[at : at + 8] for at in range(0, len(text), 8))
