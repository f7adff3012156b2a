"""One test of all subjects: small multiples by number, the dose group in words, the same axes in each.

The test is chosen by typing part of its name.  Everybody is read in short steps, so that the window goes on
with hundreds of them; Enter on a plot opens the subject.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence, QShortcut

from crf_app.actions.changes import Changes
from crf_app.actions.trends import plotted_items, trends_of_all
from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.item_def import CodeList, CodeListItem, ItemDef
from crf_app.model.plot import Axes, axes_of
from crf_app.model.trend import Trend
from crf_app.ui import style, words
from crf_app.ui.form.choice_list import ChoiceList
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.plots.plot_page import PlotPage
from crf_app.ui.widgets.parts import button

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_TICKS = 3


class PlotsPage(PlotPage):
    """The test, its axes (the same for all, or each its own: one very high value flattens all others)."""

    def __init__(self, window: MainWindow, item: str = "") -> None:
        super().__init__(window, together=True)
        self.setObjectName("plots_page")
        self._items = plotted_items(window.session.study)
        self.item: ItemDef | None = next(
            (one for one in self._items if one.oid == item), next(iter(self._items), None)
        )
        self.choice = ChoiceList(_as_list(window.session.study, self._items))
        self.own_axes = button("", "pill", clicked=self._turn_axes)
        self.own_axes.setCheckable(True)
        self._build()
        self.refresh()

    def made_anew(self) -> PlotsPage:
        """The same page for another version of the study."""
        return PlotsPage(self.window_, self.item.oid if self.item is not None else "")

    def refresh(self, changes: Changes | None = None) -> None:
        """Read everybody again, in steps."""
        self.choice.set_language(words.language())
        if self.item is None:
            self.title.setText(words.say("plots.title"))
            return
        name = (words.pick(self.item.question), shown_unit(self.item.unit))
        self.title.setText(words.say("plots.all_of", item=_joined(name)))
        self.choice.set_text(self.item.oid)
        self.read_again()

    def choose(self, code: str) -> None:
        """Another test; what is no test is left as it was typed."""
        found = next((one for one in self._items if one.oid == code), None)
        if found is not None and found is not self.item:
            self.item = found
            self.refresh()
            self.tiles.setFocus()

    def read(self) -> Iterator[Trend]:
        return trends_of_all(self.window_.session, self.item.oid) if self.item is not None else iter(())

    def axes(self) -> Sequence[Axes]:
        both = axes_of(self.trends, _TICKS)
        if not self.own_axes.isChecked():
            return [both] * len(self.trends)
        return [Axes(both.days, axes_of([one], _TICKS).values) for one in self.trends]

    def sentences(self) -> tuple[str, ...]:
        said = "plots.same_days" if self.own_axes.isChecked() else "plots.same_axes"
        return words.say("plots.count", n=len(self.trends)), words.say(said)

    def file(self) -> tuple[str, str]:
        oid = self.item.oid if self.item is not None else ""
        return f"{oid.removeprefix('I.').lower()}.pdf", oid

    def go_back(self) -> None:
        self.window_.show_subjects()

    def open_tile(self, place: int) -> None:
        self.window_.show_casebook(self.trends[place].uid)

    def _turn_axes(self) -> None:
        at = self.tiles.currentIndex().row()
        self.show_all()
        self.tiles.setCurrentIndex(self.tiles.plots.index(at))

    def _build(self) -> None:
        self.choice.setObjectName("plot_item")
        self.choice.setMinimumWidth(style.current().px(220))
        self.speak(self.choice.setAccessibleName, "plots.choose_name")
        self.speak(self.choice.line.setPlaceholderText, "plots.choose")
        self.choice.edited.connect(self.choose)
        self.own_axes.setObjectName("own_axes")
        self.speak(self.own_axes.setText, "plots.own_axes")
        self.speak(self.own_axes.setToolTip, "plots.own_axes_tip")
        QShortcut(QKeySequence("Alt+A"), self).activated.connect(self.own_axes.click)
        self.build("plots.nothing", self.choice, self.own_axes)


def _joined(parts: Iterable[str]) -> str:
    return ("，" if words.language() == "zh" else ", ").join(part for part in parts if part)


def _as_list(study: Study, items: Sequence[ItemDef]) -> CodeList:
    """The tests as a list to choose from by their names; with the form where two are called alike."""
    names = Counter(one.question.en for one in items)

    def name(one: ItemDef) -> Text:
        form = study.form_of_item[one.oid].name
        if names[one.question.en] == 1:
            return one.question
        return Text(en=f"{one.question.en} ({form.en})", zh=f"{one.question.zh}（{form.zh}）")

    options = tuple(CodeListItem(coded_value=one.oid, decode=name(one)) for one in items)
    return CodeList(oid="IG.PLOTS", name=Text(en="Tests", zh="检验项目"), items=options)
