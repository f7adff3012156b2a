"""All laboratory results of one subject over time: one plot a test, the same days in each.

Reached from the plot beside a field; Enter on a plot goes to the newest value of that test.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut

from crf_app.actions.casebook import header
from crf_app.actions.changes import Changes
from crf_app.actions.plot_paper import draw_trends, save_trends
from crf_app.actions.trends import trends_of_subject
from crf_app.errors import CrfError
from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.plot import Axes, axes_of
from crf_app.model.trend import Trend
from crf_app.ui import files, style, words
from crf_app.ui.in_steps import InSteps
from crf_app.ui.page import Page
from crf_app.ui.parts import button, column, label, row
from crf_app.ui.plot_list import PlotList

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class ResultsPage(Page):
    """Title, tiles, paper."""

    rail = "subjects"
    help_topic = "plots"

    def __init__(self, window: MainWindow, form_key: FormKey) -> None:
        super().__init__(window)
        self.setObjectName("results_page")
        self.key = form_key
        self.trends: list[Trend] = []
        self.tiles = PlotList(by_subject=False)
        self.steps = InSteps(self)
        self.title, self.count, self.empty = label("", "page"), label("", "sub"), label("", "sub")
        self.save = button("", icon="file", clicked=self.save_pdf)
        self.back = button("", clicked=lambda: window.show_form(form_key))
        self._build()

    def begin(self) -> None:
        """Whose record it is, then the plots."""
        self.refresh()
        self.tiles.setFocus()

    def refresh(self, changes: Changes | None = None) -> None:
        session = self.window_.session
        head = header(session, session.subject(self.key.subject))
        self.window_.set_subject(head)
        self.title.setText(words.say("plots.of_subject", subject=head.label))
        self.trends = []
        self.steps.begin(self._read(), self._show)

    def leave(self) -> None:
        self.steps.stop()

    def save_pdf(self) -> None:
        """Ask where, draw aside, write and record it."""
        if not self.trends:
            return
        path = files.ask_save(self, words.say("plots.save"), f"{self.trends[0].label.lower()}-results.pdf")
        if path is None:
            return
        session, uid = self.window_.session, self.key.subject
        self.notice.say(words.both("plots.saving"))

        def done(data: bytes) -> None:
            try:
                changes = save_trends(session, path, data, uid)
            except CrfError as refusal:
                self.notice.refuse(refusal)
                return
            self.notice.say(words.both("plots.saved", file=path.name), "ok")
            self.window_.say_saved(changes)

        head = draw_trends(session, self.trends, self.title.text(), words.language(), together=False)
        self.window_.worker.run(head, done, self.notice.refuse)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.back.click()
        else:
            super().keyPressEvent(event)

    def _read(self) -> Iterator[None]:
        for one in trends_of_subject(self.window_.session, self.key.subject):
            if one.points:
                self.trends.append(one)
            yield

    def _show(self) -> None:
        days = axes_of(self.trends).days
        axes = [Axes(days, axes_of([one], 3).values) for one in self.trends]
        self.tiles.show_trends(self.trends, axes)
        self.tiles.setVisible(bool(self.trends))
        self.empty.setVisible(not self.trends)
        self.save.setEnabled(bool(self.trends))
        stop = "。" if words.language() == "zh" else ". "
        said = (words.say("plots.count_items", n=len(self.trends)), words.say("plots.same_days"))
        self.count.setText(stop.join(said))

    def _open(self, place: int) -> None:
        """The form with the newest value, at its field."""
        one, study = self.tiles.plots.trends[place], self.window_.session.study
        form = study.form_of_item[one.item]
        key = FormKey(self.key.subject, one.points[-1].event, form.oid)
        self.window_.show_form(key)
        go_to = getattr(self.window_.page, "go_to", None)
        if go_to is not None:
            go_to(ItemKey(key, form.group_of[one.item].oid, one.item))

    def _build(self) -> None:
        now = style.current()
        box, lines, top, tools = column(10, 24), column(0), row(8), row(8)
        lines.addWidget(self.title)
        lines.addWidget(self.count)
        self.title.setWordWrap(True)
        self.count.setWordWrap(True)
        self.save.setObjectName("save_plots")
        self.back.setObjectName("back")
        self.speak(self.save.setText, "plots.save")
        self.speak(self.back.setText, "plots.back")
        for part in (self.save, self.back):
            tools.addWidget(part)
        top.addLayout(lines, 1)
        if now.compact:
            lines.addLayout(tools)
        else:
            top.addLayout(tools)
        self.tiles.setObjectName("plot_list")
        self.speak(self.tiles.setAccessibleName, "plots.list_name")
        self.speak(self.empty.setText, "plots.nothing_here")
        self.tiles.opened.connect(self._open)
        self.empty.hide()
        box.addLayout(top)
        box.addWidget(self.notice)
        box.addWidget(self.tiles, 1)
        box.addWidget(self.empty)
        box.addStretch(0)
        self.setLayout(box)
        QShortcut(QKeySequence("Ctrl+P"), self).activated.connect(self.save.click)
        QShortcut(QKeySequence("Alt+Up"), self).activated.connect(self.back.click)
