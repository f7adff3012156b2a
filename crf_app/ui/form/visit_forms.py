"""The left list: the forms of this visit, each with its state in icon, word and colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QScrollArea, QVBoxLayout, QWidget

from crf_app.actions.casebook import READING
from crf_app.model.form_def import FormDef
from crf_app.model.keys import FormKey
from crf_app.ui import icons, style
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.parts import column, label
from crf_app.ui.widgets.row_paint import draw, metrics_at
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.casebook import Cell

WIDTH = 184
_HEIGHT = 44
_LINE = 18  # one more line of a long name
#: state of a form → colour of its icon and word
COLOURS = {
    "done": "ok", "signed": "ok", "soft": "soft", "resign": "hard", "hard": "hard", "conflict": "soft",
    "query": "query", "answered": "query", "started": "accent",
}  # fmt: skip


def state_words(cell: Cell) -> str:
    """The word beside the icon: "5 of 26", "2 checks"."""
    if cell.state == "started":
        return say("state.started", answered=cell.answered, asked=cell.asked)
    if cell.state in ("soft", "hard", "query"):
        return say(f"state.{cell.state}_n", n=cell.count)
    return say(f"state.{cell.state}")


class FormEntryButton(QAbstractButton):
    """One form; a click opens it, Ctrl+PgDn and Ctrl+PgUp step through them."""

    form: FormDef
    cell: Cell
    open_now = False

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumHeight(style.current().px(_HEIGHT))

    def show_form(self, form: FormDef, cell: Cell, *, open_now: bool) -> None:
        self.form, self.cell, self.open_now = form, cell, open_now
        self.setObjectName(f"form:{form.oid}")
        self.relabel()

    def relabel(self) -> None:
        self.setAccessibleName(f"{pick(self.form.name)}, {state_words(self.cell)}")
        self.setMinimumHeight(self.sizeHint().height())
        self.update()

    @property
    def _name(self) -> str:
        return pick(self.form.short_name or self.form.name)

    def _lines(self) -> int:
        """Two where the name needs them, as `draw` breaks it."""
        room = style.current().px(WIDTH - 16 - 40)
        return 2 if metrics_at(12, bold=self.open_now).horizontalAdvance(self._name) > room else 1

    def sizeHint(self) -> QSize:
        now = style.current()
        return QSize(now.px(WIDTH - 16), now.px(_HEIGHT + _LINE * (self._lines() - 1)))

    def paintEvent(self, event: QPaintEvent, /) -> None:
        now, painter = style.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.open_now or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(now.qcolor("accent_soft" if self.open_now else "sunken"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0, 1, 0, -1), 6, 6)
        if self.open_now:
            painter.fillRect(0, now.px(8), 3, self.height() - now.px(16), now.qcolor("accent"))
        colour = COLOURS.get(self.cell.state, "quiet")
        side = now.px(18)
        icons.paint(
            painter, QRectF(now.px(10), (self.height() - side) / 2, side, side), self.cell.state, colour
        )
        left, width = now.px(36), self.width() - now.px(40)
        more = now.px(_LINE) * (self._lines() - 1)
        draw(painter, QRect(left, now.px(4), width, now.px(20) + more), self._name, pixels=14,
             colour="accent" if self.open_now else "text", bold=self.open_now)  # fmt: skip
        loud = self.cell.state in ("soft", "hard", "query", "resign", "conflict")
        draw(painter, QRect(left, now.px(23) + more, width, now.px(17)), state_words(self.cell), pixels=12,
             colour=colour if loud else "text2")  # fmt: skip
        painter.end()


class VisitForms(QWidget):
    """The forms of a visit in their order."""

    def __init__(self, open_form: Callable[[FormKey], object], casebook: Callable[[], object]) -> None:
        super().__init__()
        self._open, self._entries = open_form, dict[str, FormEntryButton]()
        self._made: list[FormEntryButton] = []
        now = style.current()
        self.setFixedWidth(now.px(WIDTH))
        self.title = label("", "row_name")
        self.title.setContentsMargins(now.px(10), 0, 0, now.px(2))
        inner = QWidget()
        inner.setProperty("kind", "canvas")
        self._box = column(0)
        self._box.addStretch(1)
        inner.setLayout(self._box)
        self._scroll = scroll = QScrollArea()
        scroll.verticalScrollBar().rangeChanged.connect(lambda *_: self._show_open())
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        self.back = KeyButton("", "Alt ↑")
        self.back.setObjectName("back_to_casebook")
        self.back.setProperty("kind", "quiet")
        self.back.clicked.connect(lambda: casebook())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(now.px(now.gap))
        outer.addWidget(self.title)
        outer.addWidget(scroll, 1)
        outer.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        self.retranslate()

    def show_forms(self, forms: list[tuple[FormDef, Cell]], open_now: FormKey) -> None:
        """Show the list; the open form is marked."""
        while len(self._made) > len(forms):
            gone = self._made.pop()
            gone.hide()
            gone.deleteLater()
        for number, (form, cell) in enumerate(forms):
            if number == len(self._made):
                self._made.append(self._make())
            self._made[number].show_form(form, cell, open_now=cell.key == open_now)
        self._entries = {str(one.cell.key): one for one in self._made}
        QTimer.singleShot(0, self, self._show_open)

    def _show_open(self) -> None:
        """The open form is in view, also in a visit with more forms than there is room for."""
        entry = next((one for one in self._made if one.open_now), None)
        if entry is not None:
            self._scroll.ensureWidgetVisible(entry, 0, 2 * entry.height())

    def _make(self) -> FormEntryButton:
        entry = FormEntryButton()
        entry.clicked.connect(lambda: self._open(entry.cell.key))
        self._box.insertWidget(len(self._made), entry)
        return entry

    def show_cell(self, cell: Cell) -> None:
        """One form's state has changed."""
        entry = self._entries.get(str(cell.key))
        if entry is not None:
            entry.cell = cell
            entry.relabel()

    def form_keys(self) -> list[FormKey]:
        return [entry.cell.key for entry in self._entries.values()]

    def not_begun(self) -> set[FormKey]:
        """The forms that another form's answers may close, open or require."""
        return {one.cell.key for one in self._made if one.cell.state in ("closed", "todo", "optional")}

    def unread(self) -> list[FormKey]:
        """The forms whose state is not worked out yet."""
        return [entry.cell.key for entry in self._made if entry.cell.state == READING]

    def keys_around(self, here: FormKey) -> list[FormKey]:
        """The forms that one steps through: closed ones are left out, except the one that is open."""
        cells = [entry.cell for entry in self._entries.values()]
        return [cell.key for cell in cells if cell.state != "closed" or cell.key == here]

    def retranslate(self) -> None:
        self.title.setText(say("form.forms_of_visit"))
        self.back.set_words(say("form.casebook"))
        for entry in self._entries.values():
            entry.relabel()
