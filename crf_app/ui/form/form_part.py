"""Some groups of a form inside another page: the same rows, entry and findings as on the form's own page.

The page gives it a `FormPage`; it shows the groups of its step.  Saving, drafts, reasons and queries go the
one way of `form_entry.py`; what it cannot do (panel, completing, signing) is on the form's own page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from crf_app.actions.changes import Changes
from crf_app.actions.form_page import FormPage
from crf_app.actions.rows import add_row, remove_row
from crf_app.errors import CrfError
from crf_app.model.form_def import FormDef
from crf_app.ui.dose.proof_sheet import ProofSheet
from crf_app.ui.form.form_entry import FormEntry
from crf_app.ui.form.form_view import FormView
from crf_app.ui.form.grid_rows import FixedGrid
from crf_app.ui.form.item_row import ItemRow
from crf_app.ui.form.under_row import Content, UnderRow
from crf_app.ui.typed.drafts import drafts_of
from crf_app.ui.words import say

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class FormPart(QWidget):
    """The rows of `groups`.  `saved(changes)` after each commit, `refused` for what stands at no field,
    `ended(by)` when Enter leaves the last field (1) or Shift+Enter the first one (-1)."""

    reached = Signal(object)  # the ItemRow that the cursor came to

    def __init__(
        self,
        window: MainWindow,
        groups: Collection[str],
        saved: Callable[[Changes], object],
        refused: Callable[[CrfError], object],
        ended: Callable[[int], object],
        grid: type[FixedGrid] = FixedGrid,
    ) -> None:
        super().__init__()
        self._window, self._groups = window, frozenset(groups)
        self._saved, self._refused, self._ended = saved, refused, ended
        self.session = window.session
        self.shown: FormPage | None = None
        self.current: ItemRow | None = None
        self._left = True
        self.entry = FormEntry(self, drafts_of(window))
        self.view = FormView(self.entry, self._add_row, self._ask_remove, grid)
        self.bar = UnderRow()
        self.bar.chosen.connect(self._remove)
        self.bar.given_up.connect(lambda: self.bar.show_content(None))
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.view, 1)
        box.addWidget(self.bar)

    def show_page(self, page: FormPage) -> None:
        """Open the record, or show it as it stands now; the cursor and what is typed stay."""
        part = part_of(page, self._groups)
        again = self.shown is None or self._left or self.view.needs_build(part)
        self.shown, self._left = part, False
        if again:
            self.entry.begin()
            self.view.open(part)
            self.entry.give_back_all()
            self.on_built()
        else:
            self.view.show_page(part)

    def on_built(self) -> None:
        """The rows were made, or put to their record."""

    def focus_first(self) -> None:
        """The cursor into the field where work begins."""
        if self.shown is not None:
            row = self.view.row_there(self.view.first_stop(self.shown))
            if row is not None:
                row.input.select()

    def go_to(self, local: str) -> None:
        row = self.view.row(local)
        if row is not None:
            row.input.select()
            self.view.show_row(row)

    def leave(self) -> None:
        """Another step or page comes: the field is left, what cannot be saved waits for its form."""
        if self._left:
            return
        if self.current is not None:
            self.current.input.commit()
        self.entry.keep_typed(away=True)
        self._left, self.current = True, None
        self.view.show_nothing()

    def relabel(self) -> None:
        self.view.relabel()
        self.bar.show_content(None)

    # what the entry asks for

    def may_write(self) -> bool:
        return self.isVisible() and not self._left and not self._window.locked and not self._window.stopped

    def on_saved(self, changes: Changes) -> None:
        self._saved(changes)

    def on_entered(self, row: ItemRow) -> None:
        self.current = row
        row.update()
        self.view.show_row(row)
        self.reached.emit(row)

    def refuse(self, refusal: CrfError) -> None:
        self._refused(refusal)

    def at_end(self, by: int) -> None:
        self._ended(by)

    def confirm(self, row: ItemRow) -> None:
        """The sheet for an answer that a person gives by her own password."""
        shown = self.shown
        if shown is not None:
            sheet = ProofSheet(
                self._window, row.key, row.line.state.item.question, shown.header.label, self.on_saved
            )
            self._window.show_sheet(sheet)

    # rows of a group

    def _add_row(self, group: str) -> None:
        if self.shown is None:
            return
        try:
            changes = add_row(self.session, self.shown.key, group)
        except CrfError as refusal:
            self._refused(refusal)
            return
        self.on_saved(changes)
        self.view.reach(f"{changes.row}/")
        first = next((row for row in self.view.fields() if row.key.group == changes.row), None)
        if first is not None:
            first.input.select()

    def _ask_remove(self, part: str) -> None:
        if part:
            words = say("form.reason_text")
            self.bar.show_content(Content("edited", say("form.remove_why"), ask=part, ask_words=words))
            self.bar.take_focus()

    def _remove(self, part: str, reason: str) -> None:
        if self.shown is None:
            return
        try:
            changes = remove_row(self.session, self.shown.key, part, reason)
        except CrfError as refusal:
            self._refused(refusal)
            return
        self.bar.show_content(None)
        self.on_saved(changes)

    # events

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        key = Qt.Key(event.key())
        alt = event.modifiers() == Qt.KeyboardModifier.AltModifier
        under = self.current.under if self.current is not None else None
        if alt and Qt.Key.Key_1 <= key <= Qt.Key.Key_9 and under is not None:
            under.press(f"Alt {key - Qt.Key.Key_0}")
        elif alt and key in (Qt.Key.Key_N, Qt.Key.Key_Q) and self.current is not None:
            self.entry.ask(self.current, "missing" if key == Qt.Key.Key_N else "query")
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent, /) -> None:
        if not event.spontaneous() and not self._left:
            self.entry.keep_typed()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        if self.shown is not None and not self._left:
            if self.view.needs_build(self.shown):
                self.entry.keep_typed()
                self.current = None
                self.view.open(self.shown)
                self.entry.give_back_all()
                self.on_built()
            else:
                self.view.fit()


def part_of(page: FormPage, groups: Collection[str]) -> FormPage:
    """The page with some of its groups alone."""
    form = page.form
    kept = tuple(group for group in form.item_group if group.oid in groups)
    some = FormDef.model_construct(**{**dict(form), "item_group": kept, "layout": "page"})
    lines = tuple(line for line in page.lines if line.key.group_oid in groups)
    return replace(page, form=some, lines=lines)
