"""A laboratory result on one line of a table: test, result, unit, reference, flag, last visit, trend, state.

Only what can be typed or pressed is a widget, the rest is painted.  The two companions of a result, clinical
significance and comment, stand in the same row: significance right behind the flag, once there is one, so
that the question stands at its cause and can be answered down the column; the comment under the line, once
somebody wants to write one.  The trend is read after the fields are painted (`pages/form.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from crf_app.model.plot import sparkline
from crf_app.model.plot_parts import Picture
from crf_app.model.trend import Tone, Trend
from crf_app.ui import style
from crf_app.ui.form import line_words
from crf_app.ui.form.choice_widgets import ChoiceRow
from crf_app.ui.form.item_row import GAP, MARGIN, ItemRow, RowHost
from crf_app.ui.form.item_widgets import ItemWidget, TextEdit
from crf_app.ui.form.under_row import UnderRow
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.plots.plot_paint import paint_picture
from crf_app.ui.widgets.row_paint import LEFT, RIGHT, draw, draw_flag, draw_mark
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import Line

#: the column of two small buttons, for a mouse and for a finger
_SIGN, _SIGN_TOUCH = 72, 104
#: columns from left to right: width and the gap before it, in pixels at 100 %
_COLUMNS = (
    ("test", 168, 0),
    ("result", 88, GAP),
    ("unit", 54, GAP),
    ("reference", 68, 4),
    ("flag", 92, 4),
    ("sign", _SIGN, 4),
    ("last", 40, 4),
    ("trend", 64, GAP),
    ("mark", 20, 6),
)
_LEAST = sum(width + gap for _, width, gap in _COLUMNS) + 2 * MARGIN
#: what a wider card gives first to the names, then to the trend
_MORE_TEST, _MORE_TREND = 64, 56
_SPARK_HEIGHT = 20
#: a narrower card shows laboratory results as ordinary fields
LAB_WIDTH = 700


def lab_columns(width: int) -> dict[str, QRect]:
    """Column name → its place in a row's first line, `width` pixels wide; no trend without room for it."""
    now = style.current()
    height, left, out = now.px(now.row), now.px(MARGIN), dict[str, QRect]()
    sizes = {name: now.px(size) for name, size, _ in _COLUMNS}
    sizes["sign"] = now.px(_SIGN_TOUCH) if now.touch else sizes["sign"]
    more = width - now.px(_LEAST + (_SIGN_TOUCH - _SIGN if now.touch else 0))
    if more < 0:
        more += sizes.pop("trend") + now.px(GAP)
    sizes["test"] += min(max(more, 0), now.px(_MORE_TEST))
    if "trend" in sizes:
        sizes["trend"] += min(max(more - now.px(_MORE_TEST), 0), now.px(_MORE_TREND))
    for name, _, gap in _COLUMNS:
        if name in sizes:
            out[name] = QRect(left + now.px(gap), 0, sizes[name], height)
            left = out[name].right() + 1
    out["mark"].moveRight(width - now.px(MARGIN))
    return out


class LabRow(ItemRow):
    """One result with its companions."""

    def __init__(
        self, host: RowHost, line: Line, companions: list[Line], parent: QWidget | None = None
    ) -> None:
        self.significance: Companion | None = None
        self.comment: Companion | None = None
        self._wanted = False
        self._lines = companions
        self.trend: Trend | None = None
        self._spark: tuple[tuple[int, int, str], Picture] | None = None
        self._other_day = ""  # of a last value that is of another visit than most
        super().__init__(host, line, parent)

    def _arrange(self) -> None:
        now = style.current()
        columns = lab_columns(now.px(_LEAST))
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(columns["result"].left(), now.px(now.row), 0, 0)
        self._layout.setSpacing(0)
        if isinstance(self.input, TextEdit):
            self.input.setFixedWidth(columns["result"].width())

    def show_trend(self, trend: Trend, usual: str) -> None:
        """The values of the other visits, read once the fields are there; the column of last values is
        headed by the visit `usual`."""
        self.trend, self._spark = trend, None
        last = next((one for one in trend.points if one.event == self.line.last_event), None)
        day = trend.day(last.at) if last is not None and last.event != usual else None
        self._other_day = "" if day is None else say("form.day", day=day)
        self.update()

    def _place_under(self, under: UnderRow) -> None:
        self._layout.insertWidget(0, under)

    def companions(self) -> list[Companion]:
        """Those that are there: a companion is built when it is first needed."""
        return [one for one in (self.significance, self.comment) if one is not None]

    def show_companions(self, lines: list[Line]) -> None:
        """The companions' lines of now."""
        self._lines = lines
        for one in self.companions():
            one.show_line(next(line for line in lines if line.key == one.key))
        self._place_companions()

    def part(self) -> None:
        super().part()
        for one in self.companions():
            one.part()

    def bind(self, line: Line) -> None:
        self.trend, self._spark, self._other_day = None, None, ""
        super().bind(line)

    def bind_companions(self, lines: list[Line]) -> None:
        """The companions of another record; `bind` of the row itself comes after."""
        self._lines, self._wanted = lines, False
        for one in self.companions():
            one.bind(next(line for line in lines if line.key.local == one.key.local))

    def _place_companions(self) -> None:
        for line in self._lines:
            held = not line.state.answer.empty
            if line.state.item.code_list is not None:
                self.significance = self._kept(self.significance, line, held or bool(self.line.state.flag))
            else:
                self.comment = self._kept(self.comment, line, held or self._wanted)

    def _kept(self, there: Companion | None, line: Line, wanted: bool) -> Companion | None:
        """The companion, built when it is wanted for the first time."""
        if there is None:
            if not wanted:
                return None
            there = Companion(self.host, line, self, compact=line.state.item.code_list is not None)
            if there.compact:
                _put(there, lab_columns(self.width())["sign"], style.current().px(style.current().mini))
            else:
                self._layout.addWidget(there)
        there.setVisible((wanted or there.pending is not None) and line.state.collected)
        return there

    def _show_readings(self) -> None:
        self._place_companions()

    def reach(self, local: str) -> None:
        """Build the companion of this address: somebody goes there."""
        for line in self._lines:
            if line.key.local == local and line.state.item.code_list is None:
                self._wanted = True
                self._place_companions()

    def write_comment(self) -> None:
        """Open the comment's line and go there (Alt+M)."""
        self._wanted = True
        self._place_companions()
        if self.comment is not None:
            self.comment.input.select()

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        now = style.current()
        columns = lab_columns(self.width())
        inner = columns["result"]
        margins = self._layout.contentsMargins()
        if margins.left() != inner.left():
            self._layout.setContentsMargins(inner.left(), now.px(now.row), 0, 0)
        _put(self.input, inner, now.px(now.field))
        if self.unit_button is not None:
            _put(self.unit_button, columns["unit"], now.px(now.mini if now.touch else 24))
        if self.significance is not None:
            _put(self.significance, columns["sign"], now.px(now.mini))

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(hint.width(), max(hint.height(), style.current().px(style.current().row)))

    def _paint(self, painter: QPainter) -> None:
        now = style.current()
        columns = lab_columns(self.width())
        item = self.line.state.item
        painter.setPen(now.qcolor("line"))
        painter.drawLine(
            columns["test"].left(), self.height() - 1, columns["mark"].right(), self.height() - 1
        )
        draw(painter, columns["test"], pick(item.question), pixels=14, colour="text",
             bold=self.input.hasFocus() or bool(self.tone))  # fmt: skip
        unit = "" if self.unit_button is not None else shown_unit(item.unit)
        draw(painter, columns["unit"], unit)
        self._paint_reading(painter, columns)
        self._paint_last(painter, columns["last"])
        if self.trend is not None and self.trend.points and "trend" in columns:
            self._paint_trend(painter, self.trend, columns["trend"])
        draw_mark(painter, columns["mark"], self.status)

    def _paint_last(self, painter: QPainter, place: QRect) -> None:
        words = line_words.last_words(self.host.study, self.line)
        if words and self._other_day:
            half = place.height() // 2
            draw(
                painter,
                place.adjusted(0, half, 0, 0),
                self._other_day,
                pixels=10,
                colour="text3",
                align=RIGHT,
            )
            place = place.adjusted(0, 0, 0, -half + 4)
        draw(painter, place, words, align=RIGHT)

    def _paint_trend(self, painter: QPainter, trend: Trend, place: QRect) -> None:
        """Laid out once for its size and state."""
        scale = style.current().scale
        tone: Tone = "soft" if self.status == "soft" else "hard" if self.status == "hard" else ""
        wanted = (place.width(), place.height(), tone)
        if self._spark is None or self._spark[0] != wanted:
            picture = sparkline(replace(trend, tone=tone), place.width() / scale, _SPARK_HEIGHT)
            self._spark = (wanted, picture)
        top = place.top() + (place.height() - style.current().px(_SPARK_HEIGHT)) // 2
        paint_picture(painter, self._spark[1], place.left(), top)

    def _paint_reading(self, painter: QPainter, columns: dict[str, QRect]) -> None:
        """Range and flag; under the value in the standard unit where another one was typed."""
        reference, flag = columns["reference"], columns["flag"]
        both = reference.united(flag)
        if beside := self.beside():
            draw(painter, both, beside, pixels=12)
            return
        if converted := self.conversion():
            half = both.height() // 2
            draw(painter, both.adjusted(0, 0, 0, -half - 2), converted, pixels=12, colour="accent")
            reference, flag = reference.adjusted(0, half, 0, 0), flag.adjusted(0, half, 0, 0)
        draw(painter, reference, line_words.reference_words(self.line), pixels=12)
        draw_flag(painter, flag, self.line.state.flag, line_words.times_words(self.line))

    def _on_typing(self) -> None:
        super()._on_typing()
        self.update()


class Companion(ItemRow):
    """Clinical significance (small buttons) or comment (a line) of a laboratory result."""

    def __init__(self, host: RowHost, line: Line, parent: QWidget, *, compact: bool) -> None:
        self.compact = compact
        super().__init__(host, line, parent)

    def _make_input(self, item: object) -> ItemWidget:
        made = super()._make_input(self.line.state.item)
        if isinstance(made, ChoiceRow):
            made.compact()
        return made

    def _arrange(self) -> None:
        now = style.current()
        self._layout = QVBoxLayout(self)
        below = 0 if self.compact else now.px(6)
        self._layout.setContentsMargins(0, 0, 0 if self.compact else now.px(16), below)
        self._layout.addWidget(self.input)

    def _place_under(self, under: UnderRow) -> None:
        parent = self.parentWidget()
        if isinstance(parent, LabRow):
            parent._layout.addWidget(under)

    def refresh(self) -> None:
        shown = not self.isHidden()
        super().refresh()
        self.setVisible(shown)

    def _say(self) -> None:
        super()._say()
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
            draw(painter, box, words, pixels=12, bold=True, align=align)
        painter.end()


def _put(widget: QWidget, place: QRect, height: int) -> None:
    """`height` pixels high, in the middle of its column."""
    widget.setGeometry(place.left(), place.top() + (place.height() - height) // 2 + 1, place.width(), height)
