"""The five steps of a dose as cards: number or check, name, and how the step stands in words.

One stop of the Tab key each; Enter goes there, Alt with 1 to 5 from anywhere on the page.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from crf_app.ui import icons, style, words
from crf_app.ui.widgets.line_paint import focus_ring, line_words
from crf_app.ui.widgets.row_paint import draw

_HEIGHT, _DISC = 56, 26


@dataclass(frozen=True, slots=True)
class StepLook:
    """`state`: todo, started, done, soft, hard, closed; `said` the line under the name."""

    name: str
    state: str
    said: str


class StepCard(QAbstractButton):
    """One step."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number, self.here = number, False
        self.look = StepLook("fit", "todo", "")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setObjectName(f"dose_step_{number}")

    def show_look(self, look: StepLook, *, here: bool) -> None:
        self.look, self.here = look, here
        name = words.say(f"dose.step_{look.name}")
        self.setAccessibleName(words.say("dose.step_name", n=self.number, name=name))
        self.setAccessibleDescription(look.said)
        self.setToolTip(f"{name}: {look.said}  Alt {self.number}")
        self.update()

    def sizeHint(self) -> QSize:
        now = style.current()
        return QSize(now.px(_DISC + 28 if now.compact else 170), now.px(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(style.current().px(_DISC + 28), style.current().px(_HEIGHT))

    def paintEvent(self, event: QPaintEvent, /) -> None:
        now, painter = style.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(now.qcolor("accent" if self.here else "line"), 2 if self.here else 1))
        painter.setBrush(now.qcolor("surface"))
        painter.drawRoundedRect(box, 8, 8)
        self._paint_mark(painter)
        left = now.px(_DISC + 22)
        width = self.width() - left - now.px(8)
        if width > now.px(60):
            colour = "accent" if self.here else "text"
            top = now.px(7)
            line_words(
                painter, left, top, width, words.say(f"dose.step_{self.look.name}"), colour, 15, bold=True
            )
            tone = {"soft": "soft", "hard": "hard"}.get(self.look.state, "text2")
            line_words(painter, left, top + now.px(21), width, self.look.said, tone, 12)
        if self.hasFocus():
            focus_ring(painter, QRectF(self.rect()))
        painter.end()

    def _paint_mark(self, painter: QPainter) -> None:
        now, side = style.current(), style.current().px(_DISC)
        disc = QRectF(now.px(12), (self.height() - side) / 2, side, side)
        if self.look.state in ("done", "soft", "hard"):
            icons.paint(painter, disc, self.look.state, {"done": "ok"}.get(self.look.state, self.look.state))
            return
        painter.setPen(now.qcolor("accent" if self.here else "control"))
        painter.setBrush(now.qcolor("accent" if self.here else "surface"))
        painter.drawEllipse(disc)
        ink = "accent_on" if self.here else "text"
        align = Qt.AlignmentFlag.AlignCenter
        draw(painter, disc.toRect(), str(self.number), pixels=14, colour=ink, bold=True, align=align)


class DoseSteps(QWidget):
    """All five."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("dose_steps")
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(style.current().px(8))
        self.cards = [StepCard(n) for n in range(1, 6)]
        for n, card in enumerate(self.cards):
            card.clicked.connect(lambda _checked=False, n=n: self.chosen.emit(n))
            box.addWidget(card, 1)
        self._box = box

    def show_steps(self, looks: list[StepLook], here: int) -> None:
        for n, (card, look) in enumerate(zip(self.cards, looks, strict=True)):
            card.show_look(look, here=n == here)
            if style.current().compact:  # only the step at hand keeps its name
                self._box.setStretch(n, 4 if n == here else 1)
