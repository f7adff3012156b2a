"""Small pieces that every page is put together from: labels, cards, buttons, lines.

They only build; what they look like is in the style sheet, what they say is in the word table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from crf_app.ui import icons, style

Box = TypeVar("Box", bound=QBoxLayout)


def label(text: str = "", role: str = "", state: str = "", *, wrap: bool = False) -> QLabel:
    """A line of words, or a paragraph when `wrap`."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    if state:
        made.setProperty("state", state)
    return made


def picture(name: str, colour: str = "text2", size: int = 20) -> QLabel:
    """An icon that stands beside its word: hidden from the reader."""
    made = QLabel()
    made.setPixmap(icons.pixmap(name, colour, size))
    made.setFixedSize(style.current().px(size), style.current().px(size))
    return made


def button(
    text: str = "", kind: str = "", icon: str = "", *, clicked: Callable[[], object] | None = None
) -> QPushButton:
    """A button; `clicked` takes no arguments.  Enter presses it like Space."""
    made = QPushButton(text)
    made.setAutoDefault(True)
    if kind:
        made.setProperty("kind", kind)
    if icon:
        colour = "accent_on" if kind == "primary" else "text"
        shown = icons.icon(icon, colour, 18)
        shown.addPixmap(icons.pixmap(icon, "text3", 18), QIcon.Mode.Disabled)
        made.setIcon(shown)
        made.setIconSize(QSize(style.current().px(18), style.current().px(18)))
    if clicked is not None:
        made.clicked.connect(lambda _checked=False: clicked())
    return made


def frame(kind: str, layout: QLayout | None = None) -> QFrame:
    """A ground: `card`, `sunken`, `tinted`, `sheet`, `line` …"""
    made = QFrame()
    made.setProperty("kind", kind)
    if layout is not None:
        made.setLayout(layout)
    return made


def rule() -> QFrame:
    """A line between two parts."""
    return frame("line")


def column(gap: int = 8, margin: int = 0) -> QVBoxLayout:
    """Top to bottom; gap and margin in pixels at 100 %."""
    return _laid(QVBoxLayout(), gap, margin)


def row(gap: int = 8, margin: int = 0) -> QHBoxLayout:
    """Left to right."""
    return _laid(QHBoxLayout(), gap, margin)


def centred(widget: QWidget) -> QHBoxLayout:
    """In the middle of the line, at its own width and at the height that its words need."""
    box = row(0)
    box.addStretch(1)
    box.addWidget(widget)
    box.addStretch(1)
    return box


def scrolled(content: QLayout) -> QScrollArea:
    """Content that may be higher than the window; nothing is clipped at 200 %."""
    inside = QWidget()
    inside.setProperty("kind", "canvas")
    inside.setLayout(content)
    made = QScrollArea()
    made.setWidgetResizable(True)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setWidget(inside)
    return made


def name(widget: QWidget, object_name: str, accessible: str = "") -> None:
    """What tests find it by, and what a screen reader says."""
    widget.setObjectName(object_name)
    if accessible:
        widget.setAccessibleName(accessible)


def clear(layout: QLayout) -> None:
    """Take everything out of a layout, also the layouts in it."""
    while (item := layout.takeAt(0)) is not None:
        inner, widget = item.layout(), item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            clear(inner)


def _apart(gap: int) -> int:
    """What separates targets (6 and more) is never less than the density wants."""
    return max(gap, style.current().gap) if gap >= 6 else gap


def _laid(box: Box, gap: int, margin: int) -> Box:
    now = style.current()
    box.setSpacing(now.px(_apart(gap)))
    box.setContentsMargins(now.px(margin), now.px(margin), now.px(margin), now.px(margin))
    return box
