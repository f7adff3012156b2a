"""The real PDF pages as pictures (pypdfium2), for the preview and for the printer.

What is seen is what is printed: both come from the same bytes.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtPrintSupport import QPrinter

SCREEN_DPI = 150
PRINT_DPI = 300
_POINTS = 72


def render(data: bytes, dpi: int = SCREEN_DPI, pages: range | None = None) -> list[QImage]:
    """Pages of a PDF as pictures on white.  The bytes are ours, never a file from outside."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    try:
        wanted = pages if pages is not None else range(len(document))
        return [_picture(document[number], dpi) for number in wanted]
    finally:
        document.close()


def print_pages(data: bytes, printer: QPrinter) -> int:
    """Send every page to the printer, each fitted into its page.  Returns how many."""
    pictures = render(data, PRINT_DPI)
    painter = QPainter(printer)
    for number, picture in enumerate(pictures):
        if number:
            printer.newPage()
        room = QRectF(painter.viewport())
        scale = min(room.width() / picture.width(), room.height() / picture.height())
        painter.drawImage(QRectF(0, 0, picture.width() * scale, picture.height() * scale), picture)
    painter.end()
    return len(pictures)


def _picture(page: object, dpi: int) -> QImage:
    bitmap = page.render(scale=dpi / _POINTS, rev_byteorder=True, prefer_bgrx=True)  # type: ignore[attr-defined]
    shape = QImage(bitmap.buffer, bitmap.width, bitmap.height, bitmap.stride, QImage.Format.Format_RGBX8888)
    return shape.copy()  # the bitmap's memory goes with it
