"""Where the data are, and how they travel: three numbers, bundles, receipts, fingerprints.

Nothing is sent by itself.  A bundle goes to a removable disk or a folder; central's file is taken in; both
sides compare fingerprints once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from crf_app.actions.changes import NOTHING, Changes
from crf_app.actions.syncing import (
    Applied,
    BundleMade,
    SyncPage,
    add_central,
    apply_file,
    device_request,
    make_bundle,
    sync_page,
)
from crf_app.errors import CrfError
from crf_app.model.workflow import Step
from crf_app.settings.files import write_file
from crf_app.ui import files, style, words
from crf_app.ui.bundle_panel import BundlePanel
from crf_app.ui.list_view import LookList
from crf_app.ui.page import Page
from crf_app.ui.parts import button, column, frame, label, picture, row, scrolled
from crf_app.ui.table_models import Look

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_HEAD = ("name", "records", "made", "state")
_NUMBERS = (("here", "laptop", "sunken"), ("sent", "only_here", "tinted"), ("safe", "shield", "sunken"))


class SyncPageWidget(Page):
    """Three numbers, the bundle, the list, the two sides."""

    rail = "sync"

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.numbers: dict[str, QLabel] = {}
        self._subs: dict[str, QLabel] = {}
        self.facts: dict[str, QLabel] = {}
        self.said = label("", "value", wrap=True)
        self.table = LookList(0, 40)
        self.none = label("", "sub")
        self.panel = BundlePanel(window.session, self.write)
        self.make = button("", "primary", "only_here", clicked=self.ask)
        self.apply = button("", "", "receive", clicked=self.take_in)
        self.request = button("", "", "file", clicked=self.save_request)
        self.central = button("", "", "key", clicked=self.take_central)
        self._build()
        self.refresh()

    def begin(self) -> None:
        self.make.setFocus()

    def refresh(self, changes: Changes | None = None) -> None:
        page = sync_page(self.window_.session)
        waiting = {"here": page.here, "sent": page.sent - page.safe, "safe": page.safe}
        for name, n in waiting.items():
            self.numbers[name].setText(f"{n:,}".replace(",", " "))
        self._subs["safe"].setText(words.say("sync.safe_sub" if page.last_receipt else "sync.safe_none"))
        left = page.here - page.safe
        self.said.setText(words.say("sync.unsent", n=left) if left else words.say("sync.nothing"))
        self.make.setEnabled(left > 0 and self.window_.session.verdict(Step.BUNDLE).allowed)
        self._say_sides(page)
        self._list(page)
        self.panel.retranslate()

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

    def leave(self) -> None:
        """A bundle is written to its end before anything else touches the store."""
        self.window_.worker.wait()

    def _on_made(self, made: BundleMade) -> None:
        self.panel.wait(False)
        self.panel.hide()
        key = "sync.made_more" if made.waiting else "sync.made"
        self._tell(key, name=made.path.name, first=made.first, last=made.last, waiting=made.waiting,
                   size=files.size_words(made.size))  # fmt: skip
        self.refresh()

    def _on_applied(self, applied: Applied) -> None:
        self.notice.say(dict(applied.texts), "ok")
        self.window_.ledger_changed.emit(NOTHING)

    def _on_refused(self, refusal: CrfError) -> None:
        self.panel.wait(False)
        self.notice.refuse(refusal)

    def _tell(self, key: str, **values: object) -> None:
        self.notice.say(words.both(key, **values), "ok")

    def _say_sides(self, page: SyncPage) -> None:
        said = {
            "device": f"{page.device}",
            "fingerprint": page.fingerprint,
            "site_fingerprint": page.site_fingerprint,
            "central": page.central or words.say("sync.central_unknown"),
        }
        for name, text in said.items():
            self.facts[name].setText(text)
        style.set_state(self.facts["central"], "" if page.central else "soft")

    def _list(self, page: SyncPage) -> None:
        head = [words.say(f"sync.head_{name}") for name in _HEAD]
        rows = [
            [
                Look(one.name, bold=True),
                Look(f"{one.first} – {one.last}", colour="text2"),
                Look(local(self.window_, one.made_at), colour="text2"),
                Look(words.say("sync.received"), "shield", "ok", True)
                if one.safe
                else Look(words.say("sync.waiting"), "only_here", "accent"),
            ]
            for one in page.bundles
        ]
        self.table.looks.show(head, rows)
        self.table.fit()
        self.table.setVisible(bool(rows))
        self.none.setVisible(not rows)

    # how it is put together

    def _build(self) -> None:
        left, right = column(12), column(12)
        left.addWidget(self._journey())
        left.addWidget(self.panel)
        left.addWidget(self.notice)
        title = label("", "card")
        self.speak(title.setText, "sync.bundles")
        self.speak(self.none.setText, "sync.no_bundles")
        self.speak(self.table.setAccessibleName, "sync.bundles")
        self.table.setObjectName("bundles")
        kept = label("", "hint")
        self.speak(kept.setText, "sync.not_deleted")
        left.addWidget(title)
        left.addWidget(self.none)
        left.addWidget(self.table, 1)
        left.addWidget(kept)
        left.addStretch(0)
        right.addWidget(self._sides())
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

    def _journey(self) -> QFrame:
        box = column(14, 12 if style.current().compact else 22)
        numbers = QGridLayout()
        numbers.setSpacing(style.current().px(8))
        for place, (name, icon, ground) in enumerate(_NUMBERS):
            numbers.addWidget(self._number(name, icon, ground), 0, 2 * place)
            if place < len(_NUMBERS) - 1:
                numbers.addWidget(picture("next"), 0, 2 * place + 1, Qt.AlignmentFlag.AlignVCenter)
            numbers.setColumnStretch(2 * place, 1)
        box.addLayout(numbers)
        words_ = column(2)
        only = label("", "small", wrap=True)
        self.speak(only.setText, "sync.only_central")
        words_.addWidget(self.said)
        words_.addWidget(only)
        self.speak(self.make.setText, "sync.make")
        self.speak(self.apply.setText, "sync.apply")
        self.make.setObjectName("make_bundle")
        self.apply.setObjectName("apply_file")
        line = row(8)
        if style.current().compact:
            box.addLayout(words_)
        else:
            line.addLayout(words_, 1)
        line.addWidget(self.apply)
        line.addWidget(self.make)
        box.addLayout(line)
        return frame("card", box)

    def _number(self, name: str, icon: str, ground: str) -> QFrame:
        box = column(4, 8 if style.current().compact else 14)
        head = row(10)
        title = label("", "value")
        self.speak(title.setText, f"sync.{name}")
        head.addWidget(picture(icon, "accent" if name == "sent" else "text2", 22))
        head.addWidget(title, 1)
        self.numbers[name] = label("", "count", {"sent": "accent", "safe": "ok"}.get(name, ""))
        self.numbers[name].setObjectName(f"number_{name}")
        self._subs[name] = label("", "small", wrap=True)
        self.speak(self._subs[name].setText, f"sync.{name}_sub")
        box.addLayout(head)
        box.addWidget(self.numbers[name])
        box.addWidget(self._subs[name])
        return frame(ground, box)

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


def local(window: MainWindow, at: str) -> str:
    """A UTC time of the store as the person's clock shows it."""
    from datetime import datetime

    moment = datetime.fromisoformat(at.replace("Z", "+00:00"))
    return f"{moment.astimezone(window.clock.now().tzinfo):%Y-%m-%d %H:%M}"
