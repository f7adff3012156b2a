"""The head of the casebook: visit, day, date and window bar above each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from crf_app.model.schedule import Window
from crf_app.ui import style
from crf_app.ui.casebook.window_bar import paint_bar

HEIGHT = 72


@dataclass(frozen=True, slots=True)
class VisitHead:
    """Three lines and the window; `today` tints the column, `struck`: the visit was made by mistake."""

    name: str
    day: str
    date: str
    window: Window
    today: bool
    struck: bool = False


class VisitHeader(QHeaderView):
    """Paints one `VisitHead` a section."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._heads: Sequence[VisitHead] = ()
        self.setSectionsClickable(False)

    def show_visits(self, heads: Sequence[VisitHead]) -> None:
        self._heads = heads
        self.viewport().update()

    def width_of(self, place: int) -> int:
        """Pixels that the words of one head need; 0 while the heads are being replaced."""
        if place >= len(self._heads):
            return 0
        now, head = style.current(), self._heads[place]
        font = style.font(now)
        font.setPixelSize(now.px(now.label))
        self.setFont(font)
        return max(self.fontMetrics().horizontalAdvance(line) for line in (head.day, head.date)) + now.px(10)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), style.current().px(HEIGHT))

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        if logicalIndex >= len(self._heads):
            return
        now, head, box = style.current(), self._heads[logicalIndex], QRectF(rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(box, now.qcolor("accent_soft" if head.today else "surface"))
        if head.today:
            painter.fillRect(QRectF(box.left(), box.top(), box.width(), now.px(3)), now.qcolor("accent"))
        lines = ((head.name, now.body, True, "text"), (head.day, now.label, False, "text2"),
                 (head.date, now.label, head.today, "accent" if head.today else "text2"))  # fmt: skip
        top = box.top() + now.px(3)
        for text, size, bold, colour in lines:
            font = style.font(now)
            font.setPixelSize(now.px(size))
            font.setBold(bold)
            font.setStrikeOut(head.struck)
            painter.setFont(font)
            painter.setPen(now.qcolor(colour))
            painter.drawText(
                QRectF(box.left(), top, box.width(), now.px(18)), Qt.AlignmentFlag.AlignCenter, text
            )
            top += now.px(18)
        bar = QRectF(box.left() + now.px(8), top + now.px(2), box.width() - now.px(16), now.px(14))
        paint_bar(painter, bar, head.window)
        painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 1), now.qcolor("line"))
        painter.restore()
