"""This device: are its data whole, when was the last backup, and data in and out.

The same actions as the command line's `verify`, `backup`, `export` and `import`, with the same rights; a
button is there only for who may press it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout

from crf_app.actions.changes import Changes
from crf_app.actions.exporting import export_csv
from crf_app.actions.lab.report_line import ReportLine
from crf_app.actions.odm.odm_export import Exported, export_odm
from crf_app.actions.odm.odm_import import OdmImport, import_odm
from crf_app.actions.safekeeping import keeping
from crf_app.actions.safekeeping.keeping import Report
from crf_app.actions.safekeeping.two_histories import two_histories
from crf_app.actions.sync.disks import removable_disks
from crf_app.errors import CrfError
from crf_app.model.workflow import Step
from crf_app.ui import files, style, words
from crf_app.ui.page import Notice, Page
from crf_app.ui.pages.sync import local
from crf_app.ui.site.backup_card import BackupCard
from crf_app.ui.site.report_list import ReportList
from crf_app.ui.widgets.parts import button, clear, column, frame, label, row, scrolled

if TYPE_CHECKING:
    from crf_app.model.progress import Progress
    from crf_app.ui.main_window import MainWindow

_KNOWN: Final = ("taken", "entered", "new", "would", "same", "refused", "differs", "unknown", "empty")
_MOST: Final = 200  # problems that are listed


class DevicePage(Page):
    """Reached from the account; Back returns there."""

    rail = "account"
    help_topic = "this_device"

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("device_page")
        self.hint = label("", "sub", wrap=True)
        self.check = button("", "primary", "shield", clicked=self.verify)
        self.check_new = button("", "", "shield", clicked=lambda: self.verify(new=True))
        self.checked, self.kept = Notice(), Notice()
        self.problems = ReportList("device_problems")
        self.last, self.since = label("", "value", wrap=True), label("", "small", wrap=True)
        self.places: QVBoxLayout = column(8)
        self.none = label("", "small", "soft", wrap=True)
        self.moved, self.report = Notice(), ReportList("odm_report")
        self.backups = BackupCard(window)
        self.again = button("", "", "receive", clicked=self.restore)
        self._keeps = window.session.verdict(Step.BACKUP).allowed
        self._build()
        self.refresh()
        self.look()

    def begin(self) -> None:
        self.check.setFocus()

    def refresh(self, changes: Changes | None = None) -> None:
        session = self.window_.session
        here = keeping.own_records(session.store)
        self.hint.setText(words.say("this_device.hint", device=session.device, n=here))
        self.again.setVisible(keeping.is_damaged(session))
        if (said := two_histories(session)) is not None:
            self.notice.say(said, "hard")
        if self._keeps:
            self._say_last(here)

    def _say_last(self, here: int) -> None:
        last = keeping.last_backup(self.window_.session)
        said = words.say("this_device.never")
        if last is not None:
            at = local(self.window_, last.at)
            said = words.say("this_device.last", at=at, n=last.records, path=last.path)
        self.last.setText(said)
        self.last.setVisible(last is not None or not self.backups.has_some)
        style.set_state(self.last, "soft" if last is None else "")
        behind = here - last.records if last is not None else 0
        self.since.setVisible(behind > 0)
        self.since.setText(words.say("this_device.since", n=behind))

    def retranslate(self) -> None:
        for part in (self.checked, self.kept, self.moved, self.problems, self.report, self.backups):
            part.retranslate()
        super().retranslate()
        self.look()

    def leave(self) -> None:
        """What has the store is ended before another page opens."""
        self.window_.worker.wait()

    def verify(self, _checked: bool = False, *, new: bool = False) -> None:
        """Check every byte, or what is new since the own last check, over a connection of its own."""
        session = self.window_.session
        self._long(
            "verify",
            lambda progress: keeping.verify_aside(session, progress, new=new),
            self._on_verified,
            self.checked,
        )

    def restore(self) -> None:
        """The person is signed out, then chooses a backup; what lies here is moved aside."""
        self.window_.leave_session()
        self.window_.show_restore()

    def look(self) -> None:
        """Look for sticks again; each is a button."""
        if not self._keeps:
            return
        clear(self.places)
        disks = removable_disks()
        for number, disk in enumerate(disks):
            said = words.say("this_device.to_disk", label=disk.label, free=files.size_words(disk.free))
            made = button(said, "", "usb", clicked=partial(self.backup_to, disk.path))
            made.setObjectName(f"backup_disk_{number}")
            self.places.addWidget(made)
        self.none.setVisible(not disks)

    def ask_backup(self) -> None:
        folder = files.ask_folder(self, words.say("this_device.folder_title"))
        if folder is not None:
            self.backup_to(folder)

    def backup_to(self, folder: Path) -> None:
        """Write vault and database into `folder` under the default name."""
        session = self.window_.session
        self._long(
            "backup", lambda progress: keeping.backup(session, folder, progress), self._on_kept, self.kept
        )

    def ask_csv(self) -> None:
        folder = files.ask_folder(self, words.say("this_device.csv_title"))
        if folder is not None:
            self.csv_to(folder)

    def csv_to(self, folder: Path) -> None:
        """The data for analysis into `folder`; recorded."""
        session = self.window_.session

        def told(changes: Changes) -> None:
            self.moved.say(words.both("this_device.csv_done", name=folder.name), "ok")
            self.window_.say_saved(changes)

        self._long("csv", lambda progress: export_csv(session, folder, progress), told, self.moved)

    def ask_odm_out(self) -> None:
        session = self.window_.session
        name = f"{session.study.oid}_{session.site}.xml"
        path = files.ask_save(self, words.say("this_device.odm_title"), name)
        if path is not None:
            self.odm_to(path)

    def odm_to(self, path: Path) -> None:
        """All data with their audit trail as CDISC ODM; recorded."""
        session = self.window_.session

        def told(done: Exported) -> None:
            size = files.size_words(done.size)
            said = words.both("this_device.odm_out_done", name=path.name, n=done.subjects, size=size)
            self.moved.say(said, "ok")
            self.window_.say_saved(done.changes)

        self._long("odm_out", lambda progress: export_odm(session, path, say=progress), told, self.moved)

    def ask_odm_in(self) -> None:
        path = files.ask_file(self, words.say("this_device.odm_title"))
        if path is not None:
            self.odm_from(path)

    def odm_from(self, path: Path) -> None:
        """Take over what fits; what does not is listed."""
        session = self.window_.session
        self._long(
            "odm_in",
            lambda progress: import_odm(session, path, progress=progress),
            self._on_taken,
            self.moved,
        )

    def _long(
        self, kind: str, work: Callable[[Progress], Any], done: Callable[[Any], object], where: Notice
    ) -> None:
        where.clear()

        def refused(refusal: CrfError) -> None:
            where.refuse(refusal)
            self.refresh()

        self.window_.worker.run_long(kind, work, done, refused)

    def _on_verified(self, report: Report) -> None:
        if report.sound:
            self._remember(report)
            self.checked.say(self._sound(report), "ok")
            self.problems.hide()
            self.again.hide()
            return
        self.checked.say(words.both("this_device.damaged", n=len(report.problems)), "hard")
        self.again.show()
        lines = [
            ReportLine(number, "refused", {"en": one["en"], "zh": one["zh"]}, one["where"])
            for number, one in enumerate(report.problems[:_MOST], 1)
        ]
        self.problems.show_lines(lines)

    def _remember(self, report: Report) -> None:
        """The own next check can go on from here; where that cannot be written, it begins anew."""
        try:
            keeping.remember(self.window_.session, report)
        except CrfError as refusal:
            self.notice.refuse(refusal)

    def _sound(self, report: Report) -> dict[str, str]:
        if report.since is None:
            return words.both("this_device.sound", n=report.records, blobs=report.blobs)
        at = local(self.window_, report.since[1])
        return words.both("this_device.sound_new", n=report.records, seq=report.since[0], at=at)

    def _on_kept(self, made: Any) -> None:
        size = files.size_words(made.size)
        self.kept.say(words.both("this_device.written", name=made.path.name, n=made.records, size=size), "ok")
        self.refresh()
        self.backups.refresh()

    def _on_taken(self, done: OdmImport) -> None:
        key = "this_device.odm_in_stopped" if done.stopped else "this_device.odm_in_done"
        said = words.both(key, n=done.subjects, added=done.added, answers=done.answers)
        self.moved.say(said, "soft" if done.stopped else "ok")
        self.report.show_lines([
            one if one.outcome in _KNOWN else replace(one, outcome="left") for one in done.lines
        ])  # fmt: skip
        if done.records:
            self.window_.say_saved(Changes(at=f"{self.window_.session.clock.now():%H:%M:%S}"))

    # how it is put together

    def _build(self) -> None:
        title = label("", "page")
        self.speak(title.setText, "this_device.title")
        back = button("", "", "back", clicked=self.window_.show_account)
        back.setObjectName("device_back")
        self.speak(back.setText, "this_device.back")
        head = row(8)
        head.addWidget(title, 1)
        head.addWidget(back)
        inside = column(12, 24)
        inside.addLayout(head)
        inside.addWidget(self.hint)
        inside.addWidget(self.notice)
        inside.addWidget(self._check_card())
        may = self.window_.session.verdict
        if self._keeps:
            inside.addWidget(self._backup_card())
        if may(Step.EXPORT).allowed or may(Step.IMPORT).allowed:
            inside.addWidget(self._exchange_card())
        inside.addStretch(1)
        page = column(0)
        page.addWidget(scrolled(inside))
        self.setLayout(page)

    def _head(self, box: QVBoxLayout, key: str) -> None:
        said, hint = label("", "card"), label("", "small", wrap=True)
        self.speak(said.setText, f"this_device.{key}")
        self.speak(hint.setText, f"this_device.{key}_hint")
        box.addWidget(said)
        box.addWidget(hint)

    def _buttons(self, box: QVBoxLayout, *made: tuple[str, str, Callable[[], object]]) -> None:
        line = column(8) if style.current().compact else row(8)
        for key, icon, clicked in made:
            one = button("", "", icon, clicked=clicked)
            one.setObjectName(f"device_{key}")
            self.speak(one.setText, f"this_device.{key}")
            line.addWidget(one)
        line.addStretch(1)
        box.addLayout(line)

    def _check_card(self) -> QFrame:
        box = column(10, 20)
        self._head(box, "check")
        self.speak(self.check.setText, "this_device.check_now")
        self.check.setObjectName("device_check")
        self.speak(self.check_new.setText, "this_device.check_new")
        self.check_new.setObjectName("device_check_new")
        line = row(8)
        line.addWidget(self.check)
        line.addWidget(self.check_new)
        line.addStretch(1)
        box.addLayout(line)
        box.addWidget(self.checked)
        box.addWidget(self.problems)
        self.again.setObjectName("device_restore")
        self.speak(self.again.setText, "restore.open")
        box.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeft)
        return frame("card", box)

    def _backup_card(self) -> QFrame:
        box = column(10, 20)
        self._head(box, "backup")
        self.speak(self.none.setText, "this_device.no_disk")
        for widget in (self.last, self.since, self.none):
            box.addWidget(widget)
        box.addLayout(self.places)
        self._buttons(box, ("to_folder", "file", self.ask_backup), ("look_again", "search", self.look))
        box.addWidget(self.kept)
        box.addWidget(self.backups)
        return frame("card", box)

    def _exchange_card(self) -> QFrame:
        box = column(10, 20)
        said = label("", "card")
        self.speak(said.setText, "this_device.exchange")
        box.addWidget(said)
        may = self.window_.session.verdict
        made: list[tuple[str, str, Callable[[], object]]] = []
        if may(Step.EXPORT).allowed:
            made += [("csv", "file", self.ask_csv), ("odm_out", "file", self.ask_odm_out)]
        if may(Step.IMPORT).allowed:
            made.append(("odm_in", "receive", self.ask_odm_in))
        self._buttons(box, *made)
        box.addWidget(self.moved)
        box.addWidget(self.report)
        return frame("card", box)
