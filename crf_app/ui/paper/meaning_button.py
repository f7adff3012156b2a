"""One meaning that a signature may have: a boxed option whose sentence takes the lines it needs."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QRadioButton

from crf_app.ui import style
from crf_app.ui.widgets.wrapping import wrapped

_BESIDE_WORDS, _PAD, _LEAST = 56, 18, 160


class MeaningButton(QRadioButton):
    """The words are the study's own and stand on the paper as they stand here."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "boxed")
        self._words = ""

    def set_words(self, words: str) -> None:
        self._words = words
        self.setAccessibleName(words)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(style.current().px(_LEAST), self.minimumHeight())

    def sizeHint(self) -> QSize:
        """Any width will do: the words break."""
        return self.minimumSizeHint()

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Broken as for bold words, so that choosing one moves nothing."""
        now, bold = style.current(), QFont(self.font())
        bold.setBold(True)
        metrics = QFontMetrics(bold)
        said = wrapped(self._words.replace("&", "&&"), metrics, self.width() - now.px(_BESIDE_WORDS))
        self.setText(said)
        lines = said.count("\n") + 1
        self.setMinimumHeight(max(lines * metrics.lineSpacing() + now.px(_PAD), now.px(now.button)))
