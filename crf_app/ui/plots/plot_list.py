"""Small multiples: many plots as a list of tiles, of which only those in sight are laid out and painted.

A tile has a name (the subject or the test), a line under it (dose group), the last value in words, and the
plot.  Arrow keys go from tile to tile, letters to a name, Enter opens.  A screen reader gets name and values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyledItemDelegate, QStyleOptionViewItem

from crf_app.model.plot import Axes, lay_out
from crf_app.model.plot_parts import Picture
from crf_app.model.trend import Trend, TrendPoint
from crf_app.ui import style
from crf_app.ui.plots import plot_words
from crf_app.ui.plots.plot_paint import paint_picture
from crf_app.ui.widgets.row_paint import RIGHT, draw, metrics_at
from crf_app.ui.words import language as words_language
from crf_app.ui.words import pick, say

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_LEAST, _HEIGHT, _HEAD, _PAD = 244, 180, 40, 10


class PlotModel(QAbstractListModel):
    """Trends with their axes: the same for all, or one for each."""

    def __init__(self, by_subject: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._by_subject = by_subject
        self.trends: Sequence[Trend] = ()
        self.axes: Sequence[Axes] = ()

    def show(self, trends: Sequence[Trend], axes: Sequence[Axes]) -> None:
        """Replace everything; `axes` in the order of `trends`."""
        self.beginResetModel()
        self.trends, self.axes = trends, axes
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.trends)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        trend = self.trends[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.name(trend)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return plot_words.name_of(trend)
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return plot_words.description_of(trend)
        return None

    def name(self, trend: Trend) -> str:
        """What the tile is called."""
        return trend.label if self._by_subject else pick(trend.title)

    def under(self, trend: Trend) -> str:
        """The line under the name: the dose group of a subject, the unit of a test."""
        if self._by_subject:
            return pick(trend.arm) if trend.arm is not None else say("plots.no_group")
        return plot_words.unit_of(trend)


class PlotDelegate(QStyledItemDelegate):
    """Paints one tile; pictures are laid out once for each size."""

    def __init__(self, model: PlotModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._pictures: dict[tuple[int, int, int], Picture] = {}

    def forget(self) -> None:
        """Other trends or another size."""
        self._pictures.clear()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        now, trend = style.current(), self._model.trends[index.row()]
        view = option.widget
        box: QRect = option.rect.adjusted(4, 4, -4, -4)
        here = isinstance(view, QListView) and view.currentIndex() == index
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        loud = here and view.hasFocus()
        painter.setPen(QPen(now.qcolor("accent" if loud else "line"), 2 if loud else 1))
        painter.setBrush(now.qcolor("surface"))
        painter.drawRoundedRect(box, 8, 8)
        self._paint_head(painter, trend, box)
        self._paint_plot(painter, index.row(), trend, box)
        painter.restore()

    def _paint_head(self, painter: QPainter, trend: Trend, box: QRect) -> None:
        now = style.current()
        head = QRect(
            box.left() + now.px(_PAD), box.top() + now.px(6), box.width() - 2 * now.px(_PAD), now.px(18)
        )
        last = trend.points[-1] if trend.points else None
        room = _room_of(last)
        draw(
            painter,
            head.adjusted(0, 0, -room, 0),
            self._model.name(trend),
            pixels=13,
            colour="text",
            bold=True,
        )
        under = head.translated(0, now.px(16))
        draw(painter, under.adjusted(0, 0, -room, 0), self._model.under(trend), pixels=12)
        if last is None:
            return
        side = head.adjusted(head.width() - room, 0, 0, 0)
        draw(painter, side, last.words, pixels=14, colour="text", bold=True, align=RIGHT)
        draw(painter, side.translated(0, now.px(16)), plot_words.flag_words(last), pixels=11, align=RIGHT)

    def _paint_plot(self, painter: QPainter, row: int, trend: Trend, box: QRect) -> None:
        now = style.current()
        top = box.top() + now.px(_HEAD)
        if not trend.points:
            empty = QRect(box.left(), top, box.width(), box.height() - now.px(_HEAD))
            draw(
                painter,
                empty,
                say("plots.no_values"),
                pixels=12,
                colour="text3",
                align=Qt.AlignmentFlag.AlignCenter,
            )
            return
        width, height = box.width() - 2 * now.px(6), box.height() - now.px(_HEAD + 4)
        wanted = (row, width, height)
        if wanted not in self._pictures:
            axes = self._model.axes[row]
            self._pictures[wanted] = lay_out(trend, width / now.scale, height / now.scale, axes=axes)
        paint_picture(painter, self._pictures[wanted], box.left() + now.px(6), top)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        view = self.parent()
        assert isinstance(view, PlotList)
        return view.tile()


def _room_of(last: TrendPoint | None) -> int:
    """Pixels for the last value beside the name, and a gap."""
    if last is None:
        return 0
    value = metrics_at(14, bold=True).horizontalAdvance(last.words)
    flag = metrics_at(11).horizontalAdvance(plot_words.flag_words(last))
    return max(value, flag) + style.current().px(8)


class PlotList(QListView):
    """The tiles, in as many columns as have room; `opened` carries the place."""

    opened = Signal(int)

    def __init__(self, *, by_subject: bool) -> None:
        super().__init__()
        self.plots = PlotModel(by_subject, self)
        self._known: tuple[tuple[object, ...], int] | None = None
        self.delegate = PlotDelegate(self.plots, self)
        self.setModel(self.plots)
        self.setItemDelegate(self.delegate)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMovement(QListView.Movement.Static)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setProperty("kind", "plots")
        self.clicked.connect(lambda index: self.opened.emit(index.row()))

    def show_trends(self, trends: Sequence[Trend], axes: Sequence[Axes]) -> None:
        """Others than before; the first one is chosen."""
        self.delegate.forget()
        self._known = None
        self.plots.show(trends, axes)
        if trends:
            self.setCurrentIndex(self.plots.index(0))

    def tile(self) -> QSize:
        """Columns of equal width that fill the line."""
        now, least = style.current(), self._least()
        room = max(self.viewport().width() - 2, now.px(_LEAST))
        columns = max(room // least, 1)
        return QSize(room // columns, now.px(_HEIGHT))

    def _least(self) -> int:
        """So wide that every name has room beside its last value."""
        key = (words_language(), style.current())
        if self._known is None or self._known[0] != key:
            now, metrics = style.current(), metrics_at(12, bold=True)
            names = [
                metrics.horizontalAdvance(self.plots.name(one))
                + _room_of(one.points[-1] if one.points else None)
                for one in self.plots.trends
            ]
            self._known = key, max([now.px(_LEAST), *(one + now.px(2 * _PAD + 10) for one in names)])
        return self._known[1]

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.delegate.forget()
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex().row())
        else:
            super().keyPressEvent(event)
