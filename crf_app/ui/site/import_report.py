"""What reading a study from another system's file came to, on screen before anybody goes on.

Hidden until `show_made` is called.  The words are the report's own, in both languages; Tab leads in and out.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QPlainTextEdit

from crf_app.actions.study.study_import import Imported
from crf_app.ui import style, words
from crf_app.ui.page import Speaking
from crf_app.ui.widgets.parts import column, label

_HEIGHT: Final = 220


class ImportReportView(Speaking):
    """Where the definition was written, and every line of the report."""

    def __init__(self) -> None:
        super().__init__()
        self._made: Imported | None = None
        self.where = label("", "sub", wrap=True)
        self.lines = QPlainTextEdit()
        self.lines.setObjectName("import_report")
        self.lines.setReadOnly(True)
        self.lines.setTabChangesFocus(True)
        self.lines.setFixedHeight(style.current().px(_HEIGHT))
        self.speak(self.lines.setAccessibleName, "first_run.report")
        box = column(6)
        box.addWidget(self.where)
        box.addWidget(self.lines)
        self.setLayout(box)
        self.hide()

    def show_made(self, made: Imported) -> None:
        """The report of one file; the cursor stands in it, so that it is read first."""
        self._made = made
        self.retranslate()
        self.show()
        self.lines.setFocus()

    def retranslate(self) -> None:
        super().retranslate()
        if self._made is not None:
            self.where.setText(words.say("first_run.imported", folder=str(self._made.folder)))
            self.lines.setPlainText("\n".join(self._made.report.sentences(words.language())))
