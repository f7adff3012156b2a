"""One group of a form: its name and its rows, as fields, a laboratory table, a grid or a list.

The rows are made one after the other (`pieces`), so that the first ones of a long form can be shown before
the last are there.  `part` takes them from their record and `bindings` puts them to another one, again one
after the other; in between a row is hidden, not heard, and in no answer of `item_rows` and `made`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from crf_app.model.form_def import ItemGroupDef
from crf_app.model.item_def import CodeListItem
from crf_app.model.retired import code_words
from crf_app.ui import style
from crf_app.ui.casebook.time_line import TimeLineCard
from crf_app.ui.form.field_row import FieldRow
from crf_app.ui.form.grid_rows import FixedGrid
from crf_app.ui.form.item_row import ItemRow, RowHost
from crf_app.ui.form.lab_row import LabHead, LabRow
from crf_app.ui.form.row_list import RowList
from crf_app.ui.widgets.parts import label
from crf_app.ui.words import language, pick

if TYPE_CHECKING:
    from crf_app.actions.form_page import FormPage, Line


class Builder(Protocol):
    """What a group needs of its form (`form_sheet.py`)."""

    host: RowHost
    page: FormPage
    lines: dict[str, Line]
    wide: bool
    row_width: int
    grid: type[FixedGrid]  # how fixed rows are laid out

    def add(self, group: str) -> None: ...
    def remove(self, part: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Piece:
    """One step of making or binding a form: the last address that is there now, and how many rows came."""

    last: str
    rows: int


class Section(QWidget):
    """One group of the form: its name and its rows."""

    def __init__(self, builder: Builder, group: ItemGroupDef, parent: QWidget) -> None:
        super().__init__(parent)
        self.group = group
        self.grid: FixedGrid | None = None
        self.list: RowList | None = None
        self.head: LabHead | None = None  # of a table of laboratory results that begins here
        self.time_line: TimeLineCard | None = None  # of a log: its rows over the study days
        self._from = builder
        self._rows: list[ItemRow] = []
        self._row_names: list[tuple[QLabel, str]] = []
        self._codes: dict[str, CodeListItem] = {}
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)

    @property
    def lab(self) -> bool:
        """Whether the group is a table of laboratory results here."""
        return self._from.wide and self.group.layout == "lab"

    def pieces(self, addresses: Sequence[str], last_words: Callable[[], str] | None) -> Iterator[Piece]:
        """Make the rows of these addresses, one a step.

        `last_words` says the name of the column of last values; None: no head of the table.
        """
        if last_words is not None:
            self.head = LabHead(last_words, self)
            self._box.addWidget(self.head)
        self.title = self._heading("section")
        self.title.setText(self._from.page.form.heading_of(self.group, language()))
        host, wide = self._from.host, self._from.wide
        if self.group.repeating:
            self.list = RowList(host, self.group, self, self._from.add, self._from.remove, inline=wide)
            self._box.addWidget(self.list)
            self.list.relabel()
            self.list.show_page(self._from.page)
            if self.group.log is not None and self.group.log.start is not None:
                self.time_line = TimeLineCard(self)
                self.list.below.addWidget(self.time_line)
            yield Piece(addresses[-1] if addresses else "", len(self.list.fields))
        elif self.group.rows is not None and wide:
            lines = [self._from.lines[address] for address in addresses]
            self.grid = self._from.grid(host, self.group, lines, self)
            self.title.setVisible(self.grid.titled)
            self._box.addWidget(self.grid)
            yield Piece(addresses[-1], len(lines) // len(self.group.item))
        else:
            yield from self._fields(addresses)

    def _fields(self, addresses: Sequence[str]) -> Iterator[Piece]:
        part = ""
        for address in addresses:
            line = self._from.lines[address]
            if self.lab and line.state.item.companion_of:
                continue
            if self.group.rows is not None and line.key.group != part:
                part = line.key.group
                self._name_row(line.key.row)
            row = self._field(line)
            self._rows.append(row)
            self._box.addWidget(row)
            yield Piece(address, int(not row.isHidden()))

    def _field(self, line: Line) -> ItemRow:
        if self.lab:
            return LabRow(self._from.host, line, self._companions_of(line), self)
        return FieldRow(self._from.host, line, self, inline=self._from.wide, width=self._from.row_width)

    def _name_row(self, code: str) -> None:
        """A grid where there is no room for one: the rows of the paper one below the other."""
        self._codes = self._from.host.study.code_lists[self.group.rows or ""].by_code
        name = self._heading("row_name")
        name.setText(pick(code_words(self._codes[code])))
        self._row_names.append((name, code))

    def _heading(self, role: str) -> QLabel:
        now = style.current()
        made = label("", role)
        made.setContentsMargins(now.px(16), now.px(10), now.px(16), now.px(4))
        self._box.addWidget(made)
        return made

    def _companions_of(self, line: Line) -> list[Line]:
        oids = [item.oid for item in self.group.item if item.companion_of == line.key.item]
        return [self._from.lines[f"{line.key.group}/{oid}"] for oid in oids]

    def item_rows(self) -> Iterator[ItemRow]:
        """Every row, companions behind their result."""
        for row in self.list.item_rows() if self.list else self.made():
            yield row
            if isinstance(row, LabRow):
                yield from row.companions()

    def stops(self) -> list[QWidget]:
        """What Tab goes to beside the fields: the list of rows, its buttons, the time line."""
        found: list[QWidget] = self.list.stops() if self.list is not None else []
        if self.time_line is not None:
            found.append(self.time_line.plot)
        return [one for one in found if one.isVisibleTo(self)]

    def reach(self, local: str) -> None:
        """Make sure the field of this address is there."""
        part, _, oid = local.partition("/")
        if self.list is not None and "~" in part and self.group.oid == part.partition("~")[0]:
            self.list.reach(part)
        if self.grid is not None:
            self.grid.reach(local)
        for row in self._rows:
            if isinstance(row, LabRow) and oid.startswith(row.key.item):
                row.reach(local)

    def relabel(self) -> None:
        self.title.setText(self._from.page.form.heading_of(self.group, language()))
        for name, code in self._row_names:
            name.setText(pick(code_words(self._codes[code])))
        for part in (self.grid, self.list):
            if part is not None:
                part.relabel()

    def show_page(self, page: FormPage) -> None:
        """Show the lines of now; typed text that is not saved stays."""
        if self.list is not None:
            self.list.show_page(page)
            return
        for row in self.made():
            row.show_line(self._from.lines[row.key.local])
            if isinstance(row, LabRow):
                row.show_companions(self._companions_of(row.line))

    def part(self) -> None:
        """The record was left: nothing of it is seen, heard or asked from now on."""
        self.hide()
        if self.list is not None:
            self.list.empty()
        if self.time_line is not None:
            self.time_line.empty()
        if self.grid is not None:
            self.grid.hide()
        for row in self._each():
            row.part()

    def bindings(self) -> Iterator[Piece]:
        """The rows belong to another record from now on, one a step; nothing typed in them stays."""
        if self.list is not None:
            self.list.bind(self._from.page)
            yield Piece("", len(self.list.fields))
        elif self.grid is not None:
            for row in self.grid.cells:
                row.bind(self._from.lines[row.key.local])
            self.grid.show()
            yield Piece(self.grid.cells[-1].key.local, len(self.grid.cells) // len(self.group.item))
        else:
            for row in self._rows:
                self._bind(row)
                yield Piece(row.key.local, int(not row.isHidden()))

    def _bind(self, row: ItemRow) -> None:
        line = self._from.lines[row.key.local]
        if isinstance(row, LabRow):
            row.bind_companions(self._companions_of(line))
        row.bind(line)

    def _each(self) -> list[ItemRow]:
        return self.grid.cells if self.grid else self._rows

    def made(self) -> list[ItemRow]:
        """The rows that are there and belong to the open record."""
        return [row for row in self._each() if row.bound]

    def settle(self) -> None:
        """After the rows were made or shown again: a group in which nothing is asked is not there."""
        if self.grid is not None:
            self.grid.fit()
        listed = self.list is not None and not self.list.isHidden()
        shown = listed or any(not row.isHidden() for row in self.made())
        if shown == self.isHidden():
            self.setVisible(shown)
