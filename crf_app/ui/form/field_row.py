"""The normal question of a form: label, field, unit and what is known of the value, state in icon and word.

The label stands right before the field, in one column for the whole form; above it where there is no room.
Only what can be typed or pressed is a widget; the rest is painted, and the row places its few parts itself: a
form has many rows, and each widget and each layout more costs when it is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from crf_app.ui import style
from crf_app.ui.form import line_words
from crf_app.ui.form.choice_list import ChoiceList
from crf_app.ui.form.choice_widgets import Choice
from crf_app.ui.form.item_row import GAP, MARGIN, ItemRow, RowHost, label_width
from crf_app.ui.form.under_row import UnderRow
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.widgets.row_paint import draw_mark, font_at, mark_words, metrics_at
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import Line

_WRAP = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
#: sizes of the words, pixels at 100 %; least height of a line; room for a state's icon and before its word
_QUESTION, _SMALL, _LINE, _ICON, _BESIDE = 14, 12, 20, 24, 2


class FieldRow(ItemRow):
    """The normal question; `width` is the width it will probably get, so that it is laid out once."""

    def __init__(
        self, host: RowHost, line: Line, parent: QWidget | None = None, *, inline: bool = True, width: int = 0
    ) -> None:
        self._inline = inline
        self._width = width
        self.question = self.aside = ""
        self._question_at = self._aside_at = self._mark_at = QRect()
        super().__init__(host, line, parent)

    def _arrange(self) -> None:
        self._wide = isinstance(self.input, Choice) or self.line.state.item.data_type == "text"

    def _place_under(self, under: UnderRow) -> None:
        """`_fit` gives it its place."""

    # places

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        if self.width() != self._width:
            self._width = self.width()
            self._fit()

    def _fit(self) -> None:
        """Label, field and what stands beside it on one line (label above it when not `inline`), then the
        place under it; as high as they need."""
        if not self._width:
            return
        now = style.current()
        edge, left, right = (
            now.px(now.gap // 2 if self._inline else 6),
            now.px(MARGIN),
            self._width - now.px(MARGIN),
        )
        width = label_width(self._width) if self._inline else right - left
        words = metrics_at(_QUESTION).boundingRect(0, 0, width, 0, _WRAP, self.question).height()
        if self._inline:
            field = left + width + now.px(GAP)
            height = max(words, self._fit_line(field, right, edge, words))
            self._question_at = QRect(left, edge, width, height)
            bottom = edge + height
        else:
            field = left
            self._question_at = QRect(left, edge, width, words)
            top = edge + words + now.px(4)
            bottom = top + self._fit_line(field, right, top, 0)
        if self.under is not None and not self.under.isHidden():
            top, room = bottom + now.px(4), right - field
            height = self.under.heightForWidth(room)
            self.under.setGeometry(field, top, room, height)
            bottom = top + height
        if bottom + edge != self.height() or self.minimumHeight() != self.maximumHeight():
            self.setFixedHeight(bottom + edge)

    def _fit_line(self, left: int, right: int, top: int, least: int) -> int:
        """Field, unit, what is known of the value, state, from `left` to `right`; gives the line's height."""
        now, room = style.current(), right - left
        mark = mark_words(self.status)
        mark_width = metrics_at(_SMALL).horizontalAdvance(mark) + now.px(_ICON + 6) if mark else 0
        room -= mark_width + now.px(GAP) if mark else 0
        unit = self.unit_button.sizeHint() if self.unit_button is not None else None
        room -= unit.width() + now.px(GAP) if unit is not None else 0
        wanted = metrics_at(_SMALL).horizontalAdvance(self.aside) + 1 if self.aside else 0
        if self._wide:
            beside = min(wanted, room // 2)
            width = room - beside - (now.px(GAP) if beside else 0)
        else:
            width = self.input.maximumWidth()
            beside = min(wanted, room - width - now.px(GAP))
        field = self.input.fitted_height(width)
        height = max(field, least, now.px(_LINE))
        down = 0 if isinstance(self.input, ChoiceList) else (height - field) // 2
        self.input.setGeometry(left, top + down, width, field)
        left += width + now.px(GAP)
        if self.unit_button is not None and unit is not None:
            self.unit_button.setGeometry(
                left, top + (height - unit.height()) // 2, unit.width(), unit.height()
            )
            left += unit.width() + now.px(GAP)
        self._aside_at = QRect(left, top, max(beside, 0), height)
        self._mark_at = QRect(right - mark_width, top, mark_width, height)
        return height

    # painting

    def _paint(self, painter: QPainter) -> None:
        now, y = style.current(), self.height() - 1
        painter.setPen(now.qcolor("line"))
        painter.drawLine(now.px(MARGIN), y, self.width() - now.px(MARGIN), y)
        painter.setPen(now.qcolor("text"))
        painter.setFont(font_at(_QUESTION))
        painter.drawText(self._question_at, _WRAP, self.question)
        painter.setPen(now.qcolor("text2"))
        painter.setFont(font_at(_SMALL))
        if self.aside:
            painter.drawText(self._aside_at, _WRAP, self.aside)
        if mark := mark_words(self.status):
            icon = now.px(_ICON)
            place = self._mark_at
            painter.drawText(place.adjusted(icon + now.px(_BESIDE), 0, 0, 0), _WRAP, mark)
            draw_mark(painter, QRect(place.left(), place.top(), icon, place.height()), self.status)

    # words

    def _show_readings(self) -> None:
        line, item = self.line, self.line.state.item
        words = pick(item.question)
        optional = not line.state.mandatory and not item.derived
        self.question = say("form.optional", question=words) if optional else words
        flag = {"L": "↓ L", "H": "↑ H"}.get(line.state.flag, "")
        last = line_words.last_words(self.host.study, line)
        parts = (
            "" if self.unit_button is not None else shown_unit(item.unit),
            self.conversion(),
            line_words.reference_words(line),
            " ".join(one for one in (flag, line_words.times_words(line)) if one),
            say("form.last", value=last) if last else "",
            self.beside(),
        )
        self.aside = "   ".join(part for part in parts if part)
        self._fit()
        self.update()

    def _on_typing(self) -> None:
        super()._on_typing()
        if self.unit_button is not None:
            self._show_readings()  # the value in the other unit
