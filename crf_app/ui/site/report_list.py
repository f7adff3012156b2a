"""The report of a file or a pasted text on screen: a line for every line, and how many of each outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from crf_app.actions.lab.report_line import ReportLine, report_csv
from crf_app.errors import CrfError
from crf_app.settings.files import write_file
from crf_app.ui import files, style, words
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.widgets.list_view import LookList
from crf_app.ui.widgets.parts import button, column, label, row
from crf_app.ui.widgets.table_models import Look

_HEAD: Final = ("line", "outcome", "what", "message")
_LOOK: Final = {
    "taken": ("done", "ok"), "entered": ("done", "ok"), "new": ("plus", "ok"), "would": ("plus", "ok"),
    "same": ("done", "text2"), "refused": ("hard", "hard"), "differs": ("soft", "soft"),
    "unknown": ("help", "soft"), "empty": ("minus", "text2"), "left": ("minus", "text2"),
}  # fmt: skip


class ReportList(Speaking):
    """Hidden until `show_lines` is called."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.lines: Sequence[ReportLine] = ()
        self.said, self.notice = label("", "value", wrap=True), Notice()
        self.table = LookList(3, 36)
        self.table.setObjectName(name)
        self.speak(self.table.setAccessibleName, "lab.report")
        self.save = button("", "", "file", clicked=self._ask)
        self.save.setObjectName(f"{name}_save")
        self.speak(self.save.setText, "lab.save_report")
        head = row(8)
        head.addWidget(self.said, 1)
        head.addWidget(self.save)
        box = column(8)
        box.addLayout(head)
        box.addWidget(self.notice)
        box.addWidget(self.table)
        self.setLayout(box)
        self.hide()

    def show_lines(self, lines: Sequence[ReportLine]) -> None:
        """Every line, the refused ones as they come."""
        self.lines = lines
        self.retranslate()
        self.show()

    def save_to(self, path: object) -> None:
        """Write the report as CSV.  A refusal stands above the list."""
        from pathlib import Path

        try:
            write_file(Path(str(path)), report_csv(self.lines, words.language()))
        except CrfError as refusal:
            self.notice.refuse(refusal)

    def _ask(self) -> None:
        path = files.ask_save(self, words.say("lab.save_report"), "report.csv")
        if path is not None:
            self.save_to(path)

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        counts = Counter(one.outcome for one in self.lines)
        several = ", ".join(f"{words.say(f'lab.out_{name}')} {n}" for name, n in counts.items())
        self.said.setText(words.say("lab.report_said", n=len(self.lines), counts=several or "0"))
        self.table.looks.show(
            [words.say(f"lab.head_{name}") for name in _HEAD], list(map(_looks, self.lines))
        )
        self.table.setFixedHeight(style.current().px(44 + 36 * min(max(len(self.lines), 1), 12)))
        self.table.fit()


def outcome_look(outcome: str) -> Look:
    """The outcome in a word, with its icon."""
    icon, colour = _LOOK[outcome]
    return Look(words.say(f"lab.out_{outcome}"), icon, colour)


def _looks(one: ReportLine) -> list[Look]:
    return [
        Look(str(one.line), right=True),
        outcome_look(one.outcome),
        Look(one.what),
        Look(one.texts[words.language()], colour="text2"),
    ]
