"""The tabs of the casebook: visits, one for each log with its count of rows, other forms, history.

The count is a pill behind the word: amber where something is open in that log, and then said so to a reader.
Left and Right move between tabs, Enter and Space choose.  Where all of them have no room an arrow at the end
says that there are more and leads on; the keys reach every tab without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QScrollArea, QStyle, QStyleOptionButton, QStylePainter, QWidget

from crf_app.ui import icons, style, words
from crf_app.ui.widgets.parts import row
from crf_app.ui.widgets.row_paint import font_at, metrics_at

_COUNT = 12


@dataclass(frozen=True, slots=True)
class Tab:
    """`count` None: no pill.  `said`: what a reader hears of the count; `short`: where there is less room."""

    name: str
    text: str
    count: int | None = None
    open: bool = False
    said: str = ""
    short: str = ""


class TabButton(QPushButton):
    """One tab with its pill."""

    def __init__(self, tab: Tab) -> None:
        super().__init__()
        self.setProperty("kind", "tab")
        self.setCheckable(True)
        self.setAutoDefault(True)
        self.show_tab(tab)

    def show_tab(self, tab: Tab) -> None:
        self.tab = tab
        self.setText(tab.text)
        self.setAccessibleName(tab.text)
        self.setAccessibleDescription(tab.said)
        self.updateGeometry()
        self.update()

    def use_short(self, *, short: bool) -> None:
        self.setText(self.tab.short if short and self.tab.short else self.tab.text)
        self.updateGeometry()

    def _pill(self) -> int:
        if self.tab.count is None:
            return 0
        return max(metrics_at(_COUNT).horizontalAdvance(str(self.tab.count)), style.current().px(6)) + (
            style.current().px(14)
        )

    def sizeHint(self) -> QSize:
        hint, pill = super().sizeHint(), self._pill()
        return QSize(hint.width() + (pill + style.current().px(8) if pill else 0), hint.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        """The button without its word, then the word from the left and the pill at the right."""
        pill, now = self._pill(), style.current()
        if not pill:
            super().paintEvent(event)
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font_at(14, bold=self.isChecked()))
        painter.setPen(now.qcolor("accent" if self.isChecked() else "text2"))
        words = self.rect().adjusted(now.px(12), 0, 0, -now.px(3))
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self.text())
        self._paint_pill(painter, pill)
        painter.end()

    def _paint_pill(self, painter: QPainter, pill: int) -> None:
        now, height = style.current(), style.current().px(20)
        box = QRectF(self.width() - pill - now.px(10), (self.height() - height) / 2 - 1, pill, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.qcolor("soft_bg" if self.tab.open else "quiet_bg"))
        painter.drawRoundedRect(box, height / 2, height / 2)
        painter.setFont(font_at(_COUNT, bold=True))
        painter.setPen(now.qcolor("soft" if self.tab.open else "text2"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(self.tab.count))


class CasebookTabs(QScrollArea):
    """A line of tabs; `chosen` gets the name of the one that was pressed."""

    def __init__(self, chosen: Callable[[str], object]) -> None:
        super().__init__()
        self._chosen, self.buttons = chosen, dict[str, TabButton]()
        inside = QWidget()
        inside.setProperty("kind", "canvas")
        self._line = row(0)
        inside.setLayout(self._line)
        self._line.addStretch(1)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(style.current().px(42))
        self.setMinimumWidth(style.current().px(120))
        self._before, self._after = self._arrow("back", -1), self._arrow("next", 1)
        self.horizontalScrollBar().valueChanged.connect(self._place_arrows)
        self.horizontalScrollBar().rangeChanged.connect(self._place_arrows)

    def _arrow(self, icon: str, step: int) -> QPushButton:
        made = QPushButton(self)
        made.hide()
        made.setProperty("kind", "more_tabs")
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Left and Right lead to every tab
        made.setIcon(icons.icon(icon, "text2", 18))
        made.setIconSize(QSize(style.current().px(18), style.current().px(18)))
        made.clicked.connect(lambda: self._turn(step))
        return made

    def _turn(self, step: int) -> None:
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() + step * self.viewport().width() // 2)

    def _place_arrows(self) -> None:
        """At the ends behind which there are more tabs."""
        bar, side = self.horizontalScrollBar(), style.current().px(44)
        self._before.setVisible(bar.value() > bar.minimum())
        self._after.setVisible(bar.value() < bar.maximum())
        self._before.setGeometry(0, 0, side, self.height())
        self._after.setGeometry(self.width() - side, 0, side, self.height())
        for one in (self._before, self._after):
            one.setAccessibleName(words.say("casebook_tabs.more"))
            one.raise_()

    def show_tabs(self, tabs: Sequence[Tab], current: str) -> None:
        """Replace words and counts; buttons that stand already keep the focus."""
        if list(self.buttons) != [one.name for one in tabs]:
            for gone in self.buttons.values():
                gone.hide()
                gone.deleteLater()
            self.buttons = {}
            for place, one in enumerate(tabs):
                made = self.buttons[one.name] = TabButton(one)
                made.setObjectName(f"tab.{one.name}")
                made.clicked.connect(lambda _=False, name=one.name: self._pressed(name))
                self._line.insertWidget(place, made)
        for one in tabs:
            self.buttons[one.name].show_tab(one)
        self.mark(current)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Full names where all have room, else the short ones."""
        some = self.buttons.values()
        for short in (False, True):
            for one in some:
                one.use_short(short=short)
            if sum(one.sizeHint().width() for one in some) <= self.viewport().width():
                break
        self._place_arrows()

    def mark(self, current: str) -> None:
        """Light the tab that is shown."""
        for name, button in self.buttons.items():
            button.setChecked(name == current)

    def _pressed(self, name: str) -> None:
        self._chosen(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        some = list(self.buttons.values())
        at = next((n for n, one in enumerate(some) if one.hasFocus()), -1)
        if step is not None and at >= 0:
            target = some[min(max(at + step, 0), len(some) - 1)]
            target.setFocus(Qt.FocusReason.TabFocusReason)
            self.ensureWidgetVisible(target)
        else:
            super().keyPressEvent(event)
