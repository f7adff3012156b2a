"""PySide6 must not lose references to None (ADR-0008).

PySide6 6.12.0 drops one reference to `None` with each void call on CPython 3.11; a window
that is used for an hour then ends the process. The pin in pyproject.toml keeps that release
out, and these tests decide when the pin may be lifted.
"""

import sys
from collections.abc import Callable
from importlib.metadata import version

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

CALLS = 10_000


@pytest.mark.parametrize("widget_class", [QLabel, QLineEdit])
def test_void_calls_keep_the_references_to_none(qtbot: QtBot, widget_class: type[QLabel | QLineEdit]) -> None:
    widget = widget_class()
    qtbot.addWidget(widget)
    assert abs(references_lost(widget.setText)) < 100


def references_lost(set_text: Callable[[str], None]) -> int:
    """How many references to None fewer there are after CALLS calls; None is immortal from 3.12 on."""
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        set_text("128")
    return before - sys.getrefcount(None)


def test_the_installed_pyside_is_of_the_pinned_series() -> None:
    assert version("PySide6-Essentials").startswith("6.11.")
