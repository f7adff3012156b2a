"""The forms of the page: a sheet of rows for the open one, and where Enter, Up, Down and Tab go in it.

Sheets of forms that were opened before are kept, parted from their record, and put to the next one, which is
quicker than making them; a sheet is made anew for another width class or another look.  The order of the Tab
key and of Enter is that of the definition, derived and locked fields are skipped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QStackedLayout, QWidget
from shiboken6 import isValid

from crf_app.ui import style
from crf_app.ui.form.form_section import Section
from crf_app.ui.form.form_sheet import Canvas, FormSheet
from crf_app.ui.form.grid_rows import FixedGrid
from crf_app.ui.form.item_row import ItemRow, RowHost, is_stop
from crf_app.ui.form.lab_row import LAB_WIDTH, Companion, LabRow

if TYPE_CHECKING:
    from crf_app.actions.form_page import FormPage, Line
    from crf_app.ui.form.focus_view import FocusView

#: rows that kept sheets may hold together: about three visits' forms, or the longest form and a few
KEPT_ROWS = 320
_BAR = 10  # width of the scroll bar


class FormView(QWidget):
    """All rows of the open form.  `open` another record, `show_page` the same one again."""

    painted = Signal()

    def __init__(
        self,
        host: RowHost,
        add: Callable[[str], None],
        remove: Callable[[str], None],
        grid: type[FixedGrid] = FixedGrid,
    ) -> None:
        super().__init__()
        self._grid = grid
        self.host, self._add, self._remove = host, add, remove
        self._kept: dict[tuple[object, ...], FormSheet] = {}
        self._open: tuple[object, ...] = ()
        self.focus: FocusView | None = None  # shows one row at a time in place of the list
        self._nothing = QWidget()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._nothing)

    # which sheet

    def open(self, page: FormPage) -> None:
        """Show this record, with nothing typed in it, from the top."""
        self.show_nothing()
        structure = self._structure(page)
        sheet = self._kept.pop(structure, None)
        if sheet is None:
            sheet = FormSheet(
                self.host, page, self._add, self._remove, wide=self._wide(),
                row_width=self._row_width(), grid=self._grid,
            )  # fmt: skip
            sheet.canvas.painted.connect(self.painted)
            sheet.make_view(self.first_stop(page), self.height())
            self._stack.addWidget(sheet)
        else:
            sheet.bind(page)
            sheet.make_view(self.first_stop(page), self.height())
        self._kept[structure] = sheet  # the last one is the one opened last
        self._open = (*structure, page.key)
        self._stack.setCurrentWidget(sheet)
        self._let_go()

    def show_nothing(self) -> None:
        """Show no record at all; the rows of the one before belong to nobody."""
        if self.focus is not None:
            self.focus.clear()
        sheet = self._stack.currentWidget()
        self._open = ()
        self._stack.setCurrentWidget(self._nothing)
        if isinstance(sheet, FormSheet):
            sheet.part()

    def _let_go(self) -> None:
        """Sheets that were not opened for long go, the open one stays."""
        while len(self._kept) > 1 and sum(len(one.lines) for one in self._kept.values()) > KEPT_ROWS:
            sheet = self._kept.pop(next(iter(self._kept)))
            self._stack.removeWidget(sheet)
            sheet.deleteLater()

    def show_page(self, page: FormPage) -> None:
        """The open record as it stands now.  Typed text that is not saved stays, the cursor stays."""
        self._sheet.show_page(page)
        if self._large is not None:
            self._large.show_page(page)

    def needs_build(self, page: FormPage) -> bool:
        """Another record, another width class, another look."""
        return (*self._structure(page), page.key) != self._open

    def _structure(self, page: FormPage) -> tuple[object, ...]:
        now = style.current()
        return (page.form.oid, page.version, page.retired, self._wide(), now.theme, now.scale)

    def _wide(self) -> bool:
        if self._large is not None:  # the list that waits behind it keeps its width
            return bool(self._open[3])
        return self._row_width() >= style.current().px(LAB_WIDTH)

    def _row_width(self) -> int:
        return self.width() - style.current().px(_BAR)

    @property
    def _sheet(self) -> FormSheet:
        sheet = self._stack.currentWidget()
        assert isinstance(sheet, FormSheet)
        return sheet

    @property
    def sections(self) -> list[Section]:
        """The groups of the open form."""
        sheet = self._stack.currentWidget()
        if not isinstance(sheet, FormSheet):
            return []
        sheet.finish()
        return sheet.sections

    @property
    def area(self) -> FormSheet:
        """The scroll area of the open form."""
        return self._sheet

    @property
    def canvas(self) -> Canvas:
        return self._sheet.canvas

    def fit(self) -> None:
        if self._open:
            self._sheet.fit()

    @property
    def making(self) -> bool:
        """Whether rows of the open form are still to be made."""
        return bool(self._open) and self._sheet.making

    def name_last(self, words: str) -> None:
        """The head of the column of last values."""
        if self._open:
            self._sheet.name_last(words)

    # rows

    def first_stop(self, page: FormPage) -> str:
        """Address of the field in which work begins: the first empty one, else the first one."""
        layouts = {one.oid: one.layout for one in page.form.item_group}
        first = ""
        for line in page.lines:
            wanted = line.state.answer.empty and "enter" in page.may
            if (wanted or not first) and self._begins(page, line, layouts[line.key.group_oid]):
                if wanted:
                    return line.key.local
                first = line.key.local
        return first

    def add_button(self) -> QWidget | None:
        """The button that adds a row, of the first list that has one now."""
        lists = (section.list for section in self.sections if section.list is not None)
        return next((one.add_button for one in lists if one.add_button.isVisibleTo(self)), None)

    def _begins(self, page: FormPage, line: Line, layout: str) -> bool:
        """Whether Enter stops at the line when the form is opened."""
        item, group = line.state.item, line.key.group_oid
        if not is_stop(line, page.may) or not (line.state.collected or not line.state.answer.empty):
            return False
        if item.companion_of and layout == "lab" and self._wide():
            return False
        live = [row.part for row in page.rows.get(group, ()) if row.state != "deleted"]
        return not live or line.key.group == live[-1]

    def rows(self) -> list[ItemRow]:
        """Every row, in the order of the definition."""
        return self._seen(self._sheet.rows()) if self._open else []

    def made(self) -> list[ItemRow]:
        """The rows that are there already; nobody can have typed into another."""
        return self._seen(self._sheet.made()) if self._open else []

    @property
    def _large(self) -> FocusView | None:
        """The view of one field, while it is open."""
        return self.focus if self.focus is not None and self.focus.is_open else None

    def _seen(self, rows: list[ItemRow]) -> list[ItemRow]:
        """The large row in place of its row of the list."""
        large = self._large.rows if self._large is not None else {}
        return [large.get(row.key.local, row) for row in rows] if large else rows

    def holds(self, row: ItemRow) -> bool:
        """Whether this row belongs to the open form, now."""
        large = self._large is not None and self._large.rows.get(row.key.local) is row
        return bool(self._open) and (large or self._sheet.holds(row))

    def reach(self, local: str) -> None:
        """Build what is built only when somebody goes there: the row of a list, a comment."""
        for section in self.sections:
            section.reach(local)

    def row(self, local: str) -> ItemRow | None:
        """The row of an item; the row of a list is opened for it."""
        self.reach(local)
        return self.row_there(local)

    def row_there(self, local: str) -> ItemRow | None:
        """The row of an item if it was made already; the one where work begins always is."""
        if self._large is not None and local in self._large.rows:
            return self._large.rows[local]
        return self._sheet.row_of(local) if self._open else None

    def list_row(self, local: str) -> ItemRow | None:
        """The row of the list, also while one field is shown large."""
        self.reach(local)
        return self._sheet.row_of(local) if self._open else None

    def neighbour(self, row: ItemRow, by: int) -> ItemRow | None:
        """The field before or behind the large one, companions of a result included."""
        there = self.list_row(row.key.local)
        order = self.stops()
        if there is None or there not in order:
            return None
        at = order.index(there) + by
        return self._seen([order[at]])[0] if 0 <= at < len(order) else None

    def fields(self) -> list[ItemRow]:
        """Where Enter goes: what may be typed now, companions of results left out."""
        return [row for row in self.stops() if not isinstance(row, Companion)]

    def stops(self) -> list[ItemRow]:
        rows = self._sheet.rows() if self._open else []
        return [row for row in rows if row.is_stop and row.input.isVisibleTo(self.canvas)]

    def after(self, row: ItemRow, by: int) -> ItemRow | None:
        """The next field that Enter goes to, `by` fields on; None at the ends."""
        if self._large is not None:
            target = self.neighbour(row, by)
            there = self.list_row(target.key.local) if target is not None else None
            return self._large.turn_to(there) if there is not None else None
        fields = self.fields()
        if isinstance(row, Companion) and isinstance(row.parent(), ItemRow):
            row = row.parent()  # type: ignore[assignment]
            by = by if by > 0 else 0
        order = self.rows()
        if row not in fields and row in order:  # calculated, or just hidden: count from its place
            here = order.index(row)
            sooner = sum(order.index(one) < here for one in fields)
            at = sooner if by > 0 else sooner - 1
        else:
            at = (fields.index(row) if row in fields else 0) + by
        return fields[at] if 0 <= at < len(fields) else None

    def beside(self, row: ItemRow, by: int) -> ItemRow | None:
        """Same column, other row; None outside a table."""
        if self._large is not None:
            return self.after(row, by)
        section = next((one for one in self.sections if row in list(one.item_rows())), None)
        if section is None or section.list is not None:
            return None
        if section.grid is not None:
            column = [one for one in section.grid.beside(row) if one.is_stop and not one.input.isHidden()]
            at = column.index(row) + by if row in column else -1
            return column[at] if 0 <= at < len(column) else None
        return self.after(row, by) if isinstance(row, (LabRow, Companion)) else None

    def show_group(self, group: str) -> None:
        """Bring the heading of a group to the top, where there is one."""
        section = next((one for one in self.sections if one.group.oid == group), None)
        if section is not None:
            self.area.verticalScrollBar().setValue(section.y())

    def show_row(self, row: ItemRow) -> None:
        """Keep the row and what opened under it in view, once the layout knows its height."""
        QTimer.singleShot(0, self, lambda: self._show_row(row))

    def _show_row(self, row: ItemRow) -> None:
        """The row and the two after it; where there is little room, the field itself."""
        if not isValid(row) or not self.holds(row):
            return
        if self._large is not None:
            self._large.show_row(row)
            return
        if (rows := self.canvas.layout()) is not None:
            rows.activate()
        for section in self._sheet.sections:
            if section.grid is not None and row in section.grid.cells:
                section.grid.show_cell(row)
        room = self.area.viewport().height()
        self.area.ensureWidgetVisible(row, 0, min(style.current().px(76), room // 5))
        if row.height() > room * 2 // 3:
            self.area.ensureWidgetVisible(row.input, 0, min(style.current().px(24), room // 5))

    def relabel(self) -> None:
        if self._open:
            self._sheet.relabel()
