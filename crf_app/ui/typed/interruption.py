"""Lock, change of person, return: what is typed goes to disk, and each person finds her place again.

Where somebody was when another person took over from the lock is remembered while the window is open; her
page and field open again when she is back.  After a stop of the program nothing opens by itself: a bar says
what was being typed and goes there when asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from crf_app.actions.notes import NotePlace
from crf_app.errors import CrfError
from crf_app.model.keys import FormKey, ItemKey, form_key_of, item_key_of
from crf_app.ui import words
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.typed.drafts import drafts_of
from crf_app.ui.typed.waiting_bar import WaitingBar

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

SIGN_OUT_MS = 55 * 60 * 1000  # behind the lock; with the idle minutes before it, an hour


@dataclass(frozen=True, slots=True)
class Place:
    """The form that was open, and the field with the cursor ("" for none)."""

    form: FormKey
    local: str


class Interruption(QObject):
    """One for a window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._places: dict[str, Place] = {}
        self.drafts = drafts_of(window)
        self.drafts.trouble.connect(self._say_trouble)

    def begin(self) -> None:
        """A person signed in: what waits for her is read."""
        try:
            self.drafts.open(self._window.session)
        except CrfError as refusal:
            self._window.refuse(refusal)

    def show_waiting(self) -> None:
        """The bar over the page, if something waits."""
        shell = self._window.shell
        if shell is not None and (self.drafts.waiting() or self.drafts.notes.waiting()):
            shell.show_bar(WaitingBar(self._window, self.drafts))

    def return_to_place(self) -> None:
        """The page and the field at which another person took over; else Enter goes to what waits."""
        place = self._places.pop(self._window.session.user, None)
        bar = self._window.shell.bar if self._window.shell is not None else None
        if place is None:
            if isinstance(bar, WaitingBar):
                bar.take_focus()
            return
        try:
            go_to_field(self._window, place.form, place.local)
            if isinstance(bar, WaitingBar):
                bar.seen(place.form)
        except CrfError as refusal:
            self._window.refuse(refusal)

    def lock(self) -> None:
        """The cover is over the page: what lies beneath goes to disk; after an hour she is signed out."""
        self.drafts.write()
        if self._window.cover is not None:
            QTimer.singleShot(SIGN_OUT_MS, self._window.cover, self._window.sign_out)

    def leave(self, *, behind_lock: bool) -> None:
        """The person goes: her typed texts are on disk before the store closes."""
        page = self._window.page
        if behind_lock and isinstance(page, FormPageWidget):
            here = page.current
            self._places[page.session.user] = Place(page.key, here.key.local if here is not None else "")
        self.drafts.close()

    def places(self) -> dict[str, list[str]]:
        """Where each person was, for the program that begins anew: subject, event, form, field."""
        return {
            user: [one.form.subject, one.form.event, one.form.form, one.local]
            for user, one in self._places.items()
        }

    def know_places(self, told: dict[str, list[str]]) -> None:
        """The places of the program before.  Raises ValueError, TypeError, AttributeError."""
        for user, (subject, event, form, local) in told.items():
            self._places[str(user)] = Place(FormKey(str(subject), str(event), str(form)), str(local))

    def _say_trouble(self, refusal: CrfError | None) -> None:
        said = "interruption.disk" if refusal is not None else "interruption.disk_again"
        self._window.tell(words.both(said), "hard" if refusal is not None else "")


def interruption_of(window: MainWindow) -> Interruption:
    """The window's one."""
    found = window.findChild(Interruption)
    return found if isinstance(found, Interruption) else Interruption(window)


def go_to_field(window: MainWindow, form: FormKey, local: str) -> None:
    """Open the form with the cursor in the field.  Raises NotFound, NotAllowed."""
    window.show_form(form)
    page = window.page
    if isinstance(page, FormPageWidget) and local:
        key: ItemKey = item_key_of(form.subject, f"{form.path}/{local}")
        page.go_to(key)


def go_to_note(window: MainWindow, place: NotePlace) -> None:
    """Where a sentence was being typed: its query, field, form, or question of the casebook.

    Raises NotFound, NotAllowed.
    """
    from crf_app.ui.pages.casebook import CasebookPage
    from crf_app.ui.pages.queries import QueriesPage

    if place.what == "ask":
        window.show_casebook(place.subject)
        if isinstance(page := window.page, CasebookPage):
            page.acts.ask_again(place)
    elif place.what in ("reply", "use"):
        window.show_queries()
        key = item_key_of(place.subject, place.path)
        if isinstance(page := window.page, QueriesPage):
            page.show_thread(place.more or str(key))
    elif place.what == "bar":
        window.show_form(form_key_of(place.subject, place.path))
        if isinstance(page := window.page, FormPageWidget):
            page.acts.ask_again(place.more)
    else:
        key = item_key_of(place.subject, place.path)
        go_to_field(window, key.form_key, key.local)
        page = window.page
        row = page.view.row(key.local) if isinstance(page, FormPageWidget) else None
        if row is not None and row.under is not None:
            row.under.take_focus()
