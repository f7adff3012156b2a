"""The observations of a dose: the questions of one time point open, the others in sight beside it.

Where there is no room for columns the time points stand one below the other, as on the form's own page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crf_app.actions.changes import Changes
from crf_app.actions.dose.administration import Dose
from crf_app.actions.form_page import FormPage
from crf_app.errors import CrfError
from crf_app.ui.dose.time_grid import Moment, TimeGrid
from crf_app.ui.form.form_part import FormPart

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class Observations(FormPart):
    """The rows of the observed group, by time point."""

    def __init__(
        self,
        window: MainWindow,
        group: str,
        saved: Callable[[Changes], object],
        refused: Callable[[CrfError], object],
        ended: Callable[[int], object],
    ) -> None:
        super().__init__(window, (group,), saved, refused, ended, grid=TimeGrid)
        self._dose: Dose | None = None

    def show_dose(self, dose: Dose, page: FormPage) -> None:
        """The answers as they stand, and when each time point is due; the open one stays open."""
        self._dose = dose
        self.show_page(page)
        self._show_times()

    def on_built(self) -> None:
        self._show_times()

    def go_to_row(self, row: str) -> None:
        """The cursor into the first field of a time point that has no answer."""
        lines = self.shown.lines if self.shown is not None else ()
        there = [one for one in lines if one.key.row == row]
        empty = [one for one in there if one.state.answer.empty]
        for line in (empty or there)[:1]:
            self.go_to(line.key.local)

    def focus_first(self) -> None:
        grid = self._grid()
        if grid is None:
            super().focus_first()
        else:
            self.go_to_row(grid.shown_code)

    def _grid(self) -> TimeGrid | None:
        found = (section.grid for section in self.view.sections)
        return next((one for one in found if isinstance(one, TimeGrid)), None)

    def _show_times(self) -> None:
        dose, grid = self._dose, self._grid()
        if dose is None or grid is None:
            return
        day = dose.started.date() if dose.started is not None else None
        moments = {}
        for one in dose.prompts:
            said = ""
            if one.due is not None:
                said = f"{one.due:%H:%M}" if one.due.date() == day else f"{one.due:%m-%d %H:%M}"
            moments[one.row] = Moment(said, one.state)
        grid.show_moments(moments)
        if not grid.shown_code:
            grid.open_column(self._current(dose))

    def _current(self, dose: Dose) -> str:
        """The time point that is worked on: begun, or due next, or the first that is not done."""
        begun = [one.row for one in dose.prompts if one.state == "begun"]
        following = dose.next_prompt()
        left = [one.row for one in dose.prompts if one.state != "done"]
        rows = [*begun, *([following.row] if following is not None else []), *left]
        return rows[0] if rows else dose.prompts[-1].row
