"""A button of a filter with the number of what it shows, drawn as a badge behind the words."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QPushButton, QStyle, QStyleOptionButton, QStylePainter

from crf_app.ui import style
from crf_app.ui.widgets.row_paint import font_at, metrics_at

_GAP, _PAD, _PIXELS, _HEIGHT = 8, 8, 13, 22


class CountPill(QPushButton):
    """Words and number; a reader hears both."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "pill")
        self.setAutoDefault(True)
        self._count = ""

    def show_count(self, words: str, count: int) -> None:
        self._count = str(count)
        self.setText(words)
        self.setAccessibleName(f"{words} {count}")
        self.updateGeometry()

    def _badge(self) -> int:
        now = style.current()
        return max(
            metrics_at(_PIXELS, bold=True).horizontalAdvance(self._count) + 2 * now.px(_PAD), now.px(_HEIGHT)
        )

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(hint.width() + style.current().px(_GAP) + self._badge(), hint.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        option, now = QStyleOptionButton(), style.current()
        self.initStyleOption(option)
        option.text = ""
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        chosen = self.isChecked()
        wide, badge, height = (
            painter.fontMetrics().horizontalAdvance(self.text()),
            self._badge(),
            now.px(_HEIGHT),
        )
        left = (self.width() - wide - now.px(_GAP) - badge) // 2
        painter.setPen(now.qcolor("accent" if chosen else "text"))
        painter.drawText(QRect(left, 0, wide + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text())
        box = QRectF(left + wide + now.px(_GAP), (self.height() - height) / 2, badge, height)
        painter.setRenderHint(QStylePainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.qcolor("accent" if chosen else "quiet_bg"))
        painter.drawRoundedRect(box, height / 2, height / 2)
        painter.setFont(font_at(_PIXELS, bold=True))
        painter.setPen(now.qcolor("accent_on" if chosen else "text2"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._count)
        painter.end()
