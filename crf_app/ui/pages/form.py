"""The form page: the forms of the visit, the fields, the panel; what the keys do.

It reads `form_page` and shows it; what a field does is in `form_entry.py`, how a form becomes rows in
`form_view.py`, what the width has room for in `form_room.py`, the ways through the form in `form_ways.py`.
After each commit it reads again and shows the new lines in the rows that are there: the cursor and what is
being typed stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout

from crf_app.actions.casebook import cell_at
from crf_app.actions.changes import Changes
from crf_app.actions.clocks import running_clocks
from crf_app.actions.form_page import FormPage, form_page
from crf_app.actions.steps import steps_of
from crf_app.actions.time_line import time_line
from crf_app.errors import CrfError
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui import style, trace
from crf_app.ui.day.day_words import open_visit
from crf_app.ui.dose.proof_sheet import ProofSheet
from crf_app.ui.form.focus_view import FocusView
from crf_app.ui.form.form_entry import FormEntry
from crf_app.ui.form.form_parts import Chips, FormFoot, FormHead, OpenList
from crf_app.ui.form.form_view import FormView
from crf_app.ui.form.history_panel import HistoryPanel
from crf_app.ui.form.item_row import ItemRow
from crf_app.ui.form.keypad import Keypad
from crf_app.ui.form.lab_row import Companion, LabRow
from crf_app.ui.form.report_clock import ReportClock
from crf_app.ui.form.row_trends import RowTrends
from crf_app.ui.form.under_row import UnderRow
from crf_app.ui.form.visit_forms import VisitForms
from crf_app.ui.in_steps import InSteps
from crf_app.ui.page import Page
from crf_app.ui.pages.form_acts import FormActs
from crf_app.ui.pages.form_keys import FormKeys
from crf_app.ui.pages.form_room import FormRoom
from crf_app.ui.pages.form_ways import FormWays
from crf_app.ui.typed.drafts import drafts_of
from crf_app.ui.widgets.parts import column, frame, rule
from crf_app.ui.widgets.running_lines import RunningLines
from crf_app.ui.widgets.step_bar import StepBar
from crf_app.ui.words import language, pick

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class FormPageWidget(Page):
    """One form of one subject."""

    rail = "subjects"
    kept = True

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("form_page")
        self.key, self.session = FormKey("", "", ""), window.session
        self.shown: FormPage | None = None
        self.current: ItemRow | None = None
        self._left, self._building, self._painted = True, False, False
        self._look, self._spoken = style.current(), language()
        self.acts = FormActs(self)
        self.entry = FormEntry(self, drafts_of(window))
        self.entry.propose = self.acts.propose
        self.view = FormView(self.entry, self.acts.add_row, self.acts.ask_remove)
        self.focus = self.view.focus = FocusView(self.entry, self.view)
        self.pad = Keypad()  # beside the list, for a finger
        self.pad.hide()
        self.pad.next_asked.connect(self._pad_next)
        self.pad.missing_asked.connect(lambda: self.acts.ask("missing"))
        self.head, self.chips, self.points = FormHead(), Chips(), OpenList()
        self.steps = StepBar()
        self.reports = RunningLines(
            window.clock, lambda one: ReportClock(one, lambda: window.show_row(one.key, one.part))
        )
        self.bar, self.foot = UnderRow(), FormFoot(self.acts.pressed)
        self.forms = VisitForms(self.open_form, lambda: window.show_casebook(self.key.subject))
        self.panel = HistoryPanel(
            self.session,
            lambda: self.acts.ask("query"),
            self.write_note,
            self.back_to_field,
            lambda: self.window_.show_results(self.key),
            self.acts.propose,
        )
        self._keys, self.ways, self.room = FormKeys(self), FormWays(self), FormRoom(self)
        self._panel_timer = QTimer(self)
        self._panel_timer.setSingleShot(True)
        self._panel_timer.timeout.connect(self._show_panel)
        self._rest = InSteps(self)
        self._trends = RowTrends(self)
        self.view.painted.connect(self.on_painted)
        self._arrange()
        self.chips.chosen.connect(self.go_to)
        self.steps.chosen.connect(self.ways.to_step)
        self.points.chosen.connect(self.go_to)
        self.points.closed.connect(self.back_to_field)
        self.bar.chosen.connect(self.acts.on_bar)
        self.bar.writing.connect(self.acts.written)
        self.bar.given_up.connect(self.acts.close_bar)

    @property
    def help_topic(self) -> str:
        """One field at a time, a dose, a laboratory panel, a log, or any other form."""
        if self.shown is None:
            return "form"
        if self.focus.is_open:
            return "focus_view"
        form = self.shown.form
        if form.administration is not None:
            return "infusion"
        if any(item.lab for item in form.items.values()):
            return "lab_form"
        rows = any(group.repeating for group in form.item_group)
        return "log" if rows and self.shown.visit.definition.type == "Common" else "form"

    def _arrange(self) -> None:
        now = style.current()
        card = column(0)
        for part in (
            self.head,
            rule(),
            self.reports,
            self.steps,
            self.notice,
            self.view,
            self.points,
            self.bar,
            rule(),
            self.chips,
        ):
            card.addWidget(part, 1 if part is self.view else 0)
        middle = QVBoxLayout()
        middle.setSpacing(now.px(8))
        self.card = frame("card", card)
        middle.addWidget(self.card, 1)
        middle.addWidget(self.foot)
        self.reports.setContentsMargins(now.px(16), 0, now.px(16), 0)
        self.bar.setContentsMargins(now.px(16), now.px(8), now.px(16), 0)
        self.line = line = QHBoxLayout(self)
        self.room.set_edges()
        line.setSpacing(now.px(12))
        line.addWidget(self.forms)
        line.addLayout(middle, 1)
        line.addWidget(self.focus, 1)
        line.addWidget(self.pad)
        line.addWidget(self.panel)

    # opening, refreshing, leaving

    def fits(self) -> bool:
        """False when the window was dressed anew since this page was made."""
        return self._look is style.current()

    def open(self, key: FormKey) -> None:
        """Leave the record that is open, as for another page; `begin` shows the one of `key`."""
        self.leave()
        self.key = key

    def begin(self) -> None:
        """The page is in the frame: whose record it is, then the fields, then the cursor."""
        try:
            self._begin()
        except BaseException:
            self.view.show_nothing()  # never fields of one record under the name of another
            raise

    def _begin(self) -> None:
        self._empty()
        page = form_page(self.session, self.key)
        self.window_.set_subject(page.header, open_visit(page.visit.definition))
        self.shown, self._left = page, False
        if self._spoken != language():
            self._speak_around()
        self.room.fit()
        self._arranged()
        self.view.open(page)
        self._show_around(page)
        self._show_forms(page)
        self.entry.give_back_all()
        target = self.view.row_there(self.view.first_stop(page))
        if target is not None:
            target.input.select()
            self.room.begin_large()
        elif (add := self.view.add_button()) is not None:
            add.setFocus()  # a log without rows begins with its first row
        elif self.view.rows():
            self._look_at(self.view.rows()[0])

    def _empty(self) -> None:
        """Nothing of the record before: not shown, not asked, not typed."""
        self._panel_timer.stop()
        self._rest.stop()
        self._trends.stop()
        self._painted = False
        self.shown = self.current = None
        self.entry.begin()
        self.room.begin()
        self.notice.clear()
        self.bar.show_content(None)
        self.points.empty()
        self.panel.empty()

    def _arranged(self) -> None:
        """The width of the fields is known."""
        for part in (self, self.card):
            if (layout := part.layout()) is not None:
                layout.activate()

    def refresh(self, changes: Changes | None = None) -> None:
        """Read again; nothing to do when other forms changed only."""
        if self._left:
            return
        mine = changes is None or not changes.keys or str(self.key) in changes.keys
        if changes is None or not changes.keys or self._beside(changes):
            self._trends.forget()
        if mine or self._reads_others(changes):
            page = form_page(self.session, self.key)
            self.window_.set_subject(page.header, open_visit(page.visit.definition))
            self._show(page)
        self._refresh_cells(changes)
        self._panel_soon()

    def _reads_others(self, changes: Changes | None) -> bool:
        prefix = f"{self.key.subject}/"
        return changes is not None and any(key.startswith(prefix) for key in changes.keys)

    def _beside(self, changes: Changes) -> bool:
        """Whether another form of the subject changed."""
        prefix, mine = f"{self.key.subject}/", str(self.key)
        return any(key.startswith(prefix) and key != mine for key in changes.keys)

    def _show(self, page: FormPage) -> None:
        self.shown = page
        if self.view.needs_build(page):
            self._build_again(page)
        else:
            self.view.show_page(page)
        self._show_around(page)
        if self.current is not None and not self.view.holds(self.current):
            self.current = None
        if self._painted:
            self._trends.begin()

    def _show_around(self, page: FormPage) -> None:
        self.head.show_page(page)
        self.view.name_last(self._trends.last_head())
        log = any(group.log is not None for group in page.form.item_group)
        some = running_clocks(self.session, page.key.subject) if log else []
        self.reports.show_all(some)
        if log:
            self._show_time_lines(page)
        self._show_steps(page)
        self.chips.show_page(page)
        self.foot.show_page(page)
        if page.closed is not None:
            self.notice.say({"en": page.closed.en, "zh": page.closed.zh}, "soft")

    def _show_time_lines(self, page: FormPage) -> None:
        """The rows of each log over the study days, below them."""
        for one in self.view.sections:
            if (card := one.time_line) is not None:
                there = one.group.oid not in page.closed_groups
                line = time_line(self.session, page.key, one.group.oid, language()) if there else None
                card.show_line(line, pick(page.form.name), self.go_to_part)

    def _show_steps(self, page: FormPage) -> None:
        """The bar of steps, of a form that has them."""
        begins = self.view.first_stop(page) if self.current is None else self.current.key.local
        self.steps.show_steps(steps_of(page), begins.partition("/")[0].partition("~")[0])

    def _build_again(self, page: FormPage) -> None:
        """The same form for another width: what is typed and the cursor go over to the new rows."""
        local = self.current.key.local if self.current is not None else ""
        self.entry.keep_typed()
        with self.building():
            self.current = None
            self._let_cursor_go()
            self.view.open(page)
        self.entry.give_back_all()
        row = self.view.row(local) if local else None
        if row is not None and not self.window_.locked:
            row.input.select()
            self.room.begin_large()

    @contextmanager
    def building(self) -> Iterator[None]:
        """Rows come and go: what leaves a field meanwhile is not written."""
        self._building = True
        try:
            yield
        finally:
            self._building = False

    def retranslate(self) -> None:
        self._said_again()
        self._speak_around()

    def _speak_around(self) -> None:
        self._spoken = language()
        for part in (self.forms, self.panel, self.points, self.steps, self.reports):
            part.retranslate()

    def _said_again(self) -> None:
        self.view.relabel()
        self.focus.retranslate(self.shown)
        self.pad.retranslate()
        self.room.say_way_back()
        if self.shown is not None:
            self.window_.set_subject(self.shown.header, open_visit(self.shown.visit.definition))
            self.head.show_page(self.shown)
            self.view.name_last(self._trends.last_head())
            self.chips.show_page(self.shown)
            self.foot.show_page(self.shown)
            self._show_time_lines(self.shown)
        self.notice.retranslate()
        if self.bar.content is not None:
            self.acts.ask_again(self.bar.content.ask)

    def leave(self) -> None:
        """Another page or record comes: the field is left; what cannot be saved waits for its form."""
        if self._left:
            return
        if self.current is not None:
            self.current.input.commit()
        self.entry.keep_typed(away=True)
        self._left = True
        self._rest.stop()
        self._trends.stop()
        self._let_cursor_go()
        if self.window_.shell is not None:
            self.window_.shell.only_page("", None)

    def _let_cursor_go(self) -> None:
        """No field has the cursor, so that none gets it by chance when its row goes."""
        here = QApplication.focusWidget()
        if here is not None and self.isAncestorOf(here):
            here.clearFocus()

    def may_write(self) -> bool:
        return self.isVisible() and not self._building and not self._left and not self._covered()

    def _covered(self) -> bool:
        """Locked, or stopped by the wristband of another subject."""
        return self.window_.locked or self.window_.stopped

    def hideEvent(self, event: QHideEvent, /) -> None:
        if not event.spontaneous():
            self._rest.stop()
            self._trends.stop()
        if self._left:
            self.view.show_nothing()
        else:
            self.entry.keep_typed(away=True)
        super().hideEvent(event)

    def _show_forms(self, page: FormPage) -> None:
        """The forms of the visit: what must be evaluated first is read once the fields are painted."""
        study, here = self.session.study, self.key
        keys = [FormKey(here.subject, here.event, oid) for oid in page.forms_of_visit]
        cells = [cell_at(self.session, key, evaluate=False) for key in keys]
        forms = [study.forms[key.form_oid] for key in keys]
        self.forms.show_forms(list(zip(forms, cells, strict=True)), here)

    def _read_cells(self) -> Iterator[None]:
        for key in self.forms.unread():
            self.forms.show_cell(cell_at(self.session, key))
            yield

    def _refresh_cells(self, changes: Changes | None) -> None:
        waiting = self.forms.not_begun() if self._reads_others(changes) else set()
        for key in self.forms.form_keys():
            if changes is None or str(key) in changes.keys or key in waiting:
                self.forms.show_cell(cell_at(self.session, key))

    # what the entry asks for

    def on_saved(self, changes: Changes) -> None:
        """A commit is on disk: everybody reads again, this page too."""
        self.notice.clear()
        if changes.at:
            self.window_.say_saved(changes)
        else:
            self.refresh()

    def on_entered(self, row: ItemRow) -> None:
        before, self.current = self.current, row
        if before is not None and before is not row:
            before.update()
        row.update()
        self.room.show_pad()
        self.steps.go_on(row.key.group_oid)
        self.view.show_row(row)
        self._panel_soon()

    def refuse(self, refusal: CrfError) -> None:
        if self.focus.is_open:
            self.window_.refuse(refusal)
        else:
            self.notice.refuse(refusal)

    def at_end(self, by: int) -> None:
        if by > 0:
            self.room.close_large()
        if by > 0 and self.foot.stops():
            self.foot.stops()[-1].setFocus(Qt.FocusReason.TabFocusReason)

    def confirm(self, row: ItemRow) -> None:
        """The sheet in which a person answers by her own password."""
        if self.shown is not None:
            question, label = row.line.state.item.question, self.shown.header.label
            self.window_.show_sheet(ProofSheet(self.window_, row.key, question, label, self.on_saved))

    def _look_at(self, row: ItemRow) -> None:
        self.current = row
        self._panel_soon()

    def _show_panel(self) -> None:
        if self.current is not None and not self._left and self.panel.isVisible():
            self.panel.show_line(self.current.line, note=isinstance(self.current, LabRow | Companion))

    # width

    def fitted(self) -> None:
        """The width is known: rows that do not fit it are built again."""
        if self.shown is None or self._left:
            return
        if self.view.needs_build(self.shown):
            self._show(self.shown)
        else:
            self.view.fit()

    def _pad_next(self) -> None:
        """As Enter in the field."""
        if self.current is not None:
            self.current.input.commit()
            self.entry.step(self.current, 1)

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        if self.key.form:  # a page made ahead has no form yet
            self.room.fit()

    def on_painted(self) -> None:
        """What stands beside the fields comes after them."""
        if not self._painted:
            self._painted = True
            trace.mark("form.painted")
            self._panel_soon()
            if self.isVisible() and not self._left:
                self._trends.begin()
                self._rest.begin(self._read_cells())

    def _panel_soon(self) -> None:
        if self._painted:
            self._panel_timer.start(0)

    def complete(self) -> None:
        """As Ctrl+Enter: complete, or the list of what is open."""
        self.acts.complete()

    def sign(self) -> None:
        """As Ctrl+Enter of the investigator: the signing sheet."""
        self.acts.sign()

    # going

    def back_to_field(self) -> None:
        row = self.current or next(iter(self.view.fields()), None)
        if row is not None:
            row.input.select()

    def go_to_part(self, part: str) -> None:
        """The cursor into the first question of a row (`IG.AE~…`)."""
        self.view.reach(f"{part}/")
        row = next((one for one in self.view.fields() if one.key.group == part), None)
        if row is not None:
            row.input.select()

    def go_to(self, key: ItemKey) -> None:
        """The cursor into the field of `key`."""
        row = self.view.row(key.local)
        if row is not None and self.focus.is_open:
            there = self.view.list_row(key.local)
            row = self.focus.turn_to(there) if there is not None else row
        if row is not None:
            row.input.select()
            self.view.show_row(row)

    def mouseDoubleClickEvent(self, event: QMouseEvent, /) -> None:
        there = self.childAt(event.position().toPoint())
        while there is not None and not isinstance(there, ItemRow):
            there = there.parentWidget()
        if there is not None and there is self.current and not self.focus.is_open:
            self.room.switch_large()
        else:
            super().mouseDoubleClickEvent(event)

    def open_form(self, key: FormKey) -> None:
        if key != self.key:
            self.window_.show_form(key)

    # keys

    def focusNextPrevChild(self, next_: bool, /) -> bool:
        there = self.focus.tab(forward=next_) if self.focus.is_open else self.ways.tab(forward=next_)
        return there or super().focusNextPrevChild(next_)

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if not self._keys.press(event):
            super().keyPressEvent(event)

    def open_panel(self, key: Qt.Key) -> None:
        """F5 and F6 open the panel; in it F5 unfolds the rule, F6 goes to the plot."""
        self.room.close_large()
        there = self.panel.isVisible()
        self.room.panel_wanted = True
        self.room.fit()
        self._show_panel()
        if key == Qt.Key.Key_F5:
            self.panel.show_rule()
        elif there:
            self.panel.card.take_focus()

    def write_note(self) -> None:
        """As Alt+M: the comment of the laboratory result under the cursor."""
        self._keys.write_note()

    def open_history(self) -> None:
        """F8: the page with every step of the value under the cursor; the field is saved first."""
        if self.current is not None and self.acts.leave_field():
            self.window_.show_history(self.current.key)
