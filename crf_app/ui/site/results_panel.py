"""A laboratory's file of results: which column is what, kept under a name; try it, import it.

Writing the name of a mapping that is kept fills the fields.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QGridLayout, QLineEdit, QPlainTextEdit

from crf_app.actions.changes import Changes
from crf_app.actions.lab.lab_import import ResultImport, import_results
from crf_app.actions.lab.lab_mapping import COLUMNS, list_mappings, mapping_of, save_mapping
from crf_app.errors import CrfError, ValueRejected
from crf_app.model.typed import shown
from crf_app.ui import files, style, words
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.site.report_list import ReportList
from crf_app.ui.widgets.parts import button, column, frame, label, row

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_BUTTONS: Final = {"keep": "done", "try_file": "eye", "import_file": "receive"}
_FILE_MOST: Final = 16 * 1024 * 1024


class ResultsPanel(Speaking):
    """For who enters data; the name of a mapping that is kept fills the fields."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window_ = window
        self.notice, self.report = Notice(), ReportList("result_report")
        self.known = label("", "sub", wrap=True)
        self.name, self.reason = QLineEdit(), QLineEdit()
        self.columns = {what: QLineEdit() for what in COLUMNS}
        self.tests = QPlainTextEdit()
        self.tests.setTabChangesFocus(True)
        self.buttons = {name: button("", "", icon, clicked=getattr(self, f"do_{name}"))
                        for name, icon in _BUTTONS.items()}  # fmt: skip
        self._build()

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        self.report.retranslate()
        self._say_names()

    def load(self) -> None:
        """The mapping whose name stands in the field, if one is kept."""
        kept = next(
            (one for one in list_mappings(self.window_.session) if one.name == self.name.text().strip()), None
        )
        if kept is None:
            return
        for what, field in self.columns.items():
            field.setText(kept.columns.get(what, ""))
        self.tests.setPlainText("\n".join(f"{name} = {variable}" for name, variable in kept.tests.items()))

    def do_keep(self) -> None:
        """Keep the mapping under its name."""
        name = self.name.text().strip()
        try:
            changes = save_mapping(self.window_.session, name, self._columns(), self._tests())
        except CrfError as refusal:
            self.notice.refuse(refusal)
            return
        self.notice.say(words.both("lab.kept", name=name), "ok")
        self._say_names()
        self.window_.say_saved(changes)

    def do_try_file(self) -> None:
        self._ask(dry_run=True)

    def do_import_file(self) -> None:
        self._ask(dry_run=False)

    def _ask(self, *, dry_run: bool) -> None:
        path = files.ask_file(self, words.say("lab.file_title"))
        if path is not None:
            self.import_path(path, dry_run=dry_run)

    def import_path(self, path: Path, *, dry_run: bool) -> None:
        """Read the file by the mapping in the fields; a dry run stores nothing."""
        session, reason = self.window_.session, self.reason.text()
        try:
            mapping = mapping_of(session, self.name.text().strip() or "file", self._columns(), self._tests())
        except CrfError as refusal:
            self.notice.refuse(refusal)
            return
        self.window_.worker.run_long(
            "results",
            lambda progress: import_results(
                session, files.read(path, _FILE_MOST), mapping, reason, dry_run=dry_run, progress=progress
            ),
            self._on_done,
            self.notice.refuse,
        )

    def _on_done(self, done: ResultImport) -> None:
        self.notice.clear()
        if done.stopped:
            said = words.both("work.results_stopped", done=len(done.lines), n=done.entered)
            self.notice.say(said, "soft")
        self.report.show_lines(done.lines)
        if done.entered:
            self.window_.say_saved(Changes(at=f"{self.window_.session.clock.now():%H:%M:%S}"))

    def _columns(self) -> dict[str, str]:
        return {what: field.text() for what, field in self.columns.items()}

    def _tests(self) -> dict[str, str]:
        """Name → test of each line.  Raises ValueRejected."""
        out = {}
        for line in self.tests.toPlainText().splitlines():
            name, sign, variable = line.rpartition("=")
            if not line.strip():
                continue
            if not sign or not name.strip() or not variable.strip():
                said = words.both("lab.test_line", text=shown(line))
                raise ValueRejected(said["en"], said["zh"])
            out[name.strip()] = variable.strip()
        return out

    def _say_names(self) -> None:
        """The names that are kept, beside the field: writing one of them fills the rest."""
        names = ", ".join(one.name for one in list_mappings(self.window_.session))
        self.known.setText(words.say("lab.there_are", names=names) if names else words.say("lab.none_kept"))

    def _build(self) -> None:
        title, hint = label("", "card"), label("", "sub", wrap=True)
        self.speak(title.setText, "lab.results")
        self.speak(hint.setText, "lab.results_hint")
        grid = QGridLayout()
        grid.setHorizontalSpacing(style.current().px(12))
        fields = [("mapping", self.name), *((f"col_{what}", one) for what, one in self.columns.items())]
        wide = 2 if style.current().compact else 4
        for place, (name, field) in enumerate([*fields, ("reason", self.reason)]):
            said = label("", "label")
            said.setBuddy(field)
            field.setObjectName(f"results_{name}")
            self.speak(said.setText, f"lab.{name}")
            self.speak(field.setAccessibleName, f"lab.{name}")
            line, at = divmod(place, wide)
            grid.addWidget(said, 2 * line, at)
            grid.addWidget(field, 2 * line + 1, at)
        self.name.editingFinished.connect(self.load)
        self.tests.setObjectName("results_tests")
        self.tests.setFixedHeight(style.current().px(96))
        about = label("", "label")
        about.setBuddy(self.tests)
        self.speak(about.setText, "lab.tests")
        self.speak(self.tests.setAccessibleName, "lab.tests")
        steps = row(8)
        for name, made in self.buttons.items():
            made.setObjectName(f"results_{name}")
            self.speak(made.setText, f"lab.{name}")
            steps.addWidget(made)
        steps.addStretch(1)
        inside = column(8, 20)
        inside.addLayout(grid)
        inside.addWidget(about)
        inside.addWidget(self.tests)
        inside.addLayout(steps)
        box = column(10)
        self.setLayout(box)
        for widget in (title, hint, self.known, self.notice, frame("card", inside), self.report):
            box.addWidget(widget)
        self._say_names()
