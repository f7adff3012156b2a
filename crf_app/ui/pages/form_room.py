"""The room of the form page: what stands beside the fields at this width, the keypad, one field large.

At large scale or in a small window the list and the panel fold away; at 200 % in a small window, or with F4,
one field takes the whole page.  The keypad stands beside the fields in touch density, never over one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from crf_app.ui import style
from crf_app.ui.form.focus_view import go_on
from crf_app.ui.form.item_widgets import TextEdit
from crf_app.ui.form.keypad import TYPED_BY_PAD

if TYPE_CHECKING:
    from crf_app.ui.pages.form import FormPageWidget

#: from these widths on (at 100 %) list and panel stand beside the fields; F6 opens the panel at any width
_LIST_FROM, _PANEL_FROM = 800, 1100
#: below this height the chips go: Ctrl+Enter and F9 say what is open
_CHIPS_FROM = 480
#: from this scale on a small window shows one field at a time
_LARGE_FROM = 2.0
#: from this width on the panel stands beside the keypad
_PAD_FROM = 1500
_EDGES, _LARGE_EDGES = (12, 16, 16, 12), (16, 8, 16, 8)


class FormRoom:
    """Decides what of one form page is seen."""

    def __init__(self, page: FormPageWidget) -> None:
        self._page = page
        self.panel_wanted: bool | None = None  # None: where there is room
        self.large_wanted: bool | None = None  # None: large at 200 % in a small window

    def begin(self) -> None:
        """Another record: the panel as the width says, the list of fields."""
        self.panel_wanted = None
        self.no_large()

    @property
    def _low(self) -> bool:
        return self._page.height() < style.current().px(_CHIPS_FROM)

    def fit(self) -> None:
        """Show what the width has room for."""
        page, now = self._page, style.current()
        if page.focus.is_open:
            self._only_large()
            return
        width = page.width()
        narrow = width < now.px(_LIST_FROM)
        form = page.session.study.forms[page.key.form_oid]
        log = any(group.log is not None for group in form.item_group)
        page.forms.setVisible(not narrow and not log)  # a log's rows and fields need the width
        self.set_edges(_EDGES, 1)
        page.card.show()
        page.foot.show()
        wide = width >= now.px(_PANEL_FROM) and not log and not any(group.rows for group in form.item_group)
        page.panel.setVisible(wide if self.panel_wanted is None else self.panel_wanted)
        self.show_pad()
        page.chips.setVisible(not self._low)
        page.head.set_small(narrow=narrow)
        page.steps.set_small(narrow=narrow or self._low)
        page.foot.set_small(narrow=narrow, low=self._low)
        QTimer.singleShot(0, page, page.fitted)

    def set_edges(self, pixels: tuple[int, int, int, int] = _EDGES, middle: int = 1) -> None:
        """The margins round the page, at 100 %; `middle` is the stretch of the column of fields."""
        line = self._page.line
        line.setContentsMargins(*(style.current().px(n) for n in pixels))
        for place in range(line.count()):
            part = line.itemAt(place)
            if part is not None and part.layout() is not None:
                line.setStretch(place, middle)

    # one field, large

    def begin_large(self) -> None:
        """At 200 % in a small window, unless the person wants the list; elsewhere if she wants it."""
        small = style.current().scale >= _LARGE_FROM and self._low
        if self.large_wanted or (small and self.large_wanted is None):
            self._show_large()

    def switch_large(self) -> None:
        """F4, or a double click on a question: one field, or the list again."""
        if self._page.focus.is_open:
            self.close_large()
        else:
            self.large_wanted = True
            self._show_large()

    def _show_large(self) -> None:
        page = self._page
        if page.shown is None or page.current is None or not page.current.open_to_type:
            return
        page.focus.set_side(page.window_.preferences.keypad)
        page.focus.begin(page.current.key.local, page.shown)
        self.fit()
        self.say_way_back()
        page.on_painted()

    def close_large(self) -> None:
        """The list again, the cursor in the same field."""
        page = self._page
        if not page.focus.is_open:
            return
        self.large_wanted = False
        with page.building():
            local = page.focus.end()
        page.current = None
        self.no_large()
        self.fit()
        row = page.view.row(local)
        if row is not None:
            go_on(row)
            page.view.show_row(row)

    def no_large(self) -> None:
        """The frame has its rail and its time again."""
        self._page.focus.clear()
        if self._page.window_.shell is not None:
            self._page.window_.shell.only_page("", None)

    def say_way_back(self) -> None:
        """Where the rail was: how to come back to the list."""
        shell = self._page.window_.shell
        if self._page.focus.is_open and shell is not None:
            shell.only_page(self._page.focus.way_back, self.close_large, low=self._low)

    def _only_large(self) -> None:
        page = self._page
        self.set_edges(_LARGE_EDGES, 0)
        for part in (page.forms, page.card, page.foot, page.panel, page.pad):
            part.hide()

    # the keypad beside the list

    def show_pad(self) -> None:
        """The keypad, where a finger types and the form has something to type."""
        page = self._page
        form = page.session.study.forms[page.key.form_oid]
        typed = any(item.data_type in TYPED_BY_PAD and not item.derived for item in form.items.values())
        there = style.current().touch and typed and not page.focus.is_open
        there = there and page.shown is not None and "enter" in page.shown.may
        page.pad.setVisible(there)
        if there:
            self._place_pad()
            row = page.current
            field = row.input if row is not None and isinstance(row.input, TextEdit) else None
            page.pad.show_field(field, row.line.state.item if row is not None else None)

    def _place_pad(self) -> None:
        page, line = self._page, self._page.line
        place = 0 if page.window_.preferences.keypad == "left" else line.count() - 1
        if line.indexOf(page.pad) != place:
            line.removeWidget(page.pad)
            line.insertWidget(place, page.pad)
        room = page.width() >= style.current().px(_PAD_FROM)
        page.panel.setVisible(page.panel.isVisibleTo(page) and room)
