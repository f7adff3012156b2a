"""Digits under the finger: a keypad that types into the field with the cursor and never takes the cursor.

Each key is sent as a key event, so that the field does what it does for a keyboard.  A second tap on the same
key within 120 ms counts once (gloves).  Three of the keys follow the type of the field: `<` and `.` for a
number, `-` and today for a date, `:` and now for a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QElapsedTimer, QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QPushButton, QSizePolicy, QWidget

from crf_app.model.item_def import ItemDef
from crf_app.ui import icons, style
from crf_app.ui.form.item_widgets import TextEdit
from crf_app.ui.words import say

#: a tap that follows one on the same key sooner than this is the same tap
ONCE_MS: Final = 120
HEIGHT, GAP = 52, 8  # width, and the least height where the window is low, stand in large.qss
#: data type → what the keys left and right of the 0 type
_SIDES: Final = {
    "integer": ("<", ""), "decimal": ("<", "."), "date": ("t", "-"), "partialDate": ("t", "-"),
    "time": ("t", ":"), "datetime": ("t", ":"),
}  # fmt: skip
#: data types of fields that the keypad types into
TYPED_BY_PAD: Final = frozenset(_SIDES)
_ORDER: Final = (
    "7",
    "8",
    "9",
    "4",
    "5",
    "6",
    "1",
    "2",
    "3",
    "left",
    "0",
    "right",
    "erase",
    "missing",
    "next",
)


class Keypad(QWidget):
    """Fifteen keys; `missing_asked` and `next_asked` for what is no sign."""

    missing_asked = Signal()
    next_asked = Signal()

    def __init__(self, clock: Callable[[], int] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("keypad")
        self.setProperty("kind", "keypad")
        self._field: TextEdit | None = None
        self._sides = ("", "")
        self._last = ""
        self._elapsed = QElapsedTimer()
        self._elapsed.start()
        self._clock = clock or self._elapsed.elapsed
        self._at = -ONCE_MS
        self.keys: dict[str, QPushButton] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(style.current().px(GAP))
        for place, name in enumerate(_ORDER):
            grid.addWidget(self._key(name), *divmod(place, 3))
        for place in range(len(_ORDER) // 3):
            grid.setRowStretch(place, 9)
        grid.setRowStretch(len(_ORDER) // 3, 1)
        self.show_field(None, None)
        self.retranslate()

    def _key(self, name: str) -> QPushButton:
        made = QPushButton(name if name.isdigit() else "", self)
        made.setObjectName(f"key.{name}")
        made.setProperty("kind", "keynext" if name == "next" else "key" if name != "missing" else "keyword")
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        made.setMaximumHeight(style.current().px(HEIGHT))
        made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        made.pressed.connect(lambda: self._press(name))
        if name == "erase":
            made.setIcon(icons.icon("erase", "text2", 22))
            made.setIconSize(QSize(style.current().px(22), style.current().px(22)))
        self.keys[name] = made
        return made

    def show_field(self, field: TextEdit | None, item: ItemDef | None) -> None:
        """Type into `field`; without one, or for words and choices "Not done" and "Next" are left."""
        typed = item is not None and item.data_type in _SIDES and isinstance(field, TextEdit)
        self._field = field if typed else None
        left, right = _SIDES[item.data_type] if typed and item is not None else ("", "")
        if left == "<" and item is not None and not item.lab:
            left = ""
        self._sides = (left, right)
        open_ = self._field is not None and not self._field.isReadOnly()
        for name, key in self.keys.items():
            if name in ("missing", "next"):
                continue
            key.setEnabled(open_ and (name not in ("left", "right") or bool(self._sign(name))))
        self._say_sides(item)

    def _sign(self, name: str) -> str:
        return self._sides[0 if name == "left" else 1]

    def _say_sides(self, item: ItemDef | None) -> None:
        left, right = self._sides
        if left == "t":
            now = item is not None and item.data_type in ("time", "datetime")
            words = say("entry.key_now") if now else say("entry.key_today")
            self.keys["left"].setText(words)
            self.keys["left"].setAccessibleName(words)
        else:
            self.keys["left"].setText(left)
            self.keys["left"].setAccessibleName(say("entry.key_less"))
        style.mark(self.keys["left"], kind="keyword" if left == "t" else "key")
        self.keys["right"].setText(right)
        self.keys["right"].setAccessibleName(right)

    def retranslate(self) -> None:
        self.setAccessibleName(say("entry.keypad"))
        self.keys["missing"].setText(say("entry.key_missing"))
        self.keys["next"].setText(say("entry.key_next"))
        self.keys["erase"].setAccessibleName(say("entry.key_erase"))

    def _press(self, name: str) -> None:
        at = self._clock()
        again = name == self._last and at - self._at < ONCE_MS
        self._last, self._at = name, at
        if again:
            return
        if name == "next":
            self.next_asked.emit()
        elif name == "missing":
            self.missing_asked.emit()
        elif self._field is not None:
            self._type(self._field, name)

    def _type(self, field: TextEdit, name: str) -> None:
        if not field.hasFocus():
            field.setFocus(Qt.FocusReason.OtherFocusReason)
        sign = self._sign(name) if name in ("left", "right") else name
        if name == "erase":
            _send(field, Qt.Key.Key_Backspace, "")
        elif sign == "<":
            self._operator(field)
        else:
            if sign == "t":
                field.selectAll()
            _send(field, Qt.Key(ord(sign.upper())), sign)

    def _operator(self, field: TextEdit) -> None:
        """`<`, once more `>`, once more none; the digits behind it stay."""
        whole = field.selectedText() == field.text()
        typed = "" if whole else field.text()
        digits = typed.lstrip("<>")
        sign = {"": "<", "<": ">", ">": ""}[typed[:1] if typed[:1] in ("<", ">") else ""]
        field.selectAll()
        if sign + digits:
            field.insert(sign + digits)
        else:
            field.del_()
        field.typing.emit()


def _send(field: TextEdit, key: Qt.Key, text: str) -> None:
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(field, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text))
