"""The matrix of the casebook: forms by visits, moved by arrows over the cells that exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent

from crf_app.ui import style
from crf_app.ui.casebook.visit_header import HEIGHT, VisitHead, VisitHeader
from crf_app.ui.widgets.list_view import LookTable
from crf_app.ui.widgets.parts import column, label
from crf_app.ui.widgets.table_models import Look

_NAMES, _MOST = 178, 260  # least and ordinary width of the forms' names
_CELL = 64


_LEAST_ROW = 24  # a target is never lower

_KEYS = {Qt.Key.Key_U: "extra", Qt.Key.Key_N: "not_done", Qt.Key.Key_Space: "preview"}


class MatrixView(LookTable):
    """`asked` is sent for a key ("extra", "not_done", "preview", "sign"), `folded` for a row that holds
    others: True to open it, False to close it (also from inside it).
    """

    asked = Signal(str)
    folded = Signal(int, bool)

    def __init__(self) -> None:
        super().__init__(7, "small")
        self._rows: list[list[Look]] = []
        self._widths: list[int] = []
        self._sets: dict[int, bool] = {}
        self._inside: dict[int, int] = {}
        self.head = VisitHeader(self)
        self.setHorizontalHeader(self.head)
        self.setShowGrid(False)
        self.verticalHeader().setObjectName("form_names")
        self.setCornerButtonEnabled(False)
        self.corner = label()
        self.corner.setParent(self)
        self.corner.setProperty("kind", "corner")
        self._title, self._line, self._hint = label("", "value"), label("", "label"), label("", "hint")
        box = column(1)
        now = style.current()
        box.setContentsMargins(now.px(12), now.px(5), 0, 0)
        for one in (self._title, self._line, self._hint):
            box.addWidget(one)
        box.addStretch(1)
        self.corner.setLayout(box)

    def show_matrix(self, heads: Sequence[VisitHead], forms: Sequence[str], rows: list[list[Look]]) -> None:
        """Visits over forms; the cell that had the ring keeps it."""
        self._rows = rows
        self._widths = self._widest()
        kept = (self.currentIndex().row(), self.currentIndex().column())
        self.head.show_visits(heads)  # first: the reset of the model already asks for widths
        self.looks.show([head.name for head in heads], rows, forms)
        self.fit()
        if kept[0] >= 0 and kept[0] < len(rows) and kept[1] < len(heads):
            self.go_to(*kept)

    def show_look(self, row: int, place: int, look: Look) -> None:
        """One cell alone; columns keep their widths until `settle`."""
        if self._rows[row][place] != look:
            self._rows[row][place] = look
            self.looks.changed(row, place)

    def settle(self) -> None:
        """Cells were shown one by one: columns as wide as their words again."""
        self._widths = self._widest()
        self.fit()

    def say_corner(self, title: str, line: str, hint: str) -> None:
        """What stands above the names of the forms."""
        for place, text in ((self._title, title), (self._line, line), (self._hint, hint)):
            place.setText(text)

    def go_to(self, row: int, place: int) -> None:
        self.setCurrentIndex(self.looks.index(row, place))

    def moveCursor(self, action: LookTable.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """The next cell that exists in that direction, else stay."""
        steps = {
            LookTable.CursorAction.MoveLeft: (0, -1), LookTable.CursorAction.MoveRight: (0, 1),
            LookTable.CursorAction.MoveUp: (-1, 0), LookTable.CursorAction.MoveDown: (1, 0),
        }  # fmt: skip
        here = self.currentIndex()
        if action not in steps or not here.isValid():
            return super().moveCursor(action, modifiers)
        down, right = steps[action]
        row, place = here.row() + down, here.column() + right
        while 0 <= row < self.looks.rowCount() and 0 <= place < self.looks.columnCount():
            if not self.looks.look(row, place).empty:
                return self.looks.index(row, place)
            row, place = row + down, place + right
        return self.looks.index(here.row(), here.column())

    def show_sets(self, sets: Mapping[int, bool], inside: Mapping[int, int]) -> None:
        """`sets`: row → whether it is open; `inside`: row → the set's row that it belongs to."""
        self._sets, self._inside = dict(sets), dict(inside)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        name, at = _KEYS.get(Qt.Key(event.key())), self.currentIndex().row()
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.asked.emit("sign")
        elif name is not None and not event.modifiers():
            self.asked.emit(name)
        elif event.key() == Qt.Key.Key_Right and self._sets.get(at) is False:
            self.folded.emit(at, True)
        elif event.key() == Qt.Key.Key_Left and self._sets.get(at) is True:
            self.folded.emit(at, False)
        elif event.key() == Qt.Key.Key_Left and at in self._inside and self._is_first():
            self.folded.emit(self._inside[at], False)
        else:
            super().keyPressEvent(event)

    def _is_first(self) -> bool:
        """Whether nothing lies to the left of the ring in its row."""
        here = self.currentIndex()
        return all(self.looks.look(here.row(), place).empty for place in range(here.column()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Names as wide as needed; visits share the rest, none narrower than its words."""
        now, many = style.current(), self.looks.columnCount()
        side = self.verticalHeader()
        metrics = side.fontMetrics()
        names = [str(self.looks.headerData(n, Qt.Orientation.Vertical)) for n in range(self.looks.rowCount())]
        wide = max([metrics.horizontalAdvance(name) for name in names], default=0) + now.px(28)
        most = now.px(_NAMES) if now.compact else max(now.px(_MOST), self.width() // 4)
        side.setFixedWidth(max(now.px(_NAMES), min(wide, most)))
        self._wrap(names, side.width() - now.px(28))
        if not many:
            return
        needed = [max(self._needs(place), now.px(_CELL)) for place in range(many)]
        spare, rest = divmod(max(self.viewport().width() - sum(needed), 0), many)
        for place, width in enumerate(needed):
            self.setColumnWidth(place, width + spare + (1 if place < rest else 0))
        corner = self.corner
        corner.setGeometry(1, 1, side.width(), now.px(HEIGHT))
        corner.raise_()

    def _wrap(self, names: Sequence[str], room: int) -> None:
        """A name that has no room in one line takes two."""
        metrics, line = self.verticalHeader().fontMetrics(), self._row_height(len(names))
        for n, name in enumerate(names):
            extra = metrics.lineSpacing() if metrics.horizontalAdvance(name) > room else 0
            self.setRowHeight(n, line + extra)

    def _row_height(self, many: int) -> int:
        """Height of a row: the ordinary one, or a lower one if then all have room."""
        usual, now = self.verticalHeader().defaultSectionSize(), style.current()
        room = self.height() - self.head.height() - 2
        return max(
            min(usual, room // max(many, 1)), min(usual, now.px(now.mini if now.touch else _LEAST_ROW))
        )

    def _needs(self, place: int) -> int:
        return max(self._widths[place], self.head.width_of(place))

    def _widest(self) -> list[int]:
        """What the looks of each visit need; measured once for those that look alike, not at each resize."""
        columns = zip(*self._rows, strict=True)
        alike = ({(look.icon, look.text, look.bold, look.sub): look for look in one} for one in columns)
        return [max(self.delegate.width(look) for look in one.values()) for one in alike]
