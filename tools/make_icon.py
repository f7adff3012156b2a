"""Make resources/desktop/crf-app.png from crf-app.svg: 256 pixels, for desktops that want pixels."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QRectF
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "desktop"
SIDE = 256


def drawn() -> QImage:
    """The icon in pixels."""
    image = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(FOLDER / "crf-app.svg")).render(painter, QRectF(0, 0, SIDE, SIDE))
    painter.end()
    return image


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QGuiApplication([])
    drawn().save(str(FOLDER / "crf-app.png"))
