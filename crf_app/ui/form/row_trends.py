"""The trends in the rows of a laboratory table, read in steps once the fields are painted.

After a commit only the rows are read again whose answer or range is another one; where the sample's own
lines changed (its day, its laboratory), or another form of the subject did, every row is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from crf_app.actions.trends import trends_of_form, visit_day
from crf_app.ui.form.lab_row import LabRow
from crf_app.ui.in_steps import WAITS, InSteps
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import FormPage, Line
    from crf_app.ui.pages.form import FormPageWidget

_Seen = Mapping[str, tuple[object, object]]


class RowTrends:
    """Reads the trends of one form page's rows."""

    def __init__(self, page: FormPageWidget) -> None:
        self._page, self._steps = page, InSteps(page)
        self._seen: _Seen = {}
        self._event = ""

    def stop(self) -> None:
        """Another record: what was read belongs to nobody."""
        self._steps.stop()
        self._seen = {}

    def forget(self) -> None:
        """Other visits may have changed: the next look reads every row again."""
        self._seen = {}

    def begin(self) -> None:
        """Read what is new since the last time; everything on a record that was just opened."""
        shown = self._page.shown
        if shown is None:
            return
        now = {line.key.local: (line.state.answer, line.state.reference) for line in shown.lines}
        changed = {local for local in now if self._seen.get(local) != now[local]}
        lab = {line.key.local for line in shown.lines if _in_table(shown, line)}
        self._seen = now
        if changed:
            self._steps.begin(self._read(changed & lab if changed <= lab else lab))

    def finish(self) -> None:
        """Everything that is left, now; rows that are still to be made first."""
        self._page.view.rows()
        self._steps.finish()

    def last_head(self) -> str:
        """The head of the column of last values: the day of the visit that most of them come from."""
        shown, session = self._page.shown, self._page.session
        if shown is None:
            return say("form.head_last")
        found = Counter(one.last_event for one in shown.lines if one.last_event and _in_table(shown, one))
        self._event = found.most_common(1)[0][0] if found else ""
        if not self._event:
            return say("form.head_last")
        day = visit_day(session, shown.key.subject, self._event)
        name = pick(session.study.events[self._event.partition("~")[0]].name)
        return say("form.day", day=day) if day is not None and day > 0 else name

    def _read(self, wanted: set[str]) -> Iterator[object]:
        found = {}
        for local, trend in trends_of_form(self._page.session, self._page.key, wanted):
            found[local] = trend
            yield None
        while True:
            made = [row for row in self._page.view.made() if isinstance(row, LabRow)]
            for row in made:
                if row.key.local in found:
                    row.show_trend(found.pop(row.key.local), self._event)
            if not self._page.view.making:
                return
            yield WAITS


def _in_table(page: FormPage, line: Line) -> bool:
    return page.form.group_of[line.state.item.oid].layout == "lab"
