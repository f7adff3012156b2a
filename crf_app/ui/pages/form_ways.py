"""Where the cursor goes on the form page: open points, steps, other forms of the visit, the order of Tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from crf_app.actions.steps import steps_of

if TYPE_CHECKING:
    from crf_app.ui.pages.form import FormPageWidget


class FormWays:
    """The ways through one form page that lead further than to the next field."""

    def __init__(self, page: FormPageWidget) -> None:
        self._page = page

    def to_step(self, group: str) -> None:
        """The cursor to where work on the step begins; a step without fields is brought into view."""
        page = self._page
        if page.current is not None:
            page.current.input.commit()
        if page.shown is None:
            return
        step = next((one for one in steps_of(page.shown) if one.group == group), None)
        if step is not None and step.first is not None:
            page.go_to(step.first)
        elif step is not None:
            page.view.show_group(group)
            page.steps.go_on(group)

    def to_other_form(self, by: int) -> None:
        """The form `by` places on in the list of the visit; at its ends nothing."""
        page = self._page
        keys = page.forms.keys_around(page.key)
        at = keys.index(page.key) + by
        if 0 <= at < len(keys):
            page.open_form(keys[at])

    def to_point(self, by: int) -> None:
        """The next open point after the field with the cursor (or, below 0, before it), round the form."""
        page = self._page
        if page.current is not None:
            page.current.input.commit()
        if page.shown is None or not page.shown.open_points:
            return
        order = [line.key for line in page.shown.lines]
        keys = sorted({one.key for one in page.shown.open_points if one.key in order}, key=order.index)
        if not keys:
            return
        here = order.index(page.current.key) if page.current is not None and page.current.key in order else -1
        later = [key for key in keys if order.index(key) > here]
        sooner = [key for key in keys if order.index(key) < here]
        page.go_to((later or keys)[0] if by > 0 else (sooner or keys)[-1])

    def tab(self, *, forward: bool) -> bool:
        """Tab: the order of the definition; what opened under a field comes right after it.

        False where the next stop is not of this page.
        """
        stops = self._stops()
        here = next((n for n, one in enumerate(stops) if one.hasFocus() or _inside(one)), None)
        at = 0 if here is None else here + (1 if forward else -1)
        if not 0 <= at < len(stops):
            return False
        stops[at].setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
        return True

    def _stops(self) -> list[QWidget]:
        page = self._page
        stops: list[QWidget] = page.steps.stops()
        waiting = [one for one in page.view.sections if one.list is not None]
        for row in page.view.stops():
            for section in [one for one in waiting if row in list(one.item_rows())]:
                waiting.remove(section)
                stops += section.stops()  # the list of rows before the fields of the chosen one
            stops.append(row.input)
            if row.under is not None:
                stops += row.under.stops()
        for section in waiting:
            stops += section.stops()
        if page.bar.content is not None:
            stops += page.bar.stops()
        return stops + page.foot.stops()


def _inside(widget: QWidget) -> bool:
    """The line of a ChoiceList has the cursor for it."""
    here = QApplication.focusWidget()
    return here is not None and widget.focusProxy() is here
