"""Every typed text of this person that waits: where, when, what; go there, copy, drop and bring back.

What cannot go back into its field (another version, a locked form) stands here with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from crf_app.actions.drafts import Kept, Waiting, waiting
from crf_app.errors import CrfError
from crf_app.ui import style, words
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.typed.drafts import Drafts
from crf_app.ui.typed.typed_words import said_when
from crf_app.ui.widgets.parts import button, clear, column, frame, label, name, row

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class WaitingSheet(Speaking):
    """One card a text, the latest first.  What is dropped can be brought back until the sheet closes."""

    def __init__(self, window: MainWindow, drafts: Drafts) -> None:
        super().__init__()
        self._window, self._drafts = window, drafts
        self._all: list[Kept] = drafts.waiting()
        self._dropped: set[Kept] = set()
        self.notice = Notice()
        self.buttons: dict[str, QPushButton] = {}
        title, about = label("", "page"), label("", "sub", wrap=True)
        self.speak(title.setText, "interruption.title")
        self.speak(self.setAccessibleName, "interruption.title")
        self.speak(about.setText, "interruption.about")
        close = button("", "", clicked=window.hide_sheet)
        name(close, "waiting_close")
        self.speak(close.setText, "interruption.close")
        self._cards = column(10)
        box = column(12)
        for part in (title, about, self.notice):
            box.addWidget(part)
        box.addLayout(self._cards)
        box.addStretch(1)
        foot = row(8)
        foot.addWidget(close)
        foot.addStretch(1)
        box.addLayout(foot)
        self.setLayout(box)
        self.read()

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        self.read()

    def read(self) -> None:
        """The cards anew."""
        clear(self._cards)
        self.buttons = {}
        for number, kept in enumerate(self._all):
            self._cards.addWidget(self._card(number, waiting(self._window.session, kept)))

    def _card(self, number: int, one: Waiting) -> QFrame:
        box = column(6, 16)
        place = words.say(
            "interruption.place", subject=one.subject, visit=words.pick(one.visit),
            form=words.pick(one.form), item=words.pick(one.item),
        )  # fmt: skip
        stopped = "interruption.typed_stopped" if one.stopped else "interruption.typed_at"
        when = words.say(stopped, when=said_when(one.since, self._window.clock), device=one.kept.device)
        box.addWidget(label(place, "value", wrap=True))
        box.addWidget(label(one.kept.text, "", wrap=True))
        box.addWidget(label(when, "small", wrap=True))
        if one.why is not None:
            box.addWidget(label(words.pick(one.why), "sub", "soft", wrap=True))
        box.addLayout(self._acts(number, one, place))
        return frame("card", box)

    def _acts(self, number: int, one: Waiting, place: str) -> QHBoxLayout | QVBoxLayout:
        kept = one.kept
        line: QHBoxLayout | QVBoxLayout = column(6) if style.current().compact else row(8)
        if kept in self._dropped:
            self._act(line, f"undo{number}", "undo", place, lambda: self._bring_back(kept))
        else:
            if one.why is None:
                self._act(line, f"go{number}", "go", place, lambda: self._go(kept))
            self._act(line, f"copy{number}", "copy", place, lambda: self._copy(kept))
            self._act(line, f"drop{number}", "drop", place, lambda: self._drop(kept))
        line.addStretch(1)
        return line

    def _act(self, line: QHBoxLayout | QVBoxLayout, called: str, key: str, place: str, act: object) -> None:
        made = button(words.say(f"interruption.{key}"), clicked=act)  # type: ignore[arg-type]
        name(made, f"waiting.{called}", f"{made.text()}: {place}")
        self.buttons[called] = made
        line.addWidget(made)

    def _go(self, kept: Kept) -> None:
        from crf_app.ui.typed.interruption import go_to_field

        try:
            go_to_field(self._window, kept.key.form_key, kept.key.local)
        except CrfError as refusal:
            self.notice.refuse(refusal)

    def _copy(self, kept: Kept) -> None:
        QApplication.clipboard().setText(kept.text)
        self.notice.say(words.both("interruption.copied"))

    def _drop(self, kept: Kept) -> None:
        self._dropped.add(kept)
        self._drafts.drop(kept)
        self._read_at(f"undo{self._all.index(kept)}")

    def _bring_back(self, kept: Kept) -> None:
        self._dropped.discard(kept)
        self._drafts.bring_back(kept)
        self._read_at(f"drop{self._all.index(kept)}")

    def _read_at(self, called: str) -> None:
        self.read()
        self.buttons[called].setFocus()
