"""The steps of a form under its head: number, name and state of each; a press goes there.

One stop of the Tab key: Left and Right move in it, Enter and Space go to the step; Alt with PgDn or PgUp goes
to the next one or the one before from any field.  Where there is little room only the step at hand keeps its
name; the others say theirs to a screen reader and in their tip.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from crf_app.ui import icons, style
from crf_app.ui.form.visit_forms import COLOURS
from crf_app.ui.widgets.flow_layout import FlowLayout
from crf_app.ui.widgets.row_paint import draw, metrics_at
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.steps import Step

_HEIGHT, _DISC, _NAME, _WORD = 46, 26, 14, 12
_MOST: Final = 190  # widest name, pixels at 100 %
_KEYS: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
_PRESS: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


def step_words(step: Step) -> str:
    """The state in words: "3 open", "Done"."""
    if step.state in ("started", "conflict", "hard", "query", "soft"):
        return say("form.step_open", n=step.points)
    return say(f"state.{step.state}")


class StepButton(QAbstractButton):
    """One step: a disc with its number, its name, its state in icon and word."""

    step: Step
    here = False
    brief = False

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_step(self, step: Step) -> None:
        self.step = step
        self.setObjectName(f"step:{step.group}")
        self.relabel()

    def relabel(self) -> None:
        step = self.step
        self.setAccessibleName(say("form.step_named", n=step.number, name=pick(step.name)))
        self.setAccessibleDescription(step_words(step))
        self.setToolTip(f"{pick(step.name)}: {step_words(step)}  Alt PgUp, Alt PgDn")
        self.updateGeometry()
        self.update()

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        event.ignore()  # for the bar, and behind it the page

    @property
    def _named(self) -> bool:
        return self.here or not self.brief

    def sizeHint(self) -> QSize:
        now = style.current()
        width = now.px(_DISC + 16)
        if self._named:
            name = metrics_at(_NAME, bold=True).horizontalAdvance(pick(self.step.name))
            word = metrics_at(_WORD).horizontalAdvance(step_words(self.step)) + now.px(18)
            width += max(min(name, now.px(_MOST)), word) + now.px(12)
        else:
            width += now.px(18)
        return QSize(width, now.px(_HEIGHT))

    def paintEvent(self, event: QPaintEvent, /) -> None:
        now, painter, step = style.current(), QPainter(self), self.step
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.here or self.underMouse():
            painter.setBrush(now.qcolor("accent_soft" if self.here else "sunken"))
            painter.drawRoundedRect(box, 6, 6)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(now.qcolor("accent"))
            painter.drawRoundedRect(box, 6, 6)
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 5, 5)
        self._paint_disc(painter)
        colour = COLOURS.get(step.state, "text2")
        left, side = now.px(_DISC + 16), now.px(14)
        if self._named:
            width = self.width() - left - now.px(6)
            name = QRect(left, now.px(4), width, now.px(20))
            tone = "text2" if step.state == "closed" else "accent" if self.here else "text"
            draw(painter, name, pick(step.name), pixels=_NAME, colour=tone, bold=self.here)
            word = QRect(left + side + now.px(4), now.px(24), width - side, now.px(17))
            draw(painter, word, step_words(step), pixels=_WORD, colour=colour)
        top = now.px(25) if self._named else (self.height() - side) / 2
        icons.paint(painter, QRectF(left, top, side, side), step.state, colour)
        painter.end()

    def _paint_disc(self, painter: QPainter) -> None:
        now = style.current()
        side = now.px(_DISC)
        disc = QRectF(now.px(8), (self.height() - side) / 2, side, side)
        painter.setPen(now.qcolor("accent" if self.here else "control"))
        painter.setBrush(now.qcolor("accent" if self.here else "surface"))
        painter.drawEllipse(disc)
        ink = "accent_on" if self.here else "text"
        draw(painter, disc.toRect(), str(self.step.number), pixels=_NAME, colour=ink, bold=True,
             align=Qt.AlignmentFlag.AlignCenter)  # fmt: skip


class StepBar(QWidget):
    """The steps of the open form; nothing, and no room, for a form without steps."""

    chosen = Signal(str)  # OID of the group

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("step_bar")
        now = style.current()
        self._flow = FlowLayout(self, now.px(4))
        self._flow.setContentsMargins(now.px(8), now.px(4), now.px(8), now.px(4))
        self._buttons: list[StepButton] = []
        self._brief = False
        self.hide()

    def show_steps(self, steps: Sequence[Step], here: str) -> None:
        """The steps as they stand; `here` is the OID of the one that is worked on."""
        while len(self._buttons) > len(steps):
            gone = self._buttons.pop()
            self._flow.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for n, step in enumerate(steps):
            if n == len(self._buttons):
                self._buttons.append(self._make())
            button = self._buttons[n]
            button.here, button.brief = step.group == here, self._brief
            button.show_step(step)
        self.setVisible(bool(steps))
        self.setAccessibleName(say("form.steps"))

    def go_on(self, here: str) -> None:
        """Another step is worked on."""
        for button in self._buttons:
            if button.here != (button.step.group == here):
                button.here = button.step.group == here
                button.relabel()

    def set_small(self, *, narrow: bool) -> None:
        self._brief = narrow
        for button in self._buttons:
            button.brief = narrow
            button.relabel()

    def retranslate(self) -> None:
        for button in self._buttons:
            button.relabel()

    def stops(self) -> list[QWidget]:
        """The one button that the Tab key stops at."""
        if self.isHidden() or not self._buttons:
            return []
        focused = next((one for one in self._buttons if one.hasFocus()), None)
        return [focused or next((one for one in self._buttons if one.here), self._buttons[0])]

    def press(self, by: int) -> None:
        """Go to the step that many after the one at hand; nothing beyond the ends."""
        at = next((n for n, one in enumerate(self._buttons) if one.here), 0) + by
        if not self.isHidden() and 0 <= at < len(self._buttons):
            self.chosen.emit(self._buttons[at].step.group)

    def _make(self) -> StepButton:
        made = StepButton(self)
        made.clicked.connect(lambda: self.chosen.emit(made.step.group))
        self._flow.addWidget(made)
        made.show()
        return made

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        at = next((n for n, one in enumerate(self._buttons) if one.hasFocus()), None)
        key = Qt.Key(event.key())
        bare = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if at is None or not bare or (key not in _KEYS and key not in _PRESS):
            event.ignore()
        elif key in _PRESS:
            self._buttons[at].click()
        else:
            to = min(max(at + _KEYS[key], 0), len(self._buttons) - 1)
            self._buttons[to].setFocus(Qt.FocusReason.OtherFocusReason)
