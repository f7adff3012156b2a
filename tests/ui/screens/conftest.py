"""One made-up site and one visit to all its screens, for every test of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from crf_app.ui import style, words

from .visiting import AGO, ROOT, Visited, pictures, visit_all


@pytest.fixture(scope="session")
def picture_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """(home, number of a subject → its uid)"""
    home = tmp_path_factory.mktemp("pictures") / "home"
    return home, pictures.make_picture_site(home, ROOT / "forms" / "hucmsc", AGO)


@pytest.fixture(scope="session")
def visited(
    picture_home: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory, qapp: QApplication
) -> Iterator[Visited]:
    """What was seen on every screen."""
    style.load_font()
    flash = qapp.cursorFlashTime()
    qapp.setCursorFlashTime(0)  # a caret that blinks makes another picture
    yield visit_all(picture_home, tmp_path_factory.mktemp("visits"), qapp)
    qapp.setCursorFlashTime(flash)
    words.set_language("en")
    style.apply(qapp, "light", 1.0)
