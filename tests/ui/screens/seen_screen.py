"""What a screen shows, gathered once: words of widgets, tables and painters, what is cut, who has no name.

Words that are painted are caught where they are drawn, so that a painter's line is held to the same rules as
a label.  What follows from it is said in `test_every_screen.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QAccessible, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QCheckBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QStyle,
    QStyleOptionButton,
    QTabBar,
    QTableView,
    QWidget,
)

from crf_app.ui import words
from crf_app.ui.casebook.casebook_tabs import TabButton
from crf_app.ui.dose.time_grid import TimeGrid, TimeHead
from crf_app.ui.form.item_widgets import ItemWidget
from crf_app.ui.form.visit_forms import FormEntryButton
from crf_app.ui.widgets.card_button import CardButton
from crf_app.ui.widgets.table_models import LOOK, Look

_SLACK = 1.6  # rounding of a font's advance to whole pixels
_WRAP = Qt.TextFlag.TextWordWrap.value


#: shows the beginning of a question that opens in full when it is gone to; a reader hears it whole
MAY_END = ("Neighbour",)

#: stand side by side as rows of a list, tabs and heads do: each is as large as a target, none is between them
IN_A_ROW = (FormEntryButton, TabButton, CardButton, TimeHead)


@cache
def _whole() -> frozenset[str]:
    """Words of the table that themselves end in an ellipsis: something is asked before it is done."""
    said = [text for leaf in words.table().values() for text in leaf.values()]
    return frozenset(text for text in said if text.endswith("…"))


def _painter_of(device: QWidget) -> str:
    """The widget that a line belongs to: the table, not its viewport."""
    parent = device.parent()
    return type(parent if isinstance(parent, QAbstractScrollArea) else device).__name__


@dataclass(frozen=True)
class Painted:
    """One call of `drawText`: where it stands in the picture, in which colour and size."""

    text: str
    box: QRectF
    colour: str
    pixels: int
    bold: bool
    fits: bool
    by: str
    enabled: bool


@dataclass
class Seen:
    """One screen in one language at one scale."""

    name: str
    texts: dict[str, str] = field(default_factory=dict)  # words → by what they are shown
    painted: list[Painted] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    nameless: list[str] = field(default_factory=list)
    undescribed: list[str] = field(default_factory=list)
    small: list[str] = field(default_factory=list)
    crowded: list[str] = field(default_factory=list)  # targets with less than 8 px between them
    markup: list[str] = field(default_factory=list)  # would read `<b>` in a text as an order
    cells: list[tuple[Look, QRect]] = field(default_factory=list)  # of tables, where they stand
    inks: list[tuple[str, str, QRect]] = field(default_factory=list)  # words, colour, where they stand
    picture: QImage = field(default_factory=QImage)


@contextmanager
def painters(into: list[Painted]) -> Iterator[None]:
    """While it lasts, every `QPainter.drawText` of the program is written down."""
    real = QPainter.drawText

    def noted(painter: QPainter, *what: Any) -> Any:
        said = _painted(painter, what)
        if said is not None and said.text.strip():
            into.append(said)
        return real(painter, *what)

    QPainter.drawText = noted  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        QPainter.drawText = real  # type: ignore[method-assign]


def _painted(painter: QPainter, what: tuple[Any, ...]) -> Painted | None:
    text = next((one for one in what if isinstance(one, str)), None)
    device = painter.device()
    if text is None or not isinstance(device, QWidget):
        return None
    metrics, where, fits = QFontMetricsF(painter.font()), painter.deviceTransform(), True
    if hasattr(what[0], "width"):
        box = QRectF(what[0])
        flags = int(getattr(what[1], "value", what[1])) if not isinstance(what[1], str) else 0
        needed = metrics.boundingRect(box, flags, text) if flags & _WRAP else None
        if needed is not None:
            fits = (
                needed.width() <= box.width() + _SLACK and needed.height() <= box.height() + metrics.descent()
            )
        else:
            ink = metrics.tightBoundingRect(text)
            fits = metrics.horizontalAdvance(text) <= box.width() + _SLACK and ink.height() <= box.height()
    else:
        at = what[0] if not isinstance(what[0], (int, float)) else QPointF(what[0], what[1])
        box = QRectF(at.x(), at.y() - metrics.ascent(), metrics.horizontalAdvance(text), metrics.height())
        fits = where.mapRect(box).right() <= where.dx() + device.width() + _SLACK
    font = painter.font()
    return Painted(text, where.mapRect(box), painter.pen().color().name(), font.pixelSize(), font.bold(),
                   fits, _painter_of(device), device.isEnabled())  # fmt: skip


def look_at(name: str, window: QWidget, least: int) -> Seen:
    """All that is seen of `window` now; `least` pixels for what can be pressed."""
    seen = Seen(name)
    with painters(seen.painted):
        seen.picture = window.grab().toImage()
    for one in [window, *window.findChildren(QWidget)]:
        if one.isVisible() and not one.visibleRegion().isEmpty():
            _note(seen, one, least)
    for one in seen.painted:
        seen.texts.setdefault(one.text, f"painted by {one.by}")
        if not one.fits or (one.text.endswith("…") and one.text not in _whole() and one.by not in MAY_END):
            seen.cut.append(f"painted by {one.by}: {one.text}")
    _walk(seen, window)
    seen.crowded = list(_crowded(window))
    return seen


def _crowded(window: QWidget) -> Iterator[str]:
    """Pairs of targets that a finger may take for each other."""
    targets = [
        one
        for one in window.findChildren(QWidget)
        if _is_pressed(one) and not _in_a_row(one) and _on_top(one, window)
    ]
    for n, one in enumerate(targets):
        for other in targets[n + 1 :]:
            gap = _gap(_place(one), _place(other))
            if gap < 8 and not one.isAncestorOf(other) and not other.isAncestorOf(one):
                yield f"{_named(one)} and {_named(other)}: {gap} px"


def _in_a_row(one: QWidget) -> bool:
    """In the grid of a dose the whole column is the target."""
    if isinstance(one, IN_A_ROW) or one.property("kind") == "segment":
        return True
    return any(grid.isAncestorOf(one) for grid in one.window().findChildren(TimeGrid))


def _on_top(one: QWidget, window: QWidget) -> bool:
    """Seen, and not under a sheet or the lock."""
    if not one.isVisible() or one.visibleRegion().isEmpty():
        return False
    there = window.childAt(_place(one).center())
    return there is not None and (there is one or one.isAncestorOf(there))


def _gap(one: QRect, other: QRect) -> int:
    """Pixels between two boxes, across or down, whichever is more."""
    across = max(one.left() - other.right(), other.left() - one.right()) - 1
    return max(across, max(one.top() - other.bottom(), other.top() - one.bottom()) - 1)


def _is_pressed(one: QWidget) -> bool:
    """A button or a field; what stands inside a field or a table's corner belongs to that."""
    pressed = isinstance(one, (QAbstractButton, QLineEdit, QPlainTextEdit))
    return pressed and not isinstance(one.parent(), (QLineEdit, QTableView))


def _named(one: QWidget) -> str:
    return f"{type(one).__name__} {one.objectName()} {shown_text(one)}"


def _note(seen: Seen, one: QWidget, least: int) -> None:
    kind = type(one).__name__
    for text in texts_of(one):
        seen.texts.setdefault(text, f"{kind} {one.objectName()}")
    if isinstance(one, QLabel) and one.text() and one.isEnabled():
        seen.inks.append((one.text(), one.palette().color(one.foregroundRole()).name(), _place(one)))
    if isinstance(one, QLabel) and one.pixmap().isNull() and one.textFormat() != Qt.TextFormat.PlainText:
        seen.markup.append(f"{kind} {one.objectName()}: {one.text()}")
    if isinstance(one, QTableView):
        seen.cells += _cells(one)
        seen.small += _low_rows(one, least)
    if is_cut(one):
        seen.cut.append(f"{kind} {one.objectName()} {one.width()}x{one.height()}: {shown_text(one)}")
    if _is_pressed(one) and min(one.width(), one.height()) < least:
        seen.small.append(f"{_named(one)} {one.width()}x{one.height()}")
    in_form = isinstance(one, ItemWidget) and one.objectName().startswith("IG.")
    if in_form and not one.accessibleDescription():
        seen.undescribed.append(f"{kind} {one.objectName()} {one.accessibleName()}")


def _place(one: QWidget) -> QRect:
    """The seen part of a widget, in the picture of its window."""
    part = one.visibleRegion().boundingRect()
    return part.translated(one.mapTo(one.window(), QPoint(0, 0)))


def _cells(table: QTableView) -> Iterator[tuple[Look, QRect]]:
    """What stands in a table, and where: cells that are seen whole."""
    model, port = table.model(), table.viewport()
    for row in range(model.rowCount()):
        for column in range(model.columnCount()):
            look, box = model.index(row, column).data(LOOK), table.visualRect(model.index(row, column))
            if look is not None and port.rect().contains(box):
                yield look, box.translated(port.mapTo(port.window(), QPoint(0, 0)))


def _low_rows(table: QTableView, least: int) -> Iterator[str]:
    """Painted rows that are lower than what can be pressed must be; rows touch, as in any list."""
    for row in range(table.model().rowCount()):
        box = table.visualRect(table.model().index(row, 0))
        if not table.isRowHidden(row) and box.intersects(table.viewport().rect()) and box.height() < least:
            yield f"{type(table).__name__} {table.objectName()} row {row}: {box.height()} high"


def shown_text(one: QWidget) -> str:
    return one.text() if isinstance(one, (QLabel, QAbstractButton, QLineEdit)) else ""


def texts_of(one: QWidget) -> Iterator[str]:
    """Every word that this widget shows or tells a reader; what a person typed is not asked."""
    if isinstance(one, (QLabel, QAbstractButton)):
        yield one.text().replace("&", "")
    if isinstance(one, (QLineEdit, QPlainTextEdit)):
        yield one.placeholderText()
    yield from (one.accessibleName(), one.accessibleDescription(), one.toolTip(), one.windowTitle())
    if isinstance(one, QTableView) and one.model() is not None:
        yield from _of_table(one)


def _of_table(table: QTableView) -> Iterator[str]:
    model = table.model()
    for row in range(model.rowCount()):
        yield str(model.headerData(row, Qt.Orientation.Vertical) or "")
        for column in range(model.columnCount()):
            index = model.index(row, column)
            look = index.data(LOOK)
            yield from (look.text, look.sub, look.said) if look is not None else (str(index.data() or ""),)
    for column in range(model.columnCount()):
        yield str(model.headerData(column, Qt.Orientation.Horizontal) or "")


def is_cut(one: QWidget) -> bool:
    """Whether the words have less room than they need; what scrolls is not cut."""
    metrics = QFontMetricsF(one.font())
    if isinstance(one, QLabel) and one.text():
        return _label_cut(one, metrics)
    if isinstance(one, (QPushButton, QRadioButton, QCheckBox)) and one.text():
        return _button_cut(one, metrics)
    if isinstance(one, QLineEdit) and one.placeholderText() and not one.text():
        return metrics.horizontalAdvance(one.placeholderText()) > one.contentsRect().width() + _SLACK
    return _beyond(one)


def _label_cut(one: QLabel, metrics: QFontMetricsF) -> bool:
    if one.wordWrap():
        return one.height() + 1 < one.heightForWidth(one.width())
    lines = one.text().split("\n")
    wide = max(metrics.horizontalAdvance(line) for line in lines)
    inner = one.contentsRect()
    return wide > inner.width() + _SLACK or metrics.ascent() * len(lines) > inner.height() + _SLACK


def _button_cut(one: QAbstractButton, metrics: QFontMetricsF) -> bool:
    if type(one).paintEvent not in (QPushButton.paintEvent, QRadioButton.paintEvent, QCheckBox.paintEvent):
        return False  # draws its own words, which are caught where they are drawn
    option = QStyleOptionButton()
    one.initStyleOption(option)
    part = {
        QRadioButton: QStyle.SubElement.SE_RadioButtonContents,
        QCheckBox: QStyle.SubElement.SE_CheckBoxContents,
    }
    element = next((part[kind] for kind in part if isinstance(one, kind)), None)
    inner = one.style().subElementRect(element or QStyle.SubElement.SE_PushButtonContents, option, one)
    icon = one.iconSize().width() + 4 if not one.icon().isNull() else 0
    lines = one.text().replace("&", "").split("\n")
    wide = max(metrics.horizontalAdvance(line) for line in lines) + icon
    return wide > inner.width() + _SLACK or metrics.ascent() * len(lines) > inner.height() + _SLACK


def _beyond(one: QWidget) -> bool:
    """Whether it reaches over the right edge of what holds it, other than a page that scrolls."""
    parent = one.parentWidget()
    if parent is None or isinstance(parent.parentWidget(), QAbstractScrollArea) or one.isWindow():
        return False
    if isinstance(one, QTabBar) or isinstance(parent, QAbstractScrollArea | QLineEdit):
        return False
    return one.x() + one.width() > parent.width() + 1


def _walk(seen: Seen, window: QWidget) -> None:
    """The tree as a screen reader walks it."""
    waiting = [QAccessible.queryAccessibleInterface(window)]
    while waiting:
        here = waiting.pop()
        if here is None or not here.isValid() or here.state().invisible:
            continue
        waiting += [here.child(n) for n in range(here.childCount())]
        widget = here.object()
        if isinstance(widget, QWidget) and not widget.isVisible():
            continue
        said = here.text(QAccessible.Text.Name)
        if here.state().focusable and not said.strip() and _wants_name(here, widget):
            own = f"{type(widget).__name__} {widget.objectName()}" if widget is not None else ""
            seen.nameless.append(f"{here.role().name} {own}")


def _wants_name(here: Any, widget: Any) -> bool:
    """An empty place of a table is told by its row and column."""
    inside = here.role() in (QAccessible.Role.Cell, QAccessible.Role.ListItem, QAccessible.Role.ColumnHeader)
    return not inside and not (widget is not None and widget.objectName().startswith("qt_"))
