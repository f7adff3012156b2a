"""What the pages of small multiples share: tiles read in steps, the way back, the paper.

A page says which trends it reads and on which axes they are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from crf_app.actions.printing.plot_paper import draw_trends, save_trends
from crf_app.errors import CrfError
from crf_app.model.plot import Axes
from crf_app.model.trend import Trend
from crf_app.ui import files, style, words
from crf_app.ui.in_steps import InSteps
from crf_app.ui.page import Page
from crf_app.ui.plots.plot_list import PlotList
from crf_app.ui.widgets.flow_layout import FlowLayout
from crf_app.ui.widgets.parts import button, column, label, row

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class PlotPage(Page):
    """Title, count, tools, tiles.  `together`: one test of many subjects, else many tests of one."""

    rail = "subjects"
    help_topic = "plots"

    def __init__(self, window: MainWindow, *, together: bool) -> None:
        super().__init__(window)
        self.together = together
        self.trends: list[Trend] = []
        self.tiles = PlotList(by_subject=together)
        self.steps = InSteps(self)
        self.title, self.count, self.empty = label("", "page"), label("", "sub"), label("", "sub")
        self.save = button("", icon="file", clicked=self.save_pdf)
        self.back = button("", clicked=self.go_back)

    # what a page says of itself

    def read(self) -> Iterator[Trend]:
        """The trends, one a step."""
        raise NotImplementedError

    def axes(self) -> Sequence[Axes]:
        """Those of each trend in `trends`."""
        raise NotImplementedError

    def sentences(self) -> tuple[str, ...]:
        """What stands under the title."""
        raise NotImplementedError

    def file(self) -> tuple[str, str]:
        """The proposed name of the file, and what is drawn, for the record of the print."""
        raise NotImplementedError

    def go_back(self) -> None:
        """Where the person came from."""
        raise NotImplementedError

    def open_tile(self, place: int) -> None:
        """Enter on a tile."""
        raise NotImplementedError

    # what all do

    def begin(self) -> None:
        """The tiles have the cursor; letters go to a name."""
        self.tiles.setFocus()

    def leave(self) -> None:
        self.steps.stop()

    def read_again(self) -> None:
        """Everything anew, in steps; tiles stay as they are until it is there."""
        self.trends = []
        self.steps.begin(self._read(), self.show_all)

    def _read(self) -> Iterator[None]:
        for one in self.read():
            if one.points:
                self.trends.append(one)
            yield

    def show_all(self) -> None:
        """What was read, on its axes."""
        there = bool(self.trends)
        self.tiles.show_trends(self.trends, self.axes())
        self.tiles.setVisible(there)
        self.empty.setVisible(not there)
        self.save.setEnabled(there)
        self.count.setText(("。" if words.language() == "zh" else ". ").join(self.sentences()))

    def save_pdf(self) -> None:
        """Ask where, draw aside, write and record it."""
        name, what = self.file()
        path = files.ask_save(self, words.say("plots.save"), name) if self.trends else None
        if path is None:
            return
        session = self.window_.session
        self.notice.clear()

        def done(data: bytes) -> None:
            try:
                changes = save_trends(session, path, data, what)
            except CrfError as refusal:
                self.notice.refuse(refusal)
                return
            self.notice.say(words.both("plots.saved", file=path.name), "ok")
            self.window_.say_saved(changes)

        work = draw_trends(session, self.trends, self.title.text(), words.language(), together=self.together)
        self.window_.worker.run_long("plots", work, done, self.notice.refuse)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.go_back()
        else:
            super().keyPressEvent(event)

    def build(self, empty: str, *tools: QWidget) -> None:
        """Put the page together; `tools` stand before the paper and the way back."""
        now = style.current()
        box, lines, top = column(10, 24), column(0), row(8)
        for part in (self.title, self.count):
            part.setWordWrap(True)
            lines.addWidget(part)
        self.save.setObjectName("save_plots")
        self.back.setObjectName("back")
        self.speak(self.save.setText, "plots.save")
        self.speak(self.back.setText, "plots.back")
        place = QWidget()
        line = FlowLayout(place, now.px(8)) if now.compact else row(8)
        for tool in (*tools, self.save, self.back):
            line.addWidget(tool)
        if not now.compact:
            place.setLayout(line)
        top.addLayout(lines, 1)
        (lines if now.compact else top).addWidget(place)
        self.tiles.setObjectName("plot_list")
        self.speak(self.tiles.setAccessibleName, "plots.list_name")
        self.speak(self.empty.setText, empty)
        self.tiles.opened.connect(self.open_tile)
        self.empty.hide()
        box.addLayout(top)
        box.addWidget(self.notice)
        box.addWidget(self.tiles, 1)
        box.addWidget(self.empty)
        box.addStretch(0)
        self.setLayout(box)
        QShortcut(QKeySequence("Ctrl+P"), self).activated.connect(self.save.click)
        QShortcut(QKeySequence("Alt+Up"), self).activated.connect(self.back.click)
