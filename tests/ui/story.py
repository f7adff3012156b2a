"""A person at the keyboard of the whole window: every key counted, every character that lands in a field.

`keys` counts each press once: characters, Enter, arrows, F keys, and Ctrl, Alt or Shift with a key as one.
`typed` counts the characters that are meant for an answer, as typed: `t` for a date is one.  `written` counts
the characters of what then stands in the ledger: the date has ten, a code one.  Passwords, and how one signs
in, count in none.  Keys go to the widget that has the focus, as those of a hand do; a test looks at pages and
the store only to see where it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.model.keys import FormKey
from crf_app.store import reads
from crf_app.ui.pages.casebook import CasebookPage
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.player import Player

from .conftest import PASSWORD, Desk


class Person(Player):
    """One pair of hands; people change at the same keyboard."""

    def __init__(self, qtbot: Any, desk: Desk) -> None:
        super().__init__(desk.window, desk.window.home)
        self.desk, self._qtbot, self.typed = desk, qtbot, 0
        qtbot.waitExposed(desk.window)
        desk.window.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is desk.window)

    @property
    def page(self) -> Any:
        return self.window.page

    @property
    def session(self) -> Any:
        return self.window.session

    @property
    def at(self) -> str:
        """The item under the cursor."""
        return self.name.partition("/")[2]

    def key(self, form: str, event: str = "SE.V1") -> FormKey:
        return FormKey(self.desk.uid, event, form)

    def written(self) -> int:
        """Characters of what the ledger holds of these hands: a code or a chosen reason is one."""
        study, conn = self.session.study, self.session.store.conn
        count = sum(len(one.record.reason or "") for one in reads.records_of_kind(conn, "event.add"))
        for one in reads.records_of_kind(conn, "item.set"):
            record = one.record
            _, form, *_, oid = (record.key or "").split("/")
            item = study.forms[form].items[oid]
            if record.subject != self.desk.uid or item.derived or record.origin:
                continue
            count += len(record.value or "") if item.code_list is None and not record.missing else 1
            count += record.reason is not None
        return count

    # hands

    def write(self, text: str) -> None:
        """Characters of an answer."""
        self.type(text)
        self.typed += len(text)

    def enter(self, *texts: str) -> None:
        """Each text with Enter after it: down the column."""
        for text in texts:
            if text:
                self.write(text)
            self.press("Enter")

    def secret(self, text: str = PASSWORD) -> None:
        """A password and its Enter: not counted."""
        before = self.keys
        self.type(text)
        self.press("Enter")
        self.keys = before

    def until_(self, reached: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(reached)

    def fill(self, form: FormKey, answers: dict[str, str]) -> None:
        """Type where the cursor goes; what is not in `answers` is passed with Enter."""
        left = dict(answers)
        for _ in range(300):
            if not left:
                return
            before = self.name
            self.write(left.pop(self.at, ""))
            for _ in range(2):  # the key of a choice leads on; a finding lets the second Enter pass
                if self.name == before and self.name:
                    self.press("Enter")
        raise AssertionError(f"{form}: the cursor does not come to {sorted(left)}")

    # places

    def change_person(self, letters: str) -> None:
        """Ctrl+L, "Another person" by Tab, then the sign-in page: letters, password.  Not counted."""
        before = self.keys
        self.press("Ctrl+L")
        self.until_(lambda: self.window.locked)
        self.press("Tab")
        self.press("Tab")
        QTest.keyClick(self.focused, Qt.Key.Key_Space)
        self.until_(lambda: self.window.shell is None)
        self.wait()
        self.type(letters)
        self.press("Enter")
        self.type(PASSWORD)
        self.press("Enter")
        self.until_(lambda: self.window.shell is not None)
        self.wait()
        self.keys = before

    def casebook(self) -> CasebookPage:
        """Alt+Up leads to the casebook."""
        self.press("Alt+Up")
        if isinstance(self.page, FormPageWidget):  # from a dose the first one leads to all its questions
            self.press("Alt+Up")
        page = self.page
        assert isinstance(page, CasebookPage)
        return page

    def go(self, form: str, event: str = "SE.V1") -> Any:
        """By arrows to a form's cell, Enter."""
        page = self.page if isinstance(self.page, CasebookPage) else self.casebook()
        self.until_(lambda: not page.rest.working)
        for name in _way(page, page.place_of(form, event)):
            self.arrow(name)
        assert page.here() == (event, form), (page.here(), form)
        self.press("Enter")
        return self.page

    def arrow(self, name: str) -> None:
        QTest.keyClick(self.focused, getattr(Qt.Key, f"Key_{name}"))
        self.keys += 1
        self.wait(0)

    def field(self, item: str, key: str = "Enter") -> None:
        """Enter down the column to the question, Shift+Enter up."""
        for _ in range(60):
            if self.at == item:
                return
            self.press(key)
        raise AssertionError(item)


_STEPS = {"Down": (1, 0), "Up": (-1, 0), "Right": (0, 1), "Left": (0, -1)}


def _way(page: CasebookPage, target: tuple[int, int]) -> list[str]:
    """The fewest arrows to a cell, as a person sees it: an arrow goes on to the next cell that exists."""
    looks, here = page.table.looks, page.table.currentIndex()
    ways = {(here.row(), here.column()): list[str]()}
    waiting = list(ways)
    while waiting and target not in ways:
        at = waiting.pop(0)
        for name, (down, right) in _STEPS.items():
            if right and page.rows[at[0]].members:
                continue  # on a set Left and Right fold
            row, column = at[0] + down, at[1] + right
            while 0 <= row < looks.rowCount() and 0 <= column < looks.columnCount():
                if not looks.look(row, column).empty:
                    if (row, column) not in ways:
                        ways[row, column] = [*ways[at], name]
                        waiting.append((row, column))
                    break
                row, column = row + down, column + right
    return ways[target]
