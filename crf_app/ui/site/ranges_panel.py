"""Reference ranges of the site's laboratories: the list, the fields of one, add, change, end, import.

A range chosen in the list fills the fields.  Buttons are there only for who may press them; the actions ask
again, and a refusal stands inline.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QFrame, QGridLayout, QLineEdit

from crf_app.actions.changes import Changes
from crf_app.actions.lab.lab_ranges import (
    FIELDS,
    RangeImport,
    RangeRow,
    add_range,
    change_range,
    end_range,
    import_ranges,
    list_ranges,
    texts_of,
    who_text,
)
from crf_app.actions.lab.lab_reading import limits_words
from crf_app.errors import CrfError
from crf_app.model.workflow import Step
from crf_app.ui import files, style, words
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.site.report_list import ReportList
from crf_app.ui.widgets.list_view import LookList
from crf_app.ui.widgets.parts import button, column, frame, label, row
from crf_app.ui.widgets.table_models import Look

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_HEAD: Final = ("laboratory", "item", "limits", "who", "valid", "source", "by")
_BUTTONS: Final = ("add", "change", "end", "clear", "import_ranges")
_ICONS: Final = {
    "add": "plus",
    "change": "pen",
    "end": "calendar",
    "clear": "undo",
    "import_ranges": "receive",
}
_COLUMNS: Final = 4
_FILE_MOST: Final = 16 * 1024 * 1024


class RangesPanel(Speaking):
    """The list and the fields."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window_ = window
        self._rows: list[RangeRow] = []
        self.table = LookList(1, 40)
        self.none, self.notice = label("", "sub", wrap=True), Notice()
        self.fields = {name: QLineEdit() for name in FIELDS}
        self.reason = QLineEdit()
        self.buttons = {
            name: button("", "", _ICONS[name], clicked=getattr(self, f"do_{name}")) for name in _BUTTONS
        }
        self.report = ReportList("range_report")
        self._build()

    @property
    def chosen(self) -> RangeRow | None:
        """The range whose row has the ring."""
        at = self.table.currentIndex().row()
        return self._rows[at] if 0 <= at < len(self._rows) else None

    def refresh(self) -> None:
        """Read the ranges again; the ring stays on its range."""
        before = self.chosen.range.id if self.chosen is not None else ""
        self._rows = list_ranges(self.window_.session)
        head = [words.say(f"lab.head_{name}") for name in _HEAD]
        self.table.looks.show(head, [_looks(one) for one in self._rows])
        self.table.setVisible(bool(self._rows))
        self.none.setVisible(not self._rows)
        self.table.setFixedHeight(style.current().px(44 + 40 * min(max(len(self._rows), 1), 10)))
        self.table.fit()
        at = next((n for n, one in enumerate(self._rows) if one.range.id == before), -1)
        if at >= 0:
            self.table.selectRow(at)

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        self.report.retranslate()
        self.refresh()

    def do_add(self) -> None:
        """A new range from the fields."""
        if self._act(lambda: add_range(self.window_.session, self._texts()), "lab.added"):
            self.do_clear()

    def do_change(self) -> None:
        """The fields replace what stands, with the reason."""
        one, reason = self._wanted(), self.reason.text()
        if one is not None:
            session = self.window_.session
            self._act(lambda: change_range(session, one.range.id, self._texts(), reason), "lab.changed")

    def do_end(self) -> None:
        """The day in "valid to" is the last one, with the reason."""
        one, reason, day = self._wanted(), self.reason.text(), self.fields["valid_to"].text()
        if one is not None:
            session = self.window_.session
            self._act(lambda: end_range(session, one.range.id, day, reason), "lab.ended")

    def do_clear(self) -> None:
        for field in (*self.fields.values(), self.reason):
            field.clear()
        self.fields["laboratory"].setFocus()

    def do_import_ranges(self) -> None:
        path = files.ask_file(self, words.say("lab.file_title"))
        if path is not None:
            self.import_path(path)

    def import_path(self, path: Path) -> None:
        """Import the ranges of a CSV file; the report stands under the list."""
        session = self.window_.session
        self.window_.worker.run(
            lambda: import_ranges(session, files.read(path, _FILE_MOST)),
            self._on_imported,
            self.notice.refuse,
        )

    def _on_imported(self, done: RangeImport) -> None:
        self.notice.clear()
        self.report.show_lines(done.lines)
        self.window_.say_saved(done.changes)
        self.refresh()

    def _texts(self) -> dict[str, str]:
        return {name: field.text() for name, field in self.fields.items()}

    def _wanted(self) -> RangeRow | None:
        if self.chosen is None:
            self.notice.say(words.both("lab.choose_first"), "soft")
        return self.chosen

    def _act(self, step: Callable[[], Changes], key: str) -> bool:
        try:
            changes = step()
        except CrfError as refusal:
            self.notice.refuse(refusal)
            return False
        self.reason.clear()
        self.window_.say_saved(changes)
        self.refresh()
        self.notice.say(words.both(key), "ok")
        return True

    def _fill(self) -> None:
        """The chosen range in the fields, to be changed or ended."""
        if self.chosen is not None:
            for name, text in texts_of(self.chosen.range).items():
                self.fields[name].setText(text)

    # how it is put together

    def _build(self) -> None:
        title, hint = label("", "card"), label("", "sub", wrap=True)
        self.speak(title.setText, "lab.ranges")
        self.speak(hint.setText, "lab.ranges_hint")
        self.speak(self.none.setText, "lab.no_ranges")
        self.speak(self.table.setAccessibleName, "lab.list_name")
        self.table.setObjectName("ranges")
        self.none.setObjectName("no_ranges")
        self.table.moved.connect(lambda *_: self._fill())
        box = column(10)
        self.setLayout(box)
        self.form = self._form()
        for widget in (title, hint, self.none, self.table, self.notice, self.form, self.report):
            box.addWidget(widget)
        self.form.setVisible(self.window_.session.verdict(Step.LAB_RANGES).allowed)

    def _form(self) -> QFrame:
        grid = QGridLayout()
        grid.setHorizontalSpacing(style.current().px(12))
        columns = 2 if style.current().compact else _COLUMNS
        for place, (name, field) in enumerate([*self.fields.items(), ("reason", self.reason)]):
            said = label("", "label")
            said.setBuddy(field)
            field.setObjectName(f"range_{name}")
            self.speak(said.setText, f"lab.{name}")
            self.speak(field.setAccessibleName, f"lab.{name}")
            line, column_ = divmod(place, columns)
            grid.addWidget(said, 2 * line, column_)
            grid.addWidget(field, 2 * line + 1, column_)
        steps = row(8)
        for name, made in self.buttons.items():
            made.setObjectName(f"range_{name}_now")
            self.speak(made.setText, f"lab.{name}")
            steps.addWidget(made)
        steps.addStretch(1)
        box = column(10, 20)
        box.addLayout(grid)
        box.addLayout(steps)
        return frame("card", box)


def _looks(row: RangeRow) -> list[Look]:
    one = row.range
    unit = shown_unit(one.unit)
    wrong = "contested" if row.stored.contested else "overlaps" if row.overlaps else ""
    return [
        Look(one.laboratory),
        Look(one.item, bold=True),
        Look(f"{limits_words(one.low, one.high)} {unit}".strip()),
        Look(who_text(one) or words.say("lab.everybody"), colour="text2"),
        Look(f"{one.valid_from or '…'} – {one.valid_to or '…'}", colour="text2"),
        Look(words.say(f"lab.{wrong}"), "soft", "soft") if wrong else Look(one.source, colour="text2"),
        Look(row.stored.user, colour="text2"),
    ]
