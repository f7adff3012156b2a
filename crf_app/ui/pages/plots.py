"""One test of all subjects: small multiples with the same axes, by number, the dose group in words.

The test is chosen by typing part of its name.  Everybody is read in short steps, so that the window goes on
with hundreds of them; Enter on a plot opens the subject.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut

from crf_app.actions.changes import Changes
from crf_app.actions.plot_paper import draw_trends, save_trends
from crf_app.actions.trends import plotted_items, trends_of_all
from crf_app.errors import CrfError
from crf_app.model.definition import CodeList, CodeListItem, ItemDef, Study, Text
from crf_app.model.plot import axes_of
from crf_app.model.trend import Trend
from crf_app.ui import files, style, words
from crf_app.ui.choice_list import ChoiceList
from crf_app.ui.in_steps import InSteps
from crf_app.ui.page import Page
from crf_app.ui.parts import button, column, label, row
from crf_app.ui.plot_list import PlotList
from crf_app.ui.unit_words import shown_unit

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class PlotsPage(Page):
    """Title, choice of the test, tiles, paper."""

    rail = "subjects"
    help_topic = "plots"

    def __init__(self, window: MainWindow, item: str = "") -> None:
        super().__init__(window)
        self.setObjectName("plots_page")
        items = plotted_items(window.session.study)
        self.item: ItemDef | None = next((one for one in items if one.oid == item), next(iter(items), None))
        self.trends: list[Trend] = []
        self.choice = ChoiceList(_as_list(window.session.study, items))
        self.tiles = PlotList(by_subject=True)
        self.steps = InSteps(self)
        self.title, self.count, self.empty = label("", "page"), label("", "sub"), label("", "sub")
        self.save = button("", icon="file", clicked=self.save_pdf)
        self.back = button("", clicked=window.show_subjects)
        self._build()
        self.refresh()

    def begin(self) -> None:
        """The tiles have the cursor; letters go to a number."""
        self.tiles.setFocus()

    def made_anew(self) -> PlotsPage:
        """The same page for another version of the study."""
        return PlotsPage(self.window_, self.item.oid if self.item is not None else "")

    def refresh(self, changes: Changes | None = None) -> None:
        """Read everybody again, in steps."""
        self._say()
        if self.item is not None:
            self.trends = []
            self.steps.begin(self._read(self.item), self._show)

    def leave(self) -> None:
        self.steps.stop()

    def choose(self, code: str) -> None:
        """Another test; what is no test is left as it was typed."""
        found = next((one for one in plotted_items(self.window_.session.study) if one.oid == code), None)
        if found is not None and found is not self.item:
            self.item = found
            self.refresh()
            self.tiles.setFocus()

    def save_pdf(self) -> None:
        """Ask where, draw aside, write and record it."""
        if not self.trends or self.item is None:
            return
        path = files.ask_save(self, words.say("plots.save"), f"{self.item.oid.lower()}.pdf")
        if path is None:
            return
        session, language, item = self.window_.session, words.language(), self.item
        shown, title = [one for one in self.trends if one.points], self.title.text()
        self.notice.say(words.both("plots.saving"))

        def done(data: bytes) -> None:
            try:
                changes = save_trends(session, path, data, item.oid)
            except CrfError as refusal:
                self.notice.refuse(refusal)
                return
            self.notice.say(words.both("plots.saved", file=path.name), "ok")
            self.window_.say_saved(changes)

        head = draw_trends(session, shown, title, language, together=True)
        self.window_.worker.run(head, done, self.notice.refuse)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.back.click()
        else:
            super().keyPressEvent(event)

    def _read(self, item: ItemDef) -> Iterator[None]:
        for one in trends_of_all(self.window_.session, item.oid):
            self.trends.append(one)
            yield

    def _show(self) -> None:
        """With values first come by number; who has none yet is counted, not drawn."""
        shown = [one for one in self.trends if one.points]
        axes = axes_of(shown, 3)
        self.tiles.show_trends(shown, [axes] * len(shown))
        self.tiles.setVisible(bool(shown))
        self.empty.setVisible(not shown)
        self.save.setEnabled(bool(shown))
        self.count.setText(f"{words.say('plots.count', n=len(shown))}. {words.say('plots.same_axes')}")
        if words.language() == "zh":
            self.count.setText(f"{words.say('plots.count', n=len(shown))}。{words.say('plots.same_axes')}")

    def _open(self, place: int) -> None:
        self.window_.show_casebook(self.tiles.plots.trends[place].uid)

    def _say(self) -> None:
        self.choice.set_language(words.language())
        if self.item is None:
            self.title.setText(words.say("plots.title"))
            return
        unit = shown_unit(self.item.unit)
        name = ", ".join(part for part in (words.pick(self.item.question), unit) if part)
        self.title.setText(words.say("plots.all_of", item=name))
        self.choice.set_text(self.item.oid)

    def _build(self) -> None:
        now = style.current()
        box = column(10, 24)
        lines, top, tools = column(0), row(8), row(8)
        lines.addWidget(self.title)
        lines.addWidget(self.count)
        self.title.setWordWrap(True)
        self.count.setWordWrap(True)
        self.choice.setObjectName("plot_item")
        self.choice.setMinimumWidth(now.px(240))
        self.speak(self.choice.line.setAccessibleName, "plots.choose_name")
        self.speak(self.choice.line.setPlaceholderText, "plots.choose")
        self.choice.edited.connect(self.choose)
        self.save.setObjectName("save_plots")
        self.back.setObjectName("back")
        self.speak(self.save.setText, "plots.save")
        self.speak(self.back.setText, "plots.back")
        for part in (self.choice, self.save, self.back):
            tools.addWidget(part)
        top.addLayout(lines, 1)
        if now.compact:
            lines.addLayout(tools)
        else:
            top.addLayout(tools)
        self.tiles.setObjectName("plot_list")
        self.speak(self.tiles.setAccessibleName, "plots.list_name")
        self.speak(self.empty.setText, "plots.nothing")
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


def _as_list(study: Study, items: tuple[ItemDef, ...]) -> CodeList:
    """The tests as a list to choose from by their names; with the form where two are called alike."""
    names = Counter(one.question.en for one in items)

    def name(one: ItemDef) -> Text:
        form = study.form_of_item[one.oid].name
        if names[one.question.en] == 1:
            return one.question
        return Text(en=f"{one.question.en} ({form.en})", zh=f"{one.question.zh}（{form.zh}）")

    options = tuple(CodeListItem(coded_value=one.oid, decode=name(one)) for one in items)
    return CodeList(oid="IG.PLOTS", name=Text(en="Tests", zh="检验项目"), items=options)
