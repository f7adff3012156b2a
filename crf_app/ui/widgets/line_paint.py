"""Words on one line of a painted row: cut with dots where they are too long, and how wide they came out."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from crf_app.ui import style
from crf_app.ui.widgets.row_paint import font_at

_HEIGHT = 20


def line_words(
    painter: QPainter, left: float, top: float, width: float, text: str, colour: str, pixels: int, *,
    bold: bool = False, right: bool = False,
) -> float:  # fmt: skip
    """Draw `text` in a token's colour, `pixels` high at 100 %.  Returns the width of what was drawn."""
    font = font_at(pixels, bold=bold)
    metrics = QFontMetricsF(font)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(width, 0.0) + 1)
    painter.setFont(font)
    painter.setPen(style.current().qcolor(colour))
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    box = QRectF(left, top, width, style.current().px(_HEIGHT))
    painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, shown)
    return metrics.horizontalAdvance(shown)


def focus_ring(painter: QPainter, box: QRectF) -> None:
    """The ring of the row that has the cursor."""
    painter.setPen(QPen(style.current().qcolor("accent"), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box.adjusted(2, 2, -2, -2), 5, 5)
