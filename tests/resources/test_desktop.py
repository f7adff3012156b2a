"""The program's icon in pixels is the drawing of its source."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from PySide6.QtGui import QImage

TOOL = Path(__file__).resolve().parents[2] / "tools" / "make_icon.py"
TOLERANCE = 8  # of 255: another Qt may smooth an edge otherwise


def test_the_icon_in_pixels_is_the_drawing(qapp: object) -> None:
    spec = importlib.util.spec_from_file_location("make_icon", TOOL)
    assert spec and spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    drawn = tool.drawn()
    stored = QImage(str(tool.FOLDER / "crf-app.png")).convertToFormat(drawn.format())
    assert drawn.size() == stored.size()
    pairs = zip(bytes(drawn.constBits()), bytes(stored.constBits()), strict=True)
    assert max(abs(one - other) for one, other in pairs) <= TOLERANCE
