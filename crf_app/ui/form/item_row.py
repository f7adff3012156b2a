"""One question of a form: label, field, unit, range and flag, state in icon and word, the place under it.

A row shows a `Line` and reports what the person does to its host (the form's entry, `form_entry.py`); it
calls no action.  What was typed and is not saved stays in the field whatever the line says meanwhile.
`LabRow` and the cells of a grid are the same row in another arrangement.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolButton, QWidget

from crf_app.errors import ValueRejected
from crf_app.model.datatype import as_typed, parse, split_codes
from crf_app.model.definition import Study
from crf_app.model.item_def import CodeList, ItemDef
from crf_app.model.keys import Answer
from crf_app.ui import style
from crf_app.ui.form import line_words
from crf_app.ui.form.choice_list import ChoiceList
from crf_app.ui.form.choice_widgets import Choice, ChoiceRow
from crf_app.ui.form.item_widgets import ItemWidget, TextEdit, make
from crf_app.ui.form.under_content import Asking, Pending
from crf_app.ui.form.under_row import Content, UnderRow
from crf_app.ui.form.unit_words import shown_unit, split_unit, units_of
from crf_app.ui.words import language, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import Line

#: look of a state where nothing may be typed
_QUIET = {"saved": "locked", "empty": "no_right"}
_WIDTHS = {"integer": 112, "decimal": 128, "date": 140, "partialDate": 140, "time": 96, "datetime": 190}
_GROUND = {"soft": "soft_bg", "hard": "hard_bg", "query": "query_bg", "edited": "accent_soft"}
_EDGE = {"soft": "soft_line", "hard": "hard_line", "query": "query", "edited": "accent"}


MARGIN, GAP = 16, 8
_LABEL = 206


def label_width(width: int) -> int:
    """Width of the column of labels in a row `width` pixels wide: the same in every kind of row."""
    now = style.current()
    return min(now.px(_LABEL), width * 2 // 5)


def may_type(line: Line, may: Collection[str]) -> bool:
    """Whether something may be typed at this line by a person who may do `may` on the form."""
    state = line.state
    given = state.item.derived or state.item.own_password  # calculated, or answered by a password
    return state.collected and not given and not line.alternatives and "enter" in may


def is_stop(line: Line, may: Collection[str]) -> bool:
    """Where Tab and Enter stop: what may be typed; for a reader everything that is not calculated."""
    return may_type(line, may) or ("enter" not in may and not line.state.item.derived)


class RowHost(Protocol):
    """What a row reports to."""

    @property
    def study(self) -> Study: ...
    @property
    def may(self) -> frozenset[str]:
        """What this person may do on the form now; fields are read-only without "enter"."""

    def commit(self, row: ItemRow, text: str) -> None:
        """The field was left with another text than the saved one."""

    def picked(self, row: ItemRow) -> None: ...
    def step(self, row: ItemRow, by: int) -> None:
        """Enter: to the next field, or stay where something opened."""

    def move(self, row: ItemRow, by: int) -> None:
        """Up and Down."""

    def ask(self, row: ItemRow, what: Asking) -> None:
        """Open the reasons for a missing value, a typed reason, or a query."""

    def give_up(self, row: ItemRow) -> None:
        """Esc: what was typed is taken back."""

    def entered(self, row: ItemRow) -> None:
        """The cursor is here."""

    def choose(self, row: ItemRow, name: str, text: str) -> None:
        """A button of the under row, or a reason typed there."""

    def keep(self, row: ItemRow) -> None:
        """The row goes: what is typed in it and not saved is remembered."""

    def typed(self, row: ItemRow) -> None:
        """A key changed the text."""

    def give_back(self, row: ItemRow) -> None:
        """The row is there again: what was remembered goes into it."""

    def under(self, row: ItemRow) -> Content | None:
        """What stands under the row now."""

    def writing(self, row: ItemRow, ask: str, text: str) -> None:
        """A key changed what is typed under the row."""

    def written(self, row: ItemRow, ask: str) -> tuple[str, str]:
        """What was typed there before and is not stored, and the words when; both empty for nothing."""


class ItemRow(QWidget):
    """The parts and the behaviour of a row; subclasses arrange the parts."""

    def __init__(self, host: RowHost, line: Line, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.line, self.key = host, line, line.key
        self.pending: Pending | None = None
        self.asking: Asking = ""
        self.unit: str | None = None
        self.under: UnderRow | None = None
        self.status, self._look, self._fresh = "", "none", True
        self.bound = True  # False: its record was left, nobody sees, asks or hears the row
        self.input = self._make_input(line.state.item)
        self.unit_button = self._make_unit_button(line.state.item)
        self._arrange()
        self._connect()
        self._say()
        self.show_line(line)

    # parts

    def _make_input(self, item: ItemDef) -> ItemWidget:
        widget = make(item, self._options(item), self)
        widget.setObjectName(self.key.local)
        if isinstance(widget, TextEdit) and item.data_type in _WIDTHS:
            widget.setFixedWidth(style.current().px(_WIDTHS[item.data_type]))
        return widget

    def _options(self, item: ItemDef) -> CodeList | None:
        """What the answer is chosen from: the rows that are there, or the codes of its list.

        A derived answer is not chosen: it stands in words, with no buttons that look as if they could be.
        """
        if item.derived and not item.multiple:
            return None
        if self.line.rows is not None:
            return self.line.rows.live
        study, code_list = self.host.study, item.code_list or ""
        held = self.line.state.answer.value
        if held is not None and code_list in study.code_lists:
            known = study.offered_lists[code_list].by_code
            if any(code not in known for code in split_codes(item, held)):
                return study.code_lists[code_list]  # a code that an amendment retired still stands here
        return study.offered_lists.get(code_list)

    def _make_unit_button(self, item: ItemDef) -> QToolButton | None:
        """Only where another unit may be typed; a click shows the next one."""
        if not item.units:
            return None
        button = QToolButton(self)
        button.setObjectName(f"unit:{self.key.local}")
        button.setProperty("kind", "unit")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(self._next_unit)
        return button

    def _arrange(self) -> None:
        raise NotImplementedError

    def _connect(self) -> None:
        self.input.edited.connect(lambda text: self.host.commit(self, text))
        self.input.stepped.connect(lambda by: self.host.step(self, by))
        if isinstance(self.input, Choice):
            self.input.picked.connect(lambda: self.host.picked(self))
        self.input.moved.connect(lambda by: self.host.move(self, by))
        self.input.missing_asked.connect(lambda: self.host.ask(self, "missing"))
        self.input.given_up.connect(lambda: self.host.give_up(self))
        self.input.entered.connect(lambda: self.host.entered(self))
        self.input.typing.connect(self._on_typing)

    def _place_under(self, under: UnderRow) -> None:
        raise NotImplementedError

    # showing

    def part(self) -> None:
        """The record was left: not seen and not heard until `bind` puts the row to another one."""
        self.bound = False
        self.input.blockSignals(True)
        self.hide()

    def bind(self, line: Line) -> None:
        """The row belongs to another record from now on: what was typed, asked or refused here is gone."""
        self.line, self.key = line, line.key
        self.pending, self.asking, self.unit = None, "", None
        self._offer(line)
        self.input.begin(self._saved_text(line))
        if self.under is not None:
            self.under.show_content(None)
        self.input.blockSignals(False)
        self.bound = True
        self.show_line(line)

    def show_line(self, line: Line) -> None:
        """Show what is saved now.  Typed text that is not saved stays."""
        self.line = line
        item, answer = line.state.item, line.state.answer
        self._offer(line)
        text = self._saved_text(line)
        if self.pending is not None or self.input.dirty:
            self.input.saved = text
        else:
            self.unit = answer.unit if answer.value is not None else self.unit
            self.input.set_text(text)
        self._show_unit(item)
        if isinstance(self.input, ChoiceRow):
            self.input.suggest(line.suggested.code if line.suggested is not None else "")
        self.refresh()

    def _offer(self, line: Line) -> None:
        """The rows that can be named now; one that was struck out is still said in words."""
        if line.rows is not None and isinstance(self.input, ChoiceList):
            self.input.offer(line.rows.live.items, line.rows.known.by_code)

    def _saved_text(self, line: Line) -> str:
        if line.state.answer.missing is not None and isinstance(self.input, TextEdit):
            return self._shortened(line_words.missing_words(self.host.study, line.state.answer.missing))
        item, answer = line.state.item, line.state.answer
        if item.derived and item.code_list is not None and answer.value is not None:
            return line_words.spoken(self.host.study, item, answer, line.lists)
        return line_words.field_text(item, answer)

    def _shortened(self, words: str) -> str:
        """As much of the words as a field of fixed width can show; `beside` has all of them."""
        room = self.input.maximumWidth() - style.current().px(22)
        return self.input.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room)

    def beside(self) -> str:
        """The reason of a missing value where the field itself cannot show it whole."""
        code = self.line.state.answer.missing
        words = line_words.missing_words(self.host.study, code) if code is not None else ""
        return words if self.input.text() != words else ""

    def refresh(self) -> None:
        """State, rights, what stands under the field; no value changes here."""
        line = self.line
        status = self._status()
        look = status if self.open_to_type else _QUIET.get(status, status)
        self.status = status
        if look != self._look:
            self._look = look
            style.set_state(self.input, look)
        self._show_right_to_type()
        shown = line.state.collected or not line.state.answer.empty or self.pending is not None
        self.setVisible(shown)
        self._show_under(self.host.under(self))
        self.input.setAccessibleDescription(line_words.description_of(line, status))
        self._show_readings()
        self.update()

    def _status(self) -> str:
        if self.pending is not None:
            return "unsaved"
        return "typing" if self.input.dirty else self.line.status

    def _show_right_to_type(self) -> None:
        fixed = not self.open_to_type
        if fixed == self.input.isReadOnly() and not self._fresh:
            return
        self._fresh = False
        self.input.setReadOnly(fixed)
        focus = Qt.FocusPolicy.StrongFocus if self.is_stop else Qt.FocusPolicy.ClickFocus
        (self.input.line if isinstance(self.input, ChoiceList) else self.input).setFocusPolicy(focus)
        if self.unit_button is not None:
            self.unit_button.setEnabled(not fixed)

    @property
    def open_to_type(self) -> bool:
        """Whether something may be typed here now."""
        return may_type(self.line, self.host.may)

    @property
    def is_stop(self) -> bool:
        return is_stop(self.line, self.host.may)

    def _show_under(self, content: Content | None) -> None:
        if content is None and self.under is None:
            return
        if self.under is None:
            self.under = UnderRow(self)
            self.under.chosen.connect(lambda name, text: self.host.choose(self, name, text))
            self.under.given_up.connect(lambda: self.host.give_up(self))
            self.under.writing.connect(lambda ask, text: self.host.writing(self, ask, text))
            self._place_under(self.under)
        self.under.show_content(content)
        if content is not None and content.ask and self.bound:
            text, said = self.host.written(self, content.ask)
            if text:
                self.under.give_back(text, said)

    @property
    def tone(self) -> str:
        """The status hue of what is open under the field."""
        content = self.under.content if self.under is not None else None
        return content.tone if content is not None else ""

    def _show_readings(self) -> None:
        """Range, flag, last value: for rows that show them in widgets."""

    def relabel(self) -> None:
        """Say every word again in the language on screen; typed text stays."""
        self._say()
        self.refresh()

    def _say(self) -> None:
        if isinstance(self.input, Choice):
            self.input.set_language(language())
        elif not self.input.dirty and self.pending is None:
            self.input.set_text(self._saved_text(self.line))
        self.input.setAccessibleName(line_words.name_of(self.line))
        self._show_unit(self.line.state.item)

    # typing

    def _on_typing(self) -> None:
        self.host.typed(self)
        if self.status != self._status():
            self.refresh()
        self._show_unit(self.line.state.item)

    def _next_unit(self) -> None:
        item = self.line.state.item
        known = units_of(item)
        at = known.index(self.unit) if self.unit in known else 0
        self.unit = known[(at + 1) % len(known)]
        if isinstance(self.input, TextEdit):
            self.input.forced = bool(self.input.text()) and self.unit != (
                self.line.state.answer.unit or item.unit
            )
            self.input.setFocus(Qt.FocusReason.OtherFocusReason)
        self._on_typing()
        self._show_readings()

    def _show_unit(self, item: ItemDef) -> None:
        if self.unit_button is not None:
            self.unit_button.setText(shown_unit(self.unit or item.unit))
            self.unit_button.setAccessibleName(say("form.unit_is", unit=shown_unit(self.unit or item.unit)))

    def conversion(self) -> str:
        """The value in the standard unit while another one is typed: `= 106.1 µmol/L`."""
        item = self.line.state.item
        if not item.units:
            return ""
        text, unit = split_unit(item, self.input.text())
        try:
            answer = Answer(parse(as_typed(item, unit or self.unit), text, {}), None, unit or self.unit)
        except ValueRejected:
            return ""
        return line_words.converted(item, answer)

    def paintEvent(self, event: QPaintEvent, /) -> None:
        painter = QPainter(self)
        if self.tone in _GROUND:
            painter.fillRect(self.rect(), style.current().qcolor(_GROUND[self.tone]))
            painter.fillRect(0, 0, 3, self.height(), style.current().qcolor(_EDGE[self.tone]))
        self._paint(painter)
        painter.end()

    def _paint(self, painter: QPainter) -> None:
        """Painted parts."""

    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        self.input.select()
        super().mousePressEvent(event)
