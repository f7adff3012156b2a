"""A push button with the key that presses it, drawn as a badge behind the words.

The badge shows a key, it does not catch it: the page does, so that a letter in a text field stays a letter.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QStyle, QStyleOptionButton, QStylePainter, QWidget

from crf_app.ui import style
from crf_app.ui.widgets.row_paint import font_at, metrics_at
from crf_app.ui.widgets.wrapping import wrapped

_GAP = 8
_PAD = 6
_BADGE = 12
_LEAST = 150


class KeyButton(QPushButton):
    """Words and key; `kind` of the sheet (primary, small, link) as for any button."""

    def __init__(self, words: str, key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(words.replace("&", "&&"), parent)
        self.key = key
        self.bare = False
        self._hint: tuple[tuple[object, ...], QSize] | None = None
        self.setAutoDefault(False)
        self.setAccessibleName(words)
        self.setAccessibleDescription(key)

    def set_words(self, words: str) -> None:
        self.setText(words.replace("&", "&&"))
        self.setAccessibleName(words)

    def set_bare(self, bare: bool) -> None:
        """Without its key where there is no room; the key works all the same."""
        if self.bare != bare:
            self.bare = bare
            self.updateGeometry()
            self.update()

    def _badge_width(self) -> int:
        if not self.key or self.bare:
            return 0
        return metrics_at(_BADGE).horizontalAdvance(self.key) + 2 * style.current().px(_PAD)

    def sizeHint(self) -> QSize:
        """Asked for hundreds of times while a page is laid out, so remembered while nothing is another."""
        now = (self.text(), self.key, self.bare, self.property("kind"), style.current(), self.font().key())
        if self._hint is None or self._hint[0] != now:
            self.ensurePolished()
            self._hint = now, self._measured()
        return self._hint[1]

    def _measured(self) -> QSize:
        hint = super().sizeHint()
        badge = self._badge_width()
        extra = badge + style.current().px(_GAP) if badge else 0
        return QSize(hint.width() + extra, hint.height())

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(min(hint.width(), style.current().px(_LEAST)), hint.height())

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int, /) -> int:
        """More lines where the words do not fit one."""
        one = self.sizeHint()
        if width >= one.width():
            return one.height()
        lines = self._wrapped(width - self._frame()).count("\n") + 1
        return one.height() + (lines - 1) * self.fontMetrics().lineSpacing()

    def _frame(self) -> int:
        """Pixels of a button's width that are not its words."""
        return self.sizeHint().width() - self.fontMetrics().horizontalAdvance(self._words())

    def _words(self) -> str:
        return self.text().replace("&&", "&")

    def _wrapped(self, width: int) -> str:
        return wrapped(self._words(), self.fontMetrics(), width)

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """Keys with Alt are the page's: a button would take Alt+Up as a way to the next button."""
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent, /) -> None:
        if not self._badge_width():
            super().paintEvent(event)
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        self._paint_words(painter)
        painter.end()

    def _paint_words(self, painter: QPainter) -> None:
        now = style.current()
        needed = painter.fontMetrics().horizontalAdvance(self._words())
        room = self.width() - self.sizeHint().width() + needed
        words = self._words() if room >= needed else self._wrapped(room)
        width = max(painter.fontMetrics().horizontalAdvance(line) for line in words.split("\n"))
        badge = self._badge_width()
        left = max((self.width() - width - now.px(_GAP) - badge) // 2, now.px(4))
        primary = self.property("kind") == "primary"
        ink = "accent_on" if primary else ("accent" if self.property("kind") == "link" else "text")
        painter.setPen(now.qcolor(ink if self.isEnabled() else "text3"))
        painter.drawText(QRect(left, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
        height = now.px(20)
        box = QRectF(left + width + now.px(_GAP) + 0.5, (self.height() - height) / 2, badge - 1, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(now.qcolor(("accent_on" if primary else "control") if self.isEnabled() else "line"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setFont(font_at(_BADGE))
        painter.setPen(now.qcolor(("accent_on" if primary else "text2") if self.isEnabled() else "text3"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.key)
