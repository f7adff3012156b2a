"""Words on several lines where Qt's widget knows only one: long options, long reasons.

Chinese breaks between any two characters, English between words; a word longer than the line is left whole.
"""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtGui import QFontMetrics

_PIECES: Final = re.compile(r"[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*|\s+")


def wrapped(words: str, metrics: QFontMetrics, width: int) -> str:
    """The words with line ends, so that no line is wider than `width` pixels."""
    if metrics.horizontalAdvance(words) <= width:
        return words
    lines = [""]
    for piece in _PIECES.findall(words):
        if lines[-1] and metrics.horizontalAdvance((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)
