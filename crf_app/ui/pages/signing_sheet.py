"""Sign a form or a whole visit: what is signed, what it means, as whom, the line as it will print, password.

The one sheet that covers a page; a child widget, the focus stays in it, Esc closes it.  Nothing is preset
unless there is only one meaning.  The password is taken from its field and kept nowhere.  A visit is signed
by long work that can be stopped; then nothing is signed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QScrollArea, QVBoxLayout, QWidget

from crf_app.actions.signing import Sheet, Signed, SignedVisit, sign_form, sign_visit
from crf_app.actions.to_sign import time_now
from crf_app.errors import AccountLocked, Cancelled, CrfError, WrongPassword
from crf_app.model.keys import FormKey
from crf_app.ui import style
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.paper.meaning_button import MeaningButton
from crf_app.ui.paper.signing_forms import SignedForms
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.parts import column, label, picture, row, rule
from crf_app.ui.widgets.password_edit import PasswordEdit
from crf_app.ui.words import both, language, pick, say

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_SECOND: Final = 1000
_LEFT, _RIGHT = 8, 5  # parts of the width


class SigningSheet(Speaking):
    """`signed` is called after the signatures are committed, `again` opens this sheet after reading."""

    help_topic = "signing"

    def __init__(
        self,
        window: MainWindow,
        sheet: Sheet,
        signed: Callable[[Signed | SignedVisit], object],
        again: Callable[[], object],
    ) -> None:
        super().__init__()
        self.setObjectName("signing_sheet")
        self._window, self.sheet, self._signed, self._again = window, sheet, signed, again
        self._session = window.session  # kept: the window's is gone as soon as the person leaves
        self.busy = False
        self.notice = Notice()
        self.meanings: list[MeaningButton] = []
        self.password = PasswordEdit("sign.password")
        self.password.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.password.returnPressed.connect(self.sign)
        self.will_read = label("", "small", wrap=True)
        self.will_read.setObjectName("sign.will_read")
        self.close_button = self._button("close", "Esc", window.hide_sheet)
        self.sign_button = self._button("sign", "Ctrl ↵", self.sign)
        self.sign_button.setProperty("kind", "primary")
        self.read_button = self._button("read", "F7", self.read_first)
        self.changes_button = self._button("show_changes", "F8", self.show_changes)
        if not sheet.changed:
            self.changes_button.hide()
        self.forms = SignedForms(sheet, window.session, self._say_read, self._read)
        self._arrange()
        if len(sheet.meanings) == 1:
            self.meanings[0].setChecked(True)
        self.retranslate()
        self.setFocusProxy(self.password if len(sheet.meanings) == 1 else self.meanings[0])
        self._clock = QTimer(self)
        self._clock.setInterval(_SECOND)
        self._clock.timeout.connect(self._say_line)

    def _button(self, name: str, key: str, act: Callable[[], object]) -> KeyButton:
        made = KeyButton("", key)
        made.setObjectName(f"sign.{name}")
        made.clicked.connect(lambda _=False: act())
        return made

    # how it is put together

    def _arrange(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(style.current().px(12))
        head, lines = row(12), column(4)
        self.title, self.covers = label("", "page", wrap=True), label("", "sub", wrap=True)
        head.addWidget(picture("pen", "accent", 26))
        head.addWidget(self.title, 1)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        lines.addLayout(head)
        lines.addWidget(self.covers)
        box.addLayout(lines)
        sides = self._beside(32)
        sides.addLayout(self._what(), _LEFT)
        sides.addLayout(self._how(), _RIGHT)
        box.addLayout(sides, 1)
        box.addWidget(self.notice)
        box.addWidget(rule())
        foot = self._beside(32)
        foot.addWidget(self.will_read, _LEFT)
        foot.addWidget(self.sign_button, _RIGHT)
        box.addLayout(foot)

    def _beside(self, gap: int) -> QBoxLayout:
        """Side by side, from 150 % on one below the other."""
        return column(12) if style.current().compact else row(gap)

    def _what(self) -> QVBoxLayout:
        side, head, buttons = column(8), row(8), row(8)
        self.what_title, self.count = label("", "value"), label("", "small")
        self.version, self.hash = label("", "small", wrap=True), label("", "small", wrap=True)
        self.hash.setObjectName("sign.hash")
        self.hash.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head.addWidget(self.what_title)
        head.addStretch(1)
        head.addWidget(self.count)
        for button in (self.read_button, self.changes_button):
            buttons.addWidget(button, 1)
        if not self.sheet.changed:
            buttons.addStretch(1)
        side.addLayout(head)
        side.addWidget(self.forms, 100)
        side.addWidget(self.version)
        side.addWidget(self.hash)
        side.addLayout(buttons)
        side.addStretch(1)
        return side

    def _how(self) -> QVBoxLayout:
        side = column(8)
        self.meaning_title = label("", "value")
        side.addWidget(self.meaning_title)
        for meaning in self.sheet.meanings:
            one = MeaningButton()
            one.setObjectName(f"sign.meaning.{meaning.code}")
            one.toggled.connect(lambda _on: self._say_line())
            self.meanings.append(one)
            side.addWidget(one)
        self.as_title, self.as_name = label("", "label"), label("", "card", wrap=True)
        self.password_title = label("", "label")
        self.password_title.setBuddy(self.password)
        self.password_hint = label("", "hint", wrap=True)
        if not self.sheet.whole_visit:
            self.password_hint.hide()
        asked = (self.as_title, self.as_name, self.password_title, self.password, self.password_hint)
        for widget in asked:
            side.addWidget(widget)
        side.addStretch(1)
        return side

    # words

    def retranslate(self) -> None:
        super().retranslate()
        sheet = self.sheet
        self.title.setText(self._title())
        self.covers.setText(say("sign.covers"))
        self.what_title.setText(say("sign.what"))
        self.count.setText(count_words(len(sheet.forms), len(sheet.left_out)))
        written_in = say("sign.written_in")
        self.version.setText(say("sign.version_and_language", version=self._versions(), written=written_in))
        self.hash.setText(say("sign.hash", hash=_short(sheet.sha256), entry=sheet.entry))
        self.hash.setToolTip(_grouped(sheet.sha256))
        self.meaning_title.setText(say("sign.meaning"))
        for meaning, one in zip(sheet.meanings, self.meanings, strict=True):
            one.set_words(pick(meaning.text))
        self.as_title.setText(say("sign.signed_as"))
        role = say(f"role.{sheet.role}")
        self.as_name.setText(say("sign.person", name=sheet.signed_as, role=role[:1].lower() + role[1:]))
        self.password_title.setText(say("sign.password"))
        self.password_hint.setText(say("sign.password_hint"))
        self.password.setAccessibleName(say("sign.password"))
        self.password.retranslate()
        short = sheet.page.visit.definition.short_name
        self.sign_button.set_words(
            say("sign.sign_visit", visit=short) if sheet.whole_visit else say("sign.sign")
        )
        self.close_button.set_words(say("sign.close"))
        self.forms.retranslate()
        self.notice.retranslate()
        self._say_read()
        self._say_line()

    def _title(self) -> str:
        page = self.sheet.page
        if not self.sheet.whole_visit:
            return say("sign.title", form=pick(page.form.name))
        short, day = page.visit.definition.short_name, page.visit.definition.day
        key = "sign.title_visit" if day is None else "sign.title_visit_day"
        return say(key, visit=short, day=day)

    def _versions(self) -> str:
        versions = sorted({one.page.version for one in self.sheet.forms})
        if len(versions) > 1:
            return say("sign.versions", version=", ".join(versions))
        return say("sign.version_all" if self.sheet.whole_visit else "sign.version", version=versions[0])

    def _say_line(self) -> None:
        """The line as it would print now; the time goes on."""
        meaning = next((one for one in self.sheet.meanings if one.code == self.chosen), None)
        if meaning is None:
            said = say("sign.choose")
        else:
            line = self.sheet.will_read(meaning, language(), time_now(self._session))
            said = say("sign.will_read", line=line)
        if said != self.will_read.text():
            self.will_read.setText(said)

    def _say_read(self) -> None:
        form = pick(self.forms.here.short_name or self.forms.here.name)
        self.read_button.set_words(
            say("sign.read_form", form=form) if self.sheet.whole_visit else say("sign.read")
        )
        telling, n = self.forms.telling, self.sheet.changed
        self.changes_button.set_words(say("sign.to_forms") if telling else say("sign.changes", n=n))

    # what is done

    @property
    def chosen(self) -> str:
        """Code of the meaning; "" while none is chosen."""
        pairs = zip(self.sheet.meanings, self.meanings, strict=True)
        return next((meaning.code for meaning, button in pairs if button.isChecked()), "")

    def read_first(self) -> None:
        """The form under the ring as PDF; the sheet opens again from there."""
        self._read(self.forms.key)

    def _read(self, key: FormKey) -> None:
        if self.busy:
            return
        again = self._again
        self._window.hide_sheet()
        self._window.show_pdf(key, again)

    def show_changes(self) -> None:
        """What was changed since entry, in words; back again by the same key."""
        if self.sheet.changed and not self.busy:
            self.forms.toggle()
            self._say_read()

    def sign(self) -> None:
        """One transaction, made aside; a refusal is said here and the sheet stays."""
        if self.busy:
            return
        if not self.chosen:
            self.notice.say(both("sign.choose"), "soft")
            self.meanings[0].setFocus()
            return
        tongue: Literal["en", "zh"] = "zh" if language() == "zh" else "en"
        session, sheet, typed, meaning = self._session, self.sheet, self.password.take(), self.chosen
        key, worker = sheet.page.key, self._window.worker
        self._wait(True)
        if not sheet.whole_visit:
            worker.run(
                lambda: sign_form(session, key, typed, meaning, tongue), self._on_done, self._on_refused
            )
            return
        worker.run_long(
            "sign",
            lambda progress: sign_visit(
                session, key.subject, key.event, typed, meaning, tongue, shown=sheet.sha256, progress=progress
            ),
            self._on_done,
            self._on_refused,
        )

    def _on_done(self, done: Signed | SignedVisit) -> None:
        self._wait(False)
        if self._window.shell is not None:  # else the person has left meanwhile; the signature stands
            self._window.hide_sheet()
            self._signed(done)

    def _on_refused(self, refusal: CrfError) -> None:
        self._wait(False)
        if isinstance(refusal, Cancelled):
            self.notice.say(both("sign.stopped"), "soft")
        else:
            self.notice.refuse(refusal, "hard")
        if isinstance(refusal, WrongPassword | AccountLocked | Cancelled):
            self.password.setFocus()

    def _wait(self, waiting: bool) -> None:
        """While it signs the sheet stays and nothing else can be done in this record."""
        self.busy = waiting
        for one in (*self._buttons(), *self.meanings, self.forms):
            one.setEnabled(not waiting)
        self.password.setReadOnly(waiting)
        if waiting:
            self.notice.say(both("frame.working"))
        else:
            self.notice.clear()

    def _buttons(self) -> tuple[KeyButton, ...]:
        return self.read_button, self.changes_button, self.sign_button, self.close_button

    def showEvent(self, event: QShowEvent, /) -> None:
        self._clock.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent, /) -> None:
        self._clock.stop()
        super().hideEvent(event)

    # keys

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.sign()
        elif event.key() == Qt.Key.Key_F7:
            self.read_first()
        elif event.key() == Qt.Key.Key_F8:
            self.show_changes()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, next_: bool, /) -> bool:
        """The focus goes round inside the sheet."""
        every = (*self.meanings, self.password, self.forms.showing, *self._buttons())
        stops: list[QWidget] = [one for one in every if one.isVisible() and one.isEnabled()]
        here = self.focusWidget()
        at = stops.index(here) if here in stops else -1
        there = stops[(at + (1 if next_ else -1)) % len(stops)]
        there.setFocus(Qt.FocusReason.TabFocusReason)
        QTimer.singleShot(0, self, lambda: self._bring(there))  # once what opened beside it has its height
        return True

    def _bring(self, part: QWidget) -> None:
        """Into view, where the sheet is higher than the window."""
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        inside = above.widget() if above is not None else None
        if above is not None and inside is not None:
            top, margin = part.mapTo(inside, QPoint(0, 0)).y(), style.current().px(24)
            for y in (top + part.height(), top):  # all of it: Qt's own way looks at the caret only
                above.ensureVisible(0, y, 0, margin)


def count_words(forms: int, left_out: int = 0, language: str | None = None) -> str:
    """ "13 forms, 1 left out"."""
    said = say("sign.count", language, n=forms)
    return say("sign.count_left", language, forms=said, n=left_out) if left_out else said


def _grouped(text: str) -> str:
    """A hash in groups of eight, so that people can compare it."""
    return " ".join(text[at : at + 8] for at in range(0, len(text), 8))


def _short(text: str) -> str:
    """Its beginning and its end; the whole stands in the ledger and on the paper."""
    return f"{_grouped(text[:24])} … {text[-8:]}"
