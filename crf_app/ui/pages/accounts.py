"""The person who works and the people of this device.

For everybody: lock, sign out, look of the window, own password, and being the witness of somebody else.  For
the administrator: add a person with a one-time password, issue certificates, lock and unlock.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from crf_app.actions.changes import Changes
from crf_app.actions.people.accounts import list_users
from crf_app.errors import CrfError
from crf_app.settings.preferences import DENSITIES, IDLE_MINUTES, LANGUAGES, SCALES, SIDES, THEMES
from crf_app.ui import style, words
from crf_app.ui.page import Page
from crf_app.ui.pages.own_password import PasswordForm
from crf_app.ui.site.people_panel import PeoplePanel
from crf_app.ui.widgets.choice_line import ChoiceLine
from crf_app.ui.widgets.parts import button, column, frame, label, row, scrolled

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_LANGUAGE_NAMES = {"en": "English", "zh": "中文"}
_SHOWN_SCALES = tuple(scale for scale in SCALES if scale >= 100)


class AccountPage(Page):
    """You, the window, the people."""

    rail = "account"

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        shown = window.preferences
        self.language = ChoiceLine("language", _LANGUAGE_NAMES, words.language())
        self.theme = ChoiceLine("theme", self._themes(), shown.theme)
        self.scale = ChoiceLine("scale", {str(n): f"{n} %" for n in _SHOWN_SCALES}, str(shown.scale))
        self.idle = ChoiceLine("idle", self._minutes(), str(shown.idle))
        self.density = ChoiceLine("density", _named("density", DENSITIES), shown.density)
        self.keypad = ChoiceLine("keypad_side", _named("keypad", SIDES), shown.keypad)
        self.who, self.fingerprint = label("", "name"), label("", "small", wrap=True)
        self.password = PasswordForm(window)
        self.people = PeoplePanel(window)
        self._build()
        self.refresh()

    def begin(self) -> None:
        self.lock.setFocus()

    def refresh(self, changes: Changes | None = None) -> None:
        session = self.window_.session
        role = words.say(f"role.{session.role}")
        self.who.setText(words.say("account.you", name=session.name, role=role))
        mine = next(one for one in list_users(session) if one.user == session.user)
        self.fingerprint.setText(words.say("account.fingerprint", fingerprint=mine.fingerprint))
        self.theme.name(self._themes())
        self.density.name(_named("density", DENSITIES))
        self.keypad.name(_named("keypad", SIDES))
        self.idle.name(self._minutes())
        self.language.choose(words.language())
        self.people.refresh()

    def retranslate(self) -> None:
        self.password.retranslate()
        self.people.retranslate()
        super().retranslate()

    def leave(self) -> None:
        """A password change is finished before another page opens."""
        self.window_.worker.wait()

    def _use(self, **chosen: object) -> None:
        try:
            self.window_.use_preferences(replace(self.window_.preferences, **chosen))  # type: ignore[arg-type]
        except CrfError as refusal:
            self.notice.refuse(refusal)

    def _themes(self) -> dict[str, str]:
        return {theme: words.say(f"account.theme_{theme}") for theme in THEMES}

    def _minutes(self) -> dict[str, str]:
        return {str(n): words.say("interruption.minutes", n=n) for n in IDLE_MINUTES}

    # how it is put together

    def _build(self) -> None:
        title = label("", "page")
        self.speak(title.setText, "account.title")
        left, right = column(12), column(12)
        left.addWidget(self._you())
        left.addWidget(self._look())
        left.addStretch(1)
        right.addWidget(self._password())
        right.addStretch(1)
        narrow = style.current().compact
        both: QHBoxLayout | QVBoxLayout = column(12) if narrow else row(16)
        both.addLayout(left, 1)
        both.addLayout(right, 1)
        self.laboratory = button("", "", "drop", clicked=self.window_.show_laboratory)
        self.laboratory.setObjectName("open_laboratory")
        self.speak(self.laboratory.setText, "lab.open")
        self.study = button("", "", "file", clicked=self.window_.show_study)
        self.study.setObjectName("open_study")
        self.speak(self.study.setText, "study.open")
        self.device = button("", "", "laptop", clicked=self.window_.show_device)
        self.device.setObjectName("open_device")
        self.speak(self.device.setText, "this_device.open")
        laboratory: QHBoxLayout | QVBoxLayout = column(8) if narrow else row(8)
        laboratory.addWidget(self.laboratory)
        laboratory.addWidget(self.study)
        laboratory.addWidget(self.device)
        laboratory.addStretch(1)
        inside = column(10, 24)
        inside.addWidget(title)
        inside.addWidget(self.notice)
        inside.addLayout(both)
        inside.addLayout(laboratory)
        inside.addWidget(self.people)
        inside.addStretch(1)
        page = column(0)
        page.addWidget(scrolled(inside))
        self.setLayout(page)

    def _you(self) -> QFrame:
        box = column(10, 20)
        self.lock = button("", "", "lock", clicked=self.window_.lock)
        leave = button("", "", "sign_out", clicked=self.window_.sign_out)
        self.speak(self.lock.setText, "account.lock")
        self.speak(leave.setText, "account.sign_out")
        self.lock.setObjectName("lock")
        self.lock.setToolTip("Ctrl+L")
        leave.setObjectName("sign_out")
        for widget in (self.who, self.fingerprint, self.lock, leave):
            box.addWidget(widget)
        return frame("card", box)

    def _look(self) -> QFrame:
        box = column(8, 20)
        title = label("", "card")
        self.speak(title.setText, "account.look")
        box.addWidget(title)
        for key, line in (("language", self.language), ("theme", self.theme), ("scale", self.scale)):
            said = label("", "label")
            self.speak(said.setText, f"account.{key}")
            self.speak(line.setAccessibleName, f"account.{key}")
            box.addWidget(said)
            box.addWidget(line)
        said = label("", "label")
        self.speak(said.setText, "interruption.idle")
        self.speak(self.idle.setAccessibleName, "interruption.idle")
        box.addWidget(said)
        box.addWidget(self.idle)
        self.idle.chosen.connect(lambda code: self._use(idle=int(code)))
        for key, line in (("density", self.density), ("keypad_side", self.keypad)):
            said = label("", "label")
            self.speak(said.setText, f"entry.{key}")
            self.speak(line.setAccessibleName, f"entry.{key}")
            box.addWidget(said)
            box.addWidget(line)
        self.density.chosen.connect(lambda code: self._use(density=code))
        self.keypad.chosen.connect(lambda code: self._use(keypad=code))
        assert set(_LANGUAGE_NAMES) == set(LANGUAGES)
        self.language.chosen.connect(lambda code: self._use(language=code))
        self.theme.chosen.connect(lambda code: self._use(theme=code))
        self.scale.chosen.connect(lambda code: self._use(scale=int(code)))
        return frame("card", box)

    def _password(self) -> QFrame:
        box = column(8, 20)
        title = label("", "card")
        self.speak(title.setText, "account.password")
        box.addWidget(title)
        box.addWidget(self.password)
        return frame("card", box)


def _named(what: str, codes: tuple[str, ...]) -> dict[str, str]:
    return {code: words.say(f"entry.{what}_{code}") for code in codes}
