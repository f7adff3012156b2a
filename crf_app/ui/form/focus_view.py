"""One field at a time, large, with the field before and the field behind it, and a keypad beside it.

For 200 %, for touch and for tired eyes.  It is a second look at the rows of the form that is open: its rows
report to the same host, so that saving, findings and reasons are what they are in the list.  A row that is
shown here takes what was typed in the list and gives it back when the list returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from crf_app.model.item_def import ItemDef
from crf_app.ui import style
from crf_app.ui.form import line_words
from crf_app.ui.form.choice_widgets import ChoiceRow
from crf_app.ui.form.form_parts import ProgressLine
from crf_app.ui.form.item_row import ItemRow
from crf_app.ui.form.item_widgets import ItemWidget, TextEdit
from crf_app.ui.form.keypad import Keypad
from crf_app.ui.form.state_words import meaning
from crf_app.ui.form.under_row import UnderRow
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.widgets.parts import column, label, row
from crf_app.ui.widgets.row_paint import draw, draw_mark, font_at
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import FormPage
    from crf_app.ui.form.form_entry import FormEntry
    from crf_app.ui.form.form_view import FormView

_FIELD, _FIELD_HEIGHT, _EDGE, _NEIGHBOUR = 152, 44, 12, 36
_EDGES = {"soft": "soft_line", "hard": "hard_line", "query": "query", "edited": "accent"}


def _neighbour() -> int:
    """Pixels of the line before and behind: a finger needs what a field needs."""
    now = style.current()
    return now.px(max(_NEIGHBOUR, now.field))


class FocusRow(ItemRow):
    """The large row: question and range, field with unit and flag, what opens under it."""

    front = False  # True: it is the one that is seen

    def refresh(self) -> None:
        super().refresh()
        self.setVisible(self.front)

    def _make_input(self, item: ItemDef) -> ItemWidget:
        made = super()._make_input(item)
        now = style.current()
        if isinstance(made, TextEdit):
            made.setProperty("large", True)
            made.setFixedHeight(now.px(_FIELD_HEIGHT))
            if item.data_type != "text":
                made.setFixedWidth(now.px(_FIELD if item.data_type != "datetime" else 200))
        elif isinstance(made, ChoiceRow):
            made.large()
        return made

    def _arrange(self) -> None:
        now = style.current()
        self.question, self.range = label("", "name", wrap=True), label("", "sub")
        self.beside_ = label("", "sub", wrap=True)
        head = row(8)
        head.addWidget(self.question, 1)
        head.addWidget(self.range, 0, Qt.AlignmentFlag.AlignTop)
        line = row(10)
        line.addWidget(self.input, 0 if self._narrow else 1)
        if self.unit_button is not None:
            line.addWidget(self.unit_button)
        if self._narrow:
            line.addWidget(self.beside_, 1)
        self.setMinimumWidth(1)
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(now.px(_EDGE), now.px(8), now.px(_EDGE), now.px(8))
        self.box.setSpacing(now.px(8))
        self.box.addLayout(head)
        self.box.addLayout(line)
        if not self._narrow:
            self.box.addWidget(self.beside_)
        self.box.addStretch(1)

    @property
    def _narrow(self) -> bool:
        return isinstance(self.input, TextEdit) and self.line.state.item.data_type != "text"

    def _place_under(self, under: UnderRow) -> None:
        self.box.insertWidget(self.box.count() - 1, under)

    def _show_readings(self) -> None:
        line, item = self.line, self.line.state.item
        words = pick(item.question)
        optional = not line.state.mandatory and not item.derived
        self.question.setText(say("form.optional", question=words) if optional else words)
        unit = shown_unit(item.unit)
        reference = line_words.reference_words(line)
        self.range.setText(f"{reference} {unit}" if reference and unit else reference)
        flag = {"L": "↓ L", "H": "↑ H"}.get(line.state.flag, "")
        parts = (
            "" if self.unit_button is not None or not self._narrow else unit,
            " ".join(one for one in (flag, line_words.times_words(line)) if one),
            self.conversion(), self.beside(), meaning(self.status),
        )  # fmt: skip
        said = "   ".join(part for part in parts if part)
        last = line_words.last_words(self.host.study, line)
        if last and not flag:
            said = f"{said}   {say('form.last', value=last)}" if said else say("form.last", value=last)
        self.beside_.setText(said)
        self.beside_.setVisible(bool(said))

    def _on_typing(self) -> None:
        super()._on_typing()
        self._show_readings()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        """A card whose edge has the hue of what is open in it."""
        now, painter = style.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(now.qcolor("surface"))
        painter.setPen(QPen(now.qcolor(_EDGES.get(self.tone, "control")), 2))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), now.px(8), now.px(8))
        painter.end()


class Neighbour(QPushButton):
    """The field before or behind: name, value or last value, state.  A tap goes there."""

    def __init__(self, which: str) -> None:
        super().__init__()
        self._which = which
        self._row: ItemRow | None = None
        self.setObjectName(f"focus.{which}")
        self.setProperty("kind", "neighbour")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedHeight(_neighbour())

    def sizeHint(self) -> QSize:
        return QSize(style.current().px(200), _neighbour())

    @property
    def has_row(self) -> bool:
        return self._row is not None

    def show_row(self, row: ItemRow | None) -> None:
        self._row = row
        self.setVisible(row is not None)
        if row is not None:
            key = "entry.before" if self._which == "before" else "entry.behind"
            self.setAccessibleName(say(key, name=line_words.name_of(row.line)))
        self.update()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        super().paintEvent(event)
        if self._row is None:
            return
        now, painter, line = style.current(), QPainter(self), self._row.line
        edge, icon = now.px(_EDGE), now.px(24)
        inside = self.rect().adjusted(edge, 2, -edge, -2)
        value = line_words.spoken(self._row.host.study, line.state.item, line.state.answer, line.lists)
        last = line_words.last_words(self._row.host.study, line)
        unit = shown_unit(line.state.item.unit)
        said = f"{value} {unit}".strip() if value else say("form.last", value=last) if last else ""
        width = min(painter.fontMetrics().horizontalAdvance(said) + now.px(12), inside.width() // 2)
        right = inside.adjusted(inside.width() - width - icon, 0, -icon, 0)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        draw(painter, right, said, bold=bool(value), align=flags, colour="text2")
        draw_mark(painter, inside.adjusted(inside.width() - icon, 0, 0, 0), self._row.status)
        name = inside.adjusted(0, 0, -width - icon, 0)
        painter.setFont(font_at(13))
        words = painter.fontMetrics().elidedText(
            pick(line.state.item.question), Qt.TextElideMode.ElideRight, name.width()
        )
        draw(painter, name, words, colour="text2")
        painter.end()


class FocusView(QFrame):
    """Title, neighbours, the large row; the keypad right or left of them.  Closed until `begin`."""

    def __init__(self, entry: FormEntry, view: FormView) -> None:
        super().__init__()
        self.setObjectName("focus_view")
        self._entry, self._view = entry, view
        self.rows: dict[str, FocusRow] = {}
        self.current: FocusRow | None = None
        self.title, self.count = label("", "card"), label("", "sub")
        self.bar = ProgressLine()
        self.before, self.behind = Neighbour("before"), Neighbour("behind")
        self.keypad = Keypad()
        self.way_back = ""  # words of the way back to the list
        self._arrange()
        self.before.clicked.connect(lambda: self._go(-1))
        self.behind.clicked.connect(lambda: self._go(1))
        self.keypad.next_asked.connect(self._next)
        self.keypad.missing_asked.connect(self._missing)
        self.hide()

    def _arrange(self) -> None:
        now = style.current()
        head = row(8)
        head.addWidget(self.title, 1)
        for part in (self.count, self.bar):
            head.addWidget(part)
        self.bar.setFixedWidth(now.px(60))
        self.title.setWordWrap(True)
        self._canvas = QWidget()
        self._canvas.setProperty("kind", "canvas")
        self._canvas.setMinimumWidth(1)  # what opens wraps, nothing is cut at the side
        self._cards = QVBoxLayout(self._canvas)
        self._cards.setContentsMargins(0, 0, 0, 0)
        self._area = QScrollArea()
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self._canvas)
        left = column(8)
        left.addLayout(head)
        left.addWidget(self.before)
        left.addWidget(self._area, 1)
        left.addWidget(self.behind)
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(now.px(16))
        self._line.addLayout(left, 1)
        self._line.addWidget(self.keypad)

    @property
    def is_open(self) -> bool:
        return self.current is not None

    def set_side(self, side: str) -> None:
        """Where the keypad stands: "right" or "left"."""
        direction = QHBoxLayout.Direction.RightToLeft if side == "left" else QHBoxLayout.Direction.LeftToRight
        self._line.setDirection(direction)

    # opening and closing

    def begin(self, local: str, page: FormPage) -> None:
        """Show the field `local`; what is typed in it comes along."""
        self.show_page(page)
        self.show()
        found = self._view.list_row(local)
        if found is not None:
            go_on(self.turn_to(found))

    def end(self) -> str:
        """Back to the list: every text goes back to its row there.  Returns where the cursor was."""
        local = self.current.key.local if self.current is not None else ""
        rows, self.rows, self.current = self.rows, {}, None
        for one in rows.values():
            self._entry.keep(one)
            one.part()
        self._let_cursor_go()
        self.hide()
        for one in rows.values():
            self._drop(one)
            there = self._view.list_row(one.key.local)
            if there is not None:
                self._entry.give_back(there)
        return local

    def clear(self) -> None:
        """The record goes; what was typed was kept by who says so."""
        for one in self.rows.values():
            one.part()
            self._drop(one)
        self.rows, self.current = {}, None
        self.keypad.show_field(None, None)
        self.hide()

    def _let_cursor_go(self) -> None:
        """Before something is hidden: Qt would send the cursor on to the next field by itself."""
        cursor = self.focusWidget()
        if cursor is not None and self.isAncestorOf(cursor):
            cursor.clearFocus()

    def _drop(self, one: FocusRow) -> None:
        self._cards.removeWidget(one)
        one.deleteLater()

    def turn_to(self, there: ItemRow) -> FocusRow:
        """The large row of this row of the list, in place of the one before."""
        local = there.key.local
        found = self.rows.get(local)
        if found is None:
            found = self._taken_over(there)
        before, self.current = self.current, found
        if before is not None and before is not found:
            before.input.commit()
            before.front = False
            self._let_cursor_go()
            before.hide()
        found.front = True
        found.refresh()
        self._around()
        return found

    def _taken_over(self, there: ItemRow) -> FocusRow:
        """Made for the row of the list, whose text that is not saved comes along."""
        self._entry.keep(there)
        there.bind(there.line)
        made = FocusRow(self._entry, there.line, self._canvas)
        self.rows[made.key.local] = made
        self._cards.addWidget(made)
        self._entry.give_back(made)
        return made

    # showing

    def show_page(self, page: FormPage) -> None:
        """The same record as it stands now."""
        self.title.setText(pick(page.form.name))
        self.count.setText(say("entry.of", answered=page.answered, asked=page.asked))
        self.bar.show_part(page.answered, page.asked)
        lab = any(item.lab for item in page.form.items.values())
        self.way_back = say("entry.all_results" if lab else "entry.all_fields", n=page.asked)
        lines = {line.key.local: line for line in page.lines}
        for local, one in self.rows.items():
            if local in lines:
                one.show_line(lines[local])
        self._around()

    def retranslate(self, page: FormPage | None) -> None:
        self.keypad.retranslate()
        for one in self.rows.values():
            one.relabel()
        if page is not None and self.is_open:
            self.show_page(page)

    def _around(self) -> None:
        """The neighbours and the keypad follow the field."""
        if self.current is None:
            return
        self.before.show_row(self._view.neighbour(self.current, -1))
        self.behind.show_row(self._view.neighbour(self.current, 1))
        field = self.current.input
        self.keypad.show_field(field if isinstance(field, TextEdit) else None, self.current.line.state.item)
        self.keypad.keys["missing"].setEnabled(self.current.open_to_type)
        self.show_row(self.current)

    def show_row(self, one: ItemRow) -> None:
        """What opened under the field is in view once its height is known."""
        QTimer.singleShot(0, self, lambda: self._bring(one))

    def _bring(self, one: ItemRow) -> None:
        if one is self.current:
            self._give_room(one)
            under = one.under if one.under is not None and not one.under.isHidden() else one.input
            self._area.ensureWidgetVisible(under, 0, 0)
            self._area.ensureWidgetVisible(one.input, 0, 0)

    def _give_room(self, one: ItemRow) -> None:
        """The neighbours make room for what opened, where the window is low."""
        needed = one.heightForWidth(self._area.viewport().width())
        room = self._area.height()
        for part in (self.before, self.behind):
            if not part.isHidden():
                room += part.height() + style.current().px(8)
        free = room - needed
        each = _neighbour() + style.current().px(8)
        self.behind.setVisible(self.behind.has_row and free >= each)
        self.before.setVisible(self.before.has_row and free >= 2 * each)

    # going

    def _go(self, by: int) -> None:
        target = self._view.after(self.current, by) if self.current is not None else None
        if target is not None:
            target.input.select()

    def _next(self) -> None:
        """As Enter in the field."""
        if self.current is not None:
            self.current.input.commit()
            self._entry.step(self.current, 1)

    def _missing(self) -> None:
        if self.current is not None:
            self._entry.ask(self.current, "missing")

    def tab(self, *, forward: bool) -> bool:
        """Tab goes through the field and what opened under it, then to the next field."""
        if self.current is None:
            return False
        stops: list[QWidget] = [self.current.input]
        if self.current.under is not None and not self.current.under.isHidden():
            stops += self.current.under.stops()
        cursor = self.focusWidget()
        here = next((n for n, one in enumerate(stops) if cursor is not None and _within(one, cursor)), 0)
        at = here + (1 if forward else -1)
        if 0 <= at < len(stops):
            stops[at].setFocus(
                Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
            )
            return True
        target = self._view.after(self.current, 1 if forward else -1)
        if target is None:
            return False
        target.input.select()
        return True


def go_on(there: ItemRow) -> None:
    """The cursor into the row; behind what was being typed, so that typing goes on."""
    there.input.select()
    if isinstance(there.input, TextEdit) and there.input.dirty and there.pending is None:
        there.input.end(False)


def _within(stop: QWidget, cursor: QWidget) -> bool:
    return stop is cursor or stop.isAncestorOf(cursor)
