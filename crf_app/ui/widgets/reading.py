"""A text that is read and not typed: headings, quiet lines, sentences with an icon; arrow keys scroll it.

For what may be hundreds of sentences and must wrap: what an amendment changes, what moving a form means.
The words can be selected and copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QImage, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextImageFormat
from PySide6.QtWidgets import QTextEdit

from crf_app.ui import icons, style

_ICON: Final = 15
_INDENT: Final = 22


@dataclass(frozen=True, slots=True)
class Part:
    """One paragraph.  `kind`: head (bold, with room above), quiet (smaller, for whom), line, more (to the
    line above it)."""

    kind: str
    text: str
    icon: str = ""
    colour: str = "text"


class Reading(QTextEdit):
    """Replaced as a whole by `show_parts`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", "reading")
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.document().setDocumentMargin(style.current().px(4))

    def show_parts(self, parts: Sequence[Part]) -> None:
        """These paragraphs, from the top."""
        self.clear()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for number, one in enumerate(parts):
            block = _block(one, first=number == 0)
            if number:
                cursor.insertBlock(block)
            else:
                cursor.setBlockFormat(block)
            self._write(cursor, one)
        cursor.endEditBlock()
        self.verticalScrollBar().setValue(0)

    def _write(self, cursor: QTextCursor, one: Part) -> None:
        words = _words(one)
        if one.icon:
            cursor.insertImage(self._picture(one.icon, one.colour))
            cursor.insertText("\u00a0\u00a0", words)
        cursor.insertText(one.text, words)

    def _picture(self, name: str, colour: str) -> QTextImageFormat:
        picture: QImage = icons.pixmap(name, colour, _ICON).toImage()
        self.document().addResource(2, f"{name}.{colour}", picture)  # QTextDocument.ImageResource
        made = QTextImageFormat()
        made.setName(f"{name}.{colour}")
        made.setWidth(style.current().px(_ICON))
        made.setHeight(style.current().px(_ICON))
        made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
        return made


def _block(one: Part, *, first: bool) -> QTextBlockFormat:
    now, made = style.current(), QTextBlockFormat()
    made.setLineHeight(135, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    if one.kind == "head":
        made.setTopMargin(now.px(0 if first else 14))
        made.setBottomMargin(now.px(2))
    elif one.kind == "quiet":
        made.setTopMargin(now.px(4))
        made.setLeftMargin(now.px(2))
    else:
        made.setLeftMargin(now.px(_INDENT + 4))
        made.setTextIndent(-now.px(_INDENT) if one.icon else 0)
    return made


def _words(one: Part) -> QTextCharFormat:
    now, made = style.current(), QTextCharFormat()
    made.setFontWeight(QFont.Weight.Bold if one.kind == "head" else QFont.Weight.Normal)
    made.setProperty(
        QTextCharFormat.Property.FontPixelSize, now.px({"head": 15, "quiet": 12}.get(one.kind, 14))
    )
    made.setForeground(now.qcolor("text2" if one.kind == "quiet" else one.colour))
    return made
