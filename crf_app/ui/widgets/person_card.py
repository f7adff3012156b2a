"""A person as a card: initials, name, role.  Used on the sign-in page."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QPushButton

from crf_app.ui import style
from crf_app.ui.widgets.parts import column, label, row


class PersonCard(QPushButton):
    """A card that can be chosen; `user` is empty for "Somebody else"."""

    keyed = Signal(object)  # QKeyEvent

    def __init__(self, user: str, name: str) -> None:
        super().__init__()
        now = style.current()
        self.user, self.name = user, name
        self.setProperty("kind", "person")
        self.setObjectName(f"person_{user or 'else'}")
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.setMinimumSize(now.px(240), now.px(112))
        box = row(16)
        box.setContentsMargins(now.px(20), now.px(8), now.px(16), now.px(8))  # a name may have two lines
        self.setLayout(box)
        self.face = label(initials(name) if user else "+", "face")
        self.face.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.face.setFixedSize(now.px(64), now.px(64))
        self.title, self.role, self.more = label(name, "name", wrap=True), label(), label("", "small")
        lines = column(1)
        lines.addStretch(1)
        for line in (self.title, self.role, self.more):
            lines.addWidget(line)
        lines.addStretch(1)
        box.addWidget(self.face)
        box.addLayout(lines, 1)
        for inner in self.findChildren(QLabel):
            inner.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.toggled.connect(lambda on: style.set_state(self.face, "chosen" if on else ""))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, letters and Enter belong to the page; only Space presses."""
        if event.key() == Qt.Key.Key_Space:
            super().keyPressEvent(event)
        else:
            self.keyed.emit(event)

    def say(self, role: str, more: str) -> None:
        """The words under the name."""
        self.role.setText(role)
        self.role.setVisible(bool(role))
        self.more.setText(more)
        self.more.setVisible(bool(more))
        self.setAccessibleName(", ".join(filter(None, [self.title.text(), role, more])))

    def begins_with(self, letters: str) -> bool:
        """Whether the name, a part of it, or the user id begins so."""
        wanted = letters.casefold()
        parts = [self.name, *self.name.split(), self.user]
        return any(part.casefold().startswith(wanted) for part in parts)


def initials(name: str) -> str:
    """ "Li Na" → "LN"; a Chinese name of up to four characters → its last two."""
    parts = name.split()
    if not name.isascii() and len(parts) == 1:
        return name[-2:]
    return "".join(part[0] for part in parts if part)[:2].upper()
