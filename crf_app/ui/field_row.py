"""The normal question of a form: label, field, unit and what is known of the value, state in icon and word.

The label stands right before the field, in one column for the whole form; above it where there is no room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from crf_app.ui import line_words, style
from crf_app.ui.choice_list import ChoiceList
from crf_app.ui.choice_widgets import Choice
from crf_app.ui.item_row import GAP, MARGIN, ItemRow, RowHost, label_width
from crf_app.ui.row_paint import draw_mark, font_of, mark_words
from crf_app.ui.under_row import UnderRow
from crf_app.ui.unit_words import shown_unit
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import Line


class Mark(QWidget):
    """Icon and word of a row's state, painted."""

    def __init__(self, row: ItemRow) -> None:
        super().__init__(row)
        self.row = row

    def sizeHint(self) -> QSize:
        now = style.current()
        words = QFontMetrics(font_of(self, 12)).horizontalAdvance(mark_words(self.row.status))
        return QSize(words + now.px(30), now.px(20))

    def show_status(self) -> None:
        self.setVisible(bool(mark_words(self.row.status)))
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        painter = QPainter(self)
        now = style.current()
        side = now.px(24)
        draw_mark(painter, QRect(0, 0, side, self.height()), self.row.status)
        painter.setFont(font_of(self, 12))
        painter.setPen(now.qcolor("text2"))
        place = QRect(side + now.px(2), 0, self.width() - side, self.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, mark_words(self.row.status))
        painter.end()


class FieldRow(ItemRow):
    """The normal question: label right before the field in one column, above it where there is no room."""

    def __init__(
        self, host: RowHost, line: Line, parent: QWidget | None = None, *, inline: bool = True
    ) -> None:
        self._inline = inline
        super().__init__(host, line, parent)

    def _arrange(self) -> None:
        now = style.current()
        self.question = QLabel(self)
        self.question.setProperty("role", "question")
        self.question.setWordWrap(True)
        self.question.setTextFormat(Qt.TextFormat.PlainText)
        self.question.setBuddy(self.input)
        self.aside = QLabel(self)
        self.aside.setProperty("role", "label")
        self.aside.setTextFormat(Qt.TextFormat.PlainText)
        self.mark = Mark(self)
        line = QHBoxLayout()
        line.setSpacing(now.px(8))
        wide = isinstance(self.input, Choice) or self.line.state.item.data_type == "text"
        top = Qt.AlignmentFlag.AlignTop
        line.addWidget(
            self.input, 1 if wide else 0, top if isinstance(self.input, ChoiceList) else Qt.AlignmentFlag(0)
        )
        if self.unit_button is not None:
            line.addWidget(self.unit_button)
        line.addWidget(self.aside)
        if not wide:
            line.addStretch(1)
        line.addWidget(self.mark)
        self._layout = QGridLayout(self)
        self._layout.setHorizontalSpacing(now.px(GAP))
        self._layout.setVerticalSpacing(now.px(4))
        if self._inline:
            self._layout.setContentsMargins(now.px(MARGIN), now.px(3), now.px(MARGIN), now.px(3))
            self._layout.addWidget(self.question, 0, 0)
            self._layout.addLayout(line, 0, 1)
        else:
            self._layout.setContentsMargins(now.px(MARGIN), now.px(6), now.px(MARGIN), now.px(6))
            self._layout.addWidget(self.question, 0, 1)
            self._layout.addLayout(line, 1, 1)
        self._layout.setColumnStretch(1, 1)

    def _place_under(self, under: UnderRow) -> None:
        self._layout.addWidget(under, 2, 1)

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        if self._inline:
            self.question.setFixedWidth(label_width(self.width()))

    def _paint(self, painter: QPainter) -> None:
        now = style.current()
        painter.setPen(now.qcolor("line"))
        y = self.height() - 1
        painter.drawLine(now.px(MARGIN), y, self.width() - now.px(MARGIN), y)

    def _say(self) -> None:
        self._say_question()
        super()._say()

    def _say_question(self) -> None:
        """Another answer may make an item mandatory: the word goes and comes with it."""
        item = self.line.state.item
        words = pick(item.question)
        optional = not self.line.state.mandatory and not item.derived
        self.question.setText(say("form.optional", question=words) if optional else words)

    def _show_readings(self) -> None:
        line = self.line
        self._say_question()
        flag = {"L": "↓ L", "H": "↑ H"}.get(line.state.flag, "")
        last = line_words.last_words(self.host.study, line)
        parts = [
            "" if self.unit_button is not None else shown_unit(line.state.item.unit),
            self.conversion(),
            line_words.reference_words(line),
            " ".join(one for one in (flag, line_words.times_words(line)) if one),
            say("form.last", value=last) if last else "",
            self.beside(),
        ]
        self.aside.setText("   ".join(part for part in parts if part))
        self.aside.setVisible(bool(self.aside.text()))
        self.mark.show_status()

    def _on_typing(self) -> None:
        super()._on_typing()
        self._show_readings()
