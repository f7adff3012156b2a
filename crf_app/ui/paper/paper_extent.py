"""What goes on paper beside the form: its audit trail, its queries; and the whole casebook as one file."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox

from crf_app.actions.printing.paper_appendix import Extent
from crf_app.ui.page import Speaking
from crf_app.ui.widgets.parts import button, column, label


class PaperExtent(Speaking):
    """Two boxes and a button.  `changed` is called when a box was ticked, `casebook` by the button."""

    def __init__(self, changed: Callable[[], object], casebook: Callable[[], object]) -> None:
        super().__init__()
        self.trail, self.queries = QCheckBox(), QCheckBox()
        self.casebook = button("", "", "file", clicked=casebook)
        box = column(10)
        title = label("", "value")
        self.speak(title.setText, "paper.extent")
        box.addWidget(title)
        for made, name in ((self.trail, "trail"), (self.queries, "queries")):
            self.speak(made.setText, f"paper.{name}")
            made.setObjectName(f"paper_{name}")
            made.toggled.connect(lambda _: changed())
            box.addWidget(made)
        self.speak(self.casebook.setText, "paper.casebook")
        self.casebook.setObjectName("paper_casebook")
        box.addWidget(self.casebook)
        self.setLayout(box)

    @property
    def chosen(self) -> Extent:
        return Extent(self.trail.isChecked(), self.queries.isChecked())
