"""Who is working?  Cards from the vault, a password, and both languages at hand.

Reads `vault.json` alone; the store opens in the worker when the password is sent.  A wrong password is said
under the field with the tries left or the wait; nothing shakes, nothing pops up.

How much is not yet sent, when somebody was here last and whether the clock agrees stands in the encrypted
store, so none of it is shown here.  A number beside the store, in the settings, would tell whoever finds the
computer how much is entered on it, and could be old or altered: then "none lost" would be said of nothing.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLineEdit, QPushButton, QWidget

from crf_app.actions.people.people_here import Person, cards_state, home_place, people
from crf_app.errors import CrfError, StoreDamaged, VaultRolledBack
from crf_app.model.clock import Clock, offset_text
from crf_app.ui import icons, style, words
from crf_app.ui.language_switch import LanguageSwitch
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.widgets.parts import button, centred, column, frame, label, name, picture, row, scrolled
from crf_app.ui.widgets.password_edit import PasswordEdit
from crf_app.ui.widgets.person_card import PersonCard

if TYPE_CHECKING:
    from crf_app.actions.session import Session
    from crf_app.ui.main_window import MainWindow

COLUMNS, COLUMNS_COMPACT = 3, 2
MOST_CARDS = 6
FORGET_LETTERS_S = 1.5


class SignInPage(Speaking):
    """Cards, one password field, one button."""

    help_topic = "sign_in"

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window_ = window
        self.setProperty("kind", "page")
        self._letters, self._typed_at = "", 0.0
        self._columns = COLUMNS_COMPACT if style.current().compact else COLUMNS
        self._people: dict[str, Person] = {one.user: one for one in people(window.home)}
        self.cards: list[PersonCard] = []
        self._group = QButtonGroup(self)
        self.user = QLineEdit()
        self.password = PasswordEdit("password")
        self.open = button("", "primary", clicked=self.send)
        self.notice = Notice()
        self.restore: QPushButton | None = None
        self._below = column(0)
        self._build()
        self.choose(self.cards[0])

    def begin(self) -> None:
        """The page is shown: the first card waits for a key."""
        self.chosen.setFocus()

    @property
    def chosen(self) -> PersonCard:
        """The card that is picked."""
        return next(card for card in self.cards if card.isChecked())

    def choose(self, card: PersonCard) -> None:
        """Pick a card; the password field is then for this person."""
        card.setChecked(True)
        self.password.clear()
        self.notice.clear()
        self.user.setVisible(not card.user)
        self.cards_in.setVisible(not card.user and self._cards != "none")
        self._say_person()

    def send(self) -> None:
        """Open with the chosen person's password."""
        user = self.chosen.user or self.user.text().strip()
        typed = self.password.take()
        if not typed or not user:
            self.password.setFocus()
            return
        self._wait(True)
        home, clock = self.window_.home, self.window_.clock
        self.window_.worker.run(lambda: _open(home, user, typed, clock), self._on_opened, self._on_refused)

    def retranslate(self) -> None:
        super().retranslate()
        for card in self.cards:
            self._say_card(card)
        self.switch.follow()
        self.password.retranslate()
        self.notice.retranslate()
        self._say_person()

    def on_key(self, event: QKeyEvent) -> None:
        """Letters pick a card, arrows move, Enter goes to the password."""
        key, steps = (
            event.key(),
            {
                Qt.Key.Key_Left: -1,
                Qt.Key.Key_Right: 1,
                Qt.Key.Key_Up: -self._columns,
                Qt.Key.Key_Down: self._columns,
            },
        )
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            (self.password if self.chosen.user else self.user).setFocus()
        elif key in steps:
            self._move(steps[Qt.Key(key)])
        elif event.text().isprintable() and event.text().strip():
            self._pick_by_letters(event.text())
        else:
            event.ignore()

    def _move(self, by: int) -> None:
        here, last = self.cards.index(self.chosen), len(self.cards) - 1
        there = here + by
        if there > last and here // self._columns < last // self._columns:
            there = last
        if 0 <= there <= last:
            self.choose(self.cards[there])
            self.cards[there].setFocus()

    def _pick_by_letters(self, text: str) -> None:
        now = time.monotonic()
        self._letters = text if now - self._typed_at > FORGET_LETTERS_S else self._letters + text
        self._typed_at = now
        for card in self.cards:
            if card.begins_with(self._letters):
                self.choose(card)
                card.setFocus()
                return
        # never the letters: a password typed while a card has the focus must not stand on the screen
        self.notice.say(words.both("sign_in.no_letter"))

    def _on_opened(self, session: Session) -> None:
        self._wait(False)
        self.window_.signed_in(session)

    def _on_refused(self, refusal: CrfError) -> None:
        self._wait(False)
        self.notice.refuse(refusal, "hard")
        if isinstance(refusal, StoreDamaged | VaultRolledBack):
            self._offer_restore()
        self.password.setFocus()

    def _offer_restore(self) -> None:
        """The files here do not open: a backup may; its words are read only now."""
        if self.restore is None:
            self.restore = button("", "", "receive", clicked=self.window_.show_restore)
            self.restore.setObjectName("restore")
            self.speak(self.restore.setText, "restore.open")
            self._below.addWidget(self.restore, 0, Qt.AlignmentFlag.AlignLeft)

    def _wait(self, waiting: bool) -> None:
        self.open.setEnabled(not waiting)
        self.open.setText(words.say("sign_in.opening" if waiting else "sign_in.open"))
        self.password.setReadOnly(waiting)

    # how it is put together

    def _build(self) -> None:
        now = style.current()
        page = column(0)
        self.setLayout(page)
        page.addWidget(self._top())
        middle = column(8)
        middle.setContentsMargins(now.px(24), 0, now.px(24), now.px(16))
        title, hint = label("", "home"), label("", "sub")
        self.speak(title.setText, "sign_in.title")
        self.speak(hint.setText, "sign_in.hint")
        for line in (title, hint):
            middle.addLayout(centred(line))
        middle.addSpacing(now.px(16))
        middle.addLayout(centred(self._card_grid()))
        middle.addSpacing(now.px(20))
        middle.addLayout(centred(self._password_card()))
        middle.addStretch(1)
        page.addWidget(scrolled(middle), 1)
        page.addWidget(self._foot())

    def _top(self) -> QWidget:
        now = style.current()
        made, box = QWidget(), row(16)
        box.setContentsMargins(now.px(40), now.px(28), now.px(40), now.px(20))
        made.setLayout(box)
        mark = label()
        mark.setPixmap(icons.emblem(40))
        lines = column(0)
        here = home_place(self.window_.home)
        about = label("", "sub")
        self.speak(about.setText, "sign_in.place", study=here.study, site=here.site)
        self._device = here.device
        lines.addWidget(label("crf_app", "card"))
        lines.addWidget(about)
        self.switch = LanguageSwitch()
        box.addWidget(mark)
        box.addLayout(lines)
        box.addStretch(1)
        box.addWidget(self.switch)
        return made

    def _card_grid(self) -> QWidget:
        made, grid = QWidget(), QGridLayout()
        grid.setSpacing(style.current().px(16))
        grid.setContentsMargins(0, 0, 0, 0)
        made.setLayout(grid)
        shown = list(self._people.values())[: MOST_CARDS - 1]
        cards = [*(PersonCard(one.user, one.name) for one in shown), PersonCard("", "")]
        for place_, card in enumerate(cards):
            self._group.addButton(card)
            card.clicked.connect(lambda _checked=False, card=card: self._on_card(card))
            card.keyed.connect(self.on_key)
            grid.addWidget(card, place_ // self._columns, place_ % self._columns)
            self._say_card(card)
        self.cards = cards
        return made

    def _on_card(self, card: PersonCard) -> None:
        self.choose(card)
        (self.password if card.user else self.user).setFocus()

    def _password_card(self) -> QWidget:
        now = style.current()
        made, box = frame("card"), column(8, 22)
        made.setLayout(box)
        made.setFixedWidth(now.px(480))
        self._for = label("", "value")
        self.user.setProperty("kind", "tall")
        name(self.user, "user")
        self.speak(self.user.setPlaceholderText, "sign_in.user_id")
        self.speak(self.user.setAccessibleName, "sign_in.user_id")
        self.user.returnPressed.connect(self.password.setFocus)
        self.password.returnPressed.connect(self.send)
        self.open.setObjectName("open")
        self.speak(self.open.setText, "sign_in.open")
        line = row(16)
        line.addWidget(self.password, 1)
        line.addWidget(self.open)
        box.addWidget(self._for)
        box.addWidget(self.user)
        box.addLayout(line)
        box.addWidget(self.notice)
        box.addLayout(self._below)
        for key in ("sign_in.unlocks", "sign_in.forgotten"):
            said = label("", "small", wrap=True)
            self.speak(said.setText, key)
            box.addWidget(said)
        self.cards_in = button("", "", "shield", clicked=self.window_.show_recover)
        self.cards_in.setObjectName("cards_in")
        self.speak(self.cards_in.setText, "recover.open")
        box.addWidget(self.cards_in, 0, Qt.AlignmentFlag.AlignLeft)
        self._cards = cards_state(self.window_.home)
        return made

    def _foot(self) -> QWidget:
        made, box = frame("status"), row(8)
        now = style.current()
        box.setContentsMargins(now.px(40), now.px(12), now.px(40), now.px(12))
        made.setLayout(box)
        safe = label("", "sub", wrap=True)
        self.speak(safe.setText, "sign_in.encrypted")
        moment = self.window_.clock.now()
        box.addWidget(picture("locked", "ok", 18))
        box.addWidget(safe, 1)
        box.addWidget(label(f"{self._device}·{moment:%Y-%m-%d %H:%M} {offset_text(moment)}", "small"))
        return made

    def _say_card(self, card: PersonCard) -> None:
        if not card.user:
            card.title.setText(words.say("sign_in.somebody_else"))
            card.say("", words.say("sign_in.somebody_hint"))
            return
        person = self._people[card.user]
        more = {"locked": words.say("sign_in.locked"), "must_change": words.say("sign_in.must_change")}
        card.say(
            words.say(f"role.{person.role}"),
            more.get(person.state, words.say("sign_in.user", user=card.user)),
        )

    def _say_person(self) -> None:
        card = self.chosen
        said = words.say("sign_in.password", name=card.name) if card.user else words.say("sign_in.pick_first")
        self._for.setText(said)
        self.password.setAccessibleName(said)


def _open(home: Path, user: str, password: str, clock: Clock) -> Session:
    """Sign in; runs in the worker, where the import of database and rules may take its time."""
    from crf_app.actions.session import sign_in
    from crf_app.actions.sync.syncing import safety

    session = sign_in(home, user, password, clock)
    safety(session)  # counts the whole chain once, here and not in the window's thread
    return session
