"""Icons from our own drawings in `resources/icons`: 24 grid, 2 px stroke, one colour.

`currentColor` is replaced by a token before Qt's SVG renderer draws; nothing is an icon font.  Sizes are
pixels at 100 %, the user's scale is applied here.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from crf_app.settings.shipped import resource
from crf_app.ui import style


def icon(name: str, colour_token: str = "text2", size: int = 20) -> QIcon:
    """An icon for a button or an item."""
    return QIcon(pixmap(name, colour_token, size))


def pixmap(name: str, colour_token: str = "text2", size: int = 20) -> QPixmap:
    """The same as a picture, sharp on the screen's own pixels."""
    tokens = style.current()
    screen = QGuiApplication.primaryScreen()
    ratio = screen.devicePixelRatio() if screen is not None else 1.0
    image = _drawn(name, tokens.colour(colour_token), round(tokens.px(size) * ratio))
    picture = QPixmap.fromImage(image)
    picture.setDevicePixelRatio(ratio)
    return picture


def blank(size: int) -> QPixmap:
    """An empty picture to paint on; never a copy of an icon, whose cached image would come back."""
    screen = QGuiApplication.primaryScreen()
    ratio = screen.devicePixelRatio() if screen is not None else 1.0
    side = round(style.current().px(size) * ratio)
    picture = QPixmap(side, side)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    return picture


def paint(painter: QPainter, rect: QRectF, name: str, colour_token: str) -> None:
    """Draw the icon into `rect` of a painter."""
    _renderer(name, style.current().colour(colour_token)).render(painter, rect)


def emblem(size: int = 32) -> QPixmap:
    """The drop on an accent ground, `size` pixels at 100 %."""
    now = style.current()
    picture = blank(size)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    side = now.px(size)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(now.qcolor("accent"))
    painter.drawRoundedRect(0, 0, side, side, side / 5, side / 5)
    paint(painter, QRectF(side * 0.22, side * 0.22, side * 0.56, side * 0.56), "drop", "accent_on")
    painter.end()
    return picture


def names() -> list[str]:
    """Every icon there is."""
    return sorted(path.stem for path in resource("icons").glob("*.svg"))


@cache
def _source(name: str) -> str:
    return resource(f"icons/{name}.svg").read_text("utf-8")


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))


@cache
def _drawn(name: str, colour: str, pixels: int) -> QImage:
    image = QImage(pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    _renderer(name, colour).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return image
