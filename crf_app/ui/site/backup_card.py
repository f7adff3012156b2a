"""Backups on the page "This device": what was made, the second place, one now, and the drill."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtWidgets import QVBoxLayout

from crf_app.actions.safekeeping import drilling, rolling
from crf_app.actions.safekeeping.drilling import Drilled
from crf_app.actions.safekeeping.rolling import LogLine
from crf_app.errors import CrfError
from crf_app.ui import files, style, words
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.widgets.parts import button, clear, column, label, row

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_SHOWN: Final = 5


class BackupCard(Speaking):
    """Stands in the card of backups, below the sticks."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window_ = window
        self.said = Notice()
        self.place = label("", "value", wrap=True)
        self.lines: QVBoxLayout = column(4)
        self.now = button("", "", "shield", clicked=self.write_now)
        self.choose = button("", "", "usb", clicked=self.ask_second)
        self.forget = button("", "", "close", clicked=lambda: self.use_second(None))
        self.drill = button("", "", "check", clicked=self.try_newest)
        self._build()
        self.refresh()

    @property
    def has_some(self) -> bool:
        """Whether an automatic backup lies here."""
        return rolling.newest(self.window_.home) is not None

    def refresh(self) -> None:
        """Read the list and the second place again."""
        second = self.window_.preferences.backup_folder
        key = "second_none" if not second else "second" if Path(second).is_dir() else "second_absent"
        self.place.setText(words.say(f"backups.{key}", place=second))
        style.set_state(self.place, "" if key == "second" else "soft")
        self.forget.setVisible(bool(second))
        clear(self.lines)
        found = rolling.backup_log_of(self.window_.home)[:_SHOWN]
        for one in found:
            self.lines.addWidget(
                label(self._words_of(one), "small", "soft" if one.refused else "", wrap=True)
            )
        if not found:
            self.lines.addWidget(label(words.say("backups.none"), "small", wrap=True))

    def retranslate(self) -> None:
        super().retranslate()
        self.said.retranslate()
        self.refresh()

    def write_now(self) -> None:
        """One automatic backup at once."""
        session = self.window_.session

        def work(progress: Any) -> LogLine:
            return rolling.run(rolling.begin(session), progress)

        self.said.clear()
        self.window_.worker.run_long("rolling", work, self._on_written, self._on_refused)

    def try_newest(self) -> None:
        """The drill over the newest backup."""
        session = self.window_.session
        self.said.clear()
        self.window_.worker.run_long(
            "drill",
            lambda progress: drilling.drill(session, None, progress),
            self._on_drilled,
            self._on_refused,
        )

    def ask_second(self) -> None:
        folder = files.ask_folder(self, words.say("backups.choose_title"))
        if folder is not None:
            self.use_second(folder)

    def use_second(self, folder: Path | None) -> None:
        """Automatic backups are copied to `folder` too; None: to no other place."""
        chosen = "" if folder is None else str(folder)
        try:
            self.window_.use_preferences(replace(self.window_.preferences, backup_folder=chosen))
        except CrfError as refusal:
            self.said.refuse(refusal)
        self.refresh()

    def _on_written(self, line: LogLine) -> None:
        if line.second_refused:
            self.said.say(words.both("backups.second_missing", place=line.second), "soft")
        else:
            size = files.size_words(line.size)
            self.said.say(words.both("backups.made", name=line.name, n=line.records, size=size), "ok")
        self.refresh()

    def _on_drilled(self, done: Drilled) -> None:
        end = f"{done.epoch}/{done.seq} {done.hash[:12]}"
        counts = done.counts
        said = words.both(
            "backups.drilled", n=counts["records"], subjects=counts["subjects"], answers=counts["answers"],
            end=end, behind=done.behind, seconds=f"{done.seconds:.1f}", report=done.report,
        )  # fmt: skip
        self.said.say(said, "ok")
        self.refresh()

    def _on_refused(self, refusal: CrfError) -> None:
        self.said.refuse(refusal, "hard" if refusal.exit_code == 4 else "soft")
        self.refresh()

    def _words_of(self, one: LogLine) -> str:
        what = words.say(f"backups.{one.what}") if one.what in ("rolling", "by_hand", "drill") else one.what
        at = self._local(one.at)
        if one.refused:
            return words.say("backups.refused_line", at=at, what=what, code=one.refused)
        if one.what == "drill":
            seconds = f"{one.seconds:.1f}"
            return words.say(
                "backups.drill_line", at=at, what=what, name=one.name, n=one.records, seconds=seconds
            )
        end = f"{one.epoch}/{one.seq} {one.hash[:12]}"
        size, sum_ = files.size_words(one.size), one.sha256[:12]
        line = words.say("backups.line", at=at, what=what, size=size, n=one.records, end=end, sum=sum_)
        if not one.second:
            return line
        place = Path(one.second).name or one.second
        key = "backups.second_not" if one.second_refused else "backups.second_ok"
        return f"{line}·{words.say(key, place=place, code=one.second_refused)}"

    def _local(self, at: str) -> str:
        try:
            moment = datetime.fromisoformat(at).astimezone(self.window_.clock.now().tzinfo)
        except ValueError:
            return at
        return f"{moment:%Y-%m-%d %H:%M}"

    def _build(self) -> None:
        named = {"now": self.now, "try": self.drill, "choose": self.choose, "forget": self.forget}
        line = column(8) if style.current().compact else row(8)
        for key, one in named.items():
            one.setObjectName(f"backups_{key}")
            self.speak(one.setText, f"backups.{key}")
            line.addWidget(one)
        line.addStretch(1)
        self.speak(self.drill.setToolTip, "backups.try_hint")
        self.speak(self.drill.setAccessibleDescription, "backups.try_hint")
        head = label("", "label")
        self.speak(head.setText, "backups.list")
        box = column(8)
        box.addWidget(self.place)
        box.addLayout(line)
        box.addWidget(self.said)
        box.addWidget(head)
        box.addLayout(self.lines)
        self.setLayout(box)
