"""All laboratory results of one subject over time: one plot a test, the same days in each.

Reached from the plot beside a field; Enter on a plot goes to the newest value of that test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from crf_app.actions.casebook import header
from crf_app.actions.changes import Changes
from crf_app.actions.trends import trends_of_subject
from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.plot import Axes, axes_of
from crf_app.model.trend import Trend
from crf_app.ui import words
from crf_app.ui.plots.plot_page import PlotPage

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_TICKS = 3


class ResultsPage(PlotPage):
    """`form_key`: the form from which the person came."""

    def __init__(self, window: MainWindow, form_key: FormKey) -> None:
        super().__init__(window, together=False)
        self.setObjectName("results_page")
        self.key = form_key
        self.build("plots.nothing_here")

    def begin(self) -> None:
        """Whose record it is, then the plots."""
        self.refresh()
        super().begin()

    def refresh(self, changes: Changes | None = None) -> None:
        head = header(self.window_.session, self.window_.session.subject(self.key.subject))
        self.window_.set_subject(head)
        self.title.setText(words.say("plots.of_subject", subject=head.label))
        self.read_again()

    def read(self) -> Iterator[Trend]:
        return trends_of_subject(self.window_.session, self.key.subject)

    def axes(self) -> Sequence[Axes]:
        days = axes_of(self.trends).days
        return [Axes(days, axes_of([one], _TICKS).values) for one in self.trends]

    def sentences(self) -> tuple[str, ...]:
        return words.say("plots.count_items", n=len(self.trends)), words.say("plots.same_days")

    def file(self) -> tuple[str, str]:
        label = self.trends[0].label if self.trends else ""
        return f"{label.lower()}-results.pdf", self.key.subject

    def go_back(self) -> None:
        self.window_.show_form(self.key)

    def open_tile(self, place: int) -> None:
        """The form with the newest value, at its field."""
        from crf_app.ui.pages.form import FormPageWidget

        one, study = self.trends[place], self.window_.session.study
        form = study.form_of_item[one.item]
        key = FormKey(self.key.subject, one.points[-1].event, form.oid)
        self.window_.show_form(key)
        if isinstance(self.window_.page, FormPageWidget):
            self.window_.page.go_to(ItemKey(key, form.group_of[one.item].oid, one.item))
