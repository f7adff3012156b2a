"""Head and foot of the form page: title and state, what is still open, what can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from crf_app.model.keys import ItemKey
from crf_app.ui import icons, style
from crf_app.ui.widgets.flow_layout import FlowLayout
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.parts import clear, label, picture, row
from crf_app.ui.words import pick, say

if TYPE_CHECKING:
    from crf_app.actions.form_page import FormPage
    from crf_app.actions.standing import OpenPoint

#: kind of an open point → icon, colour
POINT_MARKS = {
    "empty": ("todo", "text2"),
    "soft": ("soft", "soft"),
    "hard": ("hard", "hard"),
    "conflict": ("conflict", "soft"),
    "query": ("query", "query"),
}


class ProgressLine(QWidget):
    """Answered of asked as a bar; the words beside it say the numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._part = 0.0
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        now = style.current()
        return QSize(now.px(88), now.px(6))

    def show_part(self, answered: int, asked: int) -> None:
        self._part = answered / asked if asked else 0.0
        self.update()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        now, painter = style.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole, radius = QRectF(self.rect()), self.height() / 2
        painter.setBrush(now.qcolor("sunken"))
        painter.drawRoundedRect(whole, radius, radius)
        if self._part:
            whole.setWidth(max(whole.width() * self._part, self.height()))
            painter.setBrush(now.qcolor("accent"))
            painter.drawRoundedRect(whole, radius, radius)
        painter.end()


class FormHead(QWidget):
    """Name of the form, its state and signature, answered of asked."""

    def __init__(self) -> None:
        super().__init__()
        now = style.current()
        self.title = label("", "form_title")
        self.state = label("", "chip")
        self.state.setObjectName("form_state")
        self.sub = label("", "small")
        self.bar, self.count = ProgressLine(), label("", "value")
        self.count.setObjectName("form_count")
        line = row(12)
        line.addWidget(self.title)
        line.addWidget(self.state)
        line.addWidget(self.sub)
        line.addStretch(1)
        line.addWidget(self.bar)
        line.addWidget(self.count)
        box = QVBoxLayout(self)
        box.setContentsMargins(now.px(16), now.px(10), now.px(16), now.px(8))
        box.setSpacing(now.px(4))
        box.addLayout(line)
        under = row(6)
        self.clock = picture("history", "text2", 16)
        self.version = label("", "small", wrap=True)
        self.version.setObjectName("form_version")
        under.addWidget(self.clock, 0, Qt.AlignmentFlag.AlignTop)
        under.addWidget(self.version, 1)
        box.addLayout(under)
        signed = row(6)
        self.pen = picture("signed", "ok", 16)
        self.signature = label("", "small", wrap=True)
        self.signature.setObjectName("form_signature")
        signed.addWidget(self.pen, 0, Qt.AlignmentFlag.AlignTop)
        signed.addWidget(self.signature, 1)
        box.addLayout(signed)

    def set_small(self, *, narrow: bool) -> None:
        """Name and numbers only, where there is no room for more."""
        self.sub.setVisible(not narrow)
        self.bar.setVisible(not narrow)
        self.title.setWordWrap(narrow)

    def show_page(self, page: FormPage) -> None:
        self.title.setText(pick(page.form.name))
        self.sub.setText(pick(page.visit.definition.name))
        signature = page.signature
        name, tone = page.status, ""
        if page.status in ("complete", "open") and signature is not None:
            name, tone = ("signed", "ok") if signature.valid else ("resign", "hard")
        elif page.status == "complete":
            tone = "ok"
        self.state.setText(say(f"form.state_{name}"))
        style.set_state(self.state, tone)
        self.state.setVisible(name != "open")
        self.bar.show_part(page.answered, page.asked)
        self.count.setText(say("form.entered", answered=page.answered, asked=page.asked))
        self._show_version(page.version, page.in_force)
        self._show_signature(page)

    def _show_version(self, version: str, in_force: str) -> None:
        """Said where the version in force asks the form otherwise."""
        for widget in (self.clock, self.version):
            widget.setVisible(bool(in_force))
        self.version.setText(say("study.form_version", version=version, now=in_force))

    def _show_signature(self, page: FormPage) -> None:
        signature = page.signature
        for widget in (self.pen, self.signature):
            widget.setVisible(signature is not None)
        if signature is None:
            return
        at = f"{signature.at[:10]} {signature.at[11:16]} UTC"
        key = "form.signed_by" if signature.valid else "form.signature_broken"
        self.signature.setText(say(key, who=signature.name, when=at))
        style.set_state(self.signature, "ok" if signature.valid else "hard")
        icon, colour = ("signed", "ok") if signature.valid else ("resign", "hard")
        self.pen.setPixmap(icons.pixmap(icon, colour, 16))


class Chips(QWidget):
    """What is still open, by group of the form; a press goes to the first of it."""

    chosen = Signal(object)  # ItemKey

    def __init__(self) -> None:
        super().__init__()
        now = style.current()
        line = QHBoxLayout(self)
        line.setContentsMargins(now.px(16), now.px(8), now.px(16), now.px(8))
        line.setSpacing(now.px(12))
        self.words = label("", "small")
        self.place = QWidget()
        self._flow = FlowLayout(self.place)
        line.addWidget(self.words)
        line.addWidget(self.place, 1)
        self._shown: list[tuple[str, ItemKey]] = []

    def show_page(self, page: FormPage) -> None:
        """Empty items by group, then checks, then queries."""
        found: dict[str, tuple[int, ItemKey]] = {}
        groups = {group.oid: group for group in page.form.item_group}
        for point in sorted(page.open_points, key=lambda one: one.kind != "empty"):
            group = groups.get(point.key.group_oid)
            if point.kind == "empty":
                words = pick(group.name) if group else ""
            else:
                words = say(f"form.open_{point.kind}")
            number, first = found.get(words, (0, point.key))
            found[words] = (number + 1, first)
        wanted = [(f"{words} {number}", key) for words, (number, key) in found.items()]
        self.words.setText(say("form.still_to_do") if wanted else say("form.nothing_open"))
        if wanted == self._shown:
            return
        self._shown = wanted
        clear(self._flow)
        for words, key in wanted:
            chip = QPushButton(words.replace("&", "&&"))
            chip.setProperty("kind", "chip")
            chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            chip.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            self._flow.addWidget(chip)


class OpenList(QListWidget):
    """Everything that keeps the form from being complete; Enter goes there, Esc closes the list."""

    chosen = Signal(object)  # ItemKey
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("open_points")
        self.itemClicked.connect(self._take)
        self._points: tuple[OpenPoint, ...] = ()
        self.hide()

    def empty(self) -> None:
        """Another record."""
        self._points = ()
        self.clear()
        self.hide()

    def show_points(self, points: Sequence[OpenPoint]) -> None:
        self._points = tuple(points)
        self._fill()
        self.setVisible(bool(points))
        if points:
            self.setCurrentRow(0)
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fill(self) -> None:
        self.clear()
        for point in self._points:
            name, colour = POINT_MARKS[point.kind]
            entry = QListWidgetItem(icons.icon(name, colour, 16), pick(point.texts))
            entry.setData(Qt.ItemDataRole.UserRole, point.key)
            self.addItem(entry)
        height = max(self.sizeHintForRow(0), style.current().px(26))
        self.setFixedHeight(min(max(self.count(), 1), 6) * height + 8)

    def retranslate(self) -> None:
        self.setAccessibleName(say("form.open_points"))
        at = self.currentRow()
        self._fill()
        self.setCurrentRow(at)

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        bare = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if bare and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentItem():
            self._take(self.currentItem())
        elif event.key() == Qt.Key.Key_Escape:
            self.hide()
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _take(self, entry: QListWidgetItem) -> None:
        self.hide()
        self.chosen.emit(entry.data(Qt.ItemDataRole.UserRole))


class FormFoot(QWidget):
    """The buttons under the card.  One is primary: complete, sign, or none."""

    def __init__(self, pressed: Callable[[str], object]) -> None:
        super().__init__()
        self._narrow = False
        self._line = line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(style.current().px(8))
        self.hint = label("", "small", wrap=True)
        self.buttons: dict[str, KeyButton] = {}
        for name, key in (
            ("missing", "N"),
            ("pdf", "Ctrl P"),
            ("paste", "Ctrl ⇧ V"),
            ("reopen", ""),
            ("complete", "Ctrl ↵"),
            ("sign", "Ctrl ↵"),
        ):
            made = KeyButton("", key)
            made.setObjectName(f"form.{name}")
            made.setMinimumHeight(style.current().px(style.current().button))
            if name in ("complete", "sign"):
                made.setProperty("kind", "primary")
            if name == "missing":
                made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            made.clicked.connect(lambda _=False, name=name: pressed(name))
            self.buttons[name] = made
        for name in ("missing", "pdf", "paste"):
            line.addWidget(self.buttons[name])
        line.addWidget(self.hint, 3)
        line.addStretch(1)
        for name in ("reopen", "complete", "sign"):
            line.addWidget(self.buttons[name])

    def set_small(self, *, narrow: bool, low: bool) -> None:
        """No hint in a narrow page; lower buttons where there is no room above."""
        self._narrow = narrow
        now = style.current()
        for button in self.buttons.values():
            button.setMinimumHeight(now.px(32 if low else now.button))
        self._fit()

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """One line that nothing is cut off from: the hint goes first, then the names of the keys."""
        gap, now = self._line.spacing(), style.current()
        shown = [one for one in self.buttons.values() if one.isVisibleTo(self)]
        for button in shown:
            button.set_bare(False)
        needed = sum(max(one.sizeHint().width(), self._least(one)) + gap for one in shown)
        hint = self.hint.fontMetrics().horizontalAdvance(self.hint.text()) + now.px(8)
        self.hint.setVisible(not self._narrow and bool(self.hint.text()) and needed + hint <= self.width())
        for button in shown:
            button.set_bare(needed - gap > self.width())
        for button in self.buttons.values():
            button.setMinimumWidth(0 if button.bare else self._least(button))

    def _least(self, button: KeyButton) -> int:
        return style.current().px(200) if button.property("kind") == "primary" else 0

    def show_page(self, page: FormPage) -> None:
        shown = {
            "missing": "enter" in page.may,
            "pdf": True,
            "paste": "enter" in page.may and any(item.lab for item in page.form.items.values()),
            "reopen": "reopen" in page.may,
            "complete": "complete" in page.may,
            "sign": "sign" in page.may and (page.signature is None or not page.signature.valid),
        }
        for name, button in self.buttons.items():
            button.setVisible(shown[name])
            button.set_words(say(f"form.{name}"))
        self.hint.setText(say("form.enter_hint") if "enter" in page.may else "")
        self._fit()

    def stops(self) -> list[QWidget]:
        return [
            one
            for one in self.buttons.values()
            if one.isVisibleTo(self) and one.focusPolicy() != Qt.FocusPolicy.NoFocus
        ]
