"""The participant flow on a sheet over the page: each line of the study, whole and by group.

Counted anew when the sheet opens; the study's definition says which lines there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crf_app.actions.flow import FlowCount, flow
from crf_app.ui import style, words
from crf_app.ui.page import Speaking
from crf_app.ui.widgets.list_view import LookList
from crf_app.ui.widgets.parts import button, column, label, row
from crf_app.ui.widgets.table_models import Look

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class FlowSheet(Speaking):
    """A table: line, all, a column for each group."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._arms = window.session.study.arms
        self._lines = flow(window.session)
        self.table = LookList(0, 36)
        self.table.setObjectName("flow_table")
        self.speak(self.table.setAccessibleName, "flow.title")
        title, hint = label("", "page"), label("", "sub", wrap=True)
        self.speak(title.setText, "flow.title")
        self.speak(hint.setText, "flow.hint")
        self.done = button("", clicked=window.hide_sheet)
        self.done.setObjectName("close_flow")
        self.speak(self.done.setText, "frame.close")
        self.setFocusProxy(self.done)
        head = row(8)
        head.addWidget(title, 1)
        head.addWidget(self.done)
        box = column(8)
        box.addLayout(head)
        box.addWidget(hint)
        box.addWidget(self.table, 1)
        self.setLayout(box)
        self.table.setMinimumHeight(style.current().px(36 * (len(self._lines) + 2)))
        self._show()

    def retranslate(self) -> None:
        super().retranslate()
        self._show()

    def _show(self) -> None:
        heads = [
            words.say("flow.line"),
            words.say("flow.all"),
            *(words.pick(arm.short_name) for arm in self._arms),
        ]
        self.table.looks.show(heads, [self._looks(line) for line in self._lines])
        self.table.fit()

    def _looks(self, line: FlowCount) -> list[Look]:
        groups = [Look(str(line.by_arm.get(arm.code, 0)), right=True) for arm in self._arms]
        return [Look(words.pick(line.name)), Look(str(line.subjects), bold=True, right=True), *groups]
