"""Lists and the matrix: a table model over plain looks, one `Look` a cell.

The delegate in `look_delegate.py` draws icon, word and ground; a screen reader gets `said`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex
LOOK = Qt.ItemDataRole.UserRole
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class Look:
    """What one cell shows.  `icon` and `colour` name an icon and a token, `ground` fills behind the word,
    `tint` the whole cell; `sub` is a second, quieter line; `said` is for the reader, else the text;
    `struck` text is struck through; `ink` is the words' token, else that of the icon."""

    text: str = ""
    icon: str = ""
    colour: str = "text"
    bold: bool = False
    ground: str = ""
    tint: str = ""
    sub: str = ""
    right: bool = False
    said: str = ""
    empty: bool = False
    struck: bool = False
    ink: str = ""


class LookModel(QAbstractTableModel):
    """Rows of looks under a head; replaced as a whole when something changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._head: Sequence[str] = ()
        self._side: Sequence[str] = ()
        self._rows: Sequence[Sequence[Look]] = ()

    def show(self, head: Sequence[str], rows: Sequence[Sequence[Look]], side: Sequence[str] = ()) -> None:
        """Replace everything; `side` are the names of the rows."""
        self.beginResetModel()
        self._head, self._rows, self._side = head, rows, side
        self.endResetModel()

    def changed(self, row: int, column: int) -> None:
        """The look at one place was replaced in the rows that were given to `show`."""
        here = self.index(row, column)
        self.dataChanged.emit(here, here)

    def look(self, row: int, column: int) -> Look:
        return self._rows[row][column]

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._head)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        look = self.look(index.row(), index.column())
        if role == LOOK:
            return look
        if role == Qt.ItemDataRole.DisplayRole:
            return look.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return look.said or look.text
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        names = self._head if orientation == Qt.Orientation.Horizontal else self._side
        if section >= len(names):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return names[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            if orientation == Qt.Orientation.Horizontal:
                return left
            return left.value | Qt.TextFlag.TextWordWrap.value  # a long name takes two lines
        return None
