"""Help for the screen in use: what one does here, its keys, what to do when something is refused.

At most 15 lines, offline, in the language of the window; the texts lie in `resources/help`.  From here to all
keys, and to the quick card on paper.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QLabel

from crf_app.actions.help_texts import HelpText, Said, quick_card, read_help
from crf_app.settings.files import write_file
from crf_app.ui import files, style, words
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.widgets.parts import button, column, label, row

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class HelpPage(Speaking):
    """The page of one topic, on a sheet; Esc or F1 closes it."""

    def __init__(self, window: MainWindow, topic: str) -> None:
        super().__init__()
        self._window = window
        self.topic, self.text = topic, read_help(topic)
        self._own: list[tuple[QLabel, Said]] = []
        self.setObjectName("help_page")
        self.notice = Notice()
        self.title = label("", "page", wrap=True)
        self.done = button("", "primary", clicked=window.hide_sheet)
        self.keys = button("", "", "keyboard", clicked=window.helping.show_keys)
        self.card = button("", "", "print", clicked=self.ask_card)
        self._build(self.text)
        self.setFocusProxy(self.done)
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        for shown, said in self._own:
            shown.setText(said.of(words.language()))

    def ask_card(self) -> None:
        """Where the quick card shall be written."""
        path = files.ask_save(self, words.say("help_page.card_title"), "crf-app-quick-card.pdf")
        if path is not None:
            self.write_card(path)

    def write_card(self, path: Path) -> None:
        """Write the card in the language on screen."""
        language = words.language()
        self._window.worker.run(
            lambda: write_file(path, quick_card(language)),
            lambda _: self.notice.say(words.both("help_page.card_written", name=path.name), "ok"),
            self.notice.refuse,
        )

    def _build(self, text: HelpText) -> None:
        now, box = style.current(), column(10)
        self._mine(self.title, text.title)
        head = row(8)
        head.addWidget(self.title, 1)
        head.addWidget(self.done, 0, Qt.AlignmentFlag.AlignTop)
        box.addLayout(head)
        for said in text.lines:
            box.addWidget(self._mine(label("", wrap=True), said))
        if text.keys:
            grid = QGridLayout()
            grid.setHorizontalSpacing(now.px(16))
            grid.setVerticalSpacing(now.px(4))
            grid.setColumnStretch(1, 1)
            for line, (pressed, said) in enumerate(text.keys):
                grid.addWidget(label(pressed, "value", wrap=now.compact), line, 0, Qt.AlignmentFlag.AlignTop)
                grid.addWidget(self._mine(label("", wrap=True), said), line, 1)
            box.addLayout(grid)
        if text.refused:
            heading = label("", "card")
            self.speak(heading.setText, "help_page.refused")
            box.addWidget(heading)
            for said in text.refused:
                box.addWidget(self._mine(label("", wrap=True), said))
        box.addWidget(self.notice)
        box.addLayout(self._foot())
        box.addStretch(1)
        self.setLayout(box)

    def _foot(self) -> QBoxLayout:
        line: QBoxLayout = column(8) if style.current().compact else row(8)
        for made, name in ((self.done, "close"), (self.keys, "all_keys"), (self.card, "card")):
            made.setObjectName(f"help_{name}")
            self.speak(made.setText, f"help_page.{name}")
        line.addWidget(self.keys)
        line.addWidget(self.card)
        line.addStretch(1)
        return line

    def _mine(self, shown: QLabel, said: Said) -> QLabel:
        self._own.append((shown, said))
        return shown
