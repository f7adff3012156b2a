"""The study's definition: which versions stood from when, and the ways to another one.

Everybody may read it.  The investigator puts a version in force, coordinator and investigator move forms that
are begun; each on a sheet of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QPushButton, QWidget
from shiboken6 import isValid

from crf_app.actions.changes import Changes
from crf_app.actions.people.accounts import list_users
from crf_app.actions.study.amendments import VersionLine, versions
from crf_app.actions.study.study_export import Format, Written, export_home_study
from crf_app.errors import CrfError
from crf_app.model.workflow import Step
from crf_app.ui import files, style, words
from crf_app.ui.page import Page
from crf_app.ui.widgets.list_view import LookList
from crf_app.ui.widgets.parts import button, column, frame, label, row, scrolled
from crf_app.ui.widgets.table_models import Look

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_HEAD: Final = ("version", "state", "from", "why", "by")
_SHORT: Final = 4  # columns where there is little room; the sentence below has all
_ENDINGS: Final[dict[Format, str]] = {"odm-1.3.2": ".xml", "odm-2.0": ".xml", "codebook": ".pdf"}
_STATES: Final = {"in force": ("done", "ok"), "coming": ("calendar", "accent"), "past": ("history", "text2")}


class StudyPage(Page):
    """Reached from the people of the device; Back returns there."""

    rail = "account"
    help_topic = "study"

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("study_page")
        self._lines: list[VersionLine] = []
        self._names: dict[str, str] = {}
        self._focus_before: QWidget | None = None
        self.table = LookList(3, 40)
        self.table.setObjectName("versions")
        self.title, self.one_only = label("", "sub", wrap=True), label("", "sub", wrap=True)
        self.chosen, self.hash = label("", "", wrap=True), label("", "hint", wrap=True)
        self._columns = _SHORT if style.current().compact else len(_HEAD)
        self.table.moved.connect(lambda *_: self._say_chosen())
        self.back = button("", "", "back", clicked=window.show_account)
        self._build()
        self._read()

    def begin(self) -> None:
        self.first.setFocus()

    def made_anew(self) -> StudyPage:
        """The same page for another version of the study."""
        return StudyPage(self.window_)

    def refresh(self, changes: Changes | None = None) -> None:
        """Said again; read again after a commit only, since a sheet's work may be at the store."""
        if changes is not None:
            self._read()
        else:
            self._show()

    def amend(self) -> None:
        """Choose the folder of the changed definition; the sheet compares it."""
        from crf_app.ui.pages.amend_sheet import AmendSheet

        place = files.ask_folder(self, words.say("study.folder_title"))
        if place is not None:
            self.window_.show_sheet(AmendSheet(self.window_, place))

    def move_forms(self) -> None:
        """The dry run on a sheet."""
        from crf_app.ui.pages.move_sheet import MoveSheet

        self.window_.show_sheet(MoveSheet(self.window_))

    def save(self, kind: Format) -> None:
        """The definition in force as a file for others; where, is asked of the system."""
        study = self.window_.session.study
        name = f"{study.oid}_{study.version}_{kind}{_ENDINGS[kind]}"
        path = files.ask_save(self, words.say(f"study.save_{_key(kind)}"), name)
        if path is not None:
            self.save_to(path, kind)

    def save_to(self, path: Path, kind: Format) -> None:
        """Made aside, since it is checked whole before it is written."""
        session = self.window_.session
        self.notice.say(words.both("study.writing"))
        self._wait(True)
        self.window_.worker.run(
            lambda: export_home_study(session, path, kind), self._on_saved, self._on_not_saved
        )

    def leave(self) -> None:
        """A file is written to its end before another page opens."""
        self.window_.worker.wait()

    def _on_saved(self, done: Written) -> None:
        if not isValid(self) or self.window_.shell is None:
            return
        self._wait(False)
        self.window_.say_saved(Changes(at=done.at))
        self.notice.say(words.both("study.written", files=", ".join(one.name for one in done.files)), "ok")

    def _on_not_saved(self, refusal: CrfError) -> None:
        if isValid(self):
            self._wait(False)
            self.notice.refuse(refusal)

    def _wait(self, waiting: bool) -> None:
        """What is at the store is alone there."""
        if waiting:
            self._focus_before = self.focusWidget()
        for part in self.findChildren(QPushButton):
            part.setEnabled(not waiting)
        if not waiting and self._focus_before is not None:
            self._focus_before.setFocus()

    def _read(self) -> None:
        session = self.window_.session
        self._lines = versions(session)
        self._names = {one.user: one.name for one in list_users(session)}
        self._show()
        at = next((n for n, one in enumerate(self._lines) if one.state == "in force"), 0)
        self.table.selectRow(at)

    def _show(self) -> None:
        study = self.window_.session.study
        self.title.setText(f"{study.oid}·{words.pick(study.title)}")
        at = self.table.currentIndex().row()
        heads = [words.say(f"study.head_{name}") for name in _HEAD][: self._columns]
        self.table.looks.show(heads, [self._looks(one)[: self._columns] for one in self._lines])
        self.table.setFixedHeight(style.current().px(40 + 40 * min(len(self._lines), 8)))
        self.table.fit()
        self.one_only.setVisible(len(self._lines) == 1)
        if at >= 0:
            self.table.selectRow(at)
        self._say_chosen()

    def _say_chosen(self) -> None:
        """The version whose row has the ring, in full: a reason may be longer than its column."""
        at = self.table.currentIndex().row()
        if not 0 <= at < len(self._lines):
            self.chosen.clear()
            return
        one = self._lines[at].activation
        said = words.say(
            "study.chosen",
            version=one.version,
            day=one.valid_from or one.at[:10],
            name=self._names.get(one.user, one.user),
            at=f"{one.at[:10]} {one.at[11:16]}",
            why=one.reason or words.say("study.set_up"),
        )
        self.chosen.setText(said)
        self.hash.setText(words.say("study.definition", sha=_parted(one.sha256)))

    def _looks(self, line: VersionLine) -> list[Look]:
        one, (icon, colour) = line.activation, _STATES[line.state]
        state = words.say(f"study.state_{line.state.replace(' ', '_')}")
        return [
            Look(one.version, bold=True),
            Look(state, icon, colour),
            Look(one.valid_from or one.at[:10]),
            Look(one.reason or words.say("study.set_up"), colour="text" if one.reason else "text2"),
            Look(self._names.get(one.user, one.user), colour="text2"),
        ]

    def _build(self) -> None:
        said, list_said = label("", "page"), label("", "card")
        self.speak(said.setText, "study.title")
        self.speak(list_said.setText, "study.versions")
        self.speak(self.table.setAccessibleName, "study.versions")
        self.speak(self.one_only.setText, "study.one_only")
        self.speak(self.back.setText, "study.back")
        self.one_only.setObjectName("one_only")
        self.back.setObjectName("study_back")
        head = row(8)
        head.addWidget(said, 1)
        head.addWidget(self.back)
        inside = column(12, 24)
        inside.addLayout(head)
        for part in (self.title, self.notice, list_said, self.table, self.chosen, self.hash, self.one_only):
            inside.addWidget(part)
        self.first: QWidget = self.table
        for step, name, do in ((Step.AMEND, "amend", self.amend), (Step.MIGRATE, "move", self.move_forms)):
            if self.window_.session.verdict(step).allowed:
                inside.addWidget(self._way(name, do))
        if self.window_.session.verdict(Step.EXPORT).allowed:
            inside.addWidget(self._for_others())
        inside.addStretch(1)
        box = column(0)
        box.addWidget(scrolled(inside))
        self.setLayout(box)

    def _for_others(self) -> QWidget:
        """The study's definition as files that other people and systems read."""
        said, buttons = label("", "sub", wrap=True), column(8) if style.current().compact else row(8)
        self.speak(said.setText, "study.for_others")
        for kind in _ENDINGS:
            made = button("", "", "receive", clicked=partial(self.save, kind))
            made.setObjectName(f"save_{_key(kind)}")
            self.speak(made.setText, f"study.save_{_key(kind)}")
            buttons.addWidget(made)
        buttons.addStretch(1)
        box = column(10, 16)
        box.addWidget(said)
        box.addLayout(buttons)
        return frame("card", box)

    def _way(self, name: str, do: Callable[[], None]) -> QWidget:
        """A button and the sentence that says what it leads to."""
        made, said = (
            button("", "", {"amend": "file", "move": "next"}[name], clicked=do),
            label("", "sub", wrap=True),
        )
        made.setObjectName(f"study_{name}")
        self.speak(made.setText, f"study.{name}")
        self.speak(said.setText, f"study.{name}_hint")
        if self.first is self.table:
            self.first = made
        line = column(8, 16) if style.current().compact else row(16, 16)
        line.addWidget(made)
        line.addWidget(said, 1)
        return frame("card", line)


def _key(kind: Format) -> str:
    return kind.replace("-", "_").replace(".", "_")


def _parted(sha256: str) -> str:
    """Groups of eight, which wrap and can be read aloud."""
    return " ".join(sha256[at : at + 8] for at in range(0, len(sha256), 8))
