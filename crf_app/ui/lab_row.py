"""A laboratory result on one line of a table: test, result, unit, reference, flag, last visit, significance.

Only what can be typed or pressed is a widget, the rest is painted.  The two companions of a result, clinical
significance and comment, stand in the same row: significance at the end of the line once the value is outside
its range, the comment under it once somebody wants to write one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from crf_app.ui import line_words, style
from crf_app.ui.choice_widgets import ChoiceRow
from crf_app.ui.field_row import GAP, MARGIN, ItemRow, RowHost, label_width
from crf_app.ui.item_widgets import ItemWidget, TextEdit
from crf_app.ui.row_paint import LEFT, RIGHT, draw, draw_flag, draw_mark
from crf_app.ui.under_row import UnderRow
from crf_app.ui.unit_words import shown_unit
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import Line

#: width of each column after the test's name, in pixels at 100 %, left to right
_COLUMNS = (("result", 92), ("unit", 60), ("reference", 76), ("flag", 104), ("last", 46), ("sign", 84), ("mark", 24))
#: a narrower card shows laboratory results as ordinary fields
LAB_WIDTH = 700


def lab_columns(width: int) -> dict[str, QRect]:
    """Column name → its place in the first line of a row `width` pixels wide."""
    now = style.current()
    height = now.px(now.row)
    left = now.px(MARGIN)
    out = {"test": QRect(left, 0, label_width(width), height)}
    left = out["test"].right() + 1 + now.px(GAP)
    for name, size in _COLUMNS:
        out[name] = QRect(left, 0, now.px(size), height)
        left += now.px(size) + now.px(4)
    out["mark"].moveRight(width - now.px(MARGIN))
    return out


class LabRow(ItemRow):
    """One result with its companions."""

    def __init__(self, host: RowHost, line: Line, companions: list[Line], parent: QWidget | None = None) -> None:
        self.significance: Companion | None = None
        self.comment: Companion | None = None
        super().__init__(host, line, parent)
        for other in companions:
            coded = other.state.item.code_list is not None
            made = Companion(host, other, self, compact=coded)
            if coded:
                self.significance = made
            else:
                self.comment = made
                self._layout.addWidget(made)
        self._show_companions()

    def _arrange(self) -> None:
        now = style.current()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(lab_columns(now.px(758))["result"].left(), now.px(now.row), 0, 0)
        self._layout.setSpacing(0)
        if isinstance(self.input, TextEdit):
            self.input.setFixedWidth(now.px(92))

    def _place_under(self, under: UnderRow) -> None:
        self._layout.insertWidget(0, under)

    def companions(self) -> list[Companion]:
        return [one for one in (self.significance, self.comment) if one is not None]

    def _show_companions(self) -> None:
        if self.significance is not None:
            asked = bool(self.line.state.flag) or self.significance.held
            self.significance.setVisible(asked and self.significance.line.state.collected)
        if self.comment is not None:
            self.comment.setVisible(self.comment.held or self.comment.wanted)

    def _show_readings(self) -> None:
        self._show_companions()

    def write_comment(self) -> None:
        """Open the comment's line and go there (Alt+M)."""
        if self.comment is not None:
            self.comment.wanted = True
            self._show_companions()
            self.comment.input.select()

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        now = style.current()
        columns = lab_columns(self.width())
        inner = columns["result"]
        margins = self._layout.contentsMargins()
        if margins.left() != inner.left():
            self._layout.setContentsMargins(inner.left(), now.px(now.row), 0, 0)
        _put(self.input, inner, now.px(30))
        if self.unit_button is not None:
            _put(self.unit_button, columns["unit"], now.px(24))
        if self.significance is not None:
            _put(self.significance, columns["sign"], now.px(26))

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(hint.width(), max(hint.height(), style.current().px(style.current().row)))

    def _paint(self, painter: QPainter) -> None:
        now = style.current()
        columns = lab_columns(self.width())
        line, item = self.line, self.line.state.item
        painter.setPen(now.qcolor("line"))
        painter.drawLine(columns["test"].left(), self.height() - 1, columns["mark"].right(), self.height() - 1)
        draw(painter, self, columns["test"], pick(item.question), pixels=14, colour="text",
             bold=self.input.hasFocus() or bool(self.tone))  # fmt: skip
        unit = "" if self.unit_button is not None else shown_unit(item.unit)
        draw(painter, self, columns["unit"], unit)
        converted = self.conversion()
        place = columns["reference"]
        if converted:
            draw(painter, self, place.united(columns["flag"]), converted, colour="accent")
        else:
            draw(painter, self, place, line_words.reference_words(line), pixels=12)
            draw_flag(painter, self, columns["flag"], line.state.flag, line_words.times_words(line))
        draw(painter, self, columns["last"], line_words.last_words(self.host.study, line), align=RIGHT)
        draw_mark(painter, columns["mark"], self.status)

    def _on_typing(self) -> None:
        super()._on_typing()
        self.update()


class Companion(ItemRow):
    """Clinical significance (small buttons) or comment (a line) of a laboratory result."""

    wanted = False

    def __init__(self, host: RowHost, line: Line, parent: QWidget, *, compact: bool) -> None:
        self._compact = compact
        super().__init__(host, line, parent)

    @property
    def held(self) -> bool:
        return not self.line.state.answer.empty or self.pending is not None

    def _make_input(self, item: object) -> ItemWidget:
        made = super()._make_input(self.line.state.item)
        if isinstance(made, ChoiceRow):
            made.compact()
        return made

    def _arrange(self) -> None:
        now = style.current()
        self._layout = QVBoxLayout(self)
        below = 0 if self._compact else now.px(6)
        self._layout.setContentsMargins(0, 0, 0 if self._compact else now.px(16), below)
        self._layout.addWidget(self.input)

    def _place_under(self, under: UnderRow) -> None:
        parent = self.parentWidget()
        if isinstance(parent, LabRow):
            parent._layout.addWidget(under)

    def refresh(self) -> None:
        shown = self.isVisibleTo(self.parentWidget())
        super().refresh()
        self.setVisible(shown)

    def relabel(self) -> None:
        super().relabel()
        if isinstance(self.input, TextEdit):
            self.input.setPlaceholderText(say("form.comment"))


class LabHead(QWidget):
    """The head of the table: the columns' names."""

    def __init__(self, last: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._last = last
        self.setFixedHeight(style.current().px(24))

    def paintEvent(self, event: QPaintEvent, /) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), style.current().qcolor("sunken"))
        for name, place in lab_columns(self.width()).items():
            if name == "mark":
                continue
            words = self._last() if name == "last" else say(f"form.head_{name}")
            box = QRect(place.left(), 0, place.width(), self.height())
            align = RIGHT if name in ("result", "last") else LEFT
            draw(painter, self, box, words, pixels=12, bold=True, align=align)
        painter.end()


def _put(widget: QWidget, place: QRect, height: int) -> None:
    """`height` pixels high, in the middle of its column."""
    widget.setGeometry(place.left(), place.top() + (place.height() - height) // 2 + 1, place.width(), height)
