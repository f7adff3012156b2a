"""Random work at one window, and what must be true of it: played by `test_right_record.py` and by the soak.

A seed plays keys, lock, change of person, stop of the program, and switches of subject, form, visit and
language while a field has the cursor.  At each key the record is written down that the header showed; at the
end every value in the ledger must be a text that stood in that field of that record while its person typed,
and the last text of each field must be stored, or wait as that person's draft.  A person's drafts are hers.
"""

from __future__ import annotations

import random
import shutil
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from crf_app.actions.enter_data import enter_value
from crf_app.actions.people.accounts import add_user, change_password
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.actions.subjects import add_subject, find_subject
from crf_app.crypto.passwords import LIGHT
from crf_app.model.keys import FormKey, ItemKey
from crf_app.store import drafts, ledger, reads
from crf_app.ui import words
from crf_app.ui.form.item_row import ItemRow
from crf_app.ui.main_window import MainWindow
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.typed.drafts import drafts_of

FORMS = (("SE.SCR", "F.VS"), ("SE.V1", "F.VS"), ("SE.V1", "F.LBC"))
PERFORMED = {"F.VS": "I.VS.VSPERF", "F.LBC": "I.LBC.LBPERF"}
LABELS = ("ZN007", "ZN008")
Field = tuple[str, str]  # subject uid, key path


@dataclass
class Typed:
    """What stood in a field while somebody typed there, and whether Esc took the last of it back."""

    texts: list[str] = field(default_factory=list)
    given_up: bool = True


class Afternoon:
    """A made-up time that stands."""

    def now(self) -> datetime:
        return datetime(2026, 10, 6, 14, 2, 31, tzinfo=timezone(timedelta(hours=8)))

    def monotonic(self) -> float:
        return time.monotonic()


def two_nurses(home: Path, first: str, administrator: str, password: str) -> tuple[str, str]:
    """A home with a second nurse, and two subjects whose forms are open to be filled in."""
    clock, once, second = Afternoon(), "one-time made-up words", "made.second"
    admin = sign_in(home, administrator, password, clock)
    add_user(admin, second, "Made-up Second Nurse", "nurse", once, cost=LIGHT)
    sign_out(admin)
    person = sign_in(home, second, once, clock)
    change_password(person, once, password, cost=LIGHT)
    sign_out(person)
    prepare(home, first, password, clock)
    return first, second


def prepare(home: Path, user: str, password: str, clock: Any) -> None:
    """Two subjects whose forms are open to be filled in."""
    session = sign_in(home, user, password, clock)
    try:
        for label in LABELS:
            if label not in {one.label for one in reads.subjects(session.store.conn)}:
                add_subject(session, label)
            uid = find_subject(session, label)
            consent = ItemKey(FormKey(uid, "SE.SCR", "F.IC"), "IG.IC", "I.IC.DSSTDAT_IC")
            enter_value(session, consent, "2026-08-20")
            for event, form in FORMS:
                oid = PERFORMED[form]
                group = session.study.forms[form].group_of[oid].oid
                enter_value(session, ItemKey(FormKey(uid, event, form), group, oid), "Y")
    finally:
        sign_out(session)


class Work:
    """One run.  `people` are user ids that may enter; `password` is everybody's."""

    def __init__(self, home: Path, people: tuple[str, ...], password: str, seed: int) -> None:
        self.home, self.people, self._password, self._clock = home, people, password, Afternoon()
        self.chance = random.Random(seed)
        self.typed: dict[tuple[str, Field], Typed] = defaultdict(Typed)
        self.problems: list[str] = []
        self.done: list[str] = []
        self.keys = self._stops = 0
        self.windows: list[MainWindow] = []
        self.uids: tuple[str, ...] = ()
        self._start(people[0])
        session = self.window.session
        self.uids = tuple(find_subject(session, label) for label in LABELS)
        self.known = {one.id for one in ledger.entries(session.store.conn)}
        self.open()

    @property
    def window(self) -> MainWindow:
        return self.windows[-1]

    @property
    def session(self) -> Session:
        return self.window.session

    def play(self, steps: int) -> list[str]:
        """The problems that were found; `done` says what was played."""
        acts = (
            (self.type, 46), (self.enter, 12), (self.move, 10), (self.open, 12), (self.language, 5),
            (self.esc, 3),
            (self.lock, 5), (self.other_person, 4), (self.stop, 2), (self.casebook, 3), (self.wait, 4),
        )  # fmt: skip
        names, weights = [one for one, _ in acts], [weight for _, weight in acts]
        for _ in range(steps):
            act = self.chance.choices(names, weights)[0]
            self.done.append(act.__name__)
            act()
            if self.problems:
                break
        self.judge()
        return self.problems

    def close(self) -> None:
        for window in self.windows:
            window.close()
            window.deleteLater()

    # what a person does

    def type(self) -> None:
        """A digit or two into the field with the cursor."""
        for _ in range(self.chance.choice((1, 1, 2))):
            self._press(str(self.chance.randrange(10)))

    def enter(self) -> None:
        self._key(Qt.Key.Key_Return)

    def move(self) -> None:
        self._key(self.chance.choice((Qt.Key.Key_Tab, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Backtab)))

    def esc(self) -> None:
        row = self._row()
        if row is not None:
            QTest.keyClick(self._focus(), Qt.Key.Key_Escape)
            self.typed[self.session.user, _field(row)].given_up = True

    def open(self) -> None:
        """A form, of this or the other subject, and the cursor into one of its numbers."""
        event, form = self.chance.choice(FORMS)
        self.window.show_form(FormKey(self.chance.choice(self.uids), event, form))
        QApplication.processEvents()
        self._into_a_number()

    def casebook(self) -> None:
        self.window.show_casebook(self.chance.choice(self.uids))

    def language(self) -> None:
        words.set_language("zh" if words.language() == "en" else "en")

    def wait(self) -> None:
        """A second passes."""
        timer = drafts_of(self.window).timer
        if timer.isActive():
            timer.timeout.emit()

    def lock(self) -> None:
        before = self._row()
        where = (_field(before), before.input.text()) if before is not None else None
        self.window.lock()
        QTest.keyClicks(QApplication.focusWidget() or self.window.cover, "5")  # goes to the cover
        self.window.unlock()
        after = self._row()
        if where is not None and (after is None or (_field(after), after.input.text()) != where):
            self.problems.append(f"the lock lost the place {where}")

    def other_person(self) -> None:
        if self.chance.random() < 0.7:
            self.window.lock()
        self.window.sign_out()
        self._come(self.chance.choice(self.people))
        if self.chance.random() < 0.6:
            self.open()

    def stop(self) -> None:
        """The program ends without a word a second after the last key; a new one starts on its files."""
        self.wait()
        self._stops += 1
        there = self.home.parent / f"{self.home.name}-{self._stops}"
        shutil.copytree(self.home, there, ignore=shutil.ignore_patterns("*-shm", "*.lock"))
        self.window.hide()
        self.home = there
        self._start(self.chance.choice(self.people))
        if self.chance.random() < 0.8:
            self.open()

    # inside

    def _start(self, user: str) -> None:
        window = MainWindow(self.home, self._clock)
        window.idle.timer.setInterval(10**8)
        self.windows.append(window)
        window.show()
        window.activateWindow()
        self._come(user)

    def _come(self, user: str) -> None:
        self.window.signed_in(sign_in(self.home, user, self._password, self._clock))
        QApplication.processEvents()

    def _focus(self) -> Any:
        return QApplication.focusWidget()

    def _row(self) -> ItemRow | None:
        """The row with the cursor in its own field, on the page that is open."""
        found = self._focus()
        page = self.window.page
        if not isinstance(page, FormPageWidget) or not isinstance(found, QLineEdit):
            return None
        row = found.parentWidget()
        while row is not None and not isinstance(row, ItemRow):
            row = row.parentWidget()
        return row if row is not None and row.input is found and row.open_to_type else None

    def _into_a_number(self) -> None:
        page = self.window.page
        if not isinstance(page, FormPageWidget):
            return
        numbers = [
            row for row in page.view.fields() if row.line.state.item.data_type in ("integer", "decimal")
        ]
        if numbers:
            self.chance.choice(numbers[:8]).input.select()

    def _press(self, key: str) -> None:
        """One key; the record is the one whose header is on the screen now."""
        row = self._row()
        if row is None:
            return
        shell = self.window.shell
        on_screen = shell.header.subject if shell is not None else ""
        page = self.window.page
        if not (on_screen == row.key.subject == page.key.subject and row.key.form_key == page.key):
            self.problems.append(f"the header shows {on_screen}, the cursor is in {row.key}")
        QTest.keyClicks(row.input, key)
        self.keys += 1
        note = self.typed[self.session.user, (on_screen, row.key.path)]
        note.texts.append(row.input.text())
        note.given_up = False

    def _key(self, key: Qt.Key) -> None:
        focused = self._focus()
        if focused is not None and isinstance(self.window.page, FormPageWidget):
            QTest.keyClick(focused, key)

    # what must be true

    def judge(self) -> None:
        """The ledger and the drafts against what was written down at the keys."""
        drafts_of(self.window).write()
        conn = self.session.store.conn
        stored: dict[tuple[str, Field], list[str]] = defaultdict(list)
        for one in ledger.entries(conn, "kind = 'item.set'"):
            record = one.record
            if one.id not in self.known and record.user in self.people:
                stored[record.user, (record.subject or "", record.key or "")].append(record.value or "")
        for at, values in stored.items():
            seen = {_plain(text) for text in self.typed[at].texts} if at in self.typed else set()
            self.problems += [
                f"{at} holds {one!r}, never typed there" for one in values if one and _plain(one) not in seen
            ]
        waits = {
            (user, (one.key.subject, one.key.path)): one.text
            for user in self.people
            for one in drafts.of_user(conn, user)
        }
        for at, text in waits.items():
            if at not in self.typed or text not in self.typed[at].texts:
                self.problems.append(f"the draft {text!r} of {at} was never typed there")
        for at, note in self.typed.items():
            if note.given_up or not note.texts or not note.texts[-1]:
                continue
            last = note.texts[-1]
            if _plain(last) not in map(_plain, stored[at]) and waits.get(at) != last:
                self.problems.append(f"{last!r} of {at} is lost: {stored[at]}, {waits.get(at)!r}")


def _field(row: ItemRow) -> Field:
    return row.key.subject, row.key.path


def _plain(text: str) -> str:
    """A number without its leading zeros, as it is stored."""
    return text.lstrip("0") or "0" if text else ""
