"""The real PDF pages as pictures (pypdfium2), for the preview and for the printer.

What is seen is what is printed: both come from the same bytes.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtPrintSupport import QPrinter

from crf_app.model.progress import Cancelled, Progress, counted, silent

SCREEN_DPI = 150
PRINT_DPI = 300
_POINTS = 72


def render(
    data: bytes, dpi: int = SCREEN_DPI, pages: range | None = None, progress: Progress = silent
) -> list[QImage]:
    """Pages of a PDF as pictures on white.  The bytes are ours, never a file from outside.

    Raises Cancelled before a page.
    """
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    try:
        wanted = pages if pages is not None else range(len(document))
        return [_picture(document[number], dpi) for number in counted(wanted, progress, len(wanted))]
    finally:
        document.close()


def print_pages(data: bytes, printer: QPrinter, progress: Progress = silent) -> int:
    """Send every page to the printer, each fitted into its page.  Returns how many.

    A picture is held for one page at a time.  Raises Cancelled; then the job is taken back, and a file that
    it was to become is removed.
    """
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    painter = QPainter(printer)
    try:
        for number in counted(range(len(document)), progress, len(document)):
            if number:
                printer.newPage()
            _paint(painter, _picture(document[number], PRINT_DPI))
        return len(document)
    except Cancelled:
        printer.abort()
        painter.end()
        if printer.outputFileName():
            Path(printer.outputFileName()).unlink(missing_ok=True)
        raise
    finally:
        painter.end()
        document.close()


def _paint(painter: QPainter, picture: QImage) -> None:
    room = QRectF(painter.viewport())
    scale = min(room.width() / picture.width(), room.height() / picture.height())
    painter.drawImage(QRectF(0, 0, picture.width() * scale, picture.height() * scale), picture)


def _picture(page: object, dpi: int) -> QImage:
    bitmap = page.render(scale=dpi / _POINTS, rev_byteorder=True, prefer_bgrx=True)  # type: ignore[attr-defined]
    shape = QImage(bitmap.buffer, bitmap.width, bitmap.height, bitmap.stride, QImage.Format.Format_RGBX8888)
    return shape.copy()  # the bitmap's memory goes with it
