"""The laboratory: its reference ranges, and its files of results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crf_app.actions.changes import Changes
from crf_app.model.workflow import Step
from crf_app.ui.page import Page
from crf_app.ui.site.ranges_panel import RangesPanel
from crf_app.ui.site.results_panel import ResultsPanel
from crf_app.ui.widgets.parts import button, column, label, row, scrolled

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class LaboratoryPage(Page):
    """Reached from the people of the device; Back returns there."""

    rail = "account"
    help_topic = "laboratory"

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("laboratory_page")
        self.ranges = RangesPanel(window)
        enters = window.session.verdict(Step.ENTER).allowed
        self.results = ResultsPanel(window) if enters else None
        title = label("", "page")
        self.speak(title.setText, "lab.title")
        self.back = button("", "", "back", clicked=window.show_account)
        self.back.setObjectName("laboratory_back")
        self.speak(self.back.setText, "lab.back")
        head = row(8)
        head.addWidget(title, 1)
        head.addWidget(self.back)
        inside = column(16, 24)
        inside.addLayout(head)
        inside.addWidget(self.notice)
        inside.addWidget(self.ranges)
        if self.results is not None:
            inside.addWidget(self.results)
        inside.addStretch(1)
        box = column(0)
        box.addWidget(scrolled(inside))
        self.setLayout(box)
        self.refresh()

    def begin(self) -> None:
        shown = self.ranges.form.isVisibleTo(self)
        (self.ranges.fields["laboratory"] if shown else self.back).setFocus()

    def refresh(self, changes: Changes | None = None) -> None:
        self.ranges.refresh()

    def retranslate(self) -> None:
        for panel in (self.ranges, self.results):
            if panel is not None:
                panel.retranslate()
        super().retranslate()

    def leave(self) -> None:
        """A file is taken to its end before another page opens."""
        self.window_.worker.wait()
