"""Where the data are, and how they travel: three numbers, bundles, receipts, conflicts, fingerprints.

Nothing is sent by itself.  One button writes a bundle to the place used last, another asks where; central's
file is taken in; both sides compare fingerprints once.  What grows with the ledger is counted in short steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from crf_app.actions.changes import NOTHING, Changes
from crf_app.actions.my_day import counted_from, values_here, where_data_are
from crf_app.actions.sync.after_lock import AfterLock, answers_after_lock
from crf_app.actions.sync.bundle_list import NOTHING_INSIDE, counting, next_reminder, ranges
from crf_app.actions.sync.conflicts import conflicts
from crf_app.actions.sync.syncing import (
    Applied,
    BundleMade,
    SyncPage,
    add_central,
    apply_file,
    default_bundle_name,
    device_request,
    make_bundle,
    safety,
    sync_page,
)
from crf_app.errors import CrfError
from crf_app.model.workflow import Step
from crf_app.settings.files import write_file
from crf_app.settings.preferences import BUNDLE_DAYS
from crf_app.ui import files, style, words
from crf_app.ui.casebook.visit_words import short_date
from crf_app.ui.in_steps import InSteps
from crf_app.ui.page import Page
from crf_app.ui.sync.bundle_panel import BundlePanel, last_place, place_name
from crf_app.ui.sync.bundle_rows import HEAD, WIDE, inside_words, rows_of
from crf_app.ui.sync.sync_cards import AfterLockCard, ConflictsCard
from crf_app.ui.sync.sync_numbers import SyncNumbers
from crf_app.ui.widgets.choice_line import ChoiceLine
from crf_app.ui.widgets.list_view import LookList
from crf_app.ui.widgets.parts import button, column, frame, label, row, scrolled

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_ROW: Final = 56
_MOST_ROWS: Final = 6  # in sight; more are scrolled to


class SyncPageWidget(Page):
    """Three numbers, the bundle, the list, the two sides."""

    rail = "sync"

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.facts: dict[str, QLabel] = {}
        self.journey = SyncNumbers(self.make_now, self.ask)
        self.numbers, self.said, self.make = self.journey.numbers, self.journey.said, self.journey.make
        self.table = LookList(WIDE, _ROW)
        self.none, self.next = label("", "sub"), label("", "hint", wrap=True)
        self.panel = BundlePanel(window.session, self.write, lambda: window.preferences.bundle_folder)
        self.apply = button("", "", "receive", clicked=self.take_in)
        self.request = button("", "", "file", clicked=self.save_request)
        self.central = button("", "", "key", clicked=self.take_central)
        now = window.preferences.bundle_days
        self.days = ChoiceLine("bundle_days", _days(now), str(now))
        self.conflicts = ConflictsCard(window.clock, self.choose_conflict)
        self.after_lock = AfterLockCard(self.show_after_lock)
        self.rest = InSteps(self)
        self._page: SyncPage = sync_page(window.session)
        self._here: int | None = None
        self._sent, self._waits = NOTHING_INSIDE, NOTHING_INSIDE
        self._build()
        self.refresh()

    def begin(self) -> None:
        self.make.setFocus()

    def refresh(self, changes: Changes | None = None) -> None:
        """Read again; what is counted comes a little later."""
        self._page = sync_page(self.window_.session)
        self._here, self._sent, self._waits = None, NOTHING_INSIDE, NOTHING_INSIDE
        self._say_page()
        self.rest.begin(self._count(), self._say_page)

    def make_now(self) -> None:
        """The one button: to the place used last, while that is there; else ask."""
        folder = last_place(self.window_.preferences.bundle_folder)
        if folder is None or not self._page.central:
            self.ask()
            return
        self.notice.clear()
        self.write(folder / default_bundle_name(self.window_.session))

    def ask(self) -> None:
        """Open the panel that asks where the bundle shall go."""
        self.notice.clear()
        self.panel.open()

    def write(self, path: Path) -> None:
        """Write the bundle to a file or into a folder."""
        session = self.window_.session
        self.panel.wait(True)
        self.window_.worker.run_long(
            "bundle",
            lambda progress: make_bundle(session, path, progress=progress),
            self._on_made,
            self._on_refused,
        )

    def take_in(self) -> None:
        """A receipt or another file from central."""
        path = files.ask_file(self, words.say("sync.open_title"))
        if path is not None:
            self.apply_path(path)

    def apply_path(self, path: Path) -> None:
        """Apply the file at `path`; its receipt marks records safe."""
        session = self.window_.session
        self.window_.worker.run_long(
            "apply",
            lambda progress: apply_file(session, files.read(path), progress),
            self._on_applied,
            self._on_refused,
        )

    def take_central(self) -> None:
        """Central's public keys; the fingerprint is shown to be compared."""
        path = files.ask_file(self, words.say("sync.central_title"))
        if path is not None:
            self.add_central_path(path)

    def add_central_path(self, path: Path) -> None:
        """Take central's keys from `path`."""
        try:
            fingerprint = add_central(self.window_.session, files.read(path))
        except CrfError as refusal:
            self._on_refused(refusal)
            return
        self._tell("sync.central_added", fingerprint=fingerprint)
        self.refresh()

    def save_request(self) -> None:
        """The file that asks central to take this device's bundles."""
        session = self.window_.session
        path = files.ask_save(self, words.say("sync.save_title"), f"{session.site}-{session.device}.request")
        if path is not None:
            self.save_request_to(path)

    def save_request_to(self, path: Path) -> None:
        """Write the request file to `path`."""
        session = self.window_.session
        try:
            write_file(path, device_request(session))
        except CrfError as refusal:
            self._on_refused(refusal)
            return
        self._tell("sync.request_saved", name=path.name, fingerprint=sync_page(session).fingerprint)

    def remind_after(self, code: str) -> None:
        """Another number of days after which a bundle is reminded of."""
        window = self.window_
        try:
            window.use_preferences(replace(window.preferences, bundle_days=int(code)))
        except CrfError as refusal:
            self._on_refused(refusal)
        self._say_reminder()

    def choose_conflict(self) -> None:
        """The page of queries with its conflicts, where one value is chosen."""
        from crf_app.ui.pages.queries import QueriesPage

        self.window_.put_page(QueriesPage(self.window_, "conflict"))

    def show_after_lock(self, one: AfterLock) -> None:
        """The field whose answer waits behind the lock."""
        self.window_.open_form(one.key.form_key)
        go_to = getattr(self.window_.page, "go_to", None)
        if go_to is not None:
            go_to(one.key)

    def leave(self) -> None:
        """A bundle is written to its end before anything else touches the store."""
        self.rest.stop()
        self.window_.worker.wait()

    def _on_made(self, made: BundleMade) -> None:
        self.panel.wait(False)
        self.panel.hide()
        key = "sync.made_more" if made.waiting else "sync.made"
        self._tell(key, name=made.path.name, first=made.first, last=made.last, waiting=made.waiting,
                   size=files.size_words(made.size))  # fmt: skip
        self._keep_folder(made.path.absolute().parent)
        self.refresh()

    def _keep_folder(self, folder: Path) -> None:
        """The place is offered the next time; that it cannot be kept costs only this."""
        window = self.window_
        if str(folder) == window.preferences.bundle_folder:
            return
        try:
            window.use_preferences(replace(window.preferences, bundle_folder=str(folder)))
        except CrfError as refusal:
            self._on_refused(refusal)

    def _on_applied(self, applied: Applied) -> None:
        self.notice.say(dict(applied.texts), "ok")
        self.window_.ledger_changed.emit(NOTHING)

    def _on_refused(self, refusal: CrfError) -> None:
        self.panel.wait(False)
        self.notice.refuse(refusal)

    def _tell(self, key: str, **values: object) -> None:
        self.notice.say(words.both(key, **values), "ok")

    # what is counted

    def _count(self) -> Iterator[object]:
        session = self.window_.session
        on_way, rest = ranges(session)
        here, sent, waits = 0, NOTHING_INSIDE, NOTHING_INSIDE
        for n in values_here(session):
            here += n
            yield n
        for piece in counting(session, *on_way):
            sent = sent.plus(piece)
            yield piece
        for piece in counting(session, *rest):
            waits = waits.plus(piece)
            yield piece
        self._here, self._sent, self._waits = here, sent, waits

    # words

    def _say_page(self) -> None:
        page = self._page
        self._say_numbers()
        self.make.setEnabled(page.here > page.safe and self.window_.session.verdict(Step.BUNDLE).allowed)
        self.journey.other.setEnabled(self.make.isEnabled())
        self._say_make()
        self._say_sides()
        self._say_reminder()
        self.table.looks.show(
            [words.say(f"exchange.head_{name}") for name in HEAD],
            rows_of(page.bundles, page.receipts, self.window_.clock),
        )
        self._fit()
        reads = self.window_.session.verdict(Step.READ).allowed
        self.conflicts.show_conflicts(conflicts(self.window_.session) if reads else [])
        self.after_lock.show_answers(answers_after_lock(self.window_.session) if reads else [])

    def _say_numbers(self) -> None:
        page, known = self._page, self._here is not None
        n = page.bundles[0].n if page.bundles else 0
        on_way = words.say("exchange.sent_sub", n=n) if page.sent > page.safe else ""
        self.journey.show_number("here", self._here, words.say("exchange.here_sub"))
        sent = self._sent.values if known else None
        self.journey.show_number("sent", sent, on_way or words.say("exchange.sent_none"))
        only_here = safety(self.window_.session).only_here
        safe = max((self._here or 0) - only_here, 0) if known else None
        receipt = page.receipts[0].n if page.receipts else 0
        none = words.say("sync.safe_none")
        self.journey.show_number(
            "safe", safe if page.safe else 0, words.say("exchange.safe_sub", n=receipt) if page.safe else none
        )
        self.said.setText(self._sentence())

    def _sentence(self) -> str:
        page = self._page
        if page.here <= page.safe:
            return words.say("sync.nothing")
        if self._waits != NOTHING_INSIDE:
            return words.say("exchange.waits", inside=inside_words(self._waits))
        if page.here > page.sent or not page.bundles:
            return words.say("sync.unsent", n=page.here - page.sent)
        last = page.bundles[0]
        if last.inside == NOTHING_INSIDE:
            return words.say("exchange.on_the_way_plain", n=last.n)
        size = files.size_words(last.size)
        return words.say("exchange.on_the_way", n=last.n, inside=inside_words(last.inside), size=size)

    def _say_make(self) -> None:
        folder = last_place(self.window_.preferences.bundle_folder) if self._page.central else None
        if folder is None:
            self.make.setText(words.say("exchange.make"))
            self.make.setAccessibleDescription("")
        else:
            self.make.setText(words.say("exchange.make_to", place=place_name(folder)))
            self.make.setAccessibleDescription(words.say("exchange.make_said", place=str(folder)))
        self.make.setToolTip("" if folder is None else str(folder))

    def _say_sides(self) -> None:
        page = self._page
        said = {
            "device": page.device,
            "fingerprint": page.fingerprint,
            "site_fingerprint": page.site_fingerprint,
            "central": page.central or words.say("sync.central_unknown"),
        }
        for name, text in said.items():
            self.facts[name].setText(text)
        style.set_state(self.facts["central"], "" if page.central else "soft")

    def _say_reminder(self) -> None:
        """When the reminder comes, by the same days as on "my day"."""
        window = self.window_
        where = where_data_are(window.session, self._here or 0)
        due = next_reminder(counted_from(where), window.session, window.preferences.bundle_days)
        if due is None:
            self.next.setText(words.say("exchange.next_none"))
        else:
            today = window.clock.now().date()
            key = "exchange.next" if due > today else "exchange.next_now"
            self.next.setText(words.say(key, date=short_date(due, today)))

    def _fit(self) -> None:
        """As high as its rows, six of them at most; a longer list scrolls."""
        rows = self.table.looks.rowCount()
        self.table.fit()
        self.table.setVisible(rows > 0)
        self.none.setVisible(rows == 0)
        head = self.table.horizontalHeader().sizeHint().height()
        self.table.setMinimumHeight(head + style.current().px(_ROW * min(rows, _MOST_ROWS) + 4))

    # how it is put together

    def retranslate(self) -> None:
        for part in (self.journey, self.panel, self.conflicts, self.after_lock):
            part.retranslate()
        self.days.name(_days(int(self.days.code)))
        super().retranslate()

    def _build(self) -> None:
        left, right = column(12), column(12)
        left.addWidget(self.journey)
        left.addWidget(self.panel)
        left.addWidget(self.notice)
        left.addLayout(self._bundles(), 1)
        for card in (self.conflicts, self.after_lock, self._reminder(), self._sides()):
            right.addWidget(card)
        right.addStretch(1)
        both: QHBoxLayout | QVBoxLayout = column(16) if style.current().compact else row(16)
        both.addLayout(left, 2)
        both.addLayout(right, 1)
        head, hint = label("", "page"), label("", "sub", wrap=True)
        self.speak(head.setText, "sync.title")
        self.speak(hint.setText, "sync.hint")
        inside = column(6, 24)
        inside.addWidget(head)
        inside.addWidget(hint)
        inside.addSpacing(style.current().px(6))
        inside.addLayout(both, 1)
        page = column(0)
        page.addWidget(scrolled(inside))
        self.setLayout(page)

    def _bundles(self) -> QVBoxLayout:
        box, head, title, kept = column(8), row(8), label("", "card"), label("", "hint", wrap=True)
        self.speak(title.setText, "sync.bundles")
        self.speak(self.none.setText, "sync.no_bundles")
        self.speak(self.table.setAccessibleName, "sync.bundles")
        self.speak(self.apply.setText, "sync.apply")
        self.speak(kept.setText, "sync.not_deleted")
        self.table.setObjectName("bundles")
        self.apply.setObjectName("apply_file")
        head.addWidget(title, 1)
        head.addWidget(self.apply)
        box.addLayout(head)
        box.addWidget(self.none)
        box.addWidget(self.table, 1)
        box.addWidget(kept)
        box.addStretch(0)
        return box

    def _reminder(self) -> QWidget:
        """After how many days a bundle is reminded of."""
        box, said = column(8, 20), label("", "value")
        self.speak(said.setText, "exchange.remind")
        self.speak(self.days.setAccessibleName, "exchange.remind")
        self.days.chosen.connect(self.remind_after)
        for part in (said, self.days, self.next):
            box.addWidget(part)
        return frame("card", box)

    def _sides(self) -> QWidget:
        box = column(6, 22)
        title, compare = label("", "card"), label("", "small", wrap=True)
        self.speak(title.setText, "sync.sides")
        self.speak(compare.setText, "sync.compare")
        box.addWidget(title)
        for name in ("device", "fingerprint", "site_fingerprint", "central"):
            said = label("", "label")
            self.speak(said.setText, f"sync.{name}")
            self.facts[name] = label("", "value", wrap=True)
            self.facts[name].setObjectName(f"fact_{name}")
            self.facts[name].setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.facts[name].setFocusPolicy(Qt.FocusPolicy.NoFocus)
            box.addWidget(said)
            box.addWidget(self.facts[name])
        box.addWidget(compare)
        for made, key in ((self.request, "request"), (self.central, "add_central")):
            self.speak(made.setText, f"sync.{key}")
            made.setObjectName(key)
            box.addWidget(made)
        return frame("card", box)


def _days(chosen: int) -> dict[str, str]:
    """The days that are offered, with those of now."""
    return {str(n): words.say("exchange.days", n=n) for n in sorted({*BUNDLE_DAYS, chosen})}


def local(window: MainWindow, at: str) -> str:
    """A UTC time of the store as the person's clock shows it."""
    from datetime import datetime

    moment = datetime.fromisoformat(at.replace("Z", "+00:00"))
    return f"{moment.astimezone(window.clock.now().tzinfo):%Y-%m-%d %H:%M}"
