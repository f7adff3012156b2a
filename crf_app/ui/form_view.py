"""A FormDef and its FormPage become rows: sections in the order of the paper, in one scroll area.

Refreshing shows new lines in the rows that are there; widgets are built only when another form opens.  The
order of the Tab key and of Enter is that of the definition, derived and locked fields are skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from crf_app.model.definition import CodeListItem, ItemGroupDef
from crf_app.ui import style
from crf_app.ui.field_row import FieldRow
from crf_app.ui.grid_rows import FixedGrid, RowList
from crf_app.ui.item_row import ItemRow, RowHost
from crf_app.ui.lab_row import LAB_WIDTH, Companion, LabHead, LabRow
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import FormPage, Line


class Section(QWidget):
    """One group of the form: its name and its rows."""

    def __init__(
        self,
        host: RowHost,
        group: ItemGroupDef,
        lines: list[Line],
        parent: QWidget,
        *,
        lab: bool,
        inline: bool,
    ) -> None:
        super().__init__(parent)
        self._inline = inline
        self.group = group
        self.grid: FixedGrid | None = None
        self.list: RowList | None = None
        self.head: LabHead | None = None
        self._rows: list[ItemRow] = []
        self._row_names: list[tuple[QLabel, str]] = []
        self._codes: dict[str, CodeListItem] = {}
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self.title = self._heading("section")
        if group.rows is not None and inline:
            self.grid = FixedGrid(host, group, lines, self)
            self._box.addWidget(self.grid)
        elif group.rows is not None:
            self._build_rows(host, lines)
        elif not group.repeating:
            self._build(host, lines, lab=lab)
        self.relabel()

    def _build(self, host: RowHost, lines: list[Line], *, lab: bool) -> None:
        companions: dict[str, list[Line]] = {}
        for line in lines:
            if lab and line.state.item.companion_of:
                companions.setdefault(line.state.item.companion_of, []).append(line)
        for line in lines:
            if lab and line.state.item.companion_of:
                continue
            row: ItemRow
            row = (
                LabRow(host, line, companions.get(line.key.item, []), self)
                if lab
                else FieldRow(host, line, self, inline=self._inline)
            )
            self._rows.append(row)
            self._box.addWidget(row)

    def _build_rows(self, host: RowHost, lines: list[Line]) -> None:
        """A grid where there is no room for one: the rows of the paper one below the other."""
        part = ""
        for line in lines:
            if line.key.group != part:
                part = line.key.group
                self._row_names.append((self._heading("row_name"), line.key.row))
            field = FieldRow(host, line, self, inline=self._inline)
            self._rows.append(field)
            self._box.addWidget(field)
        self._codes = host.study.code_lists[self.group.rows or ""].by_code

    def _heading(self, role: str) -> QLabel:
        now = style.current()
        made = QLabel(self)
        made.setProperty("role", role)
        made.setContentsMargins(now.px(16), now.px(10), now.px(16), now.px(4))
        self._box.addWidget(made)
        return made

    def add(self, widget: QWidget, at: int = -1) -> None:
        self._box.insertWidget(at, widget)

    def item_rows(self) -> Iterator[ItemRow]:
        """Every row, companions behind their result."""
        rows = self.grid.item_rows() if self.grid else self.list.item_rows() if self.list else self._rows
        for row in rows:
            yield row
            if isinstance(row, LabRow):
                yield from row.companions()

    def _companions_of(self, row: LabRow, lines: dict[str, Line]) -> list[Line]:
        oids = [item.oid for item in self.group.item if item.companion_of == row.key.item]
        return [lines[f"{row.key.group}/{oid}"] for oid in oids]

    def reach(self, local: str) -> None:
        """Make sure the field of this address is there."""
        part, _, oid = local.partition("/")
        if self.list is not None and "~" in part and self.group.oid == part.partition("~")[0]:
            self.list.reach(part)
        for row in self._rows:
            if isinstance(row, LabRow) and oid.startswith(row.key.item):
                row.reach(local)

    def relabel(self) -> None:
        self.title.setText(pick(self.group.name))
        for label, code in self._row_names:
            label.setText(pick(self._codes[code].decode))
        for part in (self.grid, self.list):
            if part is not None:
                part.relabel()

    def show_page(self, page: FormPage, lines: dict[str, Line], *, built: bool) -> None:
        """Show the lines of now; rows that were `built` with them show them already."""
        if self.list is not None:
            self.list.show_page(page)
        elif not built:
            for row in self.grid.item_rows() if self.grid else self._rows:
                row.show_line(lines[row.key.local])
                if isinstance(row, LabRow):
                    row.show_companions(self._companions_of(row, lines))
        if self.grid is not None:
            self.grid.fit()
        self.setVisible(self.list is not None or any(not row.isHidden() for row in self.item_rows()))


class FormScroll(QScrollArea):
    """The scroll area of a form; keys with Ctrl and Alt belong to the page."""

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier):
            event.ignore()
        else:
            super().keyPressEvent(event)


class FormView(QWidget):
    """All rows of one form.  `show_page` builds them once for a form and refreshes them after."""

    def __init__(self, host: RowHost, add: Callable[[str], None], remove: Callable[[str], None]) -> None:
        super().__init__()
        self.host, self._add, self._remove = host, add, remove
        self.sections: list[Section] = []
        self._built: tuple[object, ...] = ()
        self._last_words = ""
        self.canvas = QWidget()
        self.area = FormScroll(self)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.area)

    def show_page(self, page: FormPage) -> None:
        """Build or refresh.  Typed text that is not saved stays in its field, the cursor stays."""
        built = self.needs_build(page)
        if built:
            self._built = self._structure(page)
            self._build(page, lab=self._wide())
        lines = {line.key.local: line for line in page.lines}
        for section in self.sections:
            section.show_page(page, lines, built=built)

    def needs_build(self, page: FormPage) -> bool:
        """Another form, another width class, another look: the rows are built anew."""
        return self._structure(page) != self._built

    def _structure(self, page: FormPage) -> tuple[object, ...]:
        return (page.key, page.version, self._wide(), style.current())

    def _wide(self) -> bool:
        return self.area.viewport().width() >= style.current().px(LAB_WIDTH)

    def _build(self, page: FormPage, *, lab: bool) -> None:
        self.sections = []
        self.canvas = QWidget()
        self.canvas.setProperty("kind", "canvas")
        box = QVBoxLayout(self.canvas)
        box.setContentsMargins(0, 0, 0, style.current().px(16))
        box.setSpacing(0)
        by_group: dict[str, list[Line]] = {}
        for line in page.lines:
            by_group.setdefault(line.key.group_oid, []).append(line)
        headed = False
        for group in page.form.item_group:
            table = lab and group.layout == "lab"
            section = Section(
                self.host, group, by_group.get(group.oid, []), self.canvas, lab=table, inline=lab
            )
            if group.repeating:
                section.list = RowList(self.host, group, section, self._add, self._remove, inline=lab)
                section.add(section.list)
                section.relabel()
            if table and not headed:
                section.head = LabHead(lambda: self._last_words, section)
                section.add(section.head, 0)
            headed = table
            box.addWidget(section)
            self.sections.append(section)
        box.addStretch(1)
        self._last_words = say("form.head_last")
        self.area.setWidget(self.canvas)

    def rows(self) -> list[ItemRow]:
        """Every row, in the order of the definition."""
        return [row for section in self.sections for row in section.item_rows()]

    def reach(self, local: str) -> None:
        """Build what is built only when somebody goes there: the row of a list, a comment."""
        for section in self.sections:
            section.reach(local)

    def row(self, local: str) -> ItemRow | None:
        """The row of an item; the row of a list is opened for it."""
        self.reach(local)
        return next((row for row in self.rows() if row.key.local == local), None)

    def fields(self) -> list[ItemRow]:
        """Where Enter goes: what may be typed now, companions of results left out."""
        return [row for row in self.stops() if not isinstance(row, Companion)]

    def stops(self) -> list[ItemRow]:
        return [row for row in self.rows() if row.is_stop and row.input.isVisibleTo(self.canvas)]

    def after(self, row: ItemRow, by: int) -> ItemRow | None:
        """The next field that Enter goes to, `by` fields on; None at the ends."""
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
        section = next((one for one in self.sections if row in list(one.item_rows())), None)
        if section is None or section.list is not None:
            return None
        if section.grid is not None:
            column = [one for one in section.grid.cells if one.key.item == row.key.item and one.is_stop]
            at = column.index(row) + by if row in column else -1
            return column[at] if 0 <= at < len(column) else None
        return self.after(row, by) if isinstance(row, (LabRow, Companion)) else None

    def show_row(self, row: ItemRow) -> None:
        """Keep the row and what opened under it in view, once the layout knows its height."""
        QTimer.singleShot(0, self, lambda: self._show_row(row))

    def _show_row(self, row: ItemRow) -> None:
        """The row and the two after it; where there is little room, the field itself."""
        if not isValid(row) or row not in self.rows():
            return
        if (rows := self.canvas.layout()) is not None:
            rows.activate()
        for section in self.sections:
            if section.grid is not None and row in section.grid.cells:
                section.grid.show_cell(row)
        room = self.area.viewport().height()
        self.area.ensureWidgetVisible(row, 0, min(style.current().px(76), room // 5))
        if row.height() > room * 2 // 3:
            self.area.ensureWidgetVisible(row.input, 0, min(style.current().px(24), room // 5))

    def relabel(self) -> None:
        self._last_words = say("form.head_last")
        for section in self.sections:
            for row in section.item_rows():
                row.relabel()
            section.relabel()
        self.canvas.update()
