"""The rail on the left: where one can go, help, and the person who works."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFrame, QToolButton

from crf_app.ui import icons, style, words
from crf_app.ui.widgets.parts import column, label
from crf_app.ui.widgets.person_card import initials

_MANY = 1000  # more open queries than this are not counted out
_NARROW = 56  # icons without words
#: entry → icon
ENTRIES = {
    "day": "home", "subjects": "subjects", "queries": "query", "review": "signed", "sync": "sync",
    "help": "help", "account": "person",
}  # fmt: skip


class Rail(QFrame):
    """`go(entry)` is called for the entry that was pressed; `only` are the entries of this role."""

    def __init__(self, go: Callable[[str], object], only: tuple[str, ...]) -> None:
        super().__init__()
        self.setProperty("kind", "rail")
        self.setObjectName("rail")
        now = style.current()
        self.setFixedWidth(now.px(_NARROW if now.compact else now.rail))
        box = column(12)
        box.setContentsMargins(0, now.px(16), 0, now.px(12))
        self.setLayout(box)
        mark = label()
        mark.setPixmap(icons.emblem())
        box.addWidget(mark, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addSpacing(now.px(0 if now.compact else 12))
        self.buttons: dict[str, QToolButton] = {}
        self._badge = label("", "badge")
        self._badge.setObjectName("open_queries")
        self._open, self._person = 0, ""
        for entry in ENTRIES:
            if entry == "help":
                box.addStretch(1)
            if entry in only:
                box.addWidget(self._button(entry, go), 0, Qt.AlignmentFlag.AlignHCenter)
        self._badge.setParent(self)
        self._badge.hide()
        self.retranslate()

    def show_open(self, n: int) -> None:
        """How many queries are open, at the entry that leads to them."""
        self._open = n
        self._badge.setVisible(n > 0 and "queries" in self.buttons)
        self._badge.setText(str(n) if n < _MANY else f"{_MANY - 1}+")
        self._badge.adjustSize()
        self._place()
        self.retranslate()

    def _place(self) -> None:
        """On the upper right corner of the icon."""
        where = self.buttons.get("queries")
        if where is not None:
            now = style.current()
            left = where.geometry().center().x() + now.px(4)
            self._badge.move(min(left, self.width() - self._badge.width() - 1), where.y() + now.px(1))
            self._badge.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._place)  # once the entries have their places

    def light(self, entry: str) -> None:
        """Show where one is."""
        for name, button in self.buttons.items():
            button.setChecked(name == entry)
            if name != "account":
                button.setIcon(icons.icon(ENTRIES[name], "accent" if name == entry else "text2", 22))

    def show_person(self, name: str) -> None:
        button = self.buttons["account"]
        button.setIcon(QIcon(face(name)))
        button.setIconSize(QSize(style.current().px(36), style.current().px(36)))
        metrics, room = button.fontMetrics(), style.current().px(56)
        lines = name.split(" ", 1) if metrics.horizontalAdvance(name) > room else [name]
        elided = [metrics.elidedText(line, Qt.TextElideMode.ElideRight, room) for line in lines]
        button.setText("\n".join(elided))
        button.setToolTip(name)
        self._person = name
        self.retranslate()

    def retranslate(self) -> None:
        if self._person:
            self.buttons["account"].setAccessibleName(words.say("rail.account_name", name=self._person))
        for entry, button in self.buttons.items():
            if entry != "account":
                button.setText(words.say(f"rail.{entry}"))
                button.setAccessibleName(words.say(f"rail.{entry}"))
                if entry == "queries":
                    button.setAccessibleDescription(words.say("rail.open", n=self._open))
                button.setToolTip(words.say(f"rail.{entry}"))

    def _button(self, entry: str, go: Callable[[str], object]) -> QToolButton:
        made = QToolButton()
        made.setProperty("kind", "rail")
        made.setObjectName(f"rail_{entry}")
        under, alone = Qt.ToolButtonStyle.ToolButtonTextUnderIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
        made.setToolButtonStyle(alone if style.current().compact else under)
        made.setIconSize(QSize(style.current().px(22), style.current().px(22)))
        made.setCheckable(True)
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        made.clicked.connect(lambda _checked=False: go(entry))
        self.buttons[entry] = made
        return made


def face(name: str, size: int = 36) -> QPixmap:
    """A person's initials on a round ground."""
    now = style.current()
    picture = icons.blank(size)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    side = now.px(size)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(now.qcolor("accent_soft"))
    painter.drawEllipse(0, 0, side, side)
    font = style.font(now)
    font.setPixelSize(now.px(14))
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(now.qcolor("accent"))
    painter.drawText(QRectF(0, 0, side, side), Qt.AlignmentFlag.AlignCenter, initials(name))
    painter.end()
    return picture
